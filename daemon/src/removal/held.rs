//! Removal while holds are in force: what no hold covers goes, what one covers stays until the last hold is released.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::{Removal, execution::stop_here};
use crate::{
    domain::{
        account::{Account, AccountId},
        directory,
        failure::Outcome,
        retention::Extent,
    },
    ports::{
        primary::databases,
        records::RecordStore,
        retention::{Deletion, Hold, Pile, Selection, Side},
    },
};

/// The run that the deletions of a removal count for: its certificate counts itself.
const RUN: &str = "removal";
/// Rows in one transaction. Nobody waits for the database of a withdrawn account.
const BATCH: usize = 1_000;

/// What holds keep.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Ids of the holds.
    pub holds: Vec<String>,
    /// Calls.
    pub calls: u64,
    /// Elements.
    pub elements: u64,
    /// Records kept aside.
    pub rejected: u64,
    /// Rows of the directory.
    pub directory: u64,
}

impl Kept {
    /// All rows.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.calls + self.elements + self.rejected + self.directory
    }
}

fn extents(holds: &[Hold]) -> Vec<Extent> {
    holds.iter().map(|hold| hold.extent.clone()).collect()
}

fn calls(holds: Vec<Extent>, side: Side) -> Selection {
    Selection {
        holds,
        side,
        ..Selection::default()
    }
}

/// Everything beside the calls that may be about people, and what we wrote about our own work.
fn piles() -> impl Iterator<Item = Pile> {
    let own = [Pile::Rejected, Pile::SyncRuns, Pile::Backfills];
    directory::TABLES.into_iter().map(Pile::Entries).chain(own)
}

impl Removal {
    /// Which of these calls holds keep, whoever wants them deleted; nothing when the account has no holds.
    ///
    /// # Errors
    /// The state store or the database does not answer: then nothing may be deleted.
    pub async fn held_among(
        &self,
        account: &Account,
        store: &dyn RecordStore,
        keys: &[String],
    ) -> Outcome<Option<HashSet<String>>> {
        let holds = self.extents_now(&account.id).await?;
        if holds.is_empty() {
            return Ok(None);
        }
        let mut held = HashSet::new();
        for bundle in store.bundles(keys).await? {
            let time = |wanted: &str| {
                let found = bundle.call.iter().find(|(name, _)| *name == wanted);
                found.and_then(|(_, value)| value.as_time())
            };
            // A call without an end is as old as our first sight of it.
            let from = time("end_time").or_else(|| time("first_seen_at"));
            let which = Selection {
                from,
                before: from.and_then(|from| from.checked_add(SignedDuration::from_secs(1)).ok()),
                ..calls(holds.clone(), Side::Held)
            };
            let found = store.keys(&which, None, usize::from(u16::MAX)).await?;
            held.extend(found.into_iter().map(|(_, key)| key).filter(|key| keys.contains(key)));
        }
        Ok(Some(held))
    }

    /// What holds keep, counted.
    ///
    /// # Errors
    /// The state store or a database does not answer.
    pub async fn kept(&self, account: &Account) -> Outcome<Kept> {
        let holds = self.0.holds.holds(Some(&account.id)).await?;
        let mut kept = Kept {
            holds: holds.iter().map(|hold| hold.id.clone()).collect(),
            ..Kept::default()
        };
        if holds.is_empty() {
            return Ok(kept);
        }
        let extents = extents(&holds);
        for store in self.0.primary.all(account).await? {
            let held = store.tally(&calls(extents.clone(), Side::Held)).await?;
            kept.calls += held.calls;
            kept.elements += held.elements;
            kept.rejected += store.pile(Pile::Rejected, Timestamp::MAX, &extents).await?.1;
            for table in directory::TABLES {
                kept.directory += store.pile(Pile::Entries(table), Timestamp::MAX, &extents).await?.1;
            }
        }
        Ok(kept)
    }

    /// Deletes what no hold covers. If we die anywhere in it, the next run finds and deletes the rest.
    pub(super) async fn remove_free(&self, account: &Account, stop: &CancellationToken) -> Outcome<()> {
        for store in self.0.primary.all(account).await? {
            loop {
                stop_here(stop)?;
                let free = calls(self.extents_now(&account.id).await?, Side::Free);
                let keys = store.keys(&free, None, BATCH).await?;
                if keys.is_empty() {
                    break;
                }
                let keys = keys.into_iter().map(|(_, key)| key).collect();
                store.delete(Deletion::Calls(keys), RUN).await?;
            }
            for pile in piles() {
                loop {
                    stop_here(stop)?;
                    let holds = self.extents_now(&account.id).await?;
                    let gone = store.clear(pile, Timestamp::MAX, &holds, BATCH, RUN).await?;
                    if gone < BATCH as u64 {
                        break;
                    }
                }
            }
            store.forget_deleted().await?;
        }
        for (server, database) in databases(account) {
            self.0.primary.servers().close(server, database).await;
        }
        Ok(())
    }

    /// Read anew for every batch: a hold that is placed now protects from the next one on.
    async fn extents_now(&self, account: &AccountId) -> Outcome<Vec<Extent>> {
        Ok(extents(&self.0.holds.holds(Some(account)).await?))
    }
}
