//! `status` and `version`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Noun;

/// `status`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Status {
    /// Version of the daemon.
    pub version: String,
    /// Version of the control protocol.
    pub api_version: u32,
    /// Process id of the daemon.
    pub pid: u32,
    /// When it was ready.
    pub started_at: Timestamp,
    /// The clock of the daemon.
    pub now: Timestamp,
    /// Configuration in force, and what became of the last reload.
    pub config: ConfigStatus,
    /// What needs attention, in plain words; empty when all is well.
    pub notices: Vec<String>,
    /// One line an account.
    pub accounts: Vec<AccountStatus>,
    /// Jobs that run now.
    pub running_jobs: Vec<super::job::Job>,
}

impl Noun for Status {
    const NOUN: &'static str = "status";
}

/// The configuration in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigStatus {
    /// File it came from; absent when the documented defaults are in force.
    pub file: Option<String>,
    /// When it was read.
    pub loaded_at: Timestamp,
    /// When the last reload was asked for.
    pub last_reload_at: Option<Timestamp>,
    /// Why the last reload was refused; the configuration of `loaded_at` is still in force.
    pub last_reload_error: Option<String>,
}

/// An account in `status`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccountStatus {
    /// Name.
    pub name: String,
    /// Enterprise group.
    pub group: String,
    /// State of the account.
    pub state: String,
    /// State of CDR processing.
    pub cdr_state: String,
    /// Status of the directory sync.
    pub sync_status: String,
    /// Last time a poll ended well.
    pub last_poll_success: Option<Timestamp>,
    /// Last time a sync ended well.
    pub last_sync_success: Option<Timestamp>,
    /// What the last poll or sync failed with.
    pub last_error: Option<String>,
    /// What is due next, one of each kind of job, soonest first.
    #[serde(default)]
    pub next_runs: Vec<NextRun>,
    /// Requests of each rate-limit label today.
    pub quota: Vec<Quota>,
}

/// When a kind of job is due next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextRun {
    /// Kind of job.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// The schedule that says so; absent for what is repeated by an interval.
    pub schedule_id: Option<String>,
}

/// Use of one rate-limit label since 00:00 UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quota {
    /// `heavy`, `medium`, `light`.
    pub label: String,
    /// Requests sent today.
    pub used_today: u64,
    /// What we allow ourselves a day; absent when unlimited.
    pub per_day: Option<u64>,
    /// What we allow ourselves a second.
    pub per_second: f64,
    /// What is left of today's share, nothing while blocked; absent when unlimited.
    #[serde(default)]
    pub left_today: Option<u64>,
    /// Nothing more may be sent until then: our share is used up, or Zoom says that its own daily limit is.
    #[serde(default)]
    pub blocked_until: Option<Timestamp>,
    /// When a new day begins at Zoom; absent when unlimited.
    #[serde(default)]
    pub resets_at: Option<Timestamp>,
    /// Requests that are still to be sent: backfill and gaps are heavy, elements are light.
    #[serde(default)]
    pub backlog_requests: u64,
    /// Seconds until the last of them is sent, after the polls.
    #[serde(default)]
    pub backlog_seconds: u64,
}

/// `version`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Version {
    /// Version of the daemon.
    pub version: String,
    /// Version of the control protocol.
    pub api_version: u32,
    /// Commit it was built from; absent in a build of a work tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Day of that commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit_date: Option<String>,
}

impl Noun for Version {
    const NOUN: &'static str = "version";
}
