//! Committing a batch of calls: what is new, what changed, and what that proves.

use jiff::Timestamp;

use super::{
    backlog,
    connection::{Connection, Patience},
    counters, deletion, ledger, merge, proofs, rejects, staging,
    value::{self, Parameter},
};
use crate::{
    domain::call::CALL_HISTORY,
    ports::records::{CallBatch, Proof, Receipt},
    record_store::error::Error,
};

/// Takes the staged calls in, and answers how many were new, changed, and put on the backlog. One request: the loads of
/// an hour of polling are mostly unchanged, and a journey to the server costs more than the comparison.
pub(super) fn take_in(want_elements: bool) -> String {
    let table = &CALL_HISTORY;
    let (queue, queued) = if want_elements {
        (backlog::QUEUE_STAGED, counters::add("elements_pending", "@queued"))
    } else {
        ("", String::new())
    };
    format!(
        "DECLARE @added bigint, @changed bigint, @queued bigint, @again bigint;
{decide}
SET @queued = 0;
{queue}
{update}
SET @changed = @@ROWCOUNT;
{insert}
SET @added = @@ROWCOUNT;
{records}
{queued}
SELECT @added, @changed;",
        decide = merge::decide(table),
        update = merge::update(table),
        insert = merge::insert(table),
        records = counters::add("records", "@added"),
    )
}

/// Leaves out what was purged or archived: Zoom may still have it, here its time is over. `@P1` is the end of that time.
pub(super) const LEAVE_OLD: &str = "\
DELETE s FROM #call_history s WHERE s.end_time < CAST(@P1 AS datetime2(0))
  AND NOT EXISTS (SELECT 1 FROM dbo.call_history t WHERE t.call_history_uuid = s.call_history_uuid);";

/// Stores a batch, the element backlog and the proofs in one transaction. Returns the watermark stored then.
pub(super) async fn commit(
    connection: &mut Connection,
    batch: &CallBatch,
    stored: Option<Timestamp>,
    floor: Option<Timestamp>,
    now: Timestamp,
) -> Result<(Receipt, Option<Timestamp>), Error> {
    let rows = staging::last_of_each(&batch.calls, &CALL_HISTORY);
    let (rows, unfit) = staging::fitting(rows, &CALL_HISTORY);
    if !rows.is_empty() {
        staging::prepare(connection, &CALL_HISTORY).await?;
    }
    if batch.proves.iter().any(|proof| matches!(proof, Proof::Deleted(_))) {
        deletion::prepare(connection).await?;
    }
    connection.begin().await?;
    let mut receipt = Receipt::default();
    if !rows.is_empty() {
        staging::load(connection, &CALL_HISTORY, &rows).await?;
        if let Some(floor) = floor {
            connection
                .rows(Patience::Write, LEAVE_OLD, &[Parameter::Time(floor)])
                .await?;
        }
        let answer = connection
            .row(Patience::Write, &take_in(batch.want_elements), &[Parameter::Time(now)])
            .await?;
        if let Some(counts) = answer {
            receipt.added = value::count(&counts, 0);
            receipt.changed = value::count(&counts, 1);
        }
        receipt.unchanged = (rows.len() as u64).saturating_sub(receipt.added + receipt.changed);
    }
    receipt.rejected = rejects::keep(connection, batch.rejected.iter().chain(&unfit), now).await?;
    let writes = receipt.added + receipt.changed + receipt.rejected > 0;
    let watermark = proofs::store(connection, &batch.proves, writes, stored, now).await?;
    ledger::keep_expired(connection, floor, batch.proves.iter().filter_map(Proof::window)).await?;
    // If we die before this line nothing happened; after it everything did.
    connection.commit().await?;
    Ok((receipt, watermark))
}
