//! Collects one window of calls: page by page, in bounded batches, each committed with what it proves.

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::{
    domain::{
        account::AccountId,
        event::Event,
        failure::{Cause, Failure, Fault, Outcome},
        paging::PageWalk,
        window::Window,
    },
    ports::{
        records::{CallBatch, Proof, Receipt, RecordStore},
        zoom::{CallPage, CallQuery, ZoomData},
    },
};

/// Records held in memory before they are committed: ten pages. Bounds memory whatever the size of a window.
const BATCH: usize = 3_000;
/// A walk that takes longer is split: Zoom's page tokens live fifteen minutes.
const WALK_LIMIT: Duration = Duration::from_secs(14 * 60);
/// How often a walk over the same window starts again before the window is split.
const RESTARTS: u32 = 2;

/// What collecting a window did.
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
    /// What Zoom really answered for, when it was less than asked.
    pub clamped_to: Option<Window>,
}

impl Report {
    /// Whether Zoom has more records than it sent.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.zoom_total.is_some_and(|total| self.received < total)
    }

    /// What this report proves about the window that was read.
    #[must_use]
    pub fn proof(&self, window: Window) -> Proof {
        Proof::Collected {
            window,
            received: self.received,
            zoom_total: self.zoom_total,
            clamped: self.clamped_to.is_some(),
        }
    }

    fn add(&mut self, other: Self) {
        self.receipt += other.receipt;
        self.received += other.received;
        self.zoom_total = match (self.zoom_total, other.zoom_total) {
            (Some(a), Some(b)) => Some(a + b),
            (a, b) => a.or(b),
        };
        self.requests += other.requests;
        self.clamped_to = other.clamped_to.or(self.clamped_to);
    }
}

/// One account's source and store, and how to read them.
pub struct Reading<'a> {
    /// Zoom.
    pub zoom: &'a Arc<dyn ZoomData>,
    /// The primary database.
    pub store: &'a Arc<dyn RecordStore>,
    /// The account.
    pub account: &'a AccountId,
    /// Whether the unfiltered list also holds non-recorded calls; when it surely does not, both values are asked for.
    pub lists_all: Option<bool>,
    /// Put new and changed calls on the element backlog.
    pub want_elements: bool,
    /// Ends the work at the next commit.
    pub stop: &'a CancellationToken,
    /// Called with the distinct records received so far in this window.
    pub on_records: &'a (dyn Fn(u64, Option<u64>) + Send + Sync),
}

impl Reading<'_> {
    /// Collects `window`. `proofs` says what to store with the last commit, given the report of the whole window;
    /// it is not called when anything before failed, so a crash or an error anywhere leaves the window unproven
    /// and it is read again.
    ///
    /// # Errors
    /// Zoom or the database failed, or the work was told to stop. What was committed stays.
    pub async fn collect(
        &self,
        window: Window,
        proofs: impl Fn(&Report) -> Vec<Proof> + Send + Sync,
    ) -> Outcome<Report> {
        let mut parts = vec![window];
        let mut whole = Report::default();
        while let Some(part) = parts.pop() {
            let is_last = parts.is_empty();
            match self.collect_part(part, whole, is_last, &proofs).await? {
                Walked::Done(report) => whole.add(report),
                Walked::TooLong => {
                    let Some((older, newer)) = part.halves() else {
                        return Err(unwalkable(part));
                    };
                    debug!(from = %part.from, to = %part.to, "the window is split: it could not be read in one walk");
                    // Newest first: the older half is read last and carries the proofs.
                    parts.push(older);
                    parts.push(newer);
                }
            }
        }
        Ok(whole)
    }

    async fn collect_part(
        &self,
        part: Window,
        before: Report,
        is_last: bool,
        proofs: &(impl Fn(&Report) -> Vec<Proof> + Send + Sync),
    ) -> Outcome<Walked> {
        let started = Instant::now();
        let mut restarts = 0;
        let mut spent = Report::default();
        loop {
            match self.walk(part, before, spent, is_last, started, proofs).await {
                Ok(Walk::Complete(report)) if report.is_short() && restarts < RESTARTS => {
                    // Records appear while we read; one more look costs little and settles most of these.
                    restarts += 1;
                    spent = carried(spent, &report);
                }
                Ok(Walk::Complete(report)) => {
                    let report = Report {
                        receipt: sum(spent.receipt, report.receipt),
                        requests: spent.requests + report.requests,
                        ..report
                    };
                    if is_last {
                        let mut whole = before;
                        whole.add(report);
                        let proofs = proofs(&whole);
                        self.store
                            .commit_calls(CallBatch {
                                proves: proofs,
                                ..CallBatch::default()
                            })
                            .await?;
                    }
                    return Ok(Walked::Done(report));
                }
                Ok(Walk::Proven(report)) => {
                    return Ok(Walked::Done(Report {
                        receipt: sum(spent.receipt, report.receipt),
                        requests: spent.requests + report.requests,
                        ..report
                    }));
                }
                Ok(Walk::Broken(report)) => {
                    restarts += 1;
                    spent = carried(spent, &report);
                    if restarts > RESTARTS || started.elapsed() > WALK_LIMIT {
                        return Ok(Walked::TooLong);
                    }
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// One walk from the first page to the last of every list that has to be read.
    async fn walk(
        &self,
        part: Window,
        before: Report,
        spent: Report,
        is_last: bool,
        started: Instant,
        proofs: &(impl Fn(&Report) -> Vec<Proof> + Send + Sync),
    ) -> Outcome<Walk> {
        let statuses: &[Option<&'static str>] = if self.lists_all == Some(false) {
            &[Some("recorded"), Some("non_recorded")]
        } else {
            &[None]
        };
        let mut report = Report::default();
        let mut seen = HashSet::new();
        let mut batch = CallBatch {
            want_elements: self.want_elements,
            ..CallBatch::default()
        };
        for (position, status) in statuses.iter().enumerate() {
            let query = CallQuery {
                window: part,
                recording_status: *status,
            };
            let mut pages = PageWalk::new();
            let mut token: Option<String> = None;
            let mut total = None;
            loop {
                if self.stop.is_cancelled() {
                    return Err(Failure::Cancelled);
                }
                let page = match self.page(&query, token.as_deref()).await {
                    Ok(page) => page,
                    Err(Failure::PageTokenExpired) => return Ok(Walk::Broken(report)),
                    Err(failure) => return Err(failure),
                };
                report.requests += 1;
                if let Some(clamped) = page.clamped_to {
                    note_clamp(&mut report, part, clamped);
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
                        warn!(account_id = self.account.as_str(), from = %part.from, to = %part.to, "{fault}; the window is read again");
                        return Ok(Walk::Broken(report));
                    }
                };
                total = total_records.or(total);
                for row in &parsed.rows {
                    seen.insert(row.key().to_owned());
                }
                for rejected in &parsed.rejected {
                    seen.insert(rejected.json.clone());
                }
                batch.calls.extend(parsed.rows);
                batch.rejected.extend(parsed.rejected);
                report.received = seen.len() as u64;
                (self.on_records)(before.received + report.received, add(before.zoom_total, total));
                match next {
                    Some(_) if started.elapsed() > WALK_LIMIT => return Ok(Walk::Broken(report)),
                    Some(next) => token = Some(next),
                    None => break,
                }
                if batch.calls.len() >= BATCH {
                    report.receipt += self.commit(&mut batch, Vec::new()).await?;
                }
            }
            report.zoom_total = add_known(report.zoom_total, total, position == 0);
        }
        // The last commit carries the proofs, in the same transaction as its rows.
        if is_last && !report.is_short() {
            let mut whole = before;
            whole.add(Report {
                receipt: sum(spent.receipt, report.receipt),
                ..report
            });
            report.receipt += self.commit(&mut batch, proofs(&whole)).await?;
            return Ok(Walk::Proven(report));
        }
        report.receipt += self.commit(&mut batch, Vec::new()).await?;
        Ok(Walk::Complete(report))
    }

    async fn page(&self, query: &CallQuery, token: Option<&str>) -> Outcome<CallPage> {
        tokio::select! {
            page = self.zoom.call_page(self.account, query, token) => page,
            () = self.stop.cancelled() => Err(Failure::Cancelled),
        }
    }

    async fn commit(&self, batch: &mut CallBatch, proofs: Vec<Proof>) -> Outcome<Receipt> {
        let full = std::mem::replace(
            batch,
            CallBatch {
                want_elements: self.want_elements,
                ..CallBatch::default()
            },
        );
        self.store.commit_calls(CallBatch { proves: proofs, ..full }).await
    }
}

/// How a part of a window ended.
enum Walked {
    Done(Report),
    TooLong,
}

/// How one walk ended.
enum Walk {
    /// All pages read and committed, proofs included.
    Proven(Report),
    /// All pages read and committed, proofs not yet.
    Complete(Report),
    /// Paging broke; what was read may be committed, nothing is proven.
    Broken(Report),
}

fn note_clamp(report: &mut Report, asked: Window, clamped: Window) {
    if report.clamped_to.is_none() {
        let span = |window: Window| format!("{} to {}", window.from, window.to);
        Event::WindowClamped {
            asked: span(asked),
            answered: span(clamped),
        }
        .log(None, None);
    }
    report.clamped_to = Some(clamped);
}

fn carried(mut spent: Report, report: &Report) -> Report {
    spent.receipt += report.receipt;
    spent.requests += report.requests;
    spent
}

fn sum(mut a: Receipt, b: Receipt) -> Receipt {
    a += b;
    a
}

fn add(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    b.map(|b| a.unwrap_or(0) + b)
}

/// The total over several lists is known only when each list told its own.
fn add_known(sum: Option<u64>, next: Option<u64>, is_first: bool) -> Option<u64> {
    if is_first {
        next
    } else {
        sum.zip(next).map(|(a, b)| a + b)
    }
}

fn unwalkable(part: Window) -> Failure {
    Failure::Retry {
        fault: Fault::new(
            Cause::Zoom,
            "paging_broken",
            format!(
                "Zoom's paging of calls that ended from {} to {} keeps breaking",
                part.from, part.to
            ),
        )
        .hint("It is tried again by itself; if it stays, report it to Zoom with the tracking ids of the journal."),
        after: None,
    }
}
