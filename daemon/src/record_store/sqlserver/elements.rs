//! Committing fetched elements: the legs of calls as Zoom has them now.

use std::collections::HashMap;

use jiff::Timestamp;
use tiberius::{ColumnData, TokenRow};

use super::{
    connection::{Connection, Patience},
    counters, merge,
    patience::patient,
    rejects, staging,
    value::{self, Parameter, escaped_id},
};
use crate::{
    domain::{
        call::CALL_ELEMENT,
        table::{Rejected, Row, Value},
    },
    ports::records::{ElementsFetched, Receipt},
    record_store::error::Error,
};

/// The calls whose legs were fetched.
pub(super) const FETCHED: &str =
    "CREATE TABLE #fetched (call_history_uuid varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL);";
/// Empties it.
pub(super) const CLEAR_FETCHED: &str = "TRUNCATE TABLE #fetched;";

/// Takes the staged legs in, marks those that vanished, and takes the calls off the backlog. A person's call that was
/// erased while its legs were on the way keeps none: they would bring the person back.
pub(super) fn take_in() -> String {
    let table = &CALL_ELEMENT;
    format!(
        "DECLARE @added bigint, @changed bigint, @vanished bigint, @done bigint, @staged bigint;
DELETE s FROM #call_element s JOIN dbo.call_history c ON c.call_history_uuid = s.call_history_uuid WHERE c.erased_at IS NOT NULL;
SELECT @staged = COUNT_BIG(*) FROM #call_element;
{decide}
{update}
SET @changed = @@ROWCOUNT;
{insert}
SET @added = @@ROWCOUNT;
UPDATE t SET deleted_at = @P1
FROM dbo.call_element t JOIN #fetched g ON g.call_history_uuid = t.call_history_uuid
LEFT JOIN dbo.call_history c ON c.call_history_uuid = t.call_history_uuid
WHERE t.deleted_at IS NULL AND c.erased_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM #call_element s WHERE {same});
SET @vanished = @@ROWCOUNT;
SELECT @done = COUNT_BIG(*) FROM dbo.element_backlog b JOIN #fetched g ON g.call_history_uuid = b.call_history_uuid
WHERE b.state = 'pending';
DELETE b FROM dbo.element_backlog b JOIN #fetched g ON g.call_history_uuid = b.call_history_uuid;
SET @done = -@done;
{elements}
{pending}
SELECT @added, @changed + @vanished, @staged - @added - @changed;",
        same = merge::same_key(table),
        decide = merge::decide(table),
        update = merge::update(table),
        insert = merge::insert(table),
        elements = counters::add("elements", "@added"),
        pending = counters::add("elements_pending", "@done"),
    )
}

/// Tries a call again later.
pub(super) const POSTPONE: &str = "\
UPDATE dbo.element_backlog SET attempts = attempts + 1, next_attempt_at = @P2
WHERE call_history_uuid = CAST(@P1 AS varchar(255)) AND state = 'pending';";

/// Keeps the entry of a call for its reason only.
pub(super) fn give_up() -> String {
    format!(
        "DECLARE @given bigint;
UPDATE dbo.element_backlog SET attempts = attempts + 1, state = 'given_up', reason = @P2
WHERE call_history_uuid = CAST(@P1 AS varchar(255)) AND state = 'pending';
SET @given = @@ROWCOUNT;
SET @given = -@given;
{}",
        counters::add("elements_pending", "@given")
    )
}

/// Stores fetched elements and updates the backlog in one transaction. Of a call that comes twice the last counts.
pub(super) async fn commit(
    connection: &mut Connection,
    fetched: &[ElementsFetched],
    now: Timestamp,
) -> Result<Receipt, Error> {
    let mut legs: HashMap<&str, (&[Row], &[Rejected])> = HashMap::new();
    let mut calls = Vec::new();
    for one in fetched {
        if let ElementsFetched::Rows {
            call_history_uuid,
            rows,
            rejected,
        } = one
            && legs.insert(call_history_uuid, (rows, rejected)).is_none()
        {
            calls.push(call_history_uuid.as_str());
        }
    }
    let staged: Vec<Row> = calls
        .iter()
        .flat_map(|call| legs[call].0.iter().map(|row| of_call(row, call)))
        .collect();
    let rows = staging::last_of_each(&staged, &CALL_ELEMENT);
    let (rows, unfit) = staging::fitting(rows, &CALL_ELEMENT);
    if !calls.is_empty() {
        staging::prepare(connection, &CALL_ELEMENT).await?;
        let fresh = connection.staged.insert("#fetched");
        connection
            .batch(Patience::Write, if fresh { FETCHED } else { CLEAR_FETCHED })
            .await?;
    }
    connection.begin().await?;
    let mut receipt = Receipt::default();
    if !calls.is_empty() {
        load_calls(connection, &calls).await?;
        if !rows.is_empty() {
            staging::load(connection, &CALL_ELEMENT, &rows).await?;
        }
        let answer = connection
            .row(Patience::Write, &take_in(), &[Parameter::Time(now)])
            .await?;
        if let Some(counts) = answer {
            receipt.added = value::count(&counts, 0);
            receipt.changed = value::count(&counts, 1);
            receipt.unchanged = value::count(&counts, 2);
        }
        let rejected = calls.iter().flat_map(|call| legs[call].1).chain(&unfit);
        receipt.rejected = rejects::keep(connection, rejected, now).await?;
    }
    for one in fetched {
        match one {
            ElementsFetched::Rows { .. } => {}
            ElementsFetched::Later { call_history_uuid, at } => {
                let values = [Parameter::id(call_history_uuid), Parameter::Time(*at)];
                connection.rows(Patience::Write, POSTPONE, &values).await?;
            }
            ElementsFetched::Never {
                call_history_uuid,
                reason,
            } => {
                let reason: String = reason.chars().take(value::TEXT_LIMIT / 2).collect();
                let values = [Parameter::id(call_history_uuid), Parameter::text(&reason)];
                connection.rows(Patience::Write, &give_up(), &values).await?;
            }
        }
    }
    connection.commit().await?;
    Ok(receipt)
}

/// The element with the call it belongs to: the detail of a call need not repeat it in each leg.
fn of_call(row: &Row, call: &str) -> Row {
    let mut row = row.clone();
    if let Some(position) = CALL_ELEMENT.position("call_history_uuid")
        && row.values[position] == Value::Null
    {
        row.values[position] = Value::Text(call.to_owned());
    }
    row
}

async fn load_calls(connection: &mut Connection, calls: &[&str]) -> Result<(), Error> {
    let (server, limit) = (connection.server().to_owned(), connection.limit(Patience::Write));
    let driver = connection.driver();
    let all = async {
        let mut request = driver.bulk_insert("#fetched").await?;
        for call in calls {
            let mut cells = TokenRow::with_capacity(1);
            cells.push(ColumnData::String(Some(escaped_id(call))));
            request.send(cells).await?;
        }
        request.finalize().await
    };
    patient(&server, limit, false, all).await?;
    Ok(())
}
