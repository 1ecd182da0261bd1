//! Fetches the elements (legs) of calls from the durable backlog.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        account::AccountId,
        clock::SharedClock,
        failure::{Failure, Outcome},
    },
    ports::{
        jobs::{Alarm, Executor, JobEnd, Progress},
        primary::Primary,
        records::{ElementsFetched, PendingElements, Receipt},
        state::{Job, JobKind},
        zoom::ZoomData,
    },
};

/// Calls fetched and committed together.
const BATCH: usize = 64;
/// Requests in flight for one account: enough to reach Zoom's Light limit at usual round trips.
const AT_ONCE: usize = 8;
/// Waits after each answer "not found", in seconds; after the last one the call is given up.
const WAITS: [i64; 9] = [15, 30, 60, 300, 900, 3_600, 6 * 3_600, 86_400, 86_400];

/// Executor of [`JobKind::Elements`].
pub struct Elements {
    /// Opens the database.
    pub primary: Primary,
    /// Zoom.
    pub zoom: Arc<dyn ZoomData>,
    /// Sets the time of the next fetch.
    pub alarm: Arc<dyn Alarm>,
    /// The clock.
    pub clock: SharedClock,
}

#[async_trait]
impl Executor for Elements {
    async fn run(&self, job: &Job, progress: &dyn Progress, stop: &CancellationToken) -> JobEnd {
        let Some(id) = &job.account else {
            return JobEnd::Failed(Failure::Cancelled);
        };
        let result = self.drain(id, progress, stop).await;
        if let Err(Failure::Retry { after, .. }) = &result {
            let wait = after
                .and_then(|after| SignedDuration::try_from(after).ok())
                .unwrap_or(SignedDuration::from_secs(60));
            let now = self.clock.now();
            self.alarm
                .at(id, JobKind::Elements, now.saturating_add(wait).unwrap_or(now));
        }
        match result {
            Ok((calls, receipt)) => JobEnd::Succeeded(format!(
                r#"{{"calls":{calls},"added":{},"changed":{},"unchanged":{},"rejected":{}}}"#,
                receipt.added, receipt.changed, receipt.unchanged, receipt.rejected
            )),
            Err(failure) => JobEnd::Failed(failure),
        }
    }
}

impl Elements {
    async fn drain(
        &self,
        id: &AccountId,
        progress: &dyn Progress,
        stop: &CancellationToken,
    ) -> Outcome<(u64, Receipt)> {
        let mut calls = 0;
        let mut receipt = Receipt::default();
        let store = loop {
            // Looked up again for each batch: a backlog takes hours, and the switch works at once.
            let (account, store) = self.primary.active(id).await?;
            if !account.cdr.settings.elements {
                progress.finish(calls, Some(calls));
                return Ok((calls, receipt));
            }
            let due = store.due_elements(BATCH).await?;
            if due.is_empty() {
                break store;
            }
            let mut fetches =
                stream::iter(due.into_iter().map(|pending| self.fetch(id, pending))).buffer_unordered(AT_ONCE);
            let mut fetched = Vec::with_capacity(BATCH);
            let mut failed = None;
            loop {
                let next = tokio::select! {
                    next = fetches.next() => next,
                    () = stop.cancelled() => { failed = Some(Failure::Cancelled); None }
                };
                match next {
                    Some(Ok(one)) => fetched.push(one),
                    Some(Err(failure)) => {
                        failed = Some(failure);
                        break;
                    }
                    None => break,
                }
            }
            drop(fetches);
            // What arrived is stored, whatever failed after it.
            calls += fetched.len() as u64;
            receipt += store.commit_elements(fetched).await?;
            if let Some(failure) = failed {
                return Err(failure);
            }
            progress.set(calls, None);
        };
        if let Some(next) = store.next_elements_due().await? {
            self.alarm.at(id, JobKind::Elements, next);
        }
        progress.finish(calls, Some(calls));
        Ok((calls, receipt))
    }

    async fn fetch(&self, id: &AccountId, pending: PendingElements) -> Outcome<ElementsFetched> {
        let PendingElements {
            call_history_uuid,
            attempts,
        } = pending;
        match self.zoom.call_elements(id, &call_history_uuid).await {
            Ok(parsed) => Ok(ElementsFetched::Rows {
                call_history_uuid,
                rows: parsed.rows,
                rejected: parsed.rejected,
            }),
            Err(Failure::NotFound) => Ok(self.postpone(call_history_uuid, attempts, "not found")),
            // Zoom refuses this one call; the others must not wait for it.
            Err(Failure::Permanent(fault)) if fault.code == "zoom_error" => {
                Ok(self.postpone(call_history_uuid, attempts, &fault.message))
            }
            Err(failure) => Err(failure),
        }
    }

    fn postpone(&self, call_history_uuid: String, attempts: u32, answer: &str) -> ElementsFetched {
        match next_attempt(self.clock.now(), attempts) {
            Some(at) => ElementsFetched::Later { call_history_uuid, at },
            None => ElementsFetched::Never {
                call_history_uuid,
                reason: format!("{} attempts; Zoom's last answer: {answer}", attempts + 1),
            },
        }
    }
}

fn next_attempt(now: Timestamp, attempts: u32) -> Option<Timestamp> {
    let wait = WAITS.get(usize::try_from(attempts).ok()?)?;
    now.saturating_add(SignedDuration::from_secs(*wait)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_found_is_tried_for_days_and_then_given_up() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        assert_eq!(
            next_attempt(now, 0).map(|at| at.as_second() - now.as_second()),
            Some(15)
        );
        assert_eq!(
            next_attempt(now, 8).map(|at| at.as_second() - now.as_second()),
            Some(86_400)
        );
        assert_eq!(next_attempt(now, 9), None);
        let longest = WAITS.iter().max().copied().map(SignedDuration::from_secs);
        assert_eq!(
            longest,
            Some(PendingElements::LONGEST_WAIT),
            "the stores take a longer one for a wrong clock's"
        );
    }
}
