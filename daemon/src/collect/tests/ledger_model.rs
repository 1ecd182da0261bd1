//! Days of calls, late records, edits, deletions, faults and outages, drawn from a seed: at the end the store equals
//! Zoom, and the ledger says so.

use jiff::SignedDuration;

use super::{
    book_zoom::Trouble,
    ledger::{Bench, MIDNIGHT, at, hours, minutes},
};
use crate::domain::ledger::WindowState;

/// A linear congruential generator: the same numbers everywhere, and no dependency.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn percent(&mut self, share: u64) -> bool {
        self.roll(100) < share
    }

    fn trouble(&mut self) -> Trouble {
        match self.roll(7) {
            0 => Trouble::Short(3),
            1 => Trouble::Duplicate(5),
            2 => Trouble::Expired,
            3 => Trouble::RepeatedToken,
            4 => Trouble::Clamped(600),
            5 => Trouble::WrongTotal(if self.percent(50) { 2 } else { -2 }),
            _ => Trouble::Unreachable,
        }
    }
}

const STEP: i64 = 20;

/// Whatever may happen in twenty minutes.
fn happen(bench: &Bench, dice: &mut Dice, calls: &mut Vec<(String, jiff::Timestamp)>) {
    for _ in 0..dice.roll(6) {
        let age = i64::try_from(dice.roll(60 * STEP as u64)).expect("small");
        let end = bench.now() - SignedDuration::from_secs(age);
        let late = if dice.percent(10) {
            i64::try_from(dice.roll(23 * 60)).expect("small")
        } else {
            0
        };
        let key = format!("call{:05}", calls.len());
        bench.zoom.add(&key, end, bench.now() + minutes(late));
        calls.push((key, end));
    }
    if !calls.is_empty() && dice.percent(4) {
        let place = usize::try_from(dice.roll(calls.len() as u64)).expect("small");
        let (key, end) = &calls[place];
        // Later than that nobody looks any more.
        if bench.now().duration_since(*end) < hours(24 * 6) {
            bench.zoom.remove(key);
        }
    }
    if !calls.is_empty() && dice.percent(4) {
        let place = usize::try_from(dice.roll(calls.len() as u64)).expect("small");
        let (key, end) = &calls[place];
        if bench.now().duration_since(*end) < hours(20) {
            bench.zoom.edit(key);
        }
    }
    if dice.percent(12) {
        bench.zoom.trouble(dice.trouble());
    }
}

async fn live(seed: u64) {
    let mut dice = Dice(seed);
    let bench = Bench::new();
    bench.poll().await;
    let mut calls = Vec::new();
    let mut away = 0;
    while bench.now() < at(MIDNIGHT) + hours(24 * 12) {
        bench.go(minutes(STEP));
        happen(&bench, &mut dice, &mut calls);
        if away > 0 {
            away -= 1;
            continue;
        }
        if dice.percent(2) {
            away = dice.roll(150);
        }
        // Failures are part of life; the next turn tries again.
        let _ = bench.try_poll().await;
        let _ = bench.try_due().await;
    }
    bench.zoom.clear_troubles();
    for _ in 0..24 * 9 {
        bench.go(hours(1));
        bench.try_poll().await.expect("polled");
        bench.due().await;
    }
    assert!(calls.len() > 1_000);
    bench.is_faithful();
    for key in bench.zoom.truth() {
        let held = bench.store.call(&key).expect("held");
        assert_eq!(
            Some(held.digest),
            bench.zoom.edition(&key),
            "seed {seed}: {key} as Zoom has it now"
        );
    }
    let windows = bench.store.windows();
    assert!(
        windows.windows(2).all(|pair| pair[0].window.to == pair[1].window.from),
        "seed {seed}: no hole and no overlap"
    );
    let doubtful = windows
        .iter()
        .filter(|entry| !matches!(entry.state, WindowState::Complete | WindowState::Pending));
    assert_eq!(doubtful.count(), 0, "seed {seed}");
    let tally = bench.reconcile(MIDNIGHT).await;
    let all = bench.zoom.truth().len() as u64;
    assert_eq!(
        (tally.zoom, tally.held, tally.totals.completeness()),
        (all, all, 1.0),
        "seed {seed}"
    );
}

#[tokio::test]
async fn whatever_happens_the_ledger_ends_equal_to_zoom() {
    for seed in [7, 2_026] {
        live(seed).await;
    }
}
