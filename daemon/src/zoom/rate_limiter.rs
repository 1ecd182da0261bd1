//! Our share of Zoom's rate limits: an even pace per account and label, and a daily budget that survives a restart.

use std::{
    collections::{HashMap, VecDeque},
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use tokio::{
    sync::{MutexGuard, Notify},
    time::Instant,
};

use crate::{
    config::model::{Limit, Plan, Zoom},
    domain::{
        account::AccountId,
        clock::SharedClock,
        quota::{Budget, Purpose},
    },
    ports::{state::QuotaBook, zoom::QuotaUse},
    zoom::{endpoint::Label, error::ZoomError, retry_after},
};

/// Our share of a label's limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// Requests a second.
    pub per_second: f64,
    /// Requests a UTC day; absent when Zoom has no daily limit.
    pub per_day: Option<u64>,
}

/// The share of `label`: as configured, else 80 % of the plan's figure a second and 50 % of the daily one.
#[must_use]
pub fn share(zoom: &Zoom, label: Label) -> Share {
    let (limit, business, pro) = match label {
        Label::Heavy => (&zoom.limits.heavy, (10.0, Some(30_000)), (5.0, Some(15_000))),
        Label::Medium => (&zoom.limits.medium, (20.0, None), (10.0, None)),
        Label::Light => (&zoom.limits.light, (40.0, None), (20.0, None)),
    };
    let (per_second, per_day): (f64, Option<u64>) = match zoom.plan {
        Plan::Business => business,
        Plan::Pro => pro,
    };
    let Limit {
        per_second: second,
        per_day: day,
    } = *limit;
    Share {
        per_second: second
            .filter(|rate| rate.is_finite() && *rate > 0.0)
            .unwrap_or(per_second * 0.8),
        per_day: day.or(per_day.map(|limit| limit / 2)),
    }
}

/// Counts are written ahead in steps: a crash counts up to a step too many, never too few. The smaller the daily share,
/// the smaller the step, so that even many crashes cost little of it.
const LONGEST_STEP: u64 = 32;
const STEPS_A_DAY: u64 = 1_000;

impl Share {
    fn step(self) -> u64 {
        self.per_day
            .map_or(LONGEST_STEP, |per_day| (per_day / STEPS_A_DAY).clamp(1, LONGEST_STEP))
    }
}
/// A pause longer than this is handed to the caller instead of waiting.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Timers are no finer: a shorter wait is made up by the pace of the following requests.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1);

/// Every bucket.
pub struct RateLimiter {
    book: Arc<dyn QuotaBook>,
    clock: SharedClock,
    buckets: Mutex<HashMap<(AccountId, Label), Arc<Bucket>>>,
}

/// One account and label.
struct Bucket {
    /// Held while waiting for one's turn: first come, first served; dropping the waiter gives the turn to the next.
    turn: tokio::sync::Mutex<Turn>,
    pause: Mutex<Option<Pause>>,
    /// Requests that wait for a turn, by rank of their purpose.
    waiting: [AtomicUsize; Purpose::ALL.len()],
    /// Somebody has stopped waiting.
    moved: Notify,
}

/// Someone who waits for a turn; dropping it tells the others.
struct Waiter<'b> {
    bucket: &'b Bucket,
    purpose: Purpose,
}

#[derive(Clone, Copy)]
struct Pause {
    until: Instant,
    /// For a daily limit, when it ends by the wall clock: one that is set right, or a machine that wakes up, may get there
    /// before its own count of time does.
    lifts_at: Option<Timestamp>,
}

struct Turn {
    next: Option<Instant>,
    day: Option<Day>,
    fresh: Pace,
}

/// Requests for fresh calls in the last day, hour by hour: what the rest of a day will need. Kept in memory only; until
/// an hour has been seen after a start, a fixed part of the share stands for it.
#[derive(Debug, Clone, Default)]
struct Pace {
    since: Option<Timestamp>,
    hours: VecDeque<(i64, u64)>,
}

impl Pace {
    fn note(&mut self, now: Timestamp) {
        self.since.get_or_insert(now);
        let hour = now.as_second().div_euclid(3_600);
        match self.hours.back_mut() {
            Some((last, count)) if *last >= hour => *count += 1,
            _ => self.hours.push_back((hour, 1)),
        }
        while self.hours.front().is_some_and(|(first, _)| first + 24 <= hour) {
            self.hours.pop_front();
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "requests and seconds of a day")]
    fn per_day(&self, now: Timestamp) -> f64 {
        let Some(since) = self.since else { return 0.0 };
        let hour = now.as_second().div_euclid(3_600);
        let recent = self.hours.iter().filter(|(at, _)| at + 24 > hour);
        let count: u64 = recent.map(|(_, count)| count).sum();
        let seen = now.duration_since(since).as_secs().clamp(0, 86_400);
        if seen < 3_600 {
            return 0.0;
        }
        count as f64 * 86_400.0 / seen as f64
    }
}

/// Requests of one UTC day.
#[derive(Clone, Copy)]
struct Day {
    date: Date,
    used: u64,
    /// What the book says: at least `used`.
    booked: u64,
}

impl RateLimiter {
    /// Nothing used yet, as far as memory goes; the book is asked on first use.
    #[must_use]
    pub fn new(book: Arc<dyn QuotaBook>, clock: SharedClock) -> Self {
        Self {
            book,
            clock,
            buckets: Mutex::new(HashMap::new()),
        }
    }

    fn bucket(&self, account: &AccountId, label: Label) -> Arc<Bucket> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry((account.clone(), label)).or_insert_with(|| {
            Arc::new(Bucket {
                turn: tokio::sync::Mutex::new(Turn {
                    next: None,
                    day: None,
                    fresh: Pace::default(),
                }),
                pause: Mutex::new(None),
                waiting: Default::default(),
                moved: Notify::new(),
            })
        });
        Arc::clone(bucket)
    }

    /// Waits for the turn of one request and counts it. A purpose of higher rank goes first. Dropping the future gives
    /// the turn away.
    ///
    /// # Errors
    /// The day's budget is used up or kept for work of higher rank, or Zoom asked for a long pause.
    pub async fn acquire(
        &self,
        account: &AccountId,
        label: Label,
        share: Share,
        purpose: Purpose,
    ) -> Result<(), ZoomError> {
        let bucket = self.bucket(account, label);
        let waiter = bucket.line_up(purpose);
        let mut turn = waiter.turn().await;
        self.check_budget(account, label, share, purpose, &mut turn).await?;
        loop {
            let now = Instant::now();
            let wall = self.clock.now();
            let paused = bucket.paused(now, wall);
            if let Some(pause) = paused.filter(|pause| pause.left(now, wall) > LONGEST_WAIT) {
                return Err(pause.refuse(label, now, wall));
            }
            let due = turn
                .next
                .unwrap_or(now)
                .max(paused.map_or(now, |pause| now + pause.left(now, wall)));
            if due.saturating_duration_since(now) < SHORTEST_SLEEP {
                turn.next = Some(due.max(now) + Duration::from_secs_f64(1.0 / share.per_second));
                break;
            }
            tokio::time::sleep_until(due).await;
        }
        self.count(account, label, share, purpose, &mut turn).await;
        Ok(())
    }

    /// Loads the day, starts a new one at 00:00 UTC, and refuses when its budget is used up.
    async fn check_budget(
        &self,
        account: &AccountId,
        label: Label,
        share: Share,
        purpose: Purpose,
        turn: &mut Turn,
    ) -> Result<(), ZoomError> {
        let now = self.clock.now();
        let day = self.day(account, label, turn, now).await?;
        let Some(per_day) = share.per_day else { return Ok(()) };
        let label = label.as_str();
        if day.used >= per_day {
            return Err(ZoomError::DailyShare {
                label,
                per_day,
                after: retry_after::until_midnight(now),
            });
        }
        let budget = Budget {
            per_day: share.per_day,
            per_second: share.per_second,
            used: day.used,
            fresh_per_day: turn.fresh.per_day(now),
        };
        if budget.available(purpose, now) == Some(0) {
            return Err(ZoomError::KeptForFresh {
                label,
                per_day,
                after: Duration::from_secs(budget.wait(purpose, now)),
            });
        }
        Ok(())
    }

    async fn day(&self, account: &AccountId, label: Label, turn: &mut Turn, now: Timestamp) -> Result<Day, ZoomError> {
        let date = now.to_zoned_datetime(TimeZone::UTC).date();
        if let Some(day) = turn.day.filter(|day| day.date == date) {
            return Ok(day);
        }
        let used = self.book.used(account, label.as_str(), date).await?;
        let day = Day {
            date,
            used,
            booked: used,
        };
        turn.day = Some(day);
        Ok(day)
    }

    /// Counts a request before it is sent. A book that fails costs only exactness after a crash.
    async fn count(&self, account: &AccountId, label: Label, share: Share, purpose: Purpose, turn: &mut Turn) {
        if purpose == Purpose::Fresh {
            turn.fresh.note(self.clock.now());
        }
        let Some(day) = &mut turn.day else { return };
        day.used += 1;
        if day.used > day.booked {
            let ahead = day.used + share.step() - 1;
            match self.book.set_used(account, label.as_str(), day.date, ahead).await {
                Ok(()) => day.booked = ahead,
                Err(failure) => {
                    tracing::warn!(%account, label = label.as_str(), error = %failure, "use of the quota is not recorded");
                }
            }
        }
    }

    /// Zoom said that too many requests came: nothing of the label is sent for `wait`.
    pub fn pause(&self, account: &AccountId, label: Label, wait: Duration, daily: bool) {
        let bucket = self.bucket(account, label);
        let (now, wall) = (Instant::now(), self.clock.now());
        let until = now + wait;
        let present = bucket.paused(now, wall);
        if present.is_none_or(|present| present.until < until) {
            let lifts_at = SignedDuration::try_from(wait)
                .ok()
                .and_then(|wait| wall.saturating_add(wait).ok())
                .filter(|_| daily);
            *bucket.pause.lock().unwrap_or_else(PoisonError::into_inner) = Some(Pause { until, lifts_at });
        }
    }

    /// What was used today, by label.
    pub async fn used(&self, account: &AccountId, zoom: &Zoom) -> Vec<QuotaUse> {
        let now = self.clock.now();
        let date = now.to_zoned_datetime(TimeZone::UTC).date();
        let mut uses = Vec::with_capacity(Label::ALL.len());
        for label in Label::ALL {
            let bucket = self.bucket(account, label);
            // While somebody waits for a turn its lock is held: the book is near enough then.
            let (known, fresh_per_day) = match bucket.turn.try_lock() {
                Ok(turn) => (turn.day.filter(|day| day.date == date), turn.fresh.per_day(now)),
                Err(_) => (None, 0.0),
            };
            let used_today = match known {
                Some(day) => day.used,
                None => self.book.used(account, label.as_str(), date).await.unwrap_or_default(),
            };
            let Share { per_second, per_day } = share(zoom, label);
            let blocked_until = bucket.paused(Instant::now(), now).and_then(|pause| pause.lifts_at);
            uses.push(QuotaUse {
                label: label.as_str(),
                used_today,
                per_day,
                per_second,
                fresh_per_day,
                blocked_until,
            });
        }
        uses
    }

    /// Writes the exact counts. Called before an orderly end.
    pub async fn flush(&self) {
        let buckets: Vec<_> = {
            let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
            buckets
                .iter()
                .map(|(key, bucket)| (key.clone(), Arc::clone(bucket)))
                .collect()
        };
        for ((account, label), bucket) in buckets {
            // Who waits for a turn now keeps what is booked ahead: too many, never too few.
            let Ok(mut turn) = bucket.turn.try_lock() else { continue };
            let Some(day) = &mut turn.day else { continue };
            if day.booked != day.used {
                match self.book.set_used(&account, label.as_str(), day.date, day.used).await {
                    Ok(()) => day.booked = day.used,
                    Err(failure) => tracing::warn!(%account, error = %failure, "use of the quota is not recorded"),
                }
            }
        }
    }

    /// Forgets an account.
    pub fn forget(&self, account: &AccountId) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.retain(|(owner, _), _| owner != account);
    }
}

impl Bucket {
    fn line_up(&self, purpose: Purpose) -> Waiter<'_> {
        self.waiting[purpose.rank()].fetch_add(1, Ordering::SeqCst);
        Waiter { bucket: self, purpose }
    }

    fn paused(&self, now: Instant, wall: Timestamp) -> Option<Pause> {
        let mut pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        *pause = pause.filter(|pause| !pause.left(now, wall).is_zero());
        *pause
    }
}

impl Waiter<'_> {
    /// The turn, once nobody of higher rank waits for it.
    async fn turn(&self) -> MutexGuard<'_, Turn> {
        loop {
            // Registered before looking, so that a change in between is not missed.
            let mut moved = pin!(self.bucket.moved.notified());
            moved.as_mut().enable();
            let turn = self.bucket.turn.lock().await;
            let outranked = self.bucket.waiting[..self.purpose.rank()]
                .iter()
                .any(|waiting| waiting.load(Ordering::SeqCst) > 0);
            if !outranked {
                return turn;
            }
            drop(turn);
            moved.await;
        }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.bucket.waiting[self.purpose.rank()].fetch_sub(1, Ordering::SeqCst);
        self.bucket.moved.notify_waiters();
    }
}

impl Pause {
    /// What is left of it: by whichever clock is the further.
    fn left(self, now: Instant, wall: Timestamp) -> Duration {
        let counted = self.until.saturating_duration_since(now);
        self.lifts_at
            .map_or(counted, |lifts_at| counted.min(retry_after::until(lifts_at, wall)))
    }

    fn refuse(self, label: Label, now: Instant, wall: Timestamp) -> ZoomError {
        let after = self.left(now, wall);
        let label = label.as_str();
        if self.lifts_at.is_some() {
            ZoomError::ZoomDailyLimit {
                label,
                said: String::new(),
                after,
            }
        } else {
            let message = format!("Zoom asked for a pause of {label} requests");
            let refusal = crate::zoom::error::Refusal {
                status: 429,
                message,
                ..Default::default()
            };
            ZoomError::RateLimited { refusal, after }
        }
    }
}

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;
