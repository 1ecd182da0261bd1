//! Settings of CDR processing, parsed from what a person typed and printed back the same way.

use std::fmt;

use jiff::{Span, Timestamp, civil::Time, tz::TimeZone};

/// What `cdr set` saves as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CdrSettings {
    /// Whether CDR processing is wanted.
    pub enabled: bool,
    /// Seconds between polls, 10 s to 24 h.
    pub poll_interval_seconds: u64,
    /// How far back activation collects.
    pub backfill: Backfill,
    /// Whether call elements are fetched.
    pub elements: bool,
    /// Retention by class, as typed and checked.
    pub retain: Option<Retain>,
    /// Local time of the daily purge.
    pub purge_at: Option<Time>,
    /// Archive database and the age at which calls go there.
    pub archive: Option<Archive>,
    /// When silence is an alert.
    pub no_cdr: Option<NoCdr>,
    /// Databases that others took the place of. What they still hold is the account's: purged, erased and removed with it.
    pub former: Vec<Place>,
}

impl Default for CdrSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            poll_interval_seconds: 300,
            backfill: Backfill::Months(6),
            elements: true,
            retain: None,
            purge_at: None,
            archive: None,
            no_cdr: None,
            former: Vec::new(),
        }
    }
}

/// A database on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Database server.
    pub server: String,
    /// Database.
    pub database: String,
}

impl Place {
    /// Whether this is that database: names of databases ignore case, as servers do.
    #[must_use]
    pub fn is(&self, server: &str, database: &str) -> bool {
        self.server == server && self.database.eq_ignore_ascii_case(database)
    }
}

/// Where and when calls are archived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// Database server.
    pub server: String,
    /// Archive database.
    pub database: String,
    /// Age in days.
    pub after_days: u32,
}

/// When silence is an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoCdr {
    /// Quiet time in seconds.
    pub after_seconds: u64,
    /// Days, as typed and checked (`mon-fri`).
    pub days: Days,
    /// First and last minute of the day.
    pub hours: (Time, Time),
    /// IANA zone of days and hours.
    pub timezone: String,
}

/// How far back activation collects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backfill {
    /// Only new calls.
    None,
    /// Calendar months.
    Months(u32),
    /// Days.
    Days(u32),
}

impl Backfill {
    /// `none`, `6mo`, `30d`.
    ///
    /// # Errors
    /// A sentence for a person.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is not a backfill span; use 6mo, 30d or none (six months at most)");
        if text == "none" {
            return Ok(Self::None);
        }
        let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?);
        let count: u32 = digits.parse().map_err(|_| wrong())?;
        match unit {
            "mo" if (1..=6).contains(&count) => Ok(Self::Months(count)),
            "d" if (1..=184).contains(&count) => Ok(Self::Days(count)),
            _ => Err(wrong()),
        }
    }

    /// Where the span starts when it ends at `now`; absent for `none`.
    #[must_use]
    pub fn start(self, now: Timestamp) -> Option<Timestamp> {
        let span = match self {
            Self::None => return None,
            Self::Months(months) => Span::new().months(i64::from(months)),
            Self::Days(days) => Span::new().days(i64::from(days)),
        };
        now.to_zoned_datetime(TimeZone::UTC)
            .checked_sub(span)
            .ok()
            .map(|start| start.timestamp())
    }
}

impl fmt::Display for Backfill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Months(months) => write!(f, "{months}mo"),
            Self::Days(days) => write!(f, "{days}d"),
        }
    }
}

/// A duration in seconds: `90s`, `5m`, `6h`, `2d`.
///
/// # Errors
/// A sentence for a person.
pub fn parse_duration(text: &str) -> Result<u64, String> {
    let wrong = || format!("\"{text}\" is not a duration; use a number with s, m, h or d, for example 5m");
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?);
    let count: u64 = digits.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    count.checked_mul(seconds).ok_or_else(wrong)
}

/// Prints seconds in the largest unit that divides them.
#[must_use]
pub fn print_duration(seconds: u64) -> String {
    for (unit, size) in [("d", 86_400), ("h", 3_600), ("m", 60)] {
        if seconds >= size && seconds.is_multiple_of(size) {
            return format!("{}{unit}", seconds / size);
        }
    }
    format!("{seconds}s")
}

/// Poll interval in seconds.
///
/// # Errors
/// A sentence for a person, when it is not between 10 s and 24 h.
pub fn parse_poll_interval(text: &str) -> Result<u64, String> {
    let seconds = parse_duration(text)?;
    if (10..=86_400).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(format!("the poll interval {text} is outside 10s to 24h"))
    }
}

/// Days a class is kept; absent = for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retain {
    /// Class and days, in the order typed.
    pub classes: Vec<(String, Option<u32>)>,
}

impl Retain {
    /// `calls=730d,elements=730d,directory=never,history=90d`.
    ///
    /// # Errors
    /// A sentence for a person.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut classes: Vec<(String, Option<u32>)> = Vec::new();
        for part in text.split(',') {
            let (class, age) = part
                .split_once('=')
                .ok_or_else(|| format!("\"{part}\" is not CLASS=AGE; for example calls=730d"))?;
            if !["calls", "elements", "directory", "history"].contains(&class) {
                return Err(format!(
                    "\"{class}\" is not a class; use calls, elements, directory or history"
                ));
            }
            if classes.iter().any(|(known, _)| known == class) {
                return Err(format!("the class {class} is given twice"));
            }
            let days = if age == "never" { None } else { Some(parse_days(age)?) };
            classes.push((class.to_owned(), days));
        }
        Ok(Self { classes })
    }
}

impl fmt::Display for Retain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (class, days)) in self.classes.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            match days {
                Some(days) => write!(f, "{comma}{class}={days}d")?,
                None => write!(f, "{comma}{class}=never")?,
            }
        }
        Ok(())
    }
}

/// A hundred years. What should be kept for longer is kept for ever, and no reckoning with it leaves the calendar.
const MOST_DAYS: u32 = 36_500;

/// An age in whole days, `365d`.
///
/// # Errors
/// A sentence for a person.
pub fn parse_days(text: &str) -> Result<u32, String> {
    text.strip_suffix('d')
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .filter(|days| (1..=MOST_DAYS).contains(days))
        .ok_or_else(|| format!("\"{text}\" is not an age in days; use 1d to {MOST_DAYS}d, for example 365d"))
}

/// A set of weekdays, Monday first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days {
    /// Membership, Monday first.
    pub on: [bool; 7],
    text: String,
}

const DAY_NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Days {
    /// `mon-fri`, `mon,wed,sun`, `daily`.
    ///
    /// # Errors
    /// A sentence for a person.
    pub fn parse(text: &str) -> Result<Self, String> {
        let day = |name: &str| {
            DAY_NAMES
                .iter()
                .position(|known| *known == name)
                .ok_or_else(|| format!("\"{name}\" is not a day; use mon, tue, wed, thu, fri, sat, sun"))
        };
        let mut on = [false; 7];
        if text == "daily" {
            on = [true; 7];
        } else {
            for part in text.split(',') {
                let (first, last) = part.split_once('-').unwrap_or((part, part));
                let (first, last) = (day(first)?, day(last)?);
                let mut position = first;
                loop {
                    on[position] = true;
                    if position == last {
                        break;
                    }
                    position = (position + 1) % 7;
                }
            }
        }
        Ok(Self {
            on,
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A local time `HH:MM`.
///
/// # Errors
/// A sentence for a person.
pub fn parse_time_of_day(text: &str) -> Result<Time, String> {
    let wrong = || format!("\"{text}\" is not a time of day; use HH:MM, for example 02:30");
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    // Numbers may have a sign, hours may not.
    let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !two_digits(hour) || !two_digits(minute) {
        return Err(wrong());
    }
    let hour = hour.parse().map_err(|_| wrong())?;
    let minute = minute.parse().map_err(|_| wrong())?;
    Time::new(hour, minute, 0, 0).map_err(|_| wrong())
}

/// Hours `HH:MM-HH:MM`. The end may be `24:00`, which is the midnight after the day; so is every end that is not after its
/// start one of the next day.
///
/// # Errors
/// A sentence for a person.
pub fn parse_hours(text: &str) -> Result<(Time, Time), String> {
    let (from, to) = text
        .split_once('-')
        .ok_or_else(|| format!("\"{text}\" is not a span of hours; for example 08:00-18:00"))?;
    let to = if to == "24:00" {
        Ok(Time::midnight())
    } else {
        parse_time_of_day(to)
    };
    Ok((parse_time_of_day(from)?, to?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_what_was_typed() {
        for text in ["none", "6mo", "30d"] {
            assert_eq!(Backfill::parse(text).map(|b| b.to_string()), Ok(text.to_owned()));
        }
        for text in ["10s", "5m", "6h", "2d"] {
            assert_eq!(parse_duration(text).map(print_duration), Ok(text.to_owned()));
        }
        let retain = "calls=730d,elements=730d,directory=never,history=90d";
        assert_eq!(Retain::parse(retain).map(|r| r.to_string()), Ok(retain.to_owned()));
    }

    #[test]
    fn bad_settings_are_refused() {
        assert!(Backfill::parse("7mo").is_err());
        assert!(Backfill::parse("six months").is_err());
        assert!(parse_poll_interval("9s").is_err());
        assert!(parse_poll_interval("25h").is_err());
        assert!(parse_duration("5").is_err());
        assert!(Retain::parse("calls=730d,calls=1d").is_err());
        assert!(Retain::parse("tapes=1d").is_err());
        assert!(Days::parse("funday").is_err());
        assert!(parse_time_of_day("24:00").is_err());
        assert!(parse_time_of_day("2:30").is_err());
        assert!(parse_hours("08:00").is_err());
    }

    #[test]
    fn days_wrap_around_the_week() {
        let days = Days::parse("sat-mon").map(|days| days.on);
        assert_eq!(days, Ok([true, false, false, false, false, true, true]));
    }

    #[test]
    fn six_months_back_is_by_calendar() {
        let now: Timestamp = "2026-08-31T10:00:00Z".parse().expect("a time");
        let start = Backfill::Months(6).start(now).map(|start| start.to_string());
        assert_eq!(start.as_deref(), Some("2026-02-28T10:00:00Z"));
    }
}
