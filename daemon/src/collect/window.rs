//! Collects one span of calls: page by page, in bounded batches, each committed with what it proves.

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::report::Faults;
pub use super::report::Report;
use crate::{
    crash_points::{CrashPoint, reach},
    domain::{
        account::AccountId,
        call::CALL_HISTORY,
        event::Event,
        failure::{Cause, Failure, Fault, Outcome},
        paging::{PageWalk, PagingFault},
        quota::Purpose,
        table::Parsed,
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
/// How often the rest of a clamped window is asked for before it counts as not answered.
const CLAMPS: u32 = 8;

/// Keys of the records that were received.
#[derive(Debug, Default)]
pub struct Keys {
    /// Those of the span, and those without an end time or a key.
    pub inside: HashSet<String>,
    /// Those that ended at its very edge: whether Zoom's `to` is inclusive is undocumented.
    pub outside: HashSet<String>,
}

impl Keys {
    /// Whether a record was received.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        self.inside.contains(key) || self.outside.contains(key)
    }

    /// Notes the records of a page.
    pub(super) fn note(&mut self, span: Window, page: &Parsed) {
        for row in &page.rows {
            let end = row.get(&CALL_HISTORY, "end_time").as_time();
            let is_inside = end.is_none_or(|end| end >= span.from && end < span.to);
            let keys = if is_inside { &mut self.inside } else { &mut self.outside };
            keys.insert(row.key().to_owned());
        }
        self.inside
            .extend(page.rejected.iter().map(|rejected| rejected.json.clone()));
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
    /// Which rank the requests have.
    pub purpose: Purpose,
    /// Ends the work at the next commit.
    pub stop: &'a CancellationToken,
    /// Called with the distinct records received so far in this window.
    pub on_records: &'a (dyn Fn(u64, Option<u64>) + Send + Sync),
}

/// What is the same for every part of one span.
struct Task<'a> {
    /// What to store with the last commit, given the report of the whole span and the keys received.
    proofs: &'a (dyn Fn(&Report, &Keys) -> Vec<Proof> + Send + Sync),
    /// The span of which the keys of all records are needed; memory then grows with it.
    keys_of: Option<Window>,
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
        let task = Task {
            proofs: &|report, _| proofs(report),
            keys_of: None,
        };
        self.collect_all(window, &task).await
    }

    /// Like [`Self::collect`], for windows of which it matters what was not received: `proofs` is given the keys of all
    /// records that were.
    ///
    /// # Errors
    /// See [`Self::collect`].
    pub async fn collect_keys(
        &self,
        window: Window,
        proofs: impl Fn(&Report, &Keys) -> Vec<Proof> + Send + Sync,
    ) -> Outcome<Report> {
        let task = Task {
            proofs: &proofs,
            keys_of: Some(window),
        };
        self.collect_all(window, &task).await
    }

    async fn collect_all(&self, window: Window, task: &Task<'_>) -> Outcome<Report> {
        let mut parts = vec![window];
        let mut whole = Report::default();
        let mut keys = Keys::default();
        let mut clamps = 0;
        while let Some(part) = parts.pop() {
            let is_last = parts.is_empty();
            match self.collect_part(part, &mut whole, &mut keys, is_last, task).await? {
                Walked::Done => {}
                Walked::Clamped(answered) => {
                    clamps += 1;
                    let rests = without(part, answered);
                    if clamps <= CLAMPS && rests != [part] {
                        // What Zoom cut off is asked for on its own; the oldest is read last.
                        parts.extend(rests);
                        continue;
                    }
                    for rest in rests {
                        whole.clamped_to = Some(answered_around(whole.clamped_to.unwrap_or(window), rest));
                    }
                    if is_last {
                        self.prove(&whole, &keys, task).await?;
                    }
                }
                Walked::TooLong => {
                    let Some((older, newer)) = part.halves() else {
                        return Err(unwalkable(part));
                    };
                    debug!(from = %part.from, to = %part.to, "the window is split: it could not be read in one walk");
                    whole.faults.splits += 1;
                    // Newest first: the older half is read last and carries the proofs.
                    parts.push(older);
                    parts.push(newer);
                }
            }
        }
        Ok(whole)
    }

    /// Reads a part until a walk over it was undisturbed; adds it to `whole`.
    async fn collect_part(
        &self,
        part: Window,
        whole: &mut Report,
        keys: &mut Keys,
        is_last: bool,
        task: &Task<'_>,
    ) -> Outcome<Walked> {
        let started = Instant::now();
        let mut restarts = 0;
        loop {
            let walk = Walk {
                reading: self,
                part,
                before: *whole,
                is_last,
                started,
                task,
            };
            let walked = walk.run(keys).await?;
            let report = walked.report;
            match walked.end {
                End::Broken => {
                    restarts += 1;
                    whole.spend(report);
                    if restarts > RESTARTS || started.elapsed() > WALK_LIMIT {
                        return Ok(Walked::TooLong);
                    }
                }
                End::Whole if report.is_short() && restarts < RESTARTS => {
                    // Records appear while we read; one more look costs little and settles most of these.
                    restarts += 1;
                    whole.spend(report);
                }
                End::Whole => {
                    whole.add(report);
                    if is_last {
                        self.prove(whole, keys, task).await?;
                    }
                    return Ok(Walked::Done);
                }
                End::Proven => {
                    whole.add(report);
                    return Ok(Walked::Done);
                }
                End::Clamped(answered) => {
                    whole.add(report);
                    return Ok(Walked::Clamped(answered));
                }
            }
        }
    }

    async fn prove(&self, whole: &Report, keys: &Keys, task: &Task<'_>) -> Outcome<()> {
        let proves = (task.proofs)(whole, keys);
        let batch = CallBatch {
            proves,
            ..CallBatch::default()
        };
        self.store.commit_calls(batch).await?;
        Ok(())
    }

    /// The lists that have to be read.
    pub(super) fn statuses(&self) -> &'static [Option<&'static str>] {
        if self.lists_all == Some(false) {
            &[Some("recorded"), Some("non_recorded")]
        } else {
            &[None]
        }
    }

    /// One page, unless told to stop.
    pub(super) async fn page(&self, query: &CallQuery, token: Option<&str>) -> Outcome<CallPage> {
        tokio::select! {
            page = self.zoom.call_page(self.account, query, token) => page,
            () = self.stop.cancelled() => Err(Failure::Cancelled),
        }
    }

    /// An empty batch of this account.
    pub(super) fn batch(&self) -> CallBatch {
        CallBatch {
            want_elements: self.want_elements,
            ..CallBatch::default()
        }
    }
}

/// How a part of a window ended.
enum Walked {
    Done,
    /// Zoom answered for this only.
    Clamped(Window),
    TooLong,
}

/// One walk from the first page to the last of every list that has to be read.
struct Walk<'a> {
    reading: &'a Reading<'a>,
    part: Window,
    /// What the parts before did.
    before: Report,
    is_last: bool,
    started: Instant,
    task: &'a Task<'a>,
}

/// How one walk ended, and what it did.
struct Outing {
    report: Report,
    end: End,
}

enum End {
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
    async fn run(&self, keys: &mut Keys) -> Outcome<Outing> {
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
                if let Some(answered) = page.clamped_to {
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
                    Some(_) if self.started.elapsed() > WALK_LIMIT => return broken(report),
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

    fn note_clamp(&self, answered: Window) {
        let span = |window: Window| format!("{} to {}", window.from, window.to);
        Event::WindowClamped {
            asked: span(self.part),
            answered: span(answered),
        }
        .log(None, None);
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

/// What of `part` is not in `answered`, oldest first.
fn without(part: Window, answered: Window) -> Vec<Window> {
    if answered.is_empty() || answered.from >= part.to || answered.to <= part.from {
        return vec![part];
    }
    let rests = [Window::new(part.from, answered.from), Window::new(answered.to, part.to)];
    rests.into_iter().filter(|rest| !rest.is_empty()).collect()
}

/// What is left of an answered span when `rest` within it was not answered: the side that is newer, usually.
fn answered_around(answered: Window, rest: Window) -> Window {
    if rest.to >= answered.to && rest.from > answered.from {
        Window::new(answered.from, rest.from)
    } else {
        Window::new(rest.to.max(answered.from), answered.to)
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
