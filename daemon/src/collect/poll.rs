//! Polls for fresh calls: from a little before the watermark until now.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{
    ledger::compare::Comparing,
    probe,
    sweep::{Cost, DEEP, Sweep, WEEK},
    window::{Reading, Report},
};
use crate::{
    domain::{
        account::AccountId,
        clock::SharedClock,
        failure::{Failure, Outcome},
        ledger::WindowState,
        quota::{Budget, Purpose},
        window::{Window, horizon, whole_second},
    },
    ports::{
        jobs::{Alarm, Executor, JobEnd, Progress},
        primary::Primary,
        records::{Proof, RecordStore},
        state::{Activity, ActivityBook, Job, JobKind, Registry},
        zoom::{QuotaUse, ZoomData},
    },
};

/// Calls a week up to which a poll by hand re-reads the whole week: a hundred requests, some seconds.
const QUICK_WEEK: u64 = 30_000;
/// Incomplete windows read again in a poll by hand; otherwise the ledger reads them by itself.
const GAPS_AT_ONCE: usize = 4;
/// Parameter of a poll that a person asked for.
pub const BY_HAND: &str = r#"{"by_hand":true}"#;
/// A query spans at most a month at Zoom; a poll after a long pause reads in parts of a week.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Executor of [`JobKind::Cdr`].
pub struct Poll {
    /// Opens the database.
    pub primary: Primary,
    /// Zoom.
    pub zoom: Arc<dyn ZoomData>,
    /// Accounts.
    pub registry: Arc<dyn Registry>,
    /// Attempts and errors.
    pub activity: Arc<dyn ActivityBook>,
    /// Wakes the fetching of elements.
    pub alarm: Arc<dyn Alarm>,
    /// The clock.
    pub clock: SharedClock,
    /// Depth of re-reading, by account.
    pub sweeps: Mutex<HashMap<AccountId, Sweep>>,
}

#[async_trait]
impl Executor for Poll {
    async fn run(&self, job: &Job, progress: &dyn Progress, stop: &CancellationToken) -> JobEnd {
        let Some(id) = &job.account else {
            return JobEnd::Failed(Failure::Cancelled);
        };
        let started = self.clock.now();
        let result = self.poll(id, job.parameters == BY_HAND, progress, stop).await;
        let noted = note(self.activity.as_ref(), id, started, self.clock.now(), &result).await;
        match (result, noted) {
            (Ok(report), Ok(())) => JobEnd::Succeeded(describe(&report)),
            (Err(failure), _) | (Ok(_), Err(failure)) => JobEnd::Failed(failure),
        }
    }
}

impl Poll {
    async fn poll(
        &self,
        id: &AccountId,
        by_hand: bool,
        progress: &dyn Progress,
        stop: &CancellationToken,
    ) -> Outcome<Report> {
        let (mut account, store) = self.primary.active(id).await?;
        let now = whole_second(self.clock.now());
        if account.cdr.lists_all.is_none() {
            let answer = probe::lists_all(&self.zoom, id, now).await?;
            if answer.is_some() {
                account = self
                    .registry
                    .change_account(
                        id,
                        Box::new(move |account| {
                            account.cdr.lists_all = answer;
                            Ok(())
                        }),
                    )
                    .await?;
            }
        }
        let interval = i64::try_from(account.cdr.settings.poll_interval_seconds).unwrap_or(i64::MAX);
        let interval = SignedDuration::from_secs(interval);
        let depth = if by_hand {
            depth_by_hand(&store, now).await?
        } else {
            let left = self
                .heavy(id)
                .await
                .and_then(|heavy| heavy.available(Purpose::Fresh, now));
            self.sweep(id).depth_within(now, left, interval)
        };
        let watermark = store.watermark().await?.unwrap_or(now).min(now);
        let from = watermark.saturating_sub(depth).unwrap_or(watermark).max(horizon(now));
        let mut whole = Report::default();
        let mut start = from;
        // Oldest part first: the watermark may only move over what has been read.
        while start < now {
            let end = start.saturating_add(LONGEST).unwrap_or(now).min(now);
            let done = whole;
            let reading = Reading {
                zoom: &self.zoom,
                store: &store,
                account: id,
                name: &account.name,
                clock: &self.clock,
                lists_all: account.cdr.lists_all,
                want_elements: account.cdr.settings.elements,
                purpose: Purpose::Fresh,
                stop,
                on_records: &|records, total| {
                    progress.set(done.received + records, total.map(|total| done.received + total));
                },
            };
            let report = reading
                .collect(Window::new(start, end), |_: &Report| vec![Proof::Watermark(end)])
                .await?;
            whole.add(report);
            start = end;
        }
        if by_hand {
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
            whole.spend(heal(&reading, now).await?);
        }
        progress.finish(whole.received, Some(whole.received));
        let cost = Cost {
            requests: whole.requests,
            // Of what is left: somebody else may have used more of it than was foreseen.
            per_day: self.heavy(id).await.and_then(|heavy| heavy.pace(now)),
            interval,
        };
        self.note_cost(id, depth, now, cost);
        if account.cdr.settings.elements && whole.receipt.added + whole.receipt.changed > 0 {
            self.alarm.at(id, JobKind::Elements, self.clock.now());
        }
        Ok(whole)
    }

    /// Today's budget of Heavy requests.
    async fn heavy(&self, id: &AccountId) -> Option<Budget> {
        let quota = self.zoom.quota(id).await;
        quota.iter().find(|used| used.label == "heavy").map(QuotaUse::budget)
    }

    fn sweep(&self, id: &AccountId) -> Sweep {
        self.sweeps
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .copied()
            .unwrap_or_default()
    }

    fn note_cost(&self, id: &AccountId, depth: SignedDuration, now: Timestamp, cost: Cost) {
        let mut sweeps = self.sweeps.lock().unwrap_or_else(PoisonError::into_inner);
        sweeps.entry(id.clone()).or_default().done(depth, now, cost);
    }
}

/// A person who asks for a poll wants gaps closed too, without waiting for their turn.
async fn heal(reading: &Reading<'_>, now: Timestamp) -> Outcome<Report> {
    let mut whole = Report::default();
    let comparing = Comparing { reading, now };
    for gap in reading.store.gaps(GAPS_AT_ONCE).await? {
        if gap.state == WindowState::Incomplete && gap.window.from >= horizon(now) {
            whole.spend(comparing.compare(&gap).await?.report);
        }
    }
    Ok(whole)
}

/// A person who asks for a poll wants corrections too: a week, when that is not much.
async fn depth_by_hand(store: &Arc<dyn RecordStore>, now: Timestamp) -> Outcome<SignedDuration> {
    let week = Window::new(now.saturating_sub(WEEK).unwrap_or(now), now);
    Ok(if store.held(week).await? <= QUICK_WEEK {
        WEEK
    } else {
        DEEP
    })
}

/// Keeps when polling was tried and how it went.
///
/// # Errors
/// The state store does not answer.
pub async fn note(
    book: &dyn ActivityBook,
    id: &AccountId,
    started: Timestamp,
    ended: Timestamp,
    result: &Outcome<Report>,
) -> Outcome<()> {
    let before = book.activity(id, JobKind::Cdr).await?;
    let mut activity = Activity {
        last_attempt: Some(started),
        last_duration_ms: i64::try_from(ended.duration_since(started).as_millis()).ok(),
        ..before
    };
    match result {
        Ok(_) => {
            activity.last_success = Some(ended);
            activity.last_error = None;
            activity.last_outcome = Some("succeeded".to_owned());
        }
        // Told to stop: that says nothing about the source.
        Err(Failure::Cancelled) => {}
        Err(failure) => {
            activity.last_error = Some(failure.to_string());
            activity.last_outcome = Some("failed".to_owned());
        }
    }
    book.save_activity(id, JobKind::Cdr, &activity).await
}

/// The result of a poll or backfill as a JSON object.
#[must_use]
pub fn describe(report: &Report) -> String {
    let total = report
        .zoom_total
        .map_or_else(|| "null".to_owned(), |total| total.to_string());
    format!(
        r#"{{"records_received":{},"records_zoom":{total},"added":{},"changed":{},"unchanged":{},"rejected":{},"requests":{},"faults":{},"faults_by_kind":{}}}"#,
        report.received,
        report.receipt.added,
        report.receipt.changed,
        report.receipt.unchanged,
        report.receipt.rejected,
        report.requests,
        report.faults.count(),
        report.faults.json()
    )
}
