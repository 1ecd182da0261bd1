//! Times and durations as people read them: the terminal's own zone, always with its offset.

use jiff::{Timestamp, tz::TimeZone};

/// `2026-11-23 18:24:40 +01:00`.
pub fn local(instant: Timestamp, zone: &TimeZone) -> String {
    instant
        .to_zoned_datetime(zone.clone())
        .strftime("%Y-%m-%d %H:%M:%S %:z")
        .to_string()
}

/// As [`local`]; what is not a time stays as it is, nothing stays nothing.
pub fn local_text(text: &str, zone: &TimeZone) -> String {
    text.parse::<Timestamp>()
        .map_or_else(|_| text.to_owned(), |instant| local(instant, zone))
}

/// `2 d 3 h`, `4 min 5 s`, `0.4 s`: the two leading units.
pub fn span(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "unknown".to_owned();
    }
    if seconds < 10.0 {
        let tenths = format!("{seconds:.1}");
        return format!("{} s", tenths.strip_suffix(".0").unwrap_or(&tenths));
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = seconds.round() as u64;
    let parts = [
        (whole / 86_400, "d"),
        (whole / 3600 % 24, "h"),
        (whole / 60 % 60, "min"),
        (whole % 60, "s"),
    ];
    let first = parts.iter().position(|(number, _)| *number > 0).unwrap_or(3);
    parts[first..]
        .iter()
        .take(2)
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number} {unit}"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Length of a call: `0:07`, `1:02:03`.
pub fn talk(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::{TimeZone, offset};

    use super::{local, local_text, span, talk};

    #[test]
    fn times_carry_the_offset_of_the_zone() {
        let zone = TimeZone::fixed(offset(-5));
        let instant = "2026-03-08T07:30:00Z".parse().unwrap();
        assert_eq!(local(instant, &zone), "2026-03-08 02:30:00 -05:00");
        assert_eq!(local_text("soon", &zone), "soon");
    }

    #[test]
    fn spans_show_two_units() {
        assert_eq!(span(0.42), "0.4 s");
        assert_eq!(span(3.0), "3 s");
        assert_eq!(span(65.0), "1 min 5 s");
        assert_eq!(span(3600.0), "1 h");
        assert_eq!(span(183_845.0), "2 d 3 h");
        assert_eq!(span(f64::NAN), "unknown");
    }

    #[test]
    fn talk_time_is_a_clock() {
        assert_eq!(talk(7), "0:07");
        assert_eq!(talk(3723), "1:02:03");
    }
}
