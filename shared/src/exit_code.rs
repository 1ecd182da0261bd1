//! The documented exit codes. Other people's scripts depend on the numbers: they are never renumbered.

use serde::{Deserialize, Serialize};

/// How a program ended. The numbers are part of the interface (`callsyncctl(1)`, EXIT STATUS).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
#[repr(u8)]
pub enum ExitCode {
    /// It worked, or there was nothing to do.
    Ok = 0,
    /// It failed for a reason that has no code of its own.
    Failed = 1,
    /// The command line was wrong.
    Usage = 2,
    /// The daemon does not answer on its socket.
    DaemonUnreachable = 3,
    /// The caller, or the person who authorized, lacks the right.
    NotPermitted = 4,
    /// No such group, account, server, job or record.
    NotFound = 5,
    /// It exists already, or something else uses it.
    Conflict = 6,
    /// Not possible in the present state.
    WrongState = 7,
    /// The account is deauthorized or the data is held.
    Blocked = 8,
    /// A person must authorize the account again.
    ReauthorizationRequired = 9,
    /// Zoom refused, failed or could not be reached.
    Zoom = 10,
    /// Zoom's rate limit or our share of the daily quota is used up.
    RateLimited = 11,
    /// The database server refused, failed or could not be reached.
    Database = 12,
    /// Waiting ended; the job goes on.
    TimedOut = 13,
    /// Part of the work is done and stored.
    Partial = 14,
    /// Refused for safety: a confirmation is missing.
    Refused = 15,
    /// The configuration is unusable (`EX_CONFIG`).
    Config = 78,
}

impl ExitCode {
    /// Every code, for the manual page and for tests.
    pub const ALL: [Self; 17] = [
        Self::Ok,
        Self::Failed,
        Self::Usage,
        Self::DaemonUnreachable,
        Self::NotPermitted,
        Self::NotFound,
        Self::Conflict,
        Self::WrongState,
        Self::Blocked,
        Self::ReauthorizationRequired,
        Self::Zoom,
        Self::RateLimited,
        Self::Database,
        Self::TimedOut,
        Self::Partial,
        Self::Refused,
        Self::Config,
    ];

    /// The number a shell sees.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl From<ExitCode> for u8 {
    fn from(code: ExitCode) -> Self {
        code.number()
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

impl TryFrom<u8> for ExitCode {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        Self::ALL
            .into_iter()
            .find(|code| code.number() == number)
            .ok_or_else(|| format!("{number} is not a documented exit code"))
    }
}

#[cfg(test)]
mod tests {
    use super::ExitCode;

    #[test]
    fn numbers_are_the_documented_ones() {
        let numbers: Vec<u8> = ExitCode::ALL.iter().map(|code| code.number()).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 78]);
    }

    #[test]
    fn unknown_number_is_refused() {
        assert!(ExitCode::try_from(42).is_err());
    }
}
