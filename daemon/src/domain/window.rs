//! Windows of time, by call end time: the unit in which calls are collected and accounted for.

use jiff::{SignedDuration, Span, Timestamp, tz::TimeZone};

/// A half-open span `[from, to)` at second precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Window {
    /// First instant.
    pub from: Timestamp,
    /// First instant after.
    pub to: Timestamp,
}

impl Window {
    /// A window; empty when `to` is not after `from`.
    #[must_use]
    pub fn new(from: Timestamp, to: Timestamp) -> Self {
        Self {
            from: whole_second(from),
            to: whole_second(to),
        }
    }

    /// Whether it holds no instant.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.to <= self.from
    }

    /// Its length.
    #[must_use]
    pub fn length(&self) -> SignedDuration {
        self.to.duration_since(self.from)
    }

    /// Two halves, older first; nothing when it cannot be split at second precision.
    #[must_use]
    pub fn halves(&self) -> Option<(Self, Self)> {
        let half = SignedDuration::from_secs(self.length().as_secs() / 2);
        let middle = self.from.saturating_add(half).ok()?;
        (middle > self.from && middle < self.to).then_some((
            Self {
                from: self.from,
                to: middle,
            },
            Self {
                from: middle,
                to: self.to,
            },
        ))
    }

    /// The newest part, of at most `length`, and what is left before it.
    #[must_use]
    pub fn newest(&self, length: SignedDuration) -> (Self, Option<Self>) {
        match self.to.saturating_sub(length) {
            Ok(start) if start > self.from => (
                Self {
                    from: start,
                    to: self.to,
                },
                Some(Self {
                    from: self.from,
                    to: start,
                }),
            ),
            _ => (*self, None),
        }
    }
}

/// Drops fractions of a second: Zoom's query times have none.
#[must_use]
pub fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// The oldest instant that Zoom still answers for: six calendar months ago.
#[must_use]
pub fn horizon(now: Timestamp) -> Timestamp {
    now.to_zoned_datetime(TimeZone::UTC)
        .checked_sub(Span::new().months(6))
        .map_or(now, |start| whole_second(start.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn halves_cover_the_window_without_overlap() {
        let window = Window::new(at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:03Z"));
        let (older, newer) = window.halves().expect("three seconds split");
        assert_eq!((older.from, newer.to), (window.from, window.to));
        assert_eq!(older.to, newer.from);
        let second = Window::new(window.from, at("2026-01-01T00:00:01Z"));
        assert_eq!(second.halves(), None, "one second cannot be split");
    }

    #[test]
    fn newest_parts_walk_backwards_to_the_start() {
        let mut left = Some(Window::new(at("2026-01-01T00:00:00Z"), at("2026-01-03T12:00:00Z")));
        let mut parts = Vec::new();
        while let Some(window) = left {
            let (part, rest) = window.newest(SignedDuration::from_hours(24));
            parts.push(part.length().as_secs() / 3_600);
            left = rest;
        }
        assert_eq!(parts, [24, 24, 12]);
    }
}
