//! What the use cases need to remember of accounts whose organisation withdrew its consent.

use async_trait::async_trait;
use jiff::Timestamp;

use super::state::{AuditRecord, Change};
use crate::domain::{
    account::{Account, AccountId, AccountState, CdrState, named},
    failure::Outcome,
};

named! {
    /// How a withdrawal came to our notice.
    Notice {
        /// Zoom's signed event.
        Webhook = "webhook",
        /// `account deauthorize`.
        Operator = "operator",
        /// Dead tokens that a person confirmed with `confirm-deauthorization`.
        Confirmation = "confirmation",
    }
}

named! {
    /// Why data may be removed.
    Ground {
        /// The agreement's term has ended.
        TermEnd = "term_end",
        /// Two persons of the organisation consented.
        Consent = "consent",
        /// `removal: policy: zoom_ten_days`.
        ZoomTenDays = "zoom_ten_days",
    }
}

named! {
    /// Whose consent it is.
    ConsentRole {
        /// Who manages the organisation's telephony.
        Manager = "manager",
        /// Who answers for its security.
        Security = "security",
    }
}

/// One withdrawal, from the notice to the certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// When we noticed.
    pub at: Timestamp,
    /// How.
    pub noticed_by: Notice,
    /// The Zoom user whom the event names.
    pub zoom_user_id: Option<String>,
    /// Whether Zoom's event says that user data may be kept; absent when it says nothing.
    pub may_keep: Option<bool>,
    /// Where CDR processing stood, to restore it.
    pub cdr_state: CdrState,
    /// Jobs are ended, reporting is off and everybody was told.
    pub settled: bool,
    /// What a person said about it.
    pub confirmation: Option<Confirmation>,
    /// A person cancelled the removal; it is not scheduled before this.
    pub not_before: Option<Timestamp>,
    /// When data is removed, once that is fixed.
    pub removal_at: Option<Timestamp>,
    /// Why.
    pub ground: Option<Ground>,
    /// The smallest number of days before the removal that was warned of.
    pub warned_days: Option<i64>,
    /// Removal has begun: it is carried on after a crash, whatever else changed.
    pub begun_at: Option<Timestamp>,
    /// Who asked for it, a user id; absent when it came due.
    pub begun_by: Option<u32>,
    /// What was found before anything was removed, as JSON: numbers only.
    pub found: Option<String>,
    /// What holds kept from the removal, as JSON: ids of holds, and numbers.
    pub kept: Option<String>,
    /// The certificate of the removal.
    pub certificate: Option<String>,
}

impl Withdrawal {
    /// One that was just noticed.
    #[must_use]
    pub const fn noticed(at: Timestamp, noticed_by: Notice) -> Self {
        Self {
            at,
            noticed_by,
            zoom_user_id: None,
            may_keep: None,
            cdr_state: CdrState::Unconfigured,
            settled: false,
            confirmation: None,
            not_before: None,
            removal_at: None,
            ground: None,
            warned_days: None,
            begun_at: None,
            begun_by: None,
            found: None,
            kept: None,
            certificate: None,
        }
    }
}

/// What a person said about a withdrawal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// The organisation meant it.
    pub intended: bool,
    /// Who said so.
    pub by: String,
    /// Further words.
    pub note: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// One person's consent to remove data before the term ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// In which role.
    pub role: ConsentRole,
    /// User id of who recorded it.
    pub uid: u32,
    /// Name of that user.
    pub user: String,
    /// Whose letter it is.
    pub from: String,
    /// SHA-256 of the letter, in hex.
    pub letter_sha256: String,
    /// When it was recorded.
    pub at: Timestamp,
}

/// A proof of removal; holds no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Opaque.
    pub id: String,
    /// Whose data was removed.
    pub account: AccountId,
    /// When.
    pub issued_at: Timestamp,
    /// The JSON document.
    pub document: String,
}

/// Withdrawals, consents, certificates. Every write is on disk before it returns.
#[async_trait]
pub trait WithdrawalBook: Send + Sync {
    /// Makes an account `deauthorized` and its CDR processing `blocked`, in one transaction with the withdrawal.
    /// False when it was withdrawn already; then nothing is changed.
    async fn withdraw(&self, account: &AccountId, withdrawal: Withdrawal, reason: String) -> Outcome<bool>;

    /// The withdrawal of an account.
    async fn withdrawal(&self, account: &AccountId) -> Outcome<Option<Withdrawal>>;

    /// All, with their accounts.
    async fn withdrawals(&self) -> Outcome<Vec<(Account, Withdrawal)>>;

    /// Changes a withdrawal and, when given, the account's state, in one transaction.
    /// `Cause::WrongState`, code `not_withdrawn` when there is none.
    async fn change_withdrawal(
        &self,
        account: &AccountId,
        state: Option<AccountState>,
        change: Change<Withdrawal>,
    ) -> Outcome<Withdrawal>;

    /// Forgets withdrawal and consents of an account that is authorized again, and puts its CDR processing where it
    /// was.
    async fn restore(&self, account: &AccountId) -> Outcome<Account>;

    /// Consents, oldest first.
    async fn consents(&self, account: &AccountId) -> Outcome<Vec<Consent>>;

    /// Records one. `Cause::Conflict`, codes `consent_given` (the role has consented), `consent_same_user`.
    /// With `dry_run` it is only judged.
    async fn add_consent(&self, account: &AccountId, consent: Consent, dry_run: bool) -> Outcome<Vec<Consent>>;

    /// Withdraws all consents.
    async fn drop_consents(&self, account: &AccountId) -> Outcome<()>;

    /// Deletes what the store knows of an account's settings and access, and redacts its audit entries. `except` is the
    /// job that does it. `held`: holds and the place of what they keep stay. `entry` gets the action and says in the log
    /// which entries were redacted.
    async fn scrub(&self, account: &AccountId, except: &str, held: bool, entry: AuditRecord) -> Outcome<()>;

    /// Keeps a certificate, in place of an earlier one with its id. Unless holds kept something the account is
    /// `removed` in the same transaction.
    async fn certify(&self, certificate: Certificate, kept: Option<String>) -> Outcome<()>;

    /// Sees to it that no page of the store's files keeps what was deleted.
    async fn overwrite(&self) -> Outcome<()>;

    /// All certificates, oldest first.
    async fn certificates(&self) -> Outcome<Vec<Certificate>>;
}
