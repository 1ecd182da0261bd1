//! The run of a purge: in short batches, resumable at every one, never what is held.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value as Json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    Databases, Retention,
    pace::Pace,
    purge::{Purged, piles, selections},
};
use crate::{
    crash_points::{CrashPoint, reach},
    domain::{
        account::Account,
        command::quoted,
        failure::{Cause, Failure, Fault, Outcome},
        retention::{Cutoffs, Extent},
    },
    ports::{
        jobs::{Executor, JobEnd, Progress},
        records::{CallCursor, RecordStore},
        retention::{Deletion, Disposal, Pile, Selection, Side},
        state::Job,
    },
};

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

/// Executor of purges.
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
