//! Alerts: conditions that a person should hear of, by fixed code.

use jiff::Timestamp;

use super::account::{AccountId, named};

named! {
    /// What an alert is about. The names are an interface: receivers route by them.
    AlertCode {
        /// No call arrived for longer than the account's limit.
        NoCdr = "no_cdr",
        /// The organisation withdrew its consent.
        Deauthorized = "deauthorized",
        /// Zoom refuses the tokens until a person authorizes again.
        ReauthorizationRequired = "reauthorization_required",
        /// The primary database cannot be used.
        DatabaseUnavailable = "database_unavailable",
        /// Zoom does not answer.
        ZoomUnreachable = "zoom_unreachable",
        /// The daily share of requests is used up.
        QuotaExhausted = "quota_exhausted",
        /// Windows hold fewer calls than Zoom says there are.
        Completeness = "completeness",
        /// A gap is about to be beyond Zoom's horizon.
        GapHorizon = "gap_horizon",
        /// The directory sync keeps failing.
        SyncFailing = "sync_failing",
        /// The removal of an account's data is near.
        RemovalDue = "removal_due",
        /// Zoom's webhook says nothing although there are calls.
        WebhookSilent = "webhook_silent",
        /// A disk is nearly full.
        DiskLow = "disk_low",
        /// The purge keeps failing.
        PurgeFailing = "purge_failing",
    }
}

named! {
    /// How soon a person should look.
    Severity {
        /// Today.
        Warning = "warning",
        /// Now.
        Critical = "critical",
    }
}

named! {
    /// A way to reach people.
    Channel {
        /// Mail over SMTP.
        Email = "email",
        /// A signed post to a URL.
        Webhook = "webhook",
    }
}

named! {
    /// What a notification tells.
    Occasion {
        /// The condition holds.
        Firing = "firing",
        /// It holds no longer.
        Resolved = "resolved",
    }
}

/// A condition that holds, as the one who found it tells it. Texts hold no secret and no call party's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What it is about.
    pub code: AlertCode,
    /// Which account; absent when it is about the daemon as a whole.
    pub account: Option<AccountId>,
    /// How soon a person should look.
    pub severity: Severity,
    /// One sentence: what is wrong.
    pub summary: String,
    /// Why: a fixed word where the code has some (`no_calls_at_zoom` …), else a sentence.
    pub cause: String,
    /// What to type or check next.
    pub hint: String,
    /// A condition is announced once a stage: `T-30`, `T-14` … of a removal. Empty for conditions without stages.
    pub stage: String,
    /// Mail addresses beside the configured ones: contacts of the group, the user named in an event.
    pub recipients: Vec<String>,
}

impl Condition {
    /// A condition of the daemon, without stage or further recipients.
    #[must_use]
    pub fn new(code: AlertCode, severity: Severity, summary: impl Into<String>) -> Self {
        Self {
            code,
            account: None,
            severity,
            summary: summary.into(),
            cause: String::new(),
            hint: String::new(),
            stage: String::new(),
            recipients: Vec::new(),
        }
    }

    /// About an account.
    #[must_use]
    pub fn account(mut self, account: &AccountId) -> Self {
        self.account = Some(account.clone());
        self
    }

    /// Why it holds.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = cause.into();
        self
    }

    /// What to type or check next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// A further stage is announced again, as the same alert.
    #[must_use]
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.stage = stage.into();
        self
    }

    /// Mail addresses beside the configured ones.
    #[must_use]
    pub fn recipients(mut self, recipients: impl IntoIterator<Item = String>) -> Self {
        self.recipients = recipients.into_iter().collect();
        self
    }
}

/// A condition as it is kept, from its first sight to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Sortable by age, never reused.
    pub id: String,
    /// The condition as it was last told.
    pub condition: Condition,
    /// Name of the account.
    pub account_name: Option<String>,
    /// When it was first seen.
    pub since: Timestamp,
    /// When it ended; absent while it holds.
    pub resolved_at: Option<Timestamp>,
    /// What became of its notifications.
    pub deliveries: Vec<Delivery>,
}

named! {
    /// Where a notification stands.
    DeliveryState {
        /// Waits for its turn, for the end of a mute or for the next try.
        Pending = "pending",
        /// The channel accepted it.
        Delivered = "delivered",
        /// Given up.
        Failed = "failed",
    }
}

/// A notification over one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Position in the queue.
    pub id: i64,
    /// The alert.
    pub alert: String,
    /// Over which channel.
    pub channel: Channel,
    /// What it tells.
    pub occasion: Occasion,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// When it is tried next; absent when it is finished.
    pub next_attempt_at: Option<Timestamp>,
    /// When the channel accepted it.
    pub delivered_at: Option<Timestamp>,
    /// Why the last try failed.
    pub last_error: Option<String>,
}

/// Silence that a person asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mute {
    /// Which code.
    pub code: AlertCode,
    /// Of which account; absent = of all.
    pub account: Option<AccountId>,
    /// Until when.
    pub until: Timestamp,
}

impl Mute {
    /// Whether it silences a condition at `now`.
    #[must_use]
    pub fn covers(&self, code: AlertCode, account: Option<&AccountId>, now: Timestamp) -> bool {
        self.code == code && now < self.until && (self.account.is_none() || self.account.as_ref() == account)
    }
}
