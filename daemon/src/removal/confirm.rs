//! What a person says about a de-authorization.

use serde_json::json;

use super::Removal;
use crate::{
    domain::{
        account::{Account, AccountState},
        command::quoted,
        event::Event,
        failure::{Cause, Fault, Outcome},
    },
    ports::withdrawal::{Confirmation, Notice, Withdrawal},
};

/// Longest name and note that are kept, in characters.
const LONGEST: usize = 1_000;

impl Removal {
    /// Records whether the organisation meant it. For an account whose tokens just died, `intended` makes it
    /// deauthorized; for one that is deauthorized, it is `retained` from then on.
    ///
    /// # Errors
    /// `account_not_found`; `invalid_name`; `not_deauthorized` while the account works.
    pub async fn confirm(
        &self,
        name: &str,
        intended: bool,
        by: &str,
        note: Option<&str>,
        dry_run: bool,
    ) -> Outcome<Account> {
        let account = self.0.registry.account(name).await?;
        let by = by.trim();
        if by.is_empty() || by.chars().count() > LONGEST || note.is_some_and(|note| note.chars().count() > LONGEST) {
            return Err(Fault::new(
                Cause::Usage,
                "invalid_name",
                format!("Who says so, and the note, are texts of at most {LONGEST} characters."),
            )
            .hint("Give it with --by \"NAME\".")
            .into());
        }
        let confirmation = Confirmation {
            intended,
            by: by.to_owned(),
            note: note.map(str::to_owned).filter(|note| !note.is_empty()),
            at: self.0.clock.now(),
        };
        match account.state {
            AccountState::ReauthorizationRequired if !intended => {
                // Nothing to do but to say so: the account waits for a person to authorize it anyway.
                if !dry_run {
                    self.confirmed(&account, &confirmation).await;
                }
                Ok(account)
            }
            AccountState::ReauthorizationRequired => {
                if dry_run {
                    return Ok(Account {
                        state: AccountState::Deauthorized,
                        ..account
                    });
                }
                let withdrawal = Withdrawal {
                    confirmation: Some(confirmation.clone()),
                    ..Withdrawal::noticed(confirmation.at, Notice::Confirmation)
                };
                let reason = "the organisation ended the connection on purpose".to_owned();
                self.withdraw(&account.id, withdrawal, reason).await?;
                self.confirmed(&account, &confirmation).await;
                self.settle_now(&account.id).await;
                self.0.registry.account_by_id(&account.id).await
            }
            AccountState::Deauthorized | AccountState::Retained | AccountState::RemovalScheduled => {
                let state = match account.state {
                    AccountState::Deauthorized if intended => AccountState::Retained,
                    AccountState::Retained if !intended => AccountState::Deauthorized,
                    state => state,
                };
                if dry_run {
                    return Ok(Account { state, ..account });
                }
                let kept = confirmation.clone();
                let change = |withdrawal: &mut Withdrawal| {
                    withdrawal.confirmation = Some(kept);
                    Ok(())
                };
                self.0
                    .book
                    .change_withdrawal(&account.id, Some(state), Box::new(change))
                    .await?;
                self.confirmed(&account, &confirmation).await;
                self.0.registry.account_by_id(&account.id).await
            }
            AccountState::PendingAuthorization | AccountState::Authorized | AccountState::Removed => Err(Fault::new(
                Cause::WrongState,
                "not_deauthorized",
                format!(
                    "\"{}\" is {}: there is no de-authorization to confirm.",
                    account.name, account.state
                ),
            )
            .hint(format!("callsyncctl account show {}", quoted(&account.name)))
            .into()),
        }
    }

    async fn confirmed(&self, account: &Account, confirmation: &Confirmation) {
        Event::DeauthorizationConfirmed {
            intended: confirmation.intended,
        }
        .log(Some(&account.name), None);
        let said = json!({
            "intended": confirmation.intended,
            "by": confirmation.by,
            "note": confirmation.note,
        });
        self.note("account.deauthorization-confirmed", account, None, Some(said))
            .await;
    }
}
