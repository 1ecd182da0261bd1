//! Backfill requests: durable, one at a time, newest first.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::{row, writer::WriteSide};
use crate::{domain::window::Window, ports::records::BackfillRequest, record_store::error::Error};

const COLUMNS: &str = "id, span_from, span_to, done_until, state";
const UNFINISHED: &str = "'queued', 'running', 'paused'";

fn request(row: &rusqlite::Row<'_>) -> rusqlite::Result<BackfillRequest> {
    let time = |column: usize| -> rusqlite::Result<Timestamp> {
        row::time(row, column)?
            .ok_or_else(|| rusqlite::Error::InvalidColumnType(column, COLUMNS.to_owned(), rusqlite::types::Type::Text))
    };
    Ok(BackfillRequest {
        id: row.get(0)?,
        span: Window {
            from: time(1)?,
            to: time(2)?,
        },
        done_until: time(3)?,
        state: row.get(4)?,
    })
}

/// The newest unfinished request, else the newest of all.
pub(super) fn newest(connection: &Connection) -> rusqlite::Result<Option<BackfillRequest>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM backfill_request
             ORDER BY CASE WHEN state IN ({UNFINISHED}) THEN 0 ELSE 1 END, id DESC LIMIT 1"
        ))?
        .query_row([], request)
        .optional()
}

/// The unfinished request of exactly this span.
fn same(connection: &Connection, span: Window) -> rusqlite::Result<Option<BackfillRequest>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM backfill_request
             WHERE state IN ({UNFINISHED}) AND span_from = ?1 AND span_to = ?2 ORDER BY id DESC LIMIT 1"
        ))?
        .query_row((row::time_text(span.from), row::time_text(span.to)), request)
        .optional()
}

/// Continues an unfinished request with the same span, or starts anew in place of those within the span.
pub(super) fn ask(side: &mut WriteSide, span: Window) -> Result<BackfillRequest, Error> {
    let span = Window::new(span.from, span.to);
    if span.is_empty() {
        return Err(Error::EmptySpan);
    }
    side.transaction(|writing| {
        let all = || -> rusqlite::Result<BackfillRequest> {
            if let Some(mut same) = same(&writing.transaction, span)? {
                if same.state == "paused" {
                    set_state_in(&writing.transaction, same.id, "queued", &writing.now_text)?;
                    same.state = "queued".to_owned();
                }
                return Ok(same);
            }
            writing.transaction.execute(
                &format!(
                    "UPDATE backfill_request SET state = 'cancelled', changed_at = ?1
                     WHERE state IN ({UNFINISHED}) AND span_from >= ?2 AND span_to <= ?3"
                ),
                (&writing.now_text, row::time_text(span.from), row::time_text(span.to)),
            )?;
            writing.transaction.execute(
                "INSERT INTO backfill_request (span_from, span_to, done_until, state, requested_at, changed_at)
                 VALUES (?1, ?2, ?2, 'queued', ?3, ?3)",
                (row::time_text(span.from), row::time_text(span.to), &writing.now_text),
            )?;
            let id = writing.transaction.last_insert_rowid();
            Ok(BackfillRequest {
                id,
                span,
                done_until: span.to,
                state: "queued".to_owned(),
            })
        };
        all().map_err(writing.failed())
    })
}

/// Sets the state of a request; the same state again costs no write.
pub(super) fn set_state(side: &mut WriteSide, id: i64, state: &str) -> Result<(), Error> {
    side.transaction(|writing| {
        set_state_in(&writing.transaction, id, state, &writing.now_text).map_err(writing.failed())
    })
}

fn set_state_in(connection: &Connection, id: i64, state: &str, now: &str) -> rusqlite::Result<()> {
    let differs = connection
        .prepare_cached("SELECT 1 FROM backfill_request WHERE id = ?1 AND state <> ?2")?
        .exists((id, state))?;
    if differs {
        connection.execute(
            "UPDATE backfill_request SET state = ?2, changed_at = ?3 WHERE id = ?1",
            (id, state, now),
        )?;
    }
    Ok(())
}
