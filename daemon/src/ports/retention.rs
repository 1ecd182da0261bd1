//! What retention needs: holds and erasures that outlive the daemon, and a record database that counts, copies and
//! deletes.

use async_trait::async_trait;
use jiff::Timestamp;

use super::records::{CallCursor, Record};
use crate::domain::{
    account::AccountId,
    failure::Outcome,
    retention::{Cutoffs, Extent, Person},
    table::{Digest, Table, Value},
};

/// A legal hold: what it covers is neither purged, archived, erased nor removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Opaque, sortable by creation.
    pub id: String,
    /// The account.
    pub account: AccountId,
    /// What it covers.
    pub extent: Extent,
    /// Why.
    pub reason: String,
    /// Who placed it.
    pub placed_by: String,
    /// When.
    pub placed_at: Timestamp,
}

/// Holds. Durable before a method returns.
#[async_trait]
pub trait HoldBook: Send + Sync {
    /// Places one.
    async fn add_hold(&self, hold: Hold) -> Outcome<()>;
    /// Those in force, oldest first; of one account or of all.
    async fn holds(&self, account: Option<&AccountId>) -> Outcome<Vec<Hold>>;
    /// One in force. `Cause::NotFound`, code `hold_not_found`.
    async fn hold(&self, id: &str) -> Outcome<Hold>;
    /// Ends one. `Cause::NotFound`, code `hold_not_found`.
    async fn release_hold(&self, id: &str) -> Outcome<()>;
}

/// Which calls, by their relation to holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    /// Whether held or not.
    #[default]
    Both,
    /// Only what no hold covers.
    Free,
    /// Only what a hold covers.
    Held,
}

/// Which calls. A call without an end is as old as our first sight of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Ended at or after.
    pub from: Option<Timestamp>,
    /// Ended before.
    pub before: Option<Timestamp>,
    /// Holds in force.
    pub holds: Vec<Extent>,
    /// Which side of them.
    pub side: Side,
    /// Only calls in which this person takes part, in the call itself or in one of its elements.
    pub person: Option<Person>,
    /// Only calls whose elements are no longer waited for.
    pub settled: bool,
    /// Only calls that have elements.
    pub with_elements: bool,
}

/// Calls and elements counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls.
    pub calls: u64,
    /// Elements.
    pub elements: u64,
}

impl Tally {
    /// Rows of both.
    #[must_use]
    pub const fn rows(self) -> u64 {
        self.calls + self.elements
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.elements += other.elements;
    }
}

/// A call with all of its elements, every column as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    /// Row of `call_history`.
    pub call: Record,
    /// Rows of `call_element`.
    pub elements: Vec<Record>,
}

impl Bundle {
    /// The key of the call.
    #[must_use]
    pub fn key(&self) -> &str {
        self.call
            .iter()
            .find(|(name, _)| *name == "call_history_uuid")
            .and_then(|(_, value)| value.as_text())
            .unwrap_or_default()
    }
}

/// What is deleted at once, in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deletion {
    /// Calls with everything that belongs to them.
    Calls(Vec<String>),
    /// The elements of calls; the calls stay.
    Elements(Vec<String>),
    /// Calls as [`Deletion::Calls`], but only those that are still what a copy was compared with.
    Copied(Vec<(String, Digest)>),
}

/// Rows beside the calls that grow old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pile {
    /// Records without a key, by when they were first seen.
    Rejected,
    /// Entries of a directory table that vanished.
    Directory(&'static Table),
    /// All entries of a directory table, those that are present among them, however old.
    Entries(&'static Table),
    /// Runs of sync.
    SyncRuns,
    /// Backfill requests that are over.
    Backfills,
}

/// A run that disposed of rows, as the database itself remembers it. Its counts change in the transactions that change
/// the rows: they are true whenever the daemon dies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disposal {
    /// The same for the whole run, however often it was interrupted.
    pub id: String,
    /// `purge`, `archive`, `restore`, `erase`.
    pub kind: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
    /// Before when rows were too old.
    pub cutoffs: Cutoffs,
    /// Calls and elements.
    pub tally: Tally,
    /// Records without a key.
    pub rejected: u64,
    /// Directory entries.
    pub directory: u64,
    /// Runs and requests.
    pub history: u64,
    /// Rows that holds kept.
    pub held: u64,
}

impl Disposal {
    /// One that begins.
    #[must_use]
    pub fn new(id: String, kind: &str, started_at: Timestamp, cutoffs: Cutoffs) -> Self {
        Self {
            id,
            kind: kind.to_owned(),
            started_at,
            finished_at: None,
            cutoffs,
            tally: Tally::default(),
            rejected: 0,
            directory: 0,
            history: 0,
            held: 0,
        }
    }

    /// All rows.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.tally.rows() + self.rejected + self.directory + self.history
    }
}

/// A directory entry that takes the place of another.
#[derive(Debug, Clone, PartialEq)]
pub struct Replacement {
    /// Its table.
    pub table: &'static Table,
    /// The key columns of the row it replaces, in the order of the stored key.
    pub place: Vec<Value>,
    /// Every column.
    pub record: Record,
}

/// A record without a key, as it is kept aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// Its number in the database.
    pub id: i64,
    /// Table it was meant for.
    pub entity: String,
    /// Why it could not be stored there.
    pub reason: String,
    /// As Zoom sent it.
    pub json: String,
    /// When it came first.
    pub first_seen_at: Option<Timestamp>,
    /// A hold covers it.
    pub is_held: bool,
}

/// A record database as retention sees it. Every method that writes is one short transaction: collection waits for one
/// at most.
#[async_trait]
pub trait Retained: Send + Sync {
    /// How many there are.
    async fn tally(&self, which: &Selection) -> Outcome<Tally>;

    /// Keys of calls, oldest first, those without an end last, after a cursor; at most `limit`.
    async fn keys(&self, which: &Selection, after: Option<CallCursor>, limit: usize) -> Outcome<Vec<CallCursor>>;

    /// Calls by key, with their elements; those that are not there are left out.
    async fn bundles(&self, keys: &[String]) -> Outcome<Vec<Bundle>>;

    /// Stores calls with their elements exactly as they are, in place of what has the same key. Rows that were not there
    /// before are added to the counts of the run `counted`; with `rewritten`, all of them.
    async fn put(&self, bundles: Vec<Bundle>, counted: Option<&str>, rewritten: bool) -> Outcome<()>;

    /// Deletes, and adds what was deleted to the counts of a run.
    async fn delete(&self, what: Deletion, run: &str) -> Outcome<Tally>;

    /// How many rows of a pile are older than `before`: those that no hold covers, and those that one does.
    async fn pile(&self, pile: Pile, before: Timestamp, holds: &[Extent]) -> Outcome<(u64, u64)>;

    /// Deletes at most `limit` rows of a pile that no hold covers, and adds them to the counts of a run.
    async fn clear(&self, pile: Pile, before: Timestamp, holds: &[Extent], limit: usize, run: &str) -> Outcome<u64>;

    /// Overwrites what was deleted, where an engine leaves it lying in its file. Takes as long as writing all that is
    /// left: nobody may be waiting for the database.
    async fn forget_deleted(&self) -> Outcome<()> {
        Ok(())
    }

    /// Begins a run, or finds the one with this id. What a purge or an archive will take leaves the ledger first: its
    /// windows are expired, and calls that ended before are not taken in again.
    async fn begin(&self, disposal: &Disposal) -> Outcome<Disposal>;

    /// Adds rows of our own history that were deleted elsewhere to a run.
    async fn add_history(&self, run: &str, rows: u64) -> Outcome<()>;

    /// Ends a run; nothing when the database knows none with this id.
    async fn end(&self, run: &str, held: u64) -> Outcome<Option<Disposal>>;

    /// Runs, newest first.
    async fn disposals(&self, kind: &str, limit: usize) -> Outcome<Vec<Disposal>>;

    /// Records kept aside that may name a person, in the order of their ids, after one; at most `limit`. Whether they
    /// do is for the caller to see: here any text that contains what the person is known by counts.
    async fn aside(&self, person: &Person, holds: &[Extent], after: i64, limit: usize) -> Outcome<Vec<Aside>>;

    /// Puts `json` in the place of what these records were, and counts them for a run. They stay known: the same record
    /// is not kept again.
    async fn blank_aside(&self, ids: &[i64], json: &str, run: &str) -> Outcome<()>;

    /// Puts directory entries in the places of others, and counts them for a run.
    async fn replace(&self, entries: Vec<Replacement>, run: &str) -> Outcome<()>;
}

/// What the daemon itself remembers of an account's past work.
#[async_trait]
pub trait OwnHistory: Send + Sync {
    /// Jobs that ended before.
    async fn old_jobs(&self, account: &AccountId, before: Timestamp) -> Outcome<u64>;
    /// Forgets them; returns how many there were.
    async fn forget_jobs(&self, account: &AccountId, before: Timestamp) -> Outcome<u64>;
}

/// Persons who were erased, by a keyed hash: nobody can read from it who they were, and they are recognised when they
/// come again.
#[async_trait]
pub trait ErasureBook: Send + Sync {
    /// Notes that a person is to be erased. Until [`ErasureBook::erased`] the person is kept, sealed, so that the work
    /// can carry on after a crash.
    async fn ask_erasure(&self, id: &str, account: &AccountId, person: &Person, at: Timestamp) -> Outcome<()>;
    /// The person of a request that is not finished, and when it was asked.
    async fn asked(&self, id: &str) -> Outcome<Option<(Person, Timestamp)>>;
    /// The work is done: from now on only the hash is kept.
    async fn erased(&self, id: &str) -> Outcome<()>;
    /// When this person of an account was erased; nothing when they were not. Answers from memory.
    fn was_erased(&self, account: &AccountId, person: &Person) -> Option<Timestamp>;
    /// What stands for a person where something must. Nobody can read from it who it was.
    fn pseudonym(&self, account: &AccountId, person: &Person) -> String;
    /// Whether anybody of the account was erased. Answers from memory.
    fn has_erasures(&self, account: &AccountId) -> bool;
}
