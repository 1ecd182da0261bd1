//! What is known of accounts now, bounded in time: a slow database must not make `status` slow.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    collect::{processing::Processing, snapshot::CdrSnapshot},
    control::{Snapshots, TokenAges},
    directory::{
        report,
        snapshot::{SyncSnapshot, SyncStatus},
    },
    domain::{
        account::{Account, AccountId},
        command::quoted,
        failure::{Cause, Fault},
    },
    jobs::{Jobs, Scheduler, Timers},
    ports::{
        jobs::Alarm as _,
        records::Summary,
        state::{Activity, ActivityBook, JobKind, TokenVault},
        zoom::{QuotaUse, ZoomData},
    },
};

/// The socket promises an answer within 100 ms also while databases are down; this leaves time for the rest.
const PATIENCE: Duration = Duration::from_millis(60);

/// Implements [`Snapshots`] over the use cases.
pub struct Present {
    /// CDR processing.
    pub processing: Processing,
    /// Attempts and errors.
    pub activity: Arc<dyn ActivityBook>,
    /// Ages of tokens.
    pub vault: Arc<dyn TokenVault>,
    /// Use of quota.
    pub zoom: Arc<dyn ZoomData>,
    /// Running jobs.
    pub jobs: Jobs,
    /// Due times.
    pub timers: Timers,
    /// Due times by the calendar.
    pub scheduler: Scheduler,
    /// What needs attention.
    pub notices: Arc<Notices>,
    /// The last counts that were read, shown while the database is slow.
    pub counts: Mutex<BTreeMap<AccountId, Summary>>,
}

/// What needs attention, by topic; a topic is replaced or cleared by who raised it.
#[derive(Debug, Default)]
pub struct Notices(Mutex<BTreeMap<&'static str, String>>);

impl Notices {
    /// Raises a notice, or replaces the one of the same topic.
    pub fn raise(&self, topic: &'static str, text: impl Into<String>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(topic, text.into());
    }

    /// Clears a topic.
    pub fn clear(&self, topic: &'static str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(topic);
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }
}

#[async_trait]
impl Snapshots for Present {
    async fn cdr(&self, account: &Account) -> CdrSnapshot {
        match tokio::time::timeout(PATIENCE, self.processing.snapshot(account)).await {
            Ok(Ok(snapshot)) => {
                if let Some(Ok(summary)) = &snapshot.summary {
                    let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
                    counts.insert(account.id.clone(), summary.clone());
                }
                snapshot
            }
            Ok(Err(failure)) => self.without(account, Fault::new(Cause::Internal, "state_store", failure.to_string())),
            Err(_) => self.without(
                account,
                Fault::new(Cause::Database, "database_slow", "the database did not answer in time")
                    .hint(format!("callsyncctl cdr show {} waits for it.", quoted(&account.name))),
            ),
        }
    }

    async fn sync(&self, account: &Account) -> SyncSnapshot {
        let read = report::snapshot(account, self.activity.as_ref(), &self.jobs, &self.timers);
        match tokio::time::timeout(PATIENCE, read).await {
            Ok(Ok(snapshot)) => SyncSnapshot {
                next_run: self
                    .next_runs(account)
                    .into_iter()
                    .find(|(kind, ..)| *kind == JobKind::Sync)
                    .map(|(_, at, _)| at),
                ..snapshot
            },
            _ => SyncSnapshot {
                status: SyncStatus::Failing,
                runs: Activity {
                    last_error: Some("the state store did not answer in time".to_owned()),
                    ..Activity::default()
                },
                next_run: None,
                entities: BTreeMap::new(),
            },
        }
    }

    async fn token(&self, account: &Account) -> Option<TokenAges> {
        let stored = tokio::time::timeout(PATIENCE, self.vault.load(&account.id))
            .await
            .ok()?
            .ok()??;
        Some(TokenAges {
            access_expires_at: stored.access_expires_at,
            refreshed_at: stored.refreshed_at,
        })
    }

    async fn quota(&self, account: &Account) -> Vec<QuotaUse> {
        tokio::time::timeout(PATIENCE, self.zoom.quota(&account.id))
            .await
            .unwrap_or_default()
    }

    fn next_runs(&self, account: &Account) -> Vec<(JobKind, Timestamp, Option<String>)> {
        if account.state.is_withdrawn() {
            return Vec::new();
        }
        let scheduled = self.scheduler.next(&account.id).into_iter();
        let mut next: Vec<_> = scheduled
            .map(|next| (next.kind, next.at, Some(next.schedule)))
            .collect();
        let repeated = JobKind::ALL.iter().copied();
        next.extend(repeated.filter_map(|kind| Some((kind, self.timers.next(&account.id, kind)?, None))));
        next.sort_by_key(|(_, at, _)| *at);
        let mut kinds = HashSet::new();
        next.retain(|(kind, ..)| kinds.insert(*kind));
        next
    }

    fn notices(&self) -> Vec<String> {
        self.notices.all()
    }
}

impl Present {
    fn without(&self, account: &Account, fault: Fault) -> CdrSnapshot {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let summary = counts.get(&account.id).cloned().ok_or(fault);
        CdrSnapshot {
            account: account.clone(),
            polls: Activity::default(),
            summary: Some(summary),
            outlook: None,
        }
    }
}
