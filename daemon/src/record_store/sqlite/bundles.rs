//! Calls with their elements exactly as they are stored: read, put in the place of others, deleted.

use rusqlite::{Connection, OptionalExtension, params_from_iter, types::Value as Sql};

use super::{
    backlog,
    counters::Counted,
    disposal,
    retention::Sqlite,
    row,
    writer::{WriteSide, Writing},
};
use crate::{
    domain::{
        call::{CALL_ELEMENT, CALL_HISTORY},
        table::Value,
    },
    ports::{
        fingerprint,
        records::Record,
        retention::{Bundle, Deletion, Replacement, Tally},
    },
    record_store::{
        error::Error,
        placement,
        schema::{self, Storage, TableModel},
    },
};

/// Calls by key with their elements.
pub(super) fn read(connection: &Connection, keys: &[String]) -> rusqlite::Result<Vec<Bundle>> {
    let (Some(calls), Some(legs)) = (schema::model(&CALL_HISTORY), schema::model(&CALL_ELEMENT)) else {
        return Ok(Vec::new());
    };
    let mut call = connection.prepare_cached(&format!(
        "SELECT {} FROM call_history WHERE call_history_uuid = ?1",
        row::select_list(calls)
    ))?;
    let mut elements = connection.prepare_cached(&format!(
        "SELECT {} FROM call_element WHERE call_history_uuid = ?1 ORDER BY call_element_id",
        row::select_list(legs)
    ))?;
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        let Some(call) = call.query_row([key], |stored| row::record(calls, stored)).optional()? else {
            continue;
        };
        let elements = elements
            .query_map([key], |stored| row::record(legs, stored))?
            .collect::<Result<_, _>>()?;
        found.push(Bundle { call, elements });
    }
    Ok(found)
}

/// Puts bundles in the place of what has the same key.
pub(super) fn put(
    side: &mut WriteSide,
    bundles: &[Bundle],
    counted: Option<&str>,
    rewritten: bool,
) -> Result<(), Error> {
    side.transaction(|writing| {
        let all = || -> rusqlite::Result<Counted> {
            let mut change = Counted::default();
            let mut tally = Tally::default();
            for bundle in bundles {
                let known = forget(writing, bundle.key())?;
                insert(writing, schema::model(&CALL_HISTORY), &bundle.call)?;
                for element in &bundle.elements {
                    insert(writing, schema::model(&CALL_ELEMENT), element)?;
                }
                let elements = bundle.elements.len() as u64;
                change.records += 1 - signed(known.calls);
                change.elements += signed(elements) - signed(known.elements);
                if rewritten || known.calls == 0 {
                    tally += Tally { calls: 1, elements };
                }
            }
            if let Some(run) = counted {
                disposal::count_calls(writing, run, tally)?;
            }
            Ok(change)
        };
        let change = all().map_err(writing.failed())?;
        change.store(writing)
    })
}

/// Deletes calls, or only their elements.
pub(super) fn delete(side: &mut WriteSide, what: &Deletion, run: &str) -> Result<Tally, Error> {
    side.transaction(|writing| {
        let all = || -> rusqlite::Result<(Tally, Counted)> {
            let mut tally = Tally::default();
            let mut change = Counted::default();
            let verified: Vec<String>;
            let (keys, whole) = match what {
                Deletion::Calls(keys) => (keys, true),
                Deletion::Elements(keys) => (keys, false),
                Deletion::Copied(copies) => {
                    verified = unchanged(&writing.transaction, copies)?;
                    (&verified, true)
                }
            };
            for key in keys {
                if backlog::remove(writing, key)? {
                    change.elements_pending -= 1;
                }
                tally += if whole {
                    forget(writing, key)?
                } else {
                    Tally {
                        calls: 0,
                        elements: elements_gone(writing, key)?,
                    }
                };
            }
            disposal::count_calls(writing, run, tally)?;
            change.records -= signed(tally.calls);
            change.elements -= signed(tally.elements);
            Ok((tally, change))
        };
        let (tally, change) = all().map_err(writing.failed())?;
        change.store(writing)?;
        Ok(tally)
    })
}

/// Keys of those that are still what was copied: a poll may have changed one meanwhile.
fn unchanged(
    connection: &Connection,
    copies: &[(String, crate::domain::table::Digest)],
) -> rusqlite::Result<Vec<String>> {
    let keys: Vec<String> = copies.iter().map(|(key, _)| key.clone()).collect();
    let stored = read(connection, &keys)?;
    let is_same = |bundle: &&Bundle| {
        let copied = copies.iter().find(|(key, _)| key == bundle.key());
        copied.is_some_and(|(_, digest)| *digest == fingerprint::of_bundle(bundle))
    };
    Ok(stored
        .iter()
        .filter(is_same)
        .map(|bundle| bundle.key().to_owned())
        .collect())
}

/// Deletes a call with its elements; returns what there was.
fn forget(writing: &Writing<'_>, key: &str) -> rusqlite::Result<Tally> {
    let elements = elements_gone(writing, key)?;
    let calls = writing
        .transaction
        .prepare_cached("DELETE FROM call_history WHERE call_history_uuid = ?1")?
        .execute([key])?;
    Ok(Tally {
        calls: calls as u64,
        elements,
    })
}

fn elements_gone(writing: &Writing<'_>, key: &str) -> rusqlite::Result<u64> {
    let gone = writing
        .transaction
        .prepare_cached("DELETE FROM call_element WHERE call_history_uuid = ?1")?
        .execute([key])?;
    Ok(gone as u64)
}

/// Puts directory entries in the places of others.
pub(super) fn replace(side: &mut WriteSide, entries: &[Replacement], run: &str) -> Result<(), Error> {
    side.transaction(|writing| {
        let all = || -> rusqlite::Result<()> {
            for entry in entries {
                let Some(model) = schema::model(entry.table) else {
                    continue;
                };
                let place: Vec<String> = model
                    .key
                    .iter()
                    .enumerate()
                    .map(|(position, name)| format!("{name} = ?{}", position + 1))
                    .collect();
                writing
                    .transaction
                    .prepare_cached(&format!("DELETE FROM {} WHERE {}", model.name, place.join(" AND ")))?
                    .execute(params_from_iter(
                        entry
                            .place
                            .iter()
                            .map(|value| sql(value, Storage::Fact(crate::domain::table::Kind::Id))),
                    ))?;
                insert(writing, Some(model), &entry.record)?;
                if let Some(sql) = placement::replace(&Sqlite, entry) {
                    let mut past = writing.transaction.prepare(&sql)?;
                    past.execute(placement::keys(entry))?;
                }
            }
            disposal::count_rows(writing, run, "directory", entries.len() as u64)
        };
        all().map_err(writing.failed())
    })
}

fn insert(writing: &Writing<'_>, model: Option<&'static TableModel>, record: &Record) -> rusqlite::Result<()> {
    let Some(model) = model else { return Ok(()) };
    let numbers: Vec<String> = (1..=model.columns.len()).map(|number| format!("?{number}")).collect();
    let values = model.columns.iter().map(|column| {
        let value = record.iter().find(|(name, _)| *name == column.name);
        value.map_or(Sql::Null, |(_, value)| sql(value, column.storage))
    });
    writing
        .transaction
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO {} ({}) VALUES ({})",
            model.name,
            row::select_list(model),
            numbers.join(", ")
        ))?
        .execute(params_from_iter(values))?;
    Ok(())
}

fn sql(value: &Value, storage: Storage) -> Sql {
    match value {
        Value::Null => Sql::Null,
        Value::Text(text) if storage == Storage::Digest => {
            hex::decode(text).map_or_else(|_| Sql::Text(text.clone()), Sql::Blob)
        }
        Value::Text(text) => Sql::Text(text.clone()),
        Value::Time(time) => Sql::Text(row::time_text(*time)),
        Value::Integer(number) => Sql::Integer(*number),
        Value::Boolean(value) => Sql::Integer(i64::from(*value)),
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
