//! How far back a poll re-reads, so that late and changed records are found without wasting Zoom's daily quota.

use jiff::{SignedDuration, Timestamp};

/// Every poll re-reads this much before the watermark: records appear minutes after a call ended. Less where so many
/// calls come and polls so often that an hour each time would use up the quota.
pub const SHALLOW: SignedDuration = SignedDuration::from_hours(1);
/// A deep poll re-reads this much: records are known to appear or change up to a day late.
pub const DEEP: SignedDuration = SignedDuration::from_hours(25);
/// The deepest poll: corrections of the last week.
pub const WEEK: SignedDuration = SignedDuration::from_hours(24 * 7 + 1);
const SHALLOWEST: SignedDuration = SignedDuration::from_mins(2);
/// Part of the daily quota that shallow polls may use.
const SHALLOW_SHARE: f64 = 0.6;
/// Shares of the daily quota of Heavy requests that deep and deepest polls may use, where shallow ones leave that much.
const DEEP_SHARE: f64 = 0.4;
const WEEK_SHARE: f64 = 0.1;
/// The part of the daily quota that all polls together may use: something is left for a person who asks.
const POLLS_SHARE: f64 = 0.95;
/// However little shallow polls leave, late records are looked for now and then.
const LEAST_SHARE: f64 = 0.02;
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
    /// Requests that the last shallow poll took.
    shallow: Option<u64>,
    /// How far the next shallow one reads back; absent = [`SHALLOW`].
    overlap: Option<SignedDuration>,
    /// Requests that the last deep poll took, and the last deepest.
    deep: u64,
    week: u64,
}

/// What a poll took, and what there is to take.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Heavy requests sent.
    pub requests: u64,
    /// How many a day we may send at the present pace; absent when there is no limit.
    pub per_day: Option<u64>,
    /// Time between two polls.
    pub interval: SignedDuration,
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
            self.overlap.unwrap_or(SHALLOW)
        }
    }

    /// How far a poll at `now` reads back that may use at most `left` requests together with the shallow ones of the rest
    /// of the day: no deep poll begins that would leave the day without polls.
    #[must_use]
    pub fn depth_within(&self, now: Timestamp, left: Option<u64>, interval: SignedDuration) -> SignedDuration {
        let wanted = self.depth(now);
        let Some(left) = left else { return wanted };
        let seconds = u64::try_from(86_400 - now.as_second().rem_euclid(86_400)).unwrap_or(0);
        let polls = seconds / interval.as_secs().unsigned_abs().max(1) + 1;
        let spare = left.saturating_sub(self.shallow.unwrap_or(1).saturating_mul(polls));
        // A quarter more than last time: there may be more calls by now.
        let fits = |cost: u64| cost + cost / 4 <= spare;
        if wanted >= WEEK && fits(self.week.max(self.deep.saturating_mul(7))) {
            WEEK
        } else if wanted >= DEEP && fits(self.deep) {
            DEEP
        } else {
            self.overlap.unwrap_or(SHALLOW)
        }
    }

    /// Notes what a poll of `depth` cost.
    pub fn done(&mut self, depth: SignedDuration, now: Timestamp, cost: Cost) {
        let requests = cost.requests;
        if depth < DEEP {
            self.shallow = Some(requests);
            self.overlap = Some(overlap(depth, cost));
        }
        let (deep_share, week_share) = self.shares(cost);
        if depth >= DEEP {
            // Of a deepest poll only a seventh counts here: the part that a deep one would have read.
            let part = if depth >= WEEK { requests.div_ceil(7) } else { requests };
            self.deep = part;
            self.next_deep = next(now, part, cost.per_day, deep_share, SECONDS_A_DAY);
        }
        if depth >= WEEK {
            self.week = requests;
            self.next_week = next(now, requests, cost.per_day, week_share, 7.0 * SECONDS_A_DAY);
        } else if self.next_week.is_none() {
            self.next_week = now.saturating_add(FIRST_WEEK).ok();
        }
    }

    /// What deep and deepest polls may use of the day, after the shallow ones: with polls every ten seconds these alone
    /// take more than half, and a day that ends without polls is worse than one with fewer deep ones.
    #[expect(clippy::cast_precision_loss, reason = "requests a day are far below 2^52")]
    fn shares(&self, cost: Cost) -> (f64, f64) {
        let Some(per_day) = cost.per_day else {
            return (DEEP_SHARE, WEEK_SHARE);
        };
        let polls = SECONDS_A_DAY / cost.interval.as_secs_f64().max(1.0);
        let shallow = self.shallow.unwrap_or(1) as f64 * polls / per_day.max(1) as f64;
        let left = ((POLLS_SHARE - shallow) / (DEEP_SHARE + WEEK_SHARE)).clamp(LEAST_SHARE, 1.0);
        (DEEP_SHARE * left, WEEK_SHARE * left)
    }
}

/// The shortest time between two polls with which a day of them fits `heavy_per_day`, at one request each: most of the
/// share, as deep polls need some of it too.
#[must_use]
pub fn least_interval(heavy_per_day: Option<u64>) -> SignedDuration {
    let Some(per_day) = heavy_per_day else {
        return SignedDuration::ZERO;
    };
    #[expect(clippy::cast_precision_loss, reason = "requests a day are far below 2^52")]
    let seconds = SECONDS_A_DAY / (per_day.max(1) as f64 * (POLLS_SHARE - DEEP_SHARE / 2.0));
    SignedDuration::try_from_secs_f64(seconds.min(SECONDS_A_DAY)).unwrap_or(DEEP)
}

/// How far the next shallow poll reads back, after one of `depth`.
#[expect(clippy::cast_precision_loss, reason = "requests a day are far below 2^52")]
fn overlap(depth: SignedDuration, cost: Cost) -> SignedDuration {
    let Some(per_day) = cost.per_day else { return SHALLOW };
    let polls = SECONDS_A_DAY / cost.interval.as_secs_f64().max(1.0);
    let allowed = (per_day as f64 * SHALLOW_SHARE / polls).max(1.0);
    // A poll of nothing still takes one request.
    let factor = (allowed / cost.requests.max(1) as f64).min(2.0);
    let scaled = SignedDuration::try_from_secs_f64(depth.as_secs_f64() * factor).unwrap_or(SHALLOW);
    scaled.clamp(SHALLOWEST, SHALLOW)
}

fn next(now: Timestamp, requests: u64, heavy_per_day: Option<u64>, share: f64, longest: f64) -> Option<Timestamp> {
    let Some(per_day) = heavy_per_day else { return Some(now) };
    #[expect(clippy::cast_precision_loss, reason = "requests a day are far below 2^52")]
    let seconds = requests as f64 * SECONDS_A_DAY / (per_day.max(1) as f64 * share);
    let wait = SignedDuration::try_from_secs_f64(seconds.min(longest)).unwrap_or(DEEP);
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

    const EVERY_FIVE_MINUTES: SignedDuration = SignedDuration::from_mins(5);

    fn cost(requests: u64, per_day: Option<u64>, interval: SignedDuration) -> Cost {
        Cost {
            requests,
            per_day,
            interval,
        }
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
                let requests = match depth {
                    WEEK => pages * 7,
                    DEEP => pages,
                    _ => 0,
                };
                spent += requests;
                sweep.done(
                    depth,
                    clock,
                    cost(requests, Some(15_000), SignedDuration::from_secs(10)),
                );
                clock = clock.saturating_add(SignedDuration::from_secs(10)).expect("in range");
            }
            // Half of the quota, and the first poll of either kind beyond it.
            assert!(spent <= 7_500 + pages * 8, "{pages} pages a day spent {spent}");
        }
    }

    #[test]
    fn a_day_of_polls_fits_the_share_however_often_they_come_and_however_busy_it_is() {
        let cases = [
            (10, 15_000, 300_u64),
            (10, 15_000, 6_000),
            (20, 7_500, 300),
            (300, 15_000, 12_000),
        ];
        for (interval, per_day, calls_an_hour) in cases {
            let interval = SignedDuration::from_secs(interval).max(least_interval(Some(per_day)));
            let pages = |hours: f64| {
                #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                let calls = calls_an_hour as f64 * hours;
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers")]
                let pages = (calls / 300.0).ceil().max(1.0) as u64;
                pages
            };
            let mut sweep = Sweep::default();
            let mut clock = start();
            let end = clock.saturating_add(SignedDuration::from_hours(24)).expect("in range");
            let mut spent = 0;
            while clock < end {
                let depth = sweep.depth(clock);
                let requests = pages(depth.saturating_add(interval).as_secs_f64() / 3_600.0);
                spent += requests;
                sweep.done(depth, clock, cost(requests, Some(per_day), interval));
                clock = clock.saturating_add(interval).expect("in range");
            }
            // The first deep and the first deepest poll are not foreseen.
            let first = pages(25.0) + pages(169.0);
            assert!(
                spent <= per_day + first,
                "every {interval:#}, {calls_an_hour} calls an hour: {spent} of {per_day}"
            );
        }
        assert_eq!(least_interval(None), SignedDuration::ZERO);
        assert!(least_interval(Some(15_000)) < SignedDuration::from_secs(10));
        assert!(least_interval(Some(7_500)) > SignedDuration::from_secs(10));
    }

    #[test]
    fn a_week_is_read_within_the_day() {
        let mut sweep = Sweep::default();
        sweep.done(DEEP, start(), cost(26, Some(15_000), EVERY_FIVE_MINUTES));
        let later = start().saturating_add(FIRST_WEEK).expect("in range");
        assert_eq!(sweep.depth(later), WEEK);
        sweep.done(WEEK, later, cost(182, Some(15_000), EVERY_FIVE_MINUTES));
        assert_ne!(sweep.depth(later), WEEK);
    }

    #[test]
    fn no_deep_poll_begins_that_would_leave_the_day_without_polls() {
        let evening: Timestamp = "2026-01-01T23:00:00Z".parse().expect("a time");
        let mut sweep = Sweep::default();
        sweep.done(SHALLOW, start(), cost(2, Some(1_500), EVERY_FIVE_MINUTES));
        sweep.done(DEEP, start(), cost(60, Some(1_500), EVERY_FIVE_MINUTES));
        let depth = |left| sweep.depth_within(evening, Some(left), EVERY_FIVE_MINUTES);
        // Thirteen polls of two requests are to come, and the deep one may have grown by a quarter.
        assert_eq!(depth(26 + 75), DEEP);
        assert!(depth(26 + 74) <= SHALLOW);
        assert!(sweep.depth_within(evening, None, EVERY_FIVE_MINUTES) >= DEEP);
    }

    #[test]
    fn without_a_daily_limit_every_poll_is_deep() {
        let mut sweep = Sweep::default();
        sweep.done(DEEP, start(), cost(10, None, EVERY_FIVE_MINUTES));
        assert_eq!(sweep.depth(start()), DEEP);
    }
}
