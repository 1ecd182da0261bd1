//! Collects a span of the past, newest window first, resumable at every commit.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{
    poll::describe,
    window::{Reading, Report},
};
use crate::{
    domain::{
        account::AccountId,
        clock::SharedClock,
        failure::{Failure, Outcome},
        window::{Window, horizon},
    },
    ports::{
        jobs::{Alarm, Executor, JobEnd, Progress},
        primary::Primary,
        records::Proof,
        state::{Job, JobKind},
        zoom::ZoomData,
    },
};

/// First window; later ones adapt to how many calls there are.
const FIRST: SignedDuration = SignedDuration::from_hours(24);
const SHORTEST: SignedDuration = SignedDuration::from_hours(1);
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 7);
/// Records a window should have: few requests are wasted on quiet days, and a crash repeats little.
const AIM: u64 = 3_000;

/// Executor of [`JobKind::Backfill`].
pub struct Backfill {
    /// Opens the database.
    pub primary: Primary,
    /// Zoom.
    pub zoom: Arc<dyn ZoomData>,
    /// Wakes the fetching of elements.
    pub alarm: Arc<dyn Alarm>,
    /// The clock.
    pub clock: SharedClock,
}

#[async_trait]
impl Executor for Backfill {
    async fn run(&self, job: &Job, progress: &dyn Progress, stop: &CancellationToken) -> JobEnd {
        let Some(id) = &job.account else {
            return JobEnd::Failed(Failure::Cancelled);
        };
        match self.backfill(id, progress, stop).await {
            Ok(report) => JobEnd::Succeeded(describe(&report)),
            Err(Failure::Cancelled) if progress.is_cancelled() => {
                // The request ends with its job, so that no restart revives it. If we die before this is written, the
                // next start carries on and the person cancels again.
                JobEnd::Failed(self.give_up(id).await.err().unwrap_or(Failure::Cancelled))
            }
            Err(failure) => JobEnd::Failed(failure),
        }
    }
}

impl Backfill {
    async fn give_up(&self, id: &AccountId) -> Outcome<()> {
        let (_, store) = self.primary.active(id).await?;
        match store.backfill().await? {
            Some(request) => store.set_backfill_state(request.id, "cancelled").await,
            None => Ok(()),
        }
    }

    async fn backfill(&self, id: &AccountId, progress: &dyn Progress, stop: &CancellationToken) -> Outcome<Report> {
        let (account, store) = self.primary.active(id).await?;
        let Some(request) = store
            .backfill()
            .await?
            .filter(|request| matches!(request.state.as_str(), "queued" | "running" | "paused"))
        else {
            return Ok(Report::default());
        };
        store.set_backfill_state(request.id, "running").await?;
        let mut done_until = request.done_until;
        let mut length = FIRST;
        let mut whole = Report::default();
        while done_until > request.span.from {
            if stop.is_cancelled() {
                // `running` in the database makes the next start carry on; a person's cancellation says otherwise.
                return Err(Failure::Cancelled);
            }
            let left = Window::new(request.span.from, done_until);
            let (window, _) = left.newest(length);
            // What Zoom has forgotten meanwhile cannot be asked for any more.
            let oldest = horizon(self.clock.now());
            let asked = Window::new(window.from.max(oldest), window.to);
            if asked.is_empty() {
                store.set_backfill_state(request.id, "done").await?;
                break;
            }
            let before = whole.received;
            let reading = Reading {
                zoom: &self.zoom,
                store: &store,
                account: id,
                lists_all: account.cdr.lists_all,
                want_elements: account.cdr.settings.elements,
                stop,
                on_records: &|records, _| progress.set(before + records, None),
            };
            let report = reading
                .collect(asked, |report: &Report| {
                    let mut proofs = report.proofs(asked, self.clock.now());
                    proofs.push(Proof::BackfilledTo {
                        id: request.id,
                        done_until: window.from,
                    });
                    proofs
                })
                .await?;
            done_until = window.from;
            length = adapt(length, report.received);
            if account.cdr.settings.elements && report.receipt.added + report.receipt.changed > 0 {
                self.alarm.at(id, JobKind::Elements, self.clock.now());
            }
            whole.add(report);
            progress.set(whole.received, estimate(whole.received, request.span, done_until));
        }
        // What came short is compared window by window.
        self.alarm.at(id, JobKind::Reconcile, self.clock.now());
        progress.finish(whole.received, Some(whole.received));
        Ok(whole)
    }
}

fn adapt(length: SignedDuration, received: u64) -> SignedDuration {
    if received > AIM * 2 {
        (length / 2).max(SHORTEST)
    } else if received < AIM / 2 {
        length.saturating_add(length).min(LONGEST)
    } else {
        length
    }
}

/// Records in the whole span, assuming that the rest is as busy as what is done. For the progress bar only.
fn estimate(received: u64, span: Window, done_until: Timestamp) -> Option<u64> {
    let done = u64::try_from(span.to.duration_since(done_until).as_secs())
        .ok()
        .filter(|done| *done > 0)?;
    let all = u64::try_from(span.length().as_secs()).ok()?;
    received.checked_mul(all).map(|product| product / done)
}
