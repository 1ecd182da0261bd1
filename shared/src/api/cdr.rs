//! CDR processing of an account.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Noun;

/// `cdr show`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Cdr {
    /// The account.
    pub account: String,
    /// `unconfigured`, `configured`, `database_ready`, `active`, `paused`, `blocked`.
    pub state: String,
    /// Database server.
    pub server: Option<String>,
    /// Primary database.
    pub database: Option<String>,
    /// Seconds between polls.
    pub poll_interval_seconds: u64,
    /// Last time a poll started.
    pub last_poll_attempt: Option<Timestamp>,
    /// Last time a poll ended well.
    pub last_poll_success: Option<Timestamp>,
    /// What the last poll failed with; absent after a success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// End time of the newest call held.
    pub newest_record_end_time: Option<Timestamp>,
    /// Calls held. This and the other counts are `null` while the database cannot be read.
    pub records: Option<u64>,
    /// Elements held.
    pub elements: Option<u64>,
    /// Calls whose elements are still to be fetched.
    pub elements_pending: Option<u64>,
    /// Windows known to be incomplete.
    pub gaps: Option<u64>,
    /// How much of what Zoom has is held in the closed windows compared so far: 1.0 = all; `null` before the first.
    #[serde(default)]
    pub completeness: Option<f64>,
    /// Records kept aside because they have no key.
    pub rejected: Option<u64>,
    /// Bytes of the database's data files, where the engine tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_bytes: Option<u64>,
    /// The running or last backfill.
    pub backfill: Option<Backfill>,
    /// What `cdr set` saved.
    pub settings: CdrSettings,
    /// Present when the counts could not be read because the database does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_error: Option<String>,
}

impl Noun for Cdr {
    const NOUN: &'static str = "cdr";
}

/// A backfill request and how far it got. It works from the newest window to the oldest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Backfill {
    /// Start of the requested span.
    pub from: Option<Timestamp>,
    /// End of the requested span.
    pub to: Option<Timestamp>,
    /// Everything from here to `to` is collected.
    pub done_until: Option<Timestamp>,
    /// `none`, `queued`, `running`, `paused`, `done`, `cancelled`.
    pub state: String,
    /// Requests of the call list that are still to be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_left: Option<u64>,
    /// Seconds until it is done, at our share of Zoom's limits and after the polls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_seconds: Option<u64>,
}

/// What `cdr set` saves as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CdrSettings {
    /// Whether CDR processing is wanted.
    pub enabled: bool,
    /// How far back activation collects: `6mo`, `30d`, `none`.
    pub backfill: String,
    /// Whether call elements are fetched.
    pub elements: bool,
    /// Retention by class, `calls=730d,elements=730d,directory=never,history=90d`.
    pub retain: Option<String>,
    /// Local time of the daily purge, `HH:MM`.
    pub purge_at: Option<String>,
    /// Archive database server.
    pub archive_server: Option<String>,
    /// Archive database.
    pub archive_database: Option<String>,
    /// Age at which calls are archived.
    pub archive_after: Option<String>,
    /// Quiet time after which the no-CDR alert fires; `off` when absent.
    pub no_cdr_after: Option<String>,
    /// Days on which it may fire.
    pub no_cdr_days: Option<String>,
    /// Hours in which it may fire.
    pub no_cdr_hours: Option<String>,
    /// IANA zone of those days and hours.
    pub no_cdr_timezone: Option<String>,
}

/// `PUT /v1/accounts/{name}/cdr`: what is absent keeps its saved or default value.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SetCdr {
    pub server: Option<String>,
    pub database: Option<String>,
    pub enable: Option<bool>,
    /// `10s` to `24h`.
    pub poll_interval: Option<String>,
    /// `6mo`, `30d`, `none`.
    pub backfill: Option<String>,
    /// `on`, `off`.
    pub elements: Option<String>,
    pub retain: Option<String>,
    pub purge_at: Option<String>,
    pub archive_server: Option<String>,
    pub archive_database: Option<String>,
    pub archive_after: Option<String>,
    pub no_cdr_after: Option<String>,
    pub no_cdr_days: Option<String>,
    pub no_cdr_hours: Option<String>,
    pub no_cdr_timezone: Option<String>,
}

/// `POST /v1/accounts/{name}/cdr/create-database`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CreateDatabase {
    /// Take over a database that holds other tables or belonged to an account that is gone.
    pub adopt: bool,
}

/// Answer of `cdr create-database`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DatabaseCreated {
    /// The account.
    pub account: String,
    /// Database server.
    pub server: String,
    /// Primary database.
    pub database: String,
    /// False when it existed already.
    pub created: bool,
    /// Version of its schema.
    pub schema_version: u32,
    /// The statements, with `--dry-run`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ddl: Option<String>,
    /// One sentence for a person.
    pub message: String,
}

impl Noun for DatabaseCreated {
    const NOUN: &'static str = "cdr";
}

/// Answer of `cdr activate`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Activated {
    /// Exactly `Database CDR Processing was successfully activated.`
    pub message: String,
    /// Jobs that the activation queued: the first poll, the first sync, the backfill.
    pub jobs: Vec<super::job::Job>,
    /// Time that was not collected because processing was off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<Missed>,
    /// What the backfill takes that the activation starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<CdrPlan>,
    /// CDR processing after the activation.
    #[serde(flatten)]
    pub cdr: Cdr,
}

/// Time that was not collected because processing was off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Missed {
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// Whether the activation asked for a backfill of it.
    pub collected: bool,
    /// What collects it.
    pub command: String,
}

impl Noun for Activated {
    const NOUN: &'static str = "cdr";
}

/// `POST /v1/accounts/{name}/cdr/backfill`; without a span the configured one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StartBackfill {
    /// RFC 3339 time or `YYYY-MM-DD` (UTC).
    pub from: Option<String>,
    /// RFC 3339 time or `YYYY-MM-DD` (UTC); now when absent.
    pub to: Option<String>,
}

/// `POST /v1/accounts/{name}/cdr/reconcile`; without a span everything that is accounted for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StartReconcile {
    /// RFC 3339 time or `YYYY-MM-DD` (UTC).
    pub from: Option<String>,
    /// RFC 3339 time or `YYYY-MM-DD` (UTC); now when absent.
    pub to: Option<String>,
}

/// `result` of a finished reconcile job: what was compared with Zoom and what is missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reconciliation {
    /// Windows compared.
    pub windows_checked: u64,
    /// Those that hold everything Zoom has.
    pub windows_complete: u64,
    /// Calls that Zoom has in them.
    pub records_zoom: u64,
    /// Those of them that are held.
    pub records_held: u64,
    /// 1.0 = all.
    pub completeness: f64,
    /// What is missing, newest first.
    pub gaps: Vec<Gap>,
    /// Gaps that were closed by this run.
    pub gaps_healed: u64,
    /// Calls that this run found to be deleted at Zoom.
    pub deleted_at_zoom: u64,
    /// Faults of Zoom's listing that were met, all of them.
    pub faults: u64,
    /// The same by kind.
    #[serde(default)]
    pub faults_by_kind: std::collections::BTreeMap<String, u64>,
}

impl Noun for Reconciliation {
    const NOUN: &'static str = "reconcile";
}

/// An item of `cdr gaps`: a span of call end times of which calls are missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Start.
    pub from: Timestamp,
    /// End.
    pub to: Timestamp,
    /// What Zoom has; absent when it was never asked.
    pub zoom_total: Option<u64>,
    /// Calls held.
    pub held: u64,
    /// From when on Zoom, which keeps six months, does not answer for all of it.
    pub unrecoverable_after: Timestamp,
    /// Seconds until then, when the answer was made; 0 when it has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recoverable_for_seconds: Option<u64>,
    /// What is known about it.
    #[serde(default)]
    pub note: Option<String>,
}

impl Noun for Gap {
    const NOUN: &'static str = "gap";
}

/// `cdr backfill --dry-run`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CdrPlan {
    /// The account.
    pub account: String,
    /// Start of the span, after Zoom's six-month horizon was applied.
    pub from: Timestamp,
    /// End of the span.
    pub to: Timestamp,
    /// Windows to collect.
    pub windows: u64,
    /// Requests of Zoom's label Heavy, estimated.
    pub requests: u64,
    /// Calls, at the pace of the days that are known.
    pub calls: u64,
    /// Days of our share of the daily quota.
    pub days_of_quota: f64,
    /// Requests of today's share that a backfill may still use; absent when there is no daily limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_today: Option<u64>,
    /// Estimated duration in seconds.
    pub eta_seconds: u64,
    /// Estimated duration of fetching the elements of these calls, in seconds; absent when they are off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elements_eta_seconds: Option<u64>,
}

impl Noun for CdrPlan {
    const NOUN: &'static str = "cdr-plan";
}
