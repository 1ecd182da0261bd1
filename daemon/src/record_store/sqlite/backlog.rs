//! The element backlog: which calls still need their elements, newest call first.

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, OptionalExtension};

use super::{
    counters::Counted,
    row,
    writer::{WriteSide, Writing},
};
use crate::{
    ports::records::PendingElements,
    record_store::{
        error::Error,
        schema::bookkeeping::{GIVEN_UP, PENDING},
    },
};

/// The plus keeps SQLite from the index on next_attempt_at: it would sort a backlog of millions at every turn, while
/// the walk over the newest calls ends after a few.
pub(super) const DUE: &str = "SELECT call_history_uuid, attempts FROM element_backlog
    WHERE state = 'pending' AND (+next_attempt_at <= ?1 OR +next_attempt_at > ?3) ORDER BY call_end_time DESC LIMIT ?2";

/// When the next entry is due: the first of an index.
pub(super) const NEXT_DUE: &str = "SELECT MIN(next_attempt_at) FROM element_backlog WHERE state = 'pending'";

/// Rows of `call_history` that one transaction looks at when elements are switched on later; collection waits that long.
const MISSING_CHUNK: i64 = 20_000;

/// Puts calls on the backlog.
pub(super) struct Queue<'a> {
    writing: &'a Writing<'a>,
    find: CachedStatement<'a>,
    put: CachedStatement<'a>,
    /// How many pending entries there are more than before.
    pub added: i64,
}

impl<'a> Queue<'a> {
    /// Prepares the statements.
    pub fn new(writing: &'a Writing<'a>) -> Result<Self, Error> {
        let find = writing
            .transaction
            .prepare_cached("SELECT state FROM element_backlog WHERE call_history_uuid = ?1")
            .map_err(writing.failed())?;
        let put = writing
            .transaction
            .prepare_cached(
                "INSERT INTO element_backlog (call_history_uuid, call_end_time, state, attempts, next_attempt_at, queued_at)
                 VALUES (?1, ?2, ?3, 0, ?4, ?4)
                 ON CONFLICT (call_history_uuid) DO UPDATE SET call_end_time = excluded.call_end_time,
                   state = excluded.state, attempts = 0, next_attempt_at = excluded.next_attempt_at,
                   queued_at = excluded.queued_at, reason = NULL",
            )
            .map_err(writing.failed())?;
        Ok(Self {
            writing,
            find,
            put,
            added: 0,
        })
    }

    /// Adds a call, or starts over with one that is there.
    pub fn add(&mut self, call: &str, end_time: Option<Timestamp>) -> Result<(), Error> {
        let mut one = || -> rusqlite::Result<bool> {
            let state: Option<String> = self.find.query_row([call], |row| row.get(0)).optional()?;
            self.put
                .execute((call, end_time.map(row::time_text), PENDING, &self.writing.now_text))?;
            Ok(state.as_deref() != Some(PENDING))
        };
        if one().map_err(self.writing.failed())? {
            self.added += 1;
        }
        Ok(())
    }
}

/// Entries that are due, newest call first.
pub(super) fn due(connection: &Connection, now: Timestamp, limit: usize) -> rusqlite::Result<Vec<PendingElements>> {
    let mut statement = connection.prepare_cached(DUE)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let parameters = (row::time_text(now), limit, row::time_text(PendingElements::latest(now)));
    let rows = statement.query_map(parameters, |row| {
        Ok(PendingElements {
            call_history_uuid: row.get(0)?,
            attempts: row.get(1)?,
        })
    })?;
    rows.collect()
}

/// When the next entry is due.
pub(super) fn next_due(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    connection
        .prepare_cached(NEXT_DUE)?
        .query_row([], |row| row::time(row, 0))
}

/// Takes a call off the backlog; returns whether it was pending.
pub(super) fn remove(writing: &Writing<'_>, call: &str) -> rusqlite::Result<bool> {
    let state: Option<String> = writing
        .transaction
        .prepare_cached("DELETE FROM element_backlog WHERE call_history_uuid = ?1 RETURNING state")?
        .query_row([call], |row| row.get(0))
        .optional()?;
    Ok(state.as_deref() == Some(PENDING))
}

/// Tries again later.
pub(super) fn postpone(writing: &Writing<'_>, call: &str, at: Timestamp) -> rusqlite::Result<()> {
    writing
        .transaction
        .prepare_cached(
            "UPDATE element_backlog SET attempts = attempts + 1, next_attempt_at = ?2
             WHERE call_history_uuid = ?1 AND state = 'pending'",
        )?
        .execute((call, row::time_text(at)))?;
    Ok(())
}

/// Keeps the entry for its reason only; returns whether it was pending.
pub(super) fn give_up(writing: &Writing<'_>, call: &str, reason: &str) -> rusqlite::Result<bool> {
    let changed = writing
        .transaction
        .prepare_cached(
            "UPDATE element_backlog SET attempts = attempts + 1, state = ?2, reason = ?3
             WHERE call_history_uuid = ?1 AND state = 'pending'",
        )?
        .execute((call, GIVEN_UP, reason))?;
    Ok(changed > 0)
}

/// Puts calls without elements on the backlog, among the next rows after `position`. Returns where to carry on,
/// nothing at the end, and how many were put there.
pub(super) fn queue_missing(side: &mut WriteSide, position: i64) -> Result<(Option<i64>, u64), Error> {
    side.transaction(|writing| {
        let all = || -> rusqlite::Result<(Option<i64>, u64)> {
            let last: Option<i64> = writing
                .transaction
                .prepare_cached(
                    "SELECT MAX(rowid) FROM (SELECT rowid FROM call_history WHERE rowid > ?1 ORDER BY rowid LIMIT ?2)",
                )?
                .query_row((position, MISSING_CHUNK), |row| row.get(0))?;
            let Some(last) = last else { return Ok((None, 0)) };
            let added = writing
                .transaction
                .prepare_cached(
                    "INSERT INTO element_backlog (call_history_uuid, call_end_time, state, attempts, next_attempt_at, queued_at)
                     SELECT c.call_history_uuid, c.end_time, ?3, 0, ?4, ?4 FROM call_history c
                     WHERE c.rowid > ?1 AND c.rowid <= ?2 AND c.deleted_at IS NULL AND c.erased_at IS NULL
                       AND NOT EXISTS (SELECT 1 FROM call_element e WHERE e.call_history_uuid = c.call_history_uuid)
                       AND NOT EXISTS (SELECT 1 FROM element_backlog b WHERE b.call_history_uuid = c.call_history_uuid)",
                )?
                .execute((position, last, PENDING, &writing.now_text))?;
            Ok((Some(last), u64::try_from(added).unwrap_or(u64::MAX)))
        };
        let (next, added) = all().map_err(writing.failed())?;
        let pending = i64::try_from(added).unwrap_or(i64::MAX);
        Counted { elements_pending: pending, ..Counted::default() }.store(writing)?;
        Ok((next, added))
    })
}
