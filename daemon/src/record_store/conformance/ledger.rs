//! Watermark, windows and what is held.

use jiff::{SignedDuration, Timestamp};

use super::{Fixture, at, batch, call, comparison, window};
use crate::{
    domain::window::Window,
    ports::records::{CallBatch, Comparison, Proof, RecordStore, ZoomTotal},
};

async fn prove(store: &dyn RecordStore, proves: Vec<Proof>) {
    store
        .commit_calls(CallBatch {
            proves,
            ..CallBatch::default()
        })
        .await
        .expect("committed");
}

async fn mark(store: &dyn RecordStore, time: Timestamp) {
    prove(store, vec![Proof::Watermark(time)]).await;
}

fn collected(window: Window, received: u64, zoom_total: u64) -> Proof {
    Proof::Compared(Comparison {
        received: Some(received),
        ..comparison(window, ZoomTotal::Said(zoom_total))
    })
}

pub(super) async fn the_watermark_never_moves_back(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    assert_eq!(store.watermark().await, Ok(None));
    mark(&*store, at("2026-01-01T10:00:00Z")).await;
    mark(&*store, at("2026-01-01T08:00:00Z")).await;
    assert_eq!(store.watermark().await, Ok(Some(at("2026-01-01T10:00:00Z"))));
    let killed = fixture.after_kill().await;
    assert_eq!(killed.watermark().await, Ok(Some(at("2026-01-01T10:00:00Z"))));
}

pub(super) async fn an_idle_watermark_is_known_at_once_and_stored_within_the_hour(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let start = at("2026-01-01T10:00:00Z");
    mark(&*store, start).await;
    let minutes = |minutes| start + SignedDuration::from_mins(minutes);
    mark(&*store, minutes(59)).await;
    assert_eq!(store.watermark().await, Ok(Some(minutes(59))), "in memory at once");
    assert_eq!(
        fixture.after_kill().await.watermark().await,
        Ok(Some(start)),
        "not written yet"
    );
    mark(&*store, minutes(60)).await;
    assert_eq!(fixture.after_kill().await.watermark().await, Ok(Some(minutes(60))));
}

pub(super) async fn a_watermark_travels_with_its_rows(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    mark(&*store, at("2026-01-01T10:00:00Z")).await;
    let time = at("2026-01-01T10:05:00Z");
    let one = CallBatch {
        proves: vec![Proof::Watermark(time)],
        ..batch(vec![call("a", "2026-01-01T10:04:00Z", &[])])
    };
    store.commit_calls(one).await.expect("committed");
    let killed = fixture.after_kill().await;
    assert_eq!(killed.watermark().await, Ok(Some(time)));
    assert_eq!(killed.summary().await.expect("a summary").records, 1);
}

pub(super) async fn windows_are_gaps_until_they_are_complete(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let hour = window("2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z");
    let gaps = async || store.summary().await.expect("a summary").gaps;
    prove(&*store, vec![collected(hour, 1, 2)]).await;
    assert_eq!(gaps().await, 1);
    prove(&*store, vec![collected(hour, 1, 2)]).await;
    assert_eq!(gaps().await, 1, "one window, not two");
    prove(&*store, vec![collected(hour, 2, 2)]).await;
    assert_eq!(gaps().await, 0);
    prove(&*store, vec![collected(hour, 0, 1)]).await;
    assert_eq!(gaps().await, 1, "a late call opens it again");
    let one = CallBatch {
        proves: vec![collected(hour, 0, 1)],
        ..batch(vec![call("a", "2026-01-01T10:04:00Z", &[])])
    };
    store.commit_calls(one).await.expect("committed");
    assert_eq!(gaps().await, 0, "held as many as Zoom has");
    let unknown = comparison(hour, ZoomTotal::Unknown);
    prove(&*store, vec![Proof::Compared(unknown)]).await;
    assert_eq!(gaps().await, 0, "without a total nothing is known to be missing");
}

pub(super) async fn the_first_watermark_begins_the_account(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    assert_eq!(store.accounted_from().await, Ok(None));
    let first = at("2026-01-01T10:00:00Z");
    mark(&*store, first).await;
    mark(&*store, first + SignedDuration::from_hours(5)).await;
    assert_eq!(store.accounted_from().await, Ok(Some(first)));
    assert_eq!(fixture.after_kill().await.accounted_from().await, Ok(Some(first)));
}

pub(super) async fn held_counts_the_half_open_window(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let ends = [
        "2026-01-01T10:00:00Z",
        "2026-01-01T10:59:59Z",
        "2026-01-01T11:00:00Z",
        "2026-01-01T09:59:59Z",
        "",
    ];
    let calls = ends
        .iter()
        .enumerate()
        .map(|(number, end)| call(&format!("{number}"), end, &[]))
        .collect();
    store.commit_calls(batch(calls)).await.expect("committed");
    assert_eq!(
        store.held(window("2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z")).await,
        Ok(2)
    );
}
