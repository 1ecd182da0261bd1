//! De-authorization: noticed at once, carried through until everything that follows from it is done.

use std::{
    collections::HashSet,
    sync::{MutexGuard, PoisonError},
};

use serde_json::json;

use super::Removal;
use crate::{
    domain::{
        account::{Account, AccountId, AccountState},
        alert::AlertCode,
        command::quoted,
        event::Event,
        failure::{Cause, Fault, Outcome},
    },
    ports::withdrawal::{Notice, Withdrawal},
};

impl Removal {
    /// Zoom's signed event says that the organisation removed the app. False when that was known.
    ///
    /// When it returns, nothing more is sent to Zoom, nothing is served, and a crash does not undo it; ending jobs and
    /// telling people follows by itself.
    ///
    /// # Errors
    /// The state store does not answer: the event has to come again.
    pub async fn deauthorized_at_zoom(
        &self,
        account: &AccountId,
        user: Option<String>,
        may_keep: Option<bool>,
    ) -> Outcome<bool> {
        let withdrawal = Withdrawal {
            zoom_user_id: user,
            may_keep,
            ..Withdrawal::noticed(self.0.clock.now(), Notice::Webhook)
        };
        let reason = "the organisation removed the app at Zoom".to_owned();
        self.withdraw(account, withdrawal, reason).await
    }

    /// A person ends the connection: tokens are given up at Zoom if it answers.
    ///
    /// # Errors
    /// `account_not_found`, `pending_authorization`, `deauthorized`.
    pub async fn deauthorize(&self, name: &str, dry_run: bool) -> Outcome<Account> {
        let account = self.0.registry.account(name).await?;
        match account.state {
            AccountState::Authorized | AccountState::ReauthorizationRequired => {}
            AccountState::PendingAuthorization => {
                return Err(Fault::new(
                    Cause::WrongState,
                    "pending_authorization",
                    format!(
                        "Nobody has authorized \"{}\" yet, so there is nothing to end.",
                        account.name
                    ),
                )
                .hint(format!(
                    "To drop it: callsyncctl account remove {}",
                    quoted(&account.name)
                ))
                .into());
            }
            _ => {
                return Err(Fault::new(
                    Cause::Blocked,
                    "deauthorized",
                    format!("\"{}\" is {} already.", account.name, account.state),
                )
                .hint(format!("callsyncctl removal show {}", quoted(&account.name)))
                .into());
            }
        }
        if dry_run {
            return Ok(account);
        }
        // Best effort and first: afterwards nothing is sent for the account any more.
        if account.state == AccountState::Authorized
            && let Err(failure) = self.0.oauth.revoke(&account.id).await
        {
            tracing::warn!(account = %account.name, error = %failure, "Zoom did not take the revocation; the tokens are forgotten here and expire there. Remove the app at marketplace.zoom.us as well");
        }
        let withdrawal = Withdrawal::noticed(self.0.clock.now(), Notice::Operator);
        self.withdraw(&account.id, withdrawal, "deauthorized by an administrator".to_owned())
            .await?;
        self.settle_now(&account.id).await;
        self.0.registry.account_by_id(&account.id).await
    }

    /// Whether the withdrawal was not written about yet since the start: what is tried again is not told again.
    fn is_news(&self, account: &AccountId) -> bool {
        self.announced().insert(account.clone())
    }

    fn announced(&self) -> MutexGuard<'_, HashSet<AccountId>> {
        self.0.announced.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn withdraw(&self, account: &AccountId, withdrawal: Withdrawal, reason: String) -> Outcome<bool> {
        let is_new = self.0.book.withdraw(account, withdrawal, reason).await?;
        // Durable first: were the gate shut and the write lost, a restart would send again.
        self.0.oauth.shut(account);
        self.0.alarm.disarm(account);
        self.0.wake.notify_one();
        Ok(is_new)
    }

    /// Carries one withdrawal through at once; what fails is tried again by the review.
    pub(super) async fn settle_now(&self, account: &AccountId) {
        let _alone = self.0.settling.lock().await;
        let found = async {
            let withdrawal = self.0.book.withdrawal(account).await?;
            let account = self.0.registry.account_by_id(account).await?;
            Ok::<_, crate::domain::failure::Failure>(withdrawal.map(|withdrawal| (account, withdrawal)))
        };
        match found.await {
            Ok(Some((account, withdrawal))) if !withdrawal.settled => {
                if let Err(failure) = self.settle(&account, &withdrawal).await {
                    tracing::warn!(account = %account.name, error = %failure, "not everything that follows from the de-authorization could be done; it is tried again");
                }
            }
            Ok(_) => {}
            Err(failure) => tracing::warn!(%account, error = %failure, "the withdrawal could not be read"),
        }
    }

    /// Ends the account's work, forgets its tokens, says so, and takes the reporting role's rights. Each step is
    /// harmless to repeat: dying in between, the next review does all of them again.
    ///
    /// # Errors
    /// What could not be done yet, most likely because the database is down.
    pub(super) async fn settle(&self, account: &Account, withdrawal: &Withdrawal) -> Outcome<()> {
        let ports = &self.0;
        ports.oauth.shut(&account.id);
        ports.alarm.disarm(&account.id);
        ports.jobs.cancel_account(&account.id).await?;
        ports.oauth.forget(&account.id).await?;
        if self.is_news(&account.id) {
            Event::AccountDeauthorized {
                noticed_by: withdrawal.noticed_by.as_str(),
            }
            .log(Some(&account.name), None);
            let after = json!({
                "state": account.state.as_str(),
                "cdr_state": account.cdr.state.as_str(),
                "noticed_by": withdrawal.noticed_by.as_str(),
                "at": withdrawal.at.to_string(),
                "zoom_user_id": withdrawal.zoom_user_id,
            });
            let before = json!({ "cdr_state": withdrawal.cdr_state.as_str() });
            self.note("account.deauthorized", account, Some(before), Some(after))
                .await;
        }
        self.tell_withdrawal(account, withdrawal).await?;
        // Last: a database that is down keeps nobody from hearing of it.
        self.withhold_from_reports(account).await?;
        let settled = |withdrawal: &mut Withdrawal| {
            withdrawal.settled = true;
            Ok(())
        };
        ports
            .book
            .change_withdrawal(&account.id, None, Box::new(settled))
            .await?;
        Ok(())
    }

    async fn withhold_from_reports(&self, account: &Account) -> Outcome<()> {
        for store in self.0.primary.reachable(account).await? {
            store.set_reporting(false).await?;
        }
        Ok(())
    }

    /// Takes the reporting role's rights of all withdrawn accounts once more: a newer version of the schema makes the views
    /// anew, with the rights that they usually have. Answers whether it was done everywhere.
    pub(super) async fn withhold(&self) -> bool {
        let withdrawals = match self.0.book.withdrawals().await {
            Ok(withdrawals) => withdrawals,
            Err(failure) => {
                tracing::warn!(error = %failure, "the withdrawals could not be read; tried again");
                return false;
            }
        };
        let mut everywhere = true;
        for (account, _) in withdrawals {
            if !account.state.is_withdrawn() || account.state == AccountState::Removed {
                continue;
            }
            if let Err(failure) = self.withhold_from_reports(&account).await {
                tracing::warn!(account = %account.name, error = %failure, "the reporting role may still read the calls; tried again");
                everywhere = false;
            }
        }
        everywhere
    }

    /// An account was authorized again: forgets the withdrawal and gives back what it took. The answer is the account
    /// with CDR processing where it was; starting its work is the caller's.
    ///
    /// # Errors
    /// The state store or the database does not answer; [`Self::recover`] tries again at the next start.
    pub async fn reauthorized(&self, account: &Account) -> Outcome<Account> {
        let Some(withdrawal) = self.0.book.withdrawal(&account.id).await? else {
            return Ok(account.clone());
        };
        let restored = self.0.book.restore(&account.id).await?;
        self.announced().remove(&account.id);
        let before = json!({ "cdr_state": account.cdr.state.as_str(), "noticed_by": withdrawal.noticed_by.as_str() });
        let after = json!({ "state": restored.state.as_str(), "cdr_state": restored.cdr.state.as_str() });
        self.note("account.reauthorized", &restored, Some(before), Some(after))
            .await;
        Event::AccountRestored.log(Some(&restored.name), None);
        self.tell_end(&restored.id, &[AlertCode::Deauthorized, AlertCode::RemovalDue])
            .await;
        for store in self.0.primary.reachable(&restored).await? {
            store.set_reporting(true).await?;
        }
        Ok(restored)
    }

    /// After a start: restores accounts whose re-authorization was cut short.
    pub async fn recover(&self) {
        let withdrawals = match self.0.book.withdrawals().await {
            Ok(withdrawals) => withdrawals,
            Err(failure) => {
                tracing::error!(error = %failure, "the withdrawals could not be read");
                return;
            }
        };
        for (account, _) in withdrawals {
            if account.state.is_withdrawn() {
                continue;
            }
            if let Err(failure) = self.reauthorized(&account).await {
                tracing::warn!(account = %account.name, error = %failure, "an account that was authorized again could not be restored wholly");
            }
        }
    }
}
