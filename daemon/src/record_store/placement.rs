//! Statements that keep placements beside the directory, in the words of an engine.
//!
//! They compare the entries as they are with the placements that are current, after a snapshot and in its transaction:
//! what differs or is gone is closed, what has none gets one. Run again they find nothing to do.

use jiff::Timestamp;

use super::{
    schema::placements::{self, PLACEMENT, Placed},
    selection::{Bound, Conditions, Dialect},
};
use crate::{
    domain::{retention::Extent, table::Value},
    ports::{
        records::Record,
        retention::{Pile, Replacement},
    },
};

/// After a snapshot of the entries; the first parameter is its time.
pub(super) fn keep(dialect: &dyn Dialect, placed: &Placed) -> [String; 3] {
    let (entity, entries, all) = (
        placed.table.name,
        dialect.table(placed.table.name),
        dialect.table(PLACEMENT),
    );
    let now = dialect.parameter(1, &Bound::Time(Timestamp::UNIX_EPOCH));
    let same: String = placed
        .columns
        .iter()
        .map(|(column, source)| {
            let is = dialect.exact(&dialect.text(&format!("t.{source}")));
            let was = dialect.exact(&dialect.text(&format!("{PLACEMENT}.{column}")));
            format!("\n    AND {is} = {was}")
        })
        .collect();
    let columns: String = placed.columns.iter().map(|(column, _)| format!(", {column}")).collect();
    let sources: String = placed
        .columns
        .iter()
        .map(|(_, source)| format!(", t.{source}"))
        .collect();
    [
        format!(
            "UPDATE {all} SET valid_to = {now}
WHERE entity = '{entity}' AND valid_to IS NULL AND NOT EXISTS (SELECT 1 FROM {entries} t
  WHERE t.id = {PLACEMENT}.id AND t.removed_at IS NULL{same});"
        ),
        // Changed twice within a second: what held for no time at all is no history.
        format!("DELETE FROM {all} WHERE entity = '{entity}' AND valid_from = {now} AND valid_to = {now};"),
        format!(
            "INSERT INTO {all} (entity, id, valid_from{columns})
SELECT '{entity}', t.id, {now}{sources} FROM {entries} t
WHERE t.removed_at IS NULL AND NOT EXISTS (SELECT 1 FROM {all} p WHERE p.entity = '{entity}' AND p.id = t.id AND p.valid_to IS NULL);"
        ),
    ]
}

/// The placements of a database that had none: what is known today, since the entry was first seen.
pub(super) fn fill(dialect: &dyn Dialect) -> Vec<String> {
    placements::all()
        .iter()
        .map(|placed| {
            let (columns, sources): (Vec<&str>, Vec<&str>) = placed.columns.iter().copied().unzip();
            format!(
                "INSERT INTO {all} (entity, id, valid_from, valid_to, {columns})
SELECT '{entity}', id, first_seen_at, removed_at, {sources} FROM {entries};",
                all = dialect.table(PLACEMENT),
                entity = placed.table.name,
                entries = dialect.table(placed.table.name),
                columns = columns.join(", "),
                sources = sources.join(", "),
            )
        })
        .collect()
}

/// After entries of a pile were deleted: their placements go with them, and of those who stay what ended before the
/// cutoff, except where a hold keeps the entry.
pub(super) fn clear(
    conditions: &mut Conditions<'_>,
    pile: Pile,
    before: Timestamp,
    holds: &[Extent],
) -> Option<String> {
    let (Pile::Directory(table) | Pile::Entries(table)) = pile else {
        return None;
    };
    let placed = placements::of(table)?;
    let entity = placed.table.name;
    let (all, entries) = (conditions.table(PLACEMENT), conditions.table(entity));
    let entry = format!("SELECT 1 FROM {entries} p WHERE p.id = {PLACEMENT}.id");
    let mut which = format!("NOT EXISTS ({entry})");
    if matches!(pile, Pile::Directory(_)) {
        let (before, held) = (
            conditions.time(before),
            conditions.pile_held(Pile::Entries(table), holds),
        );
        which = format!("({which} OR (valid_to < {before} AND NOT EXISTS ({entry} AND {held})))");
    }
    Some(format!("DELETE FROM {all} WHERE entity = '{entity}' AND {which};"))
}

/// What an entry that takes the place of another says of the past: its key, and nothing that it does not say of today.
/// The first parameter is the key of now, the second the one of before.
pub(super) fn replace(dialect: &dyn Dialect, entry: &Replacement) -> Option<String> {
    let placed = placements::of(entry.table)?;
    let forgotten: String = placed
        .columns
        .iter()
        .filter(|(_, source)| is_absent(&entry.record, source))
        .map(|(column, _)| format!(", {column} = NULL"))
        .collect();
    let id = |number| dialect.parameter(number, &Bound::Id(String::new()));
    Some(format!(
        "UPDATE {all} SET id = {now}{forgotten} WHERE entity = '{entity}' AND id = {before};",
        all = dialect.table(PLACEMENT),
        entity = placed.table.name,
        now = id(1),
        before = id(2),
    ))
}

/// The keys of an entry and of the one whose place it takes.
pub(super) fn keys(entry: &Replacement) -> [&str; 2] {
    let now = entry.record.iter().find(|(name, _)| *name == "id");
    let now = now.and_then(|(_, value)| value.as_text()).unwrap_or_default();
    [now, entry.place.first().and_then(Value::as_text).unwrap_or_default()]
}

fn is_absent(record: &Record, column: &str) -> bool {
    !record
        .iter()
        .any(|(name, value)| *name == column && *value != Value::Null)
}
