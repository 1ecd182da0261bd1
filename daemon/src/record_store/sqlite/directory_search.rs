//! Finding directory entries, and questions about them.

use rusqlite::{Connection, ToSql, params_from_iter};

use super::row;
use crate::{
    domain::{directory, table::Table},
    ports::records::{DirectoryFilter, Record},
    record_store::{
        schema,
        search::{digits, fold, looks_like_number, searched},
    },
};

/// Entries of one or all tables, at most `limit`, tables in the order of a sync, entries by key.
pub(super) fn entries(
    connection: &Connection,
    filter: &DirectoryFilter,
    limit: usize,
) -> rusqlite::Result<Vec<(&'static str, Record)>> {
    let mut found = Vec::new();
    for table in directory::TABLES
        .iter()
        .filter(|table| filter.table.is_none_or(|wanted| wanted == table.name))
    {
        if found.len() >= limit {
            break;
        }
        found.extend(of_table(connection, table, filter, limit - found.len())?);
    }
    Ok(found)
}

fn of_table(
    connection: &Connection,
    table: &'static Table,
    filter: &DirectoryFilter,
    limit: usize,
) -> rusqlite::Result<Vec<(&'static str, Record)>> {
    let Some(model) = schema::model(table) else {
        return Ok(Vec::new());
    };
    let mut clauses = Vec::new();
    let mut values: Vec<Box<dyn ToSql>> = Vec::new();
    if !filter.removed {
        clauses.push(format!("{} IS NULL", schema::gone_column(table)));
    }
    if let Some(text) = filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        let searched = searched(table, filter.nested);
        let mut any: Vec<String> = searched
            .iter()
            .map(|name| format!("fold_contains({name}, ?1)"))
            .collect();
        values.push(Box::new(fold(text)));
        let only = digits(text);
        if looks_like_number(text) {
            values.push(Box::new(only));
            let numbers = searched.iter().filter(|name| name.contains("number"));
            any.extend(numbers.map(|name| format!("instr(digits({name}), ?2) > 0")));
            if any.len() == searched.len() {
                values.pop();
            }
        }
        clauses.push(format!("({})", any.join(" OR ")));
    }
    if clauses.is_empty() {
        clauses.push("1".to_owned());
    }
    let sql = format!(
        "SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {limit}",
        row::select_list(model),
        table.name,
        clauses.join(" AND "),
        model.key.join(", "),
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params_from_iter(&values), |found| {
        Ok((table.name, row::record(model, found)?))
    })?;
    rows.collect()
}

/// Rows of a table that are present now.
pub(super) fn count(connection: &Connection, table: &Table) -> rusqlite::Result<u64> {
    let sql = format!(
        "SELECT COUNT(*) FROM {} WHERE {} IS NULL",
        table.name,
        schema::gone_column(table)
    );
    connection
        .prepare_cached(&sql)?
        .query_row([], |row| row.get::<_, i64>(0))
        .map(|count| u64::try_from(count).unwrap_or(0))
}

/// Distinct non-empty values of a column over rows present now, sorted.
pub(super) fn distinct(connection: &Connection, table: &Table, column: &str) -> rusqlite::Result<Vec<String>> {
    let Some(position) = table.position(column) else {
        return Ok(Vec::new());
    };
    let column = table.columns[position].name;
    let sql = format!(
        "SELECT DISTINCT CAST({column} AS TEXT) FROM {} WHERE {} IS NULL AND {column} IS NOT NULL AND {column} <> '' ORDER BY 1",
        table.name,
        schema::gone_column(table),
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    rows.collect()
}
