//! What is too old: counted before it goes, asked to go, and looked up afterwards.

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Databases, Retention, refuse_withdrawn};
use crate::{
    domain::{
        account::Account,
        command::quoted,
        directory::TABLES,
        failure::{Cause, Fault, Outcome},
        retention::{Class, Cutoffs, Extent},
    },
    ports::{
        retention::{Disposal, Pile, Selection, Side, Tally},
        state::{Job, JobKind},
    },
};

/// What a purge would delete, or what one deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// Before when rows are too old.
    pub cutoffs: Cutoffs,
    /// Calls and elements, those in the archive among them.
    pub tally: Tally,
    /// Records without a key.
    pub rejected: u64,
    /// Directory entries.
    pub directory: u64,
    /// Our own runs, requests and jobs.
    pub history: u64,
    /// Rows that holds keep.
    pub held: u64,
}

impl Purged {
    /// All rows.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.tally.rows() + self.rejected + self.directory + self.history
    }

    /// As a job's result.
    #[must_use]
    pub fn to_json(&self) -> Json {
        json!({
            "cutoff": self.cutoffs.calls.or(self.cutoffs.elements).or(self.cutoffs.directory).or(self.cutoffs.history),
            "cutoffs": {"calls": self.cutoffs.calls, "elements": self.cutoffs.elements,
                "directory": self.cutoffs.directory, "history": self.cutoffs.history},
            "rows": {"calls": self.tally.calls, "elements": self.tally.elements, "rejected": self.rejected,
                "directory": self.directory, "history": self.history},
            "held": self.held,
        })
    }
}

/// Piles that a class has in a record database, with the cutoff.
pub(super) fn piles(cutoffs: &Cutoffs) -> Vec<(Class, Pile, Timestamp)> {
    let mut piles = Vec::new();
    if let Some(before) = cutoffs.calls {
        piles.push((Class::Calls, Pile::Rejected, before));
    }
    if let Some(before) = cutoffs.directory {
        piles.extend(TABLES.map(|table| (Class::Directory, Pile::Directory(table), before)));
    }
    if let Some(before) = cutoffs.history {
        piles.push((Class::History, Pile::SyncRuns, before));
        piles.push((Class::History, Pile::Backfills, before));
    }
    piles
}

/// Calls that go, and calls of which only the elements go.
pub(super) fn selections(cutoffs: &Cutoffs, holds: &[Extent], side: Side) -> (Option<Selection>, Option<Selection>) {
    let selection = |from, before| Selection {
        from,
        before: Some(before),
        holds: holds.to_vec(),
        side,
        ..Selection::default()
    };
    let whole = cutoffs.calls.map(|before| selection(None, before));
    let elements = cutoffs
        .elements
        .filter(|elements| cutoffs.calls.is_none_or(|calls| calls < *elements))
        .map(|before| Selection {
            with_elements: true,
            ..selection(cutoffs.calls, before)
        });
    (whole, elements)
}

impl Retention {
    /// The cutoffs of an account now.
    ///
    /// # Errors
    /// Nothing is configured to grow old, or the account is withdrawn.
    pub fn cutoffs(&self, account: &Account) -> Outcome<Cutoffs> {
        refuse_withdrawn(account)?;
        let cutoffs = Cutoffs::of(account.cdr.settings.retain.as_ref(), self.clock.now());
        if cutoffs.is_empty() {
            let message = format!("{} keeps everything for ever", account.name);
            return Err(Fault::new(Cause::WrongState, "retention_unconfigured", message)
                .hint(format!(
                    "callsyncctl cdr set {} --retain calls=730d,elements=730d,directory=never,history=90d",
                    quoted(&account.name)
                ))
                .into());
        }
        Ok(cutoffs)
    }

    /// What a purge would delete now.
    ///
    /// # Errors
    /// Nothing is configured, the account is withdrawn, or a database does not answer.
    pub async fn preview(&self, account: &Account) -> Outcome<Purged> {
        let cutoffs = self.cutoffs(account)?;
        let holds = self.extents(&account.id).await?;
        let databases = self.databases(account).await?;
        let mut purged = Purged {
            cutoffs,
            held: self.held(account, &databases, &cutoffs, &holds).await?,
            ..Purged::default()
        };
        let (whole, elements) = selections(&cutoffs, &holds, Side::Free);
        for store in databases.all() {
            if let Some(which) = &whole {
                purged.tally += store.tally(which).await?;
            }
            if let Some(which) = &elements {
                purged.tally.elements += store.tally(which).await?.elements;
            }
            for (class, pile, before) in piles(&cutoffs) {
                let (free, _) = store.pile(pile, before, &holds).await?;
                *purged.counter(class) += free;
            }
        }
        if let Some(before) = cutoffs.history
            && !holds.iter().any(Extent::is_everything)
        {
            purged.history += self.history.old_jobs(&account.id, before).await?;
        }
        Ok(purged)
    }

    /// Rows that holds keep from a purge.
    pub(super) async fn held(
        &self,
        account: &Account,
        databases: &Databases,
        cutoffs: &Cutoffs,
        holds: &[Extent],
    ) -> Outcome<u64> {
        if holds.is_empty() {
            return Ok(0);
        }
        let mut held = 0;
        let (whole, elements) = selections(cutoffs, holds, Side::Held);
        for store in databases.all() {
            if let Some(which) = &whole {
                held += store.tally(which).await?.rows();
            }
            if let Some(which) = &elements {
                held += store.tally(which).await?.elements;
            }
            for (_, pile, before) in piles(cutoffs) {
                held += store.pile(pile, before, holds).await?.1;
            }
        }
        if let Some(before) = cutoffs.history
            && holds.iter().any(Extent::is_everything)
        {
            held += self.history.old_jobs(&account.id, before).await?;
        }
        Ok(held)
    }

    /// Asks for a purge; its cutoffs are those of this moment.
    ///
    /// # Errors
    /// Nothing is configured, the account is withdrawn, or the state store does not answer.
    pub async fn purge(&self, account: &Account) -> Outcome<Job> {
        let cutoffs = self.cutoffs(account)?;
        let id = Uuid::now_v7().simple().to_string();
        self.jobs
            .enqueue(JobKind::Purge, &account.id, parameters(&id, &cutoffs))
            .await
    }

    /// Past purges, newest first.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn purges(&self, account: &Account, limit: usize) -> Outcome<Vec<Disposal>> {
        let databases = self.databases(account).await?;
        let mut runs = databases.primary.disposals("purge", limit).await?;
        for store in databases.all().skip(1) {
            for beside in store.disposals("purge", limit).await? {
                if let Some(run) = runs.iter_mut().find(|run| run.id == beside.id) {
                    run.tally += beside.tally;
                    run.rejected += beside.rejected;
                    run.directory += beside.directory;
                    run.history += beside.history;
                }
            }
        }
        Ok(runs)
    }
}

impl Purged {
    fn counter(&mut self, class: Class) -> &mut u64 {
        match class {
            Class::Calls | Class::Elements => &mut self.rejected,
            Class::Directory => &mut self.directory,
            Class::History => &mut self.history,
        }
    }

    pub(super) fn add(&mut self, run: &Disposal) {
        self.tally += run.tally;
        self.rejected += run.rejected;
        self.directory += run.directory;
        self.history += run.history;
    }
}

fn parameters(id: &str, cutoffs: &Cutoffs) -> String {
    json!({"run": id, "calls": cutoffs.calls, "elements": cutoffs.elements,
        "directory": cutoffs.directory, "history": cutoffs.history})
    .to_string()
}
