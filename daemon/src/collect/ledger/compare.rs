//! Compares one window of the ledger with Zoom: one request while nothing changed, a reading of the whole otherwise.

use std::{collections::HashSet, sync::Mutex, sync::PoisonError};

use jiff::{SignedDuration, Timestamp};
use tracing::warn;

use crate::{
    collect::{
        report::{Faults, Report},
        window::{Keys, Reading},
    },
    domain::{
        failure::{Failure, Outcome},
        ledger::{LedgerWindow, WindowState, next_age, next_try, stage},
        window::Window,
    },
    ports::{
        records::{CallBatch, Comparison, Proof, ZoomTotal},
        zoom::CallQuery,
    },
};

/// A shrinkage of at least so many calls and this share of a window may be Zoom's outage rather than deletion.
const MASS: usize = 20;
const MASS_SHARE: usize = 3;
/// Calls of a mass deletion whose detail is asked for.
const SAMPLES: usize = 3;
/// When a doubtful window is looked at again.
const DOUBT: SignedDuration = SignedDuration::from_hours(1);

/// What a comparison did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared {
    /// Requests, receipts and faults.
    pub report: Report,
    /// Whether all of the window was read, and not only its total.
    pub was_read: bool,
    /// Calls that were found to be deleted at Zoom.
    pub deleted: u64,
}

/// Compares windows of one account.
pub struct Comparing<'a> {
    /// Source and store.
    pub reading: &'a Reading<'a>,
    /// The present.
    pub now: Timestamp,
}

/// The first page of every list of a window.
struct Glance {
    batch: CallBatch,
    keys: Keys,
    received: u64,
    total: Option<u64>,
    is_last_page: bool,
    is_clamped: bool,
    requests: u64,
}

impl Comparing<'_> {
    /// Compares a window and enters what was found, in the transaction that stores the records it brought.
    ///
    /// # Errors
    /// Zoom or the database failed, or the work was told to stop; then the entry is as before.
    pub async fn compare(&self, entry: &LedgerWindow) -> Outcome<Compared> {
        let window = entry.window;
        let glance = self.glance(window).await?;
        let mut spent = Report {
            requests: glance.requests,
            ..Report::default()
        };
        if glance.is_clamped {
            spent.faults.clamped_ranges += 1;
            return self.read(entry, spent, None).await;
        }
        let Some(total) = glance.total else {
            return self.read(entry, spent, None).await;
        };
        if !glance.is_last_page {
            return match self.agreed(entry, total).await? {
                Some(zoom_total) => {
                    let found = self.comparison(entry, zoom_total);
                    spent.receipt = self.store(glance.batch, vec![Proof::Compared(found)]).await?;
                    Ok(Compared {
                        report: spent,
                        ..Compared::default()
                    })
                }
                None => self.read(entry, spent, None).await,
            };
        }
        if glance.received < total {
            spent.faults.short_readings += 1;
            return self.read(entry, spent, None).await;
        }
        // The one page was all of it: that settles the window, unless something vanished.
        let vanished = vanished(&self.reading.store.held_keys(window).await?, &glance.keys);
        if !vanished.is_empty() {
            return self.read(entry, spent, Some(vanished)).await;
        }
        spent.faults.wrong_totals += u64::from(glance.received > total);
        spent.received = glance.received;
        let inside = glance.keys.inside.len() as u64;
        let found = Comparison {
            received: Some(inside),
            note: spent.faults.note(),
            ..self.comparison(entry, ZoomTotal::Said(inside))
        };
        spent.receipt = self.store(glance.batch, vec![Proof::Compared(found)]).await?;
        Ok(Compared {
            report: spent,
            was_read: true,
            deleted: 0,
        })
    }

    /// What the ledger says when Zoom's total agrees with what is held; nothing when it does not. Calls that ended at
    /// the very end of the window may or may not be in Zoom's total.
    async fn agreed(&self, entry: &LedgerWindow, total: u64) -> Outcome<Option<ZoomTotal>> {
        let window = entry.window;
        let held = self.reading.store.held(window).await?;
        let edge = Window {
            from: window.to,
            to: window
                .to
                .saturating_add(SignedDuration::from_secs(1))
                .unwrap_or(window.to),
        };
        let edge = self.reading.store.held(edge).await?;
        if (held..=held + edge).contains(&total) {
            return Ok(Some(ZoomTotal::AsHeld));
        }
        // More than is held, but no more than when the window was read as a whole: the rest is kept aside.
        let known = entry
            .zoom_total
            .filter(|known| (*known..=*known + edge).contains(&total));
        let unchanged = entry.state == WindowState::Complete && entry.held == held;
        Ok(known.filter(|_| unchanged).map(ZoomTotal::Said))
    }

    async fn glance(&self, window: Window) -> Outcome<Glance> {
        let mut glance = Glance {
            batch: self.reading.batch(),
            keys: Keys::default(),
            received: 0,
            total: Some(0),
            is_last_page: true,
            is_clamped: false,
            requests: 0,
        };
        let mut seen = HashSet::new();
        for status in self.reading.statuses() {
            let query = CallQuery {
                window,
                recording_status: *status,
                purpose: self.reading.purpose,
            };
            let page = self.reading.page(&query, None).await?;
            glance.requests += 1;
            glance.keys.note(window, &page.parsed);
            seen.extend(page.parsed.rows.iter().map(|row| row.key().to_owned()));
            seen.extend(page.parsed.rejected.iter().map(|rejected| rejected.json.clone()));
            glance.total = glance.total.zip(page.total_records).map(|(a, b)| a + b);
            glance.is_last_page &= page.next.is_none_or(|token| token.is_empty());
            glance.is_clamped |= page.clamped_to.is_some();
            glance.batch.calls.extend(page.parsed.rows);
            glance.batch.rejected.extend(page.parsed.rejected);
        }
        glance.received = seen.len() as u64;
        Ok(glance)
    }

    /// Reads all of a window. What is held and was not received is gone at Zoom when two readings agree on it; one alone
    /// may have met a moment's hiccup.
    async fn read(
        &self,
        entry: &LedgerWindow,
        mut spent: Report,
        mut suspects: Option<HashSet<String>>,
    ) -> Outcome<Compared> {
        let window = entry.window;
        let mut doubtful = match &suspects {
            Some(suspects) => self.is_doubtful(window, suspects).await?,
            None => false,
        };
        loop {
            let held = self.reading.store.held_keys(window).await?;
            let outcome: Mutex<Found> = Mutex::default();
            let report = self
                .reading
                .collect_keys(window, |report, keys| {
                    let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
                    let faults = faults_of(spent, report);
                    let is_whole = report.zoom_total.is_some() && !report.is_short() && report.clamped_to.is_none();
                    let gone = if is_whole {
                        vanished(&held, keys)
                    } else {
                        HashSet::new()
                    };
                    if gone.is_empty() {
                        return vec![Proof::Compared(self.outcome(entry, report, keys, faults))];
                    }
                    let Some(suspects) = &suspects else {
                        outcome.suspects = Some(gone);
                        return Vec::new();
                    };
                    let found = self.outcome(entry, report, keys, faults);
                    if doubtful {
                        return vec![Proof::Compared(self.doubt(found, gone.len()))];
                    }
                    let mut gone: Vec<String> = gone.intersection(suspects).cloned().collect();
                    gone.sort();
                    outcome.deleted = gone.len() as u64;
                    let found = with_deleted(found, entry, outcome.deleted);
                    vec![Proof::Deleted(gone), Proof::Compared(found)]
                })
                .await?;
            spent.spend(report);
            let outcome = outcome.into_inner().unwrap_or_else(PoisonError::into_inner);
            match outcome.suspects {
                Some(gone) => {
                    doubtful = self.is_doubtful(window, &gone).await?;
                    suspects = Some(gone);
                }
                None => {
                    return Ok(Compared {
                        report: Report {
                            received: report.received,
                            zoom_total: report.zoom_total,
                            ..spent
                        },
                        was_read: true,
                        deleted: outcome.deleted,
                    });
                }
            }
        }
    }

    /// Whether so much of a window vanished that Zoom may have lost its memory for a moment: then some of the calls are
    /// asked for by name.
    async fn is_doubtful(&self, window: Window, gone: &HashSet<String>) -> Outcome<bool> {
        let held = self.reading.store.held(window).await?;
        let held = usize::try_from(held).unwrap_or(usize::MAX);
        if gone.len() < MASS || gone.len() < held / MASS_SHARE {
            return Ok(false);
        }
        for key in gone.iter().take(SAMPLES) {
            match self.reading.zoom.call_elements(self.reading.account, key).await {
                Err(Failure::NotFound) => {}
                Ok(_) => {
                    warn!(
                        account_id = self.reading.account.as_str(), from = %window.from, to = %window.to, calls = gone.len(),
                        "Zoom's list lacks calls that Zoom still has; they are not taken for deleted"
                    );
                    return Ok(true);
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(false)
    }

    /// A comparison with nothing special.
    fn comparison(&self, entry: &LedgerWindow, zoom_total: ZoomTotal) -> Comparison {
        let stage = stage(entry.window, self.now).max(entry.stage);
        let attempts = entry.attempts.saturating_add(1);
        Comparison {
            window: entry.window,
            zoom_total,
            received: None,
            short: false,
            stage,
            next_if_complete: next_age(entry.window, stage),
            next_if_incomplete: next_try(self.now, attempts),
            attempts,
            deleted: 0,
            note: None,
        }
    }

    /// What a reading of the whole window says. Zoom's total is what was received, and what it says there is beyond.
    fn outcome(&self, entry: &LedgerWindow, report: &Report, keys: &Keys, faults: Faults) -> Comparison {
        let inside = keys.inside.len() as u64;
        let zoom_total = match report.zoom_total {
            Some(total) => ZoomTotal::Said(inside + total.saturating_sub(report.received)),
            None => ZoomTotal::Unknown,
        };
        Comparison {
            received: Some(inside),
            short: report.clamped_to.is_some(),
            note: faults.note(),
            ..self.comparison(entry, zoom_total)
        }
    }

    fn doubt(&self, found: Comparison, gone: usize) -> Comparison {
        Comparison {
            next_if_complete: self.now.saturating_add(DOUBT).ok(),
            note: Some(format!("Zoom's list lacks {gone} calls that Zoom still has")),
            ..found
        }
    }

    async fn store(&self, batch: CallBatch, proves: Vec<Proof>) -> Outcome<crate::ports::records::Receipt> {
        self.reading.store.commit_calls(CallBatch { proves, ..batch }).await
    }
}

/// What the last commit of a reading decided.
#[derive(Debug, Default)]
struct Found {
    /// Nothing was proven: these vanished for the first time.
    suspects: Option<HashSet<String>>,
    deleted: u64,
}

fn vanished(held: &[String], received: &Keys) -> HashSet<String> {
    held.iter().filter(|key| !received.contains(key)).cloned().collect()
}

fn faults_of(spent: Report, report: &Report) -> Faults {
    let mut faults = spent.faults;
    faults += report.faults;
    faults
}

fn with_deleted(found: Comparison, entry: &LedgerWindow, deleted: u64) -> Comparison {
    if deleted == 0 {
        return found;
    }
    let before = match entry.zoom_total {
        Some(total) => format!(" (Zoom's total was {total})"),
        None => String::new(),
    };
    let mut note = format!("{deleted} deleted at Zoom{before}");
    if let Some(faults) = &found.note {
        note.push_str(", ");
        note.push_str(faults);
    }
    Comparison {
        deleted,
        note: Some(note),
        ..found
    }
}
