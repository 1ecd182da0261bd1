//! Calls and elements that Zoom no longer has: marked, or deleted for good.

use jiff::Timestamp;

use super::{
    backlog,
    counters::Counted,
    row,
    writer::{WriteSide, Writing},
};
use crate::{ports::records::Gone, record_store::error::Error};

/// Marks rows as deleted at Zoom, in one transaction.
pub(super) fn mark(side: &mut WriteSide, gone: &Gone, at: Timestamp) -> Result<u64, Error> {
    side.transaction(|writing| mark_within(writing, gone, &row::time_text(at)))
}

/// Marks rows as deleted at Zoom inside the caller's transaction. The elements of a call go with it, and nobody asks
/// for them any more.
pub(super) fn mark_within(writing: &Writing<'_>, gone: &Gone, at: &str) -> Result<u64, Error> {
    let mut counted = Counted::default();
    let mut all = || -> rusqlite::Result<u64> {
        let mut call = writing.transaction.prepare_cached(
            "UPDATE call_history SET deleted_at = ?2 WHERE call_history_uuid = ?1 AND deleted_at IS NULL",
        )?;
        let mut legs = writing.transaction.prepare_cached(
            "UPDATE call_element SET deleted_at = ?2 WHERE call_history_uuid = ?1 AND deleted_at IS NULL",
        )?;
        let mut leg = writing.transaction.prepare_cached(
            "UPDATE call_element SET deleted_at = ?2 WHERE call_element_id = ?1 AND deleted_at IS NULL",
        )?;
        let mut marked = 0;
        for id in &gone.calls {
            marked += call.execute((id, at))? + legs.execute((id, at))?;
            counted.elements_pending -= i64::from(backlog::remove(writing, id)?);
        }
        for id in &gone.elements {
            marked += leg.execute((id, at))?;
        }
        Ok(marked as u64)
    };
    let marked = all().map_err(writing.failed())?;
    counted.store(writing)?;
    Ok(marked)
}

/// Deletes rows for good, in one transaction.
pub(super) fn delete(side: &mut WriteSide, gone: &Gone) -> Result<u64, Error> {
    side.transaction(|writing| {
        let mut counted = Counted::default();
        let mut all = || -> rusqlite::Result<()> {
            let execute = |sql: &str, id: &str| -> rusqlite::Result<i64> {
                let deleted = writing.transaction.prepare_cached(sql)?.execute([id])?;
                Ok(i64::try_from(deleted).unwrap_or(i64::MAX))
            };
            for id in &gone.calls {
                counted.records -= execute("DELETE FROM call_history WHERE call_history_uuid = ?1", id)?;
                counted.elements -= execute("DELETE FROM call_element WHERE call_history_uuid = ?1", id)?;
                counted.elements_pending -= i64::from(backlog::remove(writing, id)?);
            }
            for id in &gone.elements {
                counted.elements -= execute("DELETE FROM call_element WHERE call_element_id = ?1", id)?;
            }
            Ok(())
        };
        all().map_err(writing.failed())?;
        counted.store(writing)?;
        Ok((counted.records + counted.elements).unsigned_abs())
    })
}
