//! The one place where failures become problem documents with exit codes.

use callsync_shared::{ExitCode, Problem};

use crate::domain::failure::{Cause, Failure, Fault};

/// The exit code of a cause.
#[must_use]
pub const fn exit_code(cause: Cause) -> ExitCode {
    match cause {
        Cause::Zoom => ExitCode::Zoom,
        Cause::RateLimit => ExitCode::RateLimited,
        Cause::Reauthorization => ExitCode::ReauthorizationRequired,
        Cause::Database => ExitCode::Database,
        Cause::Internal => ExitCode::Failed,
        Cause::Usage => ExitCode::Usage,
        Cause::NotPermitted => ExitCode::NotPermitted,
        Cause::NotFound => ExitCode::NotFound,
        Cause::Conflict => ExitCode::Conflict,
        Cause::WrongState => ExitCode::WrongState,
        Cause::Blocked => ExitCode::Blocked,
        Cause::Refused => ExitCode::Refused,
        Cause::Config => ExitCode::Config,
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::new(exit_code(fault.cause), fault.code, fault.message).hint(fault.hint)
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Permanent(fault) => fault.into(),
            Failure::Retry { fault, after } => {
                let wait = after
                    .filter(|after| after.as_secs() > 0)
                    .map(|after| format!("Try again in {}.", in_words(after.as_secs())));
                let said = fault.hint.trim_end();
                let hint = match wait {
                    None => said.to_owned(),
                    Some(wait) if said.is_empty() => wait,
                    Some(wait) if said.ends_with(['.', '!', '?']) => format!("{said} {wait}"),
                    Some(wait) => format!("{said}. {wait}"),
                };
                Self::from(Fault { hint, ..fault }).retryable(true)
            }
            Failure::NotFound => Self::new(ExitCode::NotFound, "not_found", "There is no such thing."),
            Failure::PageTokenExpired => Self::new(
                ExitCode::Zoom,
                "page_token_expired",
                "Zoom's listing expired while it was read.",
            )
            .hint("Try again.")
            .retryable(true),
            Failure::Cancelled => Self::new(ExitCode::Failed, "stopping", "The daemon is stopping.")
                .hint("Try again once it runs: systemctl status callsyncd.")
                .retryable(true),
        }
    }
}

/// A wait as a person says it; the last unit is rounded up, so that trying then is not too early.
fn in_words(seconds: u64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    match seconds {
        ..120 => format!("{seconds} s"),
        120..HOUR => format!("{} min", seconds.div_ceil(MINUTE)),
        _ => {
            let minutes = seconds.div_ceil(MINUTE);
            match (minutes / 60, minutes % 60) {
                (hours, 0) => format!("{hours} h"),
                (hours, minutes) => format!("{hours} h {minutes} min"),
            }
        }
    }
}

/// A request that could not be understood.
pub fn usage(code: &'static str, message: impl Into<String>) -> Problem {
    Problem::new(ExitCode::Usage, code, message)
}

/// A problem whose HTTP status says more than its exit code.
#[must_use]
pub fn with_status(mut problem: Problem, status: u16) -> Problem {
    problem.status = status;
    problem
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn passing_failures_say_so_and_when_to_try_again() {
        let fault = Fault::new(Cause::RateLimit, "rate_limited", "Too much.").hint("Wait.");
        let problem = Problem::from(Failure::Retry {
            fault,
            after: Some(Duration::from_secs(7)),
        });
        assert_eq!(
            (problem.exit_code, problem.status, problem.retryable),
            (ExitCode::RateLimited, 429, true)
        );
        assert_eq!(problem.hint, "Wait. Try again in 7 s.");
        for (hint, seconds, said) in [
            (
                "it goes on by itself",
                66_603,
                "it goes on by itself. Try again in 18 h 31 min.",
            ),
            ("", 180, "Try again in 3 min."),
            (
                "see: callsyncctl status",
                7_200,
                "see: callsyncctl status. Try again in 2 h.",
            ),
            ("Wait.", 0, "Wait."),
        ] {
            let fault = Fault::new(Cause::RateLimit, "quota_exhausted", "Too much.").hint(hint);
            let after = Some(Duration::from_secs(seconds));
            assert_eq!(Problem::from(Failure::Retry { fault, after }).hint, said);
        }
        let fault = Fault::new(Cause::Zoom, "phone_not_enabled", "No phone.");
        assert!(!Problem::from(Failure::Permanent(fault)).retryable);
    }
}
