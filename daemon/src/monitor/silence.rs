//! The no-CDR rule: how long an account has been quiet, counted inside its days and hours only. Pure.

use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, Time},
    tz::TimeZone,
};

use super::{
    blame::{self, Root},
    facts::AccountFacts,
};
use crate::{
    domain::{
        account::{CdrState, named},
        settings::NoCdr,
    },
    ports::state::JobKind,
};

/// Counting stops here: a limit is at most that long.
const LONGEST_DAYS: i32 = 400;

named! {
    /// Why no calls arrive.
    Cause {
        /// We look and Zoom has none.
        NoCallsAtZoom = "no_calls_at_zoom",
        /// Zoom does not answer.
        ZoomUnreachable = "zoom_unreachable",
        /// Zoom does not accept us.
        Token = "token",
        /// A rate limit, or our share is used up.
        RateLimited = "rate_limited",
        /// The database cannot be used.
        Database = "database",
        /// Nobody looks: processing is not active.
        ProcessingOff = "processing_off",
    }
}

/// What the rule says now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// Quiet for so long inside the hours.
    pub quiet: SignedDuration,
    /// Longer than the limit.
    pub too_long: bool,
    /// It is inside the hours now: only then may an alert begin.
    pub inside: bool,
}

/// Judges the rule; nothing when its zone is not known to the system.
#[must_use]
pub fn judge(rule: &NoCdr, holidays: &[Date], last_call: Timestamp, now: Timestamp) -> Option<Silence> {
    let zone = TimeZone::get(&rule.timezone).ok()?;
    let quiet = counted(rule, holidays, &zone, last_call, now);
    let limit = SignedDuration::from_secs(i64::try_from(rule.after_seconds).unwrap_or(i64::MAX));
    let inside = !counted(rule, holidays, &zone, now - SignedDuration::from_secs(1), now).is_zero();
    Some(Silence {
        quiet,
        too_long: quiet > limit,
        inside,
    })
}

/// The part of a span that lies inside the hours of the rule's days.
fn counted(rule: &NoCdr, holidays: &[Date], zone: &TimeZone, from: Timestamp, to: Timestamp) -> SignedDuration {
    let mut total = SignedDuration::ZERO;
    if from >= to {
        return total;
    }
    // Hours that end at or before their start reach into the next day, so the day before counts as well.
    let first = from.to_zoned_datetime(zone.clone()).date().saturating_sub(1.day());
    let last = to.to_zoned_datetime(zone.clone()).date();
    let mut day = first.max(last.saturating_sub(LONGEST_DAYS.days()));
    while day <= last {
        if is_on(rule, holidays, day)
            && let Some((start, end)) = hours(rule, zone, day)
        {
            let (start, end) = (start.max(from), end.min(to));
            if start < end {
                total = total.saturating_add(end.duration_since(start));
            }
        }
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    total
}

fn is_on(rule: &NoCdr, holidays: &[Date], day: Date) -> bool {
    let position = usize::from(day.weekday().to_monday_zero_offset().unsigned_abs());
    rule.days.on[position] && !holidays.contains(&day)
}

/// The instants between which a day counts. A local time that does not exist is the first valid instant after it.
fn hours(rule: &NoCdr, zone: &TimeZone, day: Date) -> Option<(Timestamp, Timestamp)> {
    let instant = |day: Date, time: Time| {
        let zoned = day.to_datetime(time).to_zoned_datetime(zone.clone()).ok()?;
        Some(zoned.timestamp())
    };
    let (opens, closes) = rule.hours;
    let closing_day = if closes > opens { day } else { day.tomorrow().ok()? };
    Some((instant(day, opens)?, instant(closing_day, closes)?))
}

/// Why an account is quiet: the first of the causes that explains the others.
#[must_use]
pub fn cause(facts: &AccountFacts) -> Cause {
    let cdr = &facts.account.cdr;
    // Whatever else works: while polls fail, what they fail for is why no calls arrive.
    let polls = facts.runs(JobKind::Cdr).and_then(|runs| runs.failure.as_ref());
    let root = blame::root(facts).or_else(|| blame::of_fault(&polls?.fault));
    match root {
        Some(Root::Token) => Cause::Token,
        _ if cdr.state != CdrState::Active || !cdr.settings.enabled => Cause::ProcessingOff,
        Some(Root::Database(_) | Root::Disk(_) | Root::StateStore(_)) => Cause::Database,
        Some(Root::Zoom(_)) => Cause::ZoomUnreachable,
        Some(Root::Quota(_)) => Cause::RateLimited,
        None => Cause::NoCallsAtZoom,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::settings::{Days, parse_hours};

    fn rule(days: &str, hours: &str, after_hours: u64, timezone: &str) -> NoCdr {
        NoCdr {
            after_seconds: after_hours * 3_600,
            days: Days::parse(days).expect("days"),
            hours: parse_hours(hours).expect("hours"),
            timezone: timezone.to_owned(),
        }
    }

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn quiet(rule: &NoCdr, holidays: &[Date], last: &str, now: &str) -> i64 {
        judge(rule, holidays, time(last), time(now))
            .expect("a zone")
            .quiet
            .as_mins()
    }

    /// 2026-03-06 is a Friday.
    #[test]
    fn nights_and_weekends_do_not_count() {
        let office = rule("mon-fri", "08:00-18:00", 6, "UTC");
        assert_eq!(
            quiet(&office, &[], "2026-03-06T17:00:00Z", "2026-03-09T09:30:00Z"),
            60 + 90
        );
        assert_eq!(quiet(&office, &[], "2026-03-06T19:00:00Z", "2026-03-09T07:00:00Z"), 0);
        let judged = judge(&office, &[], time("2026-03-06T17:00:00Z"), time("2026-03-09T13:00:00Z"));
        assert_eq!(
            judged.map(|silence| (silence.too_long, silence.inside)),
            Some((false, true))
        );
        let judged = judge(&office, &[], time("2026-03-06T17:00:00Z"), time("2026-03-09T13:00:01Z"));
        assert_eq!(judged.map(|silence| silence.too_long), Some(true));
    }

    #[test]
    fn nothing_begins_outside_the_hours() {
        let office = rule("mon-fri", "08:00-18:00", 6, "UTC");
        for outside in ["2026-03-06T07:59:59Z", "2026-03-06T18:00:01Z", "2026-03-07T12:00:00Z"] {
            let judged = judge(&office, &[], time("2026-02-01T00:00:00Z"), time(outside));
            assert_eq!(
                judged.map(|silence| (silence.too_long, silence.inside)),
                Some((true, false)),
                "{outside}"
            );
        }
    }

    #[test]
    fn a_holiday_does_not_count() {
        let office = rule("mon-fri", "08:00-18:00", 6, "Europe/Berlin");
        let christmas: Date = "2026-12-25".parse().expect("a date");
        let (last, now) = ("2026-12-24T17:00:00Z", "2026-12-28T08:00:00Z");
        assert_eq!(quiet(&office, &[], last, now), 600 + 60);
        assert_eq!(quiet(&office, &[christmas], last, now), 60);
    }

    #[test]
    fn hours_are_local_also_when_clocks_change() {
        // On 2026-03-29 clocks in Berlin go from 02:00 to 03:00.
        let night = rule("daily", "01:00-04:00", 6, "Europe/Berlin");
        assert_eq!(quiet(&night, &[], "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"), 120);
        assert_eq!(quiet(&night, &[], "2026-03-27T12:00:00Z", "2026-03-28T12:00:00Z"), 180);
    }

    #[test]
    fn a_whole_day_is_every_minute_of_it() {
        let always = rule("daily", "00:00-24:00", 6, "UTC");
        let (last, now) = ("2026-03-06T00:00:00Z", "2026-03-09T00:00:00Z");
        assert_eq!(quiet(&always, &[], last, now), 3 * 24 * 60);
        let evening = rule("daily", "18:00-24:00", 6, "UTC");
        assert_eq!(quiet(&evening, &[], last, now), 3 * 6 * 60);
        assert!(parse_hours("24:00-08:00").is_err());
    }

    #[test]
    fn hours_may_reach_over_midnight() {
        let late = rule("fri", "22:00-06:00", 1, "UTC");
        assert_eq!(quiet(&late, &[], "2026-03-06T12:00:00Z", "2026-03-07T03:00:00Z"), 300);
        let all_day = rule("daily", "00:00-00:00", 1, "UTC");
        assert_eq!(
            quiet(&all_day, &[], "2026-03-06T12:00:00Z", "2026-03-08T12:00:00Z"),
            2_880
        );
    }

    #[test]
    fn an_unknown_zone_judges_nothing() {
        let nowhere = rule("daily", "00:00-00:00", 1, "Mars/Olympus");
        assert_eq!(
            judge(
                &nowhere,
                &[],
                time("2026-03-06T12:00:00Z"),
                time("2026-03-08T12:00:00Z")
            ),
            None
        );
    }
}
