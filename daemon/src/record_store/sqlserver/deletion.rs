//! Calls and elements that Zoom no longer has: marked, or deleted for good.

use jiff::Timestamp;
use tiberius::{ColumnData, TokenRow};

use super::{
    connection::{Connection, Patience},
    counters,
    patience::patient,
    value::{self, Parameter, escaped_id},
};
use crate::{ports::records::Gone, record_store::error::Error};

/// The calls that are gone.
pub(super) const GONE_CALLS: &str =
    "CREATE TABLE #gone_call (id varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL);";
/// The elements that are gone.
pub(super) const GONE_ELEMENTS: &str =
    "CREATE TABLE #gone_element (id varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL);";
/// Empties the first.
pub(super) const CLEAR_CALLS: &str = "TRUNCATE TABLE #gone_call;";
/// Empties the second.
pub(super) const CLEAR_ELEMENTS: &str = "TRUNCATE TABLE #gone_element;";

const BACKLOG: &str = "\
SELECT @pending = COUNT_BIG(*) FROM dbo.element_backlog b
WHERE b.state = 'pending' AND EXISTS (SELECT 1 FROM #gone_call g WHERE g.id = b.call_history_uuid);
DELETE b FROM dbo.element_backlog b JOIN #gone_call g ON g.id = b.call_history_uuid;
SET @pending = -@pending;";

/// Marks rows as deleted at Zoom; `@P1` is when. The elements of a call go with it, and nobody asks for them any more.
pub(super) fn mark() -> String {
    format!(
        "DECLARE @calls bigint, @legs bigint, @named bigint, @pending bigint;
UPDATE t SET deleted_at = @P1 FROM dbo.call_history t JOIN #gone_call g ON g.id = t.call_history_uuid WHERE t.deleted_at IS NULL;
SET @calls = @@ROWCOUNT;
UPDATE t SET deleted_at = @P1 FROM dbo.call_element t JOIN #gone_call g ON g.id = t.call_history_uuid WHERE t.deleted_at IS NULL;
SET @legs = @@ROWCOUNT;
UPDATE t SET deleted_at = @P1 FROM dbo.call_element t JOIN #gone_element g ON g.id = t.call_element_id WHERE t.deleted_at IS NULL;
SET @named = @@ROWCOUNT;
{BACKLOG}
{pending}
SELECT @calls + @legs + @named;",
        pending = counters::add("elements_pending", "@pending"),
    )
}

/// Deletes rows for good.
pub(super) fn delete() -> String {
    format!(
        "DECLARE @calls bigint, @legs bigint, @pending bigint;
DELETE t FROM dbo.call_history t JOIN #gone_call g ON g.id = t.call_history_uuid;
SET @calls = @@ROWCOUNT;
DELETE t FROM dbo.call_element t JOIN #gone_call g ON g.id = t.call_history_uuid;
SET @legs = @@ROWCOUNT;
DELETE t FROM dbo.call_element t JOIN #gone_element g ON g.id = t.call_element_id;
SET @legs = @legs + @@ROWCOUNT;
SET @calls = -@calls;
SET @legs = -@legs;
{BACKLOG}
{records}
{elements}
{pending}
SELECT -@calls - @legs;",
        records = counters::add("records", "@calls"),
        elements = counters::add("elements", "@legs"),
        pending = counters::add("elements_pending", "@pending"),
    )
}

/// Readies the session's tables of ids. Outside the transaction: an undone one would take them away.
pub(super) async fn prepare(connection: &mut Connection) -> Result<(), Error> {
    for (name, create, clear) in [
        ("#gone_call", GONE_CALLS, CLEAR_CALLS),
        ("#gone_element", GONE_ELEMENTS, CLEAR_ELEMENTS),
    ] {
        let fresh = connection.staged.insert(name);
        connection
            .batch(Patience::Write, if fresh { create } else { clear })
            .await?;
    }
    Ok(())
}

/// Marks rows as deleted at Zoom, in one transaction.
pub(super) async fn mark_alone(connection: &mut Connection, gone: &Gone, at: Timestamp) -> Result<u64, Error> {
    prepare(connection).await?;
    connection.begin().await?;
    let marked = mark_within(connection, gone, at).await?;
    connection.commit().await?;
    Ok(marked)
}

/// Marks rows as deleted at Zoom inside the caller's transaction, after [`prepare`].
pub(super) async fn mark_within(connection: &mut Connection, gone: &Gone, at: Timestamp) -> Result<u64, Error> {
    load(connection, gone).await?;
    let answer = connection.row(Patience::Write, &mark(), &[Parameter::Time(at)]).await?;
    Ok(answer.map_or(0, |row| value::count(&row, 0)))
}

/// Deletes rows for good, in one transaction.
pub(super) async fn delete_alone(connection: &mut Connection, gone: &Gone) -> Result<u64, Error> {
    prepare(connection).await?;
    connection.begin().await?;
    load(connection, gone).await?;
    let answer = connection.row(Patience::Write, &delete(), &[]).await?;
    connection.commit().await?;
    Ok(answer.map_or(0, |row| value::count(&row, 0)))
}

async fn load(connection: &mut Connection, gone: &Gone) -> Result<(), Error> {
    for (table, ids) in [("#gone_call", &gone.calls), ("#gone_element", &gone.elements)] {
        if ids.is_empty() {
            continue;
        }
        let (server, limit) = (connection.server().to_owned(), connection.limit(Patience::Write));
        let driver = connection.driver();
        let all = async {
            let mut request = driver.bulk_insert(table).await?;
            for id in ids {
                let mut cells = TokenRow::with_capacity(1);
                cells.push(ColumnData::String(Some(escaped_id(id))));
                request.send(cells).await?;
            }
            request.finalize().await
        };
        patient(&server, limit, false, all).await?;
    }
    Ok(())
}
