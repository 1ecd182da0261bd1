//! A store in memory: what was committed, the calls that are held, and the ledger as every engine keeps it.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    domain::{
        call::CALL_HISTORY,
        failure::Outcome,
        ledger::{LedgerTotals, LedgerWindow, WindowState},
        table::{Digest, Table},
        window::Window,
    },
    ports::records::{
        BackfillRequest, CallBatch, CallCursor, CallFilter, Comparison, DirectoryFilter, ElementsFetched, Gone,
        LedgerChange, PendingElements, Proof, Receipt, Record, RecordStore, Snapshot, SnapshotReceipt, Summary,
        SyncRun,
    },
};

/// A call that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub end: Option<Timestamp>,
    pub digest: Digest,
    pub deleted: bool,
}

#[derive(Debug, Default)]
struct Inner {
    commits: Vec<CallBatch>,
    calls: BTreeMap<String, Held>,
    ledger: BTreeMap<(Timestamp, Timestamp), LedgerWindow>,
    watermark: Option<Timestamp>,
    accounted_from: Option<Timestamp>,
    now: Timestamp,
}

impl Inner {
    fn held(&self, window: Window) -> impl Iterator<Item = &String> {
        let inside = move |held: &Held| held.end.is_some_and(|end| end >= window.from && end < window.to);
        let calls = self.calls.iter();
        calls
            .filter(move |(_, held)| !held.deleted && inside(held))
            .map(|(key, _)| key)
    }

    fn put(&mut self, entry: LedgerWindow) {
        let key = (entry.window.from, entry.window.to);
        if self
            .ledger
            .get(&key)
            .is_some_and(|stored| stored.state == WindowState::Expired)
        {
            return;
        }
        let held = self.held(entry.window).count() as u64;
        self.ledger.insert(key, LedgerWindow { held, ..entry });
    }

    fn compared(&mut self, found: &Comparison) {
        let held = self.held(found.window).count() as u64;
        let (zoom_total, state, next_compare_at, attempts) = found.settle(held);
        let stored = self.ledger.get(&(found.window.from, found.window.to));
        let entry = LedgerWindow {
            window: found.window,
            state,
            zoom_total,
            received: found.received.unwrap_or(stored.map_or(0, |stored| stored.received)),
            held,
            stage: found.stage,
            compared_at: self.now,
            next_compare_at,
            attempts,
            deleted: stored.map_or(0, |stored| stored.deleted) + found.deleted,
            note: found.note.clone().or(stored.and_then(|stored| stored.note.clone())),
        };
        self.put(entry);
    }

    fn mark(&mut self, keys: &[String]) -> u64 {
        let mut marked = 0;
        for key in keys {
            if let Some(held) = self.calls.get_mut(key).filter(|held| !held.deleted) {
                held.deleted = true;
                marked += 1;
            }
        }
        marked
    }
}

/// A store in memory. Commits take turns in the order in which they came, as on a server with one connection to write:
/// whoever has the turn and is not polled keeps everybody else waiting.
#[derive(Debug, Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
    turn: tokio::sync::Mutex<()>,
}

impl MemoryStore {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the store takes for the present time.
    pub fn set_now(&self, now: Timestamp) {
        self.inner().now = now;
    }

    pub fn commits(&self) -> Vec<CallBatch> {
        self.inner().commits.clone()
    }

    /// Keys of all calls that are held, deleted ones among them.
    pub fn keys(&self) -> Vec<String> {
        self.inner().calls.keys().cloned().collect()
    }

    pub fn call(&self, key: &str) -> Option<Held> {
        self.inner().calls.get(key).copied()
    }

    /// Keys of the calls that Zoom still has.
    pub fn present(&self) -> Vec<String> {
        let inner = self.inner();
        let calls = inner.calls.iter();
        calls
            .filter(|(_, held)| !held.deleted)
            .map(|(key, _)| key.clone())
            .collect()
    }

    pub fn proofs(&self) -> usize {
        self.inner().commits.iter().map(|commit| commit.proves.len()).sum()
    }

    pub fn windows(&self) -> Vec<LedgerWindow> {
        self.inner().ledger.values().cloned().collect()
    }
}

#[async_trait]
impl RecordStore for MemoryStore {
    async fn commit_calls(&self, batch: CallBatch) -> Outcome<Receipt> {
        let _turn = self.turn.lock().await;
        // A server takes a while to answer.
        tokio::task::yield_now().await;
        let mut inner = self.inner();
        let mut receipt = Receipt::default();
        for row in &batch.calls {
            let held = Held {
                end: row.get(&CALL_HISTORY, "end_time").as_time(),
                digest: row.digest,
                deleted: false,
            };
            match inner.calls.insert(row.key().to_owned(), held) {
                None => receipt.added += 1,
                Some(before) if before == held => receipt.unchanged += 1,
                Some(_) => receipt.changed += 1,
            }
        }
        for proof in &batch.proves {
            match proof {
                Proof::Watermark(time) => {
                    inner.accounted_from = inner.accounted_from.or(Some(*time));
                    inner.watermark = inner.watermark.max(Some(*time));
                }
                Proof::Deleted(keys) => {
                    inner.mark(keys);
                }
                Proof::Compared(found) => inner.compared(found),
                Proof::BackfilledTo { .. } => {}
            }
        }
        inner.commits.push(batch);
        Ok(receipt)
    }

    async fn watermark(&self) -> Outcome<Option<Timestamp>> {
        Ok(self.inner().watermark)
    }

    async fn held(&self, window: Window) -> Outcome<u64> {
        Ok(self.inner().held(window).count() as u64)
    }

    async fn held_keys(&self, window: Window) -> Outcome<Vec<String>> {
        Ok(self.inner().held(window).cloned().collect())
    }

    async fn accounted_from(&self) -> Outcome<Option<Timestamp>> {
        Ok(self.inner().accounted_from)
    }

    async fn ledger(&self, span: Window) -> Outcome<Vec<LedgerWindow>> {
        let mut entries = self.windows();
        entries.retain(|entry| entry.window.to > span.from && entry.window.from < span.to);
        Ok(entries)
    }

    async fn gaps(&self, limit: usize) -> Outcome<Vec<LedgerWindow>> {
        let mut entries = self.windows();
        entries.retain(|entry| entry.state.is_gap());
        entries.reverse();
        entries.truncate(limit);
        Ok(entries)
    }

    async fn due_comparisons(&self, by: Timestamp, limit: usize) -> Outcome<Vec<LedgerWindow>> {
        let mut entries = self.windows();
        entries.retain(|entry| entry.next_compare_at.is_some_and(|next| next <= by));
        entries.reverse();
        entries.truncate(limit);
        Ok(entries)
    }

    async fn next_comparison(&self) -> Outcome<Option<Timestamp>> {
        Ok(self.windows().iter().filter_map(|entry| entry.next_compare_at).min())
    }

    async fn change_ledger(&self, change: LedgerChange) -> Outcome<()> {
        let mut inner = self.inner();
        for window in &change.remove {
            inner.ledger.remove(&(window.from, window.to));
        }
        for entry in change.enter {
            inner.put(entry);
        }
        Ok(())
    }

    async fn expire_ledger(&self, before: Timestamp) -> Outcome<u64> {
        let mut inner = self.inner();
        let mut expired = 0;
        for entry in inner.ledger.values_mut() {
            if entry.window.from < before && entry.state != WindowState::Expired {
                entry.state = WindowState::Expired;
                entry.next_compare_at = None;
                expired += 1;
            }
        }
        Ok(expired)
    }

    async fn mark_deleted(&self, gone: Gone, _: Timestamp) -> Outcome<u64> {
        Ok(self.inner().mark(&gone.calls))
    }

    async fn delete_rows(&self, gone: Gone) -> Outcome<u64> {
        let mut inner = self.inner();
        let deleted = gone.calls.iter().filter(|key| inner.calls.remove(*key).is_some());
        Ok(deleted.count() as u64)
    }

    async fn request_backfill(&self, _: Window) -> Outcome<BackfillRequest> {
        unreachable!("not part of these tests")
    }

    async fn backfill(&self) -> Outcome<Option<BackfillRequest>> {
        Ok(None)
    }

    async fn set_backfill_state(&self, _: i64, _: &'static str) -> Outcome<()> {
        Ok(())
    }

    async fn due_elements(&self, _: usize) -> Outcome<Vec<PendingElements>> {
        Ok(Vec::new())
    }

    async fn next_elements_due(&self) -> Outcome<Option<Timestamp>> {
        Ok(None)
    }

    async fn commit_elements(&self, _: Vec<ElementsFetched>) -> Outcome<Receipt> {
        Ok(Receipt::default())
    }

    async fn queue_missing_elements(&self) -> Outcome<u64> {
        Ok(0)
    }

    async fn directory_count(&self, _: &'static Table) -> Outcome<u64> {
        Ok(0)
    }

    async fn apply_snapshot(&self, _: Snapshot) -> Outcome<SnapshotReceipt> {
        Ok(SnapshotReceipt::default())
    }

    async fn distinct(&self, _: &'static Table, _: &'static str) -> Outcome<Vec<String>> {
        Ok(Vec::new())
    }

    async fn record_sync_run(&self, _: SyncRun) -> Outcome<()> {
        Ok(())
    }

    async fn summary(&self) -> Outcome<Summary> {
        let mut ledger = LedgerTotals::default();
        let windows = self.windows();
        windows.iter().for_each(|entry| ledger.add(entry));
        Ok(Summary {
            gaps: windows.iter().filter(|entry| entry.state.is_gap()).count() as u64,
            ledger,
            ..Summary::default()
        })
    }

    async fn calls(&self, _: &CallFilter, _: Option<CallCursor>, _: usize) -> Outcome<Vec<Record>> {
        Ok(Vec::new())
    }

    async fn call(&self, _: &str) -> Outcome<Option<(Record, Vec<Record>)>> {
        Ok(None)
    }

    async fn directory(&self, _: &DirectoryFilter, _: usize) -> Outcome<Vec<(&'static str, Record)>> {
        Ok(Vec::new())
    }

    async fn probe_write(&self) -> Outcome<()> {
        Ok(())
    }
}
