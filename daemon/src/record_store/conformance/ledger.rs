//! Watermark, windows and what is held.

use jiff::{SignedDuration, Timestamp};

use super::{Fixture, at, batch, call};
use crate::domain::clock::Clock;
use crate::{
    domain::window::Window,
    ports::records::{CallBatch, Proof, RecordStore},
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

fn window(from: &str, to: &str) -> Window {
    Window::new(at(from), at(to))
}

fn collected(window: Window, received: u64, zoom_total: u64) -> Proof {
    Proof::Collected {
        window,
        received,
        zoom_total: Some(zoom_total),
        clamped: false,
    }
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
    let unknown = Proof::Collected {
        window: hour,
        received: 0,
        zoom_total: None,
        clamped: false,
    };
    prove(&*store, vec![unknown]).await;
    assert_eq!(gaps().await, 0, "without a total nothing is known to be missing");
}

pub(super) async fn a_complete_window_heals_the_gaps_it_covers(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let inside = window("2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z");
    let beside = window("2026-01-01T12:00:00Z", "2026-01-01T13:00:00Z");
    prove(&*store, vec![collected(inside, 1, 2), collected(beside, 1, 2)]).await;
    assert_eq!(store.summary().await.expect("a summary").gaps, 2);
    prove(
        &*store,
        vec![collected(window("2026-01-01T09:00:00Z", "2026-01-01T12:00:00Z"), 5, 5)],
    )
    .await;
    assert_eq!(store.summary().await.expect("a summary").gaps, 1);
}

pub(super) async fn gaps_wait_their_turn_to_be_looked_at_again(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let older = window("2026-01-01T08:00:00Z", "2026-01-01T09:00:00Z");
    let newer = window("2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z");
    let whole = window("2026-01-01T12:00:00Z", "2026-01-01T13:00:00Z");
    prove(
        &*store,
        vec![collected(older, 1, 2), collected(newer, 1, 2), collected(whole, 2, 2)],
    )
    .await;
    let now = Clock::now(fixture.clock());
    assert_eq!(store.gaps(now, 9).await, Ok(Vec::new()), "just looked at");
    let later = now.saturating_add(SignedDuration::from_secs(1)).expect("in range");
    assert_eq!(store.gaps(later, 9).await, Ok(vec![newer, older]));
    assert_eq!(store.gaps(later, 1).await, Ok(vec![newer]));
    fixture.clock().advance(SignedDuration::from_secs(60));
    prove(&*store, vec![collected(newer, 1, 2)]).await;
    assert_eq!(
        store.gaps(later, 9).await,
        Ok(vec![older]),
        "the same answer again is noted too"
    );
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
