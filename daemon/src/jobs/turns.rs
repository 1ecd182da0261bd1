//! Turns: taking the next job, giving way to accounts that wait, and how fast a job is in its present turn.

use std::{sync::PoisonError, time::Duration};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Jobs, fairness};
use crate::{
    domain::failure::Outcome,
    ports::state::{Job, JobState},
};

/// A job that can be interrupted keeps its place for this long at least, while others wait for one.
const TURN: Duration = Duration::from_secs(60);

/// How fast a job is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Units a second.
    pub rate: f64,
    /// Seconds until the end; absent while the total is unknown.
    pub eta_seconds: Option<f64>,
}

impl Jobs {
    /// Takes the queued job whose turn it is, and marks it running.
    pub(super) async fn take(&self) -> Outcome<Option<(Job, CancellationToken)>> {
        let taken = {
            let mut live = self.live();
            let jobs: Vec<Job> = live.values().map(|live| live.job.borrow().clone()).collect();
            let mut served = self.0.served.lock().unwrap_or_else(PoisonError::into_inner);
            let now = self.0.clock.now();
            let next = fairness::first(&jobs, &served).map(|job| job.id.clone());
            next.and_then(|id| live.get_mut(&id)).map(|next| {
                // A job that gave way started when it first did.
                let is_first = next.job.borrow().started_at.is_none();
                next.turn = Some(Instant::now());
                next.job.send_modify(|job| {
                    job.state = JobState::Running;
                    job.started_at.get_or_insert(now);
                });
                let job = next.job.borrow().clone();
                if let Some(account) = &job.account {
                    let count = served.values().max().map_or(0, |count| count + 1);
                    served.insert(account.clone(), count);
                }
                (job, next.stop.clone(), is_first)
            })
        };
        let Some((job, stop, is_first)) = taken else {
            return Ok(None);
        };
        self.0.book.save_job(&job).await?;
        if is_first {
            self.tell(|witness| witness.started(&job));
        }
        Ok(Some((job, stop)))
    }

    /// Asks a job that has had a whole turn to give its place to an account that waits for one.
    pub(super) fn make_room(&self) {
        let mut live = self.live();
        if live.values().any(|live| live.gives_way) {
            return;
        }
        let jobs: Vec<Job> = live.values().map(|live| live.job.borrow().clone()).collect();
        let turns = live
            .iter()
            .filter_map(|(id, live)| Some((id.clone(), live.turn?.elapsed())))
            .filter(|(_, turn)| *turn >= TURN)
            .collect();
        if let Some(live) = fairness::who_gives_way(&jobs, &turns).and_then(|id| live.get_mut(&id)) {
            live.gives_way = true;
            live.stop.cancel();
        }
    }

    /// Puts a job that gave way back in the queue, at the end of its account's turn; false when it was to end anyway.
    /// Dying before that is written finds it as running: interrupted, and taken up like any other.
    pub(super) async fn wait_again(&self, id: &str) -> Outcome<bool> {
        let waiting = {
            let mut all = self.live();
            let Some(live) = all
                .get_mut(id)
                .filter(|live| live.gives_way && live.cancelled.is_none())
            else {
                return Ok(false);
            };
            live.gives_way = false;
            live.turn = None;
            live.stop = CancellationToken::new();
            live.job.send_modify(|job| job.state = JobState::Queued);
            live.job.borrow().clone()
        };
        self.0.book.save_job(&waiting).await?;
        self.0.queued.notify_one();
        Ok(true)
    }

    /// Units a second of a job in its present turn, and seconds until its end where that can be told.
    #[must_use]
    pub fn pace(&self, job: &Job) -> Option<Pace> {
        let turn = self.live().get(&job.id)?.turn?;
        let seconds = turn.elapsed().as_secs_f64();
        // The first moments say nothing.
        if job.done == 0 || seconds < 1.0 {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of a job are far below 2^52")]
        let (done, left) = (
            job.done as f64,
            job.total.map(|total| total.saturating_sub(job.done) as f64),
        );
        let rate = done / seconds;
        Some(Pace {
            rate,
            eta_seconds: left.map(|left| left / rate),
        })
    }

    /// Whether any job waits for its turn.
    pub(super) fn has_waiting(&self) -> bool {
        self.live()
            .values()
            .any(|live| live.job.borrow().state == JobState::Queued)
    }
}

#[cfg(test)]
mod tests;
