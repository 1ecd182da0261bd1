//! Collects spans of the past that were asked for, resumable at every commit.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{
    descent::{Descent, Source},
    poll::describe,
    window::Report,
};
use crate::{
    crash_points::{CrashPoint, reach},
    domain::{
        account::{Account, AccountId},
        clock::SharedClock,
        failure::{Cause, Failure, Fault, Outcome},
        window::Window,
    },
    ports::{
        jobs::{Alarm, Executor, JobEnd, Progress},
        primary::Primary,
        records::{BackfillRequest, RecordStore},
        state::{Job, JobKind},
        zoom::ZoomData,
    },
};

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
        let mut whole = Report::default();
        match self.backfill(id, &mut whole, progress, stop).await {
            Ok(()) => JobEnd::Succeeded(describe(&whole)),
            Err(Failure::Cancelled) if progress.is_cancelled() => {
                // The request ends with its job, so that no restart revives it. If we die before this is written, the
                // next start carries on and the person cancels again.
                JobEnd::Failed(self.give_up(id).await.err().unwrap_or(Failure::Cancelled))
            }
            Err(Failure::Retry { fault, after }) => {
                self.postpone(id, &fault, after).await;
                if whole.received == 0 {
                    return JobEnd::Failed(Failure::Retry { fault, after });
                }
                JobEnd::Partial {
                    result: describe(&whole),
                    fault,
                }
            }
            Err(failure) => JobEnd::Failed(failure),
        }
    }
}

/// Wait after a failure that named none, and the shortest.
const RETRY: Duration = Duration::from_secs(60);
const SHORTEST_RETRY: Duration = Duration::from_secs(5);

impl Backfill {
    async fn give_up(&self, id: &AccountId) -> Outcome<()> {
        let (_, store) = self.primary.active(id).await?;
        // What else was asked for would otherwise carry on in its place.
        while let Some(request) = unfinished(&store).await? {
            store.set_backfill_state(request.id, "cancelled").await?;
        }
        Ok(())
    }

    /// Goes on by itself later. The request is durable: if we die here, the next start asks for the job.
    async fn postpone(&self, id: &AccountId, fault: &Fault, after: Option<Duration>) {
        let now = self.clock.now();
        let wait = SignedDuration::try_from(after.unwrap_or(RETRY).max(SHORTEST_RETRY)).unwrap_or(SignedDuration::MAX);
        self.alarm
            .at(id, JobKind::Backfill, now.saturating_add(wait).unwrap_or(now));
        if fault.cause != Cause::RateLimit {
            return;
        }
        let paused = async {
            let (_, store) = self.primary.active(id).await?;
            match unfinished(&store).await? {
                Some(request) => store.set_backfill_state(request.id, "paused").await,
                None => Ok(()),
            }
        };
        if let Err(failure) = paused.await {
            // Shown as running then; what it waits for is in its job.
            warn!(account_id = id.as_str(), error = %failure, "that the backfill waits could not be stored");
        }
    }

    /// Works off every unfinished request, the newest first.
    async fn backfill(
        &self,
        id: &AccountId,
        whole: &mut Report,
        progress: &dyn Progress,
        stop: &CancellationToken,
    ) -> Outcome<()> {
        let (account, store) = self.primary.active(id).await?;
        while let Some(request) = unfinished(&store).await? {
            store.set_backfill_state(request.id, "running").await?;
            self.collect(&account, &store, &request, whole, progress, stop).await?;
        }
        progress.finish(whole.received, Some(whole.received));
        Ok(())
    }

    async fn collect(
        &self,
        account: &Account,
        store: &Arc<dyn RecordStore>,
        request: &BackfillRequest,
        whole: &mut Report,
        progress: &dyn Progress,
        stop: &CancellationToken,
    ) -> Outcome<()> {
        let id = &account.id;
        let earlier = whole.received;
        let on_records = |records| progress.set(records, None);
        let descent = Descent::new(
            Source {
                zoom: &self.zoom,
                store,
                account: id,
                name: &account.name,
                lists_all: account.cdr.lists_all,
                want_elements: account.cdr.settings.elements,
                clock: &self.clock,
                stop,
            },
            request,
            earlier,
            &on_records,
        );
        descent
            .run(|window, report, records| {
                reach(CrashPoint::BackfillAdvanced);
                if account.cdr.settings.elements && report.receipt.added + report.receipt.changed > 0 {
                    self.alarm.at(id, JobKind::Elements, self.clock.now());
                }
                whole.add(report);
                let here = whole.received - earlier;
                let expected = estimate(here, Window::new(request.span.from, request.done_until), window.from);
                progress.set(records, expected.map(|expected| earlier + expected));
            })
            .await?;
        // What came short is compared window by window.
        self.alarm.at(id, JobKind::Reconcile, self.clock.now());
        reach(CrashPoint::BackfillEnding);
        // Nothing was left to ask for: the last commit or an earlier process had already seen to it.
        store.set_backfill_state(request.id, "done").await
    }
}

/// The request to work on.
async fn unfinished(store: &Arc<dyn RecordStore>) -> Outcome<Option<BackfillRequest>> {
    let newest = store.backfill().await?;
    Ok(newest.filter(BackfillRequest::is_unfinished))
}

/// Records in the whole span, assuming that the rest is as busy as what is done. For the progress bar only.
fn estimate(received: u64, span: Window, done_until: Timestamp) -> Option<u64> {
    let done = u64::try_from(span.to.duration_since(done_until).as_secs())
        .ok()
        .filter(|done| *done > 0)?;
    let all = u64::try_from(span.length().as_secs()).ok()?;
    received.checked_mul(all).map(|product| product / done)
}
