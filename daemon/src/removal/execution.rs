//! The removal itself: databases, then access, then settings, then the certificate. It can be killed anywhere: every
//! step finds what the last run left and goes on.

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    Removal, certificate,
    held::Kept,
    plan::{Found, Standing},
    refuse_present,
};
use crate::{
    domain::{
        account::{Account, AccountState},
        alert::AlertCode,
        command::quoted,
        event::Event,
        failure::{Cause, Failure, Fault, Outcome},
    },
    ports::{
        jobs::{Executor, JobEnd, Progress},
        primary::{databases, is_gone},
        state::{Job, JobKind},
        withdrawal::{Ground, Withdrawal},
    },
};

/// Steps of a removal, for its progress.
const STEPS: u64 = 5;
/// What is over once nothing is left.
const ENDED: [AlertCode; 2] = [AlertCode::Deauthorized, AlertCode::RemovalDue];

impl Removal {
    /// Begins the removal of an account because a person asked for it.
    ///
    /// # Errors
    /// `account_not_found`, `not_deauthorized`, `account_removed`, `removal_not_due`, `held`.
    pub async fn begin(&self, name: &str, uid: u32, dry_run: bool) -> Outcome<(Account, Option<Job>)> {
        let account = self.0.registry.account(name).await?;
        refuse_present(&account)?;
        let standing = self.standing_of(account).await?;
        let ground = may_run(&standing)?;
        if dry_run {
            return Ok((standing.account, None));
        }
        self.mark_begun(&standing, ground, Some(uid)).await?;
        let job = self
            .0
            .jobs
            .enqueue(JobKind::Removal, &standing.account.id, "{}".to_owned())
            .await?;
        Ok((standing.account, Some(job)))
    }

    /// From here on the removal is carried through, whatever else changes and however often we die.
    pub(super) async fn mark_begun(&self, standing: &Standing, ground: Ground, uid: Option<u32>) -> Outcome<()> {
        if standing
            .withdrawal
            .as_ref()
            .is_some_and(|withdrawal| withdrawal.begun_at.is_some())
        {
            return Ok(());
        }
        let now = self.0.clock.now();
        let begun = move |withdrawal: &mut Withdrawal| {
            withdrawal.begun_at = Some(now);
            withdrawal.begun_by = uid;
            withdrawal.ground = Some(ground);
            Ok(())
        };
        self.enter(&standing.account, AccountState::RemovalScheduled, Box::new(begun))
            .await?;
        Event::RemovalBegun {
            ground: ground.as_str(),
        }
        .log(Some(&standing.account.name), None);
        Ok(())
    }

    async fn carry_out(&self, job: &Job, progress: &dyn Progress, stop: &CancellationToken) -> Outcome<Value> {
        let Some(id) = &job.account else {
            return Err(Fault::new(Cause::Internal, "no_account", "the job names no account")
                .hint("This is a defect; please report it.")
                .into());
        };
        let account = self.0.registry.account_by_id(id).await?;
        let standing = self.standing_of(account.clone()).await?;
        if account.state == AccountState::Removed {
            // We died after the certificate and before the end was told.
            self.0.book.overwrite().await?;
            self.tell_end(id, &ENDED).await;
            return Ok(json!({ "certificate": certificate_id(&standing), "held": 0 }));
        }
        refuse_present(&account)?;
        let ground = may_run(&standing)?;
        self.mark_begun(&standing, ground, None).await?;
        if !standing
            .withdrawal
            .as_ref()
            .is_some_and(|withdrawal| withdrawal.settled)
        {
            self.settle_now(id).await;
        }
        progress.set(0, Some(STEPS));
        self.count(&account).await?;
        progress.set(1, Some(STEPS));
        let kept = if standing.holds.is_empty() {
            for (server, database) in databases(&account) {
                stop_here(stop)?;
                match self.0.primary.servers().remove(server, database, id).await {
                    Err(failure) if is_gone(&failure) => {}
                    gone => gone?,
                }
            }
            None
        } else {
            self.remove_free(&account, stop).await?;
            Some(self.kept(&account).await?)
        };
        progress.set(2, Some(STEPS));
        stop_here(stop)?;
        self.0.oauth.forget(id).await?;
        self.note("removal.data-removed", &account, None, None).await;
        progress.set(3, Some(STEPS));
        let entry = self.record("removal.texts-cleared", &account, None, None);
        self.0.book.scrub(id, &job.id, kept.is_some(), entry).await?;
        progress.set(4, Some(STEPS));
        // Read again: the scrubbing took what only people need.
        let standing = self.standing_of(self.0.registry.account_by_id(id).await?).await?;
        let certificate = certificate::issue(&standing, kept.as_ref(), self.0.clock.now())?;
        let issued = certificate.id.clone();
        let remains = kept.as_ref().map(|kept| json!(kept).to_string());
        self.0.book.certify(certificate, remains).await?;
        self.0.book.overwrite().await?;
        if let Some(kept) = kept {
            return Ok(self.held_back(&account, job, kept, issued, progress).await);
        }
        let before = json!({ "state": account.state.as_str() });
        let after = json!({ "state": AccountState::Removed.as_str(), "certificate": issued });
        self.note("removal.removed", &account, Some(before), Some(after)).await;
        Event::RemovalFinished {
            certificate: issued.clone(),
        }
        .log(Some(&account.name), Some(&job.id));
        self.tell_end(id, &ENDED).await;
        progress.finish(STEPS, Some(STEPS));
        Ok(json!({ "certificate": issued, "held": 0 }))
    }

    /// The end of a run that holds kept something from.
    async fn held_back(
        &self,
        account: &Account,
        job: &Job,
        kept: Kept,
        issued: String,
        progress: &dyn Progress,
    ) -> Value {
        let (rows, holds) = (kept.rows(), kept.holds.len() as u64);
        let after = json!({ "certificate": issued, "holds": holds, "held": rows });
        self.note("removal.held", account, None, Some(after)).await;
        Event::RemovalHeld { holds, rows }.log(Some(&account.name), Some(&job.id));
        // The release of a hold is no failure to wait after.
        self.0
            .tried
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .remove(&account.id);
        progress.finish(STEPS, Some(STEPS));
        json!({ "certificate": issued, "held": rows })
    }

    /// Notes what there is before the first of it goes.
    async fn count(&self, account: &Account) -> Outcome<()> {
        let known = self.0.book.withdrawal(&account.id).await?;
        if known.is_some_and(|withdrawal| withdrawal.found.is_some()) {
            return Ok(());
        }
        let found = self.found(account).await?;
        let text = json!(found).to_string();
        let change = move |withdrawal: &mut Withdrawal| {
            withdrawal.found = Some(text);
            Ok(())
        };
        self.0
            .book
            .change_withdrawal(&account.id, None, Box::new(change))
            .await?;
        Ok(())
    }
}

#[async_trait]
impl Executor for Removal {
    async fn run(&self, job: &Job, progress: &dyn Progress, stop: &CancellationToken) -> JobEnd {
        match self.carry_out(job, progress, stop).await {
            Ok(result) => JobEnd::Succeeded(result.to_string()),
            Err(failure) => JobEnd::Failed(failure),
        }
    }
}

fn certificate_id(standing: &Standing) -> String {
    standing
        .certificate
        .as_ref()
        .map_or_else(String::new, |certificate| certificate.id.clone())
}

pub(super) fn stop_here(stop: &CancellationToken) -> Result<(), Failure> {
    if stop.is_cancelled() {
        Err(Failure::Cancelled)
    } else {
        Ok(())
    }
}

fn may_run(standing: &Standing) -> Result<Ground, Fault> {
    let name = &standing.account.name;
    if standing.account.state == AccountState::Removed {
        return Err(Fault::new(
            Cause::WrongState,
            "account_removed",
            format!("The data of {name} was removed already."),
        )
        .hint(format!(
            "See its certificate: callsyncctl removal show {}",
            quoted(name)
        )));
    }
    if standing.is_held_back() {
        let message = if standing.is_held_whole() {
            format!("Nothing of {name} is removed while a hold covers all of it.")
        } else {
            format!(
                "What is left of {name} is kept by holds: {}. Everything else was removed.",
                standing.holds.len()
            )
        };
        return Err(Fault::new(Cause::Blocked, "held", message)
            .hint("See them with callsyncctl hold list; release one with callsyncctl hold release ID."));
    }
    standing.may_run.ok_or_else(|| {
        let when = standing
            .timeline
            .and_then(|line| line.removal_at)
            .map_or_else(|| "no term end is set".to_owned(), |at| format!("it is due at {at}"));
        Fault::new(
            Cause::WrongState,
            "removal_not_due",
            format!("The data of {name} may not be removed yet: {when}, and two persons have not consented."),
        )
        .hint(format!(
            "Record both consents with callsyncctl removal consent {name} --role manager --file LETTER --from WHO and, by another user, --role security, or set the term's end with callsyncctl group set {group} --term-end DATE.",
            name = quoted(name),
            group = quoted(&standing.account.group)
        ))
    })
}

/// What the certificate says was found.
pub(super) fn found(withdrawal: &Withdrawal) -> Found {
    withdrawal
        .found
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}
