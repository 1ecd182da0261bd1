//! Timers: when which job of which account is due next. In memory; owners set them again at start.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::Jobs;
use crate::{
    domain::{account::AccountId, clock::SharedClock},
    ports::{
        jobs::{Alarm, JobQueue},
        state::{Job, JobKind, JobState},
    },
};

/// The wall clock is read at least this often, so that a jump or a suspend takes effect.
const LOOK: Duration = Duration::from_secs(30);
/// First wait after a failure that passes by itself; doubles up to the interval.
const FIRST_RETRY: i64 = 15;

/// Due times by account and kind. Cheap to clone.
#[derive(Clone)]
pub struct Timers(Arc<Inner>);

struct Inner {
    clock: SharedClock,
    due: Mutex<HashMap<(AccountId, JobKind), Timer>>,
    changed: Notify,
    last_round: Mutex<Instant>,
    /// The wall clock at the last look.
    last_seen: Mutex<Option<Timestamp>>,
}

#[derive(Debug, Clone)]
struct Timer {
    next: Option<Timestamp>,
    every: Option<SignedDuration>,
    failures: u32,
    /// It was due while its job was running: what made it due may have come after that job's last look.
    missed: bool,
}

impl Alarm for Timers {
    fn every(&self, account: &AccountId, kind: JobKind, interval: Duration) {
        let every = SignedDuration::try_from(interval).unwrap_or(SignedDuration::from_hours(24));
        let timer = Timer {
            next: Some(self.0.clock.now()),
            every: Some(every),
            failures: 0,
            missed: false,
        };
        self.due().insert((account.clone(), kind), timer);
        self.0.changed.notify_one();
    }

    fn at(&self, account: &AccountId, kind: JobKind, at: Timestamp) {
        {
            let mut due = self.due();
            let timer = due.entry((account.clone(), kind)).or_insert(Timer {
                next: None,
                every: None,
                failures: 0,
                missed: false,
            });
            timer.next = Some(timer.next.map_or(at, |next| next.min(at)));
        }
        self.0.changed.notify_one();
    }

    fn disarm(&self, account: &AccountId) {
        self.due().retain(|(owner, _), _| owner != account);
    }

    fn next(&self, account: &AccountId, kind: JobKind) -> Option<Timestamp> {
        self.due().get(&(account.clone(), kind)).and_then(|timer| timer.next)
    }
}

impl Timers {
    /// No timers yet.
    #[must_use]
    pub fn new(clock: SharedClock) -> Self {
        Self(Arc::new(Inner {
            clock,
            due: Mutex::default(),
            changed: Notify::new(),
            last_round: Mutex::new(Instant::now()),
            last_seen: Mutex::default(),
        }))
    }

    /// Tells that a job ended: a repeating one is due again, sooner after a failure that passes by itself.
    pub fn ended(&self, job: &Job) {
        let Some(account) = &job.account else { return };
        let now = self.0.clock.now();
        {
            let mut due = self.due();
            let Some(timer) = due.get_mut(&(account.clone(), job.kind)) else {
                return;
            };
            if std::mem::take(&mut timer.missed) {
                timer.next = Some(timer.next.map_or(now, |next| next.min(now)));
            }
            let Some(every) = timer.every else {
                self.0.changed.notify_one();
                return;
            };
            let wait = if job.state == JobState::Failed && job.retryable {
                timer.failures = timer.failures.saturating_add(1);
                let doubled = FIRST_RETRY.saturating_mul(1 << timer.failures.min(10).saturating_sub(1));
                every.min(SignedDuration::from_secs(doubled))
            } else {
                timer.failures = 0;
                every - jitter(account, now, every)
            };
            // The interval counts from the start of the run, so that a long run does not stretch it.
            let start = if timer.failures == 0 {
                job.started_at.unwrap_or(now)
            } else {
                now
            };
            timer.next = Some(start.saturating_add(wait).unwrap_or(now).max(now));
        }
        self.0.changed.notify_one();
    }

    /// How long ago the timers were last looked at; more than half a minute means that they are stuck.
    #[must_use]
    pub fn idle_for(&self) -> Duration {
        self.0
            .last_round
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .elapsed()
    }

    /// Enqueues what is due until told to stop.
    pub async fn run(self, jobs: Jobs, stop: CancellationToken) {
        loop {
            *self.0.last_round.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
            let now = self.0.clock.now();
            self.follow_clock(now);
            for (account, kind) in self.take_due(now) {
                match jobs.enqueue(kind, &account, "{}".to_owned()).await {
                    Ok(job) if job.state == JobState::Queued => self.met(&account, kind),
                    // It runs already; its end looks at what was missed.
                    Ok(_) => {}
                    Err(failure) => {
                        error!(account_id = account.as_str(), error = %failure, "a due {kind} job could not be queued");
                        let soon = now.saturating_add(SignedDuration::from_secs(5)).unwrap_or(now);
                        self.at(&account, kind, soon);
                    }
                }
            }
            let wait = self.wait_from(self.0.clock.now());
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.0.changed.notified() => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// A wall clock that went back takes the due times along: what was due in a minute still is.
    fn follow_clock(&self, now: Timestamp) {
        let before = self
            .0
            .last_seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(now);
        let Some(back) = before
            .map(|then| then.duration_since(now))
            .filter(|back| back.is_positive())
        else {
            return;
        };
        for timer in self.due().values_mut() {
            timer.next = timer.next.map(|next| next.saturating_sub(back).unwrap_or(now));
        }
    }

    /// What is due; its timer rests until the job has ended, or for good when it does not repeat.
    fn take_due(&self, now: Timestamp) -> Vec<(AccountId, JobKind)> {
        let mut due = self.due();
        let mut taken = Vec::new();
        for (key, timer) in due.iter_mut() {
            if timer.next.is_some_and(|next| next <= now) {
                timer.next = None;
                // Noted before the job is asked for: the one that runs may end in between.
                timer.missed = true;
                taken.push(key.clone());
            }
        }
        taken
    }

    /// A job that has not started yet will see everything that made it due.
    fn met(&self, account: &AccountId, kind: JobKind) {
        if let Some(timer) = self.due().get_mut(&(account.clone(), kind)) {
            timer.missed = false;
        }
    }

    fn wait_from(&self, now: Timestamp) -> Duration {
        self.due()
            .values()
            .filter_map(|timer| timer.next)
            .min()
            .map_or(LOOK, |next| {
                Duration::try_from(next.duration_since(now))
                    .unwrap_or(Duration::ZERO)
                    .min(LOOK)
            })
    }

    fn due(&self) -> MutexGuard<'_, HashMap<(AccountId, JobKind), Timer>> {
        self.0.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Up to a tenth of the interval, by which a run is sooner: accounts that started together drift apart, and no run is
/// later than its interval says.
fn jitter(account: &AccountId, now: Timestamp, every: SignedDuration) -> SignedDuration {
    let mut hasher = DefaultHasher::new();
    (account, now.as_nanosecond()).hash(&mut hasher);
    let thousandths = i32::try_from(hasher.finish() % 1_000).unwrap_or(0);
    every / 10_000 * thousandths
}
