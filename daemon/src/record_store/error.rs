//! What can go wrong with a record database, and what that means to a use case.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::sqlserver::SqlFailure;
use crate::domain::failure::{Cause, Failure, Fault};

/// Which database an error is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A file of the embedded engine.
    File(PathBuf),
    /// A database of a server.
    Database {
        /// Its name.
        name: String,
        /// Host and port, or host and instance.
        server: String,
    },
}

impl std::fmt::Display for Place {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(out),
            Self::Database { name, server } => write!(out, "the database \"{name}\" on {server}"),
        }
    }
}

impl From<&Path> for Place {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

/// A failed operation on a record database.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("no database server is named \"{name}\"")]
    ServerUnknown { name: String },
    #[error("\"{name}\" cannot be the name of a database")]
    NameInvalid { name: String, rule: &'static str },
    #[error("{place} does not exist")]
    Missing { place: Place },
    #[error("{} was moved or deleted while it was in use", path.display())]
    Moved { path: PathBuf },
    #[error("{place}: {reason}")]
    Foreign {
        place: Place,
        reason: String,
        adoptable: bool,
    },
    #[error("{place} belongs to {}", if *lost { "this Zoom account under an id that this daemon does not know" } else { "another account" })]
    Taken { place: Place, lost: bool },
    #[error("{place} has schema version {found}, this program knows up to {known}")]
    SchemaNewer { place: Place, found: u32, known: u32 },
    #[error("{}: {source}", path.display())]
    Sqlite { path: PathBuf, source: rusqlite::Error },
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    SqlServer(#[from] SqlFailure),
    #[error("{place} was closed")]
    Closed { place: Place },
    #[error("the span of the backfill is empty")]
    EmptySpan,
    #[error("the record database has no table \"{0}\"")]
    UnknownTable(&'static str),
    #[error("the work on the database was ended: {0}")]
    Interrupted(String),
}

impl Error {
    /// Says which file a SQLite error is about.
    pub fn sqlite(path: &Path) -> impl Fn(rusqlite::Error) -> Self + '_ {
        move |source| Self::Sqlite {
            path: path.to_owned(),
            source,
        }
    }

    /// Says which file an I/O error is about.
    pub fn file(path: &Path) -> impl Fn(std::io::Error) -> Self + '_ {
        move |source| Self::File {
            path: path.to_owned(),
            source,
        }
    }

    /// Whether the transaction has to start over because someone else wrote after it began to read.
    pub fn is_stale_snapshot(&self) -> bool {
        matches!(self, Self::Sqlite { source: rusqlite::Error::SqliteFailure(error, _), .. }
            if error.extended_code == rusqlite::ffi::SQLITE_BUSY_SNAPSHOT)
    }

    /// Code, next step, and whether the same thing can succeed later.
    fn meaning(&self) -> (Cause, &'static str, String, bool) {
        let database = |code, hint: &str, retry| (Cause::Database, code, hint.to_owned(), retry);
        match self {
            Self::ServerUnknown { .. } => (
                Cause::NotFound,
                "server_not_found",
                "list the configured ones with: callsyncctl server list".into(),
                false,
            ),
            Self::NameInvalid { rule, .. } => (Cause::Usage, "database_name_invalid", (*rule).into(), false),
            Self::Missing { .. } => database(
                "database_missing",
                "create it with: callsyncctl cdr create-database ACCOUNT",
                false,
            ),
            Self::Moved { .. } => database(
                "database_missing",
                "put the file back, or create a new one with: callsyncctl cdr create-database ACCOUNT",
                true,
            ),
            Self::Foreign { adoptable, .. } => {
                let hint = if *adoptable {
                    "choose another database, or put our tables beside what is there with: callsyncctl cdr create-database ACCOUNT --adopt"
                } else {
                    "choose another name with: callsyncctl cdr set ACCOUNT --database NAME; what is there is never overwritten"
                };
                (Cause::Conflict, "foreign_database", hint.into(), false)
            }
            Self::Taken { lost, .. } => {
                let hint = if *lost {
                    "if the daemon's state was lost and these are this account's records, take them over with: callsyncctl cdr create-database ACCOUNT --adopt"
                } else {
                    "choose another database; only if that account is gone for good, take it over with: callsyncctl cdr create-database ACCOUNT --adopt"
                };
                (Cause::Conflict, "database_taken", hint.into(), false)
            }
            Self::SchemaNewer { .. } => database(
                "schema_newer",
                "install the release of callsyncd that wrote this database, or a later one",
                false,
            ),
            Self::Sqlite { source, .. } => sqlite_meaning(source),
            Self::File { source, .. } => file_meaning(source),
            Self::SqlServer(failure) => {
                let (code, hint, retry) = failure.meaning();
                (Cause::Database, code, hint, retry)
            }
            Self::Closed { .. } => database("database_closed", "it is opened again at the next attempt", true),
            Self::EmptySpan => (
                Cause::Usage,
                "backfill_span_empty",
                "give a --from that is earlier than --to".into(),
                false,
            ),
            Self::UnknownTable(_) => (
                Cause::Internal,
                "unknown_table",
                "report this as a defect".into(),
                false,
            ),
            Self::Interrupted(_) => database(
                "database_interrupted",
                "it is tried again; see: journalctl -u callsyncd",
                true,
            ),
        }
    }
}

fn sqlite_meaning(error: &rusqlite::Error) -> (Cause, &'static str, String, bool) {
    let (code, hint, retry) = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => (
            "disk_full",
            "free space on the file system of the database; check with: df -h",
            true,
        ),
        Some(ErrorCode::ReadOnly) => (
            "database_read_only",
            "make the file and its directory writable for the daemon's user; check with: ls -l and mount",
            true,
        ),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => (
            "database_corrupt",
            "stop the daemon, keep a copy, and restore a backup or try: sqlite3 FILE .recover",
            false,
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => (
            "database_busy",
            "another program holds a lock on the file; find it with: fuser -v FILE",
            true,
        ),
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied) => (
            "database_not_accessible",
            "check that the directory exists and that the daemon's user may read and write it",
            true,
        ),
        Some(ErrorCode::SystemIoFailure) => (
            "database_io",
            "check the disk and the kernel's messages with: journalctl -k",
            true,
        ),
        Some(ErrorCode::OutOfMemory) => ("database_memory", "free memory; check with: free -m", true),
        _ => (
            "database_error",
            "see the daemon's log with: journalctl -u callsyncd",
            false,
        ),
    };
    (Cause::Database, code, hint.to_owned(), retry)
}

fn file_meaning(error: &std::io::Error) -> (Cause, &'static str, String, bool) {
    use std::io::ErrorKind;
    let (code, hint) = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => (
            "disk_full",
            "free space on the file system of the database; check with: df -h",
        ),
        ErrorKind::ReadOnlyFilesystem => ("database_read_only", "the file system is read-only; check with: mount"),
        _ => (
            "database_not_accessible",
            "check that the directory exists and that the daemon's user may read and write it",
        ),
    };
    (Cause::Database, code, hint.to_owned(), true)
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (cause, code, hint, retry) = error.meaning();
        let fault = Fault::new(cause, code, error.to_string()).hint(hint);
        if retry {
            Self::Retry { fault, after: None }
        } else {
            Self::Permanent(fault)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: std::ffi::c_int) -> Failure {
        let source = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
        Error::Sqlite {
            path: "x.db".into(),
            source,
        }
        .into()
    }

    #[test]
    fn what_passes_by_itself_is_retried_and_what_does_not_is_not() {
        use rusqlite::ffi;
        for (code, name, retry) in [
            (ffi::SQLITE_FULL, "disk_full", true),
            (ffi::SQLITE_READONLY, "database_read_only", true),
            (ffi::SQLITE_CORRUPT, "database_corrupt", false),
            (ffi::SQLITE_NOTADB, "database_corrupt", false),
            (ffi::SQLITE_BUSY, "database_busy", true),
            (ffi::SQLITE_IOERR, "database_io", true),
            (ffi::SQLITE_CONSTRAINT, "database_error", false),
        ] {
            let failure = failure(code);
            assert_eq!(failure.fault().map(|fault| fault.code), Some(name));
            assert_eq!(matches!(failure, Failure::Retry { .. }), retry, "{name}");
        }
    }

    #[test]
    fn every_fault_ends_in_a_next_step() {
        let place = || Place::from(Path::new("x.db"));
        for error in [
            Error::ServerUnknown { name: "s".into() },
            Error::NameInvalid {
                name: "s".into(),
                rule: "use another",
            },
            Error::Missing { place: place() },
            Error::Taken {
                place: place(),
                lost: true,
            },
            Error::SchemaNewer {
                place: place(),
                found: 2,
                known: 1,
            },
            Error::EmptySpan,
        ] {
            let failure = Failure::from(error);
            assert!(failure.fault().is_some_and(|fault| !fault.hint.is_empty()), "{failure}");
        }
    }
}
