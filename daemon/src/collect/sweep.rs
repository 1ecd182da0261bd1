//! How far back a poll re-reads, so that late and changed records are found without wasting Zoom's daily quota.

use jiff::{SignedDuration, Timestamp};

/// Every poll re-reads this much before the watermark: records appear minutes after a call ended.
pub const SHALLOW: SignedDuration = SignedDuration::from_hours(1);
/// A deep poll re-reads this much: records are known to appear or change up to a day late.
pub const DEEP: SignedDuration = SignedDuration::from_hours(25);
/// The deepest poll: corrections of the last week.
pub const WEEK: SignedDuration = SignedDuration::from_hours(24 * 7 + 1);
/// Shares of the daily quota of Heavy requests that deep and deepest polls may use.
const DEEP_SHARE: f64 = 0.4;
const WEEK_SHARE: f64 = 0.1;
/// A restarting daemon must not read a week each time.
const FIRST_WEEK: SignedDuration = SignedDuration::from_hours(1);
const SECONDS_A_DAY: f64 = 86_400.0;

/// Decides between shallow and deep polls for one account.
///
/// A deep poll costs as many Heavy requests as its span has pages. So the next one is due when that cost, spread evenly
/// over the day, fits its share: an account with one page a day polls deep every time, one with a hundred pages a day
/// about every half hour. Kept in memory only: after a restart the first poll is deep.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sweep {
    next_deep: Option<Timestamp>,
    next_week: Option<Timestamp>,
}

impl Sweep {
    /// How far before the watermark a poll at `now` starts.
    #[must_use]
    pub fn depth(&self, now: Timestamp) -> SignedDuration {
        let is_due = |next: Option<Timestamp>| next.is_none_or(|next| now >= next);
        if self.next_week.is_some_and(|next| now >= next) {
            WEEK
        } else if is_due(self.next_deep) {
            DEEP
        } else {
            SHALLOW
        }
    }

    /// Notes what a poll of `depth` cost.
    pub fn done(&mut self, depth: SignedDuration, now: Timestamp, requests: u64, heavy_per_day: Option<u64>) {
        if depth >= DEEP {
            // Of a deepest poll only a seventh counts here: the part that a deep one would have read.
            let cost = if depth >= WEEK { requests.div_ceil(7) } else { requests };
            self.next_deep = next(now, cost, heavy_per_day, DEEP_SHARE);
        }
        if depth >= WEEK {
            self.next_week = next(now, requests, heavy_per_day, WEEK_SHARE);
        } else if self.next_week.is_none() {
            self.next_week = now.saturating_add(FIRST_WEEK).ok();
        }
    }
}

fn next(now: Timestamp, requests: u64, heavy_per_day: Option<u64>, share: f64) -> Option<Timestamp> {
    let Some(per_day) = heavy_per_day else { return Some(now) };
    #[expect(clippy::cast_precision_loss, reason = "requests a day are far below 2^52")]
    let seconds = requests as f64 * SECONDS_A_DAY / (per_day.max(1) as f64 * share);
    let wait = SignedDuration::try_from_secs_f64(seconds.min(SECONDS_A_DAY)).unwrap_or(DEEP);
    now.saturating_add(wait).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().expect("a time")
    }

    #[test]
    fn first_poll_after_a_start_is_deep_and_no_restart_reads_a_week() {
        assert_eq!(Sweep::default().depth(start()), DEEP);
    }

    #[test]
    fn deep_polls_of_a_day_stay_within_their_share() {
        for pages in [1_u64, 26, 100, 1_000] {
            let mut sweep = Sweep::default();
            let mut clock = start();
            let end = clock.saturating_add(SignedDuration::from_hours(24)).expect("in range");
            let mut spent = 0;
            while clock < end {
                let depth = sweep.depth(clock);
                let cost = match depth {
                    WEEK => pages * 7,
                    DEEP => pages,
                    _ => 0,
                };
                spent += cost;
                sweep.done(depth, clock, cost, Some(15_000));
                clock = clock.saturating_add(SignedDuration::from_secs(10)).expect("in range");
            }
            // Half of the quota, and the first poll of either kind beyond it.
            assert!(spent <= 7_500 + pages * 8, "{pages} pages a day spent {spent}");
        }
    }

    #[test]
    fn a_week_is_read_within_the_day() {
        let mut sweep = Sweep::default();
        sweep.done(DEEP, start(), 26, Some(15_000));
        let later = start().saturating_add(FIRST_WEEK).expect("in range");
        assert_eq!(sweep.depth(later), WEEK);
        sweep.done(WEEK, later, 182, Some(15_000));
        assert_ne!(sweep.depth(later), WEEK);
    }

    #[test]
    fn without_a_daily_limit_every_poll_is_deep() {
        let mut sweep = Sweep::default();
        sweep.done(DEEP, start(), 10, None);
        assert_eq!(sweep.depth(start()), DEEP);
    }
}
