//! Committing fetched elements: the legs of a call as Zoom has them now.

use std::collections::HashSet;

use rusqlite::OptionalExtension;

use super::{
    backlog,
    calls::{self, Fate},
    counters::Counted,
    rejects,
    writer::{WriteSide, Writing},
};
use crate::{
    crash_points::{CrashPoint, reach},
    domain::{
        call::CALL_ELEMENT,
        table::{Row, Value},
    },
    ports::records::{ElementsFetched, Receipt},
    record_store::error::Error,
};

/// Stores fetched elements and updates the backlog in one transaction.
pub(super) fn commit(side: &mut WriteSide, fetched: &[ElementsFetched]) -> Result<Receipt, Error> {
    let receipt = side.transaction(|writing| {
        let mut receipt = Receipt::default();
        let mut counted = Counted::default();
        for one in fetched {
            let was_pending = match one {
                ElementsFetched::Rows {
                    call_history_uuid,
                    rows,
                    rejected,
                } => {
                    receipt += replace(writing, call_history_uuid, rows)?;
                    receipt.rejected += rejects::keep(writing, rejected)?;
                    backlog::remove(writing, call_history_uuid)
                }
                ElementsFetched::Later { call_history_uuid, at } => {
                    backlog::postpone(writing, call_history_uuid, *at).map(|()| false)
                }
                ElementsFetched::Never {
                    call_history_uuid,
                    reason,
                } => backlog::give_up(writing, call_history_uuid, reason),
            };
            if was_pending.map_err(writing.failed())? {
                counted.elements_pending -= 1;
            }
        }
        counted.elements = i64::try_from(receipt.added).unwrap_or(i64::MAX);
        counted.rejected = i64::try_from(receipt.rejected).unwrap_or(i64::MAX);
        counted.store(writing)?;
        reach(CrashPoint::ElementsWritten);
        Ok(receipt)
    })?;
    reach(CrashPoint::ElementsCommitted);
    Ok(receipt)
}

/// Makes the elements of a call those of `rows`; what vanished is kept and marked.
fn replace(writing: &Writing<'_>, call: &str, rows: &[Row]) -> Result<Receipt, Error> {
    if is_erased(writing, call).map_err(writing.failed())? {
        // The person's call was erased while its elements were on the way: they would bring the person back.
        return Ok(Receipt::default());
    }
    let rows: Vec<Row> = rows.iter().map(|row| of_call(row, call)).collect();
    let rows = calls::last_of_each(&rows);
    let fates = calls::fates(writing, &CALL_ELEMENT, &rows)?;
    calls::write(writing, &CALL_ELEMENT, &rows, &fates)?;
    let keys: HashSet<&str> = rows.iter().map(|row| row.key()).collect();
    let vanished = mark_vanished(writing, call, &keys).map_err(writing.failed())?;
    let count = |wanted| fates.iter().filter(|fate| **fate == wanted).count() as u64;
    Ok(Receipt {
        added: count(Fate::New),
        changed: count(Fate::Changed) + vanished,
        unchanged: count(Fate::Unchanged),
        rejected: 0,
    })
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

fn is_erased(writing: &Writing<'_>, call: &str) -> rusqlite::Result<bool> {
    let erased = writing
        .transaction
        .prepare_cached("SELECT erased_at IS NOT NULL FROM call_history WHERE call_history_uuid = ?1")?
        .query_row([call], |row| row.get(0))
        .optional()?;
    Ok(erased.unwrap_or(false))
}

fn mark_vanished(writing: &Writing<'_>, call: &str, present: &HashSet<&str>) -> rusqlite::Result<u64> {
    let mut stored = writing.transaction.prepare_cached(
        "SELECT call_element_id FROM call_element WHERE call_history_uuid = ?1 AND deleted_at IS NULL",
    )?;
    let stored: Vec<String> = stored.query_map([call], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut mark = writing.transaction.prepare_cached(
        "UPDATE call_element SET deleted_at = ?3 WHERE call_element_id = ?1 AND call_history_uuid = ?2",
    )?;
    let mut marked = 0;
    for id in stored.iter().filter(|id| !present.contains(id.as_str())) {
        mark.execute((id, call, &writing.now_text))?;
        marked += 1;
    }
    Ok(marked)
}
