//! Two threads with a connection each: one writes, one reads. Async methods hand them closures and await the answer.
//!
//! Reads have a connection of their own so that `status` never waits for a disk to finish a write.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread::{Builder, JoinHandle},
};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::{directory::StateDirectory, error::StateError};
use crate::domain::failure::Outcome;

type Work = Box<dyn FnOnce(&mut Connection) + Send>;

/// One thread and the way to it.
struct Clerk {
    // Absent once closed: the thread ends when it has done what was handed in before.
    inbox: Mutex<Option<Sender<Work>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Both threads. Dropping it lets them finish what was handed in, and waits for that.
pub(super) struct Desk {
    reader: Clerk,
    writer: Clerk,
}

impl Desk {
    /// Starts the threads. The writer keeps `directory`, so that the lock outlives the last write.
    pub(super) fn open(writer: Connection, reader: Connection, directory: StateDirectory) -> Result<Self, StateError> {
        let path = directory.path().to_path_buf();
        let failed = StateError::file(&path);
        let (reader, writer) = Clerk::start("state-read", reader, None)
            .and_then(|reader| Ok((reader, Clerk::start("state-write", writer, Some(directory))?)))
            .map_err(failed)?;
        Ok(Self { reader, writer })
    }

    /// Reads.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StateError> + Send + 'static,
    ) -> Outcome<T> {
        // One transaction, so that what several statements read belongs together.
        self.reader.run(|connection| work(&*connection.transaction()?)).await
    }

    /// Changes something in one transaction; an error rolls it back. It is on disk when this returns. A caller that
    /// stops waiting does not stop the change.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StateError> + Send + 'static,
    ) -> Outcome<T> {
        self.writer
            .run(|connection| {
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let value = work(&transaction)?;
                transaction.commit()?;
                Ok(value)
            })
            .await
    }

    /// Works on the writing connection outside a transaction.
    pub(super) async fn maintain<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StateError> + Send + 'static,
    ) -> Outcome<T> {
        self.writer.run(work).await
    }

    /// Takes no more work; what was handed in before is done. The connections are closed by the time the desk is
    /// dropped.
    pub(super) fn close(&self) {
        self.reader.close();
        self.writer.close();
    }
}

impl Clerk {
    fn start(name: &str, mut connection: Connection, directory: Option<StateDirectory>) -> std::io::Result<Self> {
        let (inbox, work): (Sender<Work>, Receiver<Work>) = channel();
        let thread = Builder::new().name(name.to_owned()).spawn(move || {
            // Until the last sender is gone.
            while let Ok(work) = work.recv() {
                // A defect in one closure must not take the store down with it. Its transaction was rolled back while
                // unwinding, and its caller sees that no answer came.
                let _ = catch_unwind(AssertUnwindSafe(|| work(&mut connection)));
            }
            drop(connection);
            drop(directory);
        })?;
        Ok(Self {
            inbox: Mutex::new(Some(inbox)),
            thread: Mutex::new(Some(thread)),
        })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StateError> + Send + 'static,
    ) -> Outcome<T> {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            // Nobody waits any more: the work is done all the same.
            let _ = answer.send(work(connection));
        });
        let sent = match &*self.inbox.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(inbox) => inbox.send(work).is_ok(),
            None => false,
        };
        if !sent {
            return Err(StateError::Closed.into());
        }
        answered.await.map_err(|_| StateError::Closed)?.map_err(Into::into)
    }

    fn close(&self) {
        *self.inbox.lock().unwrap_or_else(PoisonError::into_inner) = None;
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // The thread catches every panic; there is nothing to learn from its end.
            let _ = thread.join();
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // The reader first: the last connection to close empties the write-ahead log.
        self.close();
    }
}
