//! The ledger of windows: per closed hour or day how many calls Zoom has, how many are held, when to compare again.

use jiff::{SignedDuration, Span, Timestamp, tz::TimeZone};

use super::{account::named, window::Window};

named! {
    /// How a window of the ledger stands.
    WindowState {
        /// Closed and collected by polls, not compared yet.
        Pending = "pending",
        /// As many calls are held as Zoom has.
        Complete = "complete",
        /// Fewer are held than Zoom has, or nobody collected it: a gap.
        Incomplete = "incomplete",
        /// Compared, but Zoom named no total.
        Unverified = "unverified",
        /// A gap that Zoom cannot fill any more: older than its six months.
        Lost = "lost",
        /// Purged or archived: neither counted nor fetched again.
        Expired = "expired",
    }
}

impl WindowState {
    /// Whether calls are missing.
    #[must_use]
    pub const fn is_gap(self) -> bool {
        matches!(self, Self::Incomplete | Self::Lost)
    }
}

/// A window as the ledger holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerWindow {
    /// The span of call end times.
    pub window: Window,
    /// How it stands.
    pub state: WindowState,
    /// What Zoom said the total is; absent when it was never asked, or named none.
    pub zoom_total: Option<u64>,
    /// Distinct records of the last whole reading, those without a key among them.
    pub received: u64,
    /// Calls held that Zoom has not deleted, counted with the last change of this entry.
    pub held: u64,
    /// How many of [`AGES`] it had reached when it was last compared.
    pub stage: u8,
    /// When it was last compared or entered.
    pub compared_at: Timestamp,
    /// When to compare next; absent when never.
    pub next_compare_at: Option<Timestamp>,
    /// Comparisons in a row that left it incomplete.
    pub attempts: u32,
    /// Calls that were found to be deleted at Zoom.
    pub deleted: u64,
    /// What was noteworthy, for a person.
    pub note: Option<String>,
}

impl LedgerWindow {
    /// An entry that nobody compared yet.
    #[must_use]
    pub fn fresh(window: Window, state: WindowState, now: Timestamp, next: Option<Timestamp>) -> Self {
        Self {
            window,
            state,
            zoom_total: None,
            received: 0,
            held: 0,
            stage: 0,
            compared_at: now,
            next_compare_at: next,
            attempts: 0,
            deleted: 0,
            note: None,
        }
    }

    /// Calls of Zoom's total that are accounted for: all of a complete window, also when some have no key and are
    /// kept aside, and never more than Zoom has.
    #[must_use]
    pub fn accounted(&self) -> u64 {
        match (self.state, self.zoom_total) {
            (WindowState::Complete, Some(total)) => total,
            (_, Some(total)) => self.held.max(self.received).min(total),
            (_, None) => self.held,
        }
    }
}

/// Ages after closing at which a window is compared with Zoom. Records appear and vanish late, ever more rarely.
pub const AGES: [SignedDuration; 4] = [
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(24),
    SignedDuration::from_hours(24 * 7),
];

/// How many of [`AGES`] a window has reached.
#[must_use]
pub fn stage(window: Window, now: Timestamp) -> u8 {
    let age = now.duration_since(window.to);
    u8::try_from(AGES.iter().filter(|due| **due <= age).count()).unwrap_or(u8::MAX)
}

/// When a window that is complete at this stage is compared next; nothing after the last.
#[must_use]
pub fn next_age(window: Window, stage: u8) -> Option<Timestamp> {
    let age = AGES.get(usize::from(stage))?;
    window.to.saturating_add(*age).ok()
}

/// Waits before an incomplete window is read again, by how often that left it incomplete. What Zoom's own total belies
/// for good costs a few requests a day, no more.
const REST: [SignedDuration; 7] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(10),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(24),
];

/// When a window that has stayed incomplete `attempts` times is read again.
#[must_use]
pub fn next_try(now: Timestamp, attempts: u32) -> Timestamp {
    let step = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let wait = REST.get(step).or(REST.last()).copied().unwrap_or_default();
    now.saturating_add(wait).unwrap_or(now)
}

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The whole UTC hour that an instant lies in, as its start.
#[must_use]
pub fn hour_of(time: Timestamp) -> Timestamp {
    floor(time, HOUR)
}

/// The whole UTC day that an instant lies in, as its start.
#[must_use]
pub fn day_of(time: Timestamp) -> Timestamp {
    floor(time, DAY)
}

fn floor(time: Timestamp, unit: SignedDuration) -> Timestamp {
    let over = time.as_second().rem_euclid(unit.as_secs());
    Timestamp::from_second(time.as_second() - over).unwrap_or(time)
}

/// The windows of the ledger that lie wholly within a span, oldest first: days where a whole UTC day does, hours else.
#[must_use]
pub fn tiles(span: Window) -> Vec<Window> {
    let end = hour_of(span.to);
    let mut start = hour_of(span.from);
    if start < span.from {
        start = start.saturating_add(HOUR).unwrap_or(start);
    }
    let mut tiles = Vec::new();
    while start < end {
        let day = start.saturating_add(DAY).unwrap_or(end);
        let next = if day_of(start) == start && day <= end {
            day
        } else {
            start.saturating_add(HOUR).unwrap_or(end)
        };
        tiles.push(Window { from: start, to: next });
        start = next;
    }
    tiles
}

/// From when on a part of the window is beyond what Zoom keeps.
#[must_use]
pub fn unrecoverable_after(window: Window) -> Timestamp {
    window
        .from
        .to_zoned_datetime(TimeZone::UTC)
        .checked_add(Span::new().months(6))
        .map_or(window.from, |end| end.timestamp())
}

/// The ledger in a few numbers: without what is expired or lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LedgerTotals {
    /// Windows.
    pub windows: u64,
    /// Those with a known total of Zoom or known to be a gap.
    pub compared: u64,
    /// Those complete.
    pub complete: u64,
    /// Gaps of which not even Zoom's total is known.
    pub unknown: u64,
    /// Sum of Zoom's totals.
    pub zoom: u64,
    /// Sum of what is accounted for, see [`LedgerWindow::accounted`].
    pub accounted: u64,
}

impl LedgerTotals {
    /// Adds an entry.
    pub fn add(&mut self, entry: &LedgerWindow) {
        if matches!(entry.state, WindowState::Expired | WindowState::Lost) {
            return;
        }
        self.windows += 1;
        match entry.state {
            WindowState::Complete | WindowState::Unverified => {
                self.compared += 1;
                self.complete += 1;
            }
            WindowState::Incomplete => {
                self.compared += 1;
                self.unknown += u64::from(entry.zoom_total.is_none());
            }
            WindowState::Pending | WindowState::Lost | WindowState::Expired => {}
        }
        if let Some(total) = entry.zoom_total {
            self.zoom += total;
            self.accounted += entry.accounted();
        }
    }

    /// How much of what Zoom has is held: 1.0 only when every compared window is complete. A gap of unknown size
    /// counts as one window of all.
    #[must_use]
    pub fn completeness(&self) -> f64 {
        if self.complete == self.compared {
            return 1.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of calls are far below 2^52")]
        let share = |part: u64, whole: u64| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
        let known = self.compared.saturating_sub(self.unknown);
        let ratio = share(self.accounted, self.zoom) * share(known, self.compared);
        // Six digits, rounded down: one call missing of millions must not read as 1.
        (ratio * 1e6).floor().min(999_999.0) / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn hour(from: &str) -> Window {
        Window::new(at(from), at(from) + SignedDuration::from_hours(1))
    }

    fn entry(state: WindowState, zoom: Option<u64>, held: u64) -> LedgerWindow {
        LedgerWindow {
            zoom_total: zoom,
            held,
            ..LedgerWindow::fresh(hour("2026-01-01T00:00:00Z"), state, at("2026-01-01T02:00:00Z"), None)
        }
    }

    fn completeness(entries: &[LedgerWindow]) -> f64 {
        let mut totals = LedgerTotals::default();
        entries.iter().for_each(|entry| totals.add(entry));
        totals.completeness()
    }

    #[test]
    fn a_window_is_compared_at_four_ages_and_then_rests() {
        let window = hour("2026-01-01T00:00:00Z");
        let closed = window.to;
        for (hours, reached) in [(0, 0), (1, 1), (5, 1), (6, 2), (24, 3), (167, 3), (168, 4), (9_999, 4)] {
            assert_eq!(
                stage(window, closed + SignedDuration::from_hours(hours)),
                reached,
                "{hours}"
            );
        }
        assert_eq!(next_age(window, 0), Some(closed + SignedDuration::from_hours(1)));
        assert_eq!(next_age(window, 3), Some(closed + SignedDuration::from_hours(168)));
        assert_eq!(next_age(window, 4), None);
    }

    #[test]
    fn a_stubborn_gap_is_asked_for_ever_more_rarely() {
        let now = at("2026-01-01T00:00:00Z");
        let waits: Vec<i64> = (0..10)
            .map(|attempts| next_try(now, attempts).duration_since(now).as_mins())
            .collect();
        assert_eq!(waits, [1, 1, 5, 10, 30, 60, 360, 1_440, 1_440, 1_440]);
    }

    #[test]
    fn a_span_is_covered_by_whole_days_and_the_hours_around_them() {
        let lengths = |from: &str, to: &str| -> Vec<i64> {
            let span = Window::new(at(from), at(to));
            let tiles = tiles(span);
            assert!(
                tiles.windows(2).all(|pair| pair[0].to == pair[1].from),
                "no hole, no overlap"
            );
            assert!(tiles.iter().all(|tile| tile.from >= span.from && tile.to <= span.to));
            tiles.iter().map(|tile| tile.length().as_hours()).collect()
        };
        assert_eq!(
            lengths("2026-01-01T21:30:00Z", "2026-01-03T02:10:00Z"),
            [1, 1, 24, 1, 1]
        );
        assert_eq!(lengths("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"), [24]);
        assert!(lengths("2026-01-01T00:00:01Z", "2026-01-01T00:59:59Z").is_empty());
    }

    #[test]
    fn the_horizon_clock_is_six_calendar_months() {
        assert_eq!(
            unrecoverable_after(hour("2025-08-31T10:00:00Z")),
            at("2026-02-28T10:00:00Z")
        );
    }

    #[test]
    fn completeness_is_one_only_when_nothing_is_missing() {
        use WindowState::{Complete, Expired, Incomplete, Lost, Pending, Unverified};
        assert_eq!(completeness(&[]), 1.0);
        assert_eq!(
            completeness(&[entry(Complete, Some(5), 5), entry(Pending, None, 3)]),
            1.0
        );
        assert_eq!(completeness(&[entry(Unverified, None, 3)]), 1.0);
        assert_eq!(
            completeness(&[entry(Complete, Some(5), 5), entry(Incomplete, Some(5), 3)]),
            0.8
        );
        assert_eq!(
            completeness(&[entry(Incomplete, None, 3), entry(Complete, Some(1), 1)]),
            0.5
        );
        assert_eq!(
            completeness(&[entry(Expired, Some(9), 0), entry(Lost, Some(9), 1)]),
            1.0
        );
        let almost = [
            entry(Complete, Some(99_999_999), 99_999_999),
            entry(Incomplete, Some(1), 0),
        ];
        assert_eq!(completeness(&almost), 0.999_999);
    }

    #[test]
    fn a_call_that_is_kept_aside_or_deleted_at_zoom_is_accounted_for() {
        assert_eq!(entry(WindowState::Complete, Some(5), 4).accounted(), 5);
        assert_eq!(entry(WindowState::Complete, Some(5), 7).accounted(), 5);
        assert_eq!(entry(WindowState::Incomplete, Some(5), 7).accounted(), 5);
        let aside = LedgerWindow {
            received: 4,
            ..entry(WindowState::Incomplete, Some(5), 3)
        };
        assert_eq!(aside.accounted(), 4);
    }
}
