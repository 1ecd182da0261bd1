//! Records that have no key and are kept aside as they came: whom they name, and what is left when that person is erased.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::transfer::MOST;
use crate::{
    domain::{
        failure::Outcome,
        retention::{Extent, Person},
        table::{Column, Kind, Table, Value},
    },
    ports::{
        records::{Record, RecordStore},
        retention::Aside,
    },
};

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, wire: &[] }
}

/// What is told of one.
pub(super) static REJECTED_RECORD: Table = Table {
    name: "rejected_record",
    columns: &[
        column("entity", Kind::Id),
        column("reason", Kind::Text),
        column("json", Kind::Json),
        column("first_seen_at", Kind::Time),
    ],
    key_columns: 0,
    e164: &[],
};

/// As it is exported.
pub(super) fn record(aside: Aside) -> Record {
    vec![
        ("entity", Value::Text(aside.entity)),
        ("reason", Value::Text(aside.reason)),
        ("json", Value::Text(aside.json)),
        ("first_seen_at", aside.first_seen_at.map_or(Value::Null, Value::Time)),
    ]
}

/// What is left of one: nobody knows which of its fields are whose, so none stays.
pub(super) fn blanked(at: Timestamp) -> String {
    serde_json::json!({ "erased_at": at.to_string() }).to_string()
}

/// Those of a database that name a person.
pub(super) async fn about(store: &dyn RecordStore, person: &Person, holds: &[Extent]) -> Outcome<Vec<Aside>> {
    let mut all = Vec::new();
    let mut after = 0;
    loop {
        let page = store.aside(person, holds, after, MOST).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = last.id;
        all.extend(page.into_iter().filter(|aside| names(&aside.json, person)));
    }
}

/// Whether one names a person: by a whole value, not by a part of one. In what is no JSON nobody can tell; then it does.
fn names(json: &str, person: &Person) -> bool {
    let Ok(value) = serde_json::from_str(json) else {
        return true;
    };
    persons(&value)
        .iter()
        .any(|named| named.kind() == person.kind() && named.normal() == person.normal())
}

/// Everybody whom it may name.
pub(super) fn persons(value: &Json) -> Vec<Person> {
    let mut found = Vec::new();
    collect("", value, &mut found);
    found.retain(|person| !person.normal().is_empty());
    found
}

fn collect(key: &str, value: &Json, found: &mut Vec<Person>) {
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        Json::Array(values) => return values.iter().for_each(|value| collect(key, value, found)),
        Json::Object(members) => return members.iter().for_each(|(key, value)| collect(key, value, found)),
        Json::Null | Json::Bool(_) => return,
    };
    if text.contains('@') {
        found.push(Person::Email(text.clone()));
    }
    if key.contains("ext") {
        found.push(Person::Extension(text.clone()));
    }
    found.push(Person::Number(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_named_by_a_whole_value_only() {
        let json = r#"{"caller_did_number":"+1 (415) 555-0111","owner":{"email":"Jane@Example.com","extension_number":1012},"x":["800"]}"#;
        for (person, is_named) in [
            (Person::Number("14155550111".to_owned()), true),
            (Person::Number("4155550111".to_owned()), false),
            (Person::Email("jane@example.com".to_owned()), true),
            (Person::Email("ane@example.com".to_owned()), false),
            (Person::Extension("1012".to_owned()), true),
            (Person::Extension("800".to_owned()), false),
        ] {
            assert_eq!(names(json, &person), is_named, "{person:?}");
        }
        assert!(
            names("{not JSON", &Person::Number("123".to_owned())),
            "in doubt it does"
        );
        let at = "2026-06-01T12:00:00Z".parse().expect("a time");
        assert!(!names(&blanked(at), &Person::Number("14155550111".to_owned())));
    }
}
