//! A certificate as a file: `certificates/ID.json` in the state directory, for whoever has to show it.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use super::error::StateError;
use crate::ports::withdrawal::Certificate;

/// Writes the file; durable when it returns. Writing it again is harmless.
pub(super) fn write(connection: &Connection, certificate: &Certificate) -> Result<(), StateError> {
    let database = PathBuf::from(connection.path().unwrap_or_default());
    let directory = database.parent().unwrap_or(Path::new(".")).join("certificates");
    DirBuilder::new()
        .recursive(true)
        .mode(0o750)
        .create(&directory)
        .map_err(StateError::file(&directory))?;
    let path = directory.join(format!("{}.json", certificate.id));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o640)
        .open(&path)
        .map_err(StateError::file(&path))?;
    file.write_all(certificate.document.as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all())
        .and_then(|()| File::open(&directory)?.sync_all())
        .map_err(StateError::file(&path))
}
