//! Waking polls: events of a completed call make the account's next poll come soon, however many they are.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::account::{AccountId, CdrState},
    ports::{
        jobs::JobQueue,
        state::{JobKind, JobState, Registry},
    },
};

/// From the first event to the poll: its siblings for the other parties come meanwhile, and so does the record.
const SOON: Duration = Duration::from_secs(2);
/// Between two polls that events asked for: each costs a Heavy request.
const APART: Duration = Duration::from_secs(15);

/// Asks for polls. Cheap to clone; holds at most one entry an account.
#[derive(Clone)]
pub struct Wakes(Arc<Inner>);

struct Inner {
    registry: Arc<dyn Registry>,
    jobs: Arc<dyn JobQueue>,
    due: Mutex<HashMap<AccountId, Instant>>,
    last: Mutex<HashMap<AccountId, Instant>>,
    changed: Notify,
}

impl Wakes {
    /// Over the queue.
    #[must_use]
    pub fn new(registry: Arc<dyn Registry>, jobs: Arc<dyn JobQueue>) -> Self {
        Self(Arc::new(Inner {
            registry,
            jobs,
            due: Mutex::default(),
            last: Mutex::default(),
            changed: Notify::new(),
        }))
    }

    /// A call of this account is over. Not kept on disk: every start polls every account at once.
    pub fn wake(&self, account: &AccountId) {
        let now = Instant::now();
        let last = self
            .0
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(account)
            .copied();
        let at = last.map_or(now + SOON, |last| (last + APART).max(now + SOON));
        self.0
            .due
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(account.clone())
            .or_insert(at);
        self.0.changed.notify_one();
    }

    /// Asks for polls until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let next = self.next();
            tokio::select! {
                () = sleep_until(next) => {}
                () = self.0.changed.notified() => continue,
                () = stop.cancelled() => return,
            }
            for account in self.take_due(Instant::now()) {
                if self.poll(&account).await {
                    self.0
                        .last
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(account, Instant::now());
                } else {
                    self.0
                        .due
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(account, Instant::now() + SOON);
                }
            }
        }
    }

    /// False when it has to be asked for again: a poll that runs already may have looked too early.
    async fn poll(&self, account: &AccountId) -> bool {
        match self.0.registry.account_by_id(account).await {
            Ok(known) if known.cdr.state == CdrState::Active && known.state.may_call_zoom() => {}
            Ok(_) | Err(_) => return true,
        }
        match self.0.jobs.enqueue(JobKind::Cdr, account, "{}".to_owned()).await {
            Ok(job) => job.state != JobState::Running,
            Err(failure) => {
                tracing::warn!(%account, error = %failure, "a poll that an event asked for could not be queued; the next one comes by itself");
                true
            }
        }
    }

    fn next(&self) -> Option<Instant> {
        let due = self.0.due.lock().unwrap_or_else(PoisonError::into_inner);
        due.values().min().copied()
    }

    fn take_due(&self, now: Instant) -> Vec<AccountId> {
        let mut due = self.0.due.lock().unwrap_or_else(PoisonError::into_inner);
        let taken: Vec<AccountId> = due
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(account, _)| account.clone())
            .collect();
        for account in &taken {
            due.remove(account);
        }
        taken
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
