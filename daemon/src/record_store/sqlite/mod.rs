//! The embedded engine: one SQLite file a database, one writer thread, readers apart.

mod backfill;
mod backlog;
mod bundles;
mod call_search;
mod calls;
mod connection;
mod counters;
mod crowd;
mod ddl;
mod deletion;
mod directory_search;
mod disposal;
mod elements;
mod first_view;
mod ledger;
mod migrate;
mod place;
#[cfg(test)]
mod plans;
mod proofs;
mod readers;
mod rejects;
mod removal;
mod retention;
mod row;
mod server;
mod snapshot;
mod upkeep;
mod views;
mod writer;

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use jiff::Timestamp;

pub(super) use self::server::SqliteServer;
use self::{crowd::Turn, readers::Readers, writer::Writer};
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

/// One account's database in a file.
struct SqliteStore {
    path: PathBuf,
    inode: (u64, u64),
    writer: Writer,
    readers: Readers,
    clock: SharedClock,
    /// The newest watermark proven since the database was opened; the stored one may lag, see `proofs`.
    proven: Mutex<Option<Timestamp>>,
}

impl SqliteStore {
    /// Opens the database of `owner`; migrates an older schema. Blocks.
    fn open(path: PathBuf, owner: &AccountId, clock: SharedClock) -> Result<Self, Error> {
        let _turn = Turn::take();
        let connection = place::open(&path, owner, &row::time_text(clock.now()))?;
        let proven = proofs::stored_watermark(&connection).map_err(Error::sqlite(&path))?;
        let inode = place::inode(&path).map_err(Error::file(&path))?;
        let readers = Readers::new(path.clone());
        let writer = Writer::new(connection, readers.clone(), &path, clock.clone())?;
        Ok(Self {
            path,
            inode,
            writer,
            readers,
            clock,
            proven: Mutex::new(proven),
        })
    }
}

#[async_trait]
impl OpenDatabase for SqliteStore {
    fn is_good(&self) -> bool {
        self.writer.is_alive() && place::inode(&self.path).is_ok_and(|inode| inode == self.inode)
    }

    fn taken(&self) -> Error {
        Error::Taken {
            place: self.path.as_path().into(),
            lost: false,
        }
    }

    async fn close(&self) {
        self.readers.close();
        self.writer.close().await;
    }
}

#[async_trait]
impl RecordStore for SqliteStore {
    async fn commit_calls(&self, batch: CallBatch) -> Outcome<Receipt> {
        let proven = proofs::proven_watermark(&batch.proves);
        let receipt = self.writer.run(move |side| calls::commit(side, &batch)).await?;
        let mut newest = self.proven.lock().unwrap_or_else(PoisonError::into_inner);
        *newest = (*newest).max(proven);
        Ok(receipt)
    }

    async fn watermark(&self) -> Outcome<Option<Timestamp>> {
        Ok(*self.proven.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn held(&self, window: Window) -> Outcome<u64> {
        Ok(self.readers.run(move |reading| ledger::held(reading, window)).await?)
    }

    async fn held_keys(&self, window: Window) -> Outcome<Vec<String>> {
        Ok(self
            .readers
            .run(move |reading| ledger::held_keys(reading, window))
            .await?)
    }

    async fn accounted_from(&self) -> Outcome<Option<Timestamp>> {
        Ok(self.readers.run(|reading| ledger::accounted_from(reading)).await?)
    }

    async fn ledger(&self, span: Window) -> Outcome<Vec<LedgerWindow>> {
        Ok(self.readers.run(move |reading| ledger::within(reading, span)).await?)
    }

    async fn gaps(&self, limit: usize) -> Outcome<Vec<LedgerWindow>> {
        Ok(self.readers.run(move |reading| ledger::gaps(reading, limit)).await?)
    }

    async fn due_comparisons(&self, by: Timestamp, limit: usize) -> Outcome<Vec<LedgerWindow>> {
        Ok(self.readers.run(move |reading| ledger::due(reading, by, limit)).await?)
    }

    async fn next_comparison(&self) -> Outcome<Option<Timestamp>> {
        Ok(self.readers.run(|reading| ledger::next(reading)).await?)
    }

    async fn change_ledger(&self, change: LedgerChange) -> Outcome<()> {
        Ok(self.writer.run(move |side| ledger::change(side, &change)).await?)
    }

    async fn expire_ledger(&self, before: Timestamp) -> Outcome<u64> {
        Ok(self.writer.run(move |side| ledger::expire(side, before)).await?)
    }

    async fn mark_deleted(&self, gone: Gone, at: Timestamp) -> Outcome<u64> {
        Ok(self.writer.run(move |side| deletion::mark(side, &gone, at)).await?)
    }

    async fn delete_rows(&self, gone: Gone) -> Outcome<u64> {
        Ok(self.writer.run(move |side| deletion::delete(side, &gone)).await?)
    }

    async fn request_backfill(&self, span: Window) -> Outcome<BackfillRequest> {
        Ok(self.writer.run(move |side| backfill::ask(side, span)).await?)
    }

    async fn backfill(&self) -> Outcome<Option<BackfillRequest>> {
        Ok(self.readers.run(|reading| backfill::newest(reading)).await?)
    }

    async fn set_backfill_state(&self, id: i64, state: &'static str) -> Outcome<()> {
        Ok(self
            .writer
            .run(move |side| backfill::set_state(side, id, state))
            .await?)
    }

    async fn due_elements(&self, limit: usize) -> Outcome<Vec<PendingElements>> {
        let now = self.clock.now();
        Ok(self
            .readers
            .run(move |reading| backlog::due(reading, now, limit))
            .await?)
    }

    async fn next_elements_due(&self) -> Outcome<Option<Timestamp>> {
        Ok(self.readers.run(|reading| backlog::next_due(reading)).await?)
    }

    async fn commit_elements(&self, fetched: Vec<ElementsFetched>) -> Outcome<Receipt> {
        Ok(self.writer.run(move |side| elements::commit(side, &fetched)).await?)
    }

    async fn queue_missing_elements(&self) -> Outcome<u64> {
        // In pieces, each a transaction: polls get their turn in between, and what a crash leaves is found next time.
        let mut position = Some(0);
        let mut queued = 0;
        while let Some(from) = position {
            let (next, added) = self.writer.run(move |side| backlog::queue_missing(side, from)).await?;
            queued += added;
            position = next;
        }
        Ok(queued)
    }

    async fn directory_count(&self, table: &'static Table) -> Outcome<u64> {
        Ok(self
            .readers
            .run(move |reading| directory_search::count(reading, table))
            .await?)
    }

    async fn apply_snapshot(&self, snapshot: Snapshot) -> Outcome<SnapshotReceipt> {
        Ok(self.writer.run(move |side| snapshot::apply(side, &snapshot)).await?)
    }

    async fn distinct(&self, table: &'static Table, column: &'static str) -> Outcome<Vec<String>> {
        Ok(self
            .readers
            .run(move |reading| directory_search::distinct(reading, table, column))
            .await?)
    }

    async fn record_sync_run(&self, run: SyncRun) -> Outcome<()> {
        Ok(self.writer.run(move |side| upkeep::record_run(side, &run)).await?)
    }

    async fn summary(&self) -> Outcome<Summary> {
        if let Some(summary) = self.writer.summary_at_rest() {
            return Ok(summary);
        }
        Ok(self.readers.run(|reading| upkeep::summary(reading)).await?)
    }

    async fn calls(&self, filter: &CallFilter, cursor: Option<CallCursor>, limit: usize) -> Outcome<Vec<Record>> {
        let filter = filter.clone();
        Ok(self
            .readers
            .run(move |reading| call_search::calls(reading, &filter, cursor, limit))
            .await?)
    }

    async fn call(&self, call_history_uuid: &str) -> Outcome<Option<(Record, Vec<Record>)>> {
        let uuid = call_history_uuid.to_owned();
        Ok(self
            .readers
            .run(move |reading| call_search::call(reading, &uuid))
            .await?)
    }

    async fn directory(&self, filter: &DirectoryFilter, limit: usize) -> Outcome<Vec<(&'static str, Record)>> {
        let filter = filter.clone();
        Ok(self
            .readers
            .run(move |reading| directory_search::entries(reading, &filter, limit))
            .await?)
    }

    async fn probe_write(&self) -> Outcome<()> {
        Ok(self.writer.run(upkeep::probe).await?)
    }
}
