//! The ledger of windows: what was compared, what is missing, what comes next.

use jiff::Timestamp;
use tiberius::Row;

use super::{
    connection::{Connection, Patience},
    value::{self, Parameter, TEXT_LIMIT},
};
use crate::{
    domain::{
        ledger::{LedgerTotals, LedgerWindow, WindowState},
        window::Window,
    },
    ports::records::{Comparison, LedgerChange, ZoomTotal},
    record_store::error::Error,
};

/// Calls held that ended in a window and that Zoom has not deleted.
pub(super) const HELD: &str = "\
SELECT COUNT_BIG(*) FROM dbo.call_history
WHERE end_time >= CAST(@P1 AS datetime2(0)) AND end_time < CAST(@P2 AS datetime2(0)) AND deleted_at IS NULL;";

/// Their keys.
pub(super) const HELD_KEYS: &str = "\
SELECT call_history_uuid FROM dbo.call_history
WHERE end_time >= CAST(@P1 AS datetime2(0)) AND end_time < CAST(@P2 AS datetime2(0)) AND deleted_at IS NULL;";

/// From when on every closed hour has a place.
pub(super) const ACCOUNTED_FROM: &str = "SELECT accounted_from FROM dbo.collection_watermark WHERE id = 1;";

/// What [`entry`] reads.
macro_rules! entries {
    ($top:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $top,
            "window_from, window_to, state, zoom_total, received, held, stage, compared_at, next_compare_at, attempts, [deleted], note
FROM dbo.collection_window
",
            $rest
        )
    };
}

/// Entries that overlap a span, oldest first.
pub(super) const WITHIN: &str = entries!(
    "",
    "WHERE window_to > CAST(@P1 AS datetime2(0)) AND window_from < CAST(@P2 AS datetime2(0)) ORDER BY window_from, window_to;"
);

/// Gaps, newest first.
pub(super) const GAPS: &str = entries!(
    "TOP (@P1) ",
    "WHERE state IN ('incomplete', 'lost') ORDER BY window_to DESC, window_from DESC;"
);

/// Entries that are due, newest window first: fresh calls matter before old ones.
pub(super) const DUE: &str = entries!(
    "TOP (@P2) ",
    "WHERE next_compare_at <= CAST(@P1 AS datetime2(0)) ORDER BY window_to DESC, window_from DESC;"
);

/// When the next entry is due: the first of an index.
pub(super) const NEXT: &str =
    "SELECT MIN(next_compare_at) FROM dbo.collection_window WHERE next_compare_at IS NOT NULL;";

/// The ledger in numbers; see [`LedgerTotals::add`].
pub(super) const TOTALS: &str = "\
SELECT COUNT_BIG(*),
  COALESCE(SUM(CASE WHEN state IN ('complete', 'unverified', 'incomplete') THEN 1 ELSE 0 END), 0),
  COALESCE(SUM(CASE WHEN state IN ('complete', 'unverified') THEN 1 ELSE 0 END), 0),
  COALESCE(SUM(CASE WHEN state = 'incomplete' AND zoom_total IS NULL THEN 1 ELSE 0 END), 0),
  COALESCE(SUM(zoom_total), 0),
  COALESCE(SUM(CASE WHEN zoom_total IS NULL THEN 0 WHEN state = 'complete' OR held >= zoom_total OR received >= zoom_total THEN zoom_total
    WHEN held >= received THEN held ELSE received END), 0)
FROM dbo.collection_window WHERE state NOT IN ('expired', 'lost');";

/// Enters what a comparison found. `@P1`, `@P2` the window, `@P3` Zoom's total (-1: as held), `@P4` received, `@P5`
/// short, `@P6` stage, `@P7` next if complete (1970: never), `@P8` next if not, `@P9` attempts, `@P10` deleted, `@P11`
/// note, `@P12` now.
pub(super) const COMPARED: &str = "\
DECLARE @held bigint, @total bigint, @state varchar(255), @next datetime2(0), @attempts bigint, @entered bigint;
SELECT @held = COUNT_BIG(*) FROM dbo.call_history
WHERE end_time >= CAST(@P1 AS datetime2(0)) AND end_time < CAST(@P2 AS datetime2(0)) AND deleted_at IS NULL;
SET @total = CASE WHEN @P3 = -1 THEN @held ELSE @P3 END;
SET @state = CASE WHEN @P5 = 1 THEN 'incomplete' WHEN @total IS NULL THEN 'unverified'
  WHEN @held >= @total OR @P4 >= @total THEN 'complete' ELSE 'incomplete' END;
SET @next = CASE WHEN @state = 'incomplete' THEN @P8 ELSE NULLIF(@P7, CAST('1970-01-01' AS datetime2(0))) END;
SET @attempts = CASE WHEN @state = 'incomplete' THEN @P9 ELSE 0 END;
UPDATE dbo.collection_window SET zoom_total = @total, received = COALESCE(@P4, received), held = @held, state = @state,
  clamped = @P5, compared_at = @P12, stage = @P6, next_compare_at = @next, attempts = @attempts,
  [deleted] = COALESCE([deleted], 0) + @P10, note = COALESCE(NULLIF(@P11, N''), note)
WHERE window_from = @P1 AND window_to = @P2 AND state <> 'expired';
SET @entered = @@ROWCOUNT;
IF @entered = 0
  INSERT INTO dbo.collection_window (window_from, window_to, zoom_total, received, held, state, clamped,
    first_collected_at, compared_at, stage, next_compare_at, attempts, [deleted], note)
  SELECT @P1, @P2, @total, COALESCE(@P4, 0), @held, @state, @P5, @P12, @P12, @P6, @next, @attempts, @P10, NULLIF(@P11, N'')
  WHERE NOT EXISTS (SELECT 1 FROM dbo.collection_window WHERE window_from = @P1 AND window_to = @P2);";

/// Takes an entry away.
pub(super) const REMOVE: &str = "DELETE FROM dbo.collection_window WHERE window_from = @P1 AND window_to = @P2;";

/// Makes an entry what it is to be. `@P1`, `@P2` the window, `@P3` Zoom's total, `@P4` received, `@P5` state, `@P6`
/// stage, `@P7` next (1970: never), `@P8` attempts, `@P9` deleted, `@P10` note, `@P11` compared, `@P12` now.
pub(super) const ENTER: &str = "\
DECLARE @held bigint, @next datetime2(0), @entered bigint;
SELECT @held = COUNT_BIG(*) FROM dbo.call_history
WHERE end_time >= CAST(@P1 AS datetime2(0)) AND end_time < CAST(@P2 AS datetime2(0)) AND deleted_at IS NULL;
SET @next = NULLIF(@P7, CAST('1970-01-01' AS datetime2(0)));
UPDATE dbo.collection_window SET zoom_total = @P3, received = @P4, held = @held, state = @P5, compared_at = @P11,
  stage = @P6, next_compare_at = @next, attempts = @P8, [deleted] = @P9, note = NULLIF(@P10, N'')
WHERE window_from = @P1 AND window_to = @P2 AND state <> 'expired';
SET @entered = @@ROWCOUNT;
IF @entered = 0
  INSERT INTO dbo.collection_window (window_from, window_to, zoom_total, received, held, state, clamped,
    first_collected_at, compared_at, stage, next_compare_at, attempts, [deleted], note)
  SELECT @P1, @P2, @P3, @P4, @held, @P5, 0, @P12, @P11, @P6, @next, @P8, @P9, NULLIF(@P10, N'')
  WHERE NOT EXISTS (SELECT 1 FROM dbo.collection_window WHERE window_from = @P1 AND window_to = @P2);";

/// Marks entries as expired.
pub(super) const EXPIRE: &str = "\
DECLARE @expired bigint;
UPDATE dbo.collection_window SET state = 'expired', next_compare_at = NULL
WHERE window_from < CAST(@P1 AS datetime2(0)) AND state <> 'expired';
SET @expired = @@ROWCOUNT;
SELECT @expired;";

fn span(window: Window) -> [Parameter<'static>; 2] {
    [Parameter::Time(window.from), Parameter::Time(window.to)]
}

/// Absent times travel as 1970, which the statements turn into NULL: see [`Parameter::NoText`].
fn maybe_time(time: Option<Timestamp>) -> Parameter<'static> {
    Parameter::Time(time.unwrap_or(Timestamp::UNIX_EPOCH))
}

fn maybe_count(count: Option<u64>) -> Parameter<'static> {
    count.map_or(Parameter::NoInteger, Parameter::count)
}

/// A note that fits its column.
fn short(note: Option<&str>) -> Option<String> {
    note.map(|text| text.chars().take(TEXT_LIMIT / 2).collect())
}

/// Calls held in a window.
pub(super) async fn held(connection: &mut Connection, window: Window) -> Result<u64, Error> {
    let row = connection.row(Patience::Search, HELD, &span(window)).await?;
    Ok(row.map_or(0, |row| value::count(&row, 0)))
}

/// Their keys.
pub(super) async fn held_keys(connection: &mut Connection, window: Window) -> Result<Vec<String>, Error> {
    let rows = connection.rows(Patience::Search, HELD_KEYS, &span(window)).await?;
    Ok(rows.iter().filter_map(|row| value::text(row, 0)).collect())
}

/// From when on every closed hour has a place.
pub(super) async fn accounted_from(connection: &mut Connection) -> Result<Option<Timestamp>, Error> {
    let row = connection.row(Patience::Brief, ACCOUNTED_FROM, &[]).await?;
    Ok(row.and_then(|row| value::time(&row, 0)))
}

fn entry(row: &Row) -> Option<LedgerWindow> {
    let window = Window {
        from: value::time(row, 0)?,
        to: value::time(row, 1)?,
    };
    Some(LedgerWindow {
        window,
        // A state of a newer version is compared again.
        state: value::text(row, 2)
            .and_then(|state| WindowState::parse(&state))
            .unwrap_or(WindowState::Pending),
        zoom_total: value::integer(row, 3).and_then(|total| u64::try_from(total).ok()),
        received: value::count(row, 4),
        held: value::count(row, 5),
        stage: u8::try_from(value::count(row, 6)).unwrap_or(u8::MAX),
        compared_at: value::time(row, 7).unwrap_or(window.to),
        next_compare_at: value::time(row, 8),
        attempts: u32::try_from(value::count(row, 9)).unwrap_or(u32::MAX),
        deleted: value::count(row, 10),
        note: value::text(row, 11),
    })
}

async fn entries(connection: &mut Connection, sql: &str, values: &[Parameter<'_>]) -> Result<Vec<LedgerWindow>, Error> {
    let rows = connection.rows(Patience::Search, sql, values).await?;
    Ok(rows.iter().filter_map(entry).collect())
}

/// Entries that overlap a span.
pub(super) async fn within(connection: &mut Connection, window: Window) -> Result<Vec<LedgerWindow>, Error> {
    entries(connection, WITHIN, &span(window)).await
}

/// Gaps.
pub(super) async fn gaps(connection: &mut Connection, limit: usize) -> Result<Vec<LedgerWindow>, Error> {
    entries(connection, GAPS, &[Parameter::count(limit as u64)]).await
}

/// Entries that are due.
pub(super) async fn due(connection: &mut Connection, by: Timestamp, limit: usize) -> Result<Vec<LedgerWindow>, Error> {
    entries(connection, DUE, &[Parameter::Time(by), Parameter::count(limit as u64)]).await
}

/// When the next entry is due.
pub(super) async fn next(connection: &mut Connection) -> Result<Option<Timestamp>, Error> {
    let row = connection.row(Patience::Search, NEXT, &[]).await?;
    Ok(row.and_then(|row| value::time(&row, 0)))
}

/// The ledger in numbers.
pub(super) async fn totals(connection: &mut Connection) -> Result<LedgerTotals, Error> {
    let Some(row) = connection.row(Patience::Search, TOTALS, &[]).await? else {
        return Ok(LedgerTotals::default());
    };
    Ok(LedgerTotals {
        windows: value::count(&row, 0),
        compared: value::count(&row, 1),
        complete: value::count(&row, 2),
        unknown: value::count(&row, 3),
        zoom: value::count(&row, 4),
        accounted: value::count(&row, 5),
    })
}

/// Enters what a comparison found; what is held is counted after everything else of the transaction.
pub(super) async fn compared(connection: &mut Connection, found: &Comparison, now: Timestamp) -> Result<(), Error> {
    let note = short(found.note.as_deref());
    let [from, to] = span(found.window);
    let values = [
        from,
        to,
        match found.zoom_total {
            ZoomTotal::Said(total) => Parameter::count(total),
            ZoomTotal::AsHeld => Parameter::Integer(-1),
            ZoomTotal::Unknown => Parameter::NoInteger,
        },
        maybe_count(found.received),
        Parameter::Boolean(found.short),
        Parameter::Integer(i64::from(found.stage)),
        maybe_time(found.next_if_complete),
        Parameter::Time(found.next_if_incomplete),
        Parameter::Integer(i64::from(found.attempts)),
        Parameter::count(found.deleted),
        Parameter::maybe_text(note.as_deref()),
        Parameter::Time(now),
    ];
    connection.rows(Patience::Write, COMPARED, &values).await?;
    Ok(())
}

/// What is entered below the floor is expired at once: its calls were purged or archived, whatever Zoom still has.
pub(super) async fn keep_expired(
    connection: &mut Connection,
    floor: Option<Timestamp>,
    entered: impl IntoIterator<Item = Window>,
) -> Result<(), Error> {
    if let Some(floor) = floor
        && entered.into_iter().any(|window| window.from < floor)
    {
        connection
            .rows(Patience::Write, EXPIRE, &[Parameter::Time(floor)])
            .await?;
    }
    Ok(())
}

/// Changes the ledger in one transaction.
pub(super) async fn change(
    connection: &mut Connection,
    change: &LedgerChange,
    floor: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Error> {
    connection.begin().await?;
    for window in &change.remove {
        connection.rows(Patience::Write, REMOVE, &span(*window)).await?;
    }
    for entry in &change.enter {
        let note = short(entry.note.as_deref());
        let [from, to] = span(entry.window);
        let values = [
            from,
            to,
            maybe_count(entry.zoom_total),
            Parameter::count(entry.received),
            Parameter::id(entry.state.as_str()),
            Parameter::Integer(i64::from(entry.stage)),
            maybe_time(entry.next_compare_at),
            Parameter::Integer(i64::from(entry.attempts)),
            Parameter::count(entry.deleted),
            Parameter::maybe_text(note.as_deref()),
            Parameter::Time(entry.compared_at),
            Parameter::Time(now),
        ];
        connection.rows(Patience::Write, ENTER, &values).await?;
    }
    keep_expired(connection, floor, change.enter.iter().map(|entry| entry.window)).await?;
    Ok(connection.commit().await?)
}

/// Marks entries that begin before `before` as expired.
pub(super) async fn expire(connection: &mut Connection, before: Timestamp) -> Result<u64, Error> {
    connection.begin().await?;
    let answer = connection
        .row(Patience::Write, EXPIRE, &[Parameter::Time(before)])
        .await?;
    connection.commit().await?;
    Ok(answer.map_or(0, |row| value::count(&row, 0)))
}
