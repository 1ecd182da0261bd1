//! Entries of the ledger: what a comparison makes of them, what is due, what expires.

use super::{Fixture, at, batch, call, comparison, window};
use crate::{
    domain::{
        ledger::{LedgerTotals, LedgerWindow, WindowState},
        window::Window,
    },
    ports::records::{CallBatch, Comparison, LedgerChange, Proof, RecordStore, ZoomTotal},
};

fn hour(number: u8) -> Window {
    window(
        &format!("2026-01-01T{number:02}:00:00Z"),
        &format!("2026-01-01T{:02}:00:00Z", number + 1),
    )
}

fn day() -> Window {
    window("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")
}

async fn compare(store: &dyn RecordStore, found: Comparison) {
    let batch = CallBatch {
        proves: vec![Proof::Compared(found)],
        ..CallBatch::default()
    };
    store.commit_calls(batch).await.expect("committed");
}

async fn all(store: &dyn RecordStore) -> Vec<LedgerWindow> {
    store.ledger(day()).await.expect("read")
}

async fn entry(store: &dyn RecordStore, window: Window) -> LedgerWindow {
    let entries = all(store).await;
    entries.into_iter().find(|entry| entry.window == window).expect("there")
}

/// Two calls in the first hour.
async fn two_calls(store: &dyn RecordStore) {
    let calls = vec![
        call("a", "2026-01-01T00:10:00Z", &[]),
        call("b", "2026-01-01T00:59:59Z", &[]),
    ];
    store.commit_calls(batch(calls)).await.expect("committed");
}

pub(super) async fn a_comparison_decides_by_what_is_held(fixture: &dyn Fixture) {
    use WindowState::{Complete, Incomplete, Unverified};
    let store = fixture.store().await;
    two_calls(&*store).await;
    for (total, expected) in [
        (ZoomTotal::Said(2), (Complete, Some(2))),
        (ZoomTotal::Said(1), (Complete, Some(1))),
        (ZoomTotal::Said(3), (Incomplete, Some(3))),
        (ZoomTotal::AsHeld, (Complete, Some(2))),
        (ZoomTotal::Unknown, (Unverified, None)),
    ] {
        compare(&*store, comparison(hour(0), total)).await;
        let entry = entry(&*store, hour(0)).await;
        assert_eq!((entry.state, entry.zoom_total), expected, "{total:?}");
        assert_eq!(entry.held, 2);
        let (next, attempts) = if entry.state == Incomplete {
            ("2026-06-01T12:01:00Z", 1)
        } else {
            ("2026-06-01T13:00:00Z", 0)
        };
        assert_eq!(
            (entry.next_compare_at, entry.attempts),
            (Some(at(next)), attempts),
            "{total:?}"
        );
    }
    let received = Comparison {
        received: Some(3),
        next_if_complete: None,
        ..comparison(hour(0), ZoomTotal::Said(3))
    };
    compare(&*store, received).await;
    let entry = entry(&*store, hour(0)).await;
    assert_eq!(
        (entry.state, entry.received, entry.held, entry.next_compare_at),
        (Complete, 3, 2, None),
        "one was kept aside, and nothing is to be compared any more"
    );
}

pub(super) async fn a_comparison_keeps_what_it_does_not_know_better(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let first = Comparison {
        received: Some(7),
        deleted: 2,
        note: Some("2 deleted at Zoom – gelöscht".to_owned()),
        ..comparison(hour(0), ZoomTotal::Said(7))
    };
    compare(&*store, first).await;
    let second = Comparison {
        deleted: 1,
        stage: 2,
        ..comparison(hour(0), ZoomTotal::Said(0))
    };
    compare(&*store, second).await;
    let entry = entry(&*store, hour(0)).await;
    assert_eq!((entry.received, entry.deleted, entry.stage), (7, 3, 2));
    assert_eq!(entry.note.as_deref(), Some("2 deleted at Zoom – gelöscht"));
    assert_eq!(entry.compared_at.to_string(), fixture.clock_text());
    assert_eq!(all(&*store).await.len(), 1, "one entry a window");
}

pub(super) async fn a_short_answer_is_a_gap_whatever_is_held(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    two_calls(&*store).await;
    for total in [ZoomTotal::Said(2), ZoomTotal::AsHeld, ZoomTotal::Unknown] {
        let found = Comparison {
            short: true,
            received: Some(2),
            ..comparison(hour(0), total)
        };
        compare(&*store, found).await;
        assert_eq!(
            entry(&*store, hour(0)).await.state,
            WindowState::Incomplete,
            "{total:?}"
        );
    }
}

pub(super) async fn what_is_due_comes_newest_first(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    assert_eq!(store.next_comparison().await, Ok(None));
    let now = at("2026-06-01T12:00:00Z");
    for (number, next) in [
        (0, Some("2026-06-01T11:00:00Z")),
        (1, Some("2026-06-01T12:00:00Z")),
        (2, Some("2026-06-01T12:00:01Z")),
        (3, None),
    ] {
        let found = Comparison {
            next_if_complete: next.map(at),
            ..comparison(hour(number), ZoomTotal::Said(0))
        };
        compare(&*store, found).await;
    }
    let due = async |limit| -> Vec<Window> {
        let due = store.due_comparisons(now, limit).await.expect("read");
        due.iter().map(|entry| entry.window).collect()
    };
    assert_eq!(due(9).await, [hour(1), hour(0)]);
    assert_eq!(due(1).await, [hour(1)]);
    assert_eq!(store.next_comparison().await, Ok(Some(at("2026-06-01T11:00:00Z"))));
}

pub(super) async fn a_change_of_the_ledger_counts_what_is_held(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    two_calls(&*store).await;
    let now = at("2026-06-01T12:00:00Z");
    let hours: Vec<LedgerWindow> = (0..24)
        .map(|number| {
            LedgerWindow::fresh(
                if number == 23 {
                    window("2026-01-01T23:00:00Z", "2026-01-02T00:00:00Z")
                } else {
                    hour(number)
                },
                WindowState::Pending,
                now,
                Some(now),
            )
        })
        .collect();
    let entered = LedgerChange {
        enter: hours.clone(),
        ..LedgerChange::default()
    };
    store.change_ledger(entered).await.expect("changed");
    let held: Vec<u64> = all(&*store).await.iter().map(|entry| entry.held).collect();
    assert_eq!((held.len(), held[0], held[1..].iter().sum::<u64>()), (24, 2, 0));
    let whole = LedgerWindow {
        zoom_total: Some(2),
        received: 2,
        stage: 3,
        deleted: 1,
        note: Some("rolled up".to_owned()),
        ..LedgerWindow::fresh(day(), WindowState::Complete, now, None)
    };
    let rolled = LedgerChange {
        remove: hours.iter().map(|entry| entry.window).collect(),
        enter: vec![whole.clone()],
    };
    store.change_ledger(rolled).await.expect("changed");
    assert_eq!(all(&*store).await, [LedgerWindow { held: 2, ..whole }]);
}

pub(super) async fn expired_windows_stay_expired(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    for number in 0..3 {
        compare(&*store, comparison(hour(number), ZoomTotal::Said(1))).await;
    }
    assert_eq!(
        store.expire_ledger(at("2026-01-01T01:30:00Z")).await,
        Ok(2),
        "the one that is cut too"
    );
    assert_eq!(store.expire_ledger(at("2026-01-01T01:30:00Z")).await, Ok(0));
    compare(&*store, comparison(hour(0), ZoomTotal::Said(5))).await;
    let now = at("2026-06-01T12:00:00Z");
    let change = LedgerChange {
        enter: vec![LedgerWindow::fresh(hour(1), WindowState::Pending, now, Some(now))],
        ..LedgerChange::default()
    };
    store.change_ledger(change).await.expect("changed");
    let states: Vec<WindowState> = all(&*store).await.iter().map(|entry| entry.state).collect();
    use WindowState::{Expired, Incomplete};
    assert_eq!(states, [Expired, Expired, Incomplete]);
    assert_eq!(
        store
            .due_comparisons(at("2027-01-01T00:00:00Z"), 9)
            .await
            .expect("read")
            .len(),
        1
    );
    assert_eq!(store.summary().await.expect("a summary").gaps, 1);
}

pub(super) async fn gaps_and_numbers_are_those_of_the_windows(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    two_calls(&*store).await;
    let now = at("2026-06-01T12:00:00Z");
    compare(&*store, comparison(hour(0), ZoomTotal::Said(3))).await;
    compare(&*store, comparison(hour(1), ZoomTotal::Said(0))).await;
    compare(&*store, comparison(hour(2), ZoomTotal::Unknown)).await;
    let lost = LedgerWindow {
        zoom_total: Some(4),
        ..LedgerWindow::fresh(hour(3), WindowState::Lost, now, None)
    };
    let change = LedgerChange {
        enter: vec![
            lost,
            LedgerWindow::fresh(hour(4), WindowState::Incomplete, now, Some(now)),
            LedgerWindow::fresh(hour(5), WindowState::Pending, now, Some(now)),
        ],
        ..LedgerChange::default()
    };
    store.change_ledger(change).await.expect("changed");
    let gaps = store.gaps(9).await.expect("read");
    let windows: Vec<Window> = gaps.iter().map(|gap| gap.window).collect();
    assert_eq!(windows, [hour(4), hour(3), hour(0)]);
    assert_eq!(store.gaps(1).await.expect("read").len(), 1);
    let summary = store.summary().await.expect("a summary");
    assert_eq!(summary.gaps, 3);
    let mut expected = LedgerTotals::default();
    all(&*store).await.iter().for_each(|entry| expected.add(entry));
    assert_eq!(summary.ledger, expected);
    assert_eq!((expected.zoom, expected.accounted, expected.unknown), (3, 2, 1));
}

pub(super) async fn the_ledger_is_there_after_a_kill(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let found = CallBatch {
        proves: vec![Proof::Compared(comparison(hour(0), ZoomTotal::Said(1)))],
        ..batch(vec![call("a", "2026-01-01T00:10:00Z", &[])])
    };
    store.commit_calls(found).await.expect("committed");
    let before = all(&*store).await;
    assert_eq!(before[0].state, WindowState::Complete);
    assert_eq!(all(&*fixture.after_kill().await).await, before);
}
