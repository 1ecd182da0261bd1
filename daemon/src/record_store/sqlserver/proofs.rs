//! What a committed batch proves: the watermark, the ledger of windows, the progress of backfill.

use jiff::{SignedDuration, Timestamp};

use super::{
    connection::{Connection, Patience},
    value::{self, Parameter},
};
use crate::{
    domain::window::{Window, whole_second},
    ports::records::Proof,
    record_store::error::Error,
};

/// How far the stored watermark may lag while nothing else is written. After a crash that much is read again.
const WATERMARK_LAG: SignedDuration = SignedDuration::from_hours(1);

/// The stored watermark.
pub(super) const WATERMARK: &str = "SELECT seen_until FROM dbo.collection_watermark WHERE id = 1;";

/// Moves the watermark on, never back.
pub(super) const MOVE_WATERMARK: &str = "\
UPDATE dbo.collection_watermark SET seen_until = @P1, written_at = @P2 WHERE id = 1 AND seen_until < @P1;
INSERT INTO dbo.collection_watermark (id, seen_until, written_at)
SELECT 1, @P1, @P2 WHERE NOT EXISTS (SELECT 1 FROM dbo.collection_watermark WHERE id = 1);";

/// Calls held that ended in a window and that Zoom has not deleted.
pub(super) const HELD: &str = "\
SELECT COUNT_BIG(*) FROM dbo.call_history
WHERE end_time >= CAST(@P1 AS datetime2(0)) AND end_time < CAST(@P2 AS datetime2(0)) AND deleted_at IS NULL;";

/// Windows that are incomplete and were not compared since, newest first.
pub(super) const GAPS: &str = "\
SELECT TOP (@P2) window_from, window_to FROM dbo.collection_window
WHERE state = 'incomplete' AND compared_at < CAST(@P1 AS datetime2(0)) ORDER BY window_to DESC;";

/// Enters a window in the ledger, unless it says the same already and nothing else was written; answers whether that
/// cost a write. That a gap was looked at again is worth one: it says when to look next. A gap that a complete window covers whole is healed by it.
/// `@P1`, `@P2` the window, `@P3` Zoom's total, `@P4` received, `@P5` clamped, `@P6` something was written, `@P7` now.
pub(super) const ENTER_WINDOW: &str = "\
DECLARE @held bigint, @state varchar(255), @same bigint, @written int, @entered bigint;
SELECT @held = COUNT_BIG(*) FROM dbo.call_history
WHERE end_time >= CAST(@P1 AS datetime2(0)) AND end_time < CAST(@P2 AS datetime2(0)) AND deleted_at IS NULL;
SET @state = CASE WHEN @P3 IS NULL THEN 'unverified' WHEN @P4 >= @P3 OR @held >= @P3 THEN 'complete' ELSE 'incomplete' END;
SELECT @same = COUNT_BIG(*) FROM dbo.collection_window
WHERE window_from = @P1 AND window_to = @P2 AND received = @P4 AND held = @held AND state = @state AND clamped = @P5
  AND (zoom_total = @P3 OR (zoom_total IS NULL AND @P3 IS NULL));
SET @written = 0;
IF @same = 0 OR @P6 = 1 OR @state = 'incomplete'
BEGIN
  UPDATE dbo.collection_window SET zoom_total = @P3, received = @P4, held = @held, state = @state, clamped = @P5, compared_at = @P7
  WHERE window_from = @P1 AND window_to = @P2;
  SET @entered = @@ROWCOUNT;
  IF @entered = 0
    INSERT INTO dbo.collection_window
      (window_from, window_to, zoom_total, received, held, state, clamped, first_collected_at, compared_at)
    VALUES (@P1, @P2, @P3, @P4, @held, @state, @P5, @P7, @P7);
  IF @state = 'complete' AND @P5 = 0
    UPDATE dbo.collection_window SET state = 'superseded'
    WHERE state = 'incomplete' AND window_from >= @P1 AND window_to <= @P2;
  SET @written = 1;
END;
SELECT @written;";

/// Moves the progress of a backfill down, never up; answers whether that cost a write.
pub(super) const MOVE_BACKFILL: &str = "\
DECLARE @moved bigint;
UPDATE dbo.backfill_request SET done_until = @P2, changed_at = @P3,
  state = CASE WHEN @P2 <= span_from AND state <> 'cancelled' THEN 'done' ELSE state END
WHERE id = @P1 AND done_until > @P2;
SET @moved = @@ROWCOUNT;
SELECT @moved;";

/// The stored watermark.
pub(super) async fn stored_watermark(connection: &mut Connection) -> Result<Option<Timestamp>, Error> {
    let row = connection.row(Patience::Brief, WATERMARK, &[]).await?;
    Ok(row.and_then(|row| value::time(&row, 0)))
}

/// The newest watermark that a batch proves.
pub(super) fn proven_watermark(proofs: &[Proof]) -> Option<Timestamp> {
    proofs
        .iter()
        .filter_map(|proof| match proof {
            Proof::Watermark(time) => Some(whole_second(*time)),
            Proof::Collected { .. } | Proof::BackfilledTo { .. } => None,
        })
        .max()
}

/// Whether a batch without records proves something that has to be written, or at least compared.
pub(super) fn is_due(proofs: &[Proof], writes: bool, stored: Option<Timestamp>) -> bool {
    let beyond = proofs.iter().any(|proof| !matches!(proof, Proof::Watermark(_)));
    beyond || proven_watermark(proofs).is_some_and(|proven| is_watermark_due(proven, writes, stored))
}

fn is_watermark_due(proven: Timestamp, writes: bool, stored: Option<Timestamp>) -> bool {
    match stored {
        None => true,
        Some(stored) => proven > stored && (writes || proven.duration_since(stored) >= WATERMARK_LAG),
    }
}

/// Stores proofs; `writes` tells whether the transaction has written already. Returns the watermark stored then.
pub(super) async fn store(
    connection: &mut Connection,
    proofs: &[Proof],
    mut writes: bool,
    stored: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    for proof in proofs {
        let answer = match proof {
            Proof::Watermark(_) => None,
            Proof::Collected {
                window,
                received,
                zoom_total,
                clamped,
            } => {
                let values = [
                    Parameter::Time(window.from),
                    Parameter::Time(window.to),
                    zoom_total.map_or(Parameter::NoInteger, Parameter::count),
                    Parameter::count(*received),
                    Parameter::Boolean(*clamped),
                    Parameter::Boolean(writes),
                    Parameter::Time(now),
                ];
                connection.row(Patience::Write, ENTER_WINDOW, &values).await?
            }
            Proof::BackfilledTo { id, done_until } => {
                let values = [
                    Parameter::Integer(*id),
                    Parameter::Time(*done_until),
                    Parameter::Time(now),
                ];
                connection.row(Patience::Write, MOVE_BACKFILL, &values).await?
            }
        };
        writes |= answer.is_some_and(|row| value::count(&row, 0) > 0);
    }
    let Some(proven) = proven_watermark(proofs).filter(|proven| is_watermark_due(*proven, writes, stored)) else {
        return Ok(stored);
    };
    let values = [Parameter::Time(proven), Parameter::Time(now)];
    connection.rows(Patience::Write, MOVE_WATERMARK, &values).await?;
    Ok(Some(proven))
}

/// Windows known to be incomplete.
pub(super) async fn gaps(connection: &mut Connection, before: Timestamp, limit: usize) -> Result<Vec<Window>, Error> {
    let values = [Parameter::Time(before), Parameter::count(limit as u64)];
    let rows = connection.rows(Patience::Search, GAPS, &values).await?;
    let window = |row| {
        Some(Window {
            from: value::time(row, 0)?,
            to: value::time(row, 1)?,
        })
    };
    Ok(rows.iter().filter_map(window).collect())
}

/// Calls held in a window.
pub(super) async fn held(connection: &mut Connection, window: Window) -> Result<u64, Error> {
    let values = [Parameter::Time(window.from), Parameter::Time(window.to)];
    let row = connection.row(Patience::Search, HELD, &values).await?;
    Ok(row.map_or(0, |row| value::count(&row, 0)))
}
