//! Collects one span of calls: in as many walks as it takes, each part committed, the last commit with what it proves.

use std::{collections::HashSet, sync::Arc};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::debug;

pub use super::report::Report;
use super::walk::{self, End, Walk};
use crate::{
    domain::{
        account::AccountId,
        call::CALL_HISTORY,
        clock::SharedClock,
        failure::{Cause, Failure, Fault, Outcome},
        quota::Purpose,
        table::Parsed,
        window::Window,
    },
    ports::{
        records::{CallBatch, Proof, RecordStore},
        zoom::{CallPage, CallQuery, ZoomData},
    },
};

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
    /// Its display name, for what people are told.
    pub name: &'a str,
    /// The clock.
    pub clock: &'a SharedClock,
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
pub(super) struct Task<'a> {
    /// What to store with the last commit, given the report of the whole span and the keys received.
    pub proofs: &'a (dyn Fn(&Report, &Keys) -> Vec<Proof> + Send + Sync),
    /// The span of which the keys of all records are needed; memory then grows with it.
    pub keys_of: Option<Window>,
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
                    if restarts > RESTARTS || started.elapsed() > walk::LIMIT {
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
