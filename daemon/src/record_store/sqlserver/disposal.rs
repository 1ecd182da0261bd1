//! Runs that disposed of rows: their counts, and what they take out of the ledger.

use jiff::Timestamp;
use tiberius::Row;

use super::{
    connection::{Connection, Patience},
    ledger,
    value::{self, Parameter},
};
use crate::{
    domain::retention::Cutoffs,
    ports::retention::{Disposal, Tally},
    record_store::error::Error,
};

const COLUMNS: &str = "id, kind, started_at, finished_at, calls_before, elements_before, directory_before, history_before, \
                       calls, elements, rejected, directory, history, held";

/// What ended before was disposed of: it is not taken in again.
pub(super) const FLOOR: &str = "SELECT MAX(calls_before) FROM dbo.disposal WHERE kind IN ('purge', 'archive');";

/// Enters a run that is not there yet. Absent cutoffs travel as the first of all days.
pub(super) const ENTER: &str = "\
INSERT INTO dbo.disposal (id, kind, started_at, calls_before, elements_before, directory_before, history_before,
  calls, elements, rejected, directory, history, held)
SELECT @P1, @P2, @P3, NULLIF(@P4, CAST('0001-01-01' AS datetime2(0))), NULLIF(@P5, CAST('0001-01-01' AS datetime2(0))),
  NULLIF(@P6, CAST('0001-01-01' AS datetime2(0))), NULLIF(@P7, CAST('0001-01-01' AS datetime2(0))), 0, 0, 0, 0, 0, 0
WHERE NOT EXISTS (SELECT 1 FROM dbo.disposal WHERE id = CAST(@P1 AS varchar(255)));";

/// Ends a run.
pub(super) const END: &str = "\
UPDATE dbo.disposal SET finished_at = @P2, held = @P3 WHERE id = CAST(@P1 AS varchar(255));";

/// One run.
pub(super) fn one() -> String {
    format!("SELECT {COLUMNS} FROM dbo.disposal WHERE id = CAST(@P1 AS varchar(255));")
}

/// Runs of a kind, newest first.
pub(super) fn newest_of() -> String {
    format!(
        "SELECT TOP (@P2) {COLUMNS} FROM dbo.disposal WHERE kind = CAST(@P1 AS varchar(255)) ORDER BY started_at DESC, id DESC;"
    )
}

/// Adds rows to one of the counts, which is a column of the table.
pub(super) fn count(counter: &str) -> String {
    format!("UPDATE dbo.disposal SET {counter} = {counter} + @P2 WHERE id = CAST(@P1 AS varchar(255));")
}

/// What ended before was disposed of.
pub(super) async fn floor(connection: &mut Connection) -> Result<Option<Timestamp>, Error> {
    let row = connection.row(Patience::Brief, FLOOR, &[]).await?;
    Ok(row.and_then(|row| value::time(&row, 0)))
}

/// Before when a run takes calls away for good, as far as the ledger is concerned.
pub(super) fn taken_before(disposal: &Disposal) -> Option<Timestamp> {
    matches!(disposal.kind.as_str(), "purge" | "archive")
        .then_some(disposal.cutoffs.calls)
        .flatten()
}

/// Begins a run, or finds it.
pub(super) async fn begin(connection: &mut Connection, disposal: &Disposal) -> Result<Disposal, Error> {
    let never = Timestamp::from_second(-62_135_596_800).unwrap_or(Timestamp::MIN);
    let time = |time: Option<Timestamp>| Parameter::Time(time.unwrap_or(never));
    let cutoffs = disposal.cutoffs;
    let values = [
        Parameter::id(&disposal.id),
        Parameter::id(&disposal.kind),
        Parameter::Time(disposal.started_at),
        time(cutoffs.calls),
        time(cutoffs.elements),
        time(cutoffs.directory),
        time(cutoffs.history),
    ];
    connection.begin().await?;
    connection.rows(Patience::Write, ENTER, &values).await?;
    if let Some(cutoff) = taken_before(disposal) {
        // Before the first row goes: a window that still counted would look like a gap, and be collected again.
        connection
            .rows(Patience::Write, ledger::EXPIRE, &[Parameter::Time(cutoff)])
            .await?;
    }
    let row = connection
        .row(Patience::Brief, &one(), &[Parameter::id(&disposal.id)])
        .await?;
    connection.commit().await?;
    Ok(row.map_or_else(|| disposal.clone(), |row| read(&row)))
}

/// Adds rows to one of the counts, inside the caller's transaction.
pub(super) async fn count_rows(
    connection: &mut Connection,
    run: &str,
    counter: &'static str,
    rows: u64,
) -> Result<(), Error> {
    let values = [Parameter::id(run), Parameter::count(rows)];
    connection.rows(Patience::Write, &count(counter), &values).await?;
    Ok(())
}

/// Ends a run.
pub(super) async fn end(
    connection: &mut Connection,
    run: &str,
    held: u64,
    now: Timestamp,
) -> Result<Option<Disposal>, Error> {
    let values = [Parameter::id(run), Parameter::Time(now), Parameter::count(held)];
    connection.begin().await?;
    connection.rows(Patience::Write, END, &values).await?;
    let row = connection.row(Patience::Brief, &one(), &[Parameter::id(run)]).await?;
    connection.commit().await?;
    Ok(row.map(|row| read(&row)))
}

/// Runs of a kind, newest first.
pub(super) async fn newest(connection: &mut Connection, kind: &str, limit: usize) -> Result<Vec<Disposal>, Error> {
    let values = [Parameter::id(kind), Parameter::count(limit as u64)];
    let rows = connection.rows(Patience::Search, &newest_of(), &values).await?;
    Ok(rows.iter().map(read).collect())
}

fn read(row: &Row) -> Disposal {
    let text = |column| value::text(row, column).unwrap_or_default();
    Disposal {
        id: text(0),
        kind: text(1),
        started_at: value::time(row, 2).unwrap_or(Timestamp::UNIX_EPOCH),
        finished_at: value::time(row, 3),
        cutoffs: Cutoffs {
            calls: value::time(row, 4),
            elements: value::time(row, 5),
            directory: value::time(row, 6),
            history: value::time(row, 7),
        },
        tally: Tally {
            calls: value::count(row, 8),
            elements: value::count(row, 9),
        },
        rejected: value::count(row, 10),
        directory: value::count(row, 11),
        history: value::count(row, 12),
        held: value::count(row, 13),
    }
}
