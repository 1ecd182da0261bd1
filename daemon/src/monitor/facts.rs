//! What the checks judge: plain data, gathered elsewhere.

use std::{collections::HashMap, path::PathBuf, time::Duration};

use jiff::{Timestamp, civil::Date};

use crate::{
    domain::{account::Account, alert::Delivery, failure::Fault},
    ports::{
        records::Summary,
        schedules::Turn,
        state::{Job, JobKind, JobState},
        zoom::QuotaUse,
    },
};

/// How the runs of one kind of job went lately.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Runs {
    /// Last good end.
    pub last_success: Option<Timestamp>,
    /// Last good end of a run for which Zoom's API answered: many find that there is nothing to ask.
    pub answered: Option<Timestamp>,
    /// The last failure, if it came after the last good end.
    pub failure: Option<Failed>,
    /// Failures in a row.
    pub failures: u32,
    /// The last run that ended stored only a part.
    pub partial: bool,
}

/// How a run failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub fault: Fault,
}

impl Runs {
    /// Notes an end. One that is older than what is known changes nothing.
    pub fn note(&mut self, job: &Job) {
        let Some(at) = job.finished_at else { return };
        let newest = self.last_success.max(self.failure.as_ref().map(|failed| failed.at));
        if newest.is_some_and(|newest| at < newest) {
            return;
        }
        match (job.state, &job.error) {
            (JobState::Succeeded, _) => {
                *self = Self {
                    last_success: Some(at),
                    answered: if asks(job) { Some(at) } else { self.answered },
                    ..Self::default()
                }
            }
            (JobState::Failed | JobState::Partial, Some(fault)) => {
                self.failure = Some(Failed {
                    at,
                    fault: fault.clone(),
                });
                self.failures = self.failures.saturating_add(1);
                self.partial = job.state == JobState::Partial;
            }
            // Told to stop, or interrupted: says nothing of whether it works.
            _ => {}
        }
    }
}

/// Whether a job that ended well had answers of Zoom's API. A token says only that its other server is there.
const fn asks(job: &Job) -> bool {
    match job.kind {
        JobKind::Cdr | JobKind::Sync => true,
        JobKind::Elements | JobKind::Reconcile | JobKind::Backfill => job.done > 0,
        _ => false,
    }
}

/// One account.
#[derive(Debug, Clone)]
pub struct AccountFacts {
    /// The account with its settings.
    pub account: Account,
    /// How its jobs went.
    pub runs: HashMap<JobKind, Runs>,
    /// Counts from its database, and when they were read; nothing while it has none.
    pub summary: Option<(Timestamp, Result<Summary, Fault>)>,
    /// The last counts that could be read.
    pub last_summary: Option<Summary>,
    /// When the oldest gap is beyond what Zoom keeps, as it was last read; absent without gaps.
    pub first_loss: Option<Timestamp>,
    /// Requests of the day.
    pub quota: Vec<QuotaUse>,
    /// When the next poll is due.
    pub next_poll: Option<Timestamp>,
    /// The newest due run of each of its schedules, with the kind of job.
    pub turns: Vec<(JobKind, Turn)>,
    /// A poll waits or runs.
    pub polling: bool,
    /// Since when the monitor has known it to collect.
    pub active_since: Option<Timestamp>,
    /// The last event of Zoom's webhook about it.
    pub last_webhook: Option<Timestamp>,
}

impl AccountFacts {
    /// How the runs of a kind went.
    #[must_use]
    pub fn runs(&self, kind: JobKind) -> Option<&Runs> {
        self.runs.get(&kind)
    }
}

/// Free space of a file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// What is kept there.
    pub holds: String,
    /// Directory.
    pub path: PathBuf,
    /// Bytes that the daemon may still write, and bytes in all; the reason when that cannot be told.
    pub space: Result<(u64, u64), String>,
}

/// Zoom's webhook, when it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookFacts {
    /// Since when the port is open.
    pub listening_since: Timestamp,
}

/// The daemon as a whole.
#[derive(Debug, Clone)]
pub struct DaemonFacts {
    /// The time.
    pub now: Timestamp,
    /// When the daemon was ready.
    pub started_at: Timestamp,
    /// How long ago the timers did their round.
    pub timers_idle: Duration,
    /// Why the last reload was refused.
    pub config_trouble: Option<String>,
    /// How long the state store took to answer; the reason when it did not.
    pub state_store: Result<Duration, String>,
    /// Where data is written.
    pub disks: Vec<Disk>,
    /// Zoom's webhook; absent when none is configured.
    pub webhook: Option<WebhookFacts>,
    /// Channels of alerts.
    pub channels: usize,
    /// Notifications that no channel has accepted yet.
    pub undelivered: Vec<Delivery>,
    /// Days on which silence is no alert.
    pub holidays: Vec<Date>,
}

/// Everything.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The daemon as a whole.
    pub daemon: DaemonFacts,
    /// The accounts, by name.
    pub accounts: Vec<AccountFacts>,
}

/// Windows that hold fewer calls than Zoom has and may still be filled.
#[must_use]
pub const fn open_gaps(summary: &Summary) -> u64 {
    summary.ledger.compared.saturating_sub(summary.ledger.complete)
}
