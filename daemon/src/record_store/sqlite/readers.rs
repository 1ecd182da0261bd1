//! The readers: a few read-only connections, used on threads that may block.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::{Connection, Transaction};
use tokio::sync::Semaphore;

use super::{connection, crowd::Turn};
use crate::record_store::error::Error;

/// Reads at a time; more would only fight for the disk.
const AT_ONCE: usize = 3;

/// Idle connections that are kept while the database is at work; each holds a file handle and a parsed schema.
const KEPT: usize = 1;

/// The pool of one database.
#[derive(Debug, Clone)]
pub(super) struct Readers(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    path: PathBuf,
    permits: Arc<Semaphore>,
    idle: Mutex<Idle>,
}

/// Connections without work, and how many may be so.
#[derive(Debug, Default)]
struct Idle {
    connections: Vec<Connection>,
    kept: usize,
}

impl Readers {
    /// An empty pool; connections are opened when needed.
    pub fn new(path: PathBuf) -> Self {
        Self(Arc::new(Pool {
            path,
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            idle: Mutex::default(),
        }))
    }

    /// Runs `work` on one snapshot of the database.
    pub async fn run<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        let closed = || Error::Closed {
            place: self.0.path.as_path().into(),
        };
        let permit = Arc::clone(&self.0.permits)
            .acquire_owned()
            .await
            .map_err(|_| closed())?;
        let pool = Arc::clone(&self.0);
        let work = tokio::task::spawn_blocking(move || {
            let result = pool.read(work);
            drop(permit);
            result
        });
        work.await.map_err(|error| Error::Interrupted(error.to_string()))?
    }

    /// Whether a connection stays open after its read. While the database rests none does: nobody would close it.
    pub fn keep(&self, kept: bool) {
        let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.kept = if kept { KEPT } else { 0 };
        let kept = idle.kept;
        idle.connections.truncate(kept);
    }

    /// Closes idle connections and refuses further work; running reads end by themselves.
    pub fn close(&self) {
        self.0.permits.close();
        self.keep(false);
    }
}

impl Pool {
    fn read<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, Error> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .connections
            .pop();
        let (mut connection, _turn) = match idle {
            Some(connection) => (connection, None),
            None => {
                let turn = Turn::take();
                (connection::reading(&self.path)?, Some(turn))
            }
        };
        let result = Self::snapshot(&mut connection, work).map_err(Error::sqlite(&self.path));
        // Pages are given back at once, the operating system still has them; memory stays flat with many accounts.
        let _ = connection.execute_batch("PRAGMA shrink_memory");
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if result.is_ok() && idle.connections.len() < idle.kept {
            idle.connections.push(connection);
        }
        result
    }

    fn snapshot<T>(
        connection: &mut Connection,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let transaction = connection.transaction()?;
        work(&transaction)
    }
}
