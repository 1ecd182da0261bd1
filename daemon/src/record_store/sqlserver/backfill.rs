//! Backfill requests: durable, one at a time, newest first.

use jiff::Timestamp;
use tiberius::Row;

use super::{
    connection::{Connection, Patience},
    value::{self, Parameter},
};
use crate::{domain::window::Window, ports::records::BackfillRequest, record_store::error::Error};

/// The newest unfinished request, else the newest of all.
pub(super) const NEWEST: &str = "\
SELECT TOP (1) id, span_from, span_to, done_until, state FROM dbo.backfill_request
ORDER BY CASE WHEN state IN ('queued', 'running', 'paused') THEN 0 ELSE 1 END, id DESC;";

/// The unfinished request of exactly this span.
pub(super) const SAME: &str = "\
SELECT TOP (1) id, span_from, span_to, done_until, state FROM dbo.backfill_request
WHERE state IN ('queued', 'running', 'paused') AND span_from = @P1 AND span_to = @P2 ORDER BY id DESC;";

/// Cancels what is unfinished within a span.
pub(super) const CANCEL: &str = "\
UPDATE dbo.backfill_request SET state = 'cancelled', changed_at = @P1
WHERE state IN ('queued', 'running', 'paused') AND span_from >= @P2 AND span_to <= @P3;";

/// Asks for a span; answers the id that the database gave.
pub(super) const ASK: &str = "\
INSERT INTO dbo.backfill_request (span_from, span_to, done_until, state, requested_at, changed_at)
VALUES (@P1, @P2, @P2, 'queued', @P3, @P3);
SELECT CAST(SCOPE_IDENTITY() AS bigint);";

/// Sets the state of a request; the same state again costs no write.
pub(super) const SET_STATE: &str = "\
UPDATE dbo.backfill_request SET state = @P2, changed_at = @P3 WHERE id = @P1 AND state <> CAST(@P2 AS varchar(255));";

fn request(row: &Row) -> Option<BackfillRequest> {
    Some(BackfillRequest {
        id: value::integer(row, 0)?,
        span: Window {
            from: value::time(row, 1)?,
            to: value::time(row, 2)?,
        },
        done_until: value::time(row, 3)?,
        state: value::text(row, 4)?,
    })
}

/// The newest unfinished request, else the newest of all.
pub(super) async fn newest(connection: &mut Connection) -> Result<Option<BackfillRequest>, Error> {
    let row = connection.row(Patience::Brief, NEWEST, &[]).await?;
    Ok(row.as_ref().and_then(request))
}

/// Continues an unfinished request with the same span, or starts anew in place of those within the span.
pub(super) async fn ask(connection: &mut Connection, span: Window, now: Timestamp) -> Result<BackfillRequest, Error> {
    let span = Window::new(span.from, span.to);
    if span.is_empty() {
        return Err(Error::EmptySpan);
    }
    connection.begin().await?;
    let ends = [Parameter::Time(span.from), Parameter::Time(span.to)];
    let found = connection.row(Patience::Brief, SAME, &ends).await?;
    let asked = match found.as_ref().and_then(request) {
        Some(mut same) => {
            if same.state == "paused" {
                put_state(connection, same.id, "queued", now).await?;
                same.state = "queued".to_owned();
            }
            same
        }
        None => {
            let within = [
                Parameter::Time(now),
                Parameter::Time(span.from),
                Parameter::Time(span.to),
            ];
            connection.rows(Patience::Write, CANCEL, &within).await?;
            let values = [
                Parameter::Time(span.from),
                Parameter::Time(span.to),
                Parameter::Time(now),
            ];
            let id = connection.row(Patience::Write, ASK, &values).await?;
            BackfillRequest {
                id: id.and_then(|row| value::integer(&row, 0)).unwrap_or_default(),
                span,
                done_until: span.to,
                state: "queued".to_owned(),
            }
        }
    };
    connection.commit().await?;
    Ok(asked)
}

/// Sets the state of a request.
pub(super) async fn set_state(connection: &mut Connection, id: i64, state: &str, now: Timestamp) -> Result<(), Error> {
    connection.begin().await?;
    put_state(connection, id, state, now).await?;
    Ok(connection.commit().await?)
}

async fn put_state(connection: &mut Connection, id: i64, state: &str, now: Timestamp) -> Result<(), Error> {
    let values = [Parameter::Integer(id), Parameter::id(state), Parameter::Time(now)];
    connection.rows(Patience::Write, SET_STATE, &values).await?;
    Ok(())
}
