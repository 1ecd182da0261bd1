//! The simulator's truth about calls and directory, compared with every table of a record database.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use zoom_sim::AccountHandle;

use crate::{
    comparison::{Comparison, fields},
    database::{Database, Row},
};

/// Entities of the simulator and the tables with Zoom's own `id` as key.
const KEYED: &[(&str, &str)] = &[
    ("users", "zoom_user"),
    ("groups", "zoom_group"),
    ("roles", "zoom_role"),
    ("phone_users", "phone_user"),
    ("sites", "phone_site"),
    ("call_queues", "call_queue"),
    ("auto_receptionists", "auto_receptionist"),
    ("common_areas", "common_area"),
    ("shared_line_groups", "shared_line_group"),
    ("devices", "phone_device"),
    ("numbers", "phone_number"),
];
/// Memberships: entity, table, container.
const MEMBERSHIPS: &[(&str, &str, &str)] = &[
    ("group_members", "zoom_group_member", "group_id"),
    ("role_members", "zoom_role_member", "role_id"),
    ("call_queue_members", "call_queue_member", "call_queue_id"),
];

/// Every record that Zoom shows is a row, field for field, and there is no other row.
///
/// # Panics
/// When they differ.
pub fn assert_calls_equal(account: &AccountHandle, database: &Database) {
    let comparison = Comparison::of(database, "call_history");
    let rows = database.by_key("call_history", "call_history_uuid");
    let mut uuids = BTreeSet::new();
    let mut without_key = 0_u64;
    for record in account.truth_calls() {
        let record = fields(&record);
        match record
            .get("call_history_uuid")
            .and_then(Value::as_str)
            .filter(|uuid| !uuid.is_empty())
        {
            Some(uuid) => {
                comparison.assert_same(&record, rows.get(uuid));
                uuids.insert(uuid.to_owned());
            }
            None => without_key += 1,
        }
    }
    let strangers: Vec<_> = rows
        .iter()
        .filter(|(uuid, row)| !uuids.contains(*uuid) && row["deleted_at"].is_null())
        .collect();
    assert!(
        strangers.is_empty(),
        "rows of calls that Zoom does not have: {strangers:?}"
    );
    let rejected = database.count("rejected_record WHERE entity = 'call_history'");
    assert_eq!(rejected, without_key, "records without a key are kept aside, each once");
}

/// Every element of every call is a row, field for field.
///
/// # Panics
/// When they differ.
pub fn assert_elements_equal(account: &AccountHandle, database: &Database) {
    let comparison = Comparison::of(database, "call_element");
    let both = |id: &str, uuid: &str| format!("{id} of {uuid}");
    // Calls that belong together share elements, so an element is known by its own id and its call's.
    let held = database.rows("SELECT * FROM call_element").into_iter().map(|row| {
        let text = |name: &str| row[name].as_str().unwrap_or_default();
        (both(text("call_element_id"), text("call_history_uuid")), row)
    });
    let rows: BTreeMap<String, Row> = held.collect();
    let mut expected = 0;
    for record in account.truth_calls() {
        let Some(uuid) = record["call_history_uuid"].as_str() else {
            continue;
        };
        let detail = account.truth_detail(uuid).unwrap_or_default();
        for element in detail["call_elements"].as_array().into_iter().flatten() {
            let mut element = fields(element);
            let key = element
                .get("call_element_id")
                .and_then(Value::as_str)
                .map(str::to_owned);
            let Some(key) = key else { continue };
            element.insert("call_history_uuid".to_owned(), uuid.into());
            comparison.assert_same(&element, rows.get(&both(&key, uuid)));
            expected += 1;
        }
    }
    let present = rows.values().filter(|row| row["deleted_at"].is_null()).count();
    assert_eq!(present, expected, "elements that Zoom does not have");
}

/// Every directory entry is a present row, and every other row is marked as removed.
///
/// # Panics
/// When they differ.
pub fn assert_directory_equal(account: &AccountHandle, database: &Database) {
    for (entity, table) in KEYED {
        keyed(account, database, entity, table);
    }
    for (entity, table, container) in MEMBERSHIPS {
        memberships(account, database, entity, table, container);
    }
    names(account, database);
}

fn keyed(account: &AccountHandle, database: &Database, entity: &str, table: &str) {
    let comparison = Comparison::of(database, table);
    let mut rows: BTreeMap<String, Row> = database.by_key(table, "id");
    rows.retain(|_, row| row["removed_at"].is_null());
    let truth = account.truth(entity);
    assert!(!truth.is_empty(), "the simulator knows {entity}");
    for record in truth {
        let record = fields(&record);
        let own = record
            .get("id")
            .and_then(Value::as_str)
            .filter(|id| !id.is_empty())
            .map(str::to_owned);
        let address = || {
            record
                .get("email")
                .and_then(Value::as_str)
                .map(|email| format!("email:{email}"))
        };
        let Some(key) = own.or_else(address) else {
            panic!("{entity}: no key in {record:?}")
        };
        let Some(row) = rows.remove(&key) else {
            panic!("{table}: there is no row {key}")
        };
        let mut expected = comparison.expect(&record).with("id", key);
        if table == "call_queue" {
            // The list has neither; the detail has both and more.
            expected = expected
                .whatever("department", &row)
                .whatever("cost_center", &row)
                .more_extra(&row);
            assert!(
                row["department"].is_string(),
                "the department of a queue comes from its detail: {row:?}"
            );
        }
        let differences = comparison.differences(&expected, &row);
        assert!(
            differences.is_empty(),
            "{table}: {differences:#?}\nrecord: {record:?}\nrow: {row:?}"
        );
    }
    assert!(
        rows.is_empty(),
        "{table}: present rows that Zoom does not have: {rows:?}"
    );
}

fn memberships(account: &AccountHandle, database: &Database, entity: &str, table: &str, container: &str) {
    let comparison = Comparison::of(database, table);
    let key = |row: &Map<String, Value>| (row[container].to_string(), row["id"].to_string());
    let current = database.rows(&format!("SELECT * FROM \"{table}\" WHERE valid_to IS NULL"));
    let mut rows: BTreeMap<(String, String), Row> = current.into_iter().map(|row| (key(&row), row)).collect();
    for record in account.truth(entity) {
        let record = fields(&record);
        comparison.assert_same(&record, rows.remove(&key(&record)).as_ref());
    }
    assert!(
        rows.is_empty(),
        "{table}: current rows that Zoom does not have: {rows:?}"
    );
}

/// Departments and cost centres have no list at Zoom: they are the names that others use.
fn names(account: &AccountHandle, database: &Database) {
    let distinct = |sources: &[(&str, &str)]| -> BTreeSet<String> {
        let all = sources.iter().flat_map(|(entity, field)| {
            account
                .truth(entity)
                .into_iter()
                .filter_map(|row| row[*field].as_str().map(str::to_owned))
        });
        all.filter(|name| !name.is_empty()).collect()
    };
    let held = |table: &str, queue_column: &str| -> (BTreeSet<String>, BTreeSet<String>) {
        let list = |query: String| database.rows(&query).into_iter().map(|row| text(&row)).collect();
        (
            list(format!("SELECT name FROM \"{table}\" WHERE removed_at IS NULL")),
            list(format!(
                "SELECT DISTINCT {queue_column} FROM call_queue WHERE removed_at IS NULL AND {queue_column} <> ''"
            )),
        )
    };
    let (departments, of_queues) = held("department", "department");
    let mut wanted = distinct(&[
        ("users", "dept"),
        ("phone_users", "department"),
        ("auto_receptionists", "department"),
    ]);
    wanted.extend(of_queues);
    assert_eq!(departments, wanted);
    let (centers, of_queues) = held("cost_center", "cost_center");
    let mut wanted = distinct(&[("phone_users", "cost_center"), ("auto_receptionists", "cost_center")]);
    wanted.extend(of_queues);
    assert_eq!(centers, wanted);
}

fn text(row: &Row) -> String {
    row.values()
        .next()
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}
