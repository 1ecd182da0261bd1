//! What the use cases need of the daemon's own durable state.

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};
use secrecy::SecretString;

use crate::domain::{
    account::{Account, AccountId, named},
    failure::{Fault, Outcome},
};

/// An enterprise group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Unique name.
    pub name: String,
    /// E-mail.
    pub main_contact: Option<String>,
    /// E-mail.
    pub technical_contact: Option<String>,
    /// E-mail.
    pub security_contact: Option<String>,
    /// End of the agreement.
    pub term_end: Option<Date>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// A change that is applied to the present value inside one transaction; an `Err` rolls it back.
pub type Change<T> = Box<dyn FnOnce(&mut T) -> Result<(), Fault> + Send>;

/// Groups and accounts. Names are unique without regard to case.
#[async_trait]
pub trait Registry: Send + Sync {
    /// All groups by name.
    async fn groups(&self) -> Outcome<Vec<Group>>;
    /// One group. Permanent failure `Cause::NotFound`, code `group_not_found`.
    async fn group(&self, name: &str) -> Outcome<Group>;
    /// Adds one. `Cause::Conflict`, code `group_exists`.
    async fn add_group(&self, group: Group) -> Outcome<()>;
    /// Changes one and returns it; a new name moves its accounts along.
    async fn change_group(&self, name: &str, change: Change<Group>) -> Outcome<Group>;
    /// Removes one. `Cause::Conflict`, code `group_not_empty` while it has accounts.
    async fn remove_group(&self, name: &str) -> Outcome<()>;

    /// All accounts by name.
    async fn accounts(&self) -> Outcome<Vec<Account>>;
    /// One account by name. `Cause::NotFound`, code `account_not_found`.
    async fn account(&self, name: &str) -> Outcome<Account>;
    /// One account by id. `Cause::NotFound`, code `account_not_found`.
    async fn account_by_id(&self, id: &AccountId) -> Outcome<Account>;
    /// Adds one. `Cause::Conflict` code `account_exists`; `Cause::NotFound` code `group_not_found`.
    async fn add_account(&self, account: Account) -> Outcome<()>;
    /// Changes one and returns it. A second account with the same Zoom account id, or the same server and database
    /// (compared without regard to case), is refused: `Cause::Conflict`, codes `zoom_account_taken`, `database_taken`.
    async fn change_account(&self, id: &AccountId, change: Change<Account>) -> Outcome<Account>;
    /// Removes one with its tokens, activity and jobs.
    async fn remove_account(&self, id: &AccountId) -> Outcome<()>;
}

/// Tokens as kept: sealed on disk, plain only here.
#[derive(Debug, Clone)]
pub struct StoredTokens {
    /// Bearer token.
    pub access_token: SecretString,
    /// Single-use; absent for server-to-server.
    pub refresh_token: Option<SecretString>,
    /// When the access token expires.
    pub access_expires_at: Timestamp,
    /// When it was obtained.
    pub refreshed_at: Timestamp,
    /// Host of the account's region.
    pub api_url: Option<String>,
    /// A rotation was begun and its answer has not been stored: the refresh token may be spent.
    pub rotation_begun_at: Option<Timestamp>,
}

/// Sealed tokens. Every write is durable (fsync) before it returns.
#[async_trait]
pub trait TokenVault: Send + Sync {
    /// The tokens of an account.
    async fn load(&self, account: &AccountId) -> Outcome<Option<StoredTokens>>;
    /// Notes that a rotation is about to be sent.
    async fn begin_rotation(&self, account: &AccountId, at: Timestamp) -> Outcome<()>;
    /// Replaces the tokens and clears the note.
    async fn save(&self, account: &AccountId, tokens: &StoredTokens) -> Outcome<()>;
    /// Deletes the tokens.
    async fn forget(&self, account: &AccountId) -> Outcome<()>;
}

/// Requests sent a day, so that a restart does not forget what was used.
#[async_trait]
pub trait QuotaBook: Send + Sync {
    /// Requests of a label on a UTC day.
    async fn used(&self, account: &AccountId, label: &'static str, day: Date) -> Outcome<u64>;
    /// Sets the count of a label on a UTC day; older days are dropped.
    async fn set_used(&self, account: &AccountId, label: &'static str, day: Date, used: u64) -> Outcome<()>;
}

named! {
    /// What a job does.
    JobKind {
        /// One poll for fresh calls.
        Cdr = "cdr",
        /// Collecting a span of the past.
        Backfill = "backfill",
        /// Comparing windows with Zoom.
        Reconcile = "reconcile",
        /// Fetching call elements.
        Elements = "elements",
        /// Directory sync.
        Sync = "sync",
        /// Token refresh.
        Token = "token",
        /// Deleting what is too old.
        Purge = "purge",
        /// Moving to the archive.
        Archive = "archive",
        /// Moving back.
        Restore = "restore",
        /// Lawful removal.
        Removal = "removal",
        /// Erasing one person.
        Erase = "erase",
    }
}

named! {
    /// Where a job stands.
    JobState {
        /// Waits for its turn.
        Queued = "queued",
        /// At work.
        Running = "running",
        /// Done.
        Succeeded = "succeeded",
        /// Partly done; what is done is stored.
        Partial = "partial",
        /// Nothing usable.
        Failed = "failed",
        /// Stopped by a person.
        Cancelled = "cancelled",
        /// The daemon ended while it ran; what was committed is stored.
        Interrupted = "interrupted",
    }
}

impl JobState {
    /// Whether it will not change any more.
    #[must_use]
    pub const fn is_finished(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// One run, with a durable history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Sortable by creation.
    pub id: String,
    /// What it does.
    pub kind: JobKind,
    /// For which account.
    pub account: Option<AccountId>,
    /// Where it stands.
    pub state: JobState,
    /// What was asked for, as a JSON object.
    pub parameters: String,
    /// Units done.
    pub done: u64,
    /// Units in all.
    pub total: Option<u64>,
    /// What is counted.
    pub unit: &'static str,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// What it did, as a JSON object.
    pub result: String,
    /// Why it failed.
    pub error: Option<Fault>,
    /// Whether the failure is of the kind that passes.
    pub retryable: bool,
}

/// The durable history of jobs.
#[async_trait]
pub trait JobBook: Send + Sync {
    /// Adds one.
    async fn add_job(&self, job: Job) -> Outcome<()>;
    /// Replaces one.
    async fn save_job(&self, job: &Job) -> Outcome<()>;
    /// One by id. `Cause::NotFound`, code `job_not_found`.
    async fn job(&self, id: &str) -> Outcome<Job>;
    /// Newest first.
    async fn jobs(&self, account: Option<&AccountId>, limit: usize) -> Outcome<Vec<Job>>;
    /// Those queued or running, oldest first; read once at start.
    async fn unfinished_jobs(&self) -> Outcome<Vec<Job>>;
    /// Deletes finished ones beyond the newest `keep` of each account and kind; returns how many.
    async fn prune_jobs(&self, keep: usize) -> Outcome<u64>;
}

/// When something was last tried for an account and how it went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Activity {
    /// Last start.
    pub last_attempt: Option<Timestamp>,
    /// Last good end.
    pub last_success: Option<Timestamp>,
    /// Why the last one failed; absent after a success.
    pub last_error: Option<String>,
    /// `succeeded`, `partial`, `failed` of the last one that ended.
    pub last_outcome: Option<String>,
    /// How long the last one took, in milliseconds.
    pub last_duration_ms: Option<i64>,
    /// Details of the last one that ended, as a JSON object.
    pub detail: Option<String>,
}

/// Activity by account and job kind.
#[async_trait]
pub trait ActivityBook: Send + Sync {
    /// What is known.
    async fn activity(&self, account: &AccountId, kind: JobKind) -> Outcome<Activity>;
    /// Replaces it.
    async fn save_activity(&self, account: &AccountId, kind: JobKind, activity: &Activity) -> Outcome<()>;
}

/// An entry of the audit log before it has a position and a hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// When.
    pub at: Timestamp,
    /// User id of the peer.
    pub uid: u32,
    /// User name of the peer.
    pub user: String,
    /// Process id of the peer.
    pub pid: i32,
    /// `admin`, `viewer`, `refused`; `system` for what the daemon does by itself.
    pub role: &'static str,
    /// What was asked, for example `account.add`.
    pub action: String,
    /// On what.
    pub object: String,
    /// `ok`, `refused`, `failed`.
    pub outcome: &'static str,
    /// State before, as JSON; holds no secret.
    pub before: Option<String>,
    /// State after, as JSON; holds no secret.
    pub after: Option<String>,
}

/// A kept entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Position, from 1, without holes.
    pub seq: u64,
    /// The entry.
    pub record: AuditRecord,
    /// SHA-256 in hex over the previous hash and this entry.
    pub hash: String,
}

/// What verifying the audit log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Entries that are as they were written, from the first.
    pub good: u64,
    /// Hash of the last of them.
    pub head: Option<String>,
    /// How many of them were redacted by a removal: who, what and when stay, texts are gone.
    pub redacted: u64,
    /// The first that is not.
    pub broken: Option<BrokenEntry>,
}

/// The place where the chain of the audit log breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenEntry {
    /// Its position.
    pub seq: u64,
    /// What is wrong with it.
    pub what: &'static str,
}

/// The audit log: append only, hash-chained.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Appends; durable before it returns.
    async fn append(&self, record: AuditRecord) -> Outcome<AuditEntry>;
    /// Entries at or after `since`, oldest first.
    async fn entries(&self, since: Option<Timestamp>, limit: usize) -> Outcome<Vec<AuditEntry>>;
    /// Recomputes the whole chain.
    async fn verify(&self) -> Outcome<Verification>;
}
