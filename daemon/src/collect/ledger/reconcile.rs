//! Keeps the ledger by itself: what closed is entered, what is due is compared, gaps are read again. And on demand.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{
    compare::Comparing,
    plan::{Circumstances, Grain, tend},
    report::Tally,
};
use crate::{
    collect::window::Reading,
    domain::{
        account::{Account, AccountId},
        clock::SharedClock,
        event::Event,
        failure::{Failure, Outcome},
        ledger::{LedgerWindow, WindowState, hour_of, stage, tiles},
        quota::Purpose,
        window::{Window, horizon, whole_second},
    },
    ports::{
        jobs::{Alarm, Executor, JobEnd, Progress},
        primary::Primary,
        records::{LedgerChange, RecordStore},
        state::{Job, JobKind},
        zoom::ZoomData,
    },
};

/// Windows compared in one run by itself; more are left to the next one.
const AT_ONCE: usize = 500;
/// A run by itself comes a little after the hour, when polls have seen it, and not at the same second for all accounts.
const AFTER_THE_HOUR: i64 = 120;
const SPREAD: i64 = 480;
/// Least and usual waits of the next run.
const LEAST: SignedDuration = SignedDuration::from_secs(20);
const AFTER_FAILURE: SignedDuration = SignedDuration::from_mins(5);
/// A window may wait this long, or two polls, before it counts as not collected.
const PATIENCE: SignedDuration = SignedDuration::from_hours(1);

/// Spans that a person asked to be compared, by account: taken by the run that is under way, or by the next.
#[derive(Debug, Clone, Default)]
pub struct Asked(Arc<Mutex<HashMap<AccountId, Window>>>);

impl Asked {
    /// Asks for a span; a second request before the first is served asks for both.
    pub fn ask(&self, account: &AccountId, span: Window) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = all.entry(account.clone()).or_insert(span);
        wanted.from = wanted.from.min(span.from);
        wanted.to = wanted.to.max(span.to);
    }

    fn take(&self, account: &AccountId) -> Option<Window> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(account)
    }
}

/// Executor of [`JobKind::Reconcile`].
pub struct Reconcile {
    /// Opens the database.
    pub primary: Primary,
    /// Zoom.
    pub zoom: Arc<dyn ZoomData>,
    /// Sets the time of the next run; wakes the fetching of elements.
    pub alarm: Arc<dyn Alarm>,
    /// The clock.
    pub clock: SharedClock,
    /// What people ask for.
    pub asked: Asked,
}

/// What the ledger of an account has to follow now.
///
/// # Errors
/// The database does not answer.
pub async fn circumstances(
    poll_interval_seconds: u64,
    store: &dyn RecordStore,
    heavy_per_day: Option<u64>,
    now: Timestamp,
) -> Outcome<Circumstances> {
    let poll = i64::try_from(poll_interval_seconds).unwrap_or(i64::MAX);
    let backfill = store.backfill().await?;
    Ok(Circumstances {
        now,
        backfilled: backfill.map(|request| Window::new(request.done_until, request.span.to)),
        accounted_from: store.accounted_from().await?,
        watermark: store.watermark().await?,
        patience: SignedDuration::from_secs(poll.saturating_mul(2)).max(PATIENCE),
        grain: Grain::for_quota(heavy_per_day),
    })
}

#[async_trait]
impl Executor for Reconcile {
    async fn run(&self, job: &Job, progress: &dyn Progress, stop: &CancellationToken) -> JobEnd {
        let Some(id) = &job.account else {
            return JobEnd::Failed(Failure::Cancelled);
        };
        let mut tally = Tally::default();
        let result = self.reconcile(id, job, &mut tally, progress, stop).await;
        self.set_alarm(id, &result, progress).await;
        match result {
            Ok(()) => JobEnd::Succeeded(tally.json()),
            // What was compared is stored and true; the rest is tried again.
            Err(Failure::Retry { fault, .. } | Failure::Permanent(fault)) if tally.checked > 0 => JobEnd::Partial {
                result: tally.json(),
                fault,
            },
            Err(failure) => JobEnd::Failed(failure),
        }
    }
}

impl Reconcile {
    async fn reconcile(
        &self,
        id: &AccountId,
        job: &Job,
        tally: &mut Tally,
        progress: &dyn Progress,
        stop: &CancellationToken,
    ) -> Outcome<()> {
        let (account, store) = self.primary.active(id).await?;
        let reading = Reading {
            zoom: &self.zoom,
            store: &store,
            account: id,
            name: &account.name,
            clock: &self.clock,
            lists_all: account.cdr.lists_all,
            want_elements: account.cdr.settings.elements,
            purpose: Purpose::Gap,
            stop,
            on_records: &|_, _| {},
        };
        let run = Run {
            poll_interval_seconds: account.cdr.settings.poll_interval_seconds,
            reading: &reading,
            clock: &self.clock,
            heavy_per_day: self.heavy_per_day(id).await,
            progress,
        };
        let mut asked = self.asked.take(id).or_else(|| span_of(&job.parameters));
        let done = async {
            if asked.is_none() {
                run.due(tally).await?;
                asked = self.asked.take(id);
            }
            while let Some(span) = asked.take() {
                tally.begin_span();
                run.span(span, tally).await?;
                asked = self.asked.take(id);
            }
            Ok(())
        };
        let done = done.await;
        if done.is_ok() {
            progress.finish(tally.checked, Some(tally.checked));
        }
        tell(&account, job, tally);
        if account.cdr.settings.elements && tally.report.receipt.added + tally.report.receipt.changed > 0 {
            self.alarm.at(id, JobKind::Elements, self.clock.now());
        }
        done
    }

    async fn heavy_per_day(&self, id: &AccountId) -> Option<u64> {
        let quota = self.zoom.quota(id).await;
        quota
            .into_iter()
            .find(|quota| quota.label == "heavy")
            .and_then(|quota| quota.per_day)
    }

    /// The next run: when something is due, and after every hour, because that closes a window.
    async fn set_alarm(&self, id: &AccountId, result: &Outcome<()>, progress: &dyn Progress) {
        let now = self.clock.now();
        let at = match result {
            // The account or the daemon comes to rest; only a person who ended this very job wants the next one.
            Err(Failure::Cancelled) if !progress.is_cancelled() => return,
            Err(Failure::Permanent(fault)) if fault.code == "cdr_not_active" => return,
            Err(Failure::Retry { after, .. }) => {
                let asked = after.and_then(|after| SignedDuration::try_from(after).ok());
                now.saturating_add(asked.unwrap_or_default().max(AFTER_FAILURE))
            }
            // A person has to act first, which arms it again; the hour brings it back all the same.
            Err(_) => Ok(after_the_hour(id, now)),
            Ok(()) => {
                let due = match self.primary.active(id).await {
                    Ok((_, store)) => store.next_comparison().await.ok().flatten(),
                    Err(Failure::Permanent(fault)) if fault.code == "cdr_not_active" => return,
                    Err(_) => None,
                };
                let hour = after_the_hour(id, now);
                let least = now.saturating_add(LEAST).unwrap_or(now);
                Ok(due.map_or(hour, |due| due.min(hour)).max(least))
            }
        };
        self.alarm.at(id, JobKind::Reconcile, at.unwrap_or(now));
    }
}

/// One run over one account.
pub struct Run<'a> {
    /// Seconds between polls.
    pub poll_interval_seconds: u64,
    /// Source and store.
    pub reading: &'a Reading<'a>,
    /// The clock.
    pub clock: &'a SharedClock,
    /// Our share of Heavy requests a day.
    pub heavy_per_day: Option<u64>,
    /// Told how far it is.
    pub progress: &'a dyn Progress,
}

impl Run<'_> {
    fn store(&self) -> &dyn RecordStore {
        self.reading.store.as_ref()
    }

    fn now(&self) -> Timestamp {
        whole_second(self.clock.now())
    }

    /// Brings the ledger up to date, without a request to Zoom.
    async fn tend(&self) -> Outcome<Circumstances> {
        let now = self.now();
        let circumstances = circumstances(self.poll_interval_seconds, self.store(), self.heavy_per_day, now).await?;
        let kept = self.store().ledger(Window::new(horizon(now), now)).await?;
        let mut change = tend(&kept, &circumstances);
        let due = self.store().gaps(AT_ONCE).await?;
        let forgotten = due
            .into_iter()
            .filter(|entry| entry.state == WindowState::Incomplete && entry.window.to <= horizon(now));
        change.enter.extend(forgotten.map(|entry| LedgerWindow {
            state: WindowState::Lost,
            next_compare_at: None,
            ..entry
        }));
        if change != LedgerChange::default() {
            self.store().change_ledger(change).await?;
        }
        Ok(circumstances)
    }

    /// Compares what is due.
    ///
    /// # Errors
    /// Zoom or the database failed, or the work was told to stop; what was compared before is stored and tallied.
    pub async fn due(&self, tally: &mut Tally) -> Outcome<()> {
        self.tend().await?;
        let due = self.store().due_comparisons(self.now(), AT_ONCE).await?;
        self.compare_all(&due, tally).await
    }

    /// Compares every window of a span, whether due or not, and the time that has not closed yet.
    ///
    /// # Errors
    /// See [`Self::due`].
    pub async fn span(&self, span: Window, tally: &mut Tally) -> Outcome<()> {
        self.tend().await?;
        let now = self.now();
        let closed = hour_of(now);
        self.enter_missing(Window::new(span.from, span.to.min(closed))).await?;
        if span.to > closed {
            self.open_end(Window::new(closed.max(horizon(now)), now), tally).await?;
        }
        let mut entries = self.store().ledger(span).await?;
        // Of a window that the horizon cuts Zoom only answers for a part: its total says nothing any more.
        let oldest = horizon(self.now());
        entries.retain(|entry| {
            entry.window.from >= oldest && !matches!(entry.state, WindowState::Expired | WindowState::Lost)
        });
        entries.reverse();
        self.compare_all(&entries, tally).await
    }

    /// A span that a person names is accounted for from then on, whether it was collected or not.
    async fn enter_missing(&self, span: Window) -> Outcome<()> {
        let now = self.now();
        let known = self.store().ledger(span).await?;
        let missing = tiles(whole_hours(span, now)).into_iter().filter(|tile| {
            let overlaps = |entry: &LedgerWindow| entry.window.from < tile.to && entry.window.to > tile.from;
            !known.iter().any(overlaps)
        });
        let enter: Vec<LedgerWindow> = missing
            .map(|tile| LedgerWindow {
                stage: stage(tile, now),
                ..LedgerWindow::fresh(tile, WindowState::Pending, now, Some(now))
            })
            .collect();
        if enter.is_empty() {
            return Ok(());
        }
        let change = LedgerChange {
            enter,
            ..LedgerChange::default()
        };
        self.store().change_ledger(change).await
    }

    /// Reads what has not closed yet, as a poll does.
    async fn open_end(&self, open: Window, tally: &mut Tally) -> Outcome<()> {
        if open.is_empty() {
            return Ok(());
        }
        let report = self.reading.collect(open, |_| Vec::new()).await?;
        tally.spend(report, 0);
        tally.count_open(report.received, report.zoom_total);
        Ok(())
    }

    async fn compare_all(&self, entries: &[LedgerWindow], tally: &mut Tally) -> Outcome<()> {
        let total = tally.checked + entries.len() as u64;
        for entry in entries {
            if self.reading.stop.is_cancelled() {
                return Err(Failure::Cancelled);
            }
            let comparing = Comparing {
                reading: self.reading,
                now: self.now(),
            };
            let compared = comparing.compare(entry).await?;
            tally.spend(compared.report, compared.deleted);
            let after = self.store().ledger(entry.window).await?;
            let after = after.iter().find(|after| after.window == entry.window).unwrap_or(entry);
            tally.count(entry.state, after);
            self.progress.set(tally.checked, Some(total));
        }
        Ok(())
    }
}

/// The span of the parameters of a job that a person asked for.
fn span_of(parameters: &str) -> Option<Window> {
    let parameters: serde_json::Value = serde_json::from_str(parameters).ok()?;
    let time = |name: &str| parameters.get(name)?.as_str()?.parse::<Timestamp>().ok();
    Some(Window::new(time("from")?, time("to")?))
}

/// A span widened to whole hours, within what Zoom answers for and what has closed.
fn whole_hours(span: Window, now: Timestamp) -> Window {
    let hour = SignedDuration::from_hours(1);
    let up = |time: Timestamp| {
        if hour_of(time) < time {
            hour_of(time).saturating_add(hour).unwrap_or(time)
        } else {
            time
        }
    };
    Window {
        from: hour_of(span.from).max(up(horizon(now))),
        to: up(span.to).min(hour_of(now)),
    }
}

/// A little after the next full hour; each account at another second.
fn after_the_hour(id: &AccountId, now: Timestamp) -> Timestamp {
    let spread = id
        .as_str()
        .bytes()
        .fold(0_i64, |sum, byte| (sum * 31 + i64::from(byte)) % SPREAD);
    let wait = SignedDuration::from_secs(3_600 + AFTER_THE_HOUR + spread);
    let this = hour_of(now).saturating_add(SignedDuration::from_secs(AFTER_THE_HOUR + spread));
    match this {
        Ok(this) if this > now => this,
        _ => hour_of(now).saturating_add(wait).unwrap_or(now),
    }
}

fn tell(account: &Account, job: &Job, tally: &Tally) {
    let line = |event: Event| event.log(Some(&account.name), Some(&job.id));
    if tally.found > 0 {
        line(Event::GapsFound {
            windows: tally.found,
            records: tally
                .gaps
                .iter()
                .filter_map(|gap| Some(gap.zoom_total?.saturating_sub(gap.held)))
                .sum(),
        });
    }
    if tally.healed > 0 {
        line(Event::GapsHealed { windows: tally.healed });
    }
    if tally.deleted > 0 {
        line(Event::DeletedAtZoom { records: tally.deleted });
    }
}
