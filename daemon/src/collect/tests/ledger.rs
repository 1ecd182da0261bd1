//! The ledger against a Zoom with a book of calls: what a comparison costs, what it heals, what it never chases.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{
    book_zoom::{BookZoom, Trouble},
    memory_store::MemoryStore,
};
use crate::{
    collect::{
        ledger::{reconcile::Run, report::Tally},
        window::Reading,
    },
    domain::{
        account::AccountId,
        clock::{ManualClock, SharedClock},
        failure::{Failure, Outcome},
        ledger::{LedgerWindow, WindowState},
        quota::Purpose,
        window::Window,
    },
    ports::{
        jobs::Progress,
        records::{Proof, RecordStore},
        zoom::ZoomData,
    },
};

struct Unseen;

impl Progress for Unseen {
    fn set(&self, _: u64, _: Option<u64>) {}

    fn finish(&self, _: u64, _: Option<u64>) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub(super) fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

pub(super) fn hours(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count)
}

/// An account that has been polled since midnight, and its Zoom.
pub(super) struct Bench {
    pub(super) zoom: Arc<BookZoom>,
    pub(super) store: Arc<MemoryStore>,
    clock: ManualClock,
    account: AccountId,
    heavy_per_day: Option<u64>,
}

pub(super) const MIDNIGHT: &str = "2026-03-01T00:00:00Z";

impl Bench {
    pub(super) fn new() -> Self {
        let start = at(MIDNIGHT);
        let bench = Self {
            zoom: Arc::new(BookZoom::new(start)),
            store: Arc::default(),
            clock: ManualClock::new(start),
            account: AccountId("a".to_owned()),
            heavy_per_day: None,
        };
        bench.go_to(start);
        bench
    }

    pub(super) fn now(&self) -> Timestamp {
        crate::domain::clock::Clock::now(&self.clock)
    }

    fn go_to(&self, now: Timestamp) {
        self.clock.set(now);
        self.zoom.set_now(now);
        self.store.set_now(now);
    }

    pub(super) fn go(&self, by: SignedDuration) {
        self.go_to(self.now() + by);
    }

    async fn with<T>(&self, work: impl AsyncFnOnce(&Run<'_>) -> T) -> T {
        let zoom: Arc<dyn ZoomData> = Arc::clone(&self.zoom) as _;
        let store: Arc<dyn RecordStore> = Arc::clone(&self.store) as _;
        let clock: SharedClock = Arc::new(self.clock.clone());
        let stop = CancellationToken::new();
        let reading = Reading {
            zoom: &zoom,
            store: &store,
            account: &self.account,
            name: "Acme",
            clock: &clock,
            lists_all: Some(true),
            want_elements: false,
            purpose: Purpose::Gap,
            stop: &stop,
            on_records: &|_, _| {},
        };
        let run = Run {
            poll_interval_seconds: 300,
            reading: &reading,
            clock: &clock,
            heavy_per_day: self.heavy_per_day,
            progress: &Unseen,
        };
        work(&run).await
    }

    /// What a poll does: from an hour before the watermark until now.
    pub(super) async fn poll(&self) {
        self.try_poll().await.expect("polled");
    }

    pub(super) async fn try_poll(&self) -> Outcome<()> {
        self.with(async |run: &Run<'_>| {
            let now = self.now();
            let seen = self.store.watermark().await.expect("read").unwrap_or(now);
            let span = Window::new(seen - hours(1), now);
            run.reading
                .collect(span, |_| vec![Proof::Watermark(now)])
                .await
                .map(|_| ())
        })
        .await
    }

    /// What a run by itself does.
    pub(super) async fn due(&self) -> Tally {
        self.try_due().await.expect("compared")
    }

    pub(super) async fn try_due(&self) -> Outcome<Tally> {
        self.with(async |run: &Run<'_>| {
            let mut tally = Tally::default();
            run.due(&mut tally).await.map(|()| tally)
        })
        .await
    }

    /// What `cdr reconcile` does.
    pub(super) async fn reconcile(&self, from: &str) -> Tally {
        let span = Window::new(at(from), self.now());
        self.with(async |run: &Run<'_>| {
            let mut tally = Tally::default();
            run.span(span, &mut tally).await.map(|()| tally)
        })
        .await
        .expect("compared")
    }

    fn window(&self, from: &str) -> LedgerWindow {
        let windows = self.store.windows();
        windows
            .into_iter()
            .find(|entry| entry.window.from == at(from))
            .expect("a window")
    }

    pub(super) fn is_faithful(&self) {
        let mut held = self.store.present();
        held.sort();
        assert_eq!(held, self.zoom.truth());
    }
}

#[tokio::test]
async fn a_window_costs_one_request_at_each_of_its_four_ages_while_nothing_changes() {
    let bench = Bench::new();
    bench.poll().await;
    bench.zoom.add_many("k", 700, at(MIDNIGHT), 5);
    bench.go(minutes(65));
    bench.poll().await;
    bench.zoom.requests();
    let mut spent = 0;
    for _ in 0..24 * 9 {
        bench.due().await;
        spent += bench.zoom.requests();
        bench.go(hours(1));
        bench.poll().await;
        bench.zoom.requests();
    }
    let busy = bench.window(MIDNIGHT);
    assert_eq!(
        (busy.state, busy.zoom_total, busy.held, busy.stage, busy.next_compare_at),
        (WindowState::Complete, Some(700), 700, 4, None)
    );
    // Nine days: every hour three times and every day once, but for those that are too young.
    assert!(spent > 24 * 7 * 3 && spent < 24 * 9 * 3 + 9, "{spent} requests");
    bench.is_faithful();
}

#[tokio::test]
async fn a_record_that_appears_a_day_late_is_found() {
    let bench = Bench::new();
    bench.poll().await;
    bench.zoom.add_many("k", 500, at(MIDNIGHT), 7);
    bench
        .zoom
        .add("late", at(MIDNIGHT) + minutes(30), at(MIDNIGHT) + hours(24));
    for _ in 0..30 {
        bench.go(hours(1));
        bench.poll().await;
        bench.due().await;
    }
    bench.is_faithful();
    assert_eq!(bench.window(MIDNIGHT).zoom_total, Some(501));
}

#[tokio::test]
async fn a_call_of_five_hours_belongs_to_the_hour_it_ended_in() {
    let bench = Bench::new();
    bench.poll().await;
    // Its end is all that matters; it appears when it ends.
    bench
        .zoom
        .add("long", at("2026-03-01T05:30:00Z"), at("2026-03-01T05:31:00Z"));
    for _ in 0..8 {
        bench.go(hours(1));
        bench.poll().await;
        bench.due().await;
    }
    assert_eq!(bench.window("2026-03-01T05:00:00Z").zoom_total, Some(1));
    bench.is_faithful();
}

#[tokio::test]
async fn calls_that_end_at_a_boundary_are_counted_once() {
    let bench = Bench::new();
    bench.poll().await;
    for (number, minute) in [0, 60, 60, 120].into_iter().enumerate() {
        let end = at(MIDNIGHT) + minutes(minute);
        bench.zoom.add(&format!("edge{number}"), end, end);
    }
    bench.zoom.add_many("k", 400, at(MIDNIGHT), 9);
    bench.go(minutes(3 * 60 + 5));
    bench.poll().await;
    let tally = bench.reconcile(MIDNIGHT).await;
    assert_eq!((tally.zoom, tally.held, tally.totals.completeness()), (404, 404, 1.0));
    let again = bench.reconcile(MIDNIGHT).await;
    assert_eq!(
        (again.zoom, again.held),
        (404, 404),
        "also when only totals are compared"
    );
}

#[tokio::test]
async fn every_fault_of_a_listing_is_counted_and_leaves_nothing_missing() {
    use Trouble::{Clamped, Duplicate, Expired, RepeatedToken, Short, WrongTotal};
    // The first page is only glanced at: what happens to it alone is no matter, so most come twice.
    let kinds: [(&[Trouble], &str); 6] = [
        (&[Short(7), Short(7)], "short readings"),
        (&[Duplicate(40), Duplicate(40)], "duplicate rows"),
        (&[Expired, Expired], "expired tokens"),
        (&[RepeatedToken], "repeated tokens"),
        (&[Clamped(900)], "clamped ranges"),
        (&[WrongTotal(-5), WrongTotal(-5), WrongTotal(-5)], "wrong totals"),
    ];
    for (troubles, kind) in kinds {
        let bench = Bench::new();
        bench.poll().await;
        // Nobody polled meanwhile: the ledger alone has to get them.
        bench.zoom.add_many("k", 1_000, at(MIDNIGHT), 3);
        bench.go(hours(3));
        for trouble in troubles {
            bench.zoom.trouble(*trouble);
        }
        let tally = bench.due().await;
        assert_eq!(bench.zoom.troubles(), 0, "{troubles:?} never happened");
        let counted = tally.report.faults.note().unwrap_or_default();
        assert!(counted.contains(kind), "{troubles:?}: {counted}");
        let noted = |entry: &LedgerWindow| entry.note.as_deref().is_some_and(|note| note.contains(kind));
        assert!(bench.store.windows().iter().any(noted), "{troubles:?} is in no note");
        bench.is_faithful();
        let whole = bench.reconcile(MIDNIGHT).await;
        assert_eq!(
            (whole.zoom, whole.held, whole.totals.completeness(), whole.gaps.len()),
            (1_000, 1_000, 1.0, 0),
            "{troubles:?}"
        );
    }
}

#[tokio::test]
async fn a_short_listing_that_lasts_is_a_gap_until_it_passes() {
    let bench = Bench::new();
    bench.poll().await;
    bench.zoom.add_many("k", 100, at(MIDNIGHT), 30);
    for _ in 0..8 {
        bench.zoom.trouble(Trouble::Short(10));
    }
    bench.go(hours(2));
    let tally = bench.due().await;
    assert_eq!(tally.gaps.len(), 1);
    assert_eq!((tally.gaps[0].zoom_total, tally.gaps[0].held), (Some(100), 90));
    assert!(tally.totals.completeness() < 1.0);
    let gap = bench.window(MIDNIGHT);
    assert_eq!((gap.state, gap.attempts), (WindowState::Incomplete, 1));
    assert_eq!(gap.next_compare_at, Some(bench.now() + minutes(1)));
    bench.zoom.clear_troubles();
    bench.go(minutes(1));
    let tally = bench.due().await;
    assert_eq!((tally.healed, tally.gaps.len()), (1, 0));
    bench.is_faithful();
}

#[tokio::test]
async fn records_deleted_at_zoom_are_marked_and_the_shrunk_window_is_complete() {
    for count in [100, 900] {
        let bench = Bench::new();
        bench.poll().await;
        bench.zoom.add_many("k", count, at(MIDNIGHT), 3);
        bench.go(minutes(125));
        bench.poll().await;
        bench.due().await;
        for key in ["k00003", "k00050", "k00099"] {
            bench.zoom.remove(key);
        }
        bench.go(hours(6));
        let tally = bench.due().await;
        assert_eq!(tally.deleted, 3);
        let window = bench.window(MIDNIGHT);
        let left = count as u64 - 3;
        assert_eq!(
            (window.state, window.zoom_total, window.held, window.deleted),
            (WindowState::Complete, Some(left), left, 3)
        );
        assert!(
            window
                .note
                .as_deref()
                .is_some_and(|note| note.contains("3 deleted at Zoom")),
            "{window:?}"
        );
        assert!(
            bench.store.call("k00003").is_some_and(|held| held.deleted),
            "the row stays"
        );
        bench.is_faithful();
        bench.zoom.requests();
        assert_eq!(bench.due().await.checked, 0, "nobody chases it");
        assert_eq!(bench.zoom.requests(), 0);
    }
}

#[tokio::test]
async fn a_list_that_is_lost_for_a_moment_deletes_nothing() {
    let bench = Bench::new();
    bench.poll().await;
    bench.zoom.add_many("k", 100, at(MIDNIGHT), 30);
    bench.go(minutes(125));
    bench.poll().await;
    bench.zoom.trouble(Trouble::Empty);
    bench.due().await;
    assert_eq!(bench.store.present().len(), 100, "one empty answer is not believed");
    bench.zoom.hide(true);
    bench.go(hours(6));
    let tally = bench.due().await;
    assert_eq!(tally.deleted, 0, "Zoom still has them under their keys");
    assert_eq!(bench.store.present().len(), 100);
    let window = bench.window(MIDNIGHT);
    assert_eq!(
        window.next_compare_at,
        Some(bench.now() + hours(1)),
        "looked at again soon"
    );
    bench.zoom.hide(false);
    bench.go(hours(1));
    bench.poll().await;
    bench.due().await;
    bench.is_faithful();
    assert_eq!(bench.window(MIDNIGHT).state, WindowState::Complete);
}

#[tokio::test]
async fn many_calls_that_are_really_gone_are_marked() {
    let bench = Bench::new();
    bench.poll().await;
    bench.zoom.add_many("k", 100, at(MIDNIGHT), 30);
    bench.go(minutes(125));
    bench.poll().await;
    bench.due().await;
    for number in 0..90 {
        bench.zoom.remove(&format!("k{number:05}"));
    }
    bench.go(hours(6));
    assert_eq!(bench.due().await.deleted, 90);
    bench.is_faithful();
}

#[tokio::test]
async fn a_total_that_moves_while_the_hour_is_open_is_no_gap() {
    let bench = Bench::new();
    bench.poll().await;
    bench.go(minutes(70));
    bench.zoom.add_many("k", 50, at("2026-03-01T01:00:00Z"), 10);
    bench.poll().await;
    bench.zoom.add("fresh", at("2026-03-01T01:09:59Z"), bench.now());
    let tally = bench.reconcile(MIDNIGHT).await;
    assert_eq!((tally.gaps.len(), tally.totals.completeness()), (0, 1.0));
    assert_eq!((tally.zoom, tally.held), (51, 51), "what is open is read like a poll");
    assert!(
        bench
            .store
            .windows()
            .iter()
            .all(|entry| entry.window.to <= at("2026-03-01T01:00:00Z"))
    );
}

#[tokio::test]
async fn a_wrong_total_for_a_while_is_a_gap_no_longer_than_that() {
    let bench = Bench::new();
    bench.poll().await;
    bench.zoom.add_many("k", 40, at(MIDNIGHT), 30);
    bench.go(minutes(125));
    bench.poll().await;
    for _ in 0..8 {
        bench.zoom.trouble(Trouble::WrongTotal(5));
    }
    bench.due().await;
    assert_eq!(bench.window(MIDNIGHT).state, WindowState::Incomplete);
    let mut waited = 0;
    while bench.window(MIDNIGHT).state == WindowState::Incomplete {
        bench.go(minutes(1));
        bench.due().await;
        waited += 1;
        assert!(waited < 60, "it heals by itself");
    }
    bench.is_faithful();
}

#[tokio::test]
async fn records_without_a_key_are_kept_aside_and_no_gap() {
    let bench = Bench::new();
    bench.poll().await;
    bench.zoom.add_many("k", 400, at(MIDNIGHT), 8);
    bench.zoom.add_keyless(at(MIDNIGHT) + minutes(10));
    bench.go(minutes(125));
    bench.poll().await;
    bench.due().await;
    let window = bench.window(MIDNIGHT);
    assert_eq!(
        (window.state, window.zoom_total, window.held),
        (WindowState::Complete, Some(401), 400)
    );
    bench.zoom.requests();
    bench.go(hours(5));
    bench.poll().await;
    bench.zoom.requests();
    bench.due().await;
    let asked = bench.zoom.asked();
    let again = asked
        .iter()
        .filter(|asked| asked.from == at(MIDNIGHT) && asked.to == at("2026-03-01T01:00:00Z"));
    assert_eq!(
        again.count() - 3,
        1,
        "one request at the next age: what was settled stays settled"
    );
}

#[tokio::test]
async fn edited_records_of_a_small_window_are_updated_by_the_comparison() {
    let bench = Bench::new();
    bench.poll().await;
    bench.zoom.add_many("k", 100, at(MIDNIGHT), 30);
    bench.go(minutes(125));
    bench.poll().await;
    bench.zoom.edit("k00042");
    bench.due().await;
    let held = bench.store.call("k00042").expect("held");
    assert_eq!(Some(held.digest), bench.zoom.edition("k00042"));
}

#[tokio::test]
async fn time_without_a_daemon_heals_by_itself() {
    let bench = Bench::new();
    bench.poll().await;
    bench.zoom.add_many("k", 2_000, at(MIDNIGHT), 120);
    bench.go(hours(24 * 3 + 5));
    let tally = bench.due().await;
    assert!(tally.healed > 3, "{tally:?}");
    assert!(tally.gaps.is_empty());
    let closed = bench.zoom.truth().len();
    assert_eq!(bench.store.present().len(), closed, "all that has ended by now");
}

#[tokio::test]
async fn what_zoom_does_not_answer_stays_as_it_was() {
    let bench = Bench::new();
    bench.poll().await;
    bench.zoom.add_many("k", 10, at(MIDNIGHT), 30);
    bench.go(minutes(125));
    bench.zoom.trouble(Trouble::Unreachable);
    let before = bench.store.windows().len();
    assert!(matches!(bench.try_due().await, Err(Failure::Retry { .. })));
    assert!(bench.store.windows().len() >= before);
    assert!(
        bench
            .store
            .windows()
            .iter()
            .all(|entry| entry.state != WindowState::Complete)
    );
    bench.due().await;
    assert_eq!(bench.store.present().len(), 10);
}

#[tokio::test]
async fn expired_windows_are_neither_counted_nor_fetched() {
    let bench = Bench::new();
    bench.poll().await;
    bench.zoom.add_many("k", 100, at(MIDNIGHT), 60);
    bench.go(hours(5));
    bench.poll().await;
    bench.due().await;
    bench
        .store
        .expire_ledger(at("2026-03-01T03:00:00Z"))
        .await
        .expect("expired");
    bench.zoom.asked();
    bench.go(hours(24 * 8));
    bench.poll().await;
    bench.zoom.asked();
    bench.due().await;
    let tally = bench.reconcile(MIDNIGHT).await;
    assert!(tally.gaps.is_empty());
    let asked = bench.zoom.asked();
    assert!(
        asked.iter().all(|asked| asked.from >= at("2026-03-01T03:00:00Z")),
        "{asked:?}"
    );
    let expired = bench.store.windows();
    let expired = expired.iter().filter(|entry| entry.state == WindowState::Expired);
    assert_eq!(expired.count(), 3);
}

#[tokio::test]
async fn a_span_that_a_person_names_is_collected_and_accounted_for() {
    let bench = Bench::new();
    bench.poll().await;
    bench.zoom.add_many("old", 50, at("2026-02-10T10:00:00Z"), 600);
    bench.go(minutes(5));
    let tally = bench.reconcile("2026-02-10T00:00:00Z").await;
    assert_eq!((tally.held, tally.zoom, tally.totals.completeness()), (50, 50, 1.0));
    bench.is_faithful();
    assert!(tally.checked >= 19, "{}", tally.checked);
}
