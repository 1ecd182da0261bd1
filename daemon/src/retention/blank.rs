//! Which fields of a record are a person's, and the record without them.
//!
//! A call names both of its parties, an element an operator beside them. Whoever is found by one of the things that a
//! person is known by is blanked on that side, in the call and in all of its elements.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::{
    domain::{
        call::PARTIES,
        retention::Person,
        table::{Digest, Value},
    },
    ports::{records::Record, retention::Bundle},
};

/// What is the person's on a side.
const OF_SIDE: [&str; 8] = [
    "did_number",
    "did_number_e164",
    "ext_number",
    "name",
    "email",
    "ext_id",
    "device_type",
    "account_code",
];

/// What may be anybody's, and goes with any side.
const OF_RECORD: [&str; 5] = [
    "extra",
    "device_private_ip",
    "device_public_ip",
    "client_code",
    "press_key",
];

/// By what a side is recognised.
const KNOWN_BY: [&str; 4] = ["did_number", "ext_number", "email", "ext_id"];

/// A text of a record.
#[must_use]
pub(super) fn text<'a>(record: &'a Record, name: &str) -> Option<&'a str> {
    let (_, value) = record.iter().find(|(column, _)| *column == name)?;
    value.as_text().filter(|text| !text.is_empty())
}

/// The persons that a side could be: what a hash can be looked up for.
#[must_use]
pub(super) fn candidates(side: &str, text: impl Fn(&str) -> Option<String>) -> Vec<Person> {
    let field = |part: &str| text(&format!("{side}_{part}"));
    let mut persons = Vec::new();
    if let Some(number) = field("did_number") {
        persons.push(Person::Number(number));
    }
    if let Some(extension) = field("ext_number") {
        persons.push(Person::Extension(extension.clone()));
        persons.push(Person::Number(extension));
    }
    if let Some(email) = field("email") {
        persons.push(Person::Email(email));
    }
    persons.retain(|person| !person.normal().is_empty());
    persons
}

/// Whether a side of a record is a person.
fn is_person(record: &Record, side: &str, person: &Person) -> bool {
    candidates(side, |name| text(record, name).map(str::to_owned))
        .iter()
        .any(|candidate| candidate.kind() == person.kind() && candidate.normal() == person.normal())
}

/// Whether a record names a person on any side.
#[must_use]
pub fn names(record: &Record, person: &Person) -> bool {
    PARTIES.iter().any(|side| is_person(record, side, person))
}

/// Whether anything on a side of a record says who it is.
#[must_use]
pub(super) fn is_named(record: &Record, side: &str) -> bool {
    ["did_number", "ext_number", "name", "email", "ext_id"]
        .iter()
        .any(|part| text(record, &format!("{side}_{part}")).is_some())
}

/// The bundle without a person; nothing when the person is not in it.
#[must_use]
pub fn without(bundle: &Bundle, person: &Person, now: Timestamp) -> Option<Bundle> {
    let records = || std::iter::once(&bundle.call).chain(&bundle.elements);
    // Within one call the same extension, number or address is the same person, also where the rest is missing.
    let mut aliases: Vec<(&str, String)> = Vec::new();
    for record in records() {
        for side in PARTIES.iter().filter(|side| is_person(record, side, person)) {
            for part in KNOWN_BY {
                if let Some(known) = text(record, &format!("{side}_{part}")) {
                    aliases.push((part, known.to_owned()));
                }
            }
        }
    }
    if aliases.is_empty() {
        return None;
    }
    let is_theirs = |record: &Record, side: &str| {
        is_person(record, side, person)
            || aliases
                .iter()
                .any(|(part, known)| text(record, &format!("{side}_{part}")) == Some(known))
    };
    let mut blanked = bundle.clone();
    for record in std::iter::once(&mut blanked.call).chain(&mut blanked.elements) {
        let sides: Vec<&str> = PARTIES.into_iter().filter(|side| is_theirs(record, side)).collect();
        if !sides.is_empty() {
            blank(record, &sides, now);
        }
    }
    Some(blanked)
}

/// Whether a column holds what is the person's on one of these sides, or may be.
#[must_use]
pub(super) fn belongs_to(column: &str, sides: &[&str]) -> bool {
    let of_side = |side: &&str| {
        let part = column.strip_prefix(*side).and_then(|part| part.strip_prefix('_'));
        part.is_some_and(|part| OF_SIDE.contains(&part))
    };
    OF_RECORD.contains(&column) || sides.iter().any(of_side)
}

fn blank(record: &mut Record, sides: &[&str], now: Timestamp) {
    for (name, value) in record.iter_mut() {
        if belongs_to(name, sides) {
            *value = Value::Null;
        } else if matches!(*name, "erased_at" | "changed_at") {
            *value = Value::Time(now);
        }
    }
    // The digest of what Zoom sent would still tell whether a guess at the person is right.
    let digest = Value::Text(hex::encode(digest(record)));
    if let Some((_, stored)) = record.iter_mut().find(|(name, _)| *name == "content_digest") {
        *stored = digest;
    }
}

/// A digest of what is left; it equals that of nothing Zoom sends.
pub(super) fn digest(record: &Record) -> Digest {
    let mut hash = Sha256::new();
    hash.update(b"erased");
    for (name, value) in record.iter().filter(|(name, _)| *name != "content_digest") {
        hash.update(name.as_bytes());
        hash.update(format!("{value:?}").as_bytes());
    }
    let mut digest = Digest::default();
    digest.copy_from_slice(&hash.finalize()[..16]);
    digest
}

/// What tells who somebody is, in a directory table.
#[must_use]
pub(super) fn is_personal(column: &str) -> bool {
    const PARTS: [&str; 9] = [
        "name", "email", "number", "phone", "pmi", "host_key", "employee", "custom", "dept",
    ];
    column == "employee_unique_id" || (PARTS.iter().any(|part| column.contains(part)) && !column.ends_with("_id"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(fields: &[(&'static str, &str)]) -> Record {
        fields
            .iter()
            .map(|(name, value)| (*name, Value::Text((*value).to_owned())))
            .collect()
    }

    fn now() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().expect("a time")
    }

    #[test]
    fn only_the_persons_side_is_blanked_in_the_call_and_in_its_elements() {
        let bundle = Bundle {
            call: record(&[
                ("call_history_uuid", "a"),
                ("caller_did_number", "+1 (415) 555-0111"),
                ("caller_name", "Jane"),
                ("caller_ext_id", "x1"),
                ("callee_name", "Joe"),
                ("callee_did_number", "+15550000"),
                ("extra", "{}"),
                ("erased_at", ""),
                ("content_digest", "00"),
            ]),
            elements: vec![
                record(&[
                    ("callee_ext_id", "x1"),
                    ("callee_name", "Jane D."),
                    ("caller_name", "Joe"),
                ]),
                record(&[("caller_name", "Joe"), ("device_public_ip", "192.0.2.1")]),
            ],
        };
        let person = Person::Number("14155550111".to_owned());
        let blanked = without(&bundle, &person, now()).expect("in it");
        assert_eq!(text(&blanked.call, "caller_name"), None);
        assert_eq!(text(&blanked.call, "caller_did_number"), None);
        assert_eq!(text(&blanked.call, "extra"), None);
        assert_eq!(text(&blanked.call, "callee_name"), Some("Joe"));
        assert_ne!(text(&blanked.call, "content_digest"), Some("00"));
        assert!(blanked.call.contains(&("erased_at", Value::Time(now()))));
        assert_eq!(
            text(&blanked.elements[0], "callee_name"),
            None,
            "known by the extension"
        );
        assert_eq!(text(&blanked.elements[0], "caller_name"), Some("Joe"));
        assert_eq!(
            blanked.elements[1], bundle.elements[1],
            "an element without the person stays as it is"
        );
        assert!(!names(&blanked.call, &person));
        assert_eq!(without(&blanked, &person, now()), None, "a second time there is nobody");
        assert_eq!(without(&bundle, &Person::Number("5550".to_owned()), now()), None);
    }

    #[test]
    fn addresses_ignore_case_and_extensions_are_whole() {
        let call = record(&[("callee_email", "Jane@Example.com"), ("callee_ext_number", "1012")]);
        assert!(names(&call, &Person::Email("jane@example.COM".to_owned())));
        assert!(names(&call, &Person::Extension(" 1012 ".to_owned())));
        assert!(!names(&call, &Person::Extension("101".to_owned())));
        assert!(!names(&call, &Person::Email("doe@example.com".to_owned())));
    }

    #[test]
    fn personal_columns_are_told_from_the_others() {
        for name in [
            "email",
            "display_name",
            "phone_numbers",
            "extension_number",
            "pmi",
            "employee_unique_id",
        ] {
            assert!(is_personal(name), "{name}");
        }
        for name in ["id", "status", "site_id", "phone_user_id", "extension_id", "verified"] {
            assert!(!is_personal(name), "{name}");
        }
    }
}
