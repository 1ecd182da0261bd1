//! Which windows the ledger has to have at an instant, and which of its entries change without asking Zoom. Pure.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{
        ledger::{AGES, LedgerWindow, WindowState, day_of, hour_of, next_age, tiles},
        window::{Window, horizon},
    },
    ports::records::LedgerChange,
};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Heavy requests a day up to which a ledger of hours, four looks at each, would cost too much of them.
const SMALL_QUOTA: u64 = 2_000;

/// How finely closed time is accounted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// Hours, which become days once all of a day were seen complete a day later.
    Hours,
    /// Days only: four requests a day.
    Days,
}

impl Grain {
    /// The grain that a daily share of Heavy requests affords.
    #[must_use]
    pub fn for_quota(per_day: Option<u64>) -> Self {
        match per_day {
            Some(per_day) if per_day < SMALL_QUOTA => Self::Days,
            _ => Self::Hours,
        }
    }

    fn closed_until(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Hours => hour_of(now),
            Self::Days => day_of(now),
        }
    }

    fn starts(self, time: Timestamp) -> Timestamp {
        match self {
            Self::Hours => hour_of(time),
            Self::Days => day_of(time),
        }
    }
}

/// What the ledger has to follow.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances {
    /// The present.
    pub now: Timestamp,
    /// From when on calls are accounted for; nothing before the first poll.
    pub accounted_from: Option<Timestamp>,
    /// What the newest backfill has collected.
    pub backfilled: Option<Window>,
    /// Polls have seen everything until here.
    pub watermark: Option<Timestamp>,
    /// How long after its end a window may still be waiting for a poll before it counts as not collected.
    pub patience: SignedDuration,
    /// How finely time is accounted for.
    pub grain: Grain,
}

/// Brings the ledger up to date: enters what closed, what was missed, what is lost; makes days of hours. `entries` are
/// all of it that Zoom still answers for.
#[must_use]
pub fn tend(entries: &[LedgerWindow], now: &Circumstances) -> LedgerChange {
    let mut tended = Tending {
        now,
        kept: BTreeMap::new(),
        change: LedgerChange::default(),
        uncovered: Vec::new(),
    };
    tended.adopt(entries);
    tended.close();
    tended.fill();
    tended.age();
    tended.roll_up();
    tended.change
}

struct Tending<'a> {
    now: &'a Circumstances,
    /// Entries that stay or come, by start; none overlaps another.
    kept: BTreeMap<Timestamp, LedgerWindow>,
    change: LedgerChange,
    /// Spans that need an entry.
    uncovered: Vec<Window>,
}

impl Tending<'_> {
    /// Keeps what lies on the grid of hours and days without overlap. Of a day and its hours the day stays when it is
    /// complete; entries of other lengths, which an older version made, are covered anew.
    fn adopt(&mut self, entries: &[LedgerWindow]) {
        let mut by_weight: Vec<&LedgerWindow> = entries.iter().collect();
        by_weight.sort_by_key(|entry| std::cmp::Reverse(weight(entry)));
        for entry in by_weight {
            let window = entry.window;
            let expired = entry.state == WindowState::Expired;
            if (is_on_grid(window) || expired) && !self.overlaps(window) {
                self.kept.insert(window.from, entry.clone());
            } else {
                self.change.remove.push(window);
                self.uncovered.push(Window {
                    from: hour_of(window.from),
                    to: ceil_hour(window.to),
                });
            }
        }
    }

    fn overlaps(&self, window: Window) -> bool {
        let before = self.kept.range(..window.to).next_back();
        before.is_some_and(|(_, entry)| entry.window.to > window.from)
    }

    /// Everything since the first poll that has closed needs an entry, and every whole hour that was backfilled: where
    /// two readings of a backfill meet within an hour, neither could vouch for it.
    fn close(&mut self) {
        let grain = self.now.grain;
        if let Some(from) = self.now.accounted_from {
            self.uncovered.push(Window {
                from: grain.starts(from),
                to: grain.closed_until(self.now.now),
            });
        }
        if let Some(span) = self.now.backfilled {
            self.uncovered.push(Window {
                from: ceil_hour(span.from),
                to: hour_of(span.to),
            });
        }
    }

    fn fill(&mut self) {
        let oldest = ceil_hour(horizon(self.now.now));
        let newest = hour_of(self.now.now);
        for span in std::mem::take(&mut self.uncovered) {
            let span = Window {
                from: span.from.max(oldest),
                to: span.to.min(newest),
            };
            for hole in self.holes(span) {
                for tile in tiles(hole) {
                    self.put(self.fresh(tile));
                }
            }
        }
    }

    /// Parts of a span that no entry covers.
    fn holes(&self, span: Window) -> Vec<Window> {
        let mut holes = Vec::new();
        let mut from = span.from;
        for entry in self.kept.values() {
            if entry.window.to <= from || entry.window.from >= span.to {
                continue;
            }
            if entry.window.from > from {
                holes.push(Window {
                    from,
                    to: entry.window.from,
                });
            }
            from = ceil_hour(entry.window.to);
        }
        if from < span.to {
            holes.push(Window { from, to: span.to });
        }
        holes
    }

    fn fresh(&self, tile: Window) -> LedgerWindow {
        let now = self.now.now;
        if self.was_missed(tile) {
            return missed(LedgerWindow::fresh(tile, WindowState::Pending, now, Some(now)));
        }
        let first = tile.to.saturating_add(AGES[0]).unwrap_or(now);
        LedgerWindow::fresh(tile, WindowState::Pending, now, Some(first.max(now)))
    }

    /// Whether polls should have seen all of a window and have not.
    fn was_missed(&self, window: Window) -> bool {
        let seen = self.now.watermark.is_some_and(|watermark| watermark >= window.to);
        let late = self.now.now.duration_since(window.to) > self.now.patience;
        !seen && late
    }

    /// What time does to entries: a window that nobody collected becomes a gap, a gap beyond the horizon is lost, and
    /// nothing beyond it is asked for again.
    fn age(&mut self) {
        let oldest = horizon(self.now.now);
        let entries: Vec<LedgerWindow> = self.kept.values().cloned().collect();
        for entry in entries {
            let beyond = entry.window.from < oldest;
            let aged = match entry.state {
                WindowState::Expired | WindowState::Lost => continue,
                WindowState::Incomplete if beyond => LedgerWindow {
                    state: WindowState::Lost,
                    next_compare_at: None,
                    ..entry
                },
                WindowState::Pending if beyond && self.was_missed(entry.window) => LedgerWindow {
                    state: WindowState::Lost,
                    next_compare_at: None,
                    ..entry
                },
                WindowState::Pending if beyond => LedgerWindow {
                    state: WindowState::Unverified,
                    next_compare_at: None,
                    ..entry
                },
                _ if beyond && entry.next_compare_at.is_some() => LedgerWindow {
                    next_compare_at: None,
                    ..entry
                },
                WindowState::Pending if self.was_missed(entry.window) => LedgerWindow {
                    next_compare_at: Some(self.now.now),
                    ..missed(entry)
                },
                _ => continue,
            };
            self.put(aged);
        }
    }

    /// Twenty-four hours that were seen complete a day later become one day: the last look costs one request then, and
    /// the ledger stays small for ever.
    fn roll_up(&mut self) {
        let mut days: BTreeMap<Timestamp, Vec<LedgerWindow>> = BTreeMap::new();
        for entry in self.kept.values() {
            let settled = matches!(entry.state, WindowState::Complete | WindowState::Unverified);
            if settled && entry.window.length() == HOUR && entry.stage >= 3 {
                let day = day_of(entry.window.from);
                days.entry(day).or_default().push(entry.clone());
            }
        }
        for (day, hours) in days.into_iter().filter(|(_, hours)| hours.len() == 24) {
            for hour in &hours {
                self.kept.remove(&hour.window.from);
                self.change.enter.retain(|entry| entry.window != hour.window);
                self.change.remove.push(hour.window);
            }
            self.put(whole_day(day, &hours, self.now.now));
        }
    }

    fn put(&mut self, entry: LedgerWindow) {
        self.change.enter.retain(|other| other.window != entry.window);
        self.change.enter.push(entry.clone());
        self.kept.insert(entry.window.from, entry);
    }
}

fn missed(entry: LedgerWindow) -> LedgerWindow {
    LedgerWindow {
        state: WindowState::Incomplete,
        note: Some("not collected".to_owned()),
        ..entry
    }
}

fn whole_day(day: Timestamp, hours: &[LedgerWindow], now: Timestamp) -> LedgerWindow {
    let window = Window {
        from: day,
        to: day.saturating_add(DAY).unwrap_or(day),
    };
    let complete = hours.iter().all(|hour| hour.state == WindowState::Complete);
    // Only looks that were had count, not those that time alone would have brought.
    let stage = hours.iter().map(|hour| hour.stage).min().unwrap_or_default();
    let mut notes: Vec<&str> = hours.iter().filter_map(|hour| hour.note.as_deref()).collect();
    notes.dedup();
    let note = match notes.len() {
        0 => None,
        1 => Some(notes[0].to_owned()),
        several => Some(format!(
            "{}; and {} more of its hours had something",
            notes[0],
            several - 1
        )),
    };
    LedgerWindow {
        state: if complete {
            WindowState::Complete
        } else {
            WindowState::Unverified
        },
        zoom_total: hours.iter().map(|hour| hour.zoom_total).sum(),
        received: hours.iter().map(|hour| hour.received).sum(),
        stage,
        compared_at: hours.iter().map(|hour| hour.compared_at).min().unwrap_or(now),
        deleted: hours.iter().map(|hour| hour.deleted).sum(),
        note,
        ..LedgerWindow::fresh(window, WindowState::Complete, now, next_age(window, stage))
    }
}

/// Which of two overlapping entries stays: what is expired; then a day that is complete; then hours.
fn weight(entry: &LedgerWindow) -> (u8, Timestamp) {
    let settled = matches!(entry.state, WindowState::Complete | WindowState::Unverified);
    let rank = match entry.state {
        WindowState::Expired => 3,
        _ if entry.window.length() == DAY && settled => 2,
        _ if entry.window.length() == HOUR => 1,
        _ => 0,
    };
    (rank, entry.compared_at)
}

/// A whole UTC hour or day.
fn is_on_grid(window: Window) -> bool {
    tiles(window) == [window]
}

fn ceil_hour(time: Timestamp) -> Timestamp {
    let hour = hour_of(time);
    if hour < time {
        hour.saturating_add(HOUR).unwrap_or(hour)
    } else {
        hour
    }
}
