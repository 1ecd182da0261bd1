//! Committing a batch of calls: what is new, what changed, and what that proves.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::params_from_iter;

use super::{
    backlog::Queue,
    counters::Counted,
    ledger, proofs, rejects, row,
    writer::{WriteSide, Writing},
};
use crate::{
    crash_points::{CrashPoint, reach},
    domain::{
        call::CALL_HISTORY,
        table::{Row, Table, Value},
    },
    ports::records::{CallBatch, Proof, Receipt},
    record_store::error::Error,
};

/// What a row is compared with the stored one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    New,
    Changed,
    Unchanged,
}

/// Stores a batch, the element backlog and the proofs in one transaction.
pub(super) fn commit(side: &mut WriteSide, batch: &CallBatch) -> Result<Receipt, Error> {
    let stored = side.watermark;
    let (receipt, watermark) = side.transaction(|writing| {
        let done = store(writing, batch, stored)?;
        reach(CrashPoint::CallsWritten);
        Ok(done)
    })?;
    reach(CrashPoint::CallsCommitted);
    // Only now: a transaction that was undone must not leave a newer watermark in memory.
    side.watermark = watermark;
    Ok(receipt)
}

fn store(
    writing: &Writing<'_>,
    batch: &CallBatch,
    stored: Option<Timestamp>,
) -> Result<(Receipt, Option<Timestamp>), Error> {
    let mut receipt = Receipt::default();
    let mut counted = Counted::default();
    let rows = last_of_each(&batch.calls);
    let mut fates = fates(writing, &CALL_HISTORY, &rows)?;
    for (row, fate) in rows.iter().zip(&mut fates) {
        // Purged or archived: Zoom may still have it, here its time is over.
        let end = row.get(&CALL_HISTORY, "end_time").as_time();
        if *fate == Fate::New && end.zip(writing.floor).is_some_and(|(end, floor)| end < floor) {
            *fate = Fate::Unchanged;
        }
    }

    write(writing, &CALL_HISTORY, &rows, &fates)?;
    for fate in &fates {
        match fate {
            Fate::New => receipt.added += 1,
            Fate::Changed => receipt.changed += 1,
            Fate::Unchanged => receipt.unchanged += 1,
        }
    }
    if batch.want_elements && receipt.added + receipt.changed > 0 {
        let mut queue = Queue::new(writing)?;
        for (row, _) in rows.iter().zip(&fates).filter(|(_, fate)| **fate != Fate::Unchanged) {
            queue.add(row.key(), row.get(&CALL_HISTORY, "end_time").as_time())?;
        }
        counted.elements_pending += queue.added;
    }
    receipt.rejected = rejects::keep(writing, &batch.rejected)?;
    counted.records = i64::try_from(receipt.added).unwrap_or(i64::MAX);
    counted.rejected = i64::try_from(receipt.rejected).unwrap_or(i64::MAX);
    counted.store(writing)?;

    let writes = receipt.added + receipt.changed + receipt.rejected > 0;
    let watermark = proofs::store(writing, &batch.proves, writes, stored)?;
    let compared = batch.proves.iter().filter_map(Proof::window);
    ledger::keep_expired(writing, compared).map_err(writing.failed())?;
    Ok((receipt, watermark))
}

/// The last row of each key, in the order in which the keys first came.
pub(super) fn last_of_each(rows: &[Row]) -> Vec<&Row> {
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(rows.len());
    let mut kept: Vec<&Row> = Vec::with_capacity(rows.len());
    for row in rows {
        match places.get(row.key()) {
            Some(place) => kept[*place] = row,
            None => {
                places.insert(row.key(), kept.len());
                kept.push(row);
            }
        }
    }
    kept
}

/// Compares rows of calls or elements with the stored ones by digest.
pub(super) fn fates(writing: &Writing<'_>, table: &'static Table, rows: &[&Row]) -> Result<Vec<Fate>, Error> {
    let sql = row::sql(table).ok_or(Error::UnknownTable(table.name))?;
    let compare = || -> rusqlite::Result<Vec<Fate>> {
        let mut find = writing.transaction.prepare_cached(&sql.find)?;
        let mut fates = Vec::with_capacity(rows.len());
        for row in rows {
            let key = row.values[..table.key_columns].iter().map(Value::as_text);
            let mut found = find.query(params_from_iter(key))?;
            fates.push(match found.next()? {
                None => Fate::New,
                Some(stored) => {
                    let deleted = stored.get_ref(1)? != rusqlite::types::ValueRef::Null;
                    let erased = stored.get_ref(2)? != rusqlite::types::ValueRef::Null;
                    // A person's erased record stays empty, whatever Zoom still says.
                    if erased || (!deleted && row::digest(stored.get_ref(0)?) == Some(row.digest)) {
                        Fate::Unchanged
                    } else {
                        Fate::Changed
                    }
                }
            });
        }
        Ok(fates)
    };
    compare().map_err(writing.failed())
}

/// Inserts and updates rows as their fates say.
pub(super) fn write(writing: &Writing<'_>, table: &'static Table, rows: &[&Row], fates: &[Fate]) -> Result<(), Error> {
    let sql = row::sql(table).ok_or(Error::UnknownTable(table.name))?;
    let all = || -> rusqlite::Result<()> {
        let mut insert = writing.transaction.prepare_cached(&sql.insert)?;
        let mut update = writing.transaction.prepare_cached(&sql.update)?;
        for (row, fate) in rows.iter().zip(fates) {
            let statement = match fate {
                Fate::New => &mut insert,
                Fate::Changed => &mut update,
                Fate::Unchanged => continue,
            };
            row::bind(statement, table, row, &writing.now_text)?;
            statement.raw_execute()?;
        }
        Ok(())
    };
    all().map_err(writing.failed())
}
