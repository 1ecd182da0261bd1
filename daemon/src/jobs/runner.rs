//! Runs queued jobs: one of a kind an account at a time, a bounded number in all, in turns when many wait.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::Jobs;
use crate::{
    crash_points::{CrashPoint, reach},
    domain::failure::{Cause, Failure, Fault},
    ports::{
        jobs::{Executor, JobEnd},
        state::{Job, JobKind, JobState},
    },
};

/// How often it is looked whether somebody waits for a place.
const LOOK: Duration = Duration::from_secs(5);

/// How the runner starts a task; the supervisor provides it.
pub type Spawn = Arc<dyn Fn(String, BoxFuture<'static, ()>) + Send + Sync>;

/// Called with every job that ended, after it is durable.
pub type OnEnd = Arc<dyn Fn(Job) -> BoxFuture<'static, ()> + Send + Sync>;

/// Takes jobs from the queue and runs them until told to stop.
pub struct Runner {
    jobs: Jobs,
    executors: HashMap<JobKind, Arc<dyn Executor>>,
    spawn: Spawn,
    on_end: OnEnd,
}

impl Runner {
    /// A runner with an executor for each kind it can do.
    #[must_use]
    pub fn new(jobs: Jobs, executors: HashMap<JobKind, Arc<dyn Executor>>, spawn: Spawn, on_end: OnEnd) -> Self {
        Self {
            jobs,
            executors,
            spawn,
            on_end,
        }
    }

    /// Runs until `stop`; then waits for the running jobs to end at their next commit.
    pub async fn run(self, stop: CancellationToken) {
        let shared = Arc::new(self);
        let (alive, mut all_ended) = mpsc::channel::<()>(1);
        loop {
            match shared.jobs.take().await {
                Ok(Some((job, cancel))) => shared.start(job, cancel, stop.clone(), alive.clone()),
                Ok(None) => {
                    tokio::select! {
                        () = shared.jobs.wait_for_work() => {}
                        () = tokio::time::sleep(LOOK), if shared.jobs.has_waiting() => shared.jobs.make_room(),
                        () = stop.cancelled() => break,
                    }
                }
                Err(failure) => {
                    error!(error = %failure, "the history of jobs cannot be written; is the disk full? jobs wait");
                    tokio::select! {
                        () = tokio::time::sleep(LOOK) => {}
                        () = stop.cancelled() => break,
                    }
                }
            }
            if stop.is_cancelled() {
                break;
            }
        }
        drop(alive);
        // Every running job holds a sender; this ends when the last is gone.
        let _ = all_ended.recv().await;
    }

    fn start(self: &Arc<Self>, job: Job, cancel: CancellationToken, stop: CancellationToken, alive: mpsc::Sender<()>) {
        let this = Arc::clone(self);
        let name = format!("job {} {}", job.kind, job.id);
        (self.spawn)(
            name,
            Box::pin(async move {
                this.run_one(job, cancel, stop).await;
                drop(alive);
            }),
        );
    }

    async fn run_one(&self, job: Job, cancel: CancellationToken, stop: CancellationToken) {
        // One token for the executor: cancelled by a person or by the end of the daemon.
        let either = cancel.child_token();
        let guard = either.clone();
        let watching = async {
            stop.cancelled().await;
            guard.cancel();
            std::future::pending::<JobEnd>().await
        };
        let end = match self.executors.get(&job.kind) {
            Some(executor) => {
                let progress = self.jobs.progress(&job.id);
                tokio::select! {
                    end = executor.run(&job, &progress, &either) => end,
                    end = watching => end,
                }
            }
            None => JobEnd::Failed(Failure::Permanent(
                Fault::new(
                    Cause::Internal,
                    "no_executor",
                    format!("this version cannot run {} jobs", job.kind),
                )
                .hint("It was queued by another version; callsyncctl job cancel removes it."),
            )),
        };
        if matches!(end, JobEnd::Failed(Failure::Cancelled)) && !stop.is_cancelled() {
            match self.jobs.wait_again(&job.id).await {
                Ok(false) => {}
                Ok(true) => return,
                Err(failure) => {
                    error!(job = %job.id, error = %failure, "a job that gave way could not be written; it waits all the same");
                    return;
                }
            }
        }
        let cancelled = self.jobs.was_cancelled(&job.id);
        reach(CrashPoint::JobEnding);
        match self.jobs.finish(&job.id, |job| settle(job, end, cancelled)).await {
            Ok(Some(ended)) => {
                (self.on_end)(ended).await;
            }
            Ok(None) => {}
            Err(failure) => error!(job = %job.id, error = %failure, "the end of a job could not be written"),
        }
    }
}

fn settle(job: &mut Job, end: JobEnd, cancelled: bool) {
    match end {
        JobEnd::Succeeded(result) => {
            job.state = JobState::Succeeded;
            job.result = result;
        }
        JobEnd::Partial { result, fault } => {
            job.state = JobState::Partial;
            job.result = result;
            job.error = Some(fault);
        }
        JobEnd::Failed(Failure::Cancelled) => {
            job.state = if cancelled {
                JobState::Cancelled
            } else {
                JobState::Interrupted
            };
        }
        JobEnd::Failed(failure) => {
            job.state = JobState::Failed;
            job.retryable = matches!(failure, Failure::Retry { .. });
            job.error = Some(failure.fault().cloned().unwrap_or_else(|| {
                Fault::new(Cause::Zoom, "unexpected_answer", failure.to_string())
                    .hint("Try again; callsyncctl account test shows whether Zoom answers.")
            }));
        }
    }
}
