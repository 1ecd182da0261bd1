//! The queue: asks for jobs, shows them, cancels them. The running ones are live, all are durable.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    domain::{
        account::AccountId,
        clock::SharedClock,
        failure::{Cause, Fault, Outcome},
    },
    ports::{
        jobs::{JobQueue, Progress},
        state::{Job, JobBook, JobKind, JobState},
    },
};

/// Finished jobs kept of each account and kind.
const KEEP: usize = 500;

/// The queue and its history. Cheap to clone.
#[derive(Clone)]
pub struct Jobs(Arc<Inner>);

struct Inner {
    book: Arc<dyn JobBook>,
    clock: SharedClock,
    live: Mutex<HashMap<String, Live>>,
    /// Wakes the runner.
    pub queued: Notify,
}

/// A job that is queued or running.
struct Live {
    job: watch::Sender<Job>,
    stop: CancellationToken,
    cancelled: Option<Cancelled>,
}

/// Who ended a job before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cancelled {
    /// A person cancelled the job.
    ByName,
    /// Everything of its account was to end.
    WithAccount,
}

impl Jobs {
    /// An empty queue over the durable history.
    #[must_use]
    pub fn new(book: Arc<dyn JobBook>, clock: SharedClock) -> Self {
        Self(Arc::new(Inner {
            book,
            clock,
            live: Mutex::default(),
            queued: Notify::new(),
        }))
    }

    /// Takes up what an earlier process left: what ran is `interrupted`, what waited waits again.
    /// Returns the interrupted ones, so that their owners can ask for them anew.
    ///
    /// # Errors
    /// The state store does not answer.
    pub async fn recover(&self) -> Outcome<Vec<Job>> {
        let mut interrupted = Vec::new();
        for mut job in self.0.book.unfinished_jobs().await? {
            if job.state == JobState::Running {
                job.state = JobState::Interrupted;
                job.finished_at = Some(self.0.clock.now());
                job.error = Some(
                    Fault::new(Cause::Internal, "interrupted", "the daemon ended while this job ran")
                        .hint("Nothing to do: what was committed is stored, and the work carries on by itself."),
                );
                self.0.book.save_job(&job).await?;
                interrupted.push(job);
            } else {
                self.admit(job);
            }
        }
        Ok(interrupted)
    }

    /// Jobs that run now.
    #[must_use]
    pub fn running(&self) -> Vec<Job> {
        let mut jobs: Vec<Job> = self
            .live()
            .values()
            .map(|live| live.job.borrow().clone())
            .filter(|job| job.state == JobState::Running)
            .collect();
        jobs.sort_by(|a, b| a.id.cmp(&b.id));
        jobs
    }

    /// What asking for a job would answer with now: the one that is queued or running, or a fresh one without an id.
    #[must_use]
    pub fn would_be(&self, kind: JobKind, account: &AccountId) -> Job {
        self.unfinished(kind, account)
            .unwrap_or_else(|| fresh(String::new(), kind, account, "{}".to_owned(), self.0.clock.now()))
    }

    /// A job by id.
    ///
    /// # Errors
    /// Code `job_not_found`, or the state store does not answer.
    pub async fn get(&self, id: &str) -> Outcome<Job> {
        let live = self.live().get(id).map(|live| live.job.borrow().clone());
        match live {
            Some(job) => Ok(job),
            None => self.0.book.job(id).await,
        }
    }

    /// Newest first.
    ///
    /// # Errors
    /// The state store does not answer.
    pub async fn list(&self, account: Option<&AccountId>, limit: usize) -> Outcome<Vec<Job>> {
        let mut jobs = self.0.book.jobs(account, limit).await?;
        let live = self.live();
        for job in &mut jobs {
            if let Some(live) = live.get(&job.id) {
                *job = live.job.borrow().clone();
            }
        }
        Ok(jobs)
    }

    /// Follows a job; nothing when it is finished already.
    #[must_use]
    pub fn follow(&self, id: &str) -> Option<watch::Receiver<Job>> {
        self.live().get(id).map(|live| live.job.subscribe())
    }

    /// Cancels a job. A running one ends at its next commit.
    ///
    /// # Errors
    /// Code `job_not_found`, `job_finished`, or the state store does not answer.
    pub async fn cancel(&self, id: &str) -> Outcome<Job> {
        self.end(id, Cancelled::ByName).await
    }

    async fn end(&self, id: &str, why: Cancelled) -> Outcome<Job> {
        let queued = {
            let mut all = self.live();
            match all.get_mut(id) {
                None => None,
                Some(live) => {
                    live.cancelled = Some(why);
                    live.stop.cancel();
                    Some(live.job.borrow().clone())
                }
            }
        };
        match queued {
            Some(job) if job.state == JobState::Queued => {
                self.finish(id, |job| job.state = JobState::Cancelled).await?;
                self.get(id).await
            }
            Some(job) => Ok(job),
            None => {
                let job = self.0.book.job(id).await?;
                Err(Fault::new(
                    Cause::WrongState,
                    "job_finished",
                    format!("job {id} is already {}", job.state),
                )
                .hint("callsyncctl job list shows what is running.")
                .into())
            }
        }
    }

    /// Takes the oldest queued job that may start now, and marks it running.
    pub(super) async fn take(
        &self,
        may_start: impl Fn(&Job, &[Job]) -> bool,
    ) -> Outcome<Option<(Job, CancellationToken)>> {
        let taken = {
            let live = self.live();
            let jobs: Vec<Job> = live.values().map(|live| live.job.borrow().clone()).collect();
            let mut waiting: Vec<&Job> = jobs
                .iter()
                .filter(|job| job.state == JobState::Queued && may_start(job, &jobs))
                .collect();
            waiting.sort_by(|a, b| (rank(a.kind), &a.id).cmp(&(rank(b.kind), &b.id)));
            let now = self.0.clock.now();
            waiting.first().and_then(|next| live.get(&next.id)).map(|next| {
                next.job.send_modify(|job| {
                    job.state = JobState::Running;
                    job.started_at = Some(now);
                });
                (next.job.borrow().clone(), next.stop.clone())
            })
        };
        if let Some((job, _)) = &taken {
            self.0.book.save_job(job).await?;
        }
        Ok(taken)
    }

    /// Ends a job: durable first, then visible to followers.
    pub(super) async fn finish(&self, id: &str, end: impl FnOnce(&mut Job)) -> Outcome<Option<Job>> {
        let Some(mut job) = self.live().get(id).map(|live| live.job.borrow().clone()) else {
            return Ok(None);
        };
        end(&mut job);
        job.finished_at = Some(self.0.clock.now());
        let saved = self.0.book.save_job(&job).await;
        // Also when the history cannot be written the job is over; a restart would call it interrupted.
        if let Some(live) = self.live().remove(id) {
            live.job.send_replace(job.clone());
        }
        self.0.queued.notify_one();
        saved?;
        self.0.book.prune_jobs(KEEP).await?;
        Ok(Some(job))
    }

    pub(super) fn was_cancelled(&self, id: &str) -> bool {
        self.live().get(id).is_some_and(|live| live.cancelled.is_some())
    }

    pub(super) async fn wait_for_work(&self) {
        self.0.queued.notified().await;
    }

    pub(super) fn progress(&self, id: &str) -> LiveProgress {
        LiveProgress {
            jobs: self.clone(),
            id: id.to_owned(),
            last: Mutex::new(None),
        }
    }

    /// Puts a job in as it is, for tests of rooms that only show jobs.
    #[cfg(test)]
    pub(crate) fn put(&self, job: Job) {
        self.admit(job);
    }

    fn admit(&self, job: Job) {
        let (sender, _) = watch::channel(job.clone());
        let live = Live {
            job: sender,
            stop: CancellationToken::new(),
            cancelled: None,
        };
        self.live().insert(job.id, live);
        self.0.queued.notify_one();
    }

    fn live(&self) -> MutexGuard<'_, HashMap<String, Live>> {
        self.0.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl JobQueue for Jobs {
    async fn enqueue(&self, kind: JobKind, account: &AccountId, parameters: String) -> Outcome<Job> {
        if let Some(job) = self.unfinished(kind, account) {
            return Ok(job);
        }
        let id = Uuid::now_v7().simple().to_string();
        let job = fresh(id, kind, account, parameters, self.0.clock.now());
        // Durable before it can run: a crash from here on finds it in the history.
        self.0.book.add_job(job.clone()).await?;
        if let Some(earlier) = self.unfinished(kind, account) {
            // Somebody was faster between the check and the write; theirs runs, ours never happened.
            let mut ours = job;
            ours.state = JobState::Cancelled;
            ours.finished_at = Some(self.0.clock.now());
            self.0.book.save_job(&ours).await?;
            return Ok(earlier);
        }
        self.admit(job.clone());
        Ok(job)
    }

    fn unfinished(&self, kind: JobKind, account: &AccountId) -> Option<Job> {
        self.live()
            .values()
            .map(|live| live.job.borrow().clone())
            .find(|job| job.kind == kind && job.account.as_ref() == Some(account))
    }

    async fn cancel_account(&self, account: &AccountId) -> Outcome<()> {
        loop {
            let ids: Vec<String> = {
                let live = self.live();
                live.iter()
                    .filter(|(_, live)| live.job.borrow().account.as_ref() == Some(account))
                    .map(|(id, _)| id.clone())
                    .collect()
            };
            if ids.is_empty() {
                return Ok(());
            }
            for id in ids {
                let follower = self.follow(&id);
                let cancelled = self.end(&id, Cancelled::WithAccount).await;
                if let (Some(mut follower), Ok(_)) = (follower, cancelled) {
                    // The sender is dropped once the job is finished.
                    while follower.changed().await.is_ok() {}
                }
            }
        }
    }
}

/// A job that waits for its turn.
fn fresh(id: String, kind: JobKind, account: &AccountId, parameters: String, now: Timestamp) -> Job {
    Job {
        id,
        kind,
        account: Some(account.clone()),
        state: JobState::Queued,
        parameters,
        done: 0,
        total: None,
        unit: unit_of(kind),
        created_at: now,
        started_at: None,
        finished_at: None,
        result: "{}".to_owned(),
        error: None,
        retryable: false,
    }
}

/// What the runs of a kind count.
const fn unit_of(kind: JobKind) -> &'static str {
    match kind {
        JobKind::Sync => "listings",
        JobKind::Elements => "calls",
        JobKind::Token => "tokens",
        JobKind::Reconcile => "windows",
        JobKind::Cdr
        | JobKind::Backfill
        | JobKind::Purge
        | JobKind::Archive
        | JobKind::Restore
        | JobKind::Removal
        | JobKind::Erase => "records",
    }
}

/// Fresh calls before everything else, the past last.
const fn rank(kind: JobKind) -> u8 {
    match kind {
        JobKind::Token => 0,
        JobKind::Cdr => 1,
        JobKind::Reconcile => 2,
        JobKind::Sync | JobKind::Elements => 3,
        JobKind::Backfill => 4,
        JobKind::Purge | JobKind::Archive | JobKind::Restore | JobKind::Removal | JobKind::Erase => 5,
    }
}

/// Progress of a live job. Followers see it at once; it is written to the history only at the end, because a crash
/// makes it stale anyway.
pub(super) struct LiveProgress {
    jobs: Jobs,
    id: String,
    last: Mutex<Option<Instant>>,
}

/// Followers are woken at most this often.
const PACE: Duration = Duration::from_millis(100);

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
