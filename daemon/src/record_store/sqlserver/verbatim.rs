//! Stored rows exactly as they are: loaded in bulk into a temporary table with every column, and taken from there.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use tiberius::{ColumnData, TokenRow};

use super::{
    connection::{Connection, Patience},
    ddl,
    identifier::quoted,
    patience::patient,
    staging,
    value::{self, ID_LIMIT, Parameter, TEXT_LIMIT, escaped, escaped_id},
};
use crate::{
    domain::table::{Kind, Value},
    ports::records::Record,
    record_store::{
        error::Error,
        schema::{self, Storage, TableModel},
    },
};

/// Names of the temporary tables, by table.
static STAGES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let name = |model: &'static TableModel| {
        let stage: &'static str = format!("#whole_{}", model.name).leak();
        (model.name, stage)
    };
    schema::tables().iter().map(name).collect()
});

/// The temporary table of a table.
pub(super) fn stage(model: &TableModel) -> &'static str {
    STAGES.get(model.name).copied().unwrap_or("#whole")
}

/// Makes it, with every column. Collations are spelled out: a temporary table would take those of `tempdb`.
pub(super) fn create(model: &TableModel) -> String {
    let mut sql = format!("CREATE TABLE {} (\n  stage_row bigint NOT NULL", stage(model));
    for column in &model.columns {
        let in_key = model.key.contains(&column.name.as_str());
        sql.push_str(&format!(
            ",\n  {} {} NULL",
            quoted(&column.name),
            ddl::type_of(column.storage, in_key)
        ));
    }
    sql.push_str("\n);");
    sql
}

/// Empties it.
pub(super) fn clear(model: &TableModel) -> String {
    format!("TRUNCATE TABLE {};", stage(model))
}

/// Puts a value that was too long for the bulk load into its row.
pub(super) fn patch(model: &TableModel, column: &str) -> String {
    format!(
        "UPDATE {} SET {} = @P1 WHERE stage_row = @P2;",
        stage(model),
        quoted(column)
    )
}

/// Adds what is staged to the table.
pub(super) fn insert(model: &TableModel) -> String {
    let columns: Vec<String> = model.names().map(quoted).collect();
    format!(
        "INSERT INTO dbo.{} ({columns}) SELECT {columns} FROM {};",
        quoted(model.name),
        stage(model),
        columns = columns.join(", "),
    )
}

/// Readies the session's temporary table. Outside the transaction: an undone one would take it away.
pub(super) async fn prepare(connection: &mut Connection, model: &'static TableModel) -> Result<(), Error> {
    let sql = if connection.staged.insert(stage(model)) {
        create(model)
    } else {
        clear(model)
    };
    connection.batch(Patience::Write, &sql).await?;
    Ok(())
}

/// Loads records. After any error the connection must be dropped, as with every bulk load.
pub(super) async fn load(
    connection: &mut Connection,
    model: &'static TableModel,
    records: &[&Record],
) -> Result<(), Error> {
    if records.is_empty() {
        return Ok(());
    }
    let fitted: Vec<Vec<Value>> = records.iter().map(|record| fitted(model, record)).collect();
    let (server, limit) = (connection.server().to_owned(), connection.limit(Patience::Write));
    let driver = connection.driver();
    let all = async {
        let mut request = driver.bulk_insert(stage(model)).await?;
        for (number, values) in fitted.iter().enumerate() {
            let mut cells = TokenRow::with_capacity(values.len() + 1);
            cells.push(ColumnData::I64(i64::try_from(number).ok()));
            for (value, column) in values.iter().zip(&model.columns) {
                cells.push(cell(value, column.storage));
            }
            request.send(cells).await?;
        }
        request.finalize().await
    };
    patient(&server, limit, false, all).await?;
    for (number, values) in fitted.iter().enumerate() {
        for (value, column) in values.iter().zip(&model.columns) {
            if let Value::Text(text) = value
                && staging::is_long(text)
            {
                let row = Parameter::Integer(i64::try_from(number).unwrap_or(i64::MAX));
                connection
                    .rows(
                        Patience::Write,
                        &patch(model, &column.name),
                        &[Parameter::text(text), row],
                    )
                    .await?;
            }
        }
    }
    Ok(())
}

/// Values in the order of the model. What a column cannot hold goes to `extra` under the column's name, as it does when
/// it comes from Zoom.
fn fitted(model: &TableModel, record: &Record) -> Vec<Value> {
    let mut values: Vec<Value> = model
        .columns
        .iter()
        .map(|column| {
            let stored = record.iter().find(|(name, _)| *name == column.name);
            stored.map_or(Value::Null, |(_, value)| value.clone())
        })
        .collect();
    let unfit: Vec<usize> = (0..values.len())
        .filter(|at| !fits(&values[*at], model.columns[*at].storage))
        .collect();
    let Some(extra) = model.columns.iter().position(|column| column.name == "extra") else {
        return values;
    };
    if unfit.is_empty() {
        return values;
    }
    let mut members = match values[extra].as_text().map(serde_json::from_str) {
        Some(Ok(serde_json::Value::Object(members))) => members,
        Some(Ok(other)) => serde_json::Map::from_iter([("extra".to_owned(), other)]),
        _ => serde_json::Map::new(),
    };
    for at in unfit {
        let value = std::mem::take(&mut values[at]);
        members.insert(model.columns[at].name.clone(), staging::json(&value));
    }
    members.sort_keys();
    values[extra] = Value::Text(serde_json::Value::Object(members).to_string());
    values
}

fn fits(value: &Value, storage: Storage) -> bool {
    match (value, storage) {
        (Value::Null, _) => true,
        (Value::Text(text), Storage::Fact(Kind::Id)) => escaped_id(text).len() <= ID_LIMIT,
        (Value::Text(text), Storage::Fact(Kind::Text)) => escaped(text).encode_utf16().count() <= TEXT_LIMIT,
        (Value::Text(text), Storage::Digest) => hex::decode(text).is_ok(),
        (Value::Time(time), Storage::Fact(Kind::Time)) => value::date_time(*time).is_some(),
        (Value::Text(_), Storage::Fact(Kind::Json))
        | (Value::Integer(_), Storage::Fact(Kind::Integer))
        | (Value::Boolean(_), Storage::Fact(Kind::Boolean)) => true,
        _ => false,
    }
}

fn cell(value: &Value, storage: Storage) -> ColumnData<'_> {
    match (value, storage) {
        (Value::Text(text), _) if staging::is_long(text) => ColumnData::String(None),
        (Value::Text(text), Storage::Digest) => ColumnData::Binary(hex::decode(text).ok().map(Cow::Owned)),
        (Value::Text(text), Storage::Fact(Kind::Id)) => ColumnData::String(Some(escaped_id(text))),
        (Value::Text(text), _) => ColumnData::String(Some(escaped(text))),
        (Value::Time(time), _) => ColumnData::DateTime2(value::date_time(*time)),
        (Value::Integer(number), _) => ColumnData::I64(Some(*number)),
        (Value::Boolean(value), _) => ColumnData::Bit(Some(*value)),
        (Value::Null, Storage::Digest) => ColumnData::Binary(None),
        (Value::Null, Storage::Fact(Kind::Time)) => ColumnData::DateTime2(None),
        (Value::Null, Storage::Fact(Kind::Integer) | Storage::RowNumber) => ColumnData::I64(None),
        (Value::Null, Storage::Fact(Kind::Boolean)) => ColumnData::Bit(None),
        (Value::Null, Storage::Fact(Kind::Id | Kind::Text | Kind::Json)) => ColumnData::String(None),
    }
}
