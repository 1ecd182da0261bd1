//! Digests of records and pages: equal digests mean that nothing changed.
//!
//! The encoding is part of what is stored: changing it makes every record look changed once.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::domain::table::{Digest, Kind, Parsed, Table, Value};

/// Digest of a record. The order of fields in Zoom's answer does not matter, at any depth.
#[must_use]
pub fn of_record(table: &Table, values: &[Value], extra: &BTreeMap<String, String>) -> Digest {
    let mut buffer = Vec::with_capacity(1024);
    for (column, value) in table.columns.iter().zip(values) {
        match value {
            Value::Null => buffer.push(0),
            Value::Text(text) if column.kind == Kind::Json => {
                buffer.push(1);
                push_bytes(&mut buffer, canonical(text).as_bytes());
            }
            Value::Text(text) => {
                buffer.push(1);
                push_bytes(&mut buffer, text.as_bytes());
            }
            Value::Time(time) => {
                buffer.push(2);
                buffer.extend_from_slice(&time.as_second().to_le_bytes());
            }
            Value::Integer(number) => {
                buffer.push(3);
                buffer.extend_from_slice(&number.to_le_bytes());
            }
            Value::Boolean(truth) => buffer.extend_from_slice(&[4, u8::from(*truth)]),
        }
    }
    for (name, json) in extra {
        buffer.push(5);
        push_bytes(&mut buffer, name.as_bytes());
        push_bytes(&mut buffer, canonical(json).as_bytes());
    }
    first_half(&Sha256::digest(&buffer))
}

/// Digest of a record that could not become a row. Here, too, the order of fields does not matter.
#[must_use]
pub fn of_rejected(table: &Table, json: &str) -> Digest {
    let mut hash = Sha256::new();
    hash.update(table.name);
    hash.update([0]);
    hash.update(canonical(json));
    first_half(&hash.finalize())
}

/// Digest of a page, in Zoom's order.
#[must_use]
pub fn of_page(parsed: &Parsed) -> Digest {
    let mut hash = Sha256::new();
    for row in &parsed.rows {
        hash.update(row.digest);
    }
    for rejected in &parsed.rejected {
        hash.update(rejected.digest);
    }
    first_half(&hash.finalize())
}

fn first_half(hash: &[u8]) -> Digest {
    let mut digest = Digest::default();
    for (target, byte) in digest.iter_mut().zip(hash) {
        *target = *byte;
    }
    digest
}

fn push_bytes(buffer: &mut Vec<u8>, bytes: &[u8]) {
    buffer.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    buffer.extend_from_slice(bytes);
}

/// JSON with sorted keys and uniform escapes. Too deep to parse: as it is.
fn canonical(json: &str) -> String {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(json) else {
        return json.to_owned();
    };
    sorted(value).to_string()
}

fn sorted(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Array(items) => items.into_iter().map(sorted).collect(),
        serde_json::Value::Object(fields) => {
            let fields: BTreeMap<String, serde_json::Value> =
                fields.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            fields.into_iter().collect()
        }
        scalar => scalar,
    }
}
