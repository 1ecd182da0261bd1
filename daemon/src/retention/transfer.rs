//! Moves calls from one database to another: copied, read back, compared, and only then deleted where they were.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Retention, pace::Pace};
use crate::{
    crash_points::{CrashPoint, reach},
    domain::{
        account::AccountId,
        failure::{Cause, Failure, Fault, Outcome},
        table::Digest,
    },
    ports::{
        fingerprint,
        jobs::Progress,
        records::{CallCursor, RecordStore},
        retention::{Bundle, Deletion, Selection, Side, Tally},
    },
};

/// Calls in one batch at most: all of them are in memory with their elements.
pub(super) const MOST: usize = 500;

/// A move between two databases.
pub(super) struct Transfer<'a> {
    /// Where the calls are.
    pub from: &'a dyn RecordStore,
    /// Where they go.
    pub to: &'a dyn RecordStore,
    /// The run, known to one of them.
    pub run: &'a str,
    /// What to do when a copy is not what was copied.
    pub hint: &'a str,
    /// Whose holds keep calls where they are; absent when they may be moved all the same.
    pub held: Option<(&'a Retention, &'a AccountId)>,
    /// Hears of each batch.
    pub progress: &'a dyn Progress,
    /// Ends the move between two batches.
    pub stop: &'a CancellationToken,
}

impl Transfer<'_> {
    /// Moves every call that is selected, in batches, oldest first; `done` rows were moved before. Returns how many are
    /// moved then.
    pub async fn all(&self, mut which: Selection, mut done: u64) -> Outcome<u64> {
        let mut pace = Pace::default();
        let mut after: Option<CallCursor> = None;
        loop {
            if let Some((retention, account)) = self.held {
                // Read anew for every batch: a hold that is placed now protects from the next one on.
                which.holds = retention.extents(account).await?;
                which.side = Side::Free;
            }
            let keys = self.from.keys(&which, after.clone(), pace.size().min(MOST)).await?;
            let Some(last) = keys.last() else { break };
            after = Some(last.clone());
            let began = Instant::now();
            let keys: Vec<String> = keys.into_iter().map(|(_, key)| key).collect();
            done += self.calls(&keys).await?.rows();
            self.progress.set(done, None);
            if self.stop.is_cancelled() {
                return Err(Failure::Cancelled);
            }
            pace.rest(began).await;
        }
        self.progress.finish(done, Some(done));
        Ok(done)
    }

    /// Moves some calls; returns what was moved. If we die anywhere in it, each call is whole in one of the databases or
    /// in both, and the next run finds and finishes it.
    async fn calls(&self, keys: &[String]) -> Outcome<Tally> {
        let wanted = self.from.bundles(keys).await?;
        let present = self.to.bundles(keys).await?;
        let present: HashMap<&str, &Bundle> = present.iter().map(|bundle| (bundle.key(), bundle)).collect();
        let originals: Vec<(String, Digest)> = wanted
            .iter()
            .map(|bundle| (bundle.key().to_owned(), fingerprint::of_bundle(bundle)))
            .collect();
        let copies: Vec<Bundle> = wanted
            .into_iter()
            .filter(|bundle| present.get(bundle.key()).is_none_or(|there| !is_newer(there, bundle)))
            .collect();
        let copied: Vec<String> = copies.iter().map(|bundle| bundle.key().to_owned()).collect();
        self.to.put(copies, Some(self.run), false).await?;
        reach(CrashPoint::ArchiveCopied);
        self.compare(&copied, &originals).await?;
        reach(CrashPoint::ArchiveCompared);
        let moved = self.from.delete(Deletion::Copied(originals), self.run).await?;
        reach(CrashPoint::ArchiveMoved);
        Ok(moved)
    }

    async fn compare(&self, copied: &[String], originals: &[(String, Digest)]) -> Outcome<()> {
        let stored = self.to.bundles(copied).await?;
        let found: HashMap<&str, Digest> = stored
            .iter()
            .map(|bundle| (bundle.key(), fingerprint::of_bundle(bundle)))
            .collect();
        let copied: HashSet<&str> = copied.iter().map(String::as_str).collect();
        let differing: Vec<String> = originals
            .iter()
            .filter(|(key, digest)| copied.contains(key.as_str()) && found.get(key.as_str()) != Some(digest))
            .map(|(key, _)| key.clone())
            .collect();
        if differing.is_empty() {
            return Ok(());
        }
        let message = format!(
            "{} of {} calls that were read back differ from what was copied; nothing was deleted",
            differing.len(),
            copied.len()
        );
        // Nobody must take a wrong copy for a right one. When this fails the next run replaces it all the same.
        self.to.delete(Deletion::Calls(differing), self.run).await?;
        Err(Fault::new(Cause::Database, "copy_differs", message)
            .hint(self.hint)
            .into())
    }
}

/// Whether what is there was changed after what would be copied over it.
fn is_newer(there: &Bundle, copy: &Bundle) -> bool {
    changed_at(there) > changed_at(copy)
}

fn changed_at(bundle: &Bundle) -> Option<Timestamp> {
    let (_, value) = bundle.call.iter().find(|(name, _)| *name == "changed_at")?;
    value.as_time()
}
