//! The queue, the runner and the timers against a history in memory and a manual clock.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Jobs, Runner, Timers};
use crate::{
    domain::{
        account::AccountId,
        clock::{Clock as _, ManualClock},
        failure::{Cause, Failure, Fault, Outcome},
    },
    ports::{
        jobs::{Alarm as _, Executor, JobEnd, JobQueue as _, Progress},
        state::{Job, JobBook, JobKind, JobState},
    },
};

#[derive(Default)]
pub(super) struct MemoryBook(Mutex<BTreeMap<String, Job>>);

impl MemoryBook {
    fn all(&self) -> Vec<Job> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }
}

#[async_trait]
impl JobBook for MemoryBook {
    async fn add_job(&self, job: Job) -> Outcome<()> {
        self.save_job(&job).await
    }

    async fn save_job(&self, job: &Job) -> Outcome<()> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(job.id.clone(), job.clone());
        Ok(())
    }

    async fn job(&self, id: &str) -> Outcome<Job> {
        let jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.get(id)
            .cloned()
            .ok_or_else(|| Fault::new(Cause::NotFound, "job_not_found", "no such job").into())
    }

    async fn jobs(&self, _: Option<&AccountId>, _: usize) -> Outcome<Vec<Job>> {
        Ok(self.all().into_iter().rev().collect())
    }

    async fn unfinished_jobs(&self) -> Outcome<Vec<Job>> {
        Ok(self.all().into_iter().filter(|job| !job.state.is_finished()).collect())
    }

    async fn prune_jobs(&self, _: usize) -> Outcome<u64> {
        Ok(0)
    }
}

/// Tells when it starts, and ends when told.
struct Held {
    started: mpsc::UnboundedSender<String>,
    go: Arc<Notify>,
}

#[async_trait]
impl Executor for Held {
    async fn run(&self, job: &Job, progress: &dyn Progress, stop: &CancellationToken) -> JobEnd {
        self.started.send(job.id.clone()).expect("somebody listens");
        progress.finish(1, Some(2));
        tokio::select! {
            () = self.go.notified() => JobEnd::Succeeded("{}".to_owned()),
            () = stop.cancelled() => JobEnd::Failed(Failure::Cancelled),
        }
    }
}

struct Bench {
    jobs: Jobs,
    book: Arc<MemoryBook>,
    started: mpsc::UnboundedReceiver<String>,
    go: Arc<Notify>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

pub(super) fn account(name: &str) -> AccountId {
    AccountId(name.to_owned())
}

pub(super) fn clock() -> ManualClock {
    ManualClock::new("2026-01-01T00:00:00Z".parse::<Timestamp>().expect("a time"))
}

impl Bench {
    fn start() -> Self {
        let book = Arc::new(MemoryBook::default());
        let jobs = Jobs::new(Arc::clone(&book) as Arc<dyn JobBook>, Arc::new(clock()));
        let (sender, started) = mpsc::unbounded_channel();
        let go = Arc::new(Notify::new());
        let held: Arc<dyn Executor> = Arc::new(Held {
            started: sender,
            go: Arc::clone(&go),
        });
        let executors = HashMap::from([(JobKind::Cdr, Arc::clone(&held)), (JobKind::Sync, held)]);
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let tracker = tasks.clone();
        let spawn = Arc::new(move |_: String, task| drop(tracker.spawn(task)));
        let runner = Runner::new(jobs.clone(), executors, spawn, Arc::new(|_: Job| Box::pin(async {})));
        tasks.spawn(runner.run(stop.clone()));
        tasks.close();
        Self {
            jobs,
            book,
            started,
            go,
            stop,
            tasks,
        }
    }

    async fn end(self) -> Arc<MemoryBook> {
        self.stop.cancel();
        self.tasks.wait().await;
        self.book
    }
}

async fn finished(jobs: &Jobs, id: &str) -> Job {
    if let Some(mut follower) = jobs.follow(id) {
        while follower.changed().await.is_ok() {}
    }
    jobs.get(id).await.expect("in the history")
}

#[tokio::test]
async fn asking_twice_answers_with_the_running_job() {
    let mut bench = Bench::start();
    let first = bench
        .jobs
        .enqueue(JobKind::Cdr, &account("a"), "{}".to_owned())
        .await
        .expect("queued");
    assert_eq!(bench.started.recv().await, Some(first.id.clone()));
    let second = bench
        .jobs
        .enqueue(JobKind::Cdr, &account("a"), "{}".to_owned())
        .await
        .expect("answered");
    assert_eq!((second.id, second.state), (first.id, JobState::Running));
    bench.end().await;
}

#[tokio::test]
async fn other_accounts_and_kinds_run_beside_each_other() {
    let mut bench = Bench::start();
    for (kind, name) in [(JobKind::Cdr, "a"), (JobKind::Cdr, "b"), (JobKind::Sync, "a")] {
        bench
            .jobs
            .enqueue(kind, &account(name), "{}".to_owned())
            .await
            .expect("queued");
    }
    for _ in 0..3 {
        assert!(bench.started.recv().await.is_some());
    }
    assert_eq!(bench.jobs.running().len(), 3);
    bench.end().await;
}

#[tokio::test]
async fn followers_see_the_end_and_the_history_has_it() {
    let mut bench = Bench::start();
    let job = bench
        .jobs
        .enqueue(JobKind::Cdr, &account("a"), "{}".to_owned())
        .await
        .expect("queued");
    bench.started.recv().await;
    bench.go.notify_one();
    let ended = finished(&bench.jobs, &job.id).await;
    assert_eq!(
        (ended.state, ended.done, ended.total),
        (JobState::Succeeded, 1, Some(2))
    );
    assert!(ended.finished_at.is_some());
    bench.end().await;
}

#[tokio::test]
async fn cancelled_by_a_person_and_interrupted_by_the_end_are_told_apart() {
    let mut bench = Bench::start();
    let cancelled = bench
        .jobs
        .enqueue(JobKind::Cdr, &account("a"), "{}".to_owned())
        .await
        .expect("queued");
    let interrupted = bench
        .jobs
        .enqueue(JobKind::Cdr, &account("b"), "{}".to_owned())
        .await
        .expect("queued");
    bench.started.recv().await;
    bench.started.recv().await;
    bench.jobs.cancel(&cancelled.id).await.expect("cancelled");
    assert_eq!(finished(&bench.jobs, &cancelled.id).await.state, JobState::Cancelled);
    let book = bench.end().await;
    let state = book
        .all()
        .into_iter()
        .find(|job| job.id == interrupted.id)
        .map(|job| job.state);
    assert_eq!(state, Some(JobState::Interrupted));
}

#[tokio::test]
async fn finished_job_cannot_be_cancelled() {
    let mut bench = Bench::start();
    let job = bench
        .jobs
        .enqueue(JobKind::Cdr, &account("a"), "{}".to_owned())
        .await
        .expect("queued");
    bench.started.recv().await;
    bench.go.notify_one();
    finished(&bench.jobs, &job.id).await;
    let refused = bench.jobs.cancel(&job.id).await.expect_err("too late");
    assert_eq!(refused.fault().map(|fault| fault.code), Some("job_finished"));
    bench.end().await;
}

#[tokio::test]
async fn what_ran_when_the_daemon_died_is_interrupted_and_what_waited_waits_again() {
    let book = Arc::new(MemoryBook::default());
    let jobs = Jobs::new(Arc::clone(&book) as Arc<dyn JobBook>, Arc::new(clock()));
    let ran = jobs
        .enqueue(JobKind::Sync, &account("a"), "{}".to_owned())
        .await
        .expect("queued");
    let waited = jobs
        .enqueue(JobKind::Cdr, &account("a"), "{}".to_owned())
        .await
        .expect("queued");
    let mut dead = book.job(&ran.id).await.expect("kept");
    dead.state = JobState::Running;
    book.save_job(&dead).await.expect("saved");

    let next = Jobs::new(Arc::clone(&book) as Arc<dyn JobBook>, Arc::new(clock()));
    let interrupted = next.recover().await.expect("recovered");
    assert_eq!(interrupted.iter().map(|job| &job.id).collect::<Vec<_>>(), [&ran.id]);
    assert_eq!(next.get(&ran.id).await.expect("kept").state, JobState::Interrupted);
    assert_eq!(
        next.unfinished(JobKind::Cdr, &account("a")).map(|job| job.id),
        Some(waited.id)
    );
}

#[tokio::test]
async fn a_purge_goes_on_however_often_the_daemon_dies_while_taking_it_up() {
    let book = Arc::new(MemoryBook::default());
    let jobs = Jobs::new(Arc::clone(&book) as Arc<dyn JobBook>, Arc::new(clock()));
    let ran = jobs
        .enqueue(JobKind::Purge, &account("a"), r#"{"x":1}"#.to_owned())
        .await
        .expect("queued");
    for _ in 0..3 {
        // Dies with everything that was there still marked as running.
        let mut dead = book.job(&ran.id).await.expect("kept");
        dead.state = JobState::Running;
        book.save_job(&dead).await.expect("saved");
        let next = Jobs::new(Arc::clone(&book) as Arc<dyn JobBook>, Arc::new(clock()));
        next.recover().await.expect("recovered");
        let waits = next.unfinished(JobKind::Purge, &account("a")).expect("waits again");
        assert_eq!(
            (waits.parameters.as_str(), waits.state),
            (r#"{"x":1}"#, JobState::Queued)
        );
        let queued = book.unfinished_jobs().await.expect("read");
        assert_eq!(queued.len(), 1, "once, not once a start");
    }
}

fn ended(kind: JobKind, state: JobState, retryable: bool, started_at: Timestamp) -> Job {
    Job {
        id: "1".to_owned(),
        kind,
        account: Some(account("a")),
        state,
        parameters: "{}".to_owned(),
        done: 0,
        total: None,
        unit: "records",
        created_at: started_at,
        started_at: Some(started_at),
        finished_at: Some(started_at),
        result: "{}".to_owned(),
        error: None,
        retryable,
    }
}

#[test]
fn failing_poll_is_tried_again_soon_but_never_faster_than_its_interval() {
    let clock = clock();
    let timers = Timers::new(Arc::new(clock.clone()));
    timers.every(&account("a"), JobKind::Cdr, Duration::from_secs(300));
    let mut waits = Vec::new();
    for _ in 0..7 {
        timers.ended(&ended(JobKind::Cdr, JobState::Failed, true, clock.now()));
        let next = timers.next(&account("a"), JobKind::Cdr).expect("due");
        waits.push(next.duration_since(clock.now()).as_secs());
    }
    assert_eq!(waits, [15, 30, 60, 120, 240, 300, 300]);
    timers.ended(&ended(JobKind::Cdr, JobState::Succeeded, false, clock.now()));
    let next = timers.next(&account("a"), JobKind::Cdr).expect("due");
    assert!(
        (270..=300).contains(&next.duration_since(clock.now()).as_secs()),
        "{next}"
    );
}

#[test]
fn runs_drift_apart_and_are_never_later_than_their_interval() {
    let clock = clock();
    let timers = Timers::new(Arc::new(clock.clone()));
    let mut waits = std::collections::BTreeSet::new();
    for number in 0..50 {
        let owner = account(&number.to_string());
        timers.every(&owner, JobKind::Cdr, Duration::from_secs(300));
        let mut job = ended(JobKind::Cdr, JobState::Succeeded, false, clock.now());
        job.account = Some(owner.clone());
        timers.ended(&job);
        let next = timers.next(&owner, JobKind::Cdr).expect("due");
        waits.insert(next.duration_since(clock.now()).as_millis());
    }
    assert!(waits.len() > 25, "{waits:?}");
    assert!(waits.iter().all(|wait| (270_000..=300_000).contains(wait)), "{waits:?}");
}

/// Set back by an hour, a poll that is due in five minutes must not wait for an hour and five.
#[tokio::test(start_paused = true)]
async fn clock_that_goes_back_takes_due_times_along() {
    let clock = clock();
    let jobs = Jobs::new(Arc::new(MemoryBook::default()), Arc::new(clock.clone()));
    let timers = Timers::new(Arc::new(clock.clone()));
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let due = clock.now() + SignedDuration::from_mins(5);
    timers.at(&account("a"), JobKind::Elements, due);
    tasks.spawn(timers.clone().run(jobs.clone(), stop.clone()));
    tokio::task::yield_now().await;
    clock.advance(SignedDuration::from_hours(-1));
    let expected = due - SignedDuration::from_hours(1);
    while timers.next(&account("a"), JobKind::Elements) != Some(expected) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    stop.cancel();
    tasks.close();
    tasks.wait().await;
}

#[test]
fn interval_counts_from_the_start_of_a_run() {
    let clock = clock();
    let timers = Timers::new(Arc::new(clock.clone()));
    timers.every(&account("a"), JobKind::Cdr, Duration::from_secs(300));
    let started = clock.now();
    clock.advance(SignedDuration::from_secs(200));
    timers.ended(&ended(JobKind::Cdr, JobState::Succeeded, false, started));
    let next = timers.next(&account("a"), JobKind::Cdr).expect("due");
    assert!(
        (70..=100).contains(&next.duration_since(clock.now()).as_secs()),
        "{next}"
    );
}

#[test]
fn disarmed_account_is_never_due() {
    let timers = Timers::new(Arc::new(clock()));
    timers.every(&account("a"), JobKind::Cdr, Duration::from_secs(300));
    timers.disarm(&account("a"));
    assert_eq!(timers.next(&account("a"), JobKind::Cdr), None);
    timers.ended(&ended(JobKind::Cdr, JobState::Succeeded, false, clock().now()));
    assert_eq!(timers.next(&account("a"), JobKind::Cdr), None);
}

/// What a backfill adds while the elements job makes its last look must not wait for the next poll.
#[tokio::test(start_paused = true)]
async fn timer_that_is_due_while_its_job_runs_is_due_again_when_it_ends() {
    let clock = clock();
    let jobs = Jobs::new(Arc::new(MemoryBook::default()), Arc::new(clock.clone()));
    let timers = Timers::new(Arc::new(clock.clone()));
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let running = jobs
        .enqueue(JobKind::Elements, &account("a"), "{}".to_owned())
        .await
        .expect("queued");
    let taken = jobs.take().await.expect("taken");
    assert!(taken.is_some());
    timers.at(&account("a"), JobKind::Elements, clock.now());
    tasks.spawn(timers.clone().run(jobs.clone(), stop.clone()));
    while timers.next(&account("a"), JobKind::Elements).is_some() {
        tokio::task::yield_now().await;
    }
    let ended = jobs
        .finish(&running.id, |job| job.state = JobState::Succeeded)
        .await
        .expect("ended")
        .expect("live");
    timers.ended(&ended);
    while jobs.unfinished(JobKind::Elements, &account("a")).is_none() {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    tasks.close();
    tasks.wait().await;
}

#[tokio::test(start_paused = true)]
async fn due_timer_queues_its_job() {
    let clock = clock();
    let jobs = Jobs::new(Arc::new(MemoryBook::default()), Arc::new(clock.clone()));
    let timers = Timers::new(Arc::new(clock.clone()));
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    tasks.spawn(timers.clone().run(jobs.clone(), stop.clone()));
    timers.at(&account("a"), JobKind::Elements, clock.now());
    while jobs.unfinished(JobKind::Elements, &account("a")).is_none() {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    tasks.close();
    tasks.wait().await;
}
