//! The reporting views of the embedded engine, read as a reporting tool would.

use jiff::SignedDuration;

use super::{Fixture, batch, call, row, sqlite::Sqlite, text};
use crate::{
    domain::{
        directory::{PHONE_USER, ZOOM_ROLE_MEMBER},
        table::{Row, Table, Value},
    },
    ports::records::{RecordStore, Snapshot},
};

async fn apply(store: &dyn RecordStore, table: &'static Table, rows: Vec<Row>) {
    store
        .apply_snapshot(Snapshot {
            table,
            rows,
            rejected: vec![],
            complete: true,
        })
        .await
        .expect("applied");
}

fn strings(fixture: &Sqlite, sql: &str) -> Vec<String> {
    let connection = fixture.outside();
    let mut statement = connection.prepare(sql).expect("prepared");
    let rows = statement.query_map([], |row| row.get(0)).expect("queried");
    rows.collect::<Result<_, _>>().expect("read")
}

#[tokio::test]
async fn an_old_call_finds_its_old_department() {
    let fixture = Sqlite::new();
    let store = fixture.store().await;
    let role = |department: &str| {
        row(
            &ZOOM_ROLE_MEMBER,
            &[
                ("role_id", text(department)),
                ("id", text("u")),
                ("department", text(department)),
            ],
        )
    };
    let user = row(
        &PHONE_USER,
        &[
            ("id", text("u")),
            ("extension_id", text("x")),
            ("site_name", text("Bonn")),
        ],
    );
    apply(&*store, &PHONE_USER, vec![user]).await;
    apply(&*store, &ZOOM_ROLE_MEMBER, vec![role("Old")]).await;
    fixture.clock().advance(SignedDuration::from_hours(24));
    apply(&*store, &ZOOM_ROLE_MEMBER, vec![role("New")]).await;
    let made = |key: &str, end: &str, department: &str| {
        let values = [
            ("direction", text("outbound")),
            ("caller_ext_id", text("x")),
            ("caller_ext_type", text("user")),
            ("department", text(department)),
        ];
        call(key, end, &values)
    };
    let calls = vec![
        made("1", "2026-06-01T13:00:00Z", ""),
        made("2", "2026-06-03T13:00:00Z", ""),
        made("3", "2026-06-03T13:00:00Z", "From the record"),
    ];
    store.commit_calls(batch(calls)).await.expect("committed");
    let departments = strings(&fixture, "SELECT department FROM v_call ORDER BY call_history_uuid");
    assert_eq!(departments, ["Old", "New", "From the record"]);
    assert_eq!(strings(&fixture, "SELECT DISTINCT site_name FROM v_call"), ["Bonn"]);
}

#[tokio::test]
async fn an_extension_that_changed_hands_does_not_double_calls() {
    let fixture = Sqlite::new();
    let store = fixture.store().await;
    let user = |id: &str| {
        row(
            &PHONE_USER,
            &[("id", text(id)), ("extension_id", text("x")), ("name", text(id))],
        )
    };
    apply(&*store, &PHONE_USER, vec![user("first")]).await;
    fixture.clock().advance(SignedDuration::from_hours(24));
    apply(&*store, &PHONE_USER, vec![user("second")]).await;
    let received = |key: &str, end: &str| {
        call(
            key,
            end,
            &[("direction", text("inbound")), ("callee_ext_id", text("x"))],
        )
    };
    let calls = vec![
        received("1", "2026-06-01T13:00:00Z"),
        received("2", "2026-06-03T13:00:00Z"),
    ];
    store.commit_calls(batch(calls)).await.expect("committed");
    assert_eq!(
        strings(&fixture, "SELECT user_name FROM v_call ORDER BY end_time"),
        ["first", "second"]
    );
}

#[tokio::test]
async fn days_add_up() {
    let fixture = Sqlite::new();
    let store = fixture.store().await;
    let one = |key: &str, end: &str, result: &str, callee: &str| {
        let values = [
            ("direction", text("inbound")),
            ("call_result", text(result)),
            ("duration", Value::Integer(30)),
            ("callee_ext_type", text(callee)),
            ("callee_ext_id", text(callee)),
            ("callee_name", text("Name")),
            ("start_time", Value::Time(super::at("2026-06-01T12:00:00Z"))),
            ("answer_time", Value::Time(super::at("2026-06-01T12:00:09Z"))),
        ];
        call(key, end, &values)
    };
    let calls = vec![
        one("1", "2026-06-01T23:59:59Z", "answered", "call_queue"),
        one("2", "2026-06-01T23:59:59Z", "abandoned", "call_queue"),
        one("3", "2026-06-02T00:00:00Z", "answered", "user"),
    ];
    store.commit_calls(batch(calls)).await.expect("committed");
    let days = strings(
        &fixture,
        "SELECT day || ' ' || calls || ' ' || answered || ' ' || duration_seconds FROM v_call_daily ORDER BY 1",
    );
    assert_eq!(days, ["2026-06-01 2 1 60", "2026-06-02 1 1 30"]);
    let users = strings(
        &fixture,
        "SELECT day || ' ' || ext_id || ' ' || calls_received || ' ' || calls_received_answered || ' ' || calls_made FROM v_user_daily",
    );
    assert_eq!(users, ["2026-06-02 user 1 1 0"]);
    let queues = strings(
        &fixture,
        "SELECT day || ' ' || queue_name || ' ' || calls || ' ' || answered || ' ' || abandoned || ' ' || average_wait_seconds FROM v_queue_daily",
    );
    assert_eq!(queues, ["2026-06-01 Name 2 1 1 9.0"]);
}
