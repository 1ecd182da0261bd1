//! How the state store fails, and what a person does about it.

use std::path::PathBuf;

use rusqlite::ErrorCode;

use crate::domain::failure::{Cause, Failure, Fault};

/// A failure of the state store.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A rule of the store, or the change itself, refused.
    #[error("{0}")]
    Refused(Fault),
    /// SQLite failed.
    #[error("the state store failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A file or directory could not be used.
    #[error("cannot use {path}: {source}")]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The state directory can be written by everybody.
    #[error("the state directory {path} has mode {mode:04o}: others can write to it")]
    DirectoryOpen {
        /// Which one.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Another daemon uses the state directory.
    #[error("the state directory {path} is in use by another callsyncd{}", holder(*pid))]
    Locked {
        /// Which one.
        path: PathBuf,
        /// Process id that the holder wrote into the lock file.
        pid: Option<u32>,
    },
    /// Written by a newer version.
    #[error("{path} was written by a newer callsyncd: its schema is {found}, this version knows up to {known}")]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Not our database.
    #[error("{path} is a database of something else")]
    Foreign {
        /// Which file.
        path: PathBuf,
    },
    /// The file system cannot hold a write-ahead log.
    #[error("{path}: the file system does not support SQLite's write-ahead log (got {mode})")]
    NoWal {
        /// Which file.
        path: PathBuf,
        /// What SQLite offered.
        mode: String,
    },
    /// The key check was sealed with another key.
    #[error("the master key is not the one that the tokens in {path} are sealed with")]
    WrongKey {
        /// Which file.
        path: PathBuf,
    },
    /// A sealed value does not open with the right key: it was altered, or moved to another row.
    #[error("the sealed {0} cannot be opened: the state store is damaged")]
    Seal(&'static str),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// A stored value makes no sense.
    #[error("the state store holds a bad {what}: {detail}")]
    Damaged {
        /// Which value.
        what: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// A time or number that the store cannot hold.
    #[error("the state store cannot hold {0}")]
    OutOfRange(&'static str),
    /// It is closed, or the work handed in hit a defect.
    #[error("the state store is closed or gave no answer")]
    Closed,
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" (pid {pid})"))
}

impl StateError {
    /// Whether the disk is full.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Sqlite(rusqlite::Error::SqliteFailure(error, _)) => error.code == ErrorCode::DiskFull,
            Self::File { source, .. } => source.kind() == std::io::ErrorKind::StorageFull,
            _ => false,
        }
    }

    /// Whether the same thing can succeed later without a change to the request.
    fn passes(&self) -> bool {
        match self {
            Self::Sqlite(rusqlite::Error::SqliteFailure(error, _)) => matches!(
                error.code,
                ErrorCode::DiskFull
                    | ErrorCode::SystemIoFailure
                    | ErrorCode::DatabaseBusy
                    | ErrorCode::DatabaseLocked
                    | ErrorCode::OutOfMemory
            ),
            _ => self.is_disk_full(),
        }
    }

    /// What failed, with the next step.
    #[must_use]
    pub fn into_fault(self) -> Fault {
        let message = self.to_string();
        let (cause, code, hint) = match self {
            Self::Refused(fault) => return fault,
            ref full if full.is_disk_full() => (
                Cause::Internal,
                "state_disk_full",
                "make room on the file system of state_directory: df -h; the daemon carries on by itself".to_owned(),
            ),
            Self::Locked { pid, .. } => (
                Cause::Conflict,
                "state_locked",
                pid.map_or_else(
                    || "see who has it: fuser -v STATE_DIRECTORY/lock".to_owned(),
                    |pid| {
                        format!("see it with ps -fp {pid}; stop it, or give this daemon a state_directory of its own")
                    },
                ),
            ),
            Self::DirectoryOpen { path, .. } => (
                Cause::Config,
                "state_directory_open",
                format!("chmod 0750 {}", path.display()),
            ),
            Self::WrongKey { path } => (
                Cause::Config,
                "master_key_wrong",
                format!(
                    "put the old key back (secrets: master_key, or master.key in state_directory); when it is lost, \
                     move {} away and authorize every account again",
                    path.display()
                ),
            ),
            // As with a bad configuration: trying again does not help, and systemd must not.
            Self::Newer { .. } => (
                Cause::Config,
                "state_newer",
                "install that version again, or restore the state directory from the backup made before it".to_owned(),
            ),
            Self::Foreign { .. } | Self::NoWal { .. } => (
                Cause::Internal,
                "state_store",
                "set state_directory to a local directory that only callsyncd uses".to_owned(),
            ),
            Self::File { path, .. } => (
                Cause::Internal,
                "state_store",
                format!(
                    "the daemon's user must own {} and be able to write there: ls -ld {0}",
                    path.display()
                ),
            ),
            Self::Seal(_) | Self::Damaged { .. } => (
                Cause::Internal,
                "state_store",
                "check it with: sqlite3 STATE_DIRECTORY/state.db 'PRAGMA integrity_check'; restore it from backup"
                    .to_owned(),
            ),
            Self::Random(_) => (
                Cause::Internal,
                "state_store",
                "check getrandom(2) in the unit's system-call filter".to_owned(),
            ),
            Self::Sqlite(_) | Self::OutOfRange(_) | Self::Closed => (
                Cause::Internal,
                "state_store",
                "see journalctl -u callsyncd; check the disk of state_directory, then systemctl restart callsyncd"
                    .to_owned(),
            ),
        };
        Fault::new(cause, code, message).hint(hint)
    }

    pub(super) fn file(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::File { path, source }
    }

    pub(super) fn damaged(what: &'static str, detail: impl std::fmt::Display) -> Self {
        Self::Damaged {
            what,
            detail: detail.to_string(),
        }
    }
}

impl From<Fault> for StateError {
    fn from(fault: Fault) -> Self {
        Self::Refused(fault)
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        let passes = error.passes();
        let fault = error.into_fault();
        if passes {
            Self::Retry { fault, after: None }
        } else {
            Self::Permanent(fault)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_ends_in_a_next_step() {
        let path = PathBuf::from("/var/lib/callsyncd/state.db");
        for error in [
            StateError::Sqlite(rusqlite::Error::QueryReturnedNoRows),
            StateError::File {
                path: path.clone(),
                source: std::io::Error::other("x"),
            },
            StateError::DirectoryOpen {
                path: path.clone(),
                mode: 0o777,
            },
            StateError::Locked {
                path: path.clone(),
                pid: Some(7),
            },
            StateError::Locked {
                path: path.clone(),
                pid: None,
            },
            StateError::Newer {
                path: path.clone(),
                found: 9,
                known: 1,
            },
            StateError::Foreign { path: path.clone() },
            StateError::NoWal {
                path: path.clone(),
                mode: "delete".to_owned(),
            },
            StateError::WrongKey { path },
            StateError::Seal("token"),
            StateError::damaged("state", "x"),
            StateError::OutOfRange("a time"),
            StateError::Closed,
        ] {
            let fault = error.into_fault();
            assert!(!fault.hint.is_empty() && !fault.message.is_empty(), "{fault:?}");
        }
    }
}
