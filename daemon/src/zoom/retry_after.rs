//! When Zoom wants us back: `Retry-After` in each of its spellings.

use std::time::Duration;

use http::HeaderMap;
use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

/// No limit of Zoom's lasts longer than a day; a longer wait is a mistake of somebody's.
const LONGEST: Duration = Duration::from_secs(2 * 86_400);

/// The wait that `Retry-After` asks for: seconds, an HTTP date, or ISO 8601. Zero when the time is past.
#[must_use]
pub fn wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return (seconds >= 0.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST).min(LONGEST));
    }
    Some(until(instant(text)?, now).min(LONGEST))
}

fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(date) = httpdate::parse_http_date(text) {
        return Timestamp::try_from(date).ok();
    }
    text.parse().ok().or_else(|| {
        let civil: civil::DateTime = text.parse().ok()?;
        TimeZone::UTC.to_timestamp(civil).ok()
    })
}

/// From `now` until `then`; zero when that is past.
#[must_use]
pub fn until(then: Timestamp, now: Timestamp) -> Duration {
    then.duration_since(now).max(SignedDuration::ZERO).unsigned_abs()
}

/// From `now` until the next 00:00 UTC, when daily limits start anew.
#[must_use]
pub fn until_midnight(now: Timestamp) -> Duration {
    let seconds = now.as_second().rem_euclid(86_400);
    Duration::from_secs(u64::try_from(86_400 - seconds).unwrap_or(86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_retry_after_is_understood() {
        let now: Timestamp = "2026-03-01T10:00:00Z".parse().expect("a time");
        for (text, expected) in [
            ("7", Some(7)),
            ("0", Some(0)),
            ("Sun, 01 Mar 2026 10:01:00 GMT", Some(60)),
            ("2026-03-02T00:00:00Z", Some(50_400)),
            ("2026-03-02T00:00:00", Some(50_400)),
            ("2026-03-01T12:00:00+01:00", Some(3_600)),
            ("2020-01-01T00:00:00Z", Some(0)),
            ("soon", None),
            ("-5", None),
            ("1e300", Some(172_800)),
            ("9999-01-01T00:00:00Z", Some(172_800)),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", text.parse().expect("a header"));
            assert_eq!(wait(&headers, now), expected.map(Duration::from_secs), "{text}");
        }
        assert_eq!(wait(&HeaderMap::new(), now), None);
    }

    #[test]
    fn days_end_at_midnight_utc() {
        let late: Timestamp = "2026-03-01T23:59:50Z".parse().expect("a time");
        assert_eq!(until_midnight(late), Duration::from_secs(10));
    }
}
