//! Staging: rows of Zoom's facts go into a temporary table by bulk load; set-based statements take them from there.
//!
//! A staging table has a number a row and the columns that a row brings. What its column cannot hold (too long, out of
//! range) goes to `extra` under the column's name, as what has no column does; a row whose key is too long is rejected.
//! Nothing is dropped.

use std::{borrow::Cow, collections::HashMap};

use tiberius::{ColumnData, TokenRow};

use super::{
    connection::{Connection, Patience},
    ddl,
    identifier::quoted,
    patience::patient,
    value::{self, ID_LIMIT, Parameter, TEXT_LIMIT, escaped, escaped_id},
};
use crate::{
    domain::{
        phone_number::e164,
        table::{Kind, Rejected, Row, Table, Value},
    },
    record_store::{error::Error, schema},
};

/// Longest value that a bulk load can carry, in bytes as UTF-16; longer ones follow as parameters.
const BULK_LIMIT: usize = 65_000;

/// What the fates of staged rows are kept in: 1 new, 2 changed, 3 a membership that goes on in a new row;
/// a row without a fate is unchanged.
pub(super) const FATE: &str = "CREATE TABLE #fate (stage_row bigint NOT NULL, fate int NOT NULL);";
/// Empties it.
pub(super) const CLEAR_FATE: &str = "TRUNCATE TABLE #fate;";

/// Names of the columns that a row brings, in the order of the staging table.
pub(super) fn brought(table: &Table) -> Vec<String> {
    let mut names: Vec<String> = table.columns.iter().map(|column| column.name.to_owned()).collect();
    names.extend(table.e164.iter().map(|name| format!("{name}_e164")));
    names.extend(["extra".to_owned(), "content_digest".to_owned()]);
    names
}

/// Makes the staging table. Collations are spelled out: a temporary table would take those of `tempdb`.
pub(super) fn create(table: &Table) -> Option<String> {
    let model = schema::model(table)?;
    let mut sql = format!("CREATE TABLE #{} (\n  stage_row bigint NOT NULL", table.name);
    for name in brought(table) {
        let column = model.columns.iter().find(|column| column.name == name)?;
        let in_key = table.key().iter().any(|key| key.name == name);
        sql.push_str(&format!(
            ",\n  {} {} NULL",
            quoted(&name),
            ddl::type_of(column.storage, in_key)
        ));
    }
    sql.push_str("\n);");
    Some(sql)
}

/// Empties the staging table.
pub(super) fn clear(table: &Table) -> String {
    format!("TRUNCATE TABLE #{};", table.name)
}

/// Puts a value that was too long for the bulk load into its row.
pub(super) fn patch(table: &Table, column: &str) -> String {
    format!(
        "UPDATE #{} SET {} = @P1 WHERE stage_row = @P2;",
        table.name,
        quoted(column)
    )
}

/// The last row of each key, in the order in which the keys first came.
pub(super) fn last_of_each<'a>(rows: impl IntoIterator<Item = &'a Row>, table: &Table) -> Vec<&'a Row> {
    let mut places: HashMap<Vec<&str>, usize> = HashMap::new();
    let mut kept: Vec<&Row> = Vec::new();
    for row in rows {
        let key = row.values[..table.key_columns]
            .iter()
            .map(|part| part.as_text().unwrap_or_default())
            .collect();
        let place = *places.entry(key).or_insert(kept.len());
        if place == kept.len() {
            kept.push(row);
        } else {
            kept[place] = row;
        }
    }
    kept
}

/// Rows as they will be staged, and those whose key no column can hold.
pub(super) fn fitting<'a>(rows: Vec<&'a Row>, table: &Table) -> (Vec<Cow<'a, Row>>, Vec<Rejected>) {
    let mut fitting = Vec::with_capacity(rows.len());
    let mut rejected = Vec::new();
    for row in rows {
        let long: Vec<usize> = (0..table.columns.len()).filter(|at| !fits(row, table, *at)).collect();
        if long.is_empty() {
            fitting.push(Cow::Borrowed(row));
        } else if long[0] < table.key_columns {
            rejected.push(Rejected {
                table: table.name,
                reason: format!(
                    "{} is longer than the database can hold in a key",
                    table.columns[long[0]].name
                ),
                digest: row.digest,
                json: serde_json::Value::Object(whole(row, table)).to_string(),
            });
        } else {
            fitting.push(Cow::Owned(shortened(row, table, &long)));
        }
    }
    (fitting, rejected)
}

fn fits(row: &Row, table: &Table, column: usize) -> bool {
    match (&row.values[column], table.columns[column].kind) {
        (Value::Null, _) => true,
        (Value::Text(text), Kind::Id) => text.len() <= ID_LIMIT && escaped_id(text).len() <= ID_LIMIT,
        (Value::Text(text), Kind::Text) => {
            text.len() <= TEXT_LIMIT || escaped(text).encode_utf16().count() <= TEXT_LIMIT
        }
        (Value::Text(_), Kind::Json) | (Value::Integer(_), Kind::Integer) | (Value::Boolean(_), Kind::Boolean) => true,
        (Value::Time(time), Kind::Time) => value::date_time(*time).is_some(),
        _ => false,
    }
}

/// A value as it goes into `extra`.
pub(super) fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Text(text) => text.as_str().into(),
        Value::Time(time) => time.to_string().into(),
        Value::Integer(number) => (*number).into(),
        Value::Boolean(value) => (*value).into(),
    }
}

fn extra(row: &Row) -> serde_json::Map<String, serde_json::Value> {
    let parsed = row.extra.as_deref().and_then(|text| serde_json::from_str(text).ok());
    match parsed {
        Some(serde_json::Value::Object(map)) => map,
        Some(other) => serde_json::Map::from_iter([("extra".to_owned(), other)]),
        None => serde_json::Map::new(),
    }
}

fn whole(row: &Row, table: &Table) -> serde_json::Map<String, serde_json::Value> {
    let mut all = extra(row);
    for (column, value) in table.columns.iter().zip(&row.values) {
        if *value != Value::Null {
            all.insert(column.name.to_owned(), json(value));
        }
    }
    all
}

/// The digest stays: it is of what Zoom sent, so the record counts as unchanged when it comes again.
fn shortened(row: &Row, table: &Table, long: &[usize]) -> Row {
    let mut moved = extra(row);
    let mut row = row.clone();
    for column in long {
        let value = std::mem::take(&mut row.values[*column]);
        moved.insert(table.columns[*column].name.to_owned(), json(&value));
    }
    moved.sort_keys();
    row.extra = Some(serde_json::Value::Object(moved).to_string());
    row
}

/// Whether a text is too long for a bulk load.
pub(super) fn is_long(text: &str) -> bool {
    text.len() * 2 > BULK_LIMIT && text.encode_utf16().count() * 2 > BULK_LIMIT
}

/// The bulk form of a value. `None` in a place that a later parameter fills.
fn cell(value: &Value, kind: Kind) -> ColumnData<'_> {
    match (value, kind) {
        (Value::Text(text), Kind::Id) => ColumnData::String(Some(escaped_id(text))),
        (Value::Text(text), Kind::Json) if is_long(text) => ColumnData::String(None),
        (Value::Text(text), _) => ColumnData::String(Some(escaped(text))),
        (Value::Time(time), _) => ColumnData::DateTime2(value::date_time(*time)),
        (Value::Integer(number), _) => ColumnData::I64(Some(*number)),
        (Value::Boolean(value), _) => ColumnData::Bit(Some(*value)),
        (Value::Null, Kind::Id | Kind::Text | Kind::Json) => ColumnData::String(None),
        (Value::Null, Kind::Time) => ColumnData::DateTime2(None),
        (Value::Null, Kind::Integer) => ColumnData::I64(None),
        (Value::Null, Kind::Boolean) => ColumnData::Bit(None),
    }
}

fn token_row<'a>(row: &'a Row, table: &Table, number: usize) -> TokenRow<'a> {
    let mut cells = TokenRow::with_capacity(row.values.len() + table.e164.len() + 3);
    cells.push(ColumnData::I64(i64::try_from(number).ok()));
    for (value, column) in row.values.iter().zip(table.columns) {
        cells.push(cell(value, column.kind));
    }
    for name in table.e164 {
        let number = row.get(table, name).as_text().and_then(e164);
        cells.push(ColumnData::String(number.map(Cow::Owned)));
    }
    let extra = row.extra.as_deref().filter(|text| !is_long(text));
    cells.push(ColumnData::String(extra.map(escaped)));
    cells.push(value::digest(&row.digest));
    cells
}

/// Readies the session's staging tables: made at the first use, emptied at every further one. Outside the transaction:
/// an undone one would take them away.
pub(super) async fn prepare(connection: &mut Connection, table: &'static Table) -> Result<(), Error> {
    let mut sql = String::new();
    for (name, create, clear) in [
        (
            table.name,
            create(table).ok_or(Error::UnknownTable(table.name))?,
            clear(table),
        ),
        ("#fate", FATE.to_owned(), CLEAR_FATE.to_owned()),
    ] {
        sql.push_str(if connection.staged.insert(name) {
            &create
        } else {
            &clear
        });
        sql.push('\n');
    }
    connection.batch(Patience::Write, &sql).await?;
    Ok(())
}

/// Loads rows into the staging table of `table`. After any error the connection must be dropped: the driver would hang
/// at its next use.
pub(super) async fn load(
    connection: &mut Connection,
    table: &'static Table,
    rows: &[Cow<'_, Row>],
) -> Result<(), Error> {
    let stage = format!("#{}", table.name);
    let (server, limit) = (connection.server().to_owned(), connection.limit(Patience::Write));
    let driver = connection.driver();
    let all = async {
        let mut request = driver.bulk_insert(&stage).await?;
        for (number, row) in rows.iter().enumerate() {
            request.send(token_row(row, table, number)).await?;
        }
        request.finalize().await
    };
    patient(&server, limit, false, all).await?;
    for (number, row) in rows.iter().enumerate() {
        let position = Parameter::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        for (value, column) in row.values.iter().zip(table.columns) {
            if let (Value::Text(text), Kind::Json) = (value, column.kind)
                && is_long(text)
            {
                let values = [Parameter::text(text), position.clone()];
                connection
                    .rows(Patience::Write, &patch(table, column.name), &values)
                    .await?;
            }
        }
        if let Some(text) = row.extra.as_deref().filter(|text| is_long(text)) {
            let values = [Parameter::text(text), position];
            connection
                .rows(Patience::Write, &patch(table, "extra"), &values)
                .await?;
        }
    }
    Ok(())
}
