//! How instants, days, counts and fixed texts are written in columns, and read back exactly.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use jiff::{Timestamp, civil::Date};

use super::error::StateError;

/// Nanoseconds since 1970; exact, and in the order of time.
pub(super) fn instant(time: Timestamp) -> Result<i64, StateError> {
    i64::try_from(time.as_nanosecond()).map_err(|_| StateError::OutOfRange("a time after the year 2262"))
}

pub(super) fn optional_instant(time: Option<Timestamp>) -> Result<Option<i64>, StateError> {
    time.map(instant).transpose()
}

pub(super) fn read_instant(nanoseconds: i64) -> Result<Timestamp, StateError> {
    Timestamp::from_nanosecond(i128::from(nanoseconds)).map_err(|error| StateError::damaged("time", error))
}

pub(super) fn read_optional_instant(nanoseconds: Option<i64>) -> Result<Option<Timestamp>, StateError> {
    nanoseconds.map(read_instant).transpose()
}

pub(super) fn read_day(text: &str) -> Result<Date, StateError> {
    text.parse().map_err(|error| StateError::damaged("day", error))
}

pub(super) fn count(count: u64) -> Result<i64, StateError> {
    i64::try_from(count).map_err(|_| StateError::OutOfRange("a count above 2^63"))
}

pub(super) fn read_count(count: i64) -> Result<u64, StateError> {
    u64::try_from(count).map_err(|_| StateError::damaged("count", count))
}

/// Names are compared without regard to case, in every script.
pub(super) fn key(name: &str) -> String {
    name.to_lowercase()
}

/// Most distinct fixed texts that are kept; there are some dozens in the whole program.
const MOST_FIXED_TEXTS: usize = 1_000;

/// The fixed text equal to a stored one. The ports name units, fault codes and roles by `&'static str`; the store
/// does not know the constants of other rooms, so each distinct text is kept once, for ever. They were all written
/// from constants, so there are few; a damaged file cannot make them many.
pub(super) fn fixed(text: &str) -> &'static str {
    static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.get(text) {
        return known;
    }
    if kept.len() >= MOST_FIXED_TEXTS {
        return "unknown";
    }
    let new: &'static str = Box::leak(text.to_owned().into_boxed_str());
    kept.insert(new);
    new
}
