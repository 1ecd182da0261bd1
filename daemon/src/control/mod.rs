//! The control socket: who may ask what, and the answers. HTTP/1.1 with JSON over a Unix socket.
//!
//! A request walks: [`listener`] (the socket file) → [`serve`] (connections and their limits) → [`peer`] (who is it,
//! from the kernel) → [`access`] (which role) → [`router`] over the one table in [`table`] (may this role do it, is it
//! confirmed) → a handler → [`trail`] (the audit log) → the answer.

pub mod access;
pub mod answer;
pub mod call;
pub mod connection;
pub mod handler;
pub mod listener;
pub mod openapi;
pub mod peer;
pub mod problem;
pub mod route;
pub mod router;
pub mod serve;
pub mod table;
#[cfg(test)]
mod tests;
pub mod trail;
pub mod view;

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use callsync_shared::api::status::ConfigStatus;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::Value;

use self::access::AccessRules;
use crate::{
    collect::{processing::Processing, snapshot::CdrSnapshot},
    directory::snapshot::SyncSnapshot,
    domain::{account::Account, clock::SharedClock},
    enrolment::Enrolment,
    jobs::{Jobs, Scheduler},
    monitor::Watching,
    ports::{
        alerts::{AlertBook, Channels},
        events::EventFeed,
        primary::Primary,
        records::RecordServers,
        state::{AuditLog, JobKind},
        zoom::QuotaUse,
    },
    removal::Removal,
    retention::Retention,
};

/// Starts a named task; the supervisor behind it owns the task.
pub type Spawn = Arc<dyn Fn(&'static str, BoxFuture<'static, ()>) + Send + Sync>;

/// Everything a handler may use.
pub struct Handles {
    /// Groups and accounts.
    pub enrolment: Enrolment,
    /// Database servers.
    pub servers: Arc<dyn RecordServers>,
    /// Jobs, running and past.
    pub queue: Jobs,
    /// Schedules.
    pub scheduler: Scheduler,
    /// What happened.
    pub events: EventFeed,
    /// CDR processing and what it asks for.
    pub processing: Processing,
    /// De-authorization and removal.
    pub removal: Removal,
    /// Primary databases.
    pub primary: Primary,
    /// Alerts and mutes.
    pub alerts: Arc<dyn AlertBook>,
    /// Channels of alerts.
    pub channels: Arc<dyn Channels>,
    /// Health and metrics.
    pub monitor: Arc<dyn Watching>,
    /// Purge, archive, holds, persons.
    pub retention: Retention,
    /// The audit log.
    pub audit: Arc<dyn AuditLog>,
    /// The time.
    pub clock: SharedClock,
    /// The configuration in force.
    pub config: Arc<dyn ConfigView>,
    /// What is known of accounts now.
    pub snapshots: Arc<dyn Snapshots>,
    /// Who may do what.
    pub access: AccessControl,
    /// When the daemon was ready.
    pub started_at: Timestamp,
}

/// The access rules in force; a reload replaces them, and the next request on any connection obeys the new ones.
pub struct AccessControl(RwLock<Arc<AccessRules>>);

impl AccessControl {
    /// Starts with these rules.
    #[must_use]
    pub fn new(rules: AccessRules) -> Self {
        Self(RwLock::new(Arc::new(rules)))
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> Arc<AccessRules> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts other rules in force.
    pub fn replace(&self, rules: AccessRules) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
    }
}

/// The configuration in force, as people may see it.
pub trait ConfigView: Send + Sync {
    /// Every key with its value in force; secrets as where they come from.
    fn show(&self) -> Value;

    /// The file it came from; absent when the documented defaults are in force.
    fn file(&self) -> Option<String>;

    /// Whether a reload would accept the file as it is on disk now, or whether `file` would do. Reads files; called on
    /// a blocking thread.
    ///
    /// # Errors
    /// Why not, with file, line, column, the offending line and a hint.
    fn check(&self, file: Option<&std::path::Path>) -> Result<(), String>;

    /// What is in force, and what became of the last reload.
    fn status(&self) -> ConfigStatus;
}

/// Ages of the tokens of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenAges {
    /// When the access token expires.
    pub access_expires_at: Timestamp,
    /// When it was last refreshed.
    pub refreshed_at: Timestamp,
}

/// What is known now, without asking Zoom and without waiting for a database: `status` and `account show` must be
/// answered within 100 ms while both are down. Also asked about accounts that are not stored (dry runs).
#[async_trait]
pub trait Snapshots: Send + Sync {
    /// CDR processing.
    async fn cdr(&self, account: &Account) -> CdrSnapshot;

    /// Directory sync.
    async fn sync(&self, account: &Account) -> SyncSnapshot;

    /// Ages of the tokens; absent when there are none.
    async fn token(&self, account: &Account) -> Option<TokenAges>;

    /// Use of Zoom's rate limits.
    async fn quota(&self, account: &Account) -> Vec<QuotaUse>;

    /// What is due next: kind of job, when, and the schedule that says so; one of each kind, soonest first.
    fn next_runs(&self, account: &Account) -> Vec<(JobKind, Timestamp, Option<String>)>;

    /// What needs attention, in plain words.
    fn notices(&self) -> Vec<String>;
}
