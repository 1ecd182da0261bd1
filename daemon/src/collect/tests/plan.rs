//! Which windows the ledger has at an instant: nothing open, no hole, no overlap, days of settled hours.

use jiff::{SignedDuration, Timestamp};

use crate::{
    collect::ledger::plan::{Circumstances, Grain, tend},
    domain::{
        ledger::{LedgerWindow, WindowState, hour_of},
        window::Window,
    },
};

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub(super) fn hours(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count)
}

fn circumstances(now: &str, accounted_from: &str, watermark: &str) -> Circumstances {
    Circumstances {
        now: at(now),
        accounted_from: Some(at(accounted_from)),
        backfilled: None,
        watermark: Some(at(watermark)),
        patience: hours(1),
        grain: Grain::Hours,
    }
}

/// The ledger after its change.
pub(super) fn after(entries: &[LedgerWindow], now: &Circumstances) -> Vec<LedgerWindow> {
    let change = tend(entries, now);
    let mut kept: Vec<LedgerWindow> = entries.to_vec();
    kept.retain(|entry| !change.remove.contains(&entry.window));
    for entry in change.enter {
        kept.retain(|old| old.window != entry.window);
        kept.push(entry);
    }
    kept.sort_by_key(|entry| entry.window);
    assert!(
        kept.windows(2).all(|pair| pair[0].window.to <= pair[1].window.from),
        "no two overlap: {kept:?}"
    );
    assert_eq!(tend(&kept, now), Default::default(), "a second look changes nothing");
    kept
}

fn settled(window: Window, stage: u8) -> LedgerWindow {
    LedgerWindow {
        zoom_total: Some(2),
        held: 2,
        received: 2,
        stage,
        ..LedgerWindow::fresh(window, WindowState::Complete, window.to, None)
    }
}

fn hour(from: Timestamp) -> Window {
    Window::new(from, from + hours(1))
}

#[test]
fn every_hour_that_closed_since_the_first_poll_has_a_window_and_the_open_one_has_none() {
    let now = circumstances("2026-03-01T13:20:00Z", "2026-03-01T10:40:00Z", "2026-03-01T13:15:00Z");
    let entries = after(&[], &now);
    let starts: Vec<String> = entries.iter().map(|entry| entry.window.from.to_string()).collect();
    assert_eq!(
        starts,
        ["2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z", "2026-03-01T12:00:00Z"]
    );
    assert!(entries.iter().all(|entry| entry.state == WindowState::Pending));
    let due: Vec<Option<Timestamp>> = entries.iter().map(|entry| entry.next_compare_at).collect();
    assert_eq!(
        due,
        [
            Some(now.now),
            Some(at("2026-03-01T13:20:00Z")),
            Some(at("2026-03-01T14:00:00Z"))
        ],
        "an hour after it closed, and at once where that has passed"
    );
}

#[test]
fn nothing_is_accounted_for_before_the_first_poll() {
    let mut now = circumstances("2026-03-01T13:20:00Z", "2026-03-01T10:40:00Z", "2026-03-01T13:15:00Z");
    now.accounted_from = None;
    assert!(after(&[], &now).is_empty());
}

#[test]
fn time_that_nobody_collected_is_a_gap_and_due_at_once() {
    let now = circumstances("2026-03-04T09:30:00Z", "2026-03-01T20:00:00Z", "2026-03-01T22:10:00Z");
    let entries = after(&[], &now);
    let states: Vec<(i64, WindowState)> = entries
        .iter()
        .map(|entry| (entry.window.length().as_hours(), entry.state))
        .collect();
    assert_eq!(
        states[..2],
        [(1, WindowState::Pending), (1, WindowState::Pending)],
        "20 and 21 were polled"
    );
    assert_eq!(
        states[2..4],
        [(1, WindowState::Incomplete), (1, WindowState::Incomplete)]
    );
    assert_eq!(
        states[4..6],
        [(24, WindowState::Incomplete), (24, WindowState::Incomplete)],
        "whole days at once"
    );
    let missed = entries.iter().filter(|entry| entry.state == WindowState::Incomplete);
    assert!(
        missed
            .clone()
            .all(|entry| entry.next_compare_at == Some(now.now) && entry.zoom_total.is_none())
    );
    assert_eq!(
        entries.last().map(|entry| entry.state),
        Some(WindowState::Pending),
        "08 may still wait for a poll"
    );
    assert_eq!(
        entries.last().map(|entry| entry.window.to),
        Some(at("2026-03-04T09:00:00Z"))
    );
}

#[test]
fn a_window_that_waited_too_long_for_its_poll_becomes_a_gap() {
    let first = circumstances("2026-03-01T13:20:00Z", "2026-03-01T12:00:00Z", "2026-03-01T12:30:00Z");
    let entries = after(&[], &first);
    assert_eq!(entries[0].state, WindowState::Pending);
    let later = circumstances("2026-03-01T14:10:00Z", "2026-03-01T12:00:00Z", "2026-03-01T12:30:00Z");
    let entries = after(&entries, &later);
    assert_eq!(entries[0].state, WindowState::Incomplete);
    assert_eq!(entries[0].next_compare_at, Some(later.now));
}

#[test]
fn settled_hours_become_a_day_that_is_compared_once_more() {
    let day = at("2026-03-01T00:00:00Z");
    let now = circumstances("2026-03-03T01:30:00Z", "2026-03-01T00:00:00Z", "2026-03-03T01:29:00Z");
    let mut entries: Vec<LedgerWindow> = (0..24).map(|number| settled(hour(day + hours(number)), 3)).collect();
    entries[5].note = Some("duplicate rows 3".to_owned());
    entries[5].deleted = 1;
    let rolled = after(&entries, &now);
    let whole = &rolled[0];
    assert_eq!((whole.window.from, whole.window.to), (day, day + hours(24)));
    assert_eq!((whole.zoom_total, whole.received, whole.stage), (Some(48), 48, 3));
    assert_eq!((whole.deleted, whole.note.as_deref()), (1, Some("duplicate rows 3")));
    assert_eq!(whole.next_compare_at, Some(day + hours(24 + 24 * 7)));
    // Nothing could be compared for a week: the look that is overdue is not taken for had.
    let late = circumstances("2026-03-20T01:30:00Z", "2026-03-01T00:00:00Z", "2026-03-20T01:29:00Z");
    let overdue = &after(&entries, &late)[0];
    assert_eq!((overdue.window.from, overdue.window.to), (day, day + hours(24)));
    assert_eq!(
        (overdue.stage, overdue.next_compare_at),
        (3, Some(day + hours(24 + 24 * 7)))
    );
    entries[7].state = WindowState::Incomplete;
    assert!(
        after(&entries, &now)
            .iter()
            .filter(|entry| entry.window.from < day + hours(24))
            .count()
            == 24,
        "a day with a gap stays hours"
    );
}

#[test]
fn a_complete_day_replaces_its_hours_and_hours_replace_an_incomplete_day() {
    let day = at("2026-03-01T00:00:00Z");
    let now = circumstances("2026-03-01T05:30:00Z", "2026-03-01T03:00:00Z", "2026-03-01T05:29:00Z");
    let whole = Window::new(day - hours(24), day);
    let hours_of_it: Vec<LedgerWindow> = (0..3)
        .map(|number| settled(hour(whole.from + hours(number)), 2))
        .collect();
    let mut entries = hours_of_it.clone();
    entries.push(settled(whole, 4));
    let kept = after(&entries, &now);
    assert_eq!(kept[0].window, whole);
    let mut entries = hours_of_it;
    entries.push(LedgerWindow {
        state: WindowState::Incomplete,
        ..settled(whole, 4)
    });
    let kept = after(&entries, &now);
    assert_eq!(kept.iter().filter(|entry| entry.window.from < day).count(), 24);
    assert_eq!(kept[1].zoom_total, Some(2), "what is known of an hour stays");
}

#[test]
fn hours_in_which_two_readings_of_a_backfill_meet_are_accounted_for() {
    let now = Circumstances {
        backfilled: Some(Window::new(at("2026-02-26T10:13:37Z"), at("2026-03-01T05:13:37Z"))),
        ..circumstances("2026-03-01T05:30:00Z", "2026-03-01T05:13:37Z", "2026-03-01T05:29:00Z")
    };
    // Two readings met at 10:13:37 of the 28th.
    let day = at("2026-02-27T00:00:00Z");
    let entries = [
        settled(Window::new(day, day + hours(24)), 4),
        settled(hour(at("2026-02-28T09:00:00Z")), 2),
        settled(hour(at("2026-02-28T11:00:00Z")), 2),
    ];
    let kept = after(&entries, &now);
    assert_eq!(
        kept.first().map(|entry| entry.window.from),
        Some(at("2026-02-26T11:00:00Z")),
        "whole hours only"
    );
    assert_eq!(
        kept.last().map(|entry| entry.window.to),
        Some(at("2026-03-01T05:00:00Z"))
    );
    assert!(
        kept.windows(2).all(|pair| pair[0].window.to == pair[1].window.from),
        "no hole"
    );
    let met = kept
        .iter()
        .find(|entry| entry.window.from == at("2026-02-28T10:00:00Z"));
    assert_eq!(
        met.map(|entry| entry.state),
        Some(WindowState::Pending),
        "compared at once"
    );
}

#[test]
fn windows_of_an_older_version_are_covered_anew() {
    let now = circumstances("2026-03-01T05:30:00Z", "2026-03-01T05:00:00Z", "2026-03-01T05:29:00Z");
    let odd = Window::new(at("2026-02-27T10:11:12Z"), at("2026-03-01T01:02:03Z"));
    let kept = after(&[settled(odd, 0)], &now);
    assert_eq!(
        kept.first().map(|entry| entry.window.from),
        Some(at("2026-02-27T10:00:00Z"))
    );
    assert_eq!(
        kept.last().map(|entry| entry.window.to),
        Some(at("2026-03-01T02:00:00Z"))
    );
    assert!(
        kept.iter()
            .all(|entry| entry.state == WindowState::Pending && entry.next_compare_at.is_some())
    );
}

#[test]
fn gaps_beyond_the_horizon_are_lost_and_nothing_beyond_it_is_asked_for() {
    use WindowState::{Complete, Expired, Incomplete, Lost, Pending, Unverified};
    let now = circumstances("2026-07-10T12:00:00Z", "2026-07-10T11:00:00Z", "2026-07-10T12:00:00Z");
    let from = at("2026-01-10T08:00:00Z");
    let entries: Vec<LedgerWindow> = [Incomplete, Pending, Complete, Expired]
        .into_iter()
        .zip(0..)
        .map(|(state, number)| LedgerWindow {
            next_compare_at: (state != Expired).then_some(now.now),
            ..LedgerWindow::fresh(hour(from + hours(number)), state, from, None)
        })
        .collect();
    let kept = after(&entries, &now);
    let states: Vec<WindowState> = kept[..4].iter().map(|entry| entry.state).collect();
    assert_eq!(states, [Lost, Unverified, Complete, Expired]);
    assert!(kept[..4].iter().all(|entry| entry.next_compare_at.is_none()));
    let uncollected = Circumstances {
        watermark: Some(from),
        ..now
    };
    let kept = after(&entries, &uncollected);
    assert_eq!(kept[1].state, Lost, "nobody had collected it");
    assert!(
        kept.iter().all(|entry| entry.window.from >= from),
        "nothing is entered that Zoom does not answer for"
    );
}

#[test]
fn a_small_quota_affords_days_only() {
    assert_eq!(Grain::for_quota(Some(600)), Grain::Days);
    assert_eq!(Grain::for_quota(Some(15_000)), Grain::Hours);
    assert_eq!(Grain::for_quota(None), Grain::Hours);
    let now = Circumstances {
        grain: Grain::Days,
        ..circumstances("2026-03-03T13:20:00Z", "2026-03-01T10:40:00Z", "2026-03-03T13:15:00Z")
    };
    let lengths: Vec<i64> = after(&[], &now)
        .iter()
        .map(|entry| entry.window.length().as_hours())
        .collect();
    assert_eq!(lengths, [24, 24], "today is still open");
}

#[test]
fn a_month_of_hourly_runs_keeps_the_ledger_whole_and_small() {
    let start = at("2026-03-01T10:40:00Z");
    let mut entries: Vec<LedgerWindow> = Vec::new();
    let mut clock = start;
    let mut comparisons = 0;
    while clock < start + hours(24 * 30) {
        clock += hours(1);
        let now = Circumstances {
            now: clock,
            accounted_from: Some(start),
            backfilled: None,
            watermark: Some(clock),
            patience: hours(1),
            grain: Grain::Hours,
        };
        entries = after(&entries, &now);
        for entry in &mut entries {
            if entry.next_compare_at.is_some_and(|due| due <= clock) {
                comparisons += 1;
                let stage = crate::domain::ledger::stage(entry.window, clock);
                *entry = LedgerWindow {
                    next_compare_at: crate::domain::ledger::next_age(entry.window, stage),
                    ..settled(entry.window, stage)
                };
            }
        }
        assert_eq!(entries.first().map(|entry| entry.window.from), Some(hour_of(start)));
        assert_eq!(entries.last().map(|entry| entry.window.to), Some(hour_of(clock)));
        assert!(
            entries.windows(2).all(|pair| pair[0].window.to == pair[1].window.from),
            "no hole"
        );
    }
    assert!(entries.len() < 30 + 24 * 4, "{} windows", entries.len());
    assert!(comparisons < 30 * (24 * 3 + 2), "{comparisons} requests in thirty days");
}
