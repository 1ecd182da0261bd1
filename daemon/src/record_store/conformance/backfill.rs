//! Backfill requests.

use super::{Fixture, at, code};
use crate::{
    domain::window::Window,
    ports::records::{CallBatch, Proof},
};

fn span(from: &str, to: &str) -> Window {
    Window::new(at(from), at(to))
}

fn january() -> Window {
    span("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
}

pub(super) async fn the_same_span_is_continued(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    assert_eq!(store.backfill().await, Ok(None));
    let asked = store.request_backfill(january()).await.expect("asked");
    assert_eq!((asked.done_until, asked.state.as_str()), (january().to, "queued"));
    store.set_backfill_state(asked.id, "running").await.expect("set");
    let again = store.request_backfill(january()).await.expect("asked");
    assert_eq!((again.id, again.state.as_str()), (asked.id, "running"));
    store.set_backfill_state(asked.id, "paused").await.expect("set");
    let resumed = store.request_backfill(january()).await.expect("asked");
    assert_eq!((resumed.id, resumed.state.as_str()), (asked.id, "queued"));
    assert_eq!(fixture.after_kill().await.backfill().await, Ok(Some(resumed)));
}

pub(super) async fn another_span_is_worked_off_first_and_cancels_nothing_beyond_itself(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let first = store.request_backfill(january()).await.expect("asked");
    let later = span("2026-01-15T00:00:00Z", "2026-03-01T00:00:00Z");
    let second = store.request_backfill(later).await.expect("asked");
    assert_ne!(first.id, second.id);
    let summary = store.summary().await.expect("a summary");
    assert_eq!(summary.backfill, Some(second.clone()), "the newest first");
    store.set_backfill_state(second.id, "done").await.expect("set");
    let next = store.backfill().await.expect("read").expect("there");
    assert_eq!((next.id, next.is_unfinished()), (first.id, true));
    let again = store.request_backfill(january()).await.expect("asked");
    assert_eq!(again.id, first.id, "the same span goes on");
    let whole = span("2025-12-01T00:00:00Z", "2026-03-01T00:00:00Z");
    let third = store.request_backfill(whole).await.expect("asked");
    store.set_backfill_state(third.id, "done").await.expect("set");
    let left = store.backfill().await.expect("read").expect("there");
    assert_eq!(
        left.id, third.id,
        "what lies within another span is not asked for twice"
    );
}

pub(super) async fn a_cancelled_span_starts_anew(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let first = store.request_backfill(january()).await.expect("asked");
    store.set_backfill_state(first.id, "cancelled").await.expect("set");
    let second = store.request_backfill(january()).await.expect("asked");
    assert_ne!(first.id, second.id);
}

pub(super) async fn progress_moves_down_only_and_ends_at_the_start(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let asked = store.request_backfill(january()).await.expect("asked");
    store.set_backfill_state(asked.id, "running").await.expect("set");
    for (reached, expected, state) in [
        ("2026-01-20T00:00:00Z", "2026-01-20T00:00:00Z", "running"),
        ("2026-01-25T00:00:00Z", "2026-01-20T00:00:00Z", "running"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "done"),
    ] {
        let proves = vec![Proof::BackfilledTo {
            id: asked.id,
            done_until: at(reached),
        }];
        store
            .commit_calls(CallBatch {
                proves,
                ..CallBatch::default()
            })
            .await
            .expect("committed");
        let now = store.backfill().await.expect("read").expect("there");
        assert_eq!((now.done_until, now.state.as_str()), (at(expected), state));
    }
    let again = store.request_backfill(january()).await.expect("asked");
    assert_ne!(again.id, asked.id, "one that is done is asked for anew");
}

pub(super) async fn an_empty_span_is_refused(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let nothing = span("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
    assert_eq!(code(store.request_backfill(nothing).await), "backfill_span_empty");
}
