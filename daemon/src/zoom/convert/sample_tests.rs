//! Every sample, field by field: what Zoom sent is in its column or in `extra`, and nothing else is.

use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use super::{calls, row::RowReader};
use crate::{
    domain::{
        call::{CALL_ELEMENT, CALL_HISTORY},
        directory,
        table::{Kind, Parsed, Row, Table, Value},
        window::Window,
    },
    ports::zoom::Listing,
    zoom::{
        endpoint::plan,
        wire::{page, record::Record},
    },
};

fn sample(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/samples")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).expect("JSON")
}

pub(super) fn window() -> Window {
    Window::new(
        "2021-01-01T00:00:00Z".parse().expect("a time"),
        "2027-01-01T00:00:00Z".parse().expect("a time"),
    )
}

/// What a column of `kind` should hold for `sent`; nothing when the type is wrong.
fn expected(kind: Kind, sent: &Json) -> Option<Value> {
    match (kind, sent) {
        (_, Json::Null) => Some(Value::Null),
        (Kind::Id | Kind::Text, Json::String(text)) => Some(Value::Text(text.clone())),
        (Kind::Time, Json::String(text)) if text.is_empty() => Some(Value::Null),
        (Kind::Time, Json::String(text)) => {
            let time: Timestamp = text.parse().ok()?;
            Some(Value::Time(Timestamp::from_second(time.as_second()).ok()?))
        }
        (Kind::Integer, Json::Number(number)) => number.as_i64().map(Value::Integer),
        (Kind::Boolean, Json::Bool(truth)) => Some(Value::Boolean(*truth)),
        (Kind::Json, sent) => Some(Value::Text(sent.to_string())),
        _ => None,
    }
}

fn holds(kind: Kind, held: &Value, wanted: &Value) -> bool {
    match (kind, held, wanted) {
        (Kind::Json, Value::Text(held), Value::Text(wanted)) => json(held) == json(wanted),
        _ => held == wanted,
    }
}

/// Checks one row against the record it came from.
pub(super) fn check(table: &Table, sent: &Map<String, Json>, row: &Row, given: &[&str]) {
    let extra = row.extra.as_deref().map(json);
    let mut leaves: Vec<(String, &Json)> = Vec::new();
    for (name, value) in sent {
        let outer = table
            .columns
            .iter()
            .any(|c| c.wire.iter().any(|w| w.split_once('.').is_some_and(|(o, _)| o == name)));
        match value {
            Json::Object(fields) if outer => {
                leaves.extend(fields.iter().map(|(inner, value)| (format!("{name}.{inner}"), value)));
            }
            value => leaves.push((name.clone(), value)),
        }
    }
    for (path, value) in &leaves {
        let in_extra = extra
            .as_ref()
            // A name of Zoom's may have a dot itself.
            .and_then(|extra| {
                let inner = || path.split('.').try_fold(extra, |json, part| json.get(part));
                extra.get(path).or_else(inner)
            });
        let column = table
            .columns
            .iter()
            .position(|column| column.wire.contains(&path.as_str()));
        let wanted = column.and_then(|position| expected(table.columns[position].kind, value));
        match (column, wanted) {
            (Some(position), Some(wanted)) => {
                let column = &table.columns[position];
                let held = holds(column.kind, &row.values[position], &wanted);
                assert!(
                    held || in_extra == Some(*value),
                    "{}: {path} {value} became {:?}",
                    table.name,
                    row.values[position]
                );
                assert!(
                    !(held && in_extra.is_some()),
                    "{}: {path} is in extra for no reason",
                    table.name
                );
            }
            _ => assert_eq!(in_extra, Some(*value), "{}: {path} is lost", table.name),
        }
    }
    for (column, value) in table.columns.iter().zip(&row.values) {
        if *value == Value::Null || given.contains(&column.name) {
            continue;
        }
        let source = leaves.iter().any(|(path, _)| column.wire.contains(&path.as_str()));
        assert!(source, "{}: {} = {value:?} comes from nowhere", table.name, column.name);
    }
}

fn check_all(table: &Table, sent: &[Json], parsed: &Parsed, given: &[&str]) {
    assert!(!sent.is_empty());
    assert_eq!(parsed.rejected, []);
    assert_eq!(parsed.rows.len(), sent.len());
    for (sent, row) in sent.iter().zip(&parsed.rows) {
        check(table, sent.as_object().expect("an object"), row, given);
    }
}

fn array<'a>(body: &'a Json, name: &str) -> &'a [Json] {
    body[name].as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn pages_of_calls() {
    let pages = [
        "official/phone-call_history_GET.json",
        "synthetic/call_history_page1.json",
        "synthetic/call_history_page2.json",
        "synthetic/call_history_page3.json",
    ];
    for name in pages {
        let body = sample(name);
        let page = calls::call_page(&body, window()).expect(name);
        let sent = json(&body);
        check_all(&CALL_HISTORY, array(&sent, "call_history"), &page.parsed, &[]);
        assert_eq!(page.total_records, sent["total_records"].as_u64(), "{name}");
        assert_eq!(
            page.next.as_deref(),
            sent["next_page_token"].as_str().filter(|token| !token.is_empty()),
            "{name}"
        );
        assert!(page.clamped_to.is_some(), "{name}: the echo is narrower than six years");
    }
    let empty = calls::call_page(&sample("synthetic/call_history_empty.json"), window()).expect("a page");
    assert_eq!(
        (empty.parsed, empty.total_records, empty.next),
        (Parsed::default(), Some(0), None)
    );
}

#[test]
fn the_older_array_gives_the_same_calls() {
    let body = sample("official/phone-call_history_GET.json");
    let mut sent = json(&body);
    sent.as_object_mut().expect("an object").shift_remove("call_history");
    let page = calls::call_page(&sent.to_string(), window()).expect("a page");
    check_all(&CALL_HISTORY, array(&sent, "call_logs"), &page.parsed, &[]);
}

#[test]
fn elements_of_calls() {
    let body = json(&sample("synthetic/call_history_details_by_uuid.json"));
    let details = body["details"].as_object().expect("details");
    assert!(details.len() > 20);
    for (uuid, detail) in details {
        let parsed = calls::call_elements(&detail.to_string(), uuid).expect("elements");
        check_all(
            &CALL_ELEMENT,
            array(detail, "call_elements"),
            &parsed,
            &["call_history_uuid"],
        );
        assert!(
            parsed
                .rows
                .iter()
                .all(|row| row.get(&CALL_ELEMENT, "call_history_uuid").as_text() == Some(uuid))
        );
    }
    let official = sample("official/phone-call_history-{callHistoryUuid}_GET.json");
    let sent = json(&official);
    let uuid = sent["call_history_uuid"].as_str().expect("a uuid");
    let parsed = calls::call_elements(&official, uuid).expect("elements");
    check_all(
        &CALL_ELEMENT,
        array(&sent, "call_elements"),
        &parsed,
        &["call_history_uuid"],
    );
    let mut older = sent.clone();
    older.as_object_mut().expect("an object").shift_remove("call_elements");
    let parsed = calls::call_elements(&older.to_string(), uuid).expect("elements");
    check_all(
        &CALL_ELEMENT,
        array(&older, "call_path"),
        &parsed,
        &["call_history_uuid"],
    );
}

#[test]
fn single_examples_of_calls_and_elements() {
    let cases = [
        ("call_history_examples.json", &CALL_HISTORY, "call_history_uuid"),
        ("call_elements_examples.json", &CALL_ELEMENT, "call_element_id"),
    ];
    for (name, table, key) in cases {
        let examples = json(&sample(name));
        for example in examples.as_array().expect("an array") {
            let record = &example["record"];
            let body = format!("{{\"list\":[{record}]}}");
            let mut reader = RowReader::new(table);
            let arrays = page::Arrays {
                current: "list",
                older: None,
            };
            page::read(&body, arrays, &mut |record: Record<'_, '_>| reader.read(record)).expect("a page");
            check_all(table, std::slice::from_ref(record), &reader.finish(), &[]);
            assert!(record.get(key).or(record.get("id")).is_some());
        }
    }
    let records = json(&sample("synthetic/call_history_records.json"));
    for record in array(&records, "records") {
        let body = format!("{{\"call_history\":[{record}]}}");
        let page = calls::call_page(&body, window()).expect("a page");
        check_all(&CALL_HISTORY, std::slice::from_ref(record), &page.parsed, &[]);
    }
}

#[test]
fn listings_of_the_directory() {
    let cases = [
        (Listing::Users("active"), "users_GET"),
        (Listing::Groups, "groups_GET"),
        (Listing::GroupMembers("g".to_owned()), "groups-{groupId}-members_GET"),
        (Listing::Roles, "roles_GET"),
        (Listing::RoleMembers("r".to_owned()), "roles-{roleId}-members_GET"),
        (Listing::PhoneUsers, "phone-users_GET"),
        (Listing::Sites, "phone-sites_GET"),
        (Listing::CallQueues, "phone-call_queues_GET"),
        (
            Listing::CallQueueMembers("q".to_owned()),
            "phone-call_queues-{callQueueId}-members_GET",
        ),
        (Listing::AutoReceptionists, "phone-auto_receptionists_GET"),
        (Listing::CommonAreas, "phone-common_areas_GET"),
        (Listing::SharedLineGroups, "phone-shared_line_groups_GET"),
        (Listing::Devices("assigned"), "phone-devices_GET"),
        (Listing::Numbers, "number_management-numbers_GET"),
        (Listing::OldNumbers, "phone-numbers_GET"),
    ];
    for (listing, name) in cases {
        let body = sample(&format!("official/{name}.json"));
        let plan = plan(&listing);
        let arrays = plan.arrays.expect("a list");
        let page = calls::list_page(&body, plan.table, Some(arrays), plan.parent.as_deref()).expect(name);
        let given: Vec<&str> = plan.parent.iter().map(|_| plan.table.columns[0].name).collect();
        let sent = json(&body);
        check_all(plan.table, array(&sent, arrays.current), &page.parsed, &given);
        if let Some(parent) = &plan.parent {
            assert!(page.parsed.rows.iter().all(|row| row.key() == parent));
        }
        assert_eq!(page.total_records, sent["total_records"].as_u64(), "{name}");
    }
    let queue = sample("official/phone-call_queues-{callQueueId}_GET.json");
    let page = calls::list_page(&queue, &directory::CALL_QUEUE, None, None).expect("a queue");
    check_all(&directory::CALL_QUEUE, &[json(&queue)], &page.parsed, &[]);
    assert_eq!(
        page.parsed.rows[0].get(&directory::CALL_QUEUE, "department").as_text(),
        Some("testDepartment")
    );
}

fn one(table: &'static Table, record: &str) -> Parsed {
    let body = format!("{{\"list\":[{record}]}}");
    calls::list_page(
        &body,
        table,
        Some(page::Arrays {
            current: "list",
            older: None,
        }),
        None,
    )
    .expect("a page")
    .parsed
}

fn row(table: &'static Table, record: &str) -> Row {
    let parsed = one(table, record);
    assert_eq!(parsed.rejected, []);
    parsed.rows.into_iter().next().expect("a row")
}

#[test]
fn a_record_without_a_key_is_set_aside_as_it_came() {
    for record in [
        r#"{"call_id":"1","x":[1, 2]}"#,
        r#"{"call_history_uuid":"","id":""}"#,
        r#"{"call_history_uuid":7}"#,
        "{}",
    ] {
        let parsed = one(&CALL_HISTORY, record);
        assert_eq!(parsed.rows, []);
        assert_eq!(
            (parsed.rejected[0].table, parsed.rejected[0].json.as_str()),
            ("call_history", record)
        );
        assert!(parsed.rejected[0].reason.contains("call_history_uuid"));
    }
}

#[test]
fn the_best_spelling_wins_and_a_different_second_one_is_kept() {
    let id = |record: &str| {
        let row = row(&CALL_HISTORY, record);
        (row.key().to_owned(), row.extra)
    };
    assert_eq!(
        id(r#"{"id":"a","call_history_uuid":"b"}"#),
        ("b".to_owned(), Some(r#"{"id":"a"}"#.to_owned()))
    );
    assert_eq!(id(r#"{"id":"b","call_history_uuid":"b"}"#), ("b".to_owned(), None));
    assert_eq!(id(r#"{"id":"a","call_history_uuid":null}"#), ("a".to_owned(), None));
    assert_eq!(id(r#"{"id":"a","call_history_uuid":""}"#), ("a".to_owned(), None));
    assert_eq!(
        id(r#"{"id":"a","call_history_uuid":5}"#),
        ("a".to_owned(), Some(r#"{"call_history_uuid":5}"#.to_owned()))
    );
    let typo = row(&CALL_HISTORY, r#"{"id":"a","caller_acconut_code":"111"}"#);
    assert_eq!(typo.get(&CALL_HISTORY, "caller_account_code").as_text(), Some("111"));
}

#[test]
fn what_does_not_fit_goes_to_extra_sorted_and_compact() {
    let row = row(
        &CALL_HISTORY,
        r#"{"z":{"b": 1, "a": [ ]},"id":"a","duration":"20","a\"b":1.50,"start_time":"soon","department":"","end_time":"","hide_caller_id":null}"#,
    );
    assert_eq!(
        row.extra.as_deref(),
        Some(r#"{"a\"b":1.50,"duration":"20","start_time":"soon","z":{"b":1,"a":[]}}"#)
    );
    assert_eq!(row.get(&CALL_HISTORY, "department").as_text(), Some(""));
    assert_eq!(row.get(&CALL_HISTORY, "end_time"), &Value::Null);
    assert_eq!(row.get(&CALL_HISTORY, "duration"), &Value::Null);
}

#[test]
fn nested_fields_have_columns_and_their_rest_stays_together() {
    let row = row(
        &directory::PHONE_USER,
        r#"{"id":"u","site":{"id":"s","name":7,"code":1}}"#,
    );
    assert_eq!(row.get(&directory::PHONE_USER, "site_id").as_text(), Some("s"));
    assert_eq!(row.extra.as_deref(), Some(r#"{"site":{"code":1,"name":7}}"#));
    let wrong = self::row(&directory::PHONE_USER, r#"{"id":"u","site":"HQ"}"#);
    assert_eq!(wrong.extra.as_deref(), Some(r#"{"site":"HQ"}"#));
    assert_eq!(
        self::row(&directory::PHONE_USER, r#"{"id":"u","site":null}"#).extra,
        None
    );
}

#[test]
fn a_pending_user_is_known_by_the_address() {
    let pending = row(&directory::ZOOM_USER, r#"{"email":"a@example.com","status":"pending"}"#);
    assert_eq!(pending.key(), "email:a@example.com");
    assert_eq!(one(&directory::ZOOM_USER, r#"{"status":"pending"}"#).rejected.len(), 1);
}

#[test]
fn elements_belong_to_the_call_that_was_asked_for() {
    let body = r#"{"call_elements":[{"call_element_id":"e","call_history_uuid":"other"}]}"#;
    let parsed = calls::call_elements(body, "mine").expect("elements");
    assert_eq!(
        parsed.rows[0].get(&CALL_ELEMENT, "call_history_uuid").as_text(),
        Some("mine")
    );
    assert_eq!(
        parsed.rows[0].extra.as_deref(),
        Some(r#"{"call_history_uuid":"other"}"#)
    );
}

#[test]
fn the_digest_ignores_the_order_of_fields_and_notices_every_change() {
    let digest = |record: &str| row(&CALL_HISTORY, record).digest;
    let base = digest(r#"{"id":"a","duration":1,"x":{"p":1,"q":[1,2]},"y":2}"#);
    assert_eq!(base, digest(r#"{"y":2,"x":{"q":[1,2],"p":1},"duration":1,"id":"a"}"#));
    for other in [
        r#"{"id":"b","duration":1,"x":{"p":1,"q":[1,2]},"y":2}"#,
        r#"{"id":"a","duration":2,"x":{"p":1,"q":[1,2]},"y":2}"#,
        r#"{"id":"a","duration":1,"x":{"p":1,"q":[2,1]},"y":2}"#,
        r#"{"id":"a","duration":1,"x":{"p":1,"q":[1,2]}}"#,
        r#"{"id":"a","duration":1,"x":{"p":1,"q":[1,2]},"y":"2"}"#,
        r#"{"id":"a","duration":1,"x":{"p":1,"q":[1,2]},"y":2,"department":""}"#,
    ] {
        assert_ne!(base, digest(other), "{other}");
    }
    let json = |record: &str| row(&directory::ZOOM_USER, record).digest;
    assert_eq!(
        json(r#"{"id":"u","custom_attributes":[{"key":"k","value":"v"}]}"#),
        json(r#"{"id":"u","custom_attributes":[{"value":"v","key":"k"}]}"#)
    );
}
