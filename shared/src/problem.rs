//! One error as it crosses the socket: RFC 9457 `application/problem+json` with our members.

use serde::{Deserialize, Serialize};

use crate::ExitCode;

/// Media type of an error answer.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What failed, why, and what to type next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    /// RFC 9457 `title`; always equal to `message`, for clients that know only the RFC.
    pub title: String,
    /// HTTP status of the answer.
    pub status: u16,
    /// Stable machine name, for example `missing_scope`.
    pub code: String,
    /// What failed and why, in plain words.
    pub message: String,
    /// What to type or check next. Empty only when there is truly nothing.
    pub hint: String,
    /// Whether the same request can succeed later without any change.
    pub retryable: bool,
    /// The exit code `callsyncctl` ends with.
    pub exit_code: ExitCode,
}

impl Problem {
    /// A problem that ends the control program with `exit_code`; the HTTP status follows from it.
    pub fn new(exit_code: ExitCode, code: impl Into<String>, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            title: message.clone(),
            status: status_of(exit_code),
            code: code.into(),
            message,
            hint: String::new(),
            retryable: matches!(exit_code, ExitCode::RateLimited | ExitCode::DaemonUnreachable),
            exit_code,
        }
    }

    /// Adds the next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Says whether repeating the request unchanged can help.
    #[must_use]
    pub fn retryable(mut self, retryable: bool) -> Self {
        self.retryable = retryable;
        self
    }
}

const fn status_of(exit_code: ExitCode) -> u16 {
    match exit_code {
        ExitCode::Ok | ExitCode::Partial => 200,
        ExitCode::Usage => 400,
        ExitCode::NotPermitted => 403,
        ExitCode::NotFound => 404,
        ExitCode::Conflict | ExitCode::WrongState | ExitCode::ReauthorizationRequired => 409,
        ExitCode::Blocked => 423,
        ExitCode::RateLimited => 429,
        ExitCode::Zoom => 502,
        ExitCode::Database | ExitCode::DaemonUnreachable => 503,
        ExitCode::TimedOut => 504,
        ExitCode::Refused => 428,
        ExitCode::Failed | ExitCode::Config => 500,
    }
}

/// The document `callsyncctl --json` writes to stderr.
#[derive(Debug, Serialize, Deserialize)]
pub struct ErrorDocument {
    /// `callsync/error/v1`.
    pub schema: String,
    /// See [`Problem::code`].
    pub code: String,
    /// See [`Problem::message`].
    pub message: String,
    /// See [`Problem::hint`].
    pub hint: String,
    /// See [`Problem::retryable`].
    pub retryable: bool,
}

impl From<&Problem> for ErrorDocument {
    fn from(problem: &Problem) -> Self {
        Self {
            schema: crate::api::schema("error"),
            code: problem.code.clone(),
            message: problem.message.clone(),
            hint: problem.hint.clone(),
            retryable: problem.retryable,
        }
    }
}
