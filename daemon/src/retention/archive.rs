//! Moves old calls to the archive, and tells how far that is.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Retention, no_archive, refuse_withdrawn, transfer::Transfer};
use crate::{
    crash_points::{CrashPoint, reach},
    domain::{
        account::Account,
        command::quoted,
        failure::{Failure, Outcome},
        retention::{Cutoffs, Extent, days_before},
    },
    ports::{
        jobs::{Executor, JobEnd, Progress},
        records::RecordStore,
        retention::{Disposal, Pile, Selection, Side, Tally},
        state::{Job, JobKind},
    },
};

/// How the archive of an account stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Database server.
    pub server: String,
    /// Database.
    pub database: String,
    /// Age at which calls go there.
    pub after_days: u32,
    /// Before when calls are that old now.
    pub cutoff: Timestamp,
    /// What is in the archive.
    pub archived: Tally,
    /// What is old enough and still in the primary database.
    pub waiting: Tally,
    /// Rows that are old enough and held.
    pub held: u64,
    /// Records without a key: they stay in the primary database, where a purge of calls finds them.
    pub rejected: u64,
    /// The newest run.
    pub last_run: Option<Disposal>,
}

/// What was moved.
#[must_use]
pub(super) fn moved(run: &Disposal) -> Json {
    json!({
        "cutoff": run.cutoffs.calls,
        "rows": {"calls": run.tally.calls, "elements": run.tally.elements},
        "held": run.held,
    })
}

/// Old calls, with the elements they will ever have.
fn old(before: Timestamp, holds: Vec<Extent>, side: Side) -> Selection {
    Selection {
        before: Some(before),
        holds,
        side,
        settled: true,
        ..Selection::default()
    }
}

impl Retention {
    /// Before when calls belong in the archive.
    ///
    /// # Errors
    /// None is configured, or the account is withdrawn.
    pub fn archive_cutoff(&self, account: &Account) -> Outcome<Timestamp> {
        refuse_withdrawn(account)?;
        let archive = account.cdr.settings.archive.as_ref();
        archive
            .and_then(|archive| days_before(self.clock.now(), archive.after_days))
            .ok_or_else(|| no_archive(account))
    }

    /// How the archive stands.
    ///
    /// # Errors
    /// None is configured, the account is withdrawn, or a database does not answer.
    pub async fn archive_standing(&self, account: &Account) -> Outcome<Standing> {
        let cutoff = self.archive_cutoff(account)?;
        let Some(archive) = account.cdr.settings.archive.clone() else {
            return Err(no_archive(account));
        };
        let databases = self.databases(account).await?;
        let archived = match &databases.archive {
            Some(store) => {
                let summary = store.summary().await?;
                Tally {
                    calls: summary.records,
                    elements: summary.elements,
                }
            }
            None => Tally::default(),
        };
        let holds = self.extents(&account.id).await?;
        let waiting = databases.primary.tally(&old(cutoff, holds.clone(), Side::Free)).await?;
        let held = if holds.is_empty() {
            0
        } else {
            databases.primary.tally(&old(cutoff, holds, Side::Held)).await?.rows()
        };
        Ok(Standing {
            server: archive.server,
            database: archive.database,
            after_days: archive.after_days,
            cutoff,
            archived,
            waiting,
            held,
            rejected: databases.primary.pile(Pile::Rejected, Timestamp::MAX, &[]).await?.0,
            last_run: databases.primary.disposals("archive", 1).await?.pop(),
        })
    }

    /// Asks for old calls to be archived; what is old is decided now.
    ///
    /// # Errors
    /// No archive is configured, it is somebody else's, or the account is withdrawn.
    pub async fn archive_now(&self, account: &Account) -> Outcome<Job> {
        let cutoff = self.archive_cutoff(account)?;
        // A database that is not ours is refused at once, not in a job that nobody looks at.
        self.make_archive(account).await?;
        let id = Uuid::now_v7().simple().to_string();
        let parameters = json!({"run": id, "calls": cutoff}).to_string();
        self.jobs.enqueue(JobKind::Archive, &account.id, parameters).await
    }
}

/// Executor of [`JobKind::Archive`].
pub struct Archive(pub Retention);

#[async_trait]
impl Executor for Archive {
    async fn run(&self, job: &Job, progress: &dyn Progress, stop: &CancellationToken) -> JobEnd {
        match self.archive(job, progress, stop).await {
            Ok(run) => JobEnd::Succeeded(moved(&run).to_string()),
            Err(failure) => JobEnd::Failed(failure),
        }
    }
}

impl Archive {
    async fn archive(&self, job: &Job, progress: &dyn Progress, stop: &CancellationToken) -> Outcome<Disposal> {
        let Some(id) = &job.account else {
            return Err(Failure::Cancelled);
        };
        let retention = &self.0;
        let account = retention.workable(id).await?;
        let archive = retention.make_archive(&account).await?;
        let primary = retention.primary.open(&account).await?;
        let (run, cutoff) = self.asked(job, &account, primary.as_ref()).await?;
        let cutoffs = Cutoffs {
            calls: Some(cutoff),
            ..Cutoffs::default()
        };
        let begun = primary
            .begin(&Disposal::new(run.clone(), "archive", retention.clock.now(), cutoffs))
            .await?;
        let hint = format!(
            "check the archive's disk and its triggers, then: callsyncctl archive run {}",
            quoted(&account.name)
        );
        let transfer = Transfer {
            from: primary.as_ref(),
            to: archive.as_ref(),
            run: &run,
            hint: &hint,
            held: Some((retention, id)),
            progress,
            stop,
        };
        transfer.all(old(cutoff, Vec::new(), Side::Free), begun.rows()).await?;
        let holds = retention.extents(id).await?;
        let held = if holds.is_empty() {
            0
        } else {
            primary.tally(&old(cutoff, holds, Side::Held)).await?.rows()
        };
        reach(CrashPoint::ArchiveEnding);
        Ok(primary.end(&run, held).await?.unwrap_or(begun))
    }

    /// The run and its cutoff: as they were asked for, those of one that did not end, or new ones.
    async fn asked(&self, job: &Job, account: &Account, primary: &dyn RecordStore) -> Outcome<(String, Timestamp)> {
        let parameters: Json = serde_json::from_str(&job.parameters).unwrap_or_default();
        let cutoff = parameters["calls"].as_str().and_then(|text| text.parse().ok());
        if let Some((run, cutoff)) = parameters["run"].as_str().zip(cutoff) {
            return Ok((run.to_owned(), cutoff));
        }
        let unfinished = primary.disposals("archive", 1).await?.into_iter().next();
        if let Some(run) = unfinished.filter(|run| run.finished_at.is_none())
            && let Some(cutoff) = run.cutoffs.calls
        {
            return Ok((run.id, cutoff));
        }
        Ok((job.id.clone(), self.0.archive_cutoff(account)?))
    }
}
