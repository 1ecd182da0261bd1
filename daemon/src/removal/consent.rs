//! Consent of two persons to remove data before the agreement's term ends.

use super::{Removal, refuse_present};
use crate::{
    domain::{
        account::{Account, AccountState},
        alert::AlertCode,
        command::quoted,
        event::Event,
        failure::{Cause, Fault, Outcome},
    },
    ports::withdrawal::{Consent, ConsentRole, Ground, Withdrawal},
};

/// What `removal consent` was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenConsent {
    /// `manager` or `security`.
    pub role: String,
    /// Whose letter it is.
    pub from: String,
    /// SHA-256 of the letter, in hex.
    pub letter_sha256: String,
    /// User id of who records it.
    pub uid: u32,
    /// Name of that user.
    pub user: String,
}

impl Removal {
    /// Records one consent. With the second the removal may be run.
    ///
    /// # Errors
    /// `account_not_found`, `invalid_consent`, `not_deauthorized`, `removal_running`, `consent_given`,
    /// `consent_same_user`.
    pub async fn consent(&self, name: &str, given: GivenConsent, dry_run: bool) -> Outcome<Account> {
        let account = self.0.registry.account(name).await?;
        refuse_present(&account)?;
        self.refuse_begun(&account).await?;
        let consent = checked(given, self.0.clock.now())?;
        let role = consent.role;
        let consents = self.0.book.add_consent(&account.id, consent, dry_run).await?;
        if dry_run {
            return Ok(account);
        }
        Event::ConsentRecorded { role: role.as_str() }.log(Some(&account.name), None);
        if ConsentRole::ALL
            .iter()
            .all(|role| consents.iter().any(|consent| consent.role == *role))
        {
            let scheduled = |withdrawal: &mut Withdrawal| {
                withdrawal.ground = Some(Ground::Consent);
                Ok(())
            };
            self.enter(&account, AccountState::RemovalScheduled, Box::new(scheduled))
                .await?;
            Event::RemovalScheduled {
                ground: Ground::Consent.as_str(),
                at: "when a person runs it".to_owned(),
            }
            .log(Some(&account.name), None);
        }
        self.0.registry.account_by_id(&account.id).await
    }

    /// Cancels what is scheduled and withdraws all consents.
    ///
    /// # Errors
    /// `account_not_found`, `not_deauthorized`, `removal_running`, `nothing_scheduled`.
    pub async fn cancel(&self, name: &str, dry_run: bool) -> Outcome<Account> {
        let account = self.0.registry.account(name).await?;
        refuse_present(&account)?;
        self.refuse_begun(&account).await?;
        let has_consents = !self.0.book.consents(&account.id).await?.is_empty();
        if account.state != AccountState::RemovalScheduled && !has_consents {
            return Err(Fault::new(
                Cause::WrongState,
                "nothing_scheduled",
                format!(
                    "No removal of {} is scheduled, and nobody has consented to one.",
                    account.name
                ),
            )
            .hint(format!("callsyncctl removal show {}", quoted(&account.name)))
            .into());
        }
        if dry_run {
            return Ok(account);
        }
        self.0.book.drop_consents(&account.id).await?;
        let not_before = super::timeline::postponed(self.0.clock.now());
        let cancelled = move |withdrawal: &mut Withdrawal| {
            withdrawal.ground = None;
            withdrawal.removal_at = None;
            withdrawal.warned_days = None;
            withdrawal.not_before = Some(not_before);
            Ok(())
        };
        let state = if account.state == AccountState::RemovalScheduled {
            AccountState::Retained
        } else {
            account.state
        };
        self.enter(&account, state, Box::new(cancelled)).await?;
        self.tell_end(&account.id, &[AlertCode::RemovalDue]).await;
        Event::RemovalCancelled.log(Some(&account.name), None);
        self.0.registry.account_by_id(&account.id).await
    }

    pub(super) async fn refuse_begun(&self, account: &Account) -> Outcome<()> {
        let begun = self
            .0
            .book
            .withdrawal(&account.id)
            .await?
            .is_some_and(|withdrawal| withdrawal.begun_at.is_some());
        if !begun {
            return Ok(());
        }
        let (code, message) = if account.state == AccountState::Removed {
            ("account_removed", format!("The data of {} was removed.", account.name))
        } else {
            (
                "removal_running",
                format!("The removal of {} has begun; it cannot be undone.", account.name),
            )
        };
        Err(Fault::new(Cause::WrongState, code, message)
            .hint(format!("callsyncctl removal show {}", quoted(&account.name)))
            .into())
    }
}

fn checked(given: GivenConsent, at: jiff::Timestamp) -> Result<Consent, Fault> {
    let wrong = |message: &str, hint: &str| Fault::new(Cause::Usage, "invalid_consent", message).hint(hint);
    let role = ConsentRole::parse(&given.role).ok_or_else(|| {
        wrong(
            "The role is neither manager nor security.",
            "Use --role manager or --role security.",
        )
    })?;
    let from = given.from.trim();
    if from.is_empty() || from.chars().count() > 256 {
        return Err(wrong(
            "Whose letter it is must be said.",
            "Give it with --from \"NAME\", at most 256 characters.",
        ));
    }
    let letter_sha256 = given.letter_sha256.to_ascii_lowercase();
    if letter_sha256.len() != 64 || !letter_sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(wrong(
            "The digest of the letter is not a SHA-256 in hex.",
            "Give the letter with --file.",
        ));
    }
    Ok(Consent {
        role,
        uid: given.uid,
        user: given.user,
        from: from.to_owned(),
        letter_sha256,
        at,
    })
}
