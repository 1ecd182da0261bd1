//! Deletes what is too old: in short batches, resumable at every one, never what is held.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Databases, Retention, pace::Pace, refuse_withdrawn};
use crate::{
    crash_points::{CrashPoint, reach},
    domain::{
        account::Account,
        command::quoted,
        directory::TABLES,
        failure::{Cause, Failure, Fault, Outcome},
        retention::{Class, Cutoffs, Extent},
    },
    ports::{
        jobs::{Executor, JobEnd, Progress},
        records::{CallCursor, RecordStore},
        retention::{Deletion, Disposal, Pile, Selection, Side, Tally},
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
fn piles(cutoffs: &Cutoffs) -> Vec<(Class, Pile, Timestamp)> {
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
fn selections(cutoffs: &Cutoffs, holds: &[Extent], side: Side) -> (Option<Selection>, Option<Selection>) {
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
    async fn held(
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

    fn add(&mut self, run: &Disposal) {
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

/// The run and its cutoffs, as they were when a person asked for it.
fn asked(job: &Job) -> Option<(String, Cutoffs)> {
    let parameters: Json = serde_json::from_str(&job.parameters).unwrap_or_default();
    let time = |name: &str| {
        parameters[name]
            .as_str()
            .and_then(|text| text.parse::<Timestamp>().ok())
    };
    let cutoffs = Cutoffs {
        calls: time("calls"),
        elements: time("elements"),
        directory: time("directory"),
        history: time("history"),
    };
    Some((parameters["run"].as_str()?.to_owned(), cutoffs))
}

/// What is told when only the primary database was purged.
fn without_archive(account: &Account, failure: &Failure) -> Fault {
    let hint = format!("then: callsyncctl purge run {} --yes --wait", quoted(&account.name));
    let (cause, before) = match failure.fault() {
        Some(fault) => (fault.cause, fault.hint.as_str()),
        None => (Cause::Database, ""),
    };
    Fault::new(
        cause,
        "archive_not_purged",
        format!("the archive was not purged, only the primary database: {failure}"),
    )
    .hint(if before.is_empty() {
        hint
    } else {
        format!("{before}; {hint}")
    })
}

/// Executor of [`JobKind::Purge`].
pub struct Purge(pub Retention);

#[async_trait]
impl Executor for Purge {
    async fn run(&self, job: &Job, progress: &dyn Progress, stop: &CancellationToken) -> JobEnd {
        match self.purge(job, progress, stop).await {
            Ok((purged, None)) => JobEnd::Succeeded(purged.to_json().to_string()),
            Ok((purged, Some(fault))) => JobEnd::Partial {
                result: purged.to_json().to_string(),
                fault,
            },
            Err(failure) => JobEnd::Failed(failure),
        }
    }
}

impl Purge {
    /// What was purged; and why the archive was not, when it does not answer: the primary database need not wait for it.
    async fn purge(
        &self,
        job: &Job,
        progress: &dyn Progress,
        stop: &CancellationToken,
    ) -> Outcome<(Purged, Option<Fault>)> {
        let Some(id) = &job.account else {
            return Err(Failure::Cancelled);
        };
        let account = self.0.workable(id).await?;
        let (databases, missing) = self.reachable(&account).await?;
        let (run, cutoffs) = match asked(job) {
            Some(asked) => asked,
            None => self.due(job, &account, databases.primary.as_ref()).await?,
        };
        let began = self.0.clock.now();
        let mut work = Work {
            retention: &self.0,
            account: &account,
            run: &run,
            progress,
            stop,
            done: 0,
        };
        for store in databases.all() {
            let disposal = Disposal::new(run.clone(), "purge", began, cutoffs);
            work.done += store.begin(&disposal).await?.rows();
        }
        reach(CrashPoint::PurgeBegun);
        for store in databases.all() {
            work.of_database(store.as_ref(), &cutoffs).await?;
        }
        work.own_history(databases.primary.as_ref(), &cutoffs).await?;
        let holds = self.0.extents(id).await?;
        let held = self.0.held(&account, &databases, &cutoffs, &holds).await?;
        let mut purged = Purged {
            cutoffs,
            held,
            ..Purged::default()
        };
        reach(CrashPoint::PurgeEnding);
        for store in databases.all() {
            if let Some(run) = store.end(&run, held).await? {
                purged.add(&run);
            }
        }
        progress.finish(purged.rows(), Some(purged.rows()));
        Ok((purged, missing))
    }
}

impl Purge {
    /// The databases that answer; and what is told when only the primary one does.
    async fn reachable(&self, account: &Account) -> Outcome<(Databases, Option<Fault>)> {
        let primary = self.0.primary.open(account).await?;
        let beside =
            async { Ok::<_, Failure>((self.0.archive(account).await?, self.0.primary.former(account).await?)) };
        let ((archive, former), missing) = match beside.await {
            Ok(beside) => (beside, None),
            Err(Failure::Cancelled) => return Err(Failure::Cancelled),
            Err(failure) => ((None, Vec::new()), Some(without_archive(account, &failure))),
        };
        let databases = Databases {
            primary,
            archive,
            former,
        };
        Ok((databases, missing))
    }

    /// The run that a timer asked for: one that did not end goes on with its cutoffs, or a new one begins.
    async fn due(&self, job: &Job, account: &Account, store: &dyn RecordStore) -> Outcome<(String, Cutoffs)> {
        let newest = store.disposals("purge", 1).await?.into_iter().next();
        match newest.filter(|run| run.finished_at.is_none()) {
            Some(run) => Ok((run.id, run.cutoffs)),
            None => Ok((job.id.clone(), self.0.cutoffs(account)?)),
        }
    }
}

/// One purge at work.
struct Work<'a> {
    retention: &'a Retention,
    account: &'a Account,
    run: &'a str,
    progress: &'a dyn Progress,
    stop: &'a CancellationToken,
    done: u64,
}

impl Work<'_> {
    async fn of_database(&mut self, store: &dyn RecordStore, cutoffs: &Cutoffs) -> Outcome<()> {
        let (whole, elements) = selections(cutoffs, &[], Side::Free);
        if let Some(which) = whole {
            self.calls(store, which, Deletion::Calls).await?;
        }
        if let Some(which) = elements {
            self.calls(store, which, Deletion::Elements).await?;
        }
        for (_, pile, before) in piles(cutoffs) {
            self.pile(store, pile, before).await?;
        }
        Ok(())
    }

    /// What is told after each batch. If we die there, the next run finds what is left: what is gone is gone whole.
    fn advanced(&mut self, rows: u64) -> Outcome<()> {
        self.done += rows;
        self.progress.set(self.done, None);
        if self.stop.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        Ok(())
    }

    async fn calls(
        &mut self,
        store: &dyn RecordStore,
        mut which: Selection,
        deletion: fn(Vec<String>) -> Deletion,
    ) -> Outcome<()> {
        let mut pace = Pace::default();
        let mut after: Option<CallCursor> = None;
        loop {
            // Read anew for every batch: a hold that is placed now protects from the next one on.
            which.holds = self.retention.extents(&self.account.id).await?;
            let keys = store.keys(&which, after.clone(), pace.size()).await?;
            let Some(last) = keys.last() else { return Ok(()) };
            after = Some(last.clone());
            let began = Instant::now();
            let keys = keys.into_iter().map(|(_, key)| key).collect();
            let gone = store.delete(deletion(keys), self.run).await?;
            reach(CrashPoint::PurgeBatchGone);
            self.advanced(gone.rows())?;
            pace.rest(began).await;
        }
    }

    async fn pile(&mut self, store: &dyn RecordStore, pile: Pile, before: Timestamp) -> Outcome<()> {
        let mut pace = Pace::default();
        loop {
            let holds = self.retention.extents(&self.account.id).await?;
            let began = Instant::now();
            let limit = pace.size();
            let gone = store.clear(pile, before, &holds, limit, self.run).await?;
            self.advanced(gone)?;
            if gone < limit as u64 {
                return Ok(());
            }
            pace.rest(began).await;
        }
    }

    async fn own_history(&mut self, store: &dyn RecordStore, cutoffs: &Cutoffs) -> Outcome<()> {
        let Some(before) = cutoffs.history else { return Ok(()) };
        let holds = self.retention.extents(&self.account.id).await?;
        if holds.iter().any(Extent::is_everything) {
            return Ok(());
        }
        let gone = self.retention.history.forget_jobs(&self.account.id, before).await?;
        store.add_history(self.run, gone).await?;
        self.advanced(gone)
    }
}
