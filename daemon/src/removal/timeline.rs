//! When data of a withdrawn account is removed: the agreement's timer and Zoom's, as a function of dates alone.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use crate::ports::withdrawal::{Ground, Withdrawal};

/// Days before a removal on which is warned.
pub const WARNINGS: [i64; 4] = [30, 14, 7, 1];

/// Which of the two timers acts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Policy {
    /// The agreement's term end; Zoom's deadline is only shown.
    #[default]
    Agreement,
    /// Zoom's ten days, whatever the agreement says; the agreement's term end where Zoom says that data may be kept.
    ZoomTenDays,
}

impl Policy {
    /// Name in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agreement => "agreement",
            Self::ZoomTenDays => "zoom_ten_days",
        }
    }
}

/// Data must be gone this long after the term's end, or after a withdrawal that came later.
const AFTER_TERM: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Zoom wants user data gone this long after the withdrawal.
const ZOOM_DEADLINE: SignedDuration = SignedDuration::from_hours(10 * 24);
/// We remove a day before Zoom's deadline, so that a database that is down for a while does not break it.
const ZOOM_REMOVAL: SignedDuration = SignedDuration::from_hours(9 * 24);
/// Where the term had ended before the withdrawal: time to authorize again after a mistake.
const SECOND_THOUGHTS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The dates of a withdrawal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeline {
    /// When the agreement's term is over: the end of its last day, UTC.
    pub term_over_at: Option<Timestamp>,
    /// When data is removed by itself, unless something changes; absent without a term end.
    pub removal_at: Option<Timestamp>,
    /// Why.
    pub ground: Option<Ground>,
    /// Until when it has to be gone.
    pub deadline_at: Option<Timestamp>,
    /// Zoom's own deadline, whichever timer acts; absent where Zoom says that data may be kept.
    pub zoom_deadline_at: Option<Timestamp>,
}

/// The dates of a withdrawal under a policy and with the group's term end.
#[must_use]
pub fn timeline(withdrawal: &Withdrawal, term_end: Option<Date>, policy: Policy) -> Timeline {
    let may_keep = withdrawal.may_keep == Some(true);
    let zoom_deadline_at = (!may_keep).then(|| later(withdrawal.at, ZOOM_DEADLINE));
    let term_over_at = term_end.and_then(end_of);
    let (removal_at, ground, deadline_at) = match (policy, zoom_deadline_at, term_over_at) {
        (Policy::ZoomTenDays, Some(deadline), _) => (
            Some(later(withdrawal.at, ZOOM_REMOVAL)),
            Some(Ground::ZoomTenDays),
            Some(deadline),
        ),
        (_, _, Some(over)) => {
            let deadline = later(over.max(withdrawal.at), AFTER_TERM);
            let earliest = over.max(later(withdrawal.at, SECOND_THOUGHTS));
            (Some(earliest), Some(Ground::TermEnd), Some(deadline))
        }
        (_, _, None) => (None, None, None),
    };
    // A cancelled removal comes again, but never after the deadline.
    let removal_at = removal_at.map(|at| {
        let postponed = withdrawal.not_before.map_or(at, |not_before| at.max(not_before));
        deadline_at.map_or(postponed, |deadline| postponed.min(deadline))
    });
    Timeline {
        term_over_at,
        removal_at,
        ground,
        deadline_at,
        zoom_deadline_at,
    }
}

impl Timeline {
    /// Whether the removal is near enough to be scheduled and warned of: the number of the warning, in days.
    #[must_use]
    pub fn warning(&self, now: Timestamp) -> Option<i64> {
        let left = self.removal_at?.duration_since(now);
        WARNINGS
            .into_iter()
            .filter(|days| left <= SignedDuration::from_hours(days * 24))
            .min()
    }

    /// Whether the removal is due.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.removal_at.is_some_and(|at| at <= now)
    }
}

/// The instant at which a day is over everywhere we count days: in UTC.
fn end_of(day: Date) -> Option<Timestamp> {
    let midnight = day.tomorrow().ok()?.to_zoned_datetime(TimeZone::UTC).ok()?;
    Some(midnight.timestamp())
}

/// How long a cancelled removal rests.
#[must_use]
pub fn postponed(now: Timestamp) -> Timestamp {
    later(now, SECOND_THOUGHTS)
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::account::CdrState, ports::withdrawal::Notice};

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn withdrawn(at: &str) -> Withdrawal {
        Withdrawal {
            cdr_state: CdrState::Active,
            ..Withdrawal::noticed(time(at), Notice::Webhook)
        }
    }

    #[test]
    fn nothing_is_removed_before_the_last_day_of_the_term_is_over_and_all_within_thirty_days_after() {
        let term: Date = "2026-06-30".parse().expect("a day");
        let line = timeline(&withdrawn("2026-03-01T12:00:00Z"), Some(term), Policy::Agreement);
        assert!(!line.is_due(time("2026-06-30T23:59:59Z")));
        assert!(line.is_due(time("2026-07-01T00:00:00Z")));
        assert_eq!(line.deadline_at, Some(time("2026-07-31T00:00:00Z")));
        assert_eq!(line.ground, Some(Ground::TermEnd));
    }

    #[test]
    fn warnings_come_thirty_fourteen_seven_and_one_day_before() {
        let term: Date = "2026-06-30".parse().expect("a day");
        let line = timeline(&withdrawn("2026-03-01T12:00:00Z"), Some(term), Policy::Agreement);
        let at = |text: &str| line.warning(time(text));
        assert_eq!(at("2026-05-31T23:59:59Z"), None);
        assert_eq!(at("2026-06-01T00:00:00Z"), Some(30));
        assert_eq!(at("2026-06-17T00:00:00Z"), Some(14));
        assert_eq!(at("2026-06-24T00:00:00Z"), Some(7));
        assert_eq!(at("2026-06-30T00:00:00Z"), Some(1));
    }

    #[test]
    fn a_withdrawal_after_the_term_leaves_a_week_for_second_thoughts() {
        let term: Date = "2026-01-31".parse().expect("a day");
        let line = timeline(&withdrawn("2026-03-01T12:00:00Z"), Some(term), Policy::Agreement);
        assert_eq!(line.removal_at, Some(time("2026-03-08T12:00:00Z")));
        assert_eq!(line.deadline_at, Some(time("2026-03-31T12:00:00Z")));
    }

    #[test]
    fn without_a_term_end_nothing_is_removed_by_itself_but_zooms_deadline_is_shown() {
        let line = timeline(&withdrawn("2026-03-01T12:00:00Z"), None, Policy::Agreement);
        assert_eq!(
            (line.removal_at, line.warning(time("2040-01-01T00:00:00Z"))),
            (None, None)
        );
        assert_eq!(line.zoom_deadline_at, Some(time("2026-03-11T12:00:00Z")));
    }

    #[test]
    fn zooms_ten_days_act_when_the_configuration_says_so() {
        let term: Date = "2030-01-01".parse().expect("a day");
        let line = timeline(&withdrawn("2026-03-01T12:00:00Z"), Some(term), Policy::ZoomTenDays);
        assert_eq!(line.removal_at, Some(time("2026-03-10T12:00:00Z")));
        assert_eq!(line.deadline_at, line.zoom_deadline_at);
    }

    #[test]
    fn zooms_ten_days_are_none_where_zoom_says_that_data_may_be_kept() {
        let term: Date = "2030-01-01".parse().expect("a day");
        let mut withdrawal = withdrawn("2026-03-01T12:00:00Z");
        withdrawal.may_keep = Some(true);
        let line = timeline(&withdrawal, Some(term), Policy::ZoomTenDays);
        assert_eq!(line, timeline(&withdrawal, Some(term), Policy::Agreement));
        assert_eq!((line.ground, line.zoom_deadline_at), (Some(Ground::TermEnd), None));
        assert_eq!(timeline(&withdrawal, None, Policy::ZoomTenDays).removal_at, None);
    }

    #[test]
    fn a_cancelled_removal_comes_again_but_never_after_the_deadline() {
        let term: Date = "2026-06-30".parse().expect("a day");
        let mut withdrawal = withdrawn("2026-03-01T12:00:00Z");
        withdrawal.not_before = Some(time("2026-07-05T00:00:00Z"));
        let line = timeline(&withdrawal, Some(term), Policy::Agreement);
        assert_eq!(line.removal_at, Some(time("2026-07-05T00:00:00Z")));
        withdrawal.not_before = Some(time("2026-09-01T00:00:00Z"));
        let line = timeline(&withdrawal, Some(term), Policy::Agreement);
        assert_eq!(line.removal_at, line.deadline_at);
    }
}
