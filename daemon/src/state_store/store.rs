//! Opening and closing the state store.

use std::{
    fs::{OpenOptions, Permissions},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
    sync::Arc,
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::{desk::Desk, directory::StateDirectory, erasure_book::Erasures, error::StateError, schema, seal::Seal};
use crate::{config::MasterKey, domain::failure::Outcome};

/// How long a statement waits for a backup program that reads the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// The state store. Cheap to clone; the last clone closes it.
#[derive(Clone)]
pub struct StateStore {
    pub(super) desk: Arc<Desk>,
    pub(super) seal: Arc<Seal>,
    pub(super) erasures: Arc<Erasures>,
}

impl StateStore {
    /// Opens the store in a locked state directory, makes or migrates its file, and checks the master key.
    ///
    /// # Errors
    /// `WrongKey` when the tokens are sealed with another key, `Newer` when a newer version wrote the file,
    /// `Foreign`, `File`, `Sqlite`.
    pub fn open(directory: StateDirectory, key: &MasterKey) -> Result<Self, StateError> {
        let path = directory.database();
        make_private(&path)?;
        let mut writer = connect(&path)?;
        schema::migrate(&mut writer, &path)?;
        let seal = Seal::new(key);
        check_key(&writer, &seal, &path)?;
        let erasures = Erasures::open(&writer, key)?;
        let reader = connect(&path)?;
        reader.pragma_update(None, "query_only", true)?;
        Ok(Self {
            desk: Arc::new(Desk::open(writer, reader, directory)?),
            seal: Arc::new(seal),
            erasures: Arc::new(erasures),
        })
    }

    /// Moves the write-ahead log into the database file, so that a copy of that file alone is whole.
    ///
    /// # Errors
    /// `Cause::Internal`, codes `state_store`, `state_disk_full`.
    pub async fn flush(&self) -> Outcome<()> {
        self.desk
            .maintain(|connection| {
                connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
                Ok(())
            })
            .await
    }

    /// Finishes what was handed in, moves the log into the file, closes it and gives the state directory back.
    /// Everything that comes later fails. Blocks for as long as the disk takes.
    ///
    /// # Errors
    /// As [`Self::flush`]; the store is closed all the same, and nothing that was answered is lost.
    pub async fn close(&self) -> Outcome<()> {
        let flushed = self.flush().await;
        self.desk.close();
        flushed
    }
}

/// The file exists with mode 0600 before SQLite sees it: its log files take the mode over.
fn make_private(path: &Path) -> Result<(), StateError> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(StateError::file(path))?;
    file.set_permissions(Permissions::from_mode(0o600))
        .map_err(StateError::file(path))
}

fn connect(path: &Path) -> Result<Connection, StateError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(StateError::NoWal {
            path: path.to_path_buf(),
            mode,
        });
    }
    // FULL: a commit is on disk before it is answered. A lost refresh token cannot be had again.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Deleted tokens are overwritten, not only unlinked.
    connection.pragma_update(None, "secure_delete", true)?;
    // Half a MiB for each of the two: what is read again and again are a few hundred rows.
    connection.pragma_update(None, "cache_size", -512)?;
    Ok(connection)
}

/// Keeps a key check at the first start, compares with it at every other.
fn check_key(connection: &Connection, seal: &Seal, path: &Path) -> Result<(), StateError> {
    let kept: Option<Vec<u8>> = connection
        .query_row("SELECT sealed_check FROM key_check", [], |row| row.get(0))
        .optional()?;
    match kept {
        Some(check) if seal.is_same_key(&check) => Ok(()),
        Some(_) => Err(StateError::WrongKey {
            path: path.to_path_buf(),
        }),
        None => {
            connection.execute(
                "INSERT INTO key_check (id, sealed_check) VALUES (1, ?1)",
                [seal.key_check()?],
            )?;
            Ok(())
        }
    }
}
