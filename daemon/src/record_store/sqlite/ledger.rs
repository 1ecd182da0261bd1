//! The ledger of windows: what was compared, what is missing, what comes next.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    row,
    writer::{WriteSide, Writing},
};
use crate::{
    domain::{
        ledger::{LedgerTotals, LedgerWindow, WindowState},
        window::Window,
    },
    ports::records::{Comparison, LedgerChange},
    record_store::error::Error,
};

/// Counts from the index alone.
pub(super) const HELD: &str =
    "SELECT COUNT(*) FROM call_history WHERE end_time >= ?1 AND end_time < ?2 AND deleted_at IS NULL";

/// What [`entry`] reads.
macro_rules! entries {
    ($rest:literal) => {
        concat!(
            "SELECT window_from, window_to, state, zoom_total, received, held, stage, compared_at, next_compare_at, attempts, deleted, note
             FROM collection_window ",
            $rest
        )
    };
}

/// Walks the index of what is due.
pub(super) const DUE: &str = entries!("WHERE next_compare_at <= ?1 ORDER BY next_compare_at");

/// The first of an index.
pub(super) const NEXT: &str = "SELECT MIN(next_compare_at) FROM collection_window WHERE next_compare_at IS NOT NULL";

/// Two indexes that hold nothing else.
pub(super) const GAPS: &str = "SELECT (SELECT COUNT(*) FROM collection_window WHERE state = 'incomplete')
  + (SELECT COUNT(*) FROM collection_window WHERE state = 'lost')";

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Calls held that ended in a window and that Zoom has not deleted.
pub(super) fn held(connection: &Connection, window: Window) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(HELD)?
        .query_row((row::time_text(window.from), row::time_text(window.to)), |found| {
            count(found, 0)
        })
}

/// Their keys.
pub(super) fn held_keys(connection: &Connection, window: Window) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare_cached(
            "SELECT call_history_uuid FROM call_history WHERE end_time >= ?1 AND end_time < ?2 AND deleted_at IS NULL",
        )?
        .query_map((row::time_text(window.from), row::time_text(window.to)), |found| {
            found.get(0)
        })?
        .collect()
}

/// From when on every closed hour has a place.
pub(super) fn accounted_from(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let stored = connection
        .query_row(
            "SELECT accounted_from FROM collection_watermark WHERE id = 1",
            [],
            |found| row::time(found, 0),
        )
        .optional()?;
    Ok(stored.flatten())
}

/// A count; NULL and negative count as none.
fn count(found: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let stored: Option<i64> = found.get(column)?;
    Ok(stored.and_then(|stored| u64::try_from(stored).ok()).unwrap_or(0))
}

fn entry(found: &Row<'_>) -> rusqlite::Result<Option<LedgerWindow>> {
    let Some((from, to)) = row::time(found, 0)?.zip(row::time(found, 1)?) else {
        return Ok(None);
    };
    let state: String = found.get(2)?;
    let total: Option<i64> = found.get(3)?;
    Ok(Some(LedgerWindow {
        window: Window { from, to },
        // A state of a newer version is compared again.
        state: WindowState::parse(&state).unwrap_or(WindowState::Pending),
        zoom_total: total.and_then(|total| u64::try_from(total).ok()),
        received: count(found, 4)?,
        held: count(found, 5)?,
        stage: u8::try_from(count(found, 6)?).unwrap_or(u8::MAX),
        compared_at: row::time(found, 7)?.unwrap_or(to),
        next_compare_at: row::time(found, 8)?,
        attempts: u32::try_from(count(found, 9)?).unwrap_or(u32::MAX),
        deleted: count(found, 10)?,
        note: found.get(11)?,
    }))
}

fn entries(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> rusqlite::Result<Vec<LedgerWindow>> {
    connection
        .prepare_cached(sql)?
        .query_map(parameters, entry)?
        .filter_map(Result::transpose)
        .collect()
}

/// Entries that overlap a span, oldest first.
pub(super) fn within(connection: &Connection, span: Window) -> rusqlite::Result<Vec<LedgerWindow>> {
    entries(
        connection,
        entries!("WHERE window_to > ?1 AND window_from < ?2 ORDER BY window_from, window_to"),
        (row::time_text(span.from), row::time_text(span.to)),
    )
}

/// Gaps, newest first.
pub(super) fn gaps(connection: &Connection, limit: usize) -> rusqlite::Result<Vec<LedgerWindow>> {
    entries(
        connection,
        entries!("WHERE state IN ('incomplete', 'lost') ORDER BY window_to DESC LIMIT ?1"),
        [number(limit as u64)],
    )
}

/// Entries that are due, newest window first: fresh calls matter before old ones.
pub(super) fn due(connection: &Connection, by: Timestamp, limit: usize) -> rusqlite::Result<Vec<LedgerWindow>> {
    let mut due = entries(connection, DUE, [row::time_text(by)])?;
    due.sort_by_key(|entry| std::cmp::Reverse(entry.window.to));
    due.truncate(limit);
    Ok(due)
}

/// When the next entry is due.
pub(super) fn next(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    connection
        .prepare_cached(NEXT)?
        .query_row([], |found| row::time(found, 0))
}

/// The ledger in numbers; see [`LedgerTotals::add`].
pub(super) fn totals(connection: &Connection) -> rusqlite::Result<LedgerTotals> {
    connection
        .prepare_cached(
            "SELECT COUNT(*), SUM(state IN ('complete', 'unverified', 'incomplete')), SUM(state IN ('complete', 'unverified')),
               SUM(state = 'incomplete' AND zoom_total IS NULL), SUM(zoom_total),
               SUM(CASE WHEN zoom_total IS NULL THEN 0 WHEN state = 'complete' THEN zoom_total
                   ELSE MIN(zoom_total, MAX(held, received)) END)
             FROM collection_window WHERE state NOT IN ('expired', 'lost')",
        )?
        .query_row([], |found| {
            Ok(LedgerTotals {
                windows: count(found, 0)?,
                compared: count(found, 1)?,
                complete: count(found, 2)?,
                unknown: count(found, 3)?,
                zoom: count(found, 4)?,
                accounted: count(found, 5)?,
            })
        })
}

/// Enters what a comparison found; what is held is counted after everything else of the transaction.
pub(super) fn compared(writing: &Writing<'_>, found: &Comparison) -> rusqlite::Result<()> {
    let window = found.window;
    let held = held(&writing.transaction, window)?;
    let (total, state, next, attempts) = found.settle(held);
    let next = next.map(row::time_text);
    writing
        .transaction
        .prepare_cached(
            "INSERT INTO collection_window (window_from, window_to, zoom_total, received, held, state, clamped,
               first_collected_at, compared_at, stage, next_compare_at, attempts, deleted, note)
             VALUES (?1, ?2, ?3, COALESCE(?4, 0), ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11, ?12, ?13)
             ON CONFLICT (window_from, window_to) DO UPDATE SET zoom_total = excluded.zoom_total,
               received = COALESCE(?4, received), held = excluded.held, state = excluded.state,
               clamped = excluded.clamped, compared_at = excluded.compared_at, stage = excluded.stage,
               next_compare_at = excluded.next_compare_at, attempts = excluded.attempts,
               deleted = COALESCE(deleted, 0) + excluded.deleted, note = COALESCE(excluded.note, note)
             WHERE state <> 'expired'",
        )?
        .execute(rusqlite::params![
            row::time_text(window.from),
            row::time_text(window.to),
            total.map(number),
            found.received.map(number),
            number(held),
            state.as_str(),
            found.short,
            writing.now_text,
            found.stage,
            next,
            attempts,
            number(found.deleted),
            found.note,
        ])?;
    Ok(())
}

/// Changes the ledger in one transaction.
pub(super) fn change(side: &mut WriteSide, change: &LedgerChange) -> Result<(), Error> {
    side.transaction(|writing| {
        let all = || -> rusqlite::Result<()> {
            for window in &change.remove {
                writing
                    .transaction
                    .prepare_cached("DELETE FROM collection_window WHERE window_from = ?1 AND window_to = ?2")?
                    .execute((row::time_text(window.from), row::time_text(window.to)))?;
            }
            for entry in &change.enter {
                enter(writing, entry)?;
            }
            keep_expired(writing, change.enter.iter().map(|entry| entry.window))
        };
        all().map_err(writing.failed())
    })
}

fn enter(writing: &Writing<'_>, entry: &LedgerWindow) -> rusqlite::Result<()> {
    let held = held(&writing.transaction, entry.window)?;
    writing
        .transaction
        .prepare_cached(
            "INSERT INTO collection_window (window_from, window_to, zoom_total, received, held, state, clamped,
               first_collected_at, compared_at, stage, next_compare_at, attempts, deleted, note)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
             ON CONFLICT (window_from, window_to) DO UPDATE SET zoom_total = excluded.zoom_total,
               received = excluded.received, held = excluded.held, state = excluded.state,
               compared_at = excluded.compared_at, stage = excluded.stage, next_compare_at = excluded.next_compare_at,
               attempts = excluded.attempts, deleted = excluded.deleted, note = excluded.note
             WHERE state <> 'expired'",
        )?
        .execute(rusqlite::params![
            row::time_text(entry.window.from),
            row::time_text(entry.window.to),
            entry.zoom_total.map(number),
            number(entry.received),
            number(held),
            entry.state.as_str(),
            writing.now_text,
            row::time_text(entry.compared_at),
            entry.stage,
            entry.next_compare_at.map(row::time_text),
            entry.attempts,
            number(entry.deleted),
            entry.note,
        ])?;
    Ok(())
}

/// Marks entries that begin before an instant as expired.
pub(super) const EXPIRE: &str = "UPDATE collection_window SET state = 'expired', next_compare_at = NULL
    WHERE window_from < ?1 AND state <> 'expired'";

/// What is entered below the floor is expired at once: its calls were purged or archived, whatever Zoom still has.
pub(super) fn keep_expired(writing: &Writing<'_>, entered: impl IntoIterator<Item = Window>) -> rusqlite::Result<()> {
    if let Some(floor) = writing.floor
        && entered.into_iter().any(|window| window.from < floor)
    {
        writing
            .transaction
            .prepare_cached(EXPIRE)?
            .execute([row::time_text(floor)])?;
    }
    Ok(())
}

/// Marks entries that begin before `before` as expired.
pub(super) fn expire(side: &mut WriteSide, before: Timestamp) -> Result<u64, Error> {
    side.transaction(|writing| {
        let expired = writing
            .transaction
            .execute(EXPIRE, [row::time_text(before)])
            .map_err(writing.failed())?;
        Ok(expired as u64)
    })
}
