//! `from` and `to` of a call-history query: their rules, and what Zoom silently makes of them.

use crate::answer::Answer;
use crate::request::Params;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan, ZonedDateTime};

/// The range that is really searched, both ends included, and how it is echoed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub first: i64,
    pub last: i64,
    pub from: String,
    pub to: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    Day(Date),
    Instant(Timestamp),
}

impl Bound {
    fn parse(text: &str) -> Option<Self> {
        if text.len() == 10 {
            return text.parse().ok().map(Self::Day);
        }
        // Only `yyyy-MM-dd'T'HH:mm:ss'Z'`: no fraction, no other zone.
        (text.len() == 20 && text.ends_with('Z'))
            .then(|| text.parse().ok().map(Self::Instant))
            .flatten()
    }

    /// Days are UTC days; Zoom does not say which zone it takes.
    fn begin(self) -> Timestamp {
        match self {
            Self::Day(date) => date
                .to_zoned_datetime(TimeZone::UTC)
                .map_or(Timestamp::MIN, |day| day.timestamp()),
            Self::Instant(at) => at,
        }
    }

    fn end(self) -> i64 {
        match self {
            Self::Day(_) => self.begin().as_second() + 86_399,
            Self::Instant(at) => at.as_second(),
        }
    }
}

/// `force_seconds` is the fault that clamps any range.
pub(crate) fn read(
    params: &Params,
    now: Timestamp,
    months: Option<u8>,
    force_seconds: Option<i64>,
) -> Result<Range, Box<Answer>> {
    let refuse = |field: &str, message: &str| Err(Box::new(Answer::validation(field, message)));
    let present = |name: &str| params.get(name).filter(|text| !text.is_empty());
    let (from, to) = match (present("from"), present("to")) {
        (None, None) => {
            let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
            (
                Bound::Instant(now - SignedDuration::from_hours(24)),
                Bound::Instant(now),
            )
        }
        (Some(_), None) => {
            return refuse("to", "The to field is required when the from field is specified.");
        }
        (None, Some(_)) => {
            return refuse("from", "The from field is required when the to field is specified.");
        }
        (Some(from), Some(to)) => {
            let Some(from) = Bound::parse(from) else {
                return refuse("from", "Invalid date format.");
            };
            let Some(to) = Bound::parse(to) else {
                return refuse("to", "Invalid date format.");
            };
            (from, to)
        }
    };
    if matches!(from, Bound::Day(_)) != matches!(to, Bound::Day(_)) {
        return refuse("to", "The to field should be in the same format as the from field.");
    }
    if from.begin() > to.begin() {
        return refuse("from", "The from field should not be later than the to field.");
    }
    let mut start = from.begin();
    let mut clamp = |earliest: Option<Timestamp>| {
        start = earliest.map_or(start, |earliest| start.max(earliest));
    };
    let utc = |at: Timestamp| at.to_zoned_datetime(TimeZone::UTC);
    clamp(utc(to.begin()).checked_sub(1.month()).ok().map(|at| at.timestamp()));
    clamp(
        months
            .and_then(|months| utc(now).checked_sub(i64::from(months).months()).ok())
            .map(|at| whole(&at, from)),
    );
    clamp(force_seconds.and_then(|seconds| to.begin().checked_sub(SignedDuration::from_secs(seconds)).ok()));
    let shown = match from {
        Bound::Day(_) => Bound::Day(utc(start).date()),
        Bound::Instant(_) => Bound::Instant(start),
    };
    Ok(Range {
        first: shown.begin().as_second(),
        last: to.end(),
        from: echo(shown),
        to: echo(to),
    })
}

/// The horizon in the unit of the query: whole days for dates, whole seconds for instants.
fn whole(at: &ZonedDateTime, like: Bound) -> Timestamp {
    match like {
        Bound::Day(_) => Bound::Day(at.date()).begin(),
        Bound::Instant(_) => Timestamp::from_second(at.timestamp().as_second()).unwrap_or(Timestamp::MIN),
    }
}

fn echo(bound: Bound) -> String {
    match bound {
        Bound::Day(date) => date.to_string(),
        Bound::Instant(at) => at.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::request::Params;
    use jiff::Timestamp;

    fn echoed(query: &str) -> Result<(String, String), u16> {
        let now: Timestamp = "2026-07-15T12:00:00Z".parse().expect("a time");
        read(&Params::parse(query.as_bytes()), now, Some(6), None)
            .map(|range| (range.from, range.to))
            .map_err(|answer| answer.status)
    }

    #[test]
    fn neither_bound_means_the_last_24_hours() {
        assert_eq!(
            echoed(""),
            Ok(("2026-07-14T12:00:00Z".into(), "2026-07-15T12:00:00Z".into()))
        );
    }

    #[test]
    fn more_than_a_month_is_clamped_and_echoed() {
        assert_eq!(
            echoed("from=2026-03-01&to=2026-07-01"),
            Ok(("2026-06-01".into(), "2026-07-01".into()))
        );
    }

    #[test]
    fn nothing_reaches_back_more_than_six_months() {
        let range = echoed("from=2026-01-01T00:00:00Z&to=2026-01-20T00:00:00Z");
        assert_eq!(
            range,
            Ok(("2026-01-15T12:00:00Z".into(), "2026-01-20T00:00:00Z".into()))
        );
    }

    #[test]
    fn the_rules_of_from_and_to_are_enforced() {
        for query in [
            "from=2026-07-01",
            "to=2026-07-01",
            "from=2026-07-01&to=2026-07-02T00:00:00Z",
            "from=2026-07-03&to=2026-07-02",
            "from=yesterday&to=today",
            "from=2026-07-01T00:00:00%2B02:00&to=2026-07-02T00:00:00%2B02:00",
        ] {
            assert_eq!(echoed(query), Err(400), "{query}");
        }
    }
}
