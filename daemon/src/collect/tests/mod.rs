//! Collecting against a scripted Zoom and a store in memory: what is proven when, and what broken paging does.

mod book_zoom;
mod descent;
mod fakes;
mod ledger;
mod ledger_model;
mod memory_store;
mod no_retention;
mod plan;
mod plan_model;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use self::{
    fakes::{Answer, ScriptedZoom, page, window},
    memory_store::MemoryStore,
};
use super::window::{Reading, Report};
use crate::{
    domain::{
        account::AccountId,
        clock::{ManualClock, SharedClock},
        failure::Failure,
        quota::Purpose,
        window::Window,
    },
    ports::{
        records::{Proof, RecordStore},
        zoom::{CallPage, ZoomData},
    },
};

struct Bench {
    zoom: Arc<ScriptedZoom>,
    store: Arc<MemoryStore>,
    stop: CancellationToken,
    clock: SharedClock,
    lists_all: Option<bool>,
}

impl Bench {
    fn new(answers: Vec<Answer>) -> Self {
        Self {
            zoom: Arc::new(ScriptedZoom::new(answers)),
            store: Arc::default(),
            stop: CancellationToken::new(),
            clock: Arc::new(ManualClock::new(window().to)),
            lists_all: None,
        }
    }

    async fn collect(&self) -> Result<Report, Failure> {
        let zoom: Arc<dyn ZoomData> = Arc::clone(&self.zoom) as _;
        let store: Arc<dyn RecordStore> = Arc::clone(&self.store) as _;
        let account = AccountId("a".to_owned());
        let reading = Reading {
            zoom: &zoom,
            store: &store,
            account: &account,
            name: "Acme",
            clock: &self.clock,
            lists_all: self.lists_all,
            want_elements: true,
            purpose: Purpose::Fresh,
            stop: &self.stop,
            on_records: &|_, _| {},
        };
        let window = window();
        reading.collect(window, |_| vec![Proof::Watermark(window.to)]).await
    }
}

#[tokio::test]
async fn last_page_commits_rows_and_proof_together() {
    let bench = Bench::new(vec![
        page(&["a", "b"], Some("t1"), Some(3)),
        page(&["c"], None, Some(3)),
    ]);
    let report = bench.collect().await.expect("collected");
    assert_eq!((report.received, report.zoom_total, report.requests), (3, Some(3), 2));
    let commits = bench.store.commits();
    assert_eq!(commits.len(), 1);
    assert_eq!(commits[0].calls.len(), 3);
    assert_eq!(commits[0].proves, [Proof::Watermark(window().to)]);
    assert!(commits[0].want_elements);
}

#[tokio::test]
async fn failure_between_pages_leaves_the_window_unproven() {
    let bench = Bench::new(vec![page(&["a"], Some("t1"), Some(2)), Answer::Unreachable]);
    assert!(matches!(bench.collect().await, Err(Failure::Retry { .. })));
    assert!(bench.store.commits().iter().all(|commit| commit.proves.is_empty()));
}

#[tokio::test]
async fn expired_page_token_reads_the_window_again() {
    let bench = Bench::new(vec![
        page(&["a"], Some("t1"), Some(2)),
        Answer::TokenExpired,
        page(&["a"], Some("t2"), Some(2)),
        page(&["b"], None, Some(2)),
    ]);
    let report = bench.collect().await.expect("collected");
    assert_eq!((report.received, report.requests), (2, 3));
    assert_eq!(bench.store.keys(), ["a", "b"]);
    assert_eq!(bench.store.proofs(), 1);
}

#[tokio::test]
async fn repeated_token_does_not_loop_and_loses_nothing() {
    let bench = Bench::new(vec![
        page(&["a"], Some("t1"), Some(3)),
        page(&["b"], Some("t1"), Some(3)),
        page(&["a"], Some("t2"), Some(3)),
        page(&["b"], Some("t3"), Some(3)),
        page(&["c"], None, Some(3)),
    ]);
    bench.collect().await.expect("collected");
    assert_eq!(bench.store.keys(), ["a", "b", "c"]);
}

#[tokio::test]
async fn window_that_keeps_breaking_is_split() {
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(page(&["a"], Some("t"), Some(2)));
        answers.push(Answer::TokenExpired);
    }
    // The newer half, then the older one.
    answers.push(page(&["a"], None, Some(1)));
    answers.push(page(&["b"], None, Some(1)));
    let bench = Bench::new(answers);
    let report = bench.collect().await.expect("collected");
    assert_eq!(report.received, 2);
    assert_eq!(bench.store.keys(), ["a", "b"]);
    assert_eq!(bench.store.proofs(), 1, "only the last half proves the window");
    let asked = bench.zoom.windows();
    let (newer, older) = (asked[asked.len() - 2], asked[asked.len() - 1]);
    assert_eq!(
        (older.from, older.to, newer.to),
        (window().from, newer.from, window().to)
    );
}

#[tokio::test]
async fn short_answer_is_looked_at_again_and_then_proven_as_it_is() {
    let short = || page(&["a"], None, Some(2));
    let bench = Bench::new(vec![short(), short(), short()]);
    let report = bench.collect().await.expect("collected");
    assert!(report.is_short());
    assert_eq!(report.requests, 3);
    assert_eq!(bench.store.proofs(), 1);
}

#[tokio::test]
async fn record_that_appears_on_the_second_look_completes_the_window() {
    let bench = Bench::new(vec![page(&["a"], None, Some(2)), page(&["b", "a"], None, Some(2))]);
    let report = bench.collect().await.expect("collected");
    assert!(!report.is_short());
    assert_eq!(bench.store.keys(), ["a", "b"]);
}

/// Zoom answers for the part of the window from `seconds` after its beginning only.
fn clamped(seconds: i64) -> Answer {
    let Answer::Page(page) = page(&[], None, Some(0)) else {
        unreachable!("a page is a page")
    };
    let from = window().from + SignedDuration::from_secs(seconds);
    Answer::Page(CallPage {
        clamped_to: Some(Window::new(from, window().to)),
        ..page
    })
}

#[tokio::test]
async fn what_zoom_forgot_while_a_window_waited_for_its_turn_is_not_asked_for_again() {
    let mut bench = Bench::new(vec![clamped(20)]);
    let six_months_later: Timestamp = "2026-07-01T00:00:15Z".parse().expect("a time");
    bench.clock = Arc::new(ManualClock::new(six_months_later));
    let report = bench.collect().await.expect("collected");
    assert_eq!((report.requests, report.faults.clamped_ranges), (1, 0));
    assert_eq!(bench.store.proofs(), 1);
}

#[tokio::test]
async fn what_zoom_still_has_and_left_out_is_asked_for() {
    let bench = Bench::new(vec![clamped(20), page(&["a"], None, Some(1))]);
    let report = bench.collect().await.expect("collected");
    assert_eq!((report.requests, report.faults.clamped_ranges), (2, 1));
    assert_eq!(bench.store.keys(), ["a"]);
}

#[tokio::test]
async fn both_recording_statuses_are_read_when_the_plain_list_hides_one() {
    let mut bench = Bench::new(vec![page(&["a"], None, Some(1)), page(&["b"], None, Some(1))]);
    bench.lists_all = Some(false);
    let report = bench.collect().await.expect("collected");
    assert_eq!((report.received, report.zoom_total), (2, Some(2)));
    assert_eq!(bench.zoom.statuses(), [Some("recorded"), Some("non_recorded")]);
}

#[tokio::test]
async fn large_window_is_committed_in_bounded_batches() {
    let keys: Vec<String> = (0..7_000).map(|number| format!("k{number}")).collect();
    let pages: Vec<Answer> = keys
        .chunks(300)
        .enumerate()
        .map(|(number, chunk)| {
            let keys: Vec<&str> = chunk.iter().map(String::as_str).collect();
            let next = format!("t{number}");
            page(
                &keys,
                ((number + 1) * 300 < 7_000).then_some(next.as_str()),
                Some(7_000),
            )
        })
        .collect();
    let bench = Bench::new(pages);
    bench.collect().await.expect("collected");
    let commits = bench.store.commits();
    assert!(commits.len() > 1);
    assert!(commits.iter().all(|commit| commit.calls.len() <= 2_100));
    assert_eq!(commits.iter().filter(|commit| !commit.proves.is_empty()).count(), 1);
    assert!(!commits[commits.len() - 1].proves.is_empty());
}

#[tokio::test]
async fn stop_ends_before_the_next_page() {
    let bench = Bench::new(vec![page(&["a"], Some("t1"), Some(2)), page(&["b"], None, Some(2))]);
    bench.stop.cancel();
    assert!(matches!(bench.collect().await, Err(Failure::Cancelled)));
    assert_eq!(bench.store.proofs(), 0);
}
