//! Withdrawn consent: de-authorization, what follows from it, and lawful removal. Every step is an audit entry and an
//! event, and every step can be repeated after a crash.

pub mod consent;
pub mod held;
pub mod plan;
pub mod timeline;

mod alarms;
mod certificate;
mod confirm;
mod execution;
#[cfg(test)]
mod model_tests;
mod review;
#[cfg(test)]
pub(crate) mod tests;
mod withdraw;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Notify;

use self::timeline::Policy;
use crate::{
    domain::{
        account::{Account, AccountId},
        clock::SharedClock,
        command::quoted,
        failure::{Cause, Fault},
    },
    ports::{
        alerts::Alerts,
        jobs::{Alarm, JobQueue},
        primary::Primary,
        retention::HoldBook,
        state::{AuditLog, AuditRecord, Registry},
        withdrawal::WithdrawalBook,
        zoom::ZoomOAuth,
    },
};

/// The use cases around withdrawn consent. Cheap to clone.
#[derive(Clone)]
pub struct Removal(Arc<Ports>);

/// What they are built over.
pub struct Ports {
    /// Groups and accounts.
    pub registry: Arc<dyn Registry>,
    /// Withdrawals, consents, certificates.
    pub book: Arc<dyn WithdrawalBook>,
    /// Access to accounts.
    pub oauth: Arc<dyn ZoomOAuth>,
    /// Primary databases.
    pub primary: Primary,
    /// The queue.
    pub jobs: Arc<dyn JobQueue>,
    /// Due times.
    pub alarm: Arc<dyn Alarm>,
    /// The audit log.
    pub audit: Arc<dyn AuditLog>,
    /// Telling people.
    pub alerts: Arc<dyn Alerts>,
    /// Legal holds: while one is in force nothing of the account is removed.
    pub holds: Arc<dyn HoldBook>,
    /// The clock.
    pub clock: SharedClock,
    /// Which timer acts; a reload changes it.
    pub policy: RwLock<Policy>,
    /// Wakes the review.
    pub wake: Notify,
    /// When a removal was last asked for by the review.
    pub tried: Mutex<HashMap<AccountId, Timestamp>>,
    /// Withdrawals that were written about since the start.
    pub announced: Mutex<HashSet<AccountId>>,
    /// Held by whoever carries a withdrawal through: a person's command and the review must not do it twice.
    pub settling: tokio::sync::Mutex<()>,
}

impl Removal {
    /// Use cases over these ports.
    #[must_use]
    pub fn new(ports: Ports) -> Self {
        Self(Arc::new(ports))
    }

    /// Which timer acts.
    #[must_use]
    pub fn policy(&self) -> Policy {
        *self.0.policy.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a reloaded configuration over.
    pub fn set_policy(&self, policy: Policy) {
        *self.0.policy.write().unwrap_or_else(PoisonError::into_inner) = policy;
        self.0.wake.notify_one();
    }

    /// Writes what the daemon did by itself. That it happened matters more than that it is written: a failure is
    /// logged, as with every other entry.
    async fn note(&self, action: &str, account: &Account, before: Option<Value>, after: Option<Value>) {
        let record = self.record(action, account, before, after);
        if let Err(failure) = self.0.audit.append(record).await {
            tracing::error!(action, account = %account.name, error = %failure, "an audit entry could not be written; what it describes has happened");
        }
    }

    /// An entry of what the daemon did by itself.
    fn record(&self, action: &str, account: &Account, before: Option<Value>, after: Option<Value>) -> AuditRecord {
        AuditRecord {
            at: self.0.clock.now(),
            uid: rustix::process::geteuid().as_raw(),
            user: "callsyncd".to_owned(),
            pid: i32::try_from(std::process::id()).unwrap_or_default(),
            role: "system",
            action: action.to_owned(),
            object: account.name.clone(),
            outcome: "ok",
            before: before.map(|value| value.to_string()),
            after: after.map(|value| value.to_string()),
        }
    }
}

/// Refuses what only withdrawn accounts can undergo.
fn refuse_present(account: &Account) -> Result<(), Fault> {
    if account.state.is_withdrawn() {
        return Ok(());
    }
    Err(Fault::new(
        Cause::WrongState,
        "not_deauthorized",
        format!("{} is {}: its consent was not withdrawn", account.name, account.state),
    )
    .hint(format!(
        "To end the connection: callsyncctl account deauthorize {}",
        quoted(&account.name)
    )))
}
