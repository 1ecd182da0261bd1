//! Schedules: what is started when, by local time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Noun;

/// `schedule add`, an item of `schedule list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Opaque; for `schedule preview` and `schedule remove`.
    pub id: String,
    /// The account.
    pub account: String,
    /// `sync`, `purge`, `archive`.
    pub kind: String,
    /// Days, as typed: `mon-fri`, `daily`.
    pub days: String,
    /// Local times, `HH:MM`, in order.
    pub at: Vec<String>,
    /// IANA zone of those days and times.
    pub timezone: String,
    /// `schedule` when it was added, `cdr set` or `default` when the account's settings imply it.
    pub source: String,
    /// When it is due next; absent when its zone is gone from the daemon's system.
    pub next_run: Option<Timestamp>,
    /// What became of the last due run.
    pub last_run: Option<LastRun>,
    /// When it was added; absent for what the settings imply.
    pub created_at: Option<Timestamp>,
}

impl Noun for Schedule {
    const NOUN: &'static str = "schedule";
}

/// A due run and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRun {
    /// The instant at which it was due.
    pub due: Timestamp,
    /// When the daemon noticed.
    pub noticed_at: Timestamp,
    /// `started`, `late` (missed and made up), `skipped`.
    pub outcome: String,
    /// The job that it started, or that was in its way.
    pub job: Option<String>,
    /// Why it was skipped, in a word: `already_running`, `cdr_not_active`, ….
    pub reason: Option<String>,
}

/// An item of `schedule preview`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Id of the schedule.
    pub schedule_id: String,
    /// Local time with its offset from UTC.
    pub local: String,
    /// The same instant in UTC.
    pub utc: Timestamp,
    /// IANA zone.
    pub timezone: String,
}

impl Noun for Preview {
    const NOUN: &'static str = "schedule-preview";
}

/// `POST /v1/accounts/{name}/schedules`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddSchedule {
    /// `sync`, `purge`, `archive`.
    pub kind: String,
    /// `mon-fri`, `mon,wed`, `daily`.
    pub days: String,
    /// Local times, `HH:MM`.
    pub at: Vec<String>,
    /// IANA zone.
    pub timezone: String,
}
