//! Where somebody is mentioned in what is about something else: the phone on their desk, their number, a queue they
//! answer. Such an entry stays; what it says of the person goes.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::blank;
use crate::{
    domain::{
        directory::{AUTO_RECEPTIONIST, CALL_QUEUE, COMMON_AREA, PHONE_DEVICE, PHONE_NUMBER, SHARED_LINE_GROUP},
        retention::Person,
        table::{Kind, Row, Table, Value},
    },
    ports::{records::Record, zoom::Listing},
};

/// Directory tables whose entries may mention people.
pub(super) const MENTIONING: [&Table; 6] = [
    &PHONE_DEVICE,
    &PHONE_NUMBER,
    &CALL_QUEUE,
    &AUTO_RECEPTIONIST,
    &COMMON_AREA,
    &SHARED_LINE_GROUP,
];

/// The one of them that a listing fills.
pub(super) fn table(listing: &Listing) -> Option<&'static Table> {
    match listing {
        Listing::Devices(_) => Some(&PHONE_DEVICE),
        Listing::Numbers | Listing::OldNumbers => Some(&PHONE_NUMBER),
        Listing::CallQueues | Listing::CallQueue(_) => Some(&CALL_QUEUE),
        Listing::AutoReceptionists => Some(&AUTO_RECEPTIONIST),
        Listing::CommonAreas => Some(&COMMON_AREA),
        Listing::SharedLineGroups => Some(&SHARED_LINE_GROUP),
        _ => None,
    }
}

/// Whether somebody was erased, and when.
pub(super) type Erased<'a> = &'a dyn Fn(&Person) -> Option<Timestamp>;

/// Columns that describe the one to whom the entry is assigned.
fn of_assignee(table: &Table) -> &'static [&'static str] {
    match table.name {
        "phone_device" => &["display_name", "description", "private_ip", "public_ip"],
        "phone_number" => &["display_name", "caller_id_name", "emergency_address"],
        _ => &[],
    }
}

/// Everything that somebody is known by, from their own entries.
pub(super) fn known_by(person: &Person, people: &[(&'static Table, Record)]) -> HashSet<(&'static str, String)> {
    let mut known = HashSet::from([(person.kind(), person.normal())]);
    for (_, record) in people {
        let names = ["id", "extension_id", "phone_user_id"].iter();
        let ids = names.filter_map(|name| blank::text(record, name));
        known.extend(ids.map(|id| ("user", id.to_owned())));
        let email = blank::text(record, "email").map(|email| Person::Email(email.to_owned()));
        known.extend(email.map(|email| (email.kind(), email.normal())));
    }
    known
}

/// The entry without those who were erased; nothing when it mentions none of them.
pub(super) fn without(table: &'static Table, record: &Record, erased: Erased<'_>) -> Option<Record> {
    let mut left = record.clone();
    let mut fields: Vec<(&str, &mut Value)> = left.iter_mut().map(|(name, value)| (*name, value)).collect();
    let at = blank_fields(table, &mut fields, erased)?;
    let digest = hex::encode(blank::digest(&left));
    for (name, value) in &mut left {
        match *name {
            "erased_at" => *value = Value::Time(at),
            "content_digest" => *value = Value::Text(digest.clone()),
            _ => {}
        }
    }
    Some(left)
}

/// The same for a row that Zoom just sent; whether it was changed.
pub(super) fn forget(table: &'static Table, row: &mut Row, erased: Erased<'_>) -> bool {
    let mut extra = row.extra.take().map_or(Value::Null, Value::Text);
    let mut fields: Vec<(&str, &mut Value)> = table
        .columns
        .iter()
        .map(|column| column.name)
        .zip(&mut row.values)
        .chain([("extra", &mut extra)])
        .collect();
    let is_changed = blank_fields(table, &mut fields, erased).is_some();
    row.extra = match extra {
        Value::Text(text) => Some(text),
        _ => None,
    };
    is_changed
}

fn blank_fields(table: &'static Table, fields: &mut [(&str, &mut Value)], erased: Erased<'_>) -> Option<Timestamp> {
    let mut at = None;
    for (name, value) in fields.iter_mut() {
        let position = table.position(name);
        let is_json = *name == "extra" || position.is_some_and(|position| table.columns[position].kind == Kind::Json);
        let blanked = value
            .as_text()
            .filter(|_| is_json)
            .and_then(|text| without_in(text, erased));
        if let Some((text, when)) = blanked {
            **value = Value::Text(text);
            at = at.max(Some(when));
        }
    }
    if table.name == PHONE_NUMBER.name {
        let number = fields.iter().find(|(name, _)| *name == "number");
        let number = number.and_then(|(_, value)| value.as_text().map(str::to_owned));
        let when = number.and_then(|number| erased(&Person::Number(number)));
        if when.is_some() {
            at = at.max(when);
            clear(fields, &["number", "number_e164"]);
        }
    }
    if at.is_some() {
        clear(fields, of_assignee(table));
    }
    at
}

fn clear(fields: &mut [(&str, &mut Value)], names: &[&str]) {
    for (_, value) in fields.iter_mut().filter(|(name, _)| names.contains(name)) {
        **value = Value::Null;
    }
}

/// JSON without the objects that are about somebody erased, and when the last of them was.
fn without_in(text: &str, erased: Erased<'_>) -> Option<(String, Timestamp)> {
    let mut value: Json = serde_json::from_str(text).ok()?;
    let at = blank_objects(&mut value, erased)?;
    Some((value.to_string(), at))
}

fn blank_objects(value: &mut Json, erased: Erased<'_>) -> Option<Timestamp> {
    match value {
        Json::Array(values) => values.iter_mut().filter_map(|value| blank_objects(value, erased)).max(),
        Json::Object(members) => {
            if let Some(at) = candidates(members).iter().filter_map(erased).max() {
                // The place stays: how many a queue or a phone is for is not the person's.
                *value = json!({ "erased_at": at.to_string() });
                return Some(at);
            }
            members
                .iter_mut()
                .filter_map(|(_, value)| blank_objects(value, erased))
                .max()
        }
        _ => None,
    }
}

/// Whom an object is about, as far as it can be looked up.
fn candidates(members: &Map<String, Json>) -> Vec<Person> {
    let mut found = Vec::new();
    for (key, value) in members {
        let text = match value {
            Json::String(text) => text.clone(),
            Json::Number(number) => number.to_string(),
            _ => continue,
        };
        if text.contains('@') {
            found.push(Person::Email(text));
        } else if key == "id" || key.ends_with("_id") {
            found.push(Person::User(text));
        } else if key == "extension_number" {
            found.push(Person::Extension(text));
        }
    }
    found.retain(|person| !person.normal().is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().expect("a time")
    }

    fn jane(person: &Person) -> Option<Timestamp> {
        let is_jane = match person {
            Person::User(id) => id == "u1",
            Person::Email(_) => person.normal() == "jane@example.com",
            Person::Number(_) => person.normal() == "14155550111",
            Person::Extension(_) => false,
        };
        is_jane.then(at)
    }

    fn record(fields: &[(&'static str, &str)]) -> Record {
        let text = |value: &str| match value {
            "" => Value::Null,
            value => Value::Text(value.to_owned()),
        };
        fields.iter().map(|(name, value)| (*name, text(value))).collect()
    }

    #[test]
    fn the_phone_of_an_erased_person_stays_and_does_not_name_them() {
        let phone = record(&[
            ("id", "d1"),
            ("display_name", "Jane's phone"),
            ("mac_address", "64167f000001"),
            ("assignee", r#"{"id":"u1","name":"Jane"}"#),
            ("assignees", r#"[{"id":"u1","name":"Jane"},{"id":"u2","name":"Joe"}]"#),
            ("content_digest", "00"),
            ("erased_at", ""),
        ]);
        let left = without(&PHONE_DEVICE, &phone, &jane).expect("mentioned");
        let text = |name| blank::text(&left, name);
        assert_eq!((text("id"), text("mac_address")), (Some("d1"), Some("64167f000001")));
        assert_eq!(text("display_name"), None);
        assert_eq!(text("assignee"), Some(r#"{"erased_at":"2026-06-01T12:00:00Z"}"#));
        assert_eq!(
            text("assignees"),
            Some(r#"[{"erased_at":"2026-06-01T12:00:00Z"},{"id":"u2","name":"Joe"}]"#)
        );
        assert_ne!(text("content_digest"), Some("00"), "no guess can be checked against it");
        assert!(left.contains(&("erased_at", Value::Time(at()))));
        assert_eq!(
            without(&PHONE_DEVICE, &left, &jane),
            None,
            "a second time there is nobody"
        );
    }

    #[test]
    fn members_of_a_queue_are_found_where_no_column_is_for_them_and_its_name_stays() {
        let queue = record(&[
            ("id", "q1"),
            ("name", "Support"),
            (
                "extra",
                r#"{"members":{"users":[{"id":"u1","name":"Jane"},{"id":"u2","name":"Joe"}]}}"#,
            ),
        ]);
        let left = without(&CALL_QUEUE, &queue, &jane).expect("mentioned");
        assert_eq!(blank::text(&left, "name"), Some("Support"));
        let extra = blank::text(&left, "extra").expect("extra");
        assert!(!extra.contains("Jane") && extra.contains("Joe"), "{extra}");
        let other = record(&[("id", "q2"), ("extra", r#"{"members":{"users":[{"id":"u2"}]}}"#)]);
        assert_eq!(without(&CALL_QUEUE, &other, &jane), None);
    }

    #[test]
    fn a_number_that_somebody_is_known_by_goes_from_the_list_of_numbers() {
        let number = record(&[
            ("id", "n1"),
            ("number", "+1 415 555 0111"),
            ("status", "Normal"),
            ("number_e164", "+14155550111"),
        ]);
        let left = without(&PHONE_NUMBER, &number, &jane).expect("mentioned");
        assert_eq!(
            (blank::text(&left, "number"), blank::text(&left, "number_e164")),
            (None, None)
        );
        assert_eq!(blank::text(&left, "status"), Some("Normal"));
    }

    #[test]
    fn what_zoom_still_lists_is_forgotten_alike_every_time() {
        let mut values = vec![Value::Null; PHONE_DEVICE.columns.len()];
        let set = |values: &mut Vec<Value>, name: &str, text: &str| {
            values[PHONE_DEVICE.position(name).expect("a column")] = Value::Text(text.to_owned());
        };
        set(&mut values, "id", "d1");
        set(&mut values, "display_name", "Jane's phone");
        set(&mut values, "assignee", r#"{"id":"u1","name":"Jane"}"#);
        let sent = Row {
            values,
            extra: Some(r#"{"owner":{"email":"Jane@Example.com"}}"#.to_owned()),
            digest: [1; 16],
        };
        let (mut once, mut twice) = (sent.clone(), sent);
        assert!(forget(&PHONE_DEVICE, &mut once, &jane) && forget(&PHONE_DEVICE, &mut twice, &jane));
        assert_eq!(once, twice);
        assert_eq!(once.get(&PHONE_DEVICE, "display_name"), &Value::Null);
        assert!(!format!("{once:?}").contains("Jane"), "{once:?}");
        assert!(!forget(&PHONE_DEVICE, &mut once, &jane), "nobody is left");
    }
}
