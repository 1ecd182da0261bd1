//! What is missing, as people and scripts are told: gaps, and the result of a reconciliation.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::plan::{Circumstances, tend};
use crate::{
    collect::report::Report,
    domain::{
        failure::Outcome,
        ledger::{LedgerTotals, LedgerWindow, WindowState, unrecoverable_after},
        window::{Window, horizon},
    },
    ports::records::RecordStore,
};

/// A window of which calls are missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The span.
    pub window: Window,
    /// What Zoom has; absent when nobody has asked yet.
    pub zoom_total: Option<u64>,
    /// Calls held.
    pub held: u64,
    /// From when on Zoom does not answer for all of it.
    pub unrecoverable_after: Timestamp,
    /// What is known about it.
    pub note: Option<String>,
}

impl Gap {
    fn of(entry: &LedgerWindow) -> Self {
        Self {
            window: entry.window,
            zoom_total: entry.zoom_total,
            held: entry.held,
            unrecoverable_after: unrecoverable_after(entry.window),
            note: entry.note.clone(),
        }
    }

    /// One document.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "from": self.window.from.to_string(),
            "to": self.window.to.to_string(),
            "zoom_total": self.zoom_total,
            "held": self.held,
            "unrecoverable_after": self.unrecoverable_after.to_string(),
            "note": self.note,
        })
    }
}

/// Gaps of entries, newest first. Neighbours that nobody collected are one gap.
#[must_use]
pub fn gaps_of(entries: &[LedgerWindow]) -> Vec<Gap> {
    let mut missing: Vec<&LedgerWindow> = entries.iter().filter(|entry| entry.state.is_gap()).collect();
    missing.sort_by_key(|entry| entry.window);
    let mut gaps: Vec<Gap> = Vec::new();
    for entry in missing {
        match gaps.last_mut() {
            Some(last)
                if last.window.to == entry.window.from
                    && last.zoom_total.is_none()
                    && entry.zoom_total.is_none()
                    && last.note == entry.note =>
            {
                last.window.to = entry.window.to;
                last.held += entry.held;
            }
            _ => gaps.push(Gap::of(entry)),
        }
    }
    gaps.reverse();
    gaps
}

/// The gaps of an account as they are now: also of an account that rests, whose ledger nobody keeps meanwhile.
///
/// # Errors
/// The database does not answer.
pub async fn gaps(store: &dyn RecordStore, now: &Circumstances) -> Outcome<Vec<Gap>> {
    let kept = Window::new(horizon(now.now), now.now);
    let mut entries = store.ledger(kept).await?;
    let change = tend(&entries, now);
    entries.retain(|entry| !change.remove.contains(&entry.window));
    for mut entry in change.enter {
        entries.retain(|old| old.window != entry.window);
        if entry.state.is_gap() {
            entry.held = store.held(entry.window).await?;
        }
        entries.push(entry);
    }
    // What is older than Zoom's memory is not tended any more, and stays known.
    let lost = store.gaps(usize::from(u16::MAX)).await?;
    entries.extend(lost.into_iter().filter(|entry| entry.window.to <= kept.from));
    Ok(gaps_of(&entries))
}

/// What a reconciliation did and found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    /// Windows compared.
    pub checked: u64,
    /// Those complete afterwards.
    pub complete: u64,
    /// Sum of Zoom's totals of the windows compared.
    pub zoom: u64,
    /// How much of that is held, or kept aside because it has no key.
    pub held: u64,
    /// Gaps that were closed.
    pub healed: u64,
    /// Gaps that were not known before.
    pub found: u64,
    /// Calls that were found to be deleted at Zoom.
    pub deleted: u64,
    /// Requests, receipts and faults.
    pub report: Report,
    /// Totals of the windows compared.
    pub totals: LedgerTotals,
    /// What stayed incomplete.
    pub gaps: Vec<Gap>,
}

impl Tally {
    /// Windows are counted anew: a person asked for a span in the middle of a run, and wants to hear of that, each window
    /// once. What the run did so far stays told.
    pub fn begin_span(&mut self) {
        *self = Self {
            healed: self.healed,
            found: self.found,
            deleted: self.deleted,
            report: self.report,
            ..Self::default()
        };
    }

    /// Counts a window of the ledger as it was and as it is.
    pub fn count(&mut self, before: WindowState, after: &LedgerWindow) {
        self.checked += 1;
        let complete = matches!(after.state, WindowState::Complete | WindowState::Unverified);
        self.complete += u64::from(complete);
        self.healed += u64::from(before.is_gap() && complete);
        self.found += u64::from(!before.is_gap() && after.state.is_gap());
        self.zoom += after.zoom_total.unwrap_or(after.held);
        self.held += after.accounted();
        self.totals.add(after);
        if after.state.is_gap() {
            self.gaps.push(Gap::of(after));
        }
    }

    /// Counts the time that has not closed yet; it has no place in the ledger and is no gap.
    pub fn count_open(&mut self, received: u64, zoom_total: Option<u64>) {
        let total = zoom_total.unwrap_or(received);
        if received < total {
            return;
        }
        self.checked += 1;
        self.complete += 1;
        self.zoom += received;
        self.held += received;
    }

    /// Adds what a comparison cost.
    pub fn spend(&mut self, report: Report, deleted: u64) {
        self.report.receipt += report.receipt;
        self.report.requests += report.requests;
        self.report.faults += report.faults;
        self.deleted += deleted;
    }

    /// The result as a JSON object.
    #[must_use]
    pub fn json(&self) -> String {
        let receipt = self.report.receipt;
        let by_kind: Value = serde_json::from_str(&self.report.faults.json()).unwrap_or_default();
        json!({
            "schema": "callsync/reconcile/v1",
            "windows_checked": self.checked,
            "windows_complete": self.complete,
            "records_zoom": self.zoom,
            "records_held": self.held,
            "completeness": self.totals.completeness(),
            "gaps": self.gaps.iter().map(Gap::json).collect::<Vec<_>>(),
            "gaps_found": self.found,
            "gaps_healed": self.healed,
            "deleted_at_zoom": self.deleted,
            "added": receipt.added,
            "changed": receipt.changed,
            "rejected": receipt.rejected,
            "requests": self.report.requests,
            "faults": self.report.faults.count(),
            "faults_by_kind": by_kind,
        })
        .to_string()
    }
}
