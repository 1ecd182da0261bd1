//! Finding calls.

use super::{Fixture, at, batch, call, element, field, text};
use crate::{
    domain::table::Value,
    ports::records::{CallFilter, ElementsFetched, RecordStore},
};

async fn keys(store: &dyn RecordStore, filter: CallFilter) -> Vec<String> {
    let found = store.calls(&filter, None, 100).await.expect("read");
    found
        .iter()
        .map(|record| field(record, "call_history_uuid").as_text().expect("a key").to_owned())
        .collect()
}

pub(super) async fn pages_come_newest_first_and_lose_nothing(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (first, second) = ("2026-01-01T10:00:00Z", "2026-01-01T10:00:01Z");
    let ends = [
        ("d", ""),
        ("a", first),
        ("c", second),
        ("b", first),
        ("e", ""),
        ("f", first),
    ];
    store
        .commit_calls(batch(ends.map(|(key, end)| call(key, end, &[])).to_vec()))
        .await
        .expect("committed");
    let expected = ["c", "a", "b", "f", "d", "e"];
    assert_eq!(keys(&*store, CallFilter::default()).await, expected);
    for size in 1..=7 {
        let mut walked = Vec::new();
        let mut cursor = None;
        loop {
            let page = store.calls(&CallFilter::default(), cursor, size).await.expect("read");
            let Some(last) = page.last() else { break };
            let key = |record| field(record, "call_history_uuid").as_text().expect("a key").to_owned();
            cursor = Some((field(last, "end_time").as_time(), key(last)));
            walked.extend(page.iter().map(key));
        }
        assert_eq!(walked, expected, "pages of {size}");
    }
}

pub(super) async fn each_filter_selects_what_it_says(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let calls = vec![
        call(
            "queue",
            "2026-01-01T10:00:00Z",
            &[
                ("callee_ext_type", text("call_queue")),
                ("callee_name", text("Störung")),
                ("callee_ext_id", text("ext-9")),
                ("direction", text("inbound")),
                ("duration", Value::Integer(10)),
            ],
        ),
        call(
            "user",
            "2026-01-01T11:00:00Z",
            &[
                ("callee_ext_type", text("user")),
                ("callee_name", text("Störung")),
                ("direction", text("outbound")),
                ("call_result", text("answered")),
                ("site_id", text("s1")),
                ("site_name", text("Köln")),
                ("duration", Value::Integer(60)),
            ],
        ),
        call("undated", "", &[("direction", text("inbound"))]),
    ];
    store.commit_calls(batch(calls)).await.expect("committed");
    let none = CallFilter::default;
    let some = |text: &str| Some(text.to_owned());
    let cases: [(CallFilter, &[&str]); 12] = [
        (
            CallFilter {
                from: Some(at("2026-01-01T11:00:00Z")),
                ..none()
            },
            &["user"],
        ),
        (
            CallFilter {
                to: Some(at("2026-01-01T11:00:00Z")),
                ..none()
            },
            &["queue"],
        ),
        (
            CallFilter {
                queue: some("STÖRUNG"),
                ..none()
            },
            &["queue"],
        ),
        (
            CallFilter {
                queue: some("ext-9"),
                ..none()
            },
            &["queue"],
        ),
        (
            CallFilter {
                queue: some("Stör"),
                ..none()
            },
            &[],
        ),
        (
            CallFilter {
                site: some("köln"),
                ..none()
            },
            &["user"],
        ),
        (
            CallFilter {
                site: some("s1"),
                ..none()
            },
            &["user"],
        ),
        (
            CallFilter {
                direction: some("inbound"),
                ..none()
            },
            &["queue", "undated"],
        ),
        (
            CallFilter {
                result: some("answered"),
                ..none()
            },
            &["user"],
        ),
        (
            CallFilter {
                min_duration: Some(11),
                ..none()
            },
            &["user"],
        ),
        (
            CallFilter {
                min_duration: Some(10),
                direction: some("inbound"),
                ..none()
            },
            &["queue"],
        ),
        (
            CallFilter {
                min_duration: Some(u64::MAX),
                ..none()
            },
            &[],
        ),
    ];
    for (filter, expected) in cases {
        assert_eq!(keys(&*store, filter.clone()).await, expected, "{filter:?}");
    }
}

pub(super) async fn number_filters_compare_digits(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let calls = vec![
        call(
            "e164",
            "2026-01-01T10:00:03Z",
            &[("caller_did_number", text("+1 205-930-0920"))],
        ),
        call(
            "bare",
            "2026-01-01T10:00:02Z",
            &[("callee_did_number", text("12059300920"))],
        ),
        call("ext", "2026-01-01T10:00:01Z", &[("callee_ext_number", text("920"))]),
        call(
            "hidden",
            "2026-01-01T10:00:00Z",
            &[("caller_did_number", text("anonymous"))],
        ),
    ];
    store.commit_calls(batch(calls)).await.expect("committed");
    let number = |number: &str| CallFilter {
        number: Some(number.to_owned()),
        ..CallFilter::default()
    };
    for typed in ["+12059300920", "1 (205) 930-0920", "12059300920"] {
        assert_eq!(keys(&*store, number(typed)).await, ["e164", "bare"], "{typed}");
    }
    assert_eq!(
        keys(&*store, number("920")).await,
        ["ext"],
        "an extension is not the end of a number"
    );
    assert_eq!(keys(&*store, number("anonymous")).await, ["hidden"]);
    assert!(keys(&*store, number("x")).await.is_empty());
}

pub(super) async fn user_filters_ignore_case_in_every_script(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let calls = vec![
        call("a", "2026-01-01T10:00:01Z", &[("caller_name", text("Jörg Straße"))]),
        call(
            "b",
            "2026-01-01T10:00:00Z",
            &[("callee_email", text("Ivan@Example.com"))],
        ),
    ];
    store.commit_calls(batch(calls)).await.expect("committed");
    let user = |user: &str| CallFilter {
        user: Some(user.to_owned()),
        ..CallFilter::default()
    };
    assert_eq!(keys(&*store, user("JÖRG")).await, ["a"]);
    assert_eq!(keys(&*store, user("strasse")).await, ["a"]);
    assert_eq!(keys(&*store, user("ivan@example")).await, ["b"]);
}

pub(super) async fn wildcards_are_plain_text(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    store
        .commit_calls(batch(vec![call(
            "a",
            "2026-01-01T10:00:00Z",
            &[("caller_name", text("100 percent"))],
        )]))
        .await
        .expect("committed");
    for user in ["100%", "1_0", "*", "[0-9]"] {
        let filter = CallFilter {
            user: Some(user.to_owned()),
            ..CallFilter::default()
        };
        assert!(keys(&*store, filter).await.is_empty(), "{user}");
    }
}

pub(super) async fn a_call_comes_with_its_elements_in_order(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    store
        .commit_calls(batch(vec![call("a", "2026-01-01T10:00:00Z", &[])]))
        .await
        .expect("committed");
    let leg = |id: &str, segment: i64, node: i64, start: &str| {
        let values = [
            ("segment", Value::Integer(segment)),
            ("node", Value::Integer(node)),
            ("start_time", Value::Time(at(start))),
        ];
        element(id, &values)
    };
    let rows = vec![
        leg("4", 2, 1, "2026-01-01T09:00:00Z"),
        leg("3", 1, 2, "2026-01-01T09:00:02Z"),
        leg("2", 1, 1, "2026-01-01T09:00:03Z"),
        leg("1", 1, 2, "2026-01-01T09:00:05Z"),
    ];
    let fetched = ElementsFetched::Rows {
        call_history_uuid: "a".to_owned(),
        rows,
        rejected: vec![],
    };
    store.commit_elements(vec![fetched]).await.expect("committed");
    let (_, elements) = store.call("a").await.expect("read").expect("there");
    let order: Vec<Value> = elements.iter().map(|leg| field(leg, "call_element_id")).collect();
    assert_eq!(order, ["2", "3", "1", "4"].map(text));
}

pub(super) async fn an_unknown_call_is_nothing(fixture: &dyn Fixture) {
    assert_eq!(fixture.store().await.call("nowhere").await, Ok(None));
}

pub(super) async fn a_probe_leaves_no_trace(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let before = store.summary().await;
    store.probe_write().await.expect("written");
    assert_eq!(store.summary().await, before);
}
