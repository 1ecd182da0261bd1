//! The queue: asks for jobs, shows them, cancels them. The running ones are live, all are durable.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::progress::LiveProgress;
use crate::{
    crash_points::{CrashPoint, reach},
    domain::{
        account::AccountId,
        clock::SharedClock,
        failure::{Cause, Failure, Fault, Outcome},
    },
    ports::{
        jobs::{JobQueue, Witness},
        state::{Job, JobBook, JobKind, JobState},
    },
};

/// Finished jobs kept of each account and kind.
const KEEP: usize = 500;

/// The queue and its history. Cheap to clone.
#[derive(Clone)]
pub struct Jobs(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) book: Arc<dyn JobBook>,
    witness: Option<Arc<dyn Witness>>,
    pub(super) clock: SharedClock,
    live: Mutex<HashMap<String, Live>>,
    /// When each account was last served, by a count of all servings.
    pub(super) served: Mutex<HashMap<AccountId, u64>>,
    /// Wakes the runner.
    pub queued: Notify,
}

/// A job that is queued or running.
pub(super) struct Live {
    pub(super) job: watch::Sender<Job>,
    pub(super) stop: CancellationToken,
    pub(super) cancelled: Option<Cancelled>,
    /// Since when it has its place; absent while it waits.
    pub(super) turn: Option<Instant>,
    /// It was asked to give its place to another account's job.
    pub(super) gives_way: bool,
}

/// Who ended a job before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cancelled {
    /// A person cancelled the job.
    ByName,
    /// Everything of its account was to end.
    WithAccount,
}

impl Jobs {
    /// An empty queue over the durable history.
    #[must_use]
    pub fn new(book: Arc<dyn JobBook>, clock: SharedClock) -> Self {
        Self::build(book, clock, None)
    }

    /// [`Self::new`] with somebody who is told of starts and ends.
    #[must_use]
    pub fn witnessed(book: Arc<dyn JobBook>, clock: SharedClock, witness: Arc<dyn Witness>) -> Self {
        Self::build(book, clock, Some(witness))
    }

    fn build(book: Arc<dyn JobBook>, clock: SharedClock, witness: Option<Arc<dyn Witness>>) -> Self {
        Self(Arc::new(Inner {
            book,
            witness,
            clock,
            live: Mutex::default(),
            served: Mutex::default(),
            queued: Notify::new(),
        }))
    }

    /// Takes up what an earlier process left: what ran is `interrupted`, what waited waits again.
    /// Returns the interrupted ones, so that their owners can ask for them anew; those that nobody would ask for
    /// wait again already.
    ///
    /// # Errors
    /// The state store does not answer.
    pub async fn recover(&self) -> Outcome<Vec<Job>> {
        let mut interrupted = Vec::new();
        let unfinished = self.0.book.unfinished_jobs().await?;
        for mut job in unfinished.clone() {
            if job.state == JobState::Running {
                let waits = unfinished.iter().any(|other| {
                    other.state == JobState::Queued && other.kind == job.kind && other.account == job.account
                });
                if !waits {
                    // Before the end of the old one: dying in between finds both, and this one is not added twice.
                    if let Some(next) = self.carry_on(&job).await? {
                        self.admit(next);
                    }
                }
                job.state = JobState::Interrupted;
                job.finished_at = Some(self.0.clock.now());
                job.error = Some(
                    Fault::new(Cause::Internal, "interrupted", "the daemon ended while this job ran")
                        .hint("Nothing to do: what was committed is stored, and the work carries on by itself."),
                );
                self.0.book.save_job(&job).await?;
                self.tell(|witness| witness.ended(&job));
                interrupted.push(job);
            } else {
                self.admit(job);
            }
        }
        Ok(interrupted)
    }

    /// Writes down that interrupted work is to go on, where nothing but the queue remembers it. Nothing for work that
    /// may not be done any more, for example because its account was deauthorized meanwhile.
    async fn carry_on(&self, job: &Job) -> Outcome<Option<Job>> {
        let Some(account) = job.account.as_ref().filter(|_| only_the_queue_remembers(job.kind)) else {
            return Ok(None);
        };
        let id = Uuid::now_v7().simple().to_string();
        let next = fresh(id, job.kind, account, job.parameters.clone(), self.0.clock.now());
        match self.0.book.add_job(next.clone()).await {
            Ok(()) => Ok(Some(next)),
            Err(Failure::Permanent(_)) => Ok(None),
            Err(failure) => Err(failure),
        }
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

    /// Ends a job: durable first, then visible to followers.
    pub(super) async fn finish(&self, id: &str, end: impl FnOnce(&mut Job)) -> Outcome<Option<Job>> {
        let Some(mut job) = self.live().get(id).map(|live| live.job.borrow().clone()) else {
            return Ok(None);
        };
        end(&mut job);
        job.finished_at = Some(self.0.clock.now());
        if job.state == JobState::Interrupted {
            // The daemon ends: the next one takes it up.
            self.carry_on(&job).await?;
        }
        let saved = self.0.book.save_job(&job).await;
        // Also when the history cannot be written the job is over; a restart would call it interrupted.
        if let Some(live) = self.live().remove(id) {
            live.job.send_replace(job.clone());
        }
        self.0.queued.notify_one();
        self.tell(|witness| witness.ended(&job));
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
        LiveProgress::new(self.clone(), id)
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
            turn: None,
            gives_way: false,
        };
        self.live().insert(job.id, live);
        self.0.queued.notify_one();
    }

    pub(super) fn tell(&self, what: impl FnOnce(&dyn Witness)) {
        if let Some(witness) = &self.0.witness {
            what(witness.as_ref());
        }
    }

    pub(super) fn live(&self) -> MutexGuard<'_, HashMap<String, Live>> {
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
        reach(CrashPoint::JobQueued);
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

/// Kinds that nothing would ask for again after a crash: polls, elements and tokens are due by themselves, syncs and
/// backfills are taken up with their account.
const fn only_the_queue_remembers(kind: JobKind) -> bool {
    match kind {
        JobKind::Reconcile
        | JobKind::Purge
        | JobKind::Archive
        | JobKind::Restore
        | JobKind::Removal
        | JobKind::Erase => true,
        JobKind::Cdr | JobKind::Elements | JobKind::Token | JobKind::Sync | JobKind::Backfill => false,
    }
}

/// What the runs of a kind count.
const fn unit_of(kind: JobKind) -> &'static str {
    match kind {
        JobKind::Sync => "listings",
        JobKind::Elements => "calls",
        JobKind::Token => "tokens",
        JobKind::Reconcile => "windows",
        JobKind::Removal => "steps",
        JobKind::Cdr | JobKind::Backfill | JobKind::Purge | JobKind::Archive | JobKind::Restore | JobKind::Erase => {
            "records"
        }
    }
}
