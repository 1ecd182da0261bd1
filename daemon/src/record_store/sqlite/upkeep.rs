//! Small writes and counts beside the records: runs of sync, the write probe, the summary.

use rusqlite::{Connection, OptionalExtension};

use super::{backfill, counters, disposal, ledger, row, writer::WriteSide};
use crate::{
    ports::records::{Summary, SyncRun},
    record_store::error::Error,
};

/// Runs of sync that are kept.
const RUNS_KEPT: i64 = 1000;

/// One step into an index.
pub(super) const NEWEST: &str =
    "SELECT end_time FROM call_history WHERE end_time IS NOT NULL ORDER BY end_time DESC LIMIT 1";

/// Keeps a run of sync and forgets the oldest beyond [`RUNS_KEPT`].
pub(super) fn record_run(side: &mut WriteSide, run: &SyncRun) -> Result<(), Error> {
    side.transaction(|writing| {
        let all = || -> rusqlite::Result<()> {
            writing.transaction.execute(
                "INSERT OR REPLACE INTO sync_run (id, started_at, finished_at, outcome, entities, error)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (
                    &run.id,
                    row::time_text(run.started_at),
                    row::time_text(run.finished_at),
                    run.outcome,
                    &run.entities,
                    &run.error,
                ),
            )?;
            writing.transaction.execute(
                "DELETE FROM sync_run WHERE id IN
                   (SELECT id FROM sync_run ORDER BY started_at DESC, id DESC LIMIT -1 OFFSET ?1)",
                [RUNS_KEPT],
            )?;
            Ok(())
        };
        all().map_err(writing.failed())
    })
}

/// Writes and deletes a row, each in a transaction of its own.
pub(super) fn probe(side: &mut WriteSide) -> Result<(), Error> {
    side.transaction(|writing| {
        writing
            .transaction
            .execute(
                "INSERT OR REPLACE INTO write_probe (id, written_at) VALUES (1, ?1)",
                [&writing.now_text],
            )
            .map_err(writing.failed())
    })?;
    side.transaction(|writing| {
        writing
            .transaction
            .execute("DELETE FROM write_probe WHERE id = 1", [])
            .map_err(writing.failed())
    })?;
    Ok(())
}

/// Counts for `cdr show`: counters, short indexes and one key, whatever the size of the tables.
pub(super) fn summary(connection: &Connection) -> rusqlite::Result<Summary> {
    let newest = connection
        .prepare_cached(NEWEST)?
        .query_row([], |row| row::time(row, 0))
        .optional()?;
    let gaps: i64 = connection
        .prepare_cached(ledger::GAPS)?
        .query_row([], |row| row.get(0))?;
    Ok(Summary {
        newest_record_end_time: newest.flatten(),
        records: counters::read(connection, "records")?,
        disposed: disposal::disposed_calls(connection)?,
        elements: counters::read(connection, "elements")?,
        elements_pending: counters::read(connection, "elements_pending")?,
        gaps: u64::try_from(gaps).unwrap_or(0),
        rejected: counters::read(connection, "rejected")?,
        ledger: ledger::totals(connection)?,
        bytes: Some(bytes(connection)?),
        backfill: backfill::newest(connection)?,
    })
}

/// Size of the file once everything is written back; from its header.
fn bytes(connection: &Connection) -> rusqlite::Result<u64> {
    let number = |pragma| connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
    let bytes = number("PRAGMA page_count")?.saturating_mul(number("PRAGMA page_size")?);
    Ok(u64::try_from(bytes).unwrap_or(0))
}
