//! A stored record as a JSON object: every column under its own name, in the order of the table.

use serde_json::{Map, Value as Json};

use crate::{
    domain::table::{Kind, Table, Value},
    ports::records::Record,
};

/// The object. Columns that hold JSON, and `extra`, are objects and arrays again.
#[must_use]
pub fn fields(table: &Table, record: &Record) -> Map<String, Json> {
    record
        .iter()
        .map(|(name, value)| {
            let holds_json = *name == "extra"
                || table
                    .columns
                    .iter()
                    .any(|column| column.name == *name && column.kind == Kind::Json);
            ((*name).to_owned(), json(value, holds_json))
        })
        .collect()
}

fn json(value: &Value, holds_json: bool) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Text(text) if holds_json => serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into()),
        Value::Text(text) => text.as_str().into(),
        Value::Time(time) => time.to_string().into(),
        Value::Integer(number) => (*number).into(),
        Value::Boolean(is_true) => (*is_true).into(),
    }
}
