//! What reading a span brought: counts, faults of Zoom's paging, and what it proves about windows of the ledger.

use std::ops::AddAssign;

use jiff::Timestamp;

use crate::{
    domain::{
        ledger::{next_age, stage, tiles},
        window::Window,
    },
    ports::records::{Comparison, Proof, Receipt, ZoomTotal},
};

/// What Zoom's listing did wrong, by kind. None of it loses a record; each is counted so that a person sees it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// Readings with fewer records than the total.
    pub short_readings: u64,
    /// Records that came again within one reading.
    pub duplicate_rows: u64,
    /// Page tokens that were refused.
    pub expired_tokens: u64,
    /// Page tokens handed out twice.
    pub repeated_tokens: u64,
    /// Pages served twice.
    pub repeated_pages: u64,
    /// Answers for less than what was asked.
    pub clamped_ranges: u64,
    /// Totals below what was received, or that moved between pages.
    pub wrong_totals: u64,
    /// Windows that had to be split to be read.
    pub splits: u64,
}

impl Faults {
    const fn kinds(&self) -> [(&'static str, u64); 8] {
        [
            ("short_readings", self.short_readings),
            ("duplicate_rows", self.duplicate_rows),
            ("expired_tokens", self.expired_tokens),
            ("repeated_tokens", self.repeated_tokens),
            ("repeated_pages", self.repeated_pages),
            ("clamped_ranges", self.clamped_ranges),
            ("wrong_totals", self.wrong_totals),
            ("splits", self.splits),
        ]
    }

    /// All of them.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.kinds().iter().map(|(_, count)| count).sum()
    }

    /// Those that happened, as the fields of a JSON object.
    #[must_use]
    pub fn json(&self) -> String {
        let happened = self.kinds().into_iter().filter(|(_, count)| *count > 0);
        let fields: Vec<String> = happened.map(|(kind, count)| format!(r#""{kind}":{count}"#)).collect();
        format!("{{{}}}", fields.join(","))
    }

    /// Those that happened, for a person; nothing when none did.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let happened = self.kinds().into_iter().filter(|(_, count)| *count > 0);
        let parts: Vec<String> = happened
            .map(|(kind, count)| format!("{} {count}", kind.replace('_', " ")))
            .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

impl AddAssign for Faults {
    fn add_assign(&mut self, other: Self) {
        self.short_readings += other.short_readings;
        self.duplicate_rows += other.duplicate_rows;
        self.expired_tokens += other.expired_tokens;
        self.repeated_tokens += other.repeated_tokens;
        self.repeated_pages += other.repeated_pages;
        self.clamped_ranges += other.clamped_ranges;
        self.wrong_totals += other.wrong_totals;
        self.splits += other.splits;
    }
}

/// What collecting a span did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// What the commits did.
    pub receipt: Receipt,
    /// Distinct records received.
    pub received: u64,
    /// What Zoom said the total is.
    pub zoom_total: Option<u64>,
    /// Heavy requests sent.
    pub requests: u64,
    /// What Zoom really answered for, when it was less than asked and asking for the rest did not help.
    pub clamped_to: Option<Window>,
    /// What went wrong on the way.
    pub faults: Faults,
}

impl Report {
    /// Whether Zoom has more records than it sent.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.zoom_total.is_some_and(|total| self.received < total)
    }

    /// Adds what the reading of another span did.
    pub fn add(&mut self, other: Self) {
        self.spend(other);
        self.received += other.received;
        self.zoom_total = match (self.zoom_total, other.zoom_total) {
            (Some(a), Some(b)) => Some(a + b),
            (a, b) => a.or(b),
        };
        self.clamped_to = other.clamped_to.or(self.clamped_to);
    }

    /// Adds what another reading of the same span cost.
    pub(super) fn spend(&mut self, other: Self) {
        self.receipt += other.receipt;
        self.requests += other.requests;
        self.faults += other.faults;
    }

    /// What this report proves about the windows of the ledger that lie within the span that was read. When Zoom's
    /// total was received as a whole, so was that of each of them. When it was not, nobody knows yet which one lacks
    /// something: they are gaps of unknown size until each is compared.
    #[must_use]
    pub fn proofs(&self, span: Window, now: Timestamp) -> Vec<Proof> {
        let tiles = tiles(span);
        let alone = tiles == [span];
        let answered = self.clamped_to.unwrap_or(span);
        let proof = |window: Window| {
            let is_short = self.is_short() || window.from < answered.from || window.to > answered.to;
            let zoom_total = match self.zoom_total {
                None => ZoomTotal::Unknown,
                Some(total) if alone => ZoomTotal::Said(total),
                Some(_) if is_short => ZoomTotal::Unknown,
                Some(_) => ZoomTotal::AsHeld,
            };
            let stage = stage(window, now);
            Proof::Compared(Comparison {
                window,
                zoom_total,
                received: alone.then_some(self.received),
                short: is_short,
                stage,
                next_if_complete: next_age(window, stage),
                next_if_incomplete: now,
                attempts: 1,
                deleted: 0,
                note: self.faults.note(),
            })
        };
        tiles.into_iter().map(proof).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_by_kind_and_only_when_they_happened() {
        let mut faults = Faults::default();
        assert_eq!((faults.json().as_str(), faults.note(), faults.count()), ("{}", None, 0));
        faults += Faults {
            duplicate_rows: 40,
            short_readings: 2,
            ..Faults::default()
        };
        assert_eq!(faults.json(), r#"{"short_readings":2,"duplicate_rows":40}"#);
        assert_eq!(faults.note().as_deref(), Some("short readings 2, duplicate rows 40"));
        assert_eq!(faults.count(), 42);
    }
}
