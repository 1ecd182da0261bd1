//! Connections to a database file, and the text functions that SQLite lacks.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, functions::FunctionFlags, types::ValueRef};

use crate::record_store::{
    error::Error,
    search::{contains, digits, fold},
};

/// How long a statement waits for another program's lock before it fails as busy.
const BUSY: Duration = Duration::from_secs(5);

/// Opens for writing without changing anything, also what may turn out not to be ours; the file must exist. What a
/// crash left half written is undone or replayed.
pub(super) fn examining(path: &Path) -> Result<Connection, Error> {
    open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

/// Makes an examined database fit for collecting.
///
/// WAL: readers never wait for the writer. FULL: a committed transaction survives a power cut. No memory map: mapped
/// pages count as resident, and memory has to stay flat however large the file grows.
pub(super) fn make_writing(connection: &Connection, path: &Path) -> Result<(), Error> {
    let failed = Error::sqlite(path);
    connection.pragma_update(None, "journal_mode", "WAL").map_err(&failed)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(&failed)?;
    connection.pragma_update(None, "foreign_keys", false).map_err(&failed)?;
    connection.pragma_update(None, "mmap_size", 0).map_err(&failed)?;
    // 8 MiB hold the inner pages of every index of ten million calls.
    connection.pragma_update(None, "cache_size", -8192).map_err(&failed)?;
    // A checkpoint costs two more fsyncs: one per 16 MiB of log instead of one per 4.
    connection
        .pragma_update(None, "wal_autocheckpoint", 4000)
        .map_err(&failed)?;
    connection
        .pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)
        .map_err(&failed)
}

/// Opens for reading only.
pub(super) fn reading(path: &Path) -> Result<Connection, Error> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection
        .pragma_update(None, "query_only", true)
        .map_err(Error::sqlite(path))?;
    connection
        .pragma_update(None, "mmap_size", 0)
        .map_err(Error::sqlite(path))?;
    Ok(connection)
}

fn open(path: &Path, access: OpenFlags) -> Result<Connection, Error> {
    // Each connection is used by one thread at a time, so SQLite's own mutex is not needed. NOFOLLOW is not set:
    // administrators do put databases on other disks by a link.
    let connection =
        Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(Error::sqlite(path))?;
    connection.busy_timeout(BUSY).map_err(Error::sqlite(path))?;
    connection.set_prepared_statement_cache_capacity(64);
    functions(&connection).map_err(Error::sqlite(path))?;
    Ok(connection)
}

/// `fold_contains(text, folded)`, `fold_equals(text, folded)`: without regard to case in any script; SQLite's LIKE
/// and lower() know ASCII only. `digits(text)`: only its digits.
fn functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("fold_contains", 2, flags, |context| {
        Ok(match (text(context.get_raw(0)), text(context.get_raw(1))) {
            (Some(text), Some(part)) => contains(&text, &part),
            _ => false,
        })
    })?;
    connection.create_scalar_function("fold_equals", 2, flags, |context| {
        Ok(match (text(context.get_raw(0)), text(context.get_raw(1))) {
            (Some(text), Some(other)) => fold(&text) == other,
            _ => false,
        })
    })?;
    connection.create_scalar_function("digits", 1, flags, |context| {
        Ok(text(context.get_raw(0)).map(|text| digits(&text)))
    })
}

fn text(value: ValueRef<'_>) -> Option<std::borrow::Cow<'_, str>> {
    match value {
        ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes)),
        ValueRef::Integer(number) => Some(number.to_string().into()),
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => None,
    }
}
