//! One walk over a window's pages, from the first to the last of every list, in bounded batches.

use std::{collections::HashSet, time::Duration};

use jiff::SignedDuration;
use tokio::time::Instant;
use tracing::warn;

use super::{
    report::{Faults, Report},
    window::{Keys, Reading, Task},
};
use crate::{
    crash_points::{CrashPoint, reach},
    domain::{
        event::Event,
        failure::{Failure, Outcome},
        paging::{PageWalk, PagingFault},
        window::{Window, horizon},
    },
    ports::{
        records::{CallBatch, Proof, Receipt},
        zoom::{CallPage, CallQuery},
    },
};

/// Records held in memory before they are committed: six pages. Bounds memory whatever the size of a window, also while a
/// backfill reads several at once.
const BATCH: usize = 1_800;
/// A walk that takes longer is split: Zoom's page tokens live fifteen minutes.
pub(super) const LIMIT: Duration = Duration::from_secs(14 * 60);
/// Zoom's clock may be that much ahead of ours.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(1);

/// One walk from the first page to the last of every list that has to be read.
pub(super) struct Walk<'a> {
    pub reading: &'a Reading<'a>,
    /// The part of the window that is walked over.
    pub part: Window,
    /// What the parts before did.
    pub before: Report,
    /// Nothing is left after it: its last commit proves the window.
    pub is_last: bool,
    /// When the first walk over this part began.
    pub started: Instant,
    /// What is the same for every part.
    pub task: &'a Task<'a>,
}

/// How one walk ended, and what it did.
pub(super) struct Outing {
    pub report: Report,
    pub end: End,
}

/// How far a walk came.
pub(super) enum End {
    /// All pages read and committed, proofs included.
    Proven,
    /// All pages read and committed, proofs not yet.
    Whole,
    /// As whole, for a part of what was asked.
    Clamped(Window),
    /// Paging broke; what was read may be committed, nothing is proven.
    Broken,
}

impl Walk<'_> {
    /// Walks. Keys are noted when the task asks for them.
    ///
    /// # Errors
    /// Zoom or the database failed, or the work was told to stop.
    pub async fn run(&self, keys: &mut Keys) -> Outcome<Outing> {
        let reading = self.reading;
        let mut report = Report::default();
        let mut seen = HashSet::new();
        let mut clamped = None;
        let mut batch = reading.batch();
        let broken = |report| {
            Ok(Outing {
                report,
                end: End::Broken,
            })
        };
        for (position, status) in reading.statuses().iter().enumerate() {
            let query = CallQuery {
                window: self.part,
                recording_status: *status,
                purpose: reading.purpose,
            };
            let mut pages = PageWalk::new();
            let mut token: Option<String> = None;
            let mut total: Option<u64> = None;
            loop {
                if reading.stop.is_cancelled() {
                    return Err(Failure::Cancelled);
                }
                let page = match reading.page(&query, token.as_deref()).await {
                    Ok(page) => page,
                    Err(Failure::PageTokenExpired) => {
                        report.faults.expired_tokens += 1;
                        return broken(report);
                    }
                    Err(failure) => return Err(failure),
                };
                reach(CrashPoint::PageReceived);
                report.requests += 1;
                if let Some(answered) = page.clamped_to.filter(|answered| self.withholds(*answered)) {
                    if clamped.is_none() {
                        self.note_clamp(answered);
                        report.faults.clamped_ranges += 1;
                    }
                    clamped = Some(answered);
                }
                let CallPage {
                    parsed,
                    total_records,
                    next,
                    digest,
                    ..
                } = page;
                let count = parsed.rows.len() + parsed.rejected.len();
                let next = match pages.accept(digest, count, next) {
                    Ok(next) => next,
                    Err(fault) => {
                        self.note_paging(fault, &mut report.faults);
                        return broken(report);
                    }
                };
                if total.is_some() && total_records.is_some() && total != total_records {
                    report.faults.wrong_totals += 1;
                }
                total = total_records.or(total);
                if let Some(span) = self.task.keys_of {
                    keys.note(span, &parsed);
                }
                let before = seen.len();
                seen.extend(parsed.rows.iter().map(|row| row.key().to_owned()));
                seen.extend(parsed.rejected.iter().map(|rejected| rejected.json.clone()));
                report.faults.duplicate_rows += (before + count - seen.len()) as u64;
                batch.calls.extend(parsed.rows);
                batch.rejected.extend(parsed.rejected);
                report.received = seen.len() as u64;
                (reading.on_records)(
                    self.before.received + report.received,
                    total.map(|total| self.before.zoom_total.unwrap_or(0) + total),
                );
                match next {
                    Some(_) if self.started.elapsed() > LIMIT => return broken(report),
                    Some(next) => token = Some(next),
                    None => break,
                }
                if batch.calls.len() >= BATCH {
                    report.receipt += self.commit(&mut batch, Vec::new()).await?;
                }
            }
            report.zoom_total = add_known(report.zoom_total, total, position == 0);
        }
        self.conclude(report, clamped, batch, keys).await
    }

    /// All pages were read: commits what is left, with the proofs when nothing is missing.
    async fn conclude(
        &self,
        mut report: Report,
        clamped: Option<Window>,
        mut batch: CallBatch,
        keys: &Keys,
    ) -> Outcome<Outing> {
        if report.is_short() {
            report.faults.short_readings += 1;
        } else if report.zoom_total.is_some_and(|total| report.received > total) {
            report.faults.wrong_totals += 1;
        }
        if let Some(answered) = clamped {
            report.receipt += self.commit(&mut batch, Vec::new()).await?;
            return Ok(Outing {
                report,
                end: End::Clamped(answered),
            });
        }
        // The last commit carries the proofs, in the same transaction as its rows.
        if !self.is_last || report.is_short() {
            report.receipt += self.commit(&mut batch, Vec::new()).await?;
            return Ok(Outing {
                report,
                end: End::Whole,
            });
        }
        let mut whole = self.before;
        whole.add(report);
        let proves = (self.task.proofs)(&whole, keys);
        report.receipt += self.commit(&mut batch, proves).await?;
        Ok(Outing {
            report,
            end: End::Proven,
        })
    }

    async fn commit(&self, batch: &mut CallBatch, proves: Vec<Proof>) -> Outcome<Receipt> {
        let full = std::mem::replace(batch, self.reading.batch());
        self.reading.store.commit_calls(CallBatch { proves, ..full }).await
    }

    /// Whether Zoom could have answered for more. What its memory lost while we were under way is no loss to notice.
    fn withholds(&self, answered: Window) -> bool {
        let now = self.reading.clock.now();
        let oldest = horizon(now.saturating_add(CLOCKS_DIFFER).unwrap_or(now));
        answered.from > self.part.from.max(oldest) || answered.to < self.part.to
    }

    fn note_clamp(&self, answered: Window) {
        let span = |window: Window| format!("{} to {}", window.from, window.to);
        Event::WindowClamped {
            asked: span(self.part),
            answered: span(answered),
        }
        .log(Some(self.reading.name), None);
    }

    fn note_paging(&self, fault: PagingFault, faults: &mut Faults) {
        match fault {
            PagingFault::RepeatedToken => faults.repeated_tokens += 1,
            PagingFault::RepeatedPage => faults.repeated_pages += 1,
        }
        warn!(
            account_id = self.reading.account.as_str(), from = %self.part.from, to = %self.part.to,
            "{fault}; the window is read again"
        );
    }
}

/// The total over several lists is known only when each list told its own.
fn add_known(sum: Option<u64>, next: Option<u64>, is_first: bool) -> Option<u64> {
    if is_first {
        next
    } else {
        sum.zip(next).map(|(a, b)| a + b)
    }
}
