//! A Zoom that answers from a script and a store that only remembers what was committed.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    domain::{
        account::AccountId,
        call::CALL_HISTORY,
        failure::{Cause, Failure, Fault, Outcome},
        table::{Digest, Parsed, Row, Table, Value},
        window::Window,
    },
    ports::{
        records::{
            BackfillRequest, CallBatch, CallCursor, CallFilter, DirectoryFilter, ElementsFetched, PendingElements,
            Receipt, Record, RecordStore, Snapshot, SnapshotReceipt, Summary, SyncRun,
        },
        zoom::{CallPage, CallQuery, Identity, ListPage, Listing, QuotaUse, ZoomData},
    },
};

/// What the scripted Zoom says next.
pub enum Answer {
    Page(CallPage),
    TokenExpired,
    Unreachable,
}

/// The window every test reads.
pub fn window() -> Window {
    let at = |text: &str| text.parse::<Timestamp>().expect("a time");
    Window::new(at("2026-01-01T00:00:00Z"), at("2026-01-02T00:00:00Z"))
}

/// A page of calls with these keys.
pub fn page(keys: &[&str], next: Option<&str>, total: Option<u64>) -> Answer {
    let rows = keys.iter().map(|key| row(key)).collect();
    // Distinct pages have distinct digests; the same keys with another token are another page here, as at Zoom.
    let mut digest = [0; 16];
    for (position, byte) in keys.concat().bytes().chain(next.unwrap_or("").bytes()).enumerate() {
        digest[position % 16] ^= byte.rotate_left(u32::try_from(position % 8).unwrap_or(0));
    }
    Answer::Page(CallPage {
        parsed: Parsed {
            rows,
            rejected: Vec::new(),
        },
        total_records: total,
        next: next.map(str::to_owned),
        clamped_to: None,
        digest: Digest::from(digest),
    })
}

fn row(key: &str) -> Row {
    let mut values = vec![Value::Null; CALL_HISTORY.columns.len()];
    values[0] = Value::Text(key.to_owned());
    Row {
        values,
        extra: None,
        digest: [0; 16],
    }
}

/// Zoom from a script.
pub struct ScriptedZoom {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<CallQuery>>,
}

impl ScriptedZoom {
    pub fn new(answers: Vec<Answer>) -> Self {
        Self {
            answers: Mutex::new(answers.into()),
            asked: Mutex::default(),
        }
    }

    pub fn windows(&self) -> Vec<Window> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().map(|query| query.window).collect()
    }

    pub fn statuses(&self) -> Vec<Option<&'static str>> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().map(|query| query.recording_status).collect()
    }
}

#[async_trait]
impl ZoomData for ScriptedZoom {
    async fn call_page(&self, _: &AccountId, query: &CallQuery, _: Option<&str>) -> Outcome<CallPage> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(query.clone());
        match self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front() {
            Some(Answer::Page(page)) => Ok(page),
            Some(Answer::TokenExpired) => Err(Failure::PageTokenExpired),
            Some(Answer::Unreachable) => Err(Failure::Retry {
                fault: Fault::new(Cause::Zoom, "zoom_unreachable", "no route"),
                after: None,
            }),
            None => panic!("asked for more pages than the script has"),
        }
    }

    async fn call_elements(&self, _: &AccountId, _: &str) -> Outcome<Parsed> {
        unreachable!("not part of these tests")
    }

    async fn list(&self, _: &AccountId, _: &Listing, _: Option<&str>) -> Outcome<ListPage> {
        unreachable!("not part of these tests")
    }

    async fn whoami(&self, _: &AccountId) -> Outcome<Identity> {
        unreachable!("not part of these tests")
    }

    async fn retry_authorization(&self, _: &AccountId) -> Outcome<Identity> {
        unreachable!("not part of these tests")
    }

    async fn probe_phone(&self, _: &AccountId) -> Outcome<()> {
        Ok(())
    }

    async fn refresh_token(&self, _: &AccountId) -> Outcome<()> {
        Ok(())
    }

    async fn quota(&self, _: &AccountId) -> Vec<QuotaUse> {
        Vec::new()
    }
}

/// A store that remembers commits.
#[derive(Default)]
pub struct MemoryStore(Mutex<Vec<CallBatch>>);

impl MemoryStore {
    pub fn commits(&self) -> Vec<CallBatch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self
            .commits()
            .iter()
            .flat_map(|commit| commit.calls.iter().map(|row| row.key().to_owned()))
            .collect();
        keys.sort();
        keys.dedup();
        keys
    }

    pub fn proofs(&self) -> usize {
        self.commits().iter().map(|commit| commit.proves.len()).sum()
    }
}

#[async_trait]
impl RecordStore for MemoryStore {
    async fn commit_calls(&self, batch: CallBatch) -> Outcome<Receipt> {
        let added = batch.calls.len() as u64;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(batch);
        Ok(Receipt {
            added,
            ..Receipt::default()
        })
    }

    async fn watermark(&self) -> Outcome<Option<Timestamp>> {
        Ok(None)
    }

    async fn held(&self, _: Window) -> Outcome<u64> {
        Ok(0)
    }

    async fn gaps(&self, _: Timestamp, _: usize) -> Outcome<Vec<Window>> {
        Ok(Vec::new())
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
        Ok(Summary::default())
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
