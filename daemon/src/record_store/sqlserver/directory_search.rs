//! Finding directory entries, and questions about them. Text is compared here, as in the search for calls.

use super::{
    connection::{Connection, Patience},
    ddl::BINARY,
    identifier::quoted,
    value::{self, Parameter},
};
use crate::{
    domain::{
        directory,
        table::{Kind, Table, Value},
    },
    ports::records::{DirectoryFilter, Record},
    record_store::{
        error::Error,
        schema::{self, TableModel},
        search::{contains, digits, fold, looks_like_number, searched},
    },
};

/// Entries that are looked through at a time.
const PAGE: usize = 1_000;

/// A page of a table in the order of its key; `after` continues after the key in the parameters.
pub(super) fn page(table: &Table, model: &TableModel, removed: bool, after: bool, limit: usize) -> String {
    let columns: Vec<String> = model.names().map(quoted).collect();
    let key: Vec<String> = model.key.iter().map(|name| quoted(name)).collect();
    let mut clauses = Vec::new();
    if !removed {
        clauses.push(format!("{} IS NULL", quoted(schema::gone_column(table))));
    }
    if after {
        clauses.push(format!("({})", beyond(model)));
    }
    let place = if clauses.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", clauses.join(" AND "))
    };
    format!(
        "SELECT TOP ({limit}) {} FROM dbo.{}{place} ORDER BY {};",
        columns.join(", "),
        quoted(table.name),
        key.join(", "),
    )
}

/// Greater than the parameters, column by column of the key.
fn beyond(model: &TableModel) -> String {
    let parts: Vec<String> = (0..model.key.len())
        .map(|last| {
            let equal = (0..last).map(|at| format!("{} = {}", quoted(model.key[at]), typed(model, at)));
            let greater = format!("{} > {}", quoted(model.key[last]), typed(model, last));
            equal.chain([greater]).collect::<Vec<_>>().join(" AND ")
        })
        .map(|part| format!("({part})"))
        .collect();
    parts.join(" OR ")
}

/// A parameter as the type of its key column, so that the index is used.
fn typed(model: &TableModel, at: usize) -> String {
    let storage = model
        .columns
        .iter()
        .find(|column| column.name == model.key[at])
        .map(|column| column.storage);
    let parameter = at + 1;
    match storage {
        Some(schema::Storage::Fact(Kind::Id)) => format!("CAST(@P{parameter} AS varchar(255))"),
        Some(schema::Storage::Fact(Kind::Time)) => format!("CAST(@P{parameter} AS datetime2(0))"),
        _ => format!("@P{parameter}"),
    }
}

/// Rows of a table that are present now.
pub(super) fn present(table: &Table) -> String {
    format!(
        "SELECT COUNT_BIG(*) FROM dbo.{} WHERE {} IS NULL;",
        quoted(table.name),
        quoted(schema::gone_column(table))
    )
}

/// Distinct non-empty values of a column over rows present now; two that differ in case are two.
pub(super) fn distinct_values(table: &Table, column: &str) -> String {
    let column = quoted(column);
    format!(
        "SELECT DISTINCT CAST({column} AS nvarchar(400)) {BINARY} AS value FROM dbo.{} WHERE {} IS NULL AND {column} IS NOT NULL;",
        quoted(table.name),
        quoted(schema::gone_column(table)),
    )
}

/// Entries of one or all tables, at most `limit`, tables in the order of a sync, entries by key.
pub(super) async fn entries(
    connection: &mut Connection,
    filter: &DirectoryFilter,
    limit: usize,
) -> Result<Vec<(&'static str, Record)>, Error> {
    let mut found = Vec::new();
    for table in directory::TABLES
        .iter()
        .filter(|table| filter.table.is_none_or(|wanted| wanted == table.name))
    {
        if found.len() >= limit {
            break;
        }
        of_table(connection, table, filter, limit, &mut found).await?;
    }
    Ok(found)
}

async fn of_table(
    connection: &mut Connection,
    table: &'static Table,
    filter: &DirectoryFilter,
    limit: usize,
    found: &mut Vec<(&'static str, Record)>,
) -> Result<(), Error> {
    let Some(model) = schema::model(table) else {
        return Ok(());
    };
    let wanted = filter
        .text
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(Wanted::of);
    let columns = searched(table, filter.nested);
    let mut after: Option<Vec<Value>> = None;
    while found.len() < limit {
        let left = limit - found.len();
        let size = if wanted.is_none() { left.min(PAGE) } else { PAGE };
        let sql = page(table, model, filter.removed, after.is_some(), size);
        let key: Vec<Parameter<'_>> = after
            .iter()
            .flatten()
            .zip(&model.key)
            .map(|(value, name)| parameter(table, name, value))
            .collect();
        let rows = connection.rows(Patience::Search, &sql, &key).await?;
        let records: Vec<Record> = rows.iter().map(|row| value::record(model, row)).collect();
        let full = records.len() == size;
        after = records.last().map(|record| key_of(model, record));
        let admitted = records
            .into_iter()
            .filter(|record| wanted.as_ref().is_none_or(|wanted| wanted.admits(&columns, record)));
        found.extend(admitted.take(left).map(|record| (table.name, record)));
        if !full {
            break;
        }
    }
    Ok(())
}

fn key_of(model: &TableModel, record: &Record) -> Vec<Value> {
    let part = |name: &&str| {
        record
            .iter()
            .find(|(column, _)| column == name)
            .map(|(_, value)| value.clone())
    };
    model.key.iter().map(|name| part(name).unwrap_or_default()).collect()
}

fn parameter<'a>(table: &Table, name: &str, value: &'a Value) -> Parameter<'a> {
    let kind = table.position(name).map(|position| table.columns[position].kind);
    match value {
        Value::Text(text) if kind == Some(Kind::Text) => Parameter::text(text),
        Value::Text(text) => Parameter::id(text),
        Value::Time(time) => Parameter::Time(*time),
        Value::Integer(number) => Parameter::Integer(*number),
        Value::Boolean(value) => Parameter::Boolean(*value),
        Value::Null => Parameter::NoText,
    }
}

struct Wanted {
    folded: String,
    digits: Option<String>,
}

impl Wanted {
    fn of(text: &str) -> Self {
        Self {
            folded: fold(text),
            digits: looks_like_number(text).then(|| digits(text)),
        }
    }

    fn admits(&self, columns: &[&str], record: &Record) -> bool {
        let searched = record.iter().filter(|(name, _)| columns.contains(name));
        searched.into_iter().any(|(name, value)| {
            let number;
            let text = match value {
                Value::Text(text) => text.as_str(),
                Value::Integer(value) => {
                    number = value.to_string();
                    &number
                }
                Value::Null | Value::Time(_) | Value::Boolean(_) => return false,
            };
            let by_digits = self.digits.as_ref().filter(|_| name.contains("number"));
            contains(text, &self.folded) || by_digits.is_some_and(|part| digits(text).contains(part.as_str()))
        })
    }
}

/// Rows of a table that are present now.
pub(super) async fn count(connection: &mut Connection, table: &Table) -> Result<u64, Error> {
    let row = connection.row(Patience::Search, &present(table), &[]).await?;
    Ok(row.map_or(0, |row| value::count(&row, 0)))
}

/// Distinct non-empty values of a column over rows present now, sorted.
pub(super) async fn distinct(connection: &mut Connection, table: &Table, column: &str) -> Result<Vec<String>, Error> {
    let Some(position) = table.position(column) else {
        return Ok(Vec::new());
    };
    let sql = distinct_values(table, table.columns[position].name);
    let rows = connection.rows(Patience::Search, &sql, &[]).await?;
    let mut values: Vec<String> = rows.iter().filter_map(|row| value::text(row, 0)).collect();
    values.retain(|value| !value.is_empty());
    values.sort();
    Ok(values)
}
