//! Bounds how often the same is written: what is down for a day, or comes and goes all day, fills no journal.
//!
//! A line is the same as another when it comes from the same place in the code, is the same event, and is about the
//! same account, server or task. Warnings and errors are bounded tightly, what needs no one more widely; `debug` and
//! below are for whoever asked for them, and are not.

use std::{
    collections::BTreeMap,
    fmt::{Debug, Write as _},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use tracing::{
    Level, Metadata,
    field::{Field, Visit},
};
use tracing_subscriber::layer::{Context, Filter};

/// How many lines of one kind are written.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// So many at once: the beginning is seen in full.
    burst: u32,
    /// Afterwards one in this time.
    interval: Duration,
}

/// Of warnings and errors.
const TROUBLE: Pace = Pace {
    burst: 5,
    interval: Duration::from_secs(3_600),
};
/// Of what needs no one, recoveries among them: nothing that happens at a usual pace is left out.
const ROUTINE: Pace = Pace {
    burst: 20,
    interval: Duration::from_secs(1_800),
};
/// Most kinds that are remembered. More are forgotten together, which writes a line too many and never one too few.
const KINDS: usize = 4_096;
/// Fields that tell one trouble from another. Texts of errors do not: they may differ each time.
const TELLING: [&str; 10] = [
    "event",
    "alert",
    "account",
    "account_id",
    "server",
    "entity",
    "task",
    "label",
    "path",
    "place",
];

/// The filter that leaves repetitions out of what is written; durable events are caught before it.
#[derive(Debug, Default)]
pub(super) struct Bound {
    kinds: Mutex<BTreeMap<String, Kind>>,
}

#[derive(Debug)]
struct Kind {
    left: u32,
    since: Instant,
}

impl Bound {
    /// Whether one more line of this kind is written.
    fn admits(&self, kind: String, pace: Pace, now: Instant) -> bool {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        if kinds.len() >= KINDS {
            kinds.clear();
        }
        let known = kinds.entry(kind).or_insert(Kind {
            left: pace.burst,
            since: now,
        });
        let passed = now.saturating_duration_since(known.since).as_secs();
        let regained = u32::try_from(passed / pace.interval.as_secs()).unwrap_or(pace.burst);
        if regained > 0 {
            known.left = known.left.saturating_add(regained).min(pace.burst);
            known.since = now;
        }
        let admitted = known.left > 0;
        known.left = known.left.saturating_sub(1);
        admitted
    }
}

impl<S> Filter<S> for Bound {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &tracing::Event<'_>, _: &Context<'_, S>) -> bool {
        let metadata = event.metadata();
        let pace = match *metadata.level() {
            Level::ERROR | Level::WARN => TROUBLE,
            Level::INFO => ROUTINE,
            _ => return true,
        };
        let mut kind = Telling(format!("{}:{}", metadata.target(), metadata.line().unwrap_or_default()));
        event.record(&mut kind);
        self.admits(kind.0, pace, Instant::now())
    }
}

/// Place and telling fields, as one text.
struct Telling(String);

impl Visit for Telling {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if TELLING.contains(&field.name()) {
            // Writing to a string does not fail.
            let _ = write!(self.0, "\u{1f}{}={value:?}", field.name());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(bound: &Bound, (kind, pace): (&str, Pace), start: Instant, every: Duration, times: u32) -> usize {
        (0..times)
            .filter(|time| bound.admits(kind.to_owned(), pace, start + every * *time))
            .count()
    }

    #[test]
    fn an_outage_of_a_day_is_a_line_an_hour_whatever_the_poll_interval() {
        let start = Instant::now();
        let bound = Bound::default();
        let often = written(
            &bound,
            ("poll.failed acme", TROUBLE),
            start,
            Duration::from_secs(10),
            8_640,
        );
        assert!((24..=29).contains(&often), "{often}");
        let rarely = written(
            &bound,
            ("poll.failed globex", TROUBLE),
            start,
            Duration::from_secs(7_200),
            12,
        );
        assert_eq!(rarely, 12, "another account, and slower than the bound: every line");
    }

    #[test]
    fn what_comes_and_goes_all_day_is_bounded_and_what_happens_at_a_usual_pace_is_written() {
        let start = Instant::now();
        let bound = Bound::default();
        let often = written(
            &bound,
            ("poll.recovered acme", ROUTINE),
            start,
            Duration::from_secs(20),
            4_320,
        );
        assert!((48..=68).contains(&often), "{often}");
        let usual = written(
            &bound,
            ("sync.finished acme", ROUTINE),
            start,
            Duration::from_secs(1_800),
            96,
        );
        assert_eq!(usual, 96);
    }

    #[test]
    fn the_memory_of_kinds_is_bounded() {
        let bound = Bound::default();
        let now = Instant::now();
        for number in 0..3 * KINDS {
            assert!(bound.admits(number.to_string(), TROUBLE, now));
        }
        assert!(bound.kinds.lock().unwrap().len() <= KINDS);
    }
}
