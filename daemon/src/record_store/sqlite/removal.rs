//! Removing a database for good: its files, or only our tables where others have theirs beside them.

use std::{fs, io::ErrorKind, path::Path};

use rusqlite::Connection;

use super::place;
use crate::{
    domain::account::AccountId,
    record_store::{error::Error, schema},
};

/// What SQLite keeps beside a database file.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Removes the database. Dying in between leaves files that the next attempt removes.
pub(super) fn remove(path: &Path, owner: &AccountId) -> Result<(), Error> {
    if let Some(connection) = place::belongs(path, owner)? {
        if has_strangers(&connection).map_err(Error::sqlite(path))? {
            return drop_ours(&connection).map_err(Error::sqlite(path));
        }
        connection.close().map_err(|(_, error)| Error::sqlite(path)(error))?;
    }
    // The database first: a log without its database is never read again, the other way round it would be lost.
    unlink(path)?;
    for ending in BESIDE {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        unlink(Path::new(&name))?;
    }
    let Some(directory) = path.parent() else {
        return Ok(());
    };
    // The names are gone only when the directory is on disk.
    match fs::File::open(directory) {
        Ok(handle) => handle.sync_all().map_err(Error::file(directory)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::file(directory)(error)),
    }
}

fn unlink(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::file(path)(error)),
        _ => Ok(()),
    }
}

/// Whether there are tables that we did not make.
fn has_strangers(connection: &Connection) -> rusqlite::Result<bool> {
    let mut statement = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    for name in names {
        let name = name?;
        if !schema::tables().iter().any(|table| table.name == name) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Drops our views and tables, and overwrites what they held.
fn drop_ours(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "foreign_keys", false)?;
    let views: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'view' AND name LIKE 'v\\_%' ESCAPE '\\'")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let ours = ["v_call", "v_call_daily", "v_user_daily", "v_queue_daily"];
    let mut text = String::from("BEGIN IMMEDIATE;");
    for view in views.iter().filter(|view| ours.contains(&view.as_str())) {
        text.push_str(&format!("DROP VIEW IF EXISTS {view};"));
    }
    // The one that says whose it is goes last: until then a repeated attempt finds it.
    let (identity, others): (Vec<_>, Vec<_>) = schema::tables()
        .iter()
        .partition(|table| table.name == "database_identity");
    for table in others.into_iter().chain(identity) {
        text.push_str(&format!("DROP TABLE IF EXISTS {};", table.name));
    }
    text.push_str("COMMIT; VACUUM;");
    connection.execute_batch(&text)?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}
