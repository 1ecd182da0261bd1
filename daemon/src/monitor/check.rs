//! What a health check finds.

use jiff::Timestamp;

use crate::domain::account::{AccountId, named};

named! {
    /// How a check stands.
    State {
        /// Nothing to do.
        Ok = "ok",
        /// It cannot be told.
        Unknown = "unknown",
        /// A person should look today.
        Warning = "warning",
        /// A person should look now.
        Critical = "critical",
    }
}

impl State {
    /// For the worst of several: a warning is worse than not knowing.
    const fn weight(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Unknown => 1,
            Self::Warning => 2,
            Self::Critical => 3,
        }
    }

    /// The worst of several; `ok` of none.
    #[must_use]
    pub fn worst(states: impl IntoIterator<Item = Self>) -> Self {
        states
            .into_iter()
            .max_by_key(|state| state.weight())
            .unwrap_or(Self::Ok)
    }
}

named! {
    /// The checks, in the order they are shown.
    CheckName {
        /// The daemon and its core tasks.
        Daemon = "daemon",
        /// Its own durable state.
        StateStore = "state_store",
        /// The control socket.
        Control = "control",
        /// Due and missed runs.
        Schedule = "schedule",
        /// Whether Zoom answers.
        ZoomApi = "zoom_api",
        /// Whether Zoom accepts us.
        Token = "token",
        /// The primary database.
        Database = "database",
        /// Age of the last poll.
        CdrLag = "cdr_lag",
        /// Whether everything Zoom has is held.
        Completeness = "completeness",
        /// The directory sync.
        Sync = "sync",
        /// Calls whose elements are to be fetched.
        ElementsBacklog = "elements_backlog",
        /// The daily share of requests.
        Quota = "quota",
        /// Free space.
        Disk = "disk",
        /// Zoom's webhook.
        Webhook = "webhook",
        /// Deleting what is too old.
        Purge = "purge",
        /// Whether alerts reach people.
        Alerts = "alerts",
    }
}

/// What a check says, before it is known since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How it stands.
    pub state: State,
    /// What was found.
    pub message: String,
    /// What to type or check next.
    pub hint: Option<String>,
}

impl Finding {
    /// All is well.
    pub fn ok(message: impl Into<String>) -> Self {
        Self {
            state: State::Ok,
            message: message.into(),
            hint: None,
        }
    }

    /// Something is to be done.
    pub fn bad(state: State, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            state,
            message: message.into(),
            hint: Some(hint.into()),
        }
    }
}

/// A check with its place and its age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Which one.
    pub name: CheckName,
    /// Of which account; absent for those of the daemon.
    pub account: Option<(AccountId, String)>,
    /// What it says.
    pub finding: Finding,
    /// Since when it stands so.
    pub since: Timestamp,
}
