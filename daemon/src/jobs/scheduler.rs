//! The scheduler: starts what is due by local time. Durable, so that a run missed while the daemon was down is made up
//! once; the wall clock is read anew all the time, so that jumps, a suspend or a changed zone take effect.
//!
//! Per schedule it keeps up to when it has been looked at. What is due between that instant and now is one run, however
//! many instants there were. The job is queued first and the turn noted after it: dying in between finds the queued
//! job again, and asking for it once more answers with the same one. An instant that had its turn never has another,
//! so a clock that goes back repeats nothing.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::slot::{self, Slot};
use crate::{
    domain::{
        account::{Account, AccountId},
        clock::SharedClock,
        event::Event,
        failure::Outcome,
    },
    ports::{
        jobs::JobQueue,
        schedules::{ScheduleBook, Turn, TurnOutcome},
        state::{Job, JobKind, JobState, Registry},
    },
};

/// The wall clock is read at least this often.
const LOOK: Duration = Duration::from_secs(30);
/// A run noticed later than this was missed.
const LATE: SignedDuration = SignedDuration::from_secs(90);
/// A clock that goes back by less waits until it comes to where it was; by more, it had been wrong before.
const CORRECTION: SignedDuration = SignedDuration::from_hours(25);
/// Every timetable has a due instant in any span of this length; what is older needs no look.
const LONGEST_BREAK: SignedDuration = SignedDuration::from_hours(24 * 15);
/// The wall clock and the machine's own count may differ by this much between two looks.
const DRIFT: SignedDuration = SignedDuration::from_secs(60);

/// Starts what is due by local time. Cheap to clone.
#[derive(Clone)]
pub struct Scheduler(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) book: Arc<dyn ScheduleBook>,
    pub(super) registry: Arc<dyn Registry>,
    jobs: Arc<dyn JobQueue>,
    pub(super) clock: SharedClock,
    can_do: OnceLock<HashSet<JobKind>>,
    seen: Mutex<Seen>,
    changed: Notify,
}

/// What the last look found.
struct Seen {
    /// Up to when each schedule was looked at; absent until the durable marks were read.
    until: Option<HashMap<String, Timestamp>>,
    next: Vec<Next>,
    /// Schedules whose zone is gone, told once.
    broken: HashSet<String>,
    /// The wall clock and the machine's own count at the last look.
    last: Option<(Timestamp, Instant)>,
    last_round: Instant,
}

/// The next due instant of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// Id of the schedule.
    pub schedule: String,
    /// For which account.
    pub account: AccountId,
    /// What it starts.
    pub kind: JobKind,
    /// When.
    pub at: Timestamp,
}

/// A schedule that is due now.
struct Due {
    slot: Slot,
    at: Timestamp,
}

impl Scheduler {
    /// Starts nothing before it was told what can be done.
    #[must_use]
    pub fn new(
        book: Arc<dyn ScheduleBook>,
        registry: Arc<dyn Registry>,
        jobs: Arc<dyn JobQueue>,
        clock: SharedClock,
    ) -> Self {
        Self(Arc::new(Inner {
            book,
            registry,
            jobs,
            clock,
            can_do: OnceLock::new(),
            seen: Mutex::new(Seen {
                until: None,
                next: Vec::new(),
                broken: HashSet::new(),
                last: None,
                last_round: Instant::now(),
            }),
            changed: Notify::new(),
        }))
    }

    /// Tells which kinds of jobs this program can do. Slots are implied only for those. Only the first telling counts.
    #[must_use]
    pub fn able_to(self, kinds: impl IntoIterator<Item = JobKind>) -> Self {
        self.0.can_do.get_or_init(|| kinds.into_iter().collect());
        self
    }

    /// Whether this program can do a kind of job.
    #[must_use]
    pub fn can_do(&self, kind: JobKind) -> bool {
        self.0.can_do.get().is_some_and(|kinds| kinds.contains(&kind))
    }

    /// What is due next for an account, by kind of job and soonest first.
    #[must_use]
    pub fn next(&self, account: &AccountId) -> Vec<Next> {
        let seen = self.seen();
        let mut next: Vec<Next> = seen
            .next
            .iter()
            .filter(|next| next.account == *account)
            .cloned()
            .collect();
        next.sort_by(|a, b| (a.at, &a.schedule).cmp(&(b.at, &b.schedule)));
        next
    }

    /// How long ago the last look was; more than a minute means that it is stuck.
    #[must_use]
    pub fn idle_for(&self) -> Duration {
        self.seen().last_round.elapsed()
    }

    /// Looks again at once: a schedule was added or removed.
    pub(super) fn look_again(&self) {
        self.0.changed.notify_one();
    }

    /// Up to when a schedule has been looked at, for what comes next of it.
    pub(super) fn looked_until(&self, id: &str) -> Option<Timestamp> {
        self.seen().until.as_ref().and_then(|until| until.get(id).copied())
    }

    /// Every schedule in force, and the accounts.
    pub(super) async fn in_force(&self) -> Outcome<(Vec<Slot>, Vec<Account>)> {
        let accounts = self.0.registry.accounts().await?;
        let schedules = self.0.book.schedules().await?;
        Ok((slot::in_force(schedules, &accounts, |kind| self.can_do(kind)), accounts))
    }

    /// Starts what is due until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            if let Err(failure) = self.round().await {
                error!(error = %failure, "schedules could not be looked at; tried again in half a minute, nothing is lost");
            }
            let wait = self.wait_from(self.0.clock.now());
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.0.changed.notified() => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// One look at everything.
    ///
    /// # Errors
    /// The state store does not answer; what was not noted is due again at the next look.
    pub(super) async fn round(&self) -> Outcome<()> {
        let now = self.0.clock.now();
        self.note_clock(now);
        let (slots, accounts) = self.in_force().await?;
        self.read_marks().await?;
        let mut groups: HashMap<(AccountId, JobKind), Vec<Due>> = HashMap::new();
        for slot in &slots {
            let until = self.begin(slot, now).await?;
            let Some(at) = self.due(slot, until, now) else { continue };
            if self.0.book.had_turn(&slot.id, at).await? {
                continue;
            }
            let slot = slot.clone();
            groups
                .entry((slot.account.clone(), slot.kind))
                .or_default()
                .push(Due { slot, at });
        }
        for ((account, kind), due) in groups {
            let Some(account) = accounts.iter().find(|known| known.id == account) else {
                continue;
            };
            self.start(account, kind, due, now).await?;
        }
        self.settle(&slots, now);
        Ok(())
    }

    /// Queues one job for everything of a kind that is due for an account, and notes each turn.
    async fn start(&self, account: &Account, kind: JobKind, due: Vec<Due>, now: Timestamp) -> Outcome<()> {
        let latest = due.iter().map(|due| due.at).max().unwrap_or(now);
        let (job, reason) = match self.obstacle(account, kind) {
            Some(reason) => (None, Some(reason)),
            None => {
                let job = self.0.jobs.enqueue(kind, &account.id, "{}".to_owned()).await?;
                let reason = is_in_the_way(&job, latest).then_some("already_running");
                (Some(job), reason)
            }
        };
        for Due { slot, at } in due {
            let outcome = match reason {
                Some(_) => TurnOutcome::Skipped,
                None if now.duration_since(at) > LATE => TurnOutcome::Late,
                None => TurnOutcome::Started,
            };
            let turn = Turn {
                schedule: slot.id.clone(),
                account: account.id.clone(),
                due: at,
                at: now,
                outcome,
                job: job.as_ref().map(|job| job.id.clone()),
                reason: reason.map(str::to_owned),
            };
            self.0.book.note_turn(turn, now).await?;
            self.look(&slot.id, now);
            let event = match (outcome, reason) {
                (TurnOutcome::Started, _) => continue,
                (TurnOutcome::Late, _) => Event::ScheduleMissed {
                    kind: kind.as_str(),
                    due: at.to_string(),
                },
                (TurnOutcome::Skipped, reason) => Event::ScheduleSkipped {
                    kind: kind.as_str(),
                    due: at.to_string(),
                    reason: reason.unwrap_or_default(),
                },
            };
            event.log(Some(&account.name), job.as_ref().map(|job| job.id.as_str()));
        }
        Ok(())
    }

    fn obstacle(&self, account: &Account, kind: JobKind) -> Option<&'static str> {
        slot::obstacle(account, kind).or_else(|| (!self.can_do(kind)).then_some("not_available"))
    }

    /// The durable marks, once.
    async fn read_marks(&self) -> Outcome<()> {
        if self.seen().until.is_some() {
            return Ok(());
        }
        let marks = self.0.book.marks().await?.into_iter().collect();
        self.seen().until = Some(marks);
        Ok(())
    }

    /// From when on a schedule is looked at now.
    async fn begin(&self, slot: &Slot, now: Timestamp) -> Outcome<Timestamp> {
        let until = match (self.looked_until(&slot.id), slot.created_at) {
            (Some(until), _) => until,
            (None, Some(created)) => created,
            (None, None) => {
                // An implied slot begins when it is first seen, also for the next start.
                self.0.book.set_mark(&slot.id, &slot.account, now).await?;
                now
            }
        };
        let set_right = until.duration_since(now) > CORRECTION;
        if set_right {
            self.0.book.set_mark(&slot.id, &slot.account, now).await?;
        }
        let until = if set_right { now } else { until };
        self.look(&slot.id, until);
        Ok(until)
    }

    /// The last instant since `until` at which a schedule was due.
    fn due(&self, slot: &Slot, until: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let from = until.max(now.saturating_sub(LONGEST_BREAK).unwrap_or(until));
        match slot.timetable.after(from) {
            Ok(firings) => {
                self.seen().broken.remove(&slot.id);
                firings.map(|firing| firing.at).take_while(|at| *at <= now).last()
            }
            Err(message) => {
                if self.seen().broken.insert(slot.id.clone()) {
                    warn!(schedule = %slot.id, "a schedule rests: {message}");
                }
                None
            }
        }
    }

    /// Remembers that everything up to now has been looked at, and what comes next.
    fn settle(&self, slots: &[Slot], now: Timestamp) {
        let next = slots
            .iter()
            .filter_map(|slot| {
                let until = self.looked_until(&slot.id).map_or(now, |until| until.max(now));
                Some(Next {
                    schedule: slot.id.clone(),
                    account: slot.account.clone(),
                    kind: slot.kind,
                    at: slot.timetable.after(until).ok()?.next()?.at,
                })
            })
            .collect();
        let mut seen = self.seen();
        seen.next = next;
        seen.last_round = Instant::now();
        let known: HashSet<&str> = slots.iter().map(|slot| slot.id.as_str()).collect();
        if let Some(marks) = &mut seen.until {
            marks.retain(|id, _| known.contains(id.as_str()));
            for until in marks.values_mut() {
                *until = (*until).max(now);
            }
        }
    }

    fn look(&self, id: &str, until: Timestamp) {
        if let Some(marks) = &mut self.seen().until {
            marks.insert(id.to_owned(), until);
        }
    }

    /// Tells of a clock that jumped, or of a machine that slept.
    fn note_clock(&self, now: Timestamp) {
        let count = Instant::now();
        let before = self.seen().last.replace((now, count));
        if let Some((then, counted)) = before {
            let passed = SignedDuration::try_from(count.duration_since(counted)).unwrap_or_default();
            let jump = now.duration_since(then) - passed;
            if jump.abs() > DRIFT {
                Event::ClockJumped {
                    seconds: jump.as_secs(),
                }
                .log(None, None);
            }
        }
    }

    fn wait_from(&self, now: Timestamp) -> Duration {
        let next = self.seen().next.iter().map(|next| next.at).min();
        next.map_or(LOOK, |next| {
            Duration::try_from(next.duration_since(now))
                .unwrap_or(Duration::ZERO)
                .min(LOOK)
        })
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job that was asked for before the run was due and is at work already does not stand for that run: what it read
/// at its start may be old by now. One that still waits does.
fn is_in_the_way(job: &Job, due: Timestamp) -> bool {
    job.state == JobState::Running && job.created_at < due
}

#[cfg(test)]
pub(crate) mod memory;
#[cfg(test)]
mod tests;
