//! Timetables: days, local times and a zone, and the instants at which they are due. Civil time in, instants out.
//!
//! The `cron` crate steps the calendar in civil time only; `jiff` says which instant a civil time is. A local time that
//! does not exist is due at the first valid instant after it, one that occurs twice at its first occurrence, and a day
//! that the zone left out has no run. Several local times that fall on one instant are due once.

use std::{fmt, iter::Peekable, str::FromStr};

use chrono::{Datelike as _, NaiveDate, Timelike as _, Utc};
use cron::OwnedScheduleIterator;
use jiff::{
    Timestamp, ToSpan as _,
    civil::{self, Time},
    tz::{AmbiguousOffset, Offset, TimeZone},
};

use super::settings::{Days, parse_time_of_day};

/// Most local times of one timetable.
const MOST_TIMES: usize = 96;
/// Zones were never further from another reading of their own clocks; stepping begins that much earlier.
const MARGIN_DAYS: i64 = 2;
/// Names of days as `cron` knows them, Monday first. Its numbers begin with Sunday.
const CRON_DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Where the clock on the wall hangs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    /// Wherever this machine is.
    System,
    /// A zone of the system's zoneinfo, by its IANA name.
    Named(String),
}

impl Zone {
    /// A zone by its IANA name.
    ///
    /// # Errors
    /// A sentence for a person.
    pub fn parse(name: &str) -> Result<Self, String> {
        let zone = TimeZone::get(name)
            .ok()
            .filter(|zone| !zone.is_unknown())
            .ok_or_else(|| format!("\"{name}\" is not a time zone of this system; use an IANA name, for example America/New_York or UTC"))?;
        Ok(Self::Named(zone.iana_name().unwrap_or(name).to_owned()))
    }

    /// Its rules as the system knows them now.
    ///
    /// # Errors
    /// A sentence for a person, when the zone is no longer there.
    pub fn rules(&self) -> Result<TimeZone, String> {
        match self {
            Self::System => Ok(TimeZone::try_system().unwrap_or(TimeZone::UTC)),
            Self::Named(name) => TimeZone::get(name).map_err(|error| {
                format!("the zone {name} is gone from this system's zoneinfo, is tzdata installed? {error}")
            }),
        }
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::System => {
                let zone = TimeZone::try_system().unwrap_or(TimeZone::UTC);
                f.write_str(zone.iana_name().unwrap_or("UTC"))
            }
        }
    }
}

/// On which days, at which local times, in which zone.
#[derive(Debug, Clone)]
pub struct Timetable {
    days: Days,
    times: Vec<Time>,
    zone: Zone,
    steps: Vec<cron::Schedule>,
}

impl PartialEq for Timetable {
    fn eq(&self, other: &Self) -> bool {
        (self.days.on, &self.times, &self.zone) == (other.days.on, &other.times, &other.zone)
    }
}

impl Eq for Timetable {}

/// One due instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Firing {
    /// When.
    pub at: Timestamp,
    /// How far the clock on the wall is from UTC then.
    pub offset: Offset,
}

impl Timetable {
    /// From what a person typed: `mon-fri`, `["06:00", "17:00"]`, `America/New_York`.
    ///
    /// # Errors
    /// A sentence for a person that names the flag.
    pub fn parse<T: AsRef<str>>(days: &str, times: &[T], zone: &str) -> Result<Self, String> {
        let days = Days::parse(&days.to_lowercase()).map_err(|error| format!("--days: {error}, or daily"))?;
        let times = times
            .iter()
            .map(|time| parse_time_of_day(time.as_ref()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| format!("--at: {error}"))?;
        let zone = Zone::parse(zone).map_err(|error| format!("--timezone: {error}"))?;
        Self::new(days, times, zone)
    }

    /// Sorted, without repetitions.
    ///
    /// # Errors
    /// A sentence for a person: no time or too many.
    pub fn new(days: Days, mut times: Vec<Time>, zone: Zone) -> Result<Self, String> {
        times.sort_unstable();
        times.dedup();
        if times.is_empty() || times.len() > MOST_TIMES {
            return Err(format!("--at: give one to {MOST_TIMES} local times, for example 06:00"));
        }
        let on: Vec<&str> = CRON_DAYS
            .into_iter()
            .zip(days.on)
            .filter_map(|(name, on)| on.then_some(name))
            .collect();
        let steps = times
            .iter()
            .map(|time| {
                let line = format!("0 {} {} * * {}", time.minute(), time.hour(), on.join(","));
                cron::Schedule::from_str(&line).map_err(|error| format!("--days, --at: {error}"))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            days,
            times,
            zone,
            steps,
        })
    }

    /// The days, as typed.
    #[must_use]
    pub const fn days(&self) -> &Days {
        &self.days
    }

    /// The local times as `HH:MM`, in order.
    #[must_use]
    pub fn times(&self) -> Vec<String> {
        self.times
            .iter()
            .map(|time| format!("{:02}:{:02}", time.hour(), time.minute()))
            .collect()
    }

    /// The zone.
    #[must_use]
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Every due instant after `after`, in order.
    ///
    /// # Errors
    /// As [`Zone::rules`].
    pub fn after(&self, after: Timestamp) -> Result<Firings, String> {
        Ok(self.after_in(self.zone.rules()?, after))
    }

    /// [`Self::after`] by these rules.
    fn after_in(&self, rules: TimeZone, after: Timestamp) -> Firings {
        let shown = rules.to_datetime(after);
        let start = shown.checked_sub(MARGIN_DAYS.days()).unwrap_or(shown);
        let steps = self
            .steps
            .iter()
            .map(|step| step.after_owned(to_stepping(start)).peekable())
            .collect();
        Firings { steps, rules, after }
    }
}

/// Due instants in order.
pub struct Firings {
    steps: Vec<Peekable<OwnedScheduleIterator<Utc>>>,
    rules: TimeZone,
    /// The last one told.
    after: Timestamp,
}

impl Iterator for Firings {
    type Item = Firing;

    fn next(&mut self) -> Option<Firing> {
        loop {
            let next = self
                .steps
                .iter_mut()
                .enumerate()
                .filter_map(|(place, step)| step.peek().map(|next| (*next, place)))
                .min()
                .map(|(_, place)| place)?;
            let civil = self.steps.get_mut(next)?.next().and_then(from_stepping)?;
            // Instants follow each other as the civil times do; what is not later has been told.
            if let Some(at) = resolve(&self.rules, civil)
                && at > self.after
            {
                self.after = at;
                return Some(Firing {
                    at,
                    offset: self.rules.to_offset(at),
                });
            }
        }
    }
}

/// The instant at which a local time is due; nothing on a day that the zone left out.
fn resolve(rules: &TimeZone, civil: civil::DateTime) -> Option<Timestamp> {
    let found = rules.to_ambiguous_timestamp(civil);
    match found.offset() {
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => found.earlier().ok(),
        AmbiguousOffset::Gap { before, .. } => {
            // Read by the offset after the gap it lies before the gap.
            let earlier = found.earlier().ok()?;
            let end = rules
                .following(earlier)
                .map(|transition| transition.timestamp())
                .find(|at| rules.to_datetime(*at) > civil)?;
            let (last, first) = (before.to_datetime(end), rules.to_datetime(end));
            let day = civil.date();
            let left_out = last <= day.at(0, 0, 0, 0) && first.date() > day;
            (!left_out).then_some(end)
        }
    }
}

/// `cron` steps `chrono` times; UTC has every civil time once, so it stands for any zone's calendar.
fn to_stepping(civil: civil::DateTime) -> chrono::DateTime<Utc> {
    let (date, time) = (civil.date(), civil.time());
    let whole = |number: i8| u32::try_from(number).unwrap_or(0);
    NaiveDate::from_ymd_opt(i32::from(date.year()), whole(date.month()), whole(date.day()))
        .and_then(|day| day.and_hms_opt(whole(time.hour()), whole(time.minute()), whole(time.second())))
        .map_or(chrono::DateTime::UNIX_EPOCH, |civil| civil.and_utc())
}

fn from_stepping(step: chrono::DateTime<Utc>) -> Option<civil::DateTime> {
    let small = |number: u32| i8::try_from(number).ok();
    civil::DateTime::new(
        i16::try_from(step.year()).ok()?,
        small(step.month())?,
        small(step.day())?,
        small(step.hour())?,
        small(step.minute())?,
        small(step.second())?,
        0,
    )
    .ok()
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;
