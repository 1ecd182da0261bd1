//! The database file: where it is, whose it is, making it, and refusing what is not ours.

use std::{
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::{connection, migrate};
use crate::{
    crash_points::{CrashPoint, reach},
    domain::account::AccountId,
    ports::records::{Created, Owner, sqlite_path},
    record_store::error::Error,
};

/// What a file turned out to be.
#[derive(Debug, PartialEq, Eq)]
enum Content {
    /// No file, an empty one, or a database without any table: what a crash during creation leaves.
    Nothing,
    /// A database of ours.
    Own(Identity),
    /// A database with other tables.
    Foreign,
}

/// The row of `database_identity`.
#[derive(Debug, PartialEq, Eq)]
struct Identity {
    account: String,
    zoom_account_id: Option<String>,
}

/// The file of a database. Names are compared without regard to case, as SQL Server does: when a file differs in case
/// only, it is that one.
pub(super) fn locate(directory: &Path, database: &str) -> PathBuf {
    let path = sqlite_path(directory, database);
    if path.exists() {
        return path;
    }
    let wanted = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase());
    let same = |name: &std::ffi::OsStr| Some(name.to_string_lossy().to_ascii_lowercase()) == wanted;
    std::fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .find(|entry| same(&entry.file_name()))
        .map_or(path, |entry| entry.path())
}

/// Device and inode, to notice that the file was moved away under an open connection.
pub(super) fn inode(path: &Path) -> std::io::Result<(u64, u64)> {
    std::fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

/// Creates the directory with its parents.
pub(super) fn make_directory(directory: &Path) -> Result<(), Error> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o750)
        .create(directory)
        .map_err(Error::file(directory))
}

/// Creates the database for `owner`, or finds that it is there already.
pub(super) fn create(path: &Path, owner: &Owner, adopt: bool, now: &str) -> Result<Created, Error> {
    if let Some(directory) = path.parent() {
        make_directory(directory)?;
    }
    make_file(path)?;
    let mut connection = connection::examining(path)?;
    match content(&connection, path)? {
        Content::Nothing => build(&mut connection, path, owner, now, true),
        Content::Foreign if adopt => build(&mut connection, path, owner, now, false),
        Content::Foreign => Err(Error::Foreign {
            place: path.into(),
            reason: "the database holds tables that are not ours".to_owned(),
            adoptable: true,
        }),
        Content::Own(identity) => {
            let own = identity.account == owner.account.as_str();
            if !own && !adopt {
                let lost = identity.zoom_account_id.is_some() && identity.zoom_account_id == owner.zoom_account_id;
                return Err(Error::Taken {
                    place: path.into(),
                    lost,
                });
            }
            connection::make_writing(&connection, path)?;
            let schema_version = migrate::upgrade(&mut connection, path, migrate::migrations(), now)?;
            let learned = owner.zoom_account_id.is_some() && owner.zoom_account_id != identity.zoom_account_id;
            if !own || learned {
                connection
                    .execute(
                        "UPDATE database_identity SET zoom_account_id = COALESCE(?2, zoom_account_id),
                           owned_since = CASE WHEN owner_account = ?1 THEN owned_since ELSE ?3 END, owner_account = ?1",
                        (owner.account.as_str(), &owner.zoom_account_id, now),
                    )
                    .map_err(Error::sqlite(path))?;
            }
            Ok(Created {
                created: false,
                schema_version,
            })
        }
    }
}

/// Checks that the database is there and belongs to `owner`, and brings its schema up to date.
pub(super) fn open(path: &Path, owner: &AccountId, now: &str) -> Result<Connection, Error> {
    if !path.try_exists().map_err(Error::file(path))? {
        return Err(Error::Missing { place: path.into() });
    }
    let mut connection = connection::examining(path)?;
    match content(&connection, path)? {
        // A crash during creation: nothing was promised yet, so it is as if the file were not there.
        Content::Nothing => Err(Error::Missing { place: path.into() }),
        Content::Foreign => Err(Error::Foreign {
            place: path.into(),
            reason: "the database holds tables that are not ours".to_owned(),
            adoptable: true,
        }),
        Content::Own(identity) if identity.account != owner.as_str() => Err(Error::Taken {
            place: path.into(),
            lost: false,
        }),
        Content::Own(_) => {
            connection::make_writing(&connection, path)?;
            migrate::upgrade(&mut connection, path, migrate::migrations(), now)?;
            Ok(connection)
        }
    }
}

/// Whether there is a database of `owner` at this path; one that is not his is an error.
pub(super) fn belongs(path: &Path, owner: &AccountId) -> Result<Option<Connection>, Error> {
    if !path.try_exists().map_err(Error::file(path))? {
        return Ok(None);
    }
    let connection = connection::examining(path)?;
    match content(&connection, path)? {
        Content::Nothing => Ok(None),
        Content::Foreign => Err(Error::Foreign {
            place: path.into(),
            reason: "the database holds tables that are not ours".to_owned(),
            adoptable: false,
        }),
        Content::Own(identity) if identity.account != owner.as_str() => Err(Error::Taken {
            place: path.into(),
            lost: false,
        }),
        Content::Own(_) => Ok(Some(connection)),
    }
}

/// Makes an empty file when there is none. The mode is given here because SQLite would make one that everybody may
/// read, and who may see which account's calls is decided at the socket; its log takes the same mode.
///
/// An existing file is never opened past SQLite: closing any handle of it would silently drop the locks that our own
/// connections hold on it, and another program could then delete a log that is in use.
fn make_file(path: &Path) -> Result<(), Error> {
    match std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
    {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Error::file(path)(error)),
    }
}

fn content(connection: &Connection, path: &Path) -> Result<Content, Error> {
    let failed = Error::sqlite(path);
    let objects: i64 = connection
        .query_row("SELECT COUNT(*) FROM sqlite_master", [], |row| row.get(0))
        .map_err(|error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => Error::Foreign {
                place: path.into(),
                reason: "the file is not an SQLite database".to_owned(),
                adoptable: false,
            },
            _ => failed(error),
        })?;
    if objects == 0 {
        return Ok(Content::Nothing);
    }
    let own: i64 = connection
        .query_row(
            "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name IN ('database_identity', 'schema_migration')",
            [],
            |row| row.get(0),
        )
        .map_err(&failed)?;
    if own != 2 {
        return Ok(Content::Foreign);
    }
    let identity = connection
        .query_row(
            "SELECT owner_account, zoom_account_id FROM database_identity",
            [],
            |row| {
                Ok(Identity {
                    account: row.get(0)?,
                    zoom_account_id: row.get(1)?,
                })
            },
        )
        .optional()
        .map_err(&failed)?;
    Ok(identity.map_or(Content::Foreign, Content::Own))
}

/// Makes every table and names the owner in one transaction: a crash before its end leaves [`Content::Nothing`].
fn build(connection: &mut Connection, path: &Path, owner: &Owner, now: &str, empty: bool) -> Result<Created, Error> {
    connection::make_writing(connection, path)?;
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(Error::sqlite(path))?;
    let mut schema_version = 0;
    for migration in migrate::migrations() {
        migrate::apply(&transaction, path, migration, now).map_err(|error| match error {
            Error::Sqlite { source, .. } if !empty && is_name_clash(&source) => Error::Foreign {
                place: path.into(),
                reason: format!("our tables do not fit beside those that are there: {source}"),
                adoptable: false,
            },
            other => other,
        })?;
        schema_version = migration.version;
    }
    if empty {
        // Not beside other tables: the mark in the header is theirs then.
        transaction.execute_batch(migrate::MARK).map_err(Error::sqlite(path))?;
    }
    transaction
        .execute(
            "INSERT INTO database_identity (id, owner_account, zoom_account_id, created_at, owned_since)
             VALUES (1, ?1, ?2, ?3, ?3)",
            (owner.account.as_str(), &owner.zoom_account_id, now),
        )
        .map_err(Error::sqlite(path))?;
    reach(CrashPoint::RecordDatabaseWritten);
    transaction.commit().map_err(Error::sqlite(path))?;
    Ok(Created {
        created: true,
        schema_version,
    })
}

/// Whether a statement failed by itself, as `table … already exists` does, and not by the disk or a lock.
fn is_name_clash(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => failure.code == rusqlite::ErrorCode::Unknown,
        rusqlite::Error::SqlInputError { .. } => true,
        _ => false,
    }
}
