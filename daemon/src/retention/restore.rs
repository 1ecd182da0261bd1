//! Moves calls back from the archive.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Retention, archive::moved, no_archive, refuse_withdrawn, transfer::Transfer};
use crate::{
    domain::{
        account::Account,
        command::quoted,
        failure::{Cause, Failure, Fault, Outcome},
        retention::Cutoffs,
    },
    ports::{
        jobs::{Executor, JobEnd, Progress},
        retention::{Disposal, Selection, Tally},
        state::{Job, JobKind},
    },
};

impl Retention {
    /// What a restore would move.
    ///
    /// # Errors
    /// There is no archive, the account is withdrawn, or the archive does not answer.
    pub async fn restorable(
        &self,
        account: &Account,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Outcome<Tally> {
        refuse_withdrawn(account)?;
        match self.archive(account).await? {
            Some(archive) => archive.tally(&between(from, to)).await,
            None if account.cdr.settings.archive.is_some() => Ok(Tally::default()),
            None => Err(no_archive(account)),
        }
    }

    /// Asks for calls to be moved back.
    ///
    /// # Errors
    /// There is no archive, the range is empty, or the account is withdrawn.
    pub async fn restore(&self, account: &Account, from: Option<Timestamp>, to: Option<Timestamp>) -> Outcome<Job> {
        refuse_withdrawn(account)?;
        if account.cdr.settings.archive.is_none() {
            return Err(no_archive(account));
        }
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            return Err(Fault::new(Cause::Usage, "span_invalid", "the range is empty")
                .hint("--from must lie before --to.")
                .into());
        }
        let id = Uuid::now_v7().simple().to_string();
        let parameters = json!({"run": id, "from": from, "to": to}).to_string();
        self.jobs.enqueue(JobKind::Restore, &account.id, parameters).await
    }
}

fn between(from: Option<Timestamp>, before: Option<Timestamp>) -> Selection {
    Selection {
        from,
        before,
        ..Selection::default()
    }
}

/// Executor of [`JobKind::Restore`].
pub struct Restore(pub Retention);

#[async_trait]
impl Executor for Restore {
    async fn run(&self, job: &Job, progress: &dyn Progress, stop: &CancellationToken) -> JobEnd {
        match self.restore(job, progress, stop).await {
            Ok(run) => JobEnd::Succeeded(moved(&run).to_string()),
            Err(failure) => JobEnd::Failed(failure),
        }
    }
}

impl Restore {
    async fn restore(&self, job: &Job, progress: &dyn Progress, stop: &CancellationToken) -> Outcome<Disposal> {
        let Some(id) = &job.account else {
            return Err(Failure::Cancelled);
        };
        let account = self.0.workable(id).await?;
        let parameters: Json = serde_json::from_str(&job.parameters).unwrap_or_default();
        let time = |name: &str| {
            parameters[name]
                .as_str()
                .and_then(|text| text.parse::<Timestamp>().ok())
        };
        let which = between(time("from"), time("to"));
        let run = parameters["run"].as_str().unwrap_or(&job.id);
        let databases = self.0.databases(&account).await?;
        let primary = databases.primary;
        let disposal = Disposal::new(run.to_owned(), "restore", self.0.clock.now(), Cutoffs::default());
        let begun = primary.begin(&disposal).await?;
        if let Some(archive) = databases.archive {
            let hint = format!(
                "check the primary database's disk and its triggers, then: callsyncctl archive restore {}",
                quoted(&account.name)
            );
            let transfer = Transfer {
                from: archive.as_ref(),
                to: primary.as_ref(),
                run,
                hint: &hint,
                held: None,
                progress,
                stop,
            };
            transfer.all(which, begun.rows()).await?;
        }
        Ok(primary.end(run, 0).await?.unwrap_or(begun))
    }
}
