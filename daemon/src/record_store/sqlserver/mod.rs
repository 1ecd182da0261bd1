//! The engine for SQL Server 2017 and later, Azure SQL and Babelfish, over TDS: one database an account.
//!
//! A statement never contains data: values are parameters or rows of a bulk load, names are in brackets. Writes of one
//! database happen one after the other, here by a lock and on the server by an application lock, so that two of our own
//! transactions cannot deadlock. A failed connection is dropped, never repaired: the server undoes what it had not
//! committed, and what it had committed is recognised by key and digest when it comes again.

mod backfill;
mod backlog;
mod bundles;
mod call_search;
mod calls;
mod connection;
mod counters;
mod ddl;
mod deletion;
mod directory_search;
mod disposal;
mod elements;
mod failure;
mod first_view;
mod identifier;
mod ledger;
mod merge;
mod migrate;
mod patience;
mod place;
mod pool;
mod proofs;
mod rejects;
mod removal;
mod report;
mod reporting;
mod retention;
mod server;
mod snapshot;
mod staging;
#[cfg(test)]
mod statements;
#[cfg(test)]
pub(super) mod testing;
mod upkeep;
mod value;
mod verbatim;
mod views;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;

pub(super) use self::{
    connection::location, failure::SqlFailure, patience::Limits, pool::Pool, server::SqlServerEngine,
};
use self::{failure::Kind, pool::Lease};
use super::{engine::OpenDatabase, error::Error};
use crate::{
    domain::{
        account::AccountId, clock::SharedClock, failure::Outcome, ledger::LedgerWindow, table::Table, window::Window,
    },
    ports::records::{
        BackfillRequest, CallBatch, CallCursor, CallFilter, DirectoryFilter, ElementsFetched, Gone, LedgerChange,
        PendingElements, Receipt, Record, RecordStore, Snapshot, SnapshotReceipt, Summary, SyncRun,
    },
};

/// Waits before work is repeated on a new connection; afterwards the use case decides.
const WAITS: [Duration; 3] = [Duration::ZERO, Duration::from_millis(150), Duration::from_millis(600)];

/// One account's database on a server.
struct SqlServerStore {
    pool: Arc<Pool>,
    database: String,
    clock: SharedClock,
    closed: AtomicBool,
    /// Held while something is written: the stored watermark, so that an idle poll does not even read.
    writing: tokio::sync::Mutex<Option<Timestamp>>,
    /// The newest watermark proven since the database was opened; the stored one may lag, see `proofs`.
    proven: Mutex<Option<Timestamp>>,
    /// Calls that ended before were purged or archived: they are not taken in again.
    floor: Mutex<Option<Timestamp>>,
}

/// Does work on a connection, and again on a new one when the first was lost or a deadlock undid it. Work whose outcome
/// is unknown is repeated too: everything here is an upsert.
macro_rules! attempt {
    ($store:expr, $connection:ident => $work:expr) => {{
        let mut attempts = 0;
        loop {
            let mut lease = $store.lease().await?;
            let used_before = lease.used_before;
            let $connection = &mut *lease;
            match $work.await {
                Ok(done) => {
                    lease.give_back();
                    break Ok::<_, Error>(done);
                }
                Err(error) => {
                    drop(lease);
                    $store.again(error, used_before, &mut attempts).await?;
                }
            }
        }
    }};
}
use attempt;

impl SqlServerStore {
    /// Opens the database of `owner`; migrates an older schema.
    async fn open(pool: Arc<Pool>, database: &str, owner: &AccountId, clock: SharedClock) -> Result<Self, Error> {
        let mut lease = place::open(&pool, database, owner).await?;
        let stored = proofs::stored_watermark(&mut lease).await?;
        let floor = disposal::floor(&mut lease).await?;
        lease.give_back();
        Ok(Self {
            pool,
            database: database.to_owned(),
            clock,
            closed: AtomicBool::new(false),
            writing: tokio::sync::Mutex::new(stored),
            proven: Mutex::new(stored),
            floor: Mutex::new(floor),
        })
    }

    async fn lease(&self) -> Result<Lease, Error> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::Closed {
                place: place::place(&self.pool, &self.database),
            });
        }
        Ok(self.pool.take(&self.database).await?)
    }

    /// Waits before the next attempt, or gives the error back.
    async fn again(&self, error: Error, used_before: bool, attempts: &mut usize) -> Result<(), Error> {
        let Error::SqlServer(failure) = &error else {
            return Err(error);
        };
        if !failure.kind.is_undone() && failure.kind != Kind::OutcomeUnknown {
            return Err(error);
        }
        if used_before {
            // The server went and came back: the other idle connections are as dead as this one.
            self.pool.release(&self.database);
        }
        let Some(wait) = WAITS.get(*attempts) else {
            return Err(error);
        };
        tracing::debug!(database = %self.database, %error, "repeating on a new connection");
        *attempts += 1;
        tokio::time::sleep(*wait).await;
        Ok(())
    }

    fn floor(&self) -> Option<Timestamp> {
        *self.floor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn commit(&self, batch: &CallBatch) -> Result<Receipt, Error> {
        let proven = proofs::proven_watermark(&batch.proves);
        let mut stored = self.writing.lock().await;
        let idle =
            batch.calls.is_empty() && batch.rejected.is_empty() && !proofs::is_due(&batch.proves, false, *stored);
        let receipt = if idle && !self.closed.load(Ordering::Acquire) {
            Receipt::default()
        } else {
            let floor = self.floor();
            let (receipt, watermark) = attempt!(self, connection =>
                calls::commit(connection, batch, *stored, floor, self.clock.now()))?;
            // Only now: a transaction that was undone must not leave a newer watermark in memory.
            *stored = watermark;
            receipt
        };
        let mut newest = self.proven.lock().unwrap_or_else(PoisonError::into_inner);
        *newest = (*newest).max(proven);
        Ok(receipt)
    }
}

#[async_trait]
impl OpenDatabase for SqlServerStore {
    fn is_good(&self) -> bool {
        !self.closed.load(Ordering::Acquire) && !self.pool.is_retired()
    }

    fn taken(&self) -> Error {
        Error::Taken {
            place: place::place(&self.pool, &self.database),
            lost: false,
        }
    }

    async fn close(&self) {
        // After what is being written; later work finds it closed.
        let _writing = self.writing.lock().await;
        self.closed.store(true, Ordering::Release);
        self.pool.release(&self.database);
    }
}

#[async_trait]
impl RecordStore for SqlServerStore {
    async fn commit_calls(&self, batch: CallBatch) -> Outcome<Receipt> {
        Ok(self.commit(&batch).await?)
    }

    async fn watermark(&self) -> Outcome<Option<Timestamp>> {
        Ok(*self.proven.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn held(&self, window: Window) -> Outcome<u64> {
        Ok(attempt!(self, connection => ledger::held(connection, window))?)
    }

    async fn held_keys(&self, window: Window) -> Outcome<Vec<String>> {
        Ok(attempt!(self, connection => ledger::held_keys(connection, window))?)
    }

    async fn accounted_from(&self) -> Outcome<Option<Timestamp>> {
        Ok(attempt!(self, connection => ledger::accounted_from(connection))?)
    }

    async fn ledger(&self, span: Window) -> Outcome<Vec<LedgerWindow>> {
        Ok(attempt!(self, connection => ledger::within(connection, span))?)
    }

    async fn gaps(&self, limit: usize) -> Outcome<Vec<LedgerWindow>> {
        Ok(attempt!(self, connection => ledger::gaps(connection, limit))?)
    }

    async fn due_comparisons(&self, by: Timestamp, limit: usize) -> Outcome<Vec<LedgerWindow>> {
        Ok(attempt!(self, connection => ledger::due(connection, by, limit))?)
    }

    async fn next_comparison(&self) -> Outcome<Option<Timestamp>> {
        Ok(attempt!(self, connection => ledger::next(connection))?)
    }

    async fn change_ledger(&self, change: LedgerChange) -> Outcome<()> {
        let _writing = self.writing.lock().await;
        let floor = self.floor();
        Ok(attempt!(self, connection => ledger::change(connection, &change, floor, self.clock.now()))?)
    }

    async fn expire_ledger(&self, before: Timestamp) -> Outcome<u64> {
        let _writing = self.writing.lock().await;
        Ok(attempt!(self, connection => ledger::expire(connection, before))?)
    }

    async fn mark_deleted(&self, gone: Gone, at: Timestamp) -> Outcome<u64> {
        let _writing = self.writing.lock().await;
        Ok(attempt!(self, connection => deletion::mark_alone(connection, &gone, at))?)
    }

    async fn delete_rows(&self, gone: Gone) -> Outcome<u64> {
        let _writing = self.writing.lock().await;
        Ok(attempt!(self, connection => deletion::delete_alone(connection, &gone))?)
    }

    async fn request_backfill(&self, span: Window) -> Outcome<BackfillRequest> {
        let _writing = self.writing.lock().await;
        Ok(attempt!(self, connection => backfill::ask(connection, span, self.clock.now()))?)
    }

    async fn backfill(&self) -> Outcome<Option<BackfillRequest>> {
        Ok(attempt!(self, connection => backfill::newest(connection))?)
    }

    async fn set_backfill_state(&self, id: i64, state: &'static str) -> Outcome<()> {
        let _writing = self.writing.lock().await;
        Ok(attempt!(self, connection => backfill::set_state(connection, id, state, self.clock.now()))?)
    }

    async fn due_elements(&self, limit: usize) -> Outcome<Vec<PendingElements>> {
        let now = self.clock.now();
        Ok(attempt!(self, connection => backlog::due(connection, now, limit))?)
    }

    async fn next_elements_due(&self) -> Outcome<Option<Timestamp>> {
        Ok(attempt!(self, connection => backlog::next_due(connection))?)
    }

    async fn commit_elements(&self, fetched: Vec<ElementsFetched>) -> Outcome<Receipt> {
        let _writing = self.writing.lock().await;
        Ok(attempt!(self, connection => elements::commit(connection, &fetched, self.clock.now()))?)
    }

    async fn queue_missing_elements(&self) -> Outcome<u64> {
        // In pieces, each a transaction: polls get their turn in between, and what a crash leaves is found next time.
        let mut position = Some(String::new());
        let mut queued = 0;
        while let Some(from) = position {
            let _writing = self.writing.lock().await;
            let (next, added) =
                attempt!(self, connection => backlog::queue_missing(connection, &from, self.clock.now()))?;
            queued += added;
            position = next;
        }
        Ok(queued)
    }

    async fn directory_count(&self, table: &'static Table) -> Outcome<u64> {
        Ok(attempt!(self, connection => directory_search::count(connection, table))?)
    }

    async fn apply_snapshot(&self, snapshot: Snapshot) -> Outcome<SnapshotReceipt> {
        let _writing = self.writing.lock().await;
        Ok(attempt!(self, connection => snapshot::apply(connection, &snapshot, self.clock.now()))?)
    }

    async fn distinct(&self, table: &'static Table, column: &'static str) -> Outcome<Vec<String>> {
        Ok(attempt!(self, connection => directory_search::distinct(connection, table, column))?)
    }

    async fn record_sync_run(&self, run: SyncRun) -> Outcome<()> {
        let _writing = self.writing.lock().await;
        Ok(attempt!(self, connection => upkeep::record_run(connection, &run))?)
    }

    async fn summary(&self) -> Outcome<Summary> {
        Ok(attempt!(self, connection => upkeep::summary(connection))?)
    }

    async fn calls(&self, filter: &CallFilter, cursor: Option<CallCursor>, limit: usize) -> Outcome<Vec<Record>> {
        Ok(attempt!(self, connection => call_search::calls(connection, filter, cursor.as_ref(), limit))?)
    }

    async fn call(&self, call_history_uuid: &str) -> Outcome<Option<(Record, Vec<Record>)>> {
        Ok(attempt!(self, connection => call_search::call(connection, call_history_uuid))?)
    }

    async fn directory(&self, filter: &DirectoryFilter, limit: usize) -> Outcome<Vec<(&'static str, Record)>> {
        Ok(attempt!(self, connection => directory_search::entries(connection, filter, limit))?)
    }

    async fn probe_write(&self) -> Outcome<()> {
        let _writing = self.writing.lock().await;
        Ok(attempt!(self, connection => upkeep::probe(connection, self.clock.now()))?)
    }

    async fn set_reporting(&self, allowed: bool) -> Outcome<()> {
        let _writing = self.writing.lock().await;
        Ok(attempt!(self, connection => reporting::set(connection, allowed))?)
    }
}
