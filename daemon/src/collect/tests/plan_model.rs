//! Random lives of a ledger: whatever the clock, the polls and the comparisons do, closed time has no hole.

use ::hostile::model;
use jiff::{SignedDuration, Timestamp};
use proptest::{collection::vec, prelude::*};

use super::plan::{after, at, hours};
use crate::{
    collect::ledger::plan::{Circumstances, Grain},
    domain::{
        ledger::{LedgerWindow, WindowState, hour_of, next_age, stage},
        window::Window,
    },
};

/// What happens between two looks.
#[derive(Debug, Clone)]
struct Turn {
    /// Minutes that pass, or that the clock is set back.
    passed: i64,
    /// Whether polls saw everything until then.
    polled: bool,
    /// Of the entries that are due, each so-many-th is compared, and found complete or not.
    compared: usize,
    complete: bool,
    /// A backfill reached so many hours further back.
    backfilled: i64,
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let turn = (
        -90..2_000_i64,
        prop::bool::weighted(0.8),
        1..4_usize,
        prop::bool::weighted(0.9),
        0..60_i64,
    );
    let turn = turn.prop_map(|(passed, polled, compared, complete, backfilled)| Turn {
        passed,
        polled,
        compared,
        complete,
        backfilled,
    });
    vec(turn, 1..40)
}

fn compared(entry: &LedgerWindow, complete: bool, now: Timestamp) -> LedgerWindow {
    let reached = stage(entry.window, now).max(entry.stage);
    LedgerWindow {
        state: if complete {
            WindowState::Complete
        } else {
            WindowState::Incomplete
        },
        zoom_total: Some(3),
        held: if complete { 3 } else { 2 },
        stage: reached,
        compared_at: now,
        next_compare_at: if complete {
            next_age(entry.window, reached)
        } else {
            Some(now + hours(1))
        },
        ..entry.clone()
    }
}

#[test]
fn closed_time_is_tiled_without_hole_or_overlap_whatever_happens() {
    let began = at("2026-03-01T10:20:00Z");
    model::hold(60, (turns(), any::<bool>()), |(turns, by_days)| {
        let grain = if by_days { Grain::Days } else { Grain::Hours };
        let (mut now, mut newest, mut watermark, mut oldest) = (began, began, began, began);
        let mut entries: Vec<LedgerWindow> = Vec::new();
        for turn in turns {
            now = (now + SignedDuration::from_mins(turn.passed)).max(began);
            newest = newest.max(now);
            if turn.polled {
                watermark = watermark.max(now);
            }
            oldest -= hours(turn.backfilled);
            let circumstances = Circumstances {
                now,
                accounted_from: Some(began),
                backfilled: (oldest < began).then_some(Window {
                    from: oldest,
                    to: began,
                }),
                watermark: Some(watermark),
                patience: hours(1),
                grain,
            };
            // That asserts also that no two overlap and that a second look changes nothing.
            entries = after(&entries, &circumstances);
            for entry in &entries {
                assert!(
                    entry.window.to <= hour_of(newest),
                    "open time is in the ledger: {entry:?}"
                );
            }
            let holes: Vec<_> = entries
                .windows(2)
                .map(|pair| (pair[0].window.to, pair[1].window.from))
                // Between a backfill and the first poll of a ledger of days lies the rest of a day that has not closed.
                .filter(|(from, to)| *to > *from && (grain == Grain::Hours || *from > began))
                .collect();
            assert_eq!(holes, [], "at {now}");
            if let (Grain::Hours, Some(last)) = (grain, entries.last()) {
                assert!(
                    last.window.to >= hour_of(now),
                    "closed time is missing: {last:?} at {now}"
                );
            }
            let due = entries
                .iter()
                .enumerate()
                .filter(|(_, entry)| entry.next_compare_at.is_some_and(|at| at <= now));
            let due: Vec<usize> = due.map(|(place, _)| place).collect();
            for place in due.into_iter().step_by(turn.compared) {
                entries[place] = compared(&entries[place], turn.complete, now);
            }
        }
    });
}
