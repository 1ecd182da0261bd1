//! Applying a snapshot of a directory table: upsert by digest, tombstones, validity of memberships and placements.

use std::collections::HashMap;

use rusqlite::{CachedStatement, types::ValueRef};

use super::{
    counters::Counted,
    rejects,
    retention::Sqlite,
    row,
    writer::{WriteSide, Writing},
};
use crate::{
    crash_points::{CrashPoint, reach},
    domain::{
        directory::is_membership,
        table::{Digest, Row, Table, Value},
    },
    ports::records::{Snapshot, SnapshotReceipt},
    record_store::{
        error::Error,
        placement,
        schema::{self, placements},
    },
};

/// A stored row: its digest, whether it is present, and of a membership that moves, where to.
struct Stored {
    digest: Option<Digest>,
    present: bool,
    seen: bool,
    place: Option<String>,
}

type Key = Vec<String>;

/// Applies a snapshot in one transaction. One that changes nothing writes nothing.
pub(super) fn apply(side: &mut WriteSide, snapshot: &Snapshot) -> Result<SnapshotReceipt, Error> {
    side.transaction(|writing| {
        let rejected = rejects::keep(writing, &snapshot.rejected)?;
        let rejected = i64::try_from(rejected).unwrap_or(i64::MAX);
        Counted {
            rejected,
            ..Counted::default()
        }
        .store(writing)?;
        let sql = row::sql(snapshot.table).ok_or(Error::UnknownTable(snapshot.table.name))?;
        let receipt = merge(writing, snapshot, sql).map_err(writing.failed())?;
        if receipt.added + receipt.changed + receipt.removed > 0 {
            keep_placements(writing, snapshot.table).map_err(writing.failed())?;
        }
        reach(CrashPoint::SnapshotWritten);
        Ok(receipt)
    })
}

fn keep_placements(writing: &Writing<'_>, table: &Table) -> rusqlite::Result<()> {
    let Some(placed) = placements::of(table) else {
        return Ok(());
    };
    for sql in placement::keep(&Sqlite, placed) {
        writing.transaction.prepare_cached(&sql)?.execute([&writing.now_text])?;
    }
    Ok(())
}

fn merge(writing: &Writing<'_>, snapshot: &Snapshot, sql: &row::FactSql) -> rusqlite::Result<SnapshotReceipt> {
    let table = snapshot.table;
    let mut stored = stored_rows(writing, table)?;
    let mut receipt = SnapshotReceipt::default();
    let mut insert = writing.transaction.prepare_cached(&sql.insert)?;
    let mut update = writing.transaction.prepare_cached(&sql.update)?;
    let mut mark = writing.transaction.prepare_cached(&marking(table))?;

    for row in last_of_each(&snapshot.rows, table) {
        let statement = match stored.get_mut(&key(row, table)) {
            None => {
                receipt.added += 1;
                &mut insert
            }
            Some(known) => {
                known.seen = true;
                if known.present && known.digest == Some(row.digest) {
                    continue;
                }
                let moved = known.present && has_moved(row, table, known);
                // What comes back counts as changed: its first_seen_at stays.
                known.present = true;
                receipt.changed += 1;
                if moved {
                    mark_gone(&mut mark, &writing.now_text, &key(row, table))?;
                    &mut insert
                } else {
                    &mut update
                }
            }
        };
        row::bind(statement, table, row, &writing.now_text)?;
        statement.raw_execute()?;
    }
    if snapshot.complete {
        for (key, known) in stored.iter_mut().filter(|(_, known)| known.present && !known.seen) {
            mark_gone(&mut mark, &writing.now_text, key)?;
            known.present = false;
            receipt.removed += 1;
        }
    }
    receipt.total = receipt.added + stored.values().filter(|known| known.present).count() as u64;
    Ok(receipt)
}

/// Every row of a plain table, or every current row of a membership table: one who returns starts a new row there.
fn stored_rows(writing: &Writing<'_>, table: &Table) -> rusqlite::Result<HashMap<Key, Stored>> {
    let keys = table
        .key()
        .iter()
        .map(|column| column.name)
        .collect::<Vec<_>>()
        .join(", ");
    let gone = schema::gone_column(table);
    let current = if is_membership(table) {
        " WHERE valid_to IS NULL"
    } else {
        ""
    };
    let mut statement = writing.transaction.prepare_cached(&format!(
        "SELECT content_digest, {gone}, {}, {keys} FROM {}{current}",
        placements::moving_column(table).unwrap_or("NULL"),
        table.name
    ))?;
    let mut found = statement.query([])?;
    let mut rows = HashMap::new();
    while let Some(row) = found.next()? {
        let known = Stored {
            digest: row::digest(row.get_ref(0)?),
            present: row.get_ref(1)? == ValueRef::Null,
            seen: false,
            place: row.get(2)?,
        };
        let key = (0..table.key_columns)
            .map(|column| row.get(column + 3))
            .collect::<Result<Key, _>>()?;
        rows.insert(key, known);
    }
    Ok(rows)
}

/// Marks a row as gone; parameters are the time and the key.
fn marking(table: &Table) -> String {
    let gone = schema::gone_column(table);
    let place: Vec<String> = table
        .key()
        .iter()
        .enumerate()
        .map(|(position, key)| format!("{} = ?{}", key.name, position + 2))
        .collect();
    format!(
        "UPDATE {} SET {gone} = ?1 WHERE {} AND {gone} IS NULL",
        table.name,
        place.join(" AND "),
    )
}

fn mark_gone(mark: &mut CachedStatement<'_>, now: &str, key: &Key) -> rusqlite::Result<()> {
    mark.raw_bind_parameter(1, now)?;
    for (position, part) in key.iter().enumerate() {
        mark.raw_bind_parameter(position + 2, part)?;
    }
    mark.raw_execute().map(drop)
}

/// Whether a membership goes on in a new row: what it was until now holds for the calls until now.
fn has_moved(row: &Row, table: &Table, known: &Stored) -> bool {
    placements::moving_column(table).is_some_and(|column| {
        let place = row.get(table, column).as_text().unwrap_or_default();
        place != known.place.as_deref().unwrap_or_default()
    })
}

fn key(row: &Row, table: &Table) -> Key {
    row.values
        .iter()
        .take(table.key_columns)
        .map(|value| Value::as_text(value).unwrap_or_default().to_owned())
        .collect()
}

fn last_of_each<'a>(rows: &'a [Row], table: &Table) -> Vec<&'a Row> {
    let mut places: HashMap<Key, usize> = HashMap::with_capacity(rows.len());
    let mut kept: Vec<&Row> = Vec::with_capacity(rows.len());
    for row in rows {
        let place = *places.entry(key(row, table)).or_insert(kept.len());
        if place == kept.len() {
            kept.push(row);
        } else {
            kept[place] = row;
        }
    }
    kept
}
