//! How far back a poll re-reads, so that late and changed records are found without wasting Zoom's daily quota.

use jiff::{SignedDuration, Timestamp};

/// Every poll re-reads this much before the watermark: records appear minutes after a call ended.
pub const SHALLOW: SignedDuration = SignedDuration::from_hours(1);
/// A deep poll re-reads this much: records are known to appear or change up to a day late.
pub const DEEP: SignedDuration = SignedDuration::from_hours(25);
/// Share of the daily quota of Heavy requests that deep polls may use.
const SHARE: f64 = 0.4;
const SECONDS_A_DAY: f64 = 86_400.0;

/// Decides between shallow and deep polls for one account.
///
/// A deep poll costs as many Heavy requests as a day has pages. So the next one is due when its cost, spread evenly
/// over the day, fits the share: an account with one page a day polls deep every time, one with a hundred pages a day
/// about every quarter of an hour. Kept in memory only: after a restart the first poll is deep.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sweep {
    next_deep: Option<Timestamp>,
}

impl Sweep {
    /// How far before the watermark a poll at `now` starts.
    #[must_use]
    pub fn depth(&self, now: Timestamp) -> SignedDuration {
        match self.next_deep {
            Some(next) if now < next => SHALLOW,
            _ => DEEP,
        }
    }

    /// Notes what a deep poll cost.
    pub fn deep_done(&mut self, now: Timestamp, requests: u64, heavy_per_day: Option<u64>) {
        let Some(per_day) = heavy_per_day else {
            self.next_deep = None;
            return;
        };
        #[expect(clippy::cast_precision_loss, reason = "requests a day are far below 2^52")]
        let seconds = requests as f64 * SECONDS_A_DAY / (per_day.max(1) as f64 * SHARE);
        let wait = SignedDuration::try_from_secs_f64(seconds.min(SECONDS_A_DAY)).unwrap_or(DEEP);
        self.next_deep = now.saturating_add(wait).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().expect("a time")
    }

    #[test]
    fn first_poll_after_a_start_is_deep() {
        assert_eq!(Sweep::default().depth(now()), DEEP);
    }

    #[test]
    fn deep_polls_of_a_day_stay_within_their_share() {
        for pages in [1_u64, 26, 100, 1_000] {
            let mut sweep = Sweep::default();
            let mut clock = now();
            let end = clock.saturating_add(SignedDuration::from_hours(24)).expect("in range");
            let mut spent = 0;
            while clock < end {
                if sweep.depth(clock) == DEEP {
                    spent += pages;
                    sweep.deep_done(clock, pages, Some(15_000));
                }
                clock = clock.saturating_add(SignedDuration::from_secs(10)).expect("in range");
            }
            assert!(spent <= 6_000 + pages, "{pages} pages a day spent {spent}");
        }
    }

    #[test]
    fn without_a_daily_limit_every_poll_is_deep() {
        let mut sweep = Sweep::default();
        sweep.deep_done(now(), 10, None);
        assert_eq!(sweep.depth(now()), DEEP);
    }
}
