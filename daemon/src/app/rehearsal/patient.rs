//! The record databases as ports that stop the simulated clock while they are waited for: they work on threads of their
//! own, and a clock that jumps whenever nobody is busy would jump over their answers.

use std::sync::{Arc, mpsc};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    domain::{
        account::AccountId,
        failure::Outcome,
        ledger::LedgerWindow,
        retention::{Extent, Person},
        table::Table,
        window::Window,
    },
    ports::{
        records::{
            BackfillRequest, CallBatch, CallCursor, CallFilter, Created, DirectoryFilter, ElementsFetched, Gone,
            LedgerChange, Owner, PendingElements, Receipt, Record, RecordServers, RecordStore, ServerInfo,
            ServerReport, Snapshot, SnapshotReceipt, Summary, SyncRun,
        },
        retention::{Aside, Bundle, Deletion, Disposal, Pile, Replacement, Retained, Selection, Tally},
    },
};

/// The servers.
pub struct Patient(pub Arc<dyn RecordServers>);

/// One database.
struct PatientStore(Arc<dyn RecordStore>);

/// The runtime does not move its clock while a blocking task is at work; one waits as long as the work takes.
async fn standing<T>(work: impl Future<Output = T>) -> T {
    let (over, waits) = mpsc::channel::<()>();
    let held = tokio::task::spawn_blocking(move || waits.recv().is_err());
    let done = work.await;
    drop(over);
    assert!(held.await.expect("it only waited"));
    done
}

#[async_trait]
impl RecordServers for Patient {
    fn list(&self) -> Vec<ServerInfo> {
        self.0.list()
    }
    async fn test(&self, server: &str) -> Outcome<ServerReport> {
        standing(self.0.test(server)).await
    }
    fn check_name(&self, server: &str, database: &str) -> Outcome<()> {
        self.0.check_name(server, database)
    }
    fn ddl(&self, server: &str, database: &str) -> Outcome<String> {
        self.0.ddl(server, database)
    }
    async fn create(&self, server: &str, database: &str, owner: &Owner, adopt: bool) -> Outcome<Created> {
        standing(self.0.create(server, database, owner, adopt)).await
    }
    async fn open(&self, server: &str, database: &str, owner: &AccountId) -> Outcome<Arc<dyn RecordStore>> {
        let store = standing(self.0.open(server, database, owner)).await?;
        Ok(Arc::new(PatientStore(store)))
    }
    async fn close(&self, server: &str, database: &str) {
        standing(self.0.close(server, database)).await;
    }
    async fn remove(&self, server: &str, database: &str, owner: &AccountId) -> Outcome<()> {
        standing(self.0.remove(server, database, owner)).await
    }
}

#[async_trait]
impl RecordStore for PatientStore {
    async fn commit_calls(&self, batch: CallBatch) -> Outcome<Receipt> {
        standing(self.0.commit_calls(batch)).await
    }
    async fn watermark(&self) -> Outcome<Option<Timestamp>> {
        standing(self.0.watermark()).await
    }
    async fn held(&self, window: Window) -> Outcome<u64> {
        standing(self.0.held(window)).await
    }
    async fn held_keys(&self, window: Window) -> Outcome<Vec<String>> {
        standing(self.0.held_keys(window)).await
    }
    async fn accounted_from(&self) -> Outcome<Option<Timestamp>> {
        standing(self.0.accounted_from()).await
    }
    async fn ledger(&self, span: Window) -> Outcome<Vec<LedgerWindow>> {
        standing(self.0.ledger(span)).await
    }
    async fn gaps(&self, limit: usize) -> Outcome<Vec<LedgerWindow>> {
        standing(self.0.gaps(limit)).await
    }
    async fn due_comparisons(&self, by: Timestamp, limit: usize) -> Outcome<Vec<LedgerWindow>> {
        standing(self.0.due_comparisons(by, limit)).await
    }
    async fn next_comparison(&self) -> Outcome<Option<Timestamp>> {
        standing(self.0.next_comparison()).await
    }
    async fn change_ledger(&self, change: LedgerChange) -> Outcome<()> {
        standing(self.0.change_ledger(change)).await
    }
    async fn expire_ledger(&self, before: Timestamp) -> Outcome<u64> {
        standing(self.0.expire_ledger(before)).await
    }
    async fn mark_deleted(&self, gone: Gone, at: Timestamp) -> Outcome<u64> {
        standing(self.0.mark_deleted(gone, at)).await
    }
    async fn delete_rows(&self, gone: Gone) -> Outcome<u64> {
        standing(self.0.delete_rows(gone)).await
    }
    async fn request_backfill(&self, span: Window) -> Outcome<BackfillRequest> {
        standing(self.0.request_backfill(span)).await
    }
    async fn backfill(&self) -> Outcome<Option<BackfillRequest>> {
        standing(self.0.backfill()).await
    }
    async fn set_backfill_state(&self, id: i64, state: &'static str) -> Outcome<()> {
        standing(self.0.set_backfill_state(id, state)).await
    }
    async fn due_elements(&self, limit: usize) -> Outcome<Vec<PendingElements>> {
        standing(self.0.due_elements(limit)).await
    }
    async fn next_elements_due(&self) -> Outcome<Option<Timestamp>> {
        standing(self.0.next_elements_due()).await
    }
    async fn commit_elements(&self, fetched: Vec<ElementsFetched>) -> Outcome<Receipt> {
        standing(self.0.commit_elements(fetched)).await
    }
    async fn queue_missing_elements(&self) -> Outcome<u64> {
        standing(self.0.queue_missing_elements()).await
    }
    async fn directory_count(&self, table: &'static Table) -> Outcome<u64> {
        standing(self.0.directory_count(table)).await
    }
    async fn apply_snapshot(&self, snapshot: Snapshot) -> Outcome<SnapshotReceipt> {
        standing(self.0.apply_snapshot(snapshot)).await
    }
    async fn distinct(&self, table: &'static Table, column: &'static str) -> Outcome<Vec<String>> {
        standing(self.0.distinct(table, column)).await
    }
    async fn record_sync_run(&self, run: SyncRun) -> Outcome<()> {
        standing(self.0.record_sync_run(run)).await
    }
    async fn summary(&self) -> Outcome<Summary> {
        standing(self.0.summary()).await
    }
    async fn calls(&self, filter: &CallFilter, cursor: Option<CallCursor>, limit: usize) -> Outcome<Vec<Record>> {
        standing(self.0.calls(filter, cursor, limit)).await
    }
    async fn call(&self, call_history_uuid: &str) -> Outcome<Option<(Record, Vec<Record>)>> {
        standing(self.0.call(call_history_uuid)).await
    }
    async fn directory(&self, filter: &DirectoryFilter, limit: usize) -> Outcome<Vec<(&'static str, Record)>> {
        standing(self.0.directory(filter, limit)).await
    }
    async fn probe_write(&self) -> Outcome<()> {
        standing(self.0.probe_write()).await
    }
}

#[async_trait]
impl Retained for PatientStore {
    async fn tally(&self, which: &Selection) -> Outcome<Tally> {
        standing(self.0.tally(which)).await
    }
    async fn keys(&self, which: &Selection, after: Option<CallCursor>, limit: usize) -> Outcome<Vec<CallCursor>> {
        standing(self.0.keys(which, after, limit)).await
    }
    async fn bundles(&self, keys: &[String]) -> Outcome<Vec<Bundle>> {
        standing(self.0.bundles(keys)).await
    }
    async fn put(&self, bundles: Vec<Bundle>, counted: Option<&str>, rewritten: bool) -> Outcome<()> {
        standing(self.0.put(bundles, counted, rewritten)).await
    }
    async fn delete(&self, what: Deletion, run: &str) -> Outcome<Tally> {
        standing(self.0.delete(what, run)).await
    }
    async fn pile(&self, pile: Pile, before: Timestamp, holds: &[Extent]) -> Outcome<(u64, u64)> {
        standing(self.0.pile(pile, before, holds)).await
    }
    async fn clear(&self, pile: Pile, before: Timestamp, holds: &[Extent], limit: usize, run: &str) -> Outcome<u64> {
        standing(self.0.clear(pile, before, holds, limit, run)).await
    }
    async fn forget_deleted(&self) -> Outcome<()> {
        standing(self.0.forget_deleted()).await
    }
    async fn begin(&self, disposal: &Disposal) -> Outcome<Disposal> {
        standing(self.0.begin(disposal)).await
    }
    async fn add_history(&self, run: &str, rows: u64) -> Outcome<()> {
        standing(self.0.add_history(run, rows)).await
    }
    async fn end(&self, run: &str, held: u64) -> Outcome<Option<Disposal>> {
        standing(self.0.end(run, held)).await
    }
    async fn disposals(&self, kind: &str, limit: usize) -> Outcome<Vec<Disposal>> {
        standing(self.0.disposals(kind, limit)).await
    }
    async fn aside(&self, person: &Person, holds: &[Extent], after: i64, limit: usize) -> Outcome<Vec<Aside>> {
        standing(self.0.aside(person, holds, after, limit)).await
    }
    async fn blank_aside(&self, ids: &[i64], json: &str, run: &str) -> Outcome<()> {
        standing(self.0.blank_aside(ids, json, run)).await
    }
    async fn replace(&self, entries: Vec<Replacement>, run: &str) -> Outcome<()> {
        standing(self.0.replace(entries, run)).await
    }
}
