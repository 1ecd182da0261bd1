//! Values on their way into and out of SQLite, and the statements for rows of Zoom's facts.

use std::{collections::HashMap, sync::LazyLock};

use jiff::Timestamp;
use rusqlite::{
    Statement, ToSql,
    types::{ToSqlOutput, ValueRef},
};

use crate::{
    domain::{
        call::{CALL_ELEMENT, CALL_HISTORY},
        directory::{self, is_membership},
        phone_number::e164,
        table::{Digest, Kind, Row, Table, Value},
        window::whole_second,
    },
    ports::records::Record,
    record_store::schema::{self, Storage, TableModel},
};

/// An instant as stored: `YYYY-MM-DDTHH:MM:SSZ`, which sorts as time does.
pub(super) fn time_text(time: Timestamp) -> String {
    whole_second(time).to_string()
}

/// A stored instant.
pub(super) fn parse_time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// Reads a column that holds an instant; a value that is none counts as absent.
pub(super) fn time(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get_ref(column)?.as_str_or_null()?.and_then(parse_time))
}

struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Value::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::Time(time) => ToSqlOutput::Owned(time_text(*time).into()),
            Value::Integer(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Value::Boolean(value) => ToSqlOutput::Borrowed(ValueRef::Integer(i64::from(*value))),
        })
    }
}

/// Statements for one table of facts. Parameters have the same numbers in all of them; see [`bind`].
pub(super) struct FactSql {
    /// Digest and what keeps a row from being rewritten, by key.
    pub find: String,
    /// A row that was not there.
    pub insert: String,
    /// A row that was there with other content; it is present again afterwards.
    pub update: String,
}

static FACTS: LazyLock<HashMap<&'static str, FactSql>> = LazyLock::new(|| {
    directory::TABLES
        .iter()
        .copied()
        .chain([&CALL_HISTORY, &CALL_ELEMENT])
        .filter_map(|table| Some((table.name, statements(table, schema::model(table)?))))
        .collect()
});

/// The statements of a table; absent for a table that is not described.
pub(super) fn sql(table: &Table) -> Option<&'static FactSql> {
    FACTS.get(table.name)
}

fn statements(table: &Table, model: &TableModel) -> FactSql {
    // Everything up to first_seen_at is bound in order; the parameter after that is the time.
    let bound: Vec<&str> = model.names().take_while(|name| *name != "first_seen_at").collect();
    let now = bound.len() + 1;
    let call = !directory::TABLES.iter().any(|entity| entity.name == table.name);
    let gone = if call { "deleted_at" } else { schema::gone_column(table) };

    let key: Vec<String> = table
        .key()
        .iter()
        .enumerate()
        .map(|(position, key)| format!("{} = ?{}", key.name, position + 1))
        .collect();
    let current = if is_membership(table) && !call {
        " AND valid_to IS NULL"
    } else {
        ""
    };
    let place = format!("{}{current}", key.join(" AND "));

    let set: Vec<String> = bound
        .iter()
        .enumerate()
        .skip(table.key_columns)
        .map(|(position, name)| format!("{name} = ?{}", position + 1))
        .collect();
    let set = format!("{}, changed_at = ?{now}, {gone} = NULL", set.join(", "));

    let mut names = bound.join(", ");
    let mut values: Vec<String> = (1..now).map(|number| format!("?{number}")).collect();
    names.push_str(", first_seen_at, changed_at");
    values.extend([format!("?{now}"), format!("?{now}")]);
    let mut again = String::new();
    if is_membership(table) && !call {
        names.push_str(", valid_from");
        values.push(format!("?{now}"));
        // Left and came back within one second: the row of that second is current again.
        again = format!(" ON CONFLICT ({}) DO UPDATE SET {set}", model.key.join(", "));
    }
    let erased = if call { ", erased_at" } else { "" };
    FactSql {
        find: format!(
            "SELECT content_digest, {gone}{erased} FROM {} WHERE {place}",
            table.name
        ),
        insert: format!(
            "INSERT INTO {} ({names}) VALUES ({}){again}",
            table.name,
            values.join(", ")
        ),
        update: format!("UPDATE {} SET {set} WHERE {place}", table.name),
    }
}

/// Binds a row to an insert or update of [`FactSql`].
pub(super) fn bind(statement: &mut Statement<'_>, table: &Table, row: &Row, now: &str) -> rusqlite::Result<()> {
    let mut next = 1;
    for value in &row.values {
        statement.raw_bind_parameter(next, Bound(value))?;
        next += 1;
    }
    for name in table.e164 {
        statement.raw_bind_parameter(next, row.get(table, name).as_text().and_then(e164))?;
        next += 1;
    }
    statement.raw_bind_parameter(next, row.extra.as_deref())?;
    statement.raw_bind_parameter(next + 1, row.digest.as_slice())?;
    statement.raw_bind_parameter(next + 2, now)
}

/// A stored digest; one of another length equals none.
pub(super) fn digest(value: ValueRef<'_>) -> Option<Digest> {
    value.as_blob().ok().and_then(|bytes| bytes.try_into().ok())
}

/// Columns of a table as a list for SELECT, in the order of the model.
pub(super) fn select_list(model: &TableModel) -> String {
    model.names().collect::<Vec<_>>().join(", ")
}

/// A record of a SELECT whose columns are [`select_list`].
pub(super) fn record(model: &'static TableModel, row: &rusqlite::Row<'_>) -> rusqlite::Result<Record> {
    let mut record = Vec::with_capacity(model.columns.len());
    for (position, column) in model.columns.iter().enumerate() {
        record.push((column.name.as_str(), value(row.get_ref(position)?, column.storage)));
    }
    Ok(record)
}

fn value(stored: ValueRef<'_>, storage: Storage) -> Value {
    match (stored, storage) {
        (ValueRef::Null, _) => Value::Null,
        (ValueRef::Integer(number), Storage::Fact(Kind::Boolean)) => Value::Boolean(number != 0),
        (ValueRef::Integer(number), _) => Value::Integer(number),
        (ValueRef::Text(bytes), Storage::Fact(Kind::Time)) => {
            let text = String::from_utf8_lossy(bytes);
            parse_time(&text).map_or_else(|| Value::Text(text.into_owned()), Value::Time)
        }
        (ValueRef::Text(bytes), _) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
        (ValueRef::Blob(bytes), _) => Value::Text(hex::encode(bytes)),
        (ValueRef::Real(number), _) => Value::Text(number.to_string()),
    }
}
