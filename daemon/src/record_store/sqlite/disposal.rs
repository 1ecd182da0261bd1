//! Runs that disposed of rows: their counts, and what they take out of the ledger.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    ledger, row,
    writer::{WriteSide, Writing},
};
use crate::{
    domain::retention::Cutoffs,
    ports::retention::{Disposal, Tally},
    record_store::error::Error,
};

const COLUMNS: &str =
    "id, kind, started_at, finished_at, calls_before, elements_before, directory_before, history_before,
    calls, elements, rejected, directory, history, held";

/// What ended before was disposed of: it is not taken in again.
pub(super) fn floor(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    connection.query_row(
        "SELECT MAX(calls_before) FROM disposal WHERE kind IN ('purge', 'archive')",
        [],
        |found| row::time(found, 0),
    )
}

/// Calls that were purged, or archived and not restored.
pub(super) fn disposed_calls(connection: &Connection) -> rusqlite::Result<u64> {
    let calls: i64 = connection
        .prepare_cached(
            "SELECT COALESCE(SUM(CASE WHEN kind = 'restore' THEN -calls ELSE calls END), 0) FROM disposal
             WHERE kind IN ('purge', 'archive', 'restore')",
        )?
        .query_row([], |found| found.get(0))?;
    Ok(u64::try_from(calls).unwrap_or(0))
}

/// Begins a run, or finds it.
pub(super) fn begin(side: &mut WriteSide, disposal: &Disposal) -> Result<Disposal, Error> {
    let begun = side.transaction(|writing| {
        let all = || -> rusqlite::Result<Disposal> {
            let text = |time: Option<Timestamp>| time.map(row::time_text);
            writing
                .transaction
                .prepare_cached(&format!(
                    "INSERT OR IGNORE INTO disposal ({COLUMNS})
                     VALUES (?1, ?2, ?3, NULL, ?4, ?5, ?6, ?7, 0, 0, 0, 0, 0, 0)"
                ))?
                .execute((
                    &disposal.id,
                    &disposal.kind,
                    row::time_text(disposal.started_at),
                    text(disposal.cutoffs.calls),
                    text(disposal.cutoffs.elements),
                    text(disposal.cutoffs.directory),
                    text(disposal.cutoffs.history),
                ))?;
            if let Some(cutoff) = taken_before(disposal) {
                // Before the first row goes: a window that still counted would look like a gap, and be collected again.
                writing
                    .transaction
                    .prepare_cached(ledger::EXPIRE)?
                    .execute([row::time_text(cutoff)])?;
            }
            one(&writing.transaction, &disposal.id).map(|found| found.unwrap_or_else(|| disposal.clone()))
        };
        all().map_err(writing.failed())
    })?;
    side.floor = side.floor.max(taken_before(disposal));
    Ok(begun)
}

/// Before when a run takes calls away for good, as far as the ledger is concerned.
fn taken_before(disposal: &Disposal) -> Option<Timestamp> {
    matches!(disposal.kind.as_str(), "purge" | "archive")
        .then_some(disposal.cutoffs.calls)
        .flatten()
}

/// Adds calls and elements to the counts of a run.
pub(super) fn count_calls(writing: &Writing<'_>, run: &str, tally: Tally) -> rusqlite::Result<()> {
    writing
        .transaction
        .prepare_cached("UPDATE disposal SET calls = calls + ?2, elements = elements + ?3 WHERE id = ?1")?
        .execute((run, signed(tally.calls), signed(tally.elements)))?;
    Ok(())
}

/// Adds rows to one of the other counts, which is a column of the table.
pub(super) fn count_rows(writing: &Writing<'_>, run: &str, counter: &'static str, rows: u64) -> rusqlite::Result<()> {
    writing
        .transaction
        .prepare_cached(&format!("UPDATE disposal SET {counter} = {counter} + ?2 WHERE id = ?1"))?
        .execute((run, signed(rows)))?;
    Ok(())
}

/// Ends a run.
pub(super) fn end(side: &mut WriteSide, run: &str, held: u64) -> Result<Option<Disposal>, Error> {
    side.transaction(|writing| {
        let all = || -> rusqlite::Result<Option<Disposal>> {
            writing
                .transaction
                .prepare_cached("UPDATE disposal SET finished_at = ?2, held = ?3 WHERE id = ?1")?
                .execute((run, &writing.now_text, signed(held)))?;
            one(&writing.transaction, run)
        };
        all().map_err(writing.failed())
    })
}

/// Runs of a kind, newest first.
pub(super) fn newest(connection: &Connection, kind: &str, limit: usize) -> rusqlite::Result<Vec<Disposal>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM disposal WHERE kind = ?1 ORDER BY started_at DESC, id DESC LIMIT ?2"
        ))?
        .query_map((kind, signed(limit as u64)), read)?
        .collect()
}

fn one(connection: &Connection, id: &str) -> rusqlite::Result<Option<Disposal>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM disposal WHERE id = ?1"))?
        .query_row([id], read)
        .optional()
}

fn read(found: &Row<'_>) -> rusqlite::Result<Disposal> {
    let count =
        |column: usize| -> rusqlite::Result<u64> { Ok(u64::try_from(found.get::<_, i64>(column)?).unwrap_or(0)) };
    Ok(Disposal {
        id: found.get(0)?,
        kind: found.get(1)?,
        started_at: row::time(found, 2)?.unwrap_or(Timestamp::UNIX_EPOCH),
        finished_at: row::time(found, 3)?,
        cutoffs: Cutoffs {
            calls: row::time(found, 4)?,
            elements: row::time(found, 5)?,
            directory: row::time(found, 6)?,
            history: row::time(found, 7)?,
        },
        tally: Tally {
            calls: count(8)?,
            elements: count(9)?,
        },
        rejected: count(10)?,
        directory: count(11)?,
        history: count(12)?,
        held: count(13)?,
    })
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
