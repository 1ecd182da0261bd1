//! A directory of SQLite databases as a database server.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use rusqlite::Connection;

use super::{SqliteStore, migrate, place, removal, row};
use crate::{
    domain::{account::AccountId, clock::SharedClock},
    ports::records::{Created, Owner, ServerReport},
    record_store::{
        engine::{Engine, OpenDatabase},
        error::Error,
    },
};

/// A configured server of kind `sqlite`.
pub(in crate::record_store) struct SqliteServer {
    directory: PathBuf,
    clock: SharedClock,
}

impl SqliteServer {
    /// The server of a directory, which need not exist yet.
    pub fn new(directory: PathBuf, clock: SharedClock) -> Self {
        Self { directory, clock }
    }
}

#[async_trait]
impl Engine for SqliteServer {
    async fn test(&self) -> Result<ServerReport, Error> {
        let directory = self.directory.clone();
        blocking(move || test(&directory)).await
    }

    fn ddl(&self, database: &str) -> Result<String, Error> {
        Ok(migrate::script(&place::locate(&self.directory, database)))
    }

    async fn create(&self, database: &str, owner: &Owner, adopt: bool) -> Result<Created, Error> {
        let (directory, database, owner) = (self.directory.clone(), database.to_owned(), owner.clone());
        let now = row::time_text(self.clock.now());
        blocking(move || place::create(&place::locate(&directory, &database), &owner, adopt, &now)).await
    }

    async fn open(&self, database: &str, owner: &AccountId) -> Result<Arc<dyn OpenDatabase>, Error> {
        let (directory, database, owner) = (self.directory.clone(), database.to_owned(), owner.clone());
        let clock = self.clock.clone();
        let store = blocking(move || SqliteStore::open(place::locate(&directory, &database), &owner, clock)).await?;
        Ok(Arc::new(store))
    }

    async fn remove(&self, database: &str, owner: &AccountId) -> Result<(), Error> {
        let (directory, database, owner) = (self.directory.clone(), database.to_owned(), owner.clone());
        blocking(move || removal::remove(&place::locate(&directory, &database), &owner)).await
    }
}

/// Runs what waits for the disk on a thread that may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::Interrupted(error.to_string()))?
}

/// Whether databases can be made and written in a directory.
fn test(directory: &Path) -> Result<ServerReport, Error> {
    place::make_directory(directory)?;
    let free_bytes = rustix::fs::statvfs(directory)
        .ok()
        .map(|fs| fs.f_bavail.saturating_mul(fs.f_frsize));
    // A real database in the directory, gone again afterwards: permission bits alone prove nothing.
    let probe = directory.join(format!(".write-test-{}", uuid::Uuid::now_v7().simple()));
    let tried = write_something(&probe);
    let _ = std::fs::remove_file(&probe);
    let round_trip = tried.map_err(Error::sqlite(directory))?;
    Ok(ServerReport {
        version: format!("SQLite {}", rusqlite::version()),
        permissions: ["create database", "read", "write"].map(str::to_owned).to_vec(),
        missing_permissions: Vec::new(),
        free_bytes,
        round_trip,
        facts: None,
    })
}

fn write_something(path: &Path) -> rusqlite::Result<Duration> {
    let connection = Connection::open(path)?;
    connection.execute_batch("CREATE TABLE probe (x); INSERT INTO probe VALUES (1)")?;
    let started = Instant::now();
    connection.query_row("SELECT x FROM probe", [], |row| row.get::<_, i64>(0))?;
    Ok(started.elapsed())
}
