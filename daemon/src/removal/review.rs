//! The review: a round over all withdrawals that does what is due, again after every start.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Removal, plan::Standing};
use crate::{
    domain::{
        account::{Account, AccountState},
        alert::AlertCode,
        event::Event,
        failure::Outcome,
    },
    ports::{
        state::{Change, JobKind},
        withdrawal::{Ground, Withdrawal},
    },
};

/// The wall clock is looked at this often, so that a jump or a suspend takes effect.
const EVERY: Duration = Duration::from_secs(30);
/// A removal that failed is tried again after this.
const AGAIN: SignedDuration = SignedDuration::from_mins(10);

impl Removal {
    /// Reviews until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let mut withheld = false;
        loop {
            if !withheld {
                withheld = self.withhold().await;
            }
            self.review().await;
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = self.0.wake.notified() => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// One round.
    pub async fn review(&self) {
        let withdrawals = match self.0.book.withdrawals().await {
            Ok(withdrawals) => withdrawals,
            Err(failure) => {
                tracing::warn!(error = %failure, "the withdrawals could not be read; tried again");
                return;
            }
        };
        for (account, withdrawal) in withdrawals {
            if !account.state.is_withdrawn() || account.state == AccountState::Removed {
                continue;
            }
            if !withdrawal.settled {
                self.settle_now(&account.id).await;
            }
            let name = account.name.clone();
            if let Err(failure) = self.advance(account).await {
                tracing::warn!(account = %name, error = %failure, "the removal could not be reviewed; tried again");
            }
        }
    }

    /// Schedules, warns, begins: whatever the dates say.
    async fn advance(&self, account: Account) -> Outcome<()> {
        let now = self.0.clock.now();
        let standing = self.standing_of(account).await?;
        let (Some(withdrawal), Some(line)) = (&standing.withdrawal, &standing.timeline) else {
            return Ok(());
        };
        if withdrawal.begun_at.is_some() {
            return self.start(&standing).await;
        }
        match line.warning(now) {
            None if withdrawal.removal_at.is_some() => self.unschedule(&standing).await,
            None => Ok(()),
            Some(days) => {
                self.schedule(&standing, days).await?;
                let standing = self.standing_of(standing.account).await?;
                match standing.may_run {
                    Some(ground) if line.is_due(now) => {
                        self.mark_begun(&standing, ground, None).await?;
                        self.start(&standing).await
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    /// Asks for the job unless it is under way or has just failed.
    async fn start(&self, standing: &Standing) -> Outcome<()> {
        let id = &standing.account.id;
        if standing.is_held_back() {
            return Ok(());
        }
        if self.0.jobs.unfinished(JobKind::Removal, id).is_some() {
            return Ok(());
        }
        let now = self.0.clock.now();
        {
            let mut tried = self.0.tried.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let recently = tried.get(id).is_some_and(|at| now.duration_since(*at).abs() < AGAIN);
            if recently {
                return Ok(());
            }
            tried.insert(id.clone(), now);
        }
        self.0.jobs.enqueue(JobKind::Removal, id, "{}".to_owned()).await?;
        Ok(())
    }

    /// Fixes the date and warns of it, each warning once.
    async fn schedule(&self, standing: &Standing, days: i64) -> Outcome<()> {
        let (Some(withdrawal), Some(line)) = (&standing.withdrawal, &standing.timeline) else {
            return Ok(());
        };
        let is_news = withdrawal.removal_at != line.removal_at || withdrawal.ground.is_none();
        let warn = withdrawal.warned_days.is_none_or(|warned| warned > days);
        if !is_news && !warn {
            return Ok(());
        }
        let (removal_at, ground) = (line.removal_at, line.ground);
        let change = move |withdrawal: &mut Withdrawal| {
            withdrawal.removal_at = removal_at;
            withdrawal.ground = withdrawal.ground.filter(|known| *known == Ground::Consent).or(ground);
            withdrawal.warned_days = Some(days);
            Ok(())
        };
        self.enter(&standing.account, AccountState::RemovalScheduled, Box::new(change))
            .await?;
        let at = removal_at.map_or_else(String::new, |at| at.to_string());
        if is_news {
            Event::RemovalScheduled {
                ground: ground.map_or("", Ground::as_str),
                at: at.clone(),
            }
            .log(Some(&standing.account.name), None);
        }
        if warn {
            self.tell_removal(&standing.account, days, &at).await?;
            Event::RemovalDue { days, at }.log(Some(&standing.account.name), None);
        }
        Ok(())
    }

    /// The term was extended, or the policy changed: there is no date any more.
    async fn unschedule(&self, standing: &Standing) -> Outcome<()> {
        let has_consent = standing.may_run == Some(Ground::Consent);
        let state = if has_consent {
            AccountState::RemovalScheduled
        } else {
            AccountState::Retained
        };
        let change = move |withdrawal: &mut Withdrawal| {
            withdrawal.removal_at = None;
            withdrawal.warned_days = None;
            withdrawal.ground = has_consent.then_some(Ground::Consent);
            Ok(())
        };
        self.enter(&standing.account, state, Box::new(change)).await?;
        self.tell_end(&standing.account.id, &[AlertCode::RemovalDue]).await;
        Event::RemovalCancelled.log(Some(&standing.account.name), None);
        Ok(())
    }

    /// Moves an account on, by way of `retained`, with an audit entry a step.
    pub(super) async fn enter(
        &self,
        account: &Account,
        state: AccountState,
        change: Change<Withdrawal>,
    ) -> Outcome<()> {
        let mut present = account.state;
        if present == AccountState::Deauthorized && state == AccountState::RemovalScheduled {
            self.0
                .book
                .change_withdrawal(&account.id, Some(AccountState::Retained), Box::new(|_| Ok(())))
                .await?;
            self.stepped(account, present, AccountState::Retained, None).await;
            present = AccountState::Retained;
        }
        let withdrawal = self.0.book.change_withdrawal(&account.id, Some(state), change).await?;
        self.stepped(account, present, state, Some(&withdrawal)).await;
        Ok(())
    }

    async fn stepped(&self, account: &Account, from: AccountState, to: AccountState, withdrawal: Option<&Withdrawal>) {
        let before = json!({ "state": from.as_str() });
        let after = json!({
            "state": to.as_str(),
            "removal_at": withdrawal.and_then(|withdrawal| withdrawal.removal_at).map(|at| at.to_string()),
            "ground": withdrawal.and_then(|withdrawal| withdrawal.ground).map(Ground::as_str),
            "begun_at": withdrawal.and_then(|withdrawal| withdrawal.begun_at).map(|at| at.to_string()),
        });
        self.note("removal.step", account, Some(before), Some(after)).await;
    }
}
