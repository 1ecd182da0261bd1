//! The span of a backfill as a person typed it.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::domain::{
    failure::{Cause, Fault},
    window::{Window, horizon},
};

/// A time as typed: RFC 3339, or a UTC date.
///
/// # Errors
/// Code `time_invalid`.
pub fn parse_time(text: &str) -> Result<Timestamp, Fault> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    text.parse::<Date>()
        .ok()
        .filter(|_| text.len() == 10)
        .and_then(|date| date.to_zoned_datetime(TimeZone::UTC).ok())
        .map(|midnight| midnight.timestamp())
        .ok_or_else(|| {
            Fault::new(Cause::Usage, "time_invalid", format!("\"{text}\" is not a time"))
                .hint("Use 2026-01-31 (UTC) or 2026-01-31T08:00:00Z.")
        })
}

/// The span between two typed ends. An absent end is now; a start before Zoom's horizon is moved there.
///
/// # Errors
/// Code `span_invalid`: empty, in the future, or wholly beyond what Zoom keeps.
pub fn parse_span(from: &str, to: Option<&str>, now: Timestamp) -> Result<Window, Fault> {
    let wrong = |message: String, hint: &str| Fault::new(Cause::Usage, "span_invalid", message).hint(hint);
    let start = parse_time(from)?;
    let end = to.map(parse_time).transpose()?.unwrap_or(now).min(now);
    if start >= end {
        return Err(wrong(
            format!("the span from {start} to {end} is empty"),
            "--from must lie before --to and in the past.",
        ));
    }
    let oldest = horizon(now);
    if end <= oldest {
        return Err(wrong(
            format!("Zoom keeps six months of calls; everything before {oldest} is gone there"),
            "Choose a span that ends later.",
        ));
    }
    Ok(Window::new(start.max(oldest), end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-07-01T12:00:00Z".parse().expect("a time")
    }

    #[test]
    fn dates_are_utc_midnights() {
        let span = parse_span("2026-06-01", Some("2026-06-02"), now()).expect("a span");
        assert_eq!(span.from.to_string(), "2026-06-01T00:00:00Z");
        assert_eq!(span.length().as_hours(), 24);
    }

    #[test]
    fn start_beyond_the_horizon_is_moved_to_it() {
        let span = parse_span("2020-01-01", None, now()).expect("a span");
        assert_eq!(span.from.to_string(), "2026-01-01T12:00:00Z");
        assert_eq!(span.to, now());
    }

    #[test]
    fn impossible_spans_are_refused() {
        for (from, to) in [
            ("2026-06-02", Some("2026-06-01")),
            ("2026-08-01", None),
            ("2020-01-01", Some("2020-02-01")),
            ("soon", None),
        ] {
            assert!(parse_span(from, to, now()).is_err(), "{from}");
        }
    }
}
