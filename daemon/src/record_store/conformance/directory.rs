//! Directory snapshots, their search, and runs of sync.

use jiff::SignedDuration;

use super::{Fixture, field, rejected, row, text};
use crate::{
    domain::{
        clock::Clock as _,
        directory::{CALL_QUEUE, PHONE_DEVICE, PHONE_USER, ZOOM_GROUP_MEMBER, ZOOM_USER},
        table::{Row, Table, Value},
    },
    ports::records::{DirectoryFilter, Record, RecordStore, Snapshot, SnapshotReceipt, SyncRun},
};

async fn apply(store: &dyn RecordStore, table: &'static Table, rows: Vec<Row>, complete: bool) -> SnapshotReceipt {
    store
        .apply_snapshot(Snapshot {
            table,
            rows,
            rejected: Vec::new(),
            complete,
        })
        .await
        .expect("applied")
}

fn user(id: &str, more: &[(&str, Value)]) -> Row {
    let mut values = vec![("id", text(id))];
    values.extend_from_slice(more);
    row(&ZOOM_USER, &values)
}

fn member(group: &str, id: &str, name: &str) -> Row {
    row(
        &ZOOM_GROUP_MEMBER,
        &[("group_id", text(group)), ("id", text(id)), ("first_name", text(name))],
    )
}

async fn find(store: &dyn RecordStore, table: &'static str, wanted: &str, removed: bool) -> Vec<Record> {
    let filter = DirectoryFilter {
        table: Some(table),
        text: Some(wanted.to_owned()),
        removed,
        nested: false,
    };
    let found = store.directory(&filter, 100).await.expect("read");
    found.into_iter().map(|(_, record)| record).collect()
}

pub(super) async fn what_is_within_json_is_found_only_by_who_asks_for_it(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let phone = row(
        &PHONE_DEVICE,
        &[("id", text("d1")), ("assignee", text(r#"{"id":"u1","name":"Jörg"}"#))],
    );
    let mut queue = row(&CALL_QUEUE, &[("id", text("q1")), ("name", text("Support"))]);
    queue.extra = Some(r#"{"members":[{"id":"u1"}]}"#.to_owned());
    apply(&*store, &PHONE_DEVICE, vec![phone], true).await;
    apply(&*store, &CALL_QUEUE, vec![queue], true).await;
    for (table, wanted, nested, found) in [
        ("phone_device", "jörg", false, 0),
        ("phone_device", "JÖRG", true, 1),
        ("call_queue", "u1", true, 1),
        ("call_queue", "u2", true, 0),
        ("call_queue", "support", true, 1),
    ] {
        let filter = DirectoryFilter {
            table: Some(table),
            text: Some(wanted.to_owned()),
            removed: true,
            nested,
        };
        let entries = store.directory(&filter, 100).await.expect("read");
        assert_eq!(entries.len(), found, "{table} {wanted} {nested}");
    }
}

pub(super) async fn an_identical_snapshot_changes_nothing(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let rows = vec![
        user("a", &[("dept", text("Sales"))]),
        user("b", &[]),
        user("a", &[("dept", text("Support"))]),
    ];
    let first = apply(&*store, &ZOOM_USER, rows.clone(), true).await;
    assert_eq!(
        first,
        SnapshotReceipt {
            total: 2,
            added: 2,
            ..SnapshotReceipt::default()
        }
    );
    let before = find(&*store, "zoom_user", "a", false).await;
    assert_eq!(field(&before[0], "dept"), text("Support"), "the last of duplicates");
    fixture.clock().advance(SignedDuration::from_hours(1));
    let second = apply(&*store, &ZOOM_USER, rows, true).await;
    assert_eq!(
        second,
        SnapshotReceipt {
            total: 2,
            ..SnapshotReceipt::default()
        }
    );
    assert_eq!(find(&*store, "zoom_user", "a", false).await, before);
}

pub(super) async fn what_vanished_is_marked_and_what_returns_is_present(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    apply(&*store, &ZOOM_USER, vec![user("a", &[]), user("b", &[])], true).await;
    fixture.clock().advance(SignedDuration::from_hours(1));
    let gone = apply(&*store, &ZOOM_USER, vec![user("a", &[])], true).await;
    assert_eq!(
        gone,
        SnapshotReceipt {
            total: 1,
            removed: 1,
            ..SnapshotReceipt::default()
        }
    );
    assert_eq!(store.directory_count(&ZOOM_USER).await, Ok(1));
    assert!(find(&*store, "zoom_user", "b", false).await.is_empty());
    let marked = find(&*store, "zoom_user", "b", true).await;
    assert_eq!(field(&marked[0], "removed_at"), Value::Time(fixture.clock().now()));
    let back = apply(&*store, &ZOOM_USER, vec![user("a", &[]), user("b", &[])], true).await;
    assert_eq!(
        back,
        SnapshotReceipt {
            total: 2,
            changed: 1,
            ..SnapshotReceipt::default()
        }
    );
    let present = find(&*store, "zoom_user", "b", false).await;
    assert_eq!(field(&present[0], "removed_at"), Value::Null);
    assert_ne!(field(&present[0], "first_seen_at"), field(&present[0], "changed_at"));
}

pub(super) async fn an_incomplete_snapshot_removes_nobody(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    apply(&*store, &ZOOM_USER, vec![user("a", &[]), user("b", &[])], true).await;
    apply(&*store, &ZOOM_GROUP_MEMBER, vec![member("g", "a", "")], true).await;
    let part = apply(&*store, &ZOOM_USER, vec![user("c", &[])], false).await;
    assert_eq!(
        part,
        SnapshotReceipt {
            total: 3,
            added: 1,
            ..SnapshotReceipt::default()
        }
    );
    apply(&*store, &ZOOM_GROUP_MEMBER, vec![], false).await;
    assert_eq!(store.directory_count(&ZOOM_GROUP_MEMBER).await, Ok(1));
    let bad = Snapshot {
        table: &ZOOM_USER,
        rows: vec![],
        rejected: vec![rejected("{}")],
        complete: false,
    };
    store.apply_snapshot(bad).await.expect("applied");
    assert_eq!(store.summary().await.expect("a summary").rejected, 1);
}

pub(super) async fn a_membership_that_returns_starts_a_new_row(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let table = &ZOOM_GROUP_MEMBER;
    apply(&*store, table, vec![member("g", "a", ""), member("h", "a", "")], true).await;
    let joined = fixture.clock().now();
    fixture.clock().advance(SignedDuration::from_hours(1));
    let left = apply(&*store, table, vec![member("h", "a", "")], true).await;
    assert_eq!(
        left,
        SnapshotReceipt {
            total: 1,
            removed: 1,
            ..SnapshotReceipt::default()
        }
    );
    let at = fixture.clock().now();
    fixture.clock().advance(SignedDuration::from_hours(1));
    let back = apply(&*store, table, vec![member("g", "a", ""), member("h", "a", "")], true).await;
    assert_eq!(
        back,
        SnapshotReceipt {
            total: 2,
            added: 1,
            ..SnapshotReceipt::default()
        }
    );
    let rows = find(&*store, "zoom_group_member", "g", true).await;
    let rows: Vec<_> = rows
        .iter()
        .filter(|record| field(record, "group_id") == text("g"))
        .map(|record| (field(record, "valid_from"), field(record, "valid_to")))
        .collect();
    let now = Value::Time(fixture.clock().now());
    assert_eq!(rows, [(Value::Time(joined), Value::Time(at)), (now, Value::Null)]);
    assert_eq!(store.directory_count(table).await, Ok(2));
}

pub(super) async fn a_membership_that_changes_stays_one_row(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    apply(&*store, &ZOOM_GROUP_MEMBER, vec![member("g", "a", "Ann")], true).await;
    let joined = Value::Time(fixture.clock().now());
    fixture.clock().advance(SignedDuration::from_hours(1));
    let changed = apply(&*store, &ZOOM_GROUP_MEMBER, vec![member("g", "a", "Anna")], true).await;
    assert_eq!(
        changed,
        SnapshotReceipt {
            total: 1,
            changed: 1,
            ..SnapshotReceipt::default()
        }
    );
    let rows = find(&*store, "zoom_group_member", "anna", true).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (field(&rows[0], "valid_from"), field(&rows[0], "valid_to")),
        (joined, Value::Null)
    );
}

pub(super) async fn leaving_and_returning_within_a_second_is_one_row(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    for rows in [vec![member("g", "a", "Ann")], vec![], vec![member("g", "a", "Anna")]] {
        apply(&*store, &ZOOM_GROUP_MEMBER, rows, true).await;
    }
    let rows = find(&*store, "zoom_group_member", "ann", true).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (field(&rows[0], "first_name"), field(&rows[0], "valid_to")),
        (text("Anna"), Value::Null)
    );
}

pub(super) async fn distinct_values_are_of_present_rows(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let departments = ["Sales", "Support", "", "Sales", "Gone"];
    let users: Vec<Row> = departments
        .iter()
        .enumerate()
        .map(|(number, dept)| user(&format!("{number}"), &[("dept", text(dept))]))
        .collect();
    apply(&*store, &ZOOM_USER, users.clone(), true).await;
    apply(&*store, &ZOOM_USER, users[..4].to_vec(), true).await;
    assert_eq!(
        store.distinct(&ZOOM_USER, "dept").await,
        Ok(vec!["Sales".to_owned(), "Support".to_owned()])
    );
    assert_eq!(store.distinct(&ZOOM_USER, "no such column").await, Ok(vec![]));
}

pub(super) async fn search_ignores_case_in_every_script(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let users = vec![
        user(
            "a",
            &[
                ("display_name", text("Jörg Müller")),
                ("email", text("joerg@example.com")),
            ],
        ),
        user("b", &[("display_name", text("Иван")), ("dept", text("müllabfuhr"))]),
    ];
    apply(&*store, &ZOOM_USER, users, true).await;
    for (wanted, count) in [("MÜLLER", 1), ("иВА", 1), ("JOERG@", 1), ("%", 0), ("müllabfuhr", 0)] {
        assert_eq!(find(&*store, "zoom_user", wanted, false).await.len(), count, "{wanted}");
    }
    let all = store.directory(&DirectoryFilter::default(), 1).await.expect("read");
    assert_eq!(all.len(), 1, "the limit holds");
    assert_eq!(all[0].0, "zoom_user");
}

pub(super) async fn search_finds_numbers_by_digits(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let one = row(
        &PHONE_USER,
        &[
            ("id", text("a")),
            ("name", text("Ann")),
            ("extension_number", Value::Integer(10_042)),
            ("phone_numbers", text("[{\"number\":\"+12059300920\"}]")),
        ],
    );
    apply(&*store, &PHONE_USER, vec![one], true).await;
    for wanted in ["10042", "+1 (205) 930-0920", "2059300920", "an"] {
        assert_eq!(find(&*store, "phone_user", wanted, false).await.len(), 1, "{wanted}");
    }
    assert!(find(&*store, "phone_user", "+1 (205) 930-0921", false).await.is_empty());
}

pub(super) async fn sync_runs_are_kept(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    for number in 0..3 {
        let now = fixture.clock().now();
        let run = SyncRun {
            id: format!("run-{number}"),
            started_at: now,
            finished_at: now,
            outcome: "succeeded",
            entities: "{}".to_owned(),
            error: None,
        };
        store.record_sync_run(run.clone()).await.expect("kept");
        store.record_sync_run(run).await.expect("the same id again replaces it");
    }
}
