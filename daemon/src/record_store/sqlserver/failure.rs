//! What can go wrong on SQL Server, and what that means: read once from the driver's error, never from its text twice.

use tiberius::error::{Error as DriverError, IoErrorKind};

use crate::config::model::Tls;

/// A failed operation on a server of kind `sqlserver`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{server}: {message}")]
pub(in crate::record_store) struct SqlFailure {
    /// Host and port, or host and instance.
    pub server: String,
    /// What it means.
    pub kind: Kind,
    /// What the server or the driver said, or what we found out.
    pub message: String,
}

/// What a failure means to the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::record_store) enum Kind {
    /// Nobody answers there.
    Unreachable,
    /// Somebody answers who does not speak TDS.
    NotSqlServer,
    /// The browser service does not know the instance, or is not there.
    InstanceUnknown,
    /// The server's certificate is not trusted.
    Certificate,
    /// The CA file cannot be used.
    CaFile,
    /// One side insists on encryption and the other has none.
    Encryption,
    /// Wrong user or password.
    Login,
    /// The login may not open the database.
    NoAccess,
    /// The login may not do what is needed.
    Permission,
    /// A database of that name is there already, made meanwhile or hidden from the login.
    Exists,
    /// The login may not create databases; the message says what the administrator can run.
    CreateDenied,
    /// Chosen to end a deadlock; undone.
    Deadlock,
    /// A lock was not had in time.
    Busy,
    /// The statement took too long; undone.
    TimedOut,
    /// The connection ended before the commit was sent; undone.
    Lost,
    /// The connection or the time ended after the commit was sent.
    OutcomeUnknown,
    /// No room for data or log.
    Full,
    /// The database does not accept writes.
    ReadOnly,
    /// The driver or the server refused what we sent.
    Refused,
}

impl Kind {
    /// Whether the transaction is surely undone and the same thing may succeed at once on a new connection.
    pub fn is_undone(self) -> bool {
        matches!(self, Self::Deadlock | Self::Lost)
    }
}

impl SqlFailure {
    /// A failure while connecting.
    pub fn connecting(server: &str, tls: Tls, error: &DriverError) -> Self {
        let kind = match error {
            DriverError::Server(token) => server_kind(token.code(), token.message()),
            DriverError::Tls(text) if is_certificate(text) => Kind::Certificate,
            DriverError::Tls(_) => Kind::Encryption,
            DriverError::Conversion(text) if text.contains("browser") || text.contains("instance") => {
                Kind::InstanceUnknown
            }
            DriverError::Io { message, .. } if is_certificate(message) => Kind::Certificate,
            DriverError::Io {
                // The driver's word for half a packet at the end is one of the others.
                kind: IoErrorKind::InvalidData | IoErrorKind::InvalidInput | IoErrorKind::Other,
                ..
            } => Kind::NotSqlServer,
            DriverError::Io { .. } => Kind::Unreachable,
            DriverError::Protocol(text) if text.contains("ncrypt") => Kind::Encryption,
            _ => Kind::NotSqlServer,
        };
        let text = driver_text(error);
        // A server that forces encryption hangs up on one who offers none; so does one that is going down. Only the second
        // passes by itself, and to wait for it is harmless.
        if kind == Kind::Unreachable && tls == Tls::Off {
            return Self::new(
                server,
                kind,
                format!("{text}; with tls: off, look also whether the server forces encryption"),
            );
        }
        if kind == Kind::NotSqlServer {
            return Self::new(server, kind, format!("what answers there does not speak TDS ({text})"));
        }
        Self::new(server, kind, text)
    }

    /// A failure of a statement; `committing` when the commit itself was sent.
    pub fn statement(server: &str, committing: bool, error: &DriverError) -> Self {
        let kind = match error {
            DriverError::Server(token) => server_kind(token.code(), token.message()),
            DriverError::Io { .. } | DriverError::Protocol(_) | DriverError::Tls(_) if committing => {
                Kind::OutcomeUnknown
            }
            DriverError::Io { .. } | DriverError::Protocol(_) | DriverError::Tls(_) => Kind::Lost,
            _ => Kind::Refused,
        };
        Self::new(server, kind, driver_text(error))
    }

    /// A failure that we found out ourselves.
    pub fn new(server: &str, kind: Kind, message: impl Into<String>) -> Self {
        Self {
            server: server.to_owned(),
            kind,
            message: message.into(),
        }
    }

    /// Code, next step, and whether the same thing can succeed later.
    pub fn meaning(&self) -> (&'static str, String, bool) {
        let (code, hint, retry) = match self.kind {
            Kind::Unreachable => (
                "database_unreachable",
                "check host and port in the configuration, that the server runs and that no firewall is between; test with: callsyncctl server test NAME",
                true,
            ),
            Kind::NotSqlServer => (
                "database_protocol",
                "something else listens there: check port in the configuration; SQL Server's is 1433 unless it was changed",
                false,
            ),
            Kind::InstanceUnknown => (
                "instance_not_found",
                "check instance in the configuration and that the SQL Server Browser service runs (UDP 1434), or give port: instead of instance:",
                true,
            ),
            Kind::Certificate => (
                "certificate_not_trusted",
                "either give the authority that signed it with ca_file: PATH, or accept any certificate with tls: trust_server_certificate; \
                 a self-signed certificate that says it is an authority (CA:TRUE) is refused even as ca_file",
                false,
            ),
            Kind::CaFile => (
                "ca_file_unusable",
                "make ca_file a PEM file with the authority's certificate that the daemon's user may read",
                false,
            ),
            Kind::Encryption => (
                "encryption_mismatch",
                "with tls: off the server must allow plain text (it may force encryption); with tls: verify or trust_server_certificate it must offer TLS",
                false,
            ),
            Kind::Login => (
                "login_failed",
                "check user and password in the configuration, and that the login is enabled and not locked out",
                false,
            ),
            Kind::NoAccess => (
                "database_not_accessible",
                "let the login into the database: ALTER AUTHORIZATION ON DATABASE::[NAME] TO [LOGIN], run by the administrator",
                false,
            ),
            Kind::Permission => (
                "permission_missing",
                "ask the administrator for the right; what is held and missing is shown by: callsyncctl server test NAME",
                false,
            ),
            Kind::Exists => (
                "database_exists",
                "look who made it; choose another name with: callsyncctl cdr set ACCOUNT --database NAME",
                false,
            ),
            Kind::CreateDenied => (
                "create_database_denied",
                "let the database administrator run the script above, then: callsyncctl cdr create-database ACCOUNT --adopt",
                false,
            ),
            Kind::Deadlock => (
                "deadlock_victim",
                "nothing was written; it is tried again by itself",
                true,
            ),
            Kind::Busy => (
                "database_busy",
                "another session holds a lock or the server is at its limit; see sys.dm_exec_requests on the server; it is tried again",
                true,
            ),
            Kind::TimedOut => (
                "database_timeout",
                "nothing was written; the server is slow or blocked: see sys.dm_exec_requests there; it is tried again",
                true,
            ),
            Kind::Lost => (
                "connection_lost",
                "nothing was written; the daemon connects again by itself; check the server's log if this lasts",
                true,
            ),
            Kind::OutcomeUnknown => (
                "outcome_unknown",
                "the commit was on its way; it is sent again, and what is there already is recognised by its key",
                true,
            ),
            Kind::Full => (
                "disk_full",
                "give the database or its log more room; an Express edition ends at 10 GB: purge, archive, or move to another edition",
                true,
            ),
            Kind::ReadOnly => (
                "database_read_only",
                "make the database writable again (ALTER DATABASE … SET READ_WRITE), or point host at the primary replica",
                true,
            ),
            Kind::Refused => (
                "database_error",
                "see the daemon's log with: journalctl -u callsyncd",
                false,
            ),
        };
        (code, hint.to_owned(), retry)
    }
}

fn is_certificate(text: &str) -> bool {
    ["certificate was rejected", "invalid peer certificate"]
        .iter()
        .any(|words| text.contains(words))
}

/// The driver's advice is for its users, who write Rust; ours write YAML.
fn driver_text(error: &DriverError) -> String {
    match error {
        DriverError::Server(token) => format!("{} (error {})", token.message().trim_end(), token.code()),
        DriverError::Io { message, .. } => message.clone(),
        DriverError::Tls(text) => {
            let first = text
                .find("invalid peer certificate")
                .map_or(text.as_str(), |at| &text[at..]);
            first.split(['\n', '.']).next().unwrap_or(first).trim().to_owned()
        }
        other => other.to_string(),
    }
}

/// SQL Server's numbers. Babelfish has no number of its own for some of them and sends PostgreSQL's words instead.
fn server_kind(number: u32, text: &str) -> Kind {
    let says = |part: &str| text.contains(part);
    match number {
        1205 => Kind::Deadlock,
        1222 | 10928 | 10929 | 40501 | 40613 | 49918 | 49919 | 49920 | 701 | 8645 => Kind::Busy,
        1101 | 1105 | 1827 | 9002 | 5149 | 3257 | 40544 | 40549 | 40552 => Kind::Full,
        3906 | 3908 | 978 | 1786 => Kind::ReadOnly,
        18456 | 18452 | 18470 | 18486 | 18487 | 18488 => Kind::Login,
        1801 => Kind::Exists,
        4060 | 911 | 916 | 4064 | 40532 => Kind::NoAccess,
        229 | 230 | 262 | 297 | 300 | 371 | 1088 | 15151 | 15247 | 2760 | 4902 => Kind::Permission,
        6005 | 17142 | 17147 | 18451 | 6006 => Kind::Unreachable,
        _ if says("permission denied") || says("must be owner") => Kind::Permission,
        _ if says("No space left") || says("could not extend file") || says("could not write to file") => Kind::Full,
        _ if says("deadlock detected") => Kind::Deadlock,
        // Babelfish cannot make or drop two databases at the same instant.
        _ if says("lock timeout") || says("concurrently updated") || says("being accessed by other users") => {
            Kind::Busy
        }
        _ if says("starting up")
            || says("shutting down")
            || says("recovery mode")
            || says("terminating connection") =>
        {
            Kind::Lost
        }
        _ if says("read-only transaction") => Kind::ReadOnly,
        _ if says("too many clients") || says("remaining connection slots") => Kind::Busy,
        _ => Kind::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Kind; 19] = [
        Kind::Unreachable,
        Kind::NotSqlServer,
        Kind::InstanceUnknown,
        Kind::Certificate,
        Kind::CaFile,
        Kind::Encryption,
        Kind::Login,
        Kind::NoAccess,
        Kind::Permission,
        Kind::Exists,
        Kind::CreateDenied,
        Kind::Deadlock,
        Kind::Busy,
        Kind::TimedOut,
        Kind::Lost,
        Kind::OutcomeUnknown,
        Kind::Full,
        Kind::ReadOnly,
        Kind::Refused,
    ];

    #[test]
    fn every_kind_has_a_code_of_its_own_and_a_next_step() {
        let mut codes = std::collections::HashSet::new();
        for kind in KINDS {
            let (code, hint, _) = SqlFailure::new("s", kind, "m").meaning();
            assert!(codes.insert(code), "{code} twice");
            assert!(!hint.is_empty(), "{code}");
        }
    }

    #[test]
    fn what_a_person_must_fix_is_not_retried_and_what_passes_is() {
        let retry = |kind| SqlFailure::new("s", kind, "m").meaning().2;
        for kind in [
            Kind::Login,
            Kind::Certificate,
            Kind::Permission,
            Kind::CreateDenied,
            Kind::NoAccess,
        ] {
            assert!(!retry(kind), "{kind:?}");
        }
        for kind in [
            Kind::Deadlock,
            Kind::TimedOut,
            Kind::Lost,
            Kind::OutcomeUnknown,
            Kind::Full,
            Kind::Unreachable,
        ] {
            assert!(retry(kind), "{kind:?}");
        }
    }

    #[test]
    fn numbers_of_both_servers_are_understood() {
        for (number, text, kind) in [
            (1205, "", Kind::Deadlock),
            (1105, "", Kind::Full),
            (9002, "", Kind::Full),
            (
                1827,
                "CREATE DATABASE or ALTER DATABASE failed because the resulting cumulative database size",
                Kind::Full,
            ),
            (18456, "", Kind::Login),
            (1801, "", Kind::Exists),
            (4060, "", Kind::NoAccess),
            (911, "", Kind::NoAccess),
            (262, "", Kind::Permission),
            (33_557_097, "permission denied to create database", Kind::Permission),
            (33_557_097, "could not extend file: No space left on device", Kind::Full),
            (33_557_097, "the database system is starting up", Kind::Lost),
            (102, "Incorrect syntax", Kind::Refused),
        ] {
            assert_eq!(server_kind(number, text), kind, "{number} {text}");
        }
    }

    #[test]
    fn a_connection_that_ends_leaves_the_outcome_open_only_after_the_commit_was_sent() {
        let gone = DriverError::Io {
            kind: IoErrorKind::UnexpectedEof,
            message: "eof".into(),
        };
        assert_eq!(SqlFailure::statement("s", false, &gone).kind, Kind::Lost);
        assert_eq!(SqlFailure::statement("s", true, &gone).kind, Kind::OutcomeUnknown);
    }
}
