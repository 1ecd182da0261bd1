//! Looks at everything again and again, keeps the last look for whoever asks, and reports conditions.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{
    account_checks,
    check::{Check, CheckName, State},
    conditions::{self, Verdict},
    daemon_checks,
    facts::{Facts, Runs},
    host::Host,
    metrics::Metrics,
};
use crate::{
    domain::{account::AccountId, clock::SharedClock, failure::Fault},
    ports::{
        alerts::{AlertBook, Alerts, Channels},
        jobs::{Alarm, JobQueue},
        primary::Primary,
        records::Summary,
        schedules::ScheduleBook,
        state::{ActivityBook, Job, JobBook, JobKind, JobState, Registry},
        zoom::{ZoomData, ZoomTraffic},
    },
};

/// How often everything is looked at when nothing happens.
const LOOK: Duration = Duration::from_secs(30);
/// How long a database has to answer the monitor itself, and how long one who asks for health waits for it.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
const HASTE: Duration = Duration::from_millis(50);
/// A look this fresh is good enough for whoever asks.
const FRESH: SignedDuration = SignedDuration::from_millis(500);
/// Jobs read at start to know how runs went before.
const PAST_JOBS: usize = 2_000;

/// What the monitor looks at.
pub struct Sources {
    /// Accounts.
    pub registry: Arc<dyn Registry>,
    /// Attempts and successes, durable.
    pub activity: Arc<dyn ActivityBook>,
    /// Past jobs.
    pub history: Arc<dyn JobBook>,
    /// Jobs that wait or run.
    pub queue: Arc<dyn JobQueue>,
    /// Due times.
    pub alarm: Arc<dyn Alarm>,
    /// Schedules and their due runs.
    pub schedules: Arc<dyn ScheduleBook>,
    /// Databases.
    pub primary: Primary,
    /// Use of quota.
    pub zoom: Arc<dyn ZoomData>,
    /// What was sent to Zoom.
    pub traffic: Arc<dyn ZoomTraffic>,
    /// Alerts and their notifications.
    pub book: Arc<dyn AlertBook>,
    /// Channels.
    pub channels: Arc<dyn Channels>,
    /// Where conditions are reported.
    pub alerts: Arc<dyn Alerts>,
    /// What only the machine knows.
    pub host: Arc<dyn Host>,
    /// The clock.
    pub clock: SharedClock,
    /// When the daemon was ready.
    pub started_at: Timestamp,
    /// Version of the program.
    pub version: &'static str,
}

/// The last look.
#[derive(Debug, Clone)]
pub struct Health {
    /// When.
    pub at: Timestamp,
    /// What was found.
    pub checks: Vec<Check>,
    /// What it was found from.
    pub facts: Facts,
}

/// The monitor. Shared by the loop and those who ask.
pub struct Monitor {
    pub(super) sources: Sources,
    memory: Mutex<Memory>,
    changed: Notify,
}

/// Whoever answers for the health of the daemon.
#[async_trait]
pub trait Watching: Metrics {
    /// The present health, for one who waits: never later than a tenth of a second.
    async fn health(&self) -> Arc<Health>;

    /// The last look, as it is; absent before the first.
    fn last(&self) -> Option<Arc<Health>>;

    /// Something was changed: look before the next round.
    fn look_soon(&self);
}

#[async_trait]
impl Watching for Monitor {
    async fn health(&self) -> Arc<Health> {
        let now = self.sources.clock.now();
        let known = self.memory(|memory| memory.health.clone());
        match known {
            Some(known) if now.duration_since(known.at).abs() < FRESH => known,
            _ => self.look(HASTE).await,
        }
    }

    fn last(&self) -> Option<Arc<Health>> {
        self.memory(|memory| memory.health.clone())
    }

    fn look_soon(&self) {
        self.changed.notify_one();
    }
}

/// Counts of a database as they were read, and when.
pub(super) type Counts = (Timestamp, Result<Summary, Fault>);

#[derive(Default)]
pub(super) struct Memory {
    pub(super) runs: HashMap<(AccountId, JobKind), Runs>,
    pub(super) counts: HashMap<AccountId, Counts>,
    pub(super) last_good: HashMap<AccountId, Summary>,
    pub(super) first_loss: HashMap<AccountId, Timestamp>,
    pub(super) active_since: HashMap<AccountId, Timestamp>,
    since: HashMap<(CheckName, Option<AccountId>), (State, Timestamp)>,
    pub(super) health: Option<Arc<Health>>,
}

impl Monitor {
    /// Over its sources. Nothing is looked at yet.
    #[must_use]
    pub fn new(sources: Sources) -> Self {
        Self {
            sources,
            memory: Mutex::default(),
            changed: Notify::new(),
        }
    }

    pub(super) fn memory<T>(&self, with: impl FnOnce(&mut Memory) -> T) -> T {
        with(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes how a job ended. A failure, the end of one, and new calls are looked at soon.
    pub fn ended(&self, job: &Job) {
        let Some(account) = &job.account else { return };
        let turned = self.memory(|memory| {
            let runs = memory.runs.entry((account.clone(), job.kind)).or_default();
            let failed_before = runs.failure.is_some();
            runs.note(job);
            if brought_calls(job) {
                memory.counts.remove(account);
            }
            failed_before || runs.failure.is_some() || brought_calls(job)
        });
        if turned {
            self.changed.notify_one();
        }
    }

    /// Learns from the history how runs went before this start.
    async fn recall(&self) {
        match self.sources.history.jobs(None, PAST_JOBS).await {
            Ok(jobs) => self.memory(|memory| {
                for job in jobs.iter().rev() {
                    if let Some(account) = &job.account {
                        memory.runs.entry((account.clone(), job.kind)).or_default().note(job);
                    }
                }
            }),
            Err(failure) => warn!(error = %failure, "the history of jobs cannot be read; health begins without it"),
        }
    }

    /// Looks until told to stop.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        self.recall().await;
        loop {
            self.look_and_report().await;
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = self.changed.notified() => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// One look with all patience, and its conditions reported.
    pub async fn look_and_report(&self) {
        let health = self.look(PATIENCE).await;
        let firing = match self.sources.book.alerts(false, usize::MAX).await {
            Ok(firing) => firing,
            Err(failure) => {
                // Reported at the next look: conditions are found anew each time.
                warn!(error = %failure, "alerts cannot be kept now");
                return;
            }
        };
        for (code, position, verdict) in conditions::verdicts(&health.facts, &health.checks) {
            let account = position.map(|position| &health.facts.accounts[position].account.id);
            let known = firing
                .iter()
                .find(|alert| alert.condition.code == code && alert.condition.account.as_ref() == account);
            let reported = match verdict {
                Verdict::Holds(condition) if known.is_none_or(|alert| alert.condition != condition) => {
                    self.sources.alerts.raise(condition).await
                }
                Verdict::Over if known.is_some() => self.sources.alerts.resolve(code, account).await,
                _ => Ok(false),
            };
            if let Err(failure) = reported {
                warn!(error = %failure, "the condition {code} could not be kept");
            }
        }
    }

    async fn look(&self, patience: Duration) -> Arc<Health> {
        let facts = self.gather(patience).await;
        let mut found: Vec<_> = daemon_checks::all(&facts)
            .into_iter()
            .map(|(name, finding)| (name, None, finding))
            .collect();
        for account in &facts.accounts {
            let who = (account.account.id.clone(), account.account.name.clone());
            let checks = account_checks::all(account, &facts.daemon);
            found.extend(
                checks
                    .into_iter()
                    .map(|(name, finding)| (name, Some(who.clone()), finding)),
            );
        }
        found.sort_by_key(|(name, ..)| CheckName::ALL.iter().position(|known| known == name));
        let now = facts.daemon.now;
        self.memory(|memory| {
            let mut since = HashMap::with_capacity(found.len());
            let checks = found
                .into_iter()
                .map(|(name, account, finding)| {
                    let key = (name, account.as_ref().map(|(id, _)| id.clone()));
                    let began = match memory.since.get(&key) {
                        Some((state, began)) if *state == finding.state => *began,
                        _ => now,
                    };
                    since.insert(key, (finding.state, began));
                    Check {
                        name,
                        account,
                        finding,
                        since: began,
                    }
                })
                .collect();
            memory.since = since;
            let health = Arc::new(Health { at: now, checks, facts });
            memory.health = Some(Arc::clone(&health));
            health
        })
    }
}

/// Whether a job stored calls that were not there before.
fn brought_calls(job: &Job) -> bool {
    matches!(job.state, JobState::Succeeded | JobState::Partial)
        && matches!(job.kind, JobKind::Cdr | JobKind::Backfill | JobKind::Reconcile)
        && serde_json::from_str::<serde_json::Value>(&job.result)
            .ok()
            .and_then(|result| result.get("added").and_then(serde_json::Value::as_u64))
            .is_some_and(|added| added > 0)
}
