//! Small writes and counts beside the records: runs of sync, the write probe, the summary.

use jiff::Timestamp;

use super::{
    backfill,
    connection::{Connection, Patience},
    ledger,
    value::{self, Parameter, TEXT_LIMIT},
};
use crate::{
    ports::records::{Summary, SyncRun},
    record_store::error::Error,
};

/// Counters, short tables and indexes, one end of an index and the pages of the data files (Babelfish does not know those: NULL),
/// whatever the size of the tables.
pub(super) const SUMMARY: &str = "\
SELECT
  (SELECT MAX(end_time) FROM dbo.call_history),
  (SELECT value FROM dbo.collection_counter WHERE name = 'records'),
  (SELECT value FROM dbo.collection_counter WHERE name = 'elements'),
  (SELECT value FROM dbo.collection_counter WHERE name = 'elements_pending'),
  (SELECT value FROM dbo.collection_counter WHERE name = 'rejected'),
  (SELECT COUNT_BIG(*) FROM dbo.collection_window WHERE state = 'incomplete')
    + (SELECT COUNT_BIG(*) FROM dbo.collection_window WHERE state = 'lost'),
  (SELECT SUM(CAST(size AS bigint)) * 8192 FROM sys.database_files WHERE type = 0),
  (SELECT SUM(CASE WHEN kind = 'restore' THEN -calls ELSE calls END) FROM dbo.disposal WHERE kind IN ('purge', 'archive', 'restore'));";

/// Keeps a run of sync, in place of one with the same id, and forgets the oldest beyond a thousand.
pub(super) const RECORD_RUN: &str = "\
DELETE FROM dbo.sync_run WHERE id = CAST(@P1 AS varchar(255));
INSERT INTO dbo.sync_run (id, started_at, finished_at, outcome, entities, error) VALUES (@P1, @P2, @P3, @P4, @P5, NULLIF(@P6, N''));
DELETE FROM dbo.sync_run WHERE id NOT IN (SELECT TOP (1000) id FROM dbo.sync_run ORDER BY started_at DESC, id DESC);";

/// Writes a row.
pub(super) const PROBE: &str = "\
DELETE FROM dbo.write_probe WHERE id = 1;
INSERT INTO dbo.write_probe (id, written_at) VALUES (1, @P1);";

/// Deletes it again.
pub(super) const UNPROBE: &str = "DELETE FROM dbo.write_probe WHERE id = 1;";

/// Keeps a run of sync.
pub(super) async fn record_run(connection: &mut Connection, run: &SyncRun) -> Result<(), Error> {
    let error: Option<String> = run
        .error
        .as_ref()
        .map(|text| text.chars().take(TEXT_LIMIT / 2).collect());
    let values = [
        Parameter::id(&run.id),
        Parameter::Time(run.started_at),
        Parameter::Time(run.finished_at),
        Parameter::id(run.outcome),
        Parameter::text(&run.entities),
        Parameter::maybe_text(error.as_deref()),
    ];
    connection.begin().await?;
    connection.rows(Patience::Write, RECORD_RUN, &values).await?;
    Ok(connection.commit().await?)
}

/// Writes and deletes a row, each in a transaction of its own.
pub(super) async fn probe(connection: &mut Connection, now: Timestamp) -> Result<(), Error> {
    connection.begin().await?;
    connection.rows(Patience::Write, PROBE, &[Parameter::Time(now)]).await?;
    connection.commit().await?;
    connection.begin().await?;
    connection.rows(Patience::Write, UNPROBE, &[]).await?;
    Ok(connection.commit().await?)
}

/// Counts for `cdr show`.
pub(super) async fn summary(connection: &mut Connection) -> Result<Summary, Error> {
    let backfill = backfill::newest(connection).await?;
    let ledger = ledger::totals(connection).await?;
    let Some(row) = connection.row(Patience::Search, SUMMARY, &[]).await? else {
        return Ok(Summary::default());
    };
    Ok(Summary {
        newest_record_end_time: value::time(&row, 0),
        records: value::count(&row, 1),
        disposed: value::count(&row, 7),
        elements: value::count(&row, 2),
        elements_pending: value::count(&row, 3),
        rejected: value::count(&row, 4),
        gaps: value::count(&row, 5),
        ledger,
        bytes: value::integer(&row, 6).and_then(|bytes| u64::try_from(bytes).ok()),
        backfill,
    })
}
