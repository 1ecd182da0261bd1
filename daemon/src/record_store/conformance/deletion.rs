//! Calls and elements that Zoom no longer has.

use super::{Fixture, at, batch, call, comparison, element, field, text, window};
use crate::{
    domain::{ledger::WindowState, table::Value},
    ports::records::{CallBatch, ElementsFetched, Gone, Proof, RecordStore, ZoomTotal},
};

fn calls(ids: &[&str]) -> Gone {
    Gone {
        calls: ids.iter().map(|id| (*id).to_owned()).collect(),
        ..Gone::default()
    }
}

fn elements(ids: &[&str]) -> Gone {
    Gone {
        elements: ids.iter().map(|id| (*id).to_owned()).collect(),
        ..Gone::default()
    }
}

/// Two calls on the backlog; the first one's two elements are here.
async fn two_calls(store: &dyn RecordStore) {
    let queued = CallBatch {
        want_elements: true,
        ..batch(vec![
            call("a", "2026-01-01T00:10:00Z", &[]),
            call("b", "2026-01-01T00:20:00Z", &[]),
        ])
    };
    store.commit_calls(queued).await.expect("committed");
    let fetched = ElementsFetched::Rows {
        call_history_uuid: "a".to_owned(),
        rows: vec![element("e1", &[]), element("e2", &[])],
        rejected: Vec::new(),
    };
    store.commit_elements(vec![fetched]).await.expect("committed");
}

async fn held(store: &dyn RecordStore) -> u64 {
    let hour = window("2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z");
    store.held(hour).await.expect("read")
}

async fn deleted_at(store: &dyn RecordStore, id: &str) -> (Value, Vec<Value>) {
    let (call, legs) = store.call(id).await.expect("read").expect("there");
    let legs = legs.iter().map(|leg| field(leg, "deleted_at")).collect();
    (field(&call, "deleted_at"), legs)
}

pub(super) async fn a_deleted_call_is_marked_and_counted_no_more(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    two_calls(&*store).await;
    let when = at("2026-01-02T08:00:00Z");
    assert_eq!(
        store.mark_deleted(calls(&["a", "unknown"]), when).await,
        Ok(3),
        "the call and its two elements"
    );
    let marked = Value::Time(when);
    assert_eq!(
        deleted_at(&*store, "a").await,
        (marked.clone(), vec![marked.clone(), marked.clone()])
    );
    assert_eq!(held(&*store).await, 1);
    let hour = window("2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z");
    assert_eq!(store.held_keys(hour).await, Ok(vec!["b".to_owned()]));
    let later = at("2026-01-03T08:00:00Z");
    assert_eq!(
        store.mark_deleted(calls(&["a"]), later).await,
        Ok(0),
        "it keeps its time"
    );
    assert_eq!(deleted_at(&*store, "a").await.0, marked);
    assert_eq!(store.mark_deleted(calls(&["b"]), later).await, Ok(1));
    let summary = store.summary().await.expect("a summary");
    assert_eq!(
        (summary.records, summary.elements, summary.elements_pending),
        (2, 2, 0),
        "rows stay; nobody asks for the elements of a deleted call"
    );
    assert_eq!(store.mark_deleted(Gone::default(), later).await, Ok(0));
}

pub(super) async fn a_call_that_zoom_lists_again_returns(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    two_calls(&*store).await;
    store
        .mark_deleted(calls(&["a"]), at("2026-01-02T08:00:00Z"))
        .await
        .expect("marked");
    let again = store
        .commit_calls(batch(vec![call("a", "2026-01-01T00:10:00Z", &[])]))
        .await
        .expect("committed");
    assert_eq!((again.added, again.changed), (0, 1));
    assert_eq!(deleted_at(&*store, "a").await.0, Value::Null);
    assert_eq!(held(&*store).await, 2);
}

pub(super) async fn a_deletion_travels_with_the_window_it_explains(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    two_calls(&*store).await;
    let hour = window("2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z");
    let explained = CallBatch {
        proves: vec![
            Proof::Deleted(vec!["a".to_owned()]),
            Proof::Compared(comparison(hour, ZoomTotal::Said(1))),
        ],
        ..CallBatch::default()
    };
    store.commit_calls(explained).await.expect("committed");
    let entries = fixture.after_kill().await.ledger(hour).await.expect("read");
    assert_eq!((entries[0].state, entries[0].held), (WindowState::Complete, 1));
}

pub(super) async fn a_deleted_element_is_marked_in_every_call(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    two_calls(&*store).await;
    let other = ElementsFetched::Rows {
        call_history_uuid: "b".to_owned(),
        rows: vec![element("e1", &[("event", text("incoming"))])],
        rejected: Vec::new(),
    };
    store.commit_elements(vec![other]).await.expect("committed");
    let when = at("2026-01-02T08:00:00Z");
    assert_eq!(store.mark_deleted(elements(&["e1"]), when).await, Ok(2));
    assert_eq!(
        deleted_at(&*store, "a").await,
        (Value::Null, vec![Value::Time(when), Value::Null])
    );
    assert_eq!(deleted_at(&*store, "b").await, (Value::Null, vec![Value::Time(when)]));
    assert_eq!(held(&*store).await, 2, "the calls are still there");
}

pub(super) async fn rows_can_be_deleted_for_good(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    two_calls(&*store).await;
    assert_eq!(store.delete_rows(elements(&["e2"])).await, Ok(1));
    assert_eq!(store.delete_rows(calls(&["a", "b"])).await, Ok(3));
    assert_eq!(store.call("a").await, Ok(None));
    assert!(store.due_elements(9).await.expect("read").is_empty());
    let summary = store.summary().await.expect("a summary");
    assert_eq!((summary.records, summary.elements, summary.elements_pending), (0, 0, 0));
    assert_eq!(store.delete_rows(calls(&["a"])).await, Ok(0));
}

pub(super) async fn thousands_are_marked_in_one_go(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let ids: Vec<String> = (0..3_000).map(|number| format!("call-{number}")).collect();
    let rows = ids.iter().map(|id| call(id, "2026-01-01T00:10:00Z", &[])).collect();
    store.commit_calls(batch(rows)).await.expect("committed");
    let gone = Gone {
        calls: ids,
        ..Gone::default()
    };
    assert_eq!(store.mark_deleted(gone, at("2026-01-02T08:00:00Z")).await, Ok(3_000));
    assert_eq!(held(&*store).await, 0);
}
