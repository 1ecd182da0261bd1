//! Progress of a live job.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{Jobs, queue::Cancelled};
use crate::ports::jobs::Progress;

/// Progress of a live job. Followers see it at once; it is written to the history only at the end, because a crash
/// makes it stale anyway.
pub(super) struct LiveProgress {
    jobs: Jobs,
    id: String,
    last: Mutex<Option<Instant>>,
}

/// Followers are woken at most this often.
const PACE: Duration = Duration::from_millis(100);

impl LiveProgress {
    pub(super) fn new(jobs: Jobs, id: &str) -> Self {
        Self {
            jobs,
            id: id.to_owned(),
            last: Mutex::new(None),
        }
    }
}

impl Progress for LiveProgress {
    fn set(&self, done: u64, total: Option<u64>) {
        {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            if last.is_some_and(|last| last.elapsed() < PACE) && total != Some(done) {
                return;
            }
            *last = Some(Instant::now());
        }
        if let Some(live) = self.jobs.live().get(&self.id) {
            live.job.send_modify(|job| {
                job.done = done;
                job.total = total;
            });
        }
    }

    fn finish(&self, done: u64, total: Option<u64>) {
        if let Some(live) = self.jobs.live().get(&self.id) {
            live.job.send_modify(|job| {
                job.done = done;
                job.total = total;
            });
        }
    }

    fn is_cancelled(&self) -> bool {
        self.jobs
            .live()
            .get(&self.id)
            .is_some_and(|live| live.cancelled == Some(Cancelled::ByName))
    }
}
