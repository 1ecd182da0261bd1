//! Calls with their elements exactly as they are stored: read, put in the place of others, deleted.

use std::collections::HashMap;

use super::{
    connection::{Connection, Patience},
    counters, disposal,
    identifier::quoted,
    retention::Transact,
    value::{self, Parameter},
    verbatim,
};
use crate::{
    domain::{
        call::{CALL_ELEMENT, CALL_HISTORY},
        table::{Digest, Kind, Table, Value},
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

/// Keys in one statement. The statement always has that many: the last key is repeated.
pub(super) const KEYS: usize = 200;

fn model(table: &'static Table) -> Result<&'static TableModel, Error> {
    schema::model(table).ok_or(Error::UnknownTable(table.name))
}

fn key_list() -> String {
    let keys: Vec<String> = (1..=KEYS)
        .map(|number| format!("CAST(@P{number} AS varchar(255))"))
        .collect();
    keys.join(", ")
}

fn key_values(keys: &[String]) -> Vec<Parameter<'_>> {
    let last = keys.last();
    let repeated = std::iter::repeat_n(last, KEYS.saturating_sub(keys.len())).flatten();
    keys.iter().chain(repeated).map(|key| Parameter::id(key)).collect()
}

/// Rows of calls by their keys.
pub(super) fn by_key(model: &TableModel) -> String {
    let columns: Vec<String> = model.names().map(quoted).collect();
    format!(
        "SELECT {} FROM dbo.{} WHERE call_history_uuid IN ({});",
        columns.join(", "),
        quoted(model.name),
        key_list()
    )
}

/// Calls by key with their elements, in the order of the keys.
pub(super) async fn read(connection: &mut Connection, keys: &[String]) -> Result<Vec<Bundle>, Error> {
    let (calls, legs) = (model(&CALL_HISTORY)?, model(&CALL_ELEMENT)?);
    let mut found: HashMap<String, Bundle> = HashMap::with_capacity(keys.len());
    for some in keys.chunks(KEYS) {
        let values = key_values(some);
        for row in connection.rows(Patience::Search, &by_key(calls), &values).await? {
            let bundle = Bundle {
                call: value::record(calls, &row),
                elements: Vec::new(),
            };
            found.insert(bundle.key().to_owned(), bundle);
        }
        for row in connection.rows(Patience::Search, &by_key(legs), &values).await? {
            let element = value::record(legs, &row);
            let call = element.iter().find(|(name, _)| *name == "call_history_uuid");
            if let Some(bundle) = call
                .and_then(|(_, value)| value.as_text())
                .and_then(|call| found.get_mut(call))
            {
                bundle.elements.push(element);
            }
        }
    }
    Ok(keys.iter().filter_map(|key| found.remove(key)).collect())
}

/// Takes staged calls and elements in, in the place of what has the same call. `@P1` the run or nothing, `@P2` whether
/// all rows are counted for it, not only new ones.
pub(super) fn take_in() -> String {
    let (Some(calls), Some(legs)) = (schema::model(&CALL_HISTORY), schema::model(&CALL_ELEMENT)) else {
        return String::new();
    };
    let (staged, staged_legs) = (verbatim::stage(calls), verbatim::stage(legs));
    format!(
        "DECLARE @calls bigint, @elements bigint, @counted bigint, @counted_elements bigint;
SELECT @counted = COUNT_BIG(*) FROM {staged} s
WHERE @P2 = 1 OR NOT EXISTS (SELECT 1 FROM dbo.call_history t WHERE t.call_history_uuid = s.call_history_uuid);
SELECT @counted_elements = COUNT_BIG(*) FROM {staged_legs} s
WHERE @P2 = 1 OR NOT EXISTS (SELECT 1 FROM dbo.call_history t WHERE t.call_history_uuid = s.call_history_uuid);
DELETE t FROM dbo.call_element t JOIN {staged} s ON s.call_history_uuid = t.call_history_uuid;
SET @elements = @@ROWCOUNT;
DELETE t FROM dbo.call_history t JOIN {staged} s ON s.call_history_uuid = t.call_history_uuid;
SET @calls = @@ROWCOUNT;
{insert}
SET @calls = @@ROWCOUNT - @calls;
{insert_legs}
SET @elements = @@ROWCOUNT - @elements;
{records}
{elements}
UPDATE dbo.disposal SET calls = calls + @counted, elements = elements + @counted_elements WHERE id = CAST(@P1 AS varchar(255));",
        insert = verbatim::insert(calls),
        insert_legs = verbatim::insert(legs),
        records = counters::add("records", "@calls"),
        elements = counters::add("elements", "@elements"),
    )
}

/// Puts bundles in the place of what has the same key.
pub(super) async fn put(
    connection: &mut Connection,
    bundles: &[Bundle],
    counted: Option<&str>,
    rewritten: bool,
) -> Result<(), Error> {
    let (calls, legs) = (model(&CALL_HISTORY)?, model(&CALL_ELEMENT)?);
    verbatim::prepare(connection, calls).await?;
    verbatim::prepare(connection, legs).await?;
    connection.begin().await?;
    let rows: Vec<&Record> = bundles.iter().map(|bundle| &bundle.call).collect();
    verbatim::load(connection, calls, &rows).await?;
    let rows: Vec<&Record> = bundles.iter().flat_map(|bundle| &bundle.elements).collect();
    verbatim::load(connection, legs, &rows).await?;
    let values = [
        Parameter::id(counted.unwrap_or_default()),
        Parameter::Boolean(rewritten),
    ];
    connection.rows(Patience::Write, &take_in(), &values).await?;
    Ok(connection.commit().await?)
}

/// Deletes calls by key with everything that belongs to them, or only their elements. The parameter after the keys is
/// the run.
pub(super) fn delete_by_key(whole: bool) -> String {
    let keys = key_list();
    let calls = if whole {
        format!("DELETE FROM dbo.call_history WHERE call_history_uuid IN ({keys});\nSET @calls = @@ROWCOUNT;\n")
    } else {
        String::new()
    };
    format!(
        "DECLARE @calls bigint, @elements bigint, @pending bigint, @less bigint;
SET @calls = 0;
SELECT @pending = COUNT_BIG(*) FROM dbo.element_backlog WHERE state = 'pending' AND call_history_uuid IN ({keys});
DELETE FROM dbo.element_backlog WHERE call_history_uuid IN ({keys});
DELETE FROM dbo.call_element WHERE call_history_uuid IN ({keys});
SET @elements = @@ROWCOUNT;
{calls}SET @pending = -@pending;
{pending}
SET @less = -@calls;
{records}
SET @less = -@elements;
{elements}
UPDATE dbo.disposal SET calls = calls + @calls, elements = elements + @elements WHERE id = CAST(@P{run} AS varchar(255));
SELECT @calls, @elements;",
        pending = counters::add("elements_pending", "@pending"),
        records = counters::add("records", "@less"),
        elements = counters::add("elements", "@less"),
        run = KEYS + 1,
    )
}

/// Deletes calls, or only their elements.
pub(super) async fn delete(connection: &mut Connection, what: &Deletion, run: &str) -> Result<Tally, Error> {
    connection.begin().await?;
    let verified: Vec<String>;
    let (keys, whole) = match what {
        Deletion::Calls(keys) => (keys, true),
        Deletion::Elements(keys) => (keys, false),
        Deletion::Copied(copies) => {
            verified = unchanged(connection, copies).await?;
            (&verified, true)
        }
    };
    let mut tally = Tally::default();
    for some in keys.chunks(KEYS) {
        let mut values = key_values(some);
        values.push(Parameter::id(run));
        let answer = connection.row(Patience::Write, &delete_by_key(whole), &values).await?;
        if let Some(counts) = answer {
            tally += Tally {
                calls: value::count(&counts, 0),
                elements: value::count(&counts, 1),
            };
        }
    }
    connection.commit().await?;
    Ok(tally)
}

/// Keys of those that are still what was copied: a poll may have changed one meanwhile.
async fn unchanged(connection: &mut Connection, copies: &[(String, Digest)]) -> Result<Vec<String>, Error> {
    let keys: Vec<String> = copies.iter().map(|(key, _)| key.clone()).collect();
    let digests: HashMap<&str, &Digest> = copies.iter().map(|(key, digest)| (key.as_str(), digest)).collect();
    let stored = read(connection, &keys).await?;
    let is_same = |bundle: &&Bundle| digests.get(bundle.key()) == Some(&&fingerprint::of_bundle(bundle));
    Ok(stored
        .iter()
        .filter(is_same)
        .map(|bundle| bundle.key().to_owned())
        .collect())
}

/// Deletes a directory entry by its key.
pub(super) fn delete_entry(model: &TableModel) -> String {
    let place: Vec<String> = model
        .key
        .iter()
        .enumerate()
        .map(|(position, name)| {
            let number = position + 1;
            let storage = model.columns.iter().find(|column| column.name == *name);
            match storage.map(|column| column.storage) {
                Some(Storage::Fact(Kind::Id)) => format!("{} = CAST(@P{number} AS varchar(255))", quoted(name)),
                Some(Storage::Fact(Kind::Time)) => format!("{} = CAST(@P{number} AS datetime2(0))", quoted(name)),
                _ => format!("{} = @P{number}", quoted(name)),
            }
        })
        .collect();
    format!("DELETE FROM dbo.{} WHERE {};", quoted(model.name), place.join(" AND "))
}

/// Puts directory entries in the places of others.
pub(super) async fn replace(connection: &mut Connection, entries: &[Replacement], run: &str) -> Result<(), Error> {
    let mut tables: Vec<&'static TableModel> = Vec::new();
    for entry in entries {
        let model = model(entry.table)?;
        if !tables.iter().any(|known| known.name == model.name) {
            verbatim::prepare(connection, model).await?;
            tables.push(model);
        }
    }
    connection.begin().await?;
    for model in tables {
        let of_it: Vec<&Replacement> = entries.iter().filter(|entry| entry.table.name == model.name).collect();
        for entry in &of_it {
            let place: Vec<Parameter<'_>> = entry
                .place
                .iter()
                .map(|value| match value {
                    Value::Time(time) => Parameter::Time(*time),
                    Value::Integer(number) => Parameter::Integer(*number),
                    other => Parameter::id(other.as_text().unwrap_or_default()),
                })
                .collect();
            connection.rows(Patience::Write, &delete_entry(model), &place).await?;
            if let Some(sql) = placement::replace(&Transact, entry) {
                let keys = placement::keys(entry).map(Parameter::id);
                connection.rows(Patience::Write, &sql, &keys).await?;
            }
        }
        let rows: Vec<&Record> = of_it.iter().map(|entry| &entry.record).collect();
        verbatim::load(connection, model, &rows).await?;
        connection.batch(Patience::Write, &verbatim::insert(model)).await?;
    }
    disposal::count_rows(connection, run, "directory", entries.len() as u64).await?;
    Ok(connection.commit().await?)
}
