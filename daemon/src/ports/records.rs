//! What the use cases need of the record databases.

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use crate::domain::{
    account::AccountId,
    failure::Outcome,
    ledger::{LedgerTotals, LedgerWindow, WindowState},
    table::{Rejected, Row, Table, Value},
    window::Window,
};

/// Version of the schema that this build makes and reads.
pub const SCHEMA_VERSION: u32 = 5;

/// Every configured database server.
#[async_trait]
pub trait RecordServers: Send + Sync {
    /// Name, kind, location.
    fn list(&self) -> Vec<ServerInfo>;

    /// Whether it can be used.
    async fn test(&self, server: &str) -> Outcome<ServerReport>;

    /// Checks that `database` is a possible name on `server`.
    ///
    /// # Errors
    /// No such server, or the name is not allowed there.
    fn check_name(&self, server: &str, database: &str) -> Outcome<()>;

    /// The statements that create the database; needs no server.
    fn ddl(&self, server: &str, database: &str) -> Outcome<String>;

    /// Creates the database for `owner`, or finds that it is there already. Idempotent.
    async fn create(&self, server: &str, database: &str, owner: &Owner, adopt: bool) -> Outcome<Created>;

    /// Opens the database of `owner`; migrates an older schema. Cached: the same store is returned while it is open.
    async fn open(&self, server: &str, database: &str, owner: &AccountId) -> Outcome<Arc<dyn RecordStore>>;

    /// Closes the database if it is open: checkpoints and releases its files.
    async fn close(&self, server: &str, database: &str);

    /// Removes the database of `owner` for good; where others have tables beside ours, only ours go. Repeating it is
    /// harmless, and one that is gone is removed.
    ///
    /// # Errors
    /// It is another account's or not ours at all, or the server failed.
    async fn remove(&self, server: &str, database: &str, owner: &AccountId) -> Outcome<()>;
}

/// Whose database it is. Written into the database, so that it can never be taken for another account's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Our own id.
    pub account: AccountId,
    /// Zoom's account id, when known; it recognises a database whose daemon state was lost.
    pub zoom_account_id: Option<String>,
}

/// A configured server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// Unique name.
    pub name: String,
    /// `sqlite` or `sqlserver`.
    pub kind: &'static str,
    /// Directory, or host and port.
    pub location: String,
}

/// Result of `server test`.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerReport {
    /// Engine and version.
    pub version: String,
    /// What may be done.
    pub permissions: Vec<String>,
    /// What is missing.
    pub missing_permissions: Vec<String>,
    /// Free space in bytes.
    pub free_bytes: Option<u64>,
    /// How long a trivial statement took.
    pub round_trip: Duration,
    /// What only a server over the network can tell.
    pub facts: Option<ServerFacts>,
}

/// What a database server over the network tells about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerFacts {
    /// `SQL Server`, `SQL Server Express`, `Azure SQL Database`, `Babelfish for PostgreSQL` …
    pub product: String,
    /// Edition as the server names it.
    pub edition: Option<String>,
    /// Bytes that the data files of one database may have, where the edition limits them.
    pub size_limit_bytes: Option<u64>,
    /// How the connection is protected.
    pub tls: String,
    /// Default collation of the server.
    pub collation: Option<String>,
    /// How far its clock is ahead of ours, in seconds.
    pub clock_skew_seconds: Option<f64>,
}

/// Result of [`RecordServers::create`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// False when it was there already.
    pub created: bool,
    /// Version of its schema.
    pub schema_version: u32,
}

/// A batch of calls of one window, committed in one transaction with what it proves.
#[derive(Debug, Clone, Default)]
pub struct CallBatch {
    /// Calls, as `CALL_HISTORY` rows.
    pub calls: Vec<Row>,
    /// Records without a key.
    pub rejected: Vec<Rejected>,
    /// Put new and changed calls on the element backlog.
    pub want_elements: bool,
    /// What is true once this batch is committed.
    pub proves: Vec<Proof>,
}

/// What a commit proves. It is stored in the same transaction as the rows, so a crash can neither lose nor repeat it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// Polling has seen every call that ended before this instant and was published by now. May stay unwritten for
    /// up to an hour while nothing changes: re-reading is harmless, writing on every idle poll is not.
    Watermark(Timestamp),
    /// These calls are no longer at Zoom: their rows are marked before the windows of this batch are counted.
    Deleted(Vec<String>),
    /// A window of the ledger was compared with Zoom. An expired one stays expired.
    Compared(Comparison),
    /// The backfill with this id has everything from here to its end.
    BackfilledTo {
        /// Id of the request.
        id: i64,
        /// Everything from here on is collected.
        done_until: Timestamp,
    },
}

impl Proof {
    /// The window of the ledger that it enters.
    #[must_use]
    pub const fn window(&self) -> Option<Window> {
        match self {
            Self::Compared(found) => Some(found.window),
            Self::Watermark(_) | Self::Deleted(_) | Self::BackfilledTo { .. } => None,
        }
    }
}

/// What a comparison of a window found. Whether the window is complete is decided by what is held once the batch is
/// stored: as many as Zoom's total, or as many received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The window.
    pub window: Window,
    /// What Zoom said the total is.
    pub zoom_total: ZoomTotal,
    /// Distinct records received, when the window was read as a whole.
    pub received: Option<u64>,
    /// Zoom sent less than it has, or answered for less than was asked: then the window is not complete, whatever is
    /// held.
    pub short: bool,
    /// How many of [`AGES`](crate::domain::ledger::AGES) the window has reached.
    pub stage: u8,
    /// When to compare next if it is complete.
    pub next_if_complete: Option<Timestamp>,
    /// When to compare next if it is not.
    pub next_if_incomplete: Timestamp,
    /// Comparisons in a row that left it incomplete, this one included, if it does.
    pub attempts: u32,
    /// Calls that this comparison found to be deleted at Zoom.
    pub deleted: u64,
    /// What was noteworthy; nothing keeps the last note.
    pub note: Option<String>,
}

impl Comparison {
    /// What the entry says once `held` calls are held: total, state, next comparison, attempts.
    #[must_use]
    pub fn settle(&self, held: u64) -> (Option<u64>, WindowState, Option<Timestamp>, u32) {
        let total = match self.zoom_total {
            ZoomTotal::Said(total) => Some(total),
            ZoomTotal::AsHeld => Some(held),
            ZoomTotal::Unknown => None,
        };
        let has_all = |total| held.max(self.received.unwrap_or(0)) >= total;
        let state = match total {
            _ if self.short => WindowState::Incomplete,
            None => WindowState::Unverified,
            Some(total) if has_all(total) => WindowState::Complete,
            Some(_) => WindowState::Incomplete,
        };
        if state == WindowState::Incomplete {
            (total, state, Some(self.next_if_incomplete), self.attempts)
        } else {
            (total, state, self.next_if_complete, 0)
        }
    }
}

/// A total of Zoom's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZoomTotal {
    /// As Zoom said it.
    Said(u64),
    /// What is held: Zoom's total of a larger span was received as a whole.
    AsHeld,
    /// Zoom named none.
    Unknown,
}

/// Changes of the ledger that need no request to Zoom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerChange {
    /// Entries that go; others take their place.
    pub remove: Vec<Window>,
    /// Entries as they are to be; what is held is counted when they are stored. An expired one stays expired.
    pub enter: Vec<LedgerWindow>,
}

/// What a person, or Zoom's webhook, names as deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gone {
    /// `call_history_uuid`s; their elements go with them.
    pub calls: Vec<String>,
    /// `call_element_id`s, in whichever calls.
    pub elements: Vec<String>,
}

impl Gone {
    /// Whether it names nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.elements.is_empty()
    }
}

/// What a commit did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Rows that were new.
    pub added: u64,
    /// Rows whose content differed.
    pub changed: u64,
    /// Rows that were there already; they cost no write.
    pub unchanged: u64,
    /// Records newly kept aside.
    pub rejected: u64,
}

impl std::ops::AddAssign for Receipt {
    fn add_assign(&mut self, other: Self) {
        self.added += other.added;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        self.rejected += other.rejected;
    }
}

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

/// Where the embedded server keeps a database.
#[must_use]
pub fn sqlite_path(directory: &std::path::Path, database: &str) -> PathBuf {
    directory.join(format!("{database}.db"))
}
