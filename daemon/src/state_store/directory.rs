//! The state directory: made private, and held by one daemon at a time.

use std::{
    fs::{DirBuilder, File, Metadata, OpenOptions, Permissions},
    io::{ErrorKind, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags, OptionalExtension};
use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};

use super::error::StateError;
use crate::config::SealedState;

/// A state directory that is ours until this is dropped or the process ends, however it ends: the kernel gives the
/// lock back.
#[derive(Debug)]
pub struct StateDirectory {
    path: PathBuf,
    // Holds the lock while it is open.
    _lock: File,
}

impl StateDirectory {
    /// Makes the directory (mode 0700) when it is absent, takes access away from others when it is ours alone, and
    /// locks it.
    ///
    /// # Errors
    /// `Locked` with the holder's process id when another daemon has it; `DirectoryOpen` when everybody may write
    /// to it; `File` when it cannot be made or written.
    pub fn lock(path: &Path) -> Result<Self, StateError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(StateError::file(path))?;
        let metadata = std::fs::metadata(path).map_err(StateError::file(path))?;
        make_private(path, &metadata)?;

        let lock_path = path.join("lock");
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&lock_path)
            .map_err(StateError::file(&lock_path))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                return Err(StateError::Locked {
                    path: path.to_path_buf(),
                    pid: holder(&mut lock),
                });
            }
            Err(error) => return Err(StateError::file(&lock_path)(error.into())),
        }
        // Who holds it, for the message that a second daemon prints; the lock itself is the kernel's.
        lock.set_len(0)
            .and_then(|()| lock.rewind())
            .and_then(|()| writeln!(lock, "{}", std::process::id()))
            .map_err(StateError::file(&lock_path))?;
        Ok(Self {
            path: path.to_path_buf(),
            _lock: lock,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The database file in it.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path.join("state.db")
    }

    /// Whether a master key was in use here before: then a new one must not be generated.
    ///
    /// # Errors
    /// When the database exists and cannot be read.
    pub fn sealed(&self) -> Result<SealedState, StateError> {
        let path = self.database();
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.len() > 0 => {}
            Ok(_) => return Ok(SealedState::Absent),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(SealedState::Absent),
            Err(error) => return Err(StateError::file(&path)(error)),
        }
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let table: Option<i64> = connection
            .query_row(
                "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'key_check'",
                [],
                |row| row.get(0),
            )
            .optional()?;
        if table.is_none() {
            return Ok(SealedState::Absent);
        }
        let check: Option<i64> = connection
            .query_row("SELECT 1 FROM key_check LIMIT 1", [], |row| row.get(0))
            .optional()?;
        Ok(if check.is_some() {
            SealedState::Present
        } else {
            SealedState::Absent
        })
    }
}

fn holder(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// Takes access away from others and the right to write from the group, but only where the directory is plainly
/// ours: a mistyped `state_directory: /tmp` must not lock everybody out of it.
fn make_private(path: &Path, metadata: &Metadata) -> Result<(), StateError> {
    let mode = metadata.mode() & 0o7777;
    if mode & 0o027 == 0 {
        return Ok(());
    }
    let owned = metadata.uid() == rustix::process::geteuid().as_raw();
    let ours = path.join("state.db").exists()
        || std::fs::read_dir(path)
            .map_err(StateError::file(path))?
            .next()
            .is_none();
    if owned && ours {
        let private = Permissions::from_mode(mode & 0o750);
        return std::fs::set_permissions(path, private).map_err(StateError::file(path));
    }
    if mode & 0o002 != 0 {
        return Err(StateError::DirectoryOpen {
            path: path.to_path_buf(),
            mode,
        });
    }
    Ok(())
}
