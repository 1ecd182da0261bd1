//! Digest of a stored call with its elements: the same wherever it is kept, so that a copy can be compared with it.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::{records::Record, retention::Bundle};
use crate::domain::table::{Digest, Value};

/// The digest of a call and its elements, over every stored column.
///
/// What has no column is in `extra` under its name, and an engine may have to move a value there that its column cannot
/// hold; so a column and a member of `extra` of the same name count as the same. Columns that are derived from others
/// are left out.
#[must_use]
pub fn of_bundle(bundle: &Bundle) -> Digest {
    let mut elements: Vec<Vec<u8>> = bundle.elements.iter().map(content).collect();
    elements.sort_unstable();
    let mut hash = Sha256::new();
    for record in std::iter::once(content(&bundle.call)).chain(elements) {
        hash.update((record.len() as u64).to_le_bytes());
        hash.update(&record);
    }
    let hash = hash.finalize();
    let mut digest = Digest::default();
    digest.copy_from_slice(&hash[..16]);
    digest
}

/// Everything in a record under its name, in the order of the names.
fn content(record: &Record) -> Vec<u8> {
    let mut all: BTreeMap<String, Json> = BTreeMap::new();
    for (name, value) in record {
        let value = match value {
            Value::Null => continue,
            _ if name.ends_with("_e164") => continue,
            Value::Text(text) if *name == "extra" => {
                match serde_json::from_str(text) {
                    Ok(Json::Object(members)) => all.extend(members),
                    _ => drop(all.insert("extra".to_owned(), text.as_str().into())),
                }
                continue;
            }
            Value::Text(text) => text.as_str().into(),
            Value::Time(time) => time.to_string().into(),
            Value::Integer(number) => (*number).into(),
            Value::Boolean(value) => (*value).into(),
        };
        all.insert((*name).to_owned(), value);
    }
    // A map of JSON values always is JSON.
    serde_json::to_vec(&all).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Value {
        Value::Text(value.to_owned())
    }

    fn bundle(call: Record, elements: Vec<Record>) -> Bundle {
        Bundle { call, elements }
    }

    #[test]
    fn every_value_counts_and_its_place_does_not() {
        let call: Record = vec![("call_id", text("1")), ("extra", text(r#"{"a":1}"#))];
        let one: Record = vec![("call_element_id", text("e1"))];
        let two: Record = vec![("call_element_id", text("e2"))];
        let whole = of_bundle(&bundle(call.clone(), vec![one.clone(), two.clone()]));
        assert_eq!(whole, of_bundle(&bundle(call.clone(), vec![two.clone(), one.clone()])));
        assert_ne!(whole, of_bundle(&bundle(call.clone(), vec![one.clone()])));
        let moved: Record = vec![("extra", text(r#"{"a":1,"call_id":"1"}"#))];
        assert_eq!(whole, of_bundle(&bundle(moved, vec![one.clone(), two.clone()])));
        let other: Record = vec![("call_id", text("2")), ("extra", text(r#"{"a":1}"#))];
        assert_ne!(whole, of_bundle(&bundle(other, vec![one, two])));
    }

    #[test]
    fn absent_and_empty_are_not_the_same() {
        let empty = of_bundle(&bundle(vec![("caller_name", text(""))], Vec::new()));
        let absent = of_bundle(&bundle(vec![("caller_name", Value::Null)], Vec::new()));
        assert_ne!(empty, absent);
    }
}
