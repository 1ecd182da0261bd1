//! What can go wrong between a question and its answer, and the problem a person is told.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;

use super::nobody_listens;
use crate::{ExitCode, Problem};

/// Why there is no good answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The daemon answered with a problem.
    #[error(transparent)]
    Refused(Box<Problem>),
    /// Nobody listens on the socket.
    #[error("callsyncd does not answer on {}: {source}", path.display())]
    Unreachable {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The kernel lets this user not connect.
    #[error("no permission to connect to {}", path.display())]
    NotPermitted {
        /// The socket.
        path: PathBuf,
    },
    /// The connection ended before the answer was whole.
    #[error("the connection to callsyncd broke before the answer was whole: {0}")]
    Broken(String),
    /// The answer was not whole within the limit.
    #[error("callsyncd did not answer within {} s", .0.as_secs_f64())]
    TimedOut(Duration),
    /// The answer makes no sense to this version.
    #[error("callsyncd sent an answer that cannot be used: {0}")]
    Invalid(String),
    /// The request could not be put together.
    #[error("the request cannot be sent: {0}")]
    Unsendable(String),
}

impl Error {
    pub(super) fn connect(path: &Path, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::PermissionDenied {
            Self::NotPermitted { path: path.to_owned() }
        } else {
            Self::Unreachable {
                path: path.to_owned(),
                source,
            }
        }
    }

    #[allow(clippy::needless_pass_by_value)]
    pub(super) fn broken(error: hyper::Error) -> Self {
        // hyper's own text names only its layer ("connection error"); the cause is one level below.
        let cause = std::error::Error::source(&error).map(|cause| format!(" ({cause})"));
        Self::Broken(format!("{error}{}", cause.unwrap_or_default()))
    }

    /// Reads a problem; one from a newer daemon may have an exit code that we do not know.
    pub(super) fn refused(status: u16, body: &[u8]) -> Self {
        if let Ok(problem) = serde_json::from_slice::<Problem>(body) {
            return Self::Refused(Box::new(problem));
        }
        let Ok(Value::Object(fields)) = serde_json::from_slice::<Value>(body) else {
            return Self::Invalid(format!("HTTP status {status} without a problem document"));
        };
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let (Some(code), Some(message)) = (text("code"), text("message").or_else(|| text("title"))) else {
            return Self::Invalid(format!("HTTP status {status} without a problem document"));
        };
        let mut problem = Problem::new(ExitCode::Failed, code, message)
            .hint(text("hint").unwrap_or_default())
            .retryable(fields.get("retryable").and_then(Value::as_bool).unwrap_or(false));
        problem.status = status;
        Self::Refused(Box::new(problem))
    }

    /// Whether the daemon itself gave a verdict, as opposed to the way there having failed.
    #[must_use]
    pub fn is_verdict(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::NotPermitted { .. })
    }

    /// What a person is told, with the exit code and the next step.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let message = self.to_string();
        match self {
            Self::Refused(problem) => (**problem).clone(),
            Self::Unreachable { source, .. } => {
                let hint = if nobody_listens(source.kind()) {
                    "Check that the daemon runs: systemctl status callsyncd. Another socket is named with --socket or CALLSYNC_SOCKET."
                } else {
                    "Check the daemon: systemctl status callsyncd; journalctl -u callsyncd."
                };
                Problem::new(ExitCode::DaemonUnreachable, "daemon_unreachable", message).hint(hint)
            }
            Self::NotPermitted { .. } => {
                Problem::new(ExitCode::NotPermitted, "socket_denied", message).hint(
                    "Ask to be added to the unix group callsync (read only) and, to change things, also callsync-admin; then log in again.",
                )
            }
            Self::Broken(_) => {
                Problem::new(ExitCode::DaemonUnreachable, "connection_lost", message)
                    .hint("The daemon may have stopped; whether a change was made is shown by callsyncctl audit list. See journalctl -u callsyncd.")
            }
            Self::TimedOut(_) => Problem::new(ExitCode::TimedOut, "timed_out", message)
                .hint("The request may still be carried out. Look with callsyncctl status, or wait longer with --timeout SECONDS.")
                .retryable(true),
            Self::Invalid(_) => Problem::new(ExitCode::Failed, "invalid_answer", message)
                .hint("Compare the versions of both programs: callsyncctl version."),
            Self::Unsendable(_) => Problem::new(ExitCode::Usage, "usage", message)
                .hint("Check the names on the command line."),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{io, path::Path};

    use super::Error;
    use crate::ExitCode;

    #[test]
    fn kernel_refusal_and_absence_have_their_own_exit_codes() {
        let exit = |kind: io::ErrorKind| {
            Error::connect(Path::new("/run/x.sock"), kind.into())
                .problem()
                .exit_code
        };
        assert_eq!(exit(io::ErrorKind::PermissionDenied), ExitCode::NotPermitted);
        assert_eq!(exit(io::ErrorKind::NotFound), ExitCode::DaemonUnreachable);
        assert_eq!(exit(io::ErrorKind::ConnectionRefused), ExitCode::DaemonUnreachable);
        assert_eq!(exit(io::ErrorKind::WouldBlock), ExitCode::DaemonUnreachable);
    }

    #[test]
    fn problem_with_an_exit_code_of_the_future_is_still_told() {
        let body = br#"{"code":"moon_phase","message":"The moon is full.","hint":"Wait.","exit_code":99}"#;
        let problem = Error::refused(409, body).problem();
        assert_eq!(problem.exit_code, ExitCode::Failed);
        assert_eq!((problem.code.as_str(), problem.hint.as_str()), ("moon_phase", "Wait."));
    }

    #[test]
    fn error_page_that_is_no_problem_is_an_invalid_answer() {
        let problem = Error::refused(502, b"<html>Bad gateway</html>").problem();
        assert_eq!(problem.exit_code, ExitCode::Failed);
        assert_eq!(problem.code, "invalid_answer");
    }
}
