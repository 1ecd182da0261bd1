//! What the use cases need of the record databases.

mod commit;
mod servers;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

pub use self::{
    commit::{CallBatch, Comparison, Gone, LedgerChange, Proof, Receipt, ZoomTotal},
    servers::{Created, Owner, RecordServers, ServerFacts, ServerInfo, ServerReport, sqlite_path},
};
use crate::domain::{
    failure::Outcome,
    ledger::{LedgerTotals, LedgerWindow},
    table::{Rejected, Row, Table, Value},
    window::Window,
};

/// Version of the schema that this build makes and reads.
pub const SCHEMA_VERSION: u32 = 5;

/// A backfill request as the database holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackfillRequest {
    /// Id.
    pub id: i64,
    /// The span asked for.
    pub span: Window,
    /// Everything from here to the end is collected.
    pub done_until: Timestamp,
    /// `queued`, `running`, `paused`, `done`, `cancelled`.
    pub state: String,
}

impl BackfillRequest {
    /// Whether it is still to be worked on.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        matches!(self.state.as_str(), "queued" | "running" | "paused")
    }
}

/// Counts for `cdr show`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// End time of the newest call.
    pub newest_record_end_time: Option<Timestamp>,
    /// Calls.
    pub records: u64,
    /// Calls that were held once and were purged, or are in the archive.
    pub disposed: u64,
    /// Elements.
    pub elements: u64,
    /// Calls whose elements are still to be fetched.
    pub elements_pending: u64,
    /// Windows known to be incomplete, those that Zoom cannot fill any more among them.
    pub gaps: u64,
    /// Records kept aside.
    pub rejected: u64,
    /// The ledger in numbers.
    pub ledger: LedgerTotals,
    /// Bytes of the data files, where the engine tells.
    pub bytes: Option<u64>,
    /// The newest unfinished backfill request, else the newest of all.
    pub backfill: Option<BackfillRequest>,
}

/// A call whose elements are to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingElements {
    /// The call.
    pub call_history_uuid: String,
    /// How often it was tried.
    pub attempts: u32,
}

impl PendingElements {
    /// The longest that an attempt puts the next one off.
    pub const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(24);

    /// The latest time to which one can be put off now.
    #[must_use]
    pub fn latest(now: Timestamp) -> Timestamp {
        now.saturating_add(Self::LONGEST_WAIT).unwrap_or(Timestamp::MAX)
    }
}

/// What became of a fetch of elements.
#[derive(Debug, Clone)]
pub enum ElementsFetched {
    /// They are here: rows of `CALL_ELEMENT`. Replaces those of the call.
    Rows {
        /// The call.
        call_history_uuid: String,
        /// Its elements.
        rows: Vec<Row>,
        /// Elements without a key.
        rejected: Vec<Rejected>,
    },
    /// Not there yet: try again then.
    Later {
        /// The call.
        call_history_uuid: String,
        /// When to try again.
        at: Timestamp,
    },
    /// Given up: Zoom has none; the reason stays in the backlog row.
    Never {
        /// The call.
        call_history_uuid: String,
        /// Why.
        reason: String,
    },
}

/// All rows of one directory table, as Zoom has them now.
#[derive(Debug)]
pub struct Snapshot {
    /// The table.
    pub table: &'static Table,
    /// Its rows.
    pub rows: Vec<Row>,
    /// Records without a key.
    pub rejected: Vec<Rejected>,
    /// Whether what is not in `rows` is really gone. False for a listing that failed part-way or shrank suspiciously:
    /// then nobody is removed.
    pub complete: bool,
}

/// What applying a snapshot did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SnapshotReceipt {
    /// Present now.
    pub total: u64,
    /// New.
    pub added: u64,
    /// Different.
    pub changed: u64,
    /// Marked as removed.
    pub removed: u64,
}

/// Filters of a list of calls; all must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// Ended at or after.
    pub from: Option<Timestamp>,
    /// Ended before.
    pub to: Option<Timestamp>,
    /// Either party's number or extension; digits compared.
    pub number: Option<String>,
    /// Part of either party's e-mail or name, case-insensitive.
    pub user: Option<String>,
    /// Name or extension id of a queue on either side.
    pub queue: Option<String>,
    /// Name or id of a site.
    pub site: Option<String>,
    /// `inbound` or `outbound`.
    pub direction: Option<String>,
    /// `call_result`.
    pub result: Option<String>,
    /// Seconds.
    pub min_duration: Option<u64>,
}

/// A stored record with every column under its name, in the order of the table.
pub type Record = Vec<(&'static str, Value)>;

/// Where a page of calls ended, to carry on from: end time and key of its last record.
pub type CallCursor = (Option<Timestamp>, String);

/// Filters of a list of directory entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DirectoryFilter {
    /// One table; all when absent.
    pub table: Option<&'static str>,
    /// Text that a name, e-mail, number, extension or id contains, case-insensitive.
    pub text: Option<String>,
    /// Also what vanished at Zoom.
    pub removed: bool,
    /// Also inside what columns hold as JSON, and in what has no column.
    pub nested: bool,
}

/// One run of sync as the database keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncRun {
    /// Id of the job.
    pub id: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// `succeeded`, `partial`, `failed`.
    pub outcome: &'static str,
    /// Counts by entity, as JSON.
    pub entities: String,
    /// Why it failed, or what is missing.
    pub error: Option<String>,
}

/// One account's primary database.
#[async_trait]
pub trait RecordStore: super::retention::Retained {
    /// Stores a batch, the element backlog and the proofs in one transaction. A batch that changes nothing writes nothing.
    async fn commit_calls(&self, batch: CallBatch) -> Outcome<Receipt>;

    /// How far polling has got.
    async fn watermark(&self) -> Outcome<Option<Timestamp>>;

    /// Counts the calls that ended in the window and that Zoom has not deleted.
    async fn held(&self, window: Window) -> Outcome<u64>;

    /// Their keys.
    async fn held_keys(&self, window: Window) -> Outcome<Vec<String>>;

    /// From when on every closed hour has a place in the ledger: the first watermark.
    async fn accounted_from(&self) -> Outcome<Option<Timestamp>>;

    /// Entries of the ledger that overlap the span, oldest first.
    async fn ledger(&self, span: Window) -> Outcome<Vec<LedgerWindow>>;

    /// Entries that are gaps, newest first, at most `limit`.
    async fn gaps(&self, limit: usize) -> Outcome<Vec<LedgerWindow>>;

    /// Entries that are to be compared by then, newest first, at most `limit`.
    async fn due_comparisons(&self, by: Timestamp, limit: usize) -> Outcome<Vec<LedgerWindow>>;

    /// When the next entry is to be compared.
    async fn next_comparison(&self) -> Outcome<Option<Timestamp>>;

    /// Changes the ledger in one transaction.
    async fn change_ledger(&self, change: LedgerChange) -> Outcome<()>;

    /// Marks entries that begin before `before` as expired: their calls are purged or archived. Returns how many.
    async fn expire_ledger(&self, before: Timestamp) -> Outcome<u64>;

    /// Marks rows as deleted at Zoom; those marked already keep their time. They stay, and return to life when Zoom
    /// lists them again. Returns how many calls and elements were marked.
    async fn mark_deleted(&self, gone: Gone, at: Timestamp) -> Outcome<u64>;

    /// Deletes rows for good. Returns how many calls and elements were deleted.
    async fn delete_rows(&self, gone: Gone) -> Outcome<u64>;

    /// Asks for a backfill. An unfinished one within its span is cancelled by it, one with the same span is continued,
    /// others are left to be worked off after it.
    async fn request_backfill(&self, span: Window) -> Outcome<BackfillRequest>;

    /// The newest unfinished backfill request, else the newest of all.
    async fn backfill(&self) -> Outcome<Option<BackfillRequest>>;

    /// Sets the state of a backfill request.
    async fn set_backfill_state(&self, id: i64, state: &'static str) -> Outcome<()>;

    /// Calls whose elements are due, newest call first. What is put off for longer than [`PendingElements::LONGEST_WAIT`] was
    /// put off while the clock was wrong, and is due too.
    async fn due_elements(&self, limit: usize) -> Outcome<Vec<PendingElements>>;

    /// When the next elements are due, when none is due now.
    async fn next_elements_due(&self) -> Outcome<Option<Timestamp>>;

    /// Stores fetched elements and updates the backlog in one transaction.
    async fn commit_elements(&self, fetched: Vec<ElementsFetched>) -> Outcome<Receipt>;

    /// Puts every call without elements on the backlog (elements were switched on later).
    async fn queue_missing_elements(&self) -> Outcome<u64>;

    /// Rows of a table that are present now (not removed, membership current).
    async fn directory_count(&self, table: &'static Table) -> Outcome<u64>;

    /// Applies a snapshot in one transaction: upsert by digest, tombstones, validity of memberships.
    async fn apply_snapshot(&self, snapshot: Snapshot) -> Outcome<SnapshotReceipt>;

    /// Distinct non-empty values of a column over rows present now (departments, cost centres).
    async fn distinct(&self, table: &'static Table, column: &'static str) -> Outcome<Vec<String>>;

    /// Keeps a run of sync.
    async fn record_sync_run(&self, run: SyncRun) -> Outcome<()>;

    /// Counts for `cdr show`; must stay cheap at ten million calls.
    async fn summary(&self) -> Outcome<Summary>;

    /// Calls, newest first, after `cursor`; at most `limit`.
    async fn calls(&self, filter: &CallFilter, cursor: Option<CallCursor>, limit: usize) -> Outcome<Vec<Record>>;

    /// One call with its elements.
    async fn call(&self, call_history_uuid: &str) -> Outcome<Option<(Record, Vec<Record>)>>;

    /// Directory entries: table name and record; at most `limit`.
    async fn directory(&self, filter: &DirectoryFilter, limit: usize) -> Outcome<Vec<(&'static str, Record)>>;

    /// Writes and deletes a probe row in one transaction each: proof that collection can write.
    async fn probe_write(&self) -> Outcome<()>;

    /// Gives the reporting role the right to read, or takes it away. Engines without roles have nobody to give it to:
    /// whoever reads a SQLite file reads it by the rights of the file.
    async fn set_reporting(&self, allowed: bool) -> Outcome<()> {
        let _ = allowed;
        Ok(())
    }
}
