//! Our share of Zoom's daily limit: who may use it first, what is kept for whom, and how long work will take.

use jiff::Timestamp;

/// What a request of the call list is for. The order is the order of precedence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// Calls of now: polls, and whatever a person waits for.
    #[default]
    Fresh,
    /// Windows known to be incomplete, and comparing closed ones.
    Gap,
    /// The past that was never collected.
    Backfill,
}

impl Purpose {
    /// Every purpose, the first in rank first.
    pub const ALL: [Self; 3] = [Self::Fresh, Self::Gap, Self::Backfill];

    /// Position in rank.
    #[must_use]
    pub const fn rank(self) -> usize {
        match self {
            Self::Fresh => 0,
            Self::Gap => 1,
            Self::Backfill => 2,
        }
    }
}

/// Part of a day's share that is kept for polls, even if they have used less so far: what deep and deepest polls may
/// use (`collect::sweep`).
const FOR_FRESH: f64 = 0.5;
/// Room for more calls than at the time of measuring.
const HEADROOM: f64 = 1.2;
/// Part of a day's share that is kept for gaps.
const FOR_GAPS: f64 = 0.1;
const DAY: f64 = 86_400.0;

/// One label's budget of one day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    /// Our share of the daily limit; absent when Zoom has none.
    pub per_day: Option<u64>,
    /// Our share of the limit a second.
    pub per_second: f64,
    /// Requests sent since 00:00 UTC.
    pub used: u64,
    /// Requests a day that fresh calls take at the present pace.
    pub fresh_per_day: f64,
}

impl Budget {
    /// Requests that must be left over for work of higher rank between `now` and the end of the day. What that work does
    /// not use is set free as the day goes by, so that nothing of the share is wasted.
    #[must_use]
    pub fn kept(&self, purpose: Purpose, now: Timestamp) -> u64 {
        let Some(per_day) = self.per_day else { return 0 };
        whole(self.kept_per_day(purpose, as_f64(per_day)) * left_of_day(now)).min(per_day)
    }

    fn kept_per_day(&self, purpose: Purpose, per_day: f64) -> f64 {
        let fresh = (per_day * FOR_FRESH).max(self.fresh_per_day * HEADROOM);
        match purpose {
            Purpose::Fresh => 0.0,
            Purpose::Gap => fresh,
            Purpose::Backfill => fresh + per_day * FOR_GAPS,
        }
    }

    /// Requests that `purpose` may send now; absent when there is no daily limit.
    #[must_use]
    pub fn available(&self, purpose: Purpose, now: Timestamp) -> Option<u64> {
        let left = self.per_day?.saturating_sub(self.used);
        Some(left.saturating_sub(self.kept(purpose, now)))
    }

    /// Requests a day at which what is left of today's share lasts until its end; at most the share itself. Absent when
    /// there is no daily limit.
    #[must_use]
    pub fn pace(&self, now: Timestamp) -> Option<u64> {
        let per_day = self.per_day?;
        let left = as_f64(per_day.saturating_sub(self.used));
        Some(whole(left / left_of_day(now)).min(per_day))
    }

    /// Seconds until enough is set free for `purpose` to be worth starting again: a hundredth of the share, or the next
    /// day.
    #[must_use]
    pub fn wait(&self, purpose: Purpose, now: Timestamp) -> u64 {
        let until_midnight = whole((left_of_day(now) * DAY).ceil()).max(1);
        let Some(per_day) = self.per_day else { return 0 };
        if self.used >= per_day || purpose == Purpose::Fresh {
            return until_midnight;
        }
        let freed_a_second = self.kept_per_day(purpose, as_f64(per_day)) / DAY;
        let left = as_f64(per_day - self.used);
        let wanted = (as_f64(per_day) / 100.0).ceil().max(1.0);
        let short = as_f64(self.kept(purpose, now)) + wanted - left;
        let wait = whole((short / freed_a_second.max(f64::EPSILON)).ceil());
        wait.clamp(60, until_midnight.max(60))
    }

    /// Seconds that `requests` for `purpose` will take: at the pace of a second as long as the day's share allows it,
    /// then day by day with what fresh calls leave.
    #[must_use]
    pub fn duration(&self, purpose: Purpose, requests: u64, now: Timestamp) -> u64 {
        if requests == 0 {
            return 0;
        }
        let requests = as_f64(requests);
        let at_full_pace = requests / self.per_second.max(0.001);
        let Some(per_day) = self.per_day.map(as_f64) else {
            return whole(at_full_pace.ceil());
        };
        let now_available = as_f64(self.available(purpose, now).unwrap_or(0));
        if requests <= now_available {
            return whole(at_full_pace.ceil());
        }
        let left_of_day = left_of_day(now);
        // What polls will really take, not what is kept for them; at least something is always left over.
        let usable = |share: f64, part: f64| {
            (share - self.fresh_per_day * part)
                .clamp(0.0, share)
                .max(per_day * (1.0 - FOR_FRESH - FOR_GAPS) * part)
        };
        let today =
            usable((per_day - as_f64(self.used)).max(0.0), left_of_day).min((per_day - as_f64(self.used)).max(0.0));
        let seconds_left = left_of_day * DAY;
        if requests <= today {
            return whole((seconds_left * requests / today.max(1.0)).max(at_full_pace).ceil());
        }
        let days = (requests - today) / usable(per_day, 1.0).max(1.0);
        whole((seconds_left + days * DAY).max(at_full_pace).ceil())
    }
}

/// When Zoom's daily limits start anew: the next 00:00 UTC.
#[must_use]
pub fn next_day(now: Timestamp) -> Timestamp {
    let second = now.as_second();
    Timestamp::from_second(second - second.rem_euclid(86_400) + 86_400).unwrap_or(now)
}

/// The part of the UTC day that is still to come, up to one.
fn left_of_day(now: Timestamp) -> f64 {
    let gone = now.as_second().rem_euclid(86_400);
    #[expect(clippy::cast_precision_loss, reason = "less than a day of seconds")]
    let left = (86_400 - gone) as f64;
    left / DAY
}

#[expect(clippy::cast_precision_loss, reason = "requests are far below 2^52")]
fn as_f64(requests: u64) -> f64 {
    requests as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to what fits before the cast"
)]
fn whole(number: f64) -> u64 {
    number.clamp(0.0, 1e15) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn budget(used: u64, fresh_per_day: f64) -> Budget {
        Budget {
            per_day: Some(15_000),
            per_second: 8.0,
            used,
            fresh_per_day,
        }
    }

    #[test]
    fn polls_may_use_all_of_it_gaps_less_and_backfill_least() {
        let midnight = at("2026-03-01T00:00:00Z");
        let budget = budget(0, 400.0);
        let available = Purpose::ALL.map(|purpose| budget.available(purpose, midnight));
        assert_eq!(available, [Some(15_000), Some(7_500), Some(6_000)]);
    }

    #[test]
    fn what_polls_do_not_use_is_set_free_as_the_day_goes_by() {
        let budget = budget(6_000, 400.0);
        assert_eq!(budget.available(Purpose::Backfill, at("2026-03-01T00:00:00Z")), Some(0));
        assert_eq!(
            budget.available(Purpose::Backfill, at("2026-03-01T12:00:00Z")),
            Some(4_500)
        );
        assert!(budget.available(Purpose::Backfill, at("2026-03-01T23:59:59Z")) > Some(8_900));
    }

    #[test]
    fn polls_that_take_more_than_half_keep_what_they_take() {
        let busy = budget(0, 14_000.0);
        assert_eq!(busy.available(Purpose::Backfill, at("2026-03-01T00:00:00Z")), Some(0));
        assert_eq!(busy.available(Purpose::Fresh, at("2026-03-01T00:00:00Z")), Some(15_000));
    }

    #[test]
    fn the_pace_is_what_makes_the_rest_last_until_midnight() {
        let noon = at("2026-03-01T12:00:00Z");
        assert_eq!(budget(12_000, 0.0).pace(noon), Some(6_000));
        assert_eq!(budget(100, 0.0).pace(noon), Some(15_000));
        assert_eq!(budget(15_000, 0.0).pace(noon), Some(0));
    }

    #[test]
    fn work_that_found_nothing_left_is_told_when_to_come_back() {
        let noon = at("2026-03-01T12:00:00Z");
        assert_eq!(budget(15_000, 400.0).wait(Purpose::Backfill, noon), 43_200);
        let waiting = budget(10_500, 400.0);
        assert_eq!(waiting.available(Purpose::Backfill, noon), Some(0));
        let wait = waiting.wait(Purpose::Backfill, noon);
        let then = noon + jiff::SignedDuration::from_secs(i64::try_from(wait).expect("short"));
        assert!(
            waiting.available(Purpose::Backfill, then) >= Some(149),
            "{wait} s later there is something to use"
        );
    }

    #[test]
    fn six_months_of_a_usual_account_take_minutes_and_more_than_a_day_takes_days() {
        let noon = at("2026-03-01T12:00:00Z");
        assert_eq!(budget(100, 400.0).duration(Purpose::Backfill, 1_600, noon), 200);
        let days = budget(100, 400.0).duration(Purpose::Backfill, 60_000, noon) / 86_400;
        assert!((3..=5).contains(&days), "{days} days");
        let unlimited = Budget {
            per_day: None,
            per_second: 32.0,
            ..budget(0, 0.0)
        };
        assert_eq!(unlimited.duration(Purpose::Fresh, 320, noon), 10);
        assert_eq!(unlimited.available(Purpose::Backfill, noon), None);
        assert_eq!(next_day(noon), at("2026-03-02T00:00:00Z"));
        assert_eq!(next_day(at("2026-03-02T00:00:00Z")), at("2026-03-03T00:00:00Z"));
    }
}
