//! What a use case sees of a failed port: try later, give up, or stop. Decided once, at the adapter.

use std::time::Duration;

/// What kind of failure it is; it selects the exit code and the health condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Zoom refused, failed or could not be reached.
    Zoom,
    /// Zoom's rate limit, or our own share of it.
    RateLimit,
    /// A person must authorize again.
    Reauthorization,
    /// The database refused, failed or could not be reached.
    Database,
    /// Our own state store, or a defect of ours.
    Internal,
    /// The request itself was wrong.
    Usage,
    /// The caller, or the person who authorized, lacks the right.
    NotPermitted,
    /// No such thing.
    NotFound,
    /// It exists already, or something else uses it.
    Conflict,
    /// Not possible in the present state.
    WrongState,
    /// The account is deauthorized or the data is held.
    Blocked,
    /// Refused for safety: a confirmation or proof is missing.
    Refused,
    /// The configuration or a secret in it is unusable.
    Config,
}

/// Why something did not happen, with what a person should do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// Which side failed.
    pub cause: Cause,
    /// Stable machine name, for example `zoom_unreachable`.
    pub code: &'static str,
    /// What failed and why; holds no secret.
    pub message: String,
    /// What to type or check next.
    pub hint: String,
}

impl Fault {
    /// A fault without a hint yet.
    pub fn new(cause: Cause, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            cause,
            code,
            message: message.into(),
            hint: String::new(),
        }
    }

    /// Adds the next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

/// How a port failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The same thing can succeed later; `after` is the least wait that was asked for.
    #[error("{fault}")]
    Retry {
        /// What failed.
        fault: Fault,
        /// The least wait, when the other side named one.
        after: Option<Duration>,
    },
    /// Repeating it unchanged is pointless.
    #[error("{0}")]
    Permanent(Fault),
    /// The page token is no longer good; the listing has to start again.
    #[error("the page token expired")]
    PageTokenExpired,
    /// The thing asked for does not exist (yet).
    #[error("not found")]
    NotFound,
    /// The work was told to stop.
    #[error("stopped")]
    Cancelled,
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Permanent(fault)
    }
}

impl Failure {
    /// The fault, for the variants that carry one.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Retry { fault, .. } | Self::Permanent(fault) => Some(fault),
            Self::PageTokenExpired | Self::NotFound | Self::Cancelled => None,
        }
    }
}

/// Result of a port.
pub type Outcome<T> = Result<T, Failure>;
