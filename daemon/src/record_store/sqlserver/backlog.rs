//! The element backlog: which calls still need their elements, newest call first.

use jiff::Timestamp;

use super::{
    connection::{Connection, Patience},
    counters,
    value::{self, Parameter},
};
use crate::{ports::records::PendingElements, record_store::error::Error};

/// Puts the staged calls that are new or changed on the backlog, or starts over with those that are there. `@P1` is the
/// time; `@queued` is how many pending entries there are more than before.
pub(super) const QUEUE_STAGED: &str = "\
SELECT @again = COUNT(*) FROM dbo.element_backlog b
JOIN #call_history s ON b.call_history_uuid = s.call_history_uuid JOIN #fate f ON f.stage_row = s.stage_row
WHERE b.state <> 'pending';
UPDATE b SET call_end_time = s.end_time, state = 'pending', attempts = 0, next_attempt_at = @P1, queued_at = @P1, reason = NULL
FROM dbo.element_backlog b
JOIN #call_history s ON b.call_history_uuid = s.call_history_uuid JOIN #fate f ON f.stage_row = s.stage_row;
INSERT INTO dbo.element_backlog (call_history_uuid, call_end_time, state, attempts, next_attempt_at, queued_at)
SELECT s.call_history_uuid, s.end_time, 'pending', 0, @P1, @P1
FROM #call_history s JOIN #fate f ON f.stage_row = s.stage_row
WHERE NOT EXISTS (SELECT 1 FROM dbo.element_backlog b WHERE b.call_history_uuid = s.call_history_uuid);
SET @queued = @@ROWCOUNT + @again;";

/// Entries that are due, newest call first; those without an end time last.
pub(super) const DUE: &str = "\
SELECT TOP (@P2) call_history_uuid, attempts FROM dbo.element_backlog
WHERE state = 'pending' AND (next_attempt_at <= CAST(@P1 AS datetime2(0)) OR next_attempt_at > CAST(@P3 AS datetime2(0)))
ORDER BY call_end_time DESC, call_history_uuid;";

/// When the next entry is due: the first of an index.
pub(super) const NEXT_DUE: &str = "SELECT MIN(next_attempt_at) FROM dbo.element_backlog WHERE state = 'pending';";

/// Rows of `call_history` that one transaction looks at when elements are switched on later; collection waits that long.
const MISSING_CHUNK: i64 = 20_000;

/// Where a chunk of calls ends.
pub(super) const CHUNK_END: &str = "\
SELECT MAX(chunk.call_history_uuid) FROM
  (SELECT TOP (@P2) call_history_uuid FROM dbo.call_history WHERE call_history_uuid > CAST(@P1 AS varchar(255)) ORDER BY call_history_uuid) chunk;";

/// Puts calls of a chunk that have no elements on the backlog.
pub(super) fn queue_chunk() -> String {
    format!(
        "DECLARE @queued bigint;
INSERT INTO dbo.element_backlog (call_history_uuid, call_end_time, state, attempts, next_attempt_at, queued_at)
SELECT c.call_history_uuid, c.end_time, 'pending', 0, @P3, @P3 FROM dbo.call_history c
WHERE c.call_history_uuid > CAST(@P1 AS varchar(255)) AND c.call_history_uuid <= CAST(@P2 AS varchar(255)) AND c.deleted_at IS NULL AND c.erased_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid)
  AND NOT EXISTS (SELECT 1 FROM dbo.element_backlog b WHERE b.call_history_uuid = c.call_history_uuid);
SET @queued = @@ROWCOUNT;
{}
SELECT @queued;",
        counters::add("elements_pending", "@queued")
    )
}

/// Entries that are due.
pub(super) async fn due(
    connection: &mut Connection,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<PendingElements>, Error> {
    let values = [
        Parameter::Time(now),
        Parameter::count(limit as u64),
        Parameter::Time(PendingElements::latest(now)),
    ];
    let rows = connection.rows(Patience::Search, DUE, &values).await?;
    Ok(rows
        .iter()
        .map(|row| PendingElements {
            call_history_uuid: value::text(row, 0).unwrap_or_default(),
            attempts: u32::try_from(value::count(row, 1)).unwrap_or(u32::MAX),
        })
        .collect())
}

/// When the next entry is due.
pub(super) async fn next_due(connection: &mut Connection) -> Result<Option<Timestamp>, Error> {
    let row = connection.row(Patience::Search, NEXT_DUE, &[]).await?;
    Ok(row.and_then(|row| value::time(&row, 0)))
}

/// Puts calls without elements on the backlog, among the next ones after `position`. Returns where to carry on, nothing
/// at the end, and how many were put there.
pub(super) async fn queue_missing(
    connection: &mut Connection,
    position: &str,
    now: Timestamp,
) -> Result<(Option<String>, u64), Error> {
    let start = [Parameter::id(position), Parameter::Integer(MISSING_CHUNK)];
    let last = connection.row(Patience::Search, CHUNK_END, &start).await?;
    let Some(last) = last.and_then(|row| value::text(&row, 0)) else {
        return Ok((None, 0));
    };
    connection.begin().await?;
    let chunk = [Parameter::id(position), Parameter::id(&last), Parameter::Time(now)];
    let added = connection.row(Patience::Write, &queue_chunk(), &chunk).await?;
    connection.commit().await?;
    Ok((Some(last), added.map_or(0, |row| value::count(&row, 0))))
}
