//! Books that are empty, a server without databases, snapshots of nothing: what the control socket is tried out with.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use callsync_shared::api::status::ConfigStatus;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::fixture::now;
use crate::{
    collect::snapshot::CdrSnapshot,
    control::{ConfigView, Snapshots, TokenAges},
    directory::snapshot::{SyncSnapshot, SyncStatus},
    domain::{
        account::{Account, AccountId},
        failure::{Cause, Failure, Fault, Outcome},
        retention::Person,
    },
    ports::{
        events::{EventBook, Happening, Kept},
        records::{Created, Owner, RecordServers, RecordStore, ServerInfo, ServerReport},
        retention::{ErasureBook, Hold, HoldBook, OwnHistory},
        state::{Activity, ActivityBook, Job, JobBook, JobKind},
        zoom::QuotaUse,
    },
};

pub(super) struct OneServer;

#[async_trait]
impl RecordServers for OneServer {
    fn list(&self) -> Vec<ServerInfo> {
        vec![ServerInfo {
            name: "local".into(),
            kind: "sqlite",
            location: "/databases".into(),
        }]
    }
    async fn test(&self, _: &str) -> Outcome<ServerReport> {
        Ok(ServerReport {
            version: "SQLite 3".into(),
            permissions: vec!["create database".into()],
            missing_permissions: Vec::new(),
            free_bytes: Some(1),
            round_trip: Duration::from_micros(100),
            facts: None,
        })
    }
    fn check_name(&self, _: &str, _: &str) -> Outcome<()> {
        Ok(())
    }
    fn ddl(&self, _: &str, _: &str) -> Outcome<String> {
        Ok("CREATE TABLE call_history (x);".into())
    }
    async fn create(&self, _: &str, _: &str, _: &Owner, _: bool) -> Outcome<Created> {
        Err(Failure::NotFound)
    }
    async fn open(&self, _: &str, _: &str, _: &AccountId) -> Outcome<Arc<dyn RecordStore>> {
        Err(Failure::NotFound)
    }
    async fn close(&self, _: &str, _: &str) {}
    async fn remove(&self, _: &str, _: &str, _: &AccountId) -> Outcome<()> {
        Err(Failure::NotFound)
    }
}

/// A history that nothing is written to: jobs here only run.
pub(super) struct NoHistory;

#[async_trait]
impl JobBook for NoHistory {
    async fn add_job(&self, _: Job) -> Outcome<()> {
        Ok(())
    }
    async fn save_job(&self, _: &Job) -> Outcome<()> {
        Ok(())
    }
    async fn job(&self, _: &str) -> Outcome<Job> {
        Err(Fault::new(Cause::NotFound, "job_not_found", "no such job")
            .hint("callsyncctl job list")
            .into())
    }
    async fn jobs(&self, _: Option<&AccountId>, _: usize) -> Outcome<Vec<Job>> {
        Ok(Vec::new())
    }
    async fn unfinished_jobs(&self) -> Outcome<Vec<Job>> {
        Ok(Vec::new())
    }
    async fn prune_jobs(&self, _: usize) -> Outcome<u64> {
        Ok(0)
    }
}

/// Nothing was ever tried.
pub(super) struct NoActivity;

#[async_trait]
impl ActivityBook for NoActivity {
    async fn activity(&self, _: &AccountId, _: JobKind) -> Outcome<Activity> {
        Ok(Activity::default())
    }
    async fn save_activity(&self, _: &AccountId, _: JobKind, _: &Activity) -> Outcome<()> {
        Ok(())
    }
}

/// What happened.
#[derive(Default)]
pub(super) struct MemoryEvents(Mutex<Vec<Kept>>);

#[async_trait]
impl EventBook for MemoryEvents {
    async fn append_events(&self, happenings: Vec<Happening>) -> Outcome<u64> {
        let mut kept = self.0.lock().unwrap();
        for happening in happenings {
            let seq = kept.len() as u64 + 1;
            kept.push(Kept { seq, happening });
        }
        Ok(kept.len() as u64)
    }
    async fn events_after(&self, seq: u64, _: Option<Timestamp>, limit: usize) -> Outcome<Vec<Kept>> {
        let kept = self.0.lock().unwrap().clone();
        Ok(kept.into_iter().filter(|kept| kept.seq > seq).take(limit).collect())
    }
    async fn newest_events(&self, limit: usize) -> Outcome<Vec<Kept>> {
        let kept = self.0.lock().unwrap().clone();
        let first = kept.len().saturating_sub(limit);
        Ok(kept[first..].to_vec())
    }
}

/// Nobody is held, nobody was erased.
pub(super) struct NoBooks;

#[async_trait]
impl HoldBook for NoBooks {
    async fn add_hold(&self, _: Hold) -> Outcome<()> {
        Ok(())
    }
    async fn holds(&self, _: Option<&AccountId>) -> Outcome<Vec<Hold>> {
        Ok(Vec::new())
    }
    async fn hold(&self, _: &str) -> Outcome<Hold> {
        Err(Fault::new(Cause::NotFound, "hold_not_found", "no such hold")
            .hint("callsyncctl hold list")
            .into())
    }
    async fn release_hold(&self, id: &str) -> Outcome<()> {
        self.hold(id).await.map(drop)
    }
}

#[async_trait]
impl OwnHistory for NoBooks {
    async fn old_jobs(&self, _: &AccountId, _: Timestamp) -> Outcome<u64> {
        Ok(0)
    }
    async fn forget_jobs(&self, _: &AccountId, _: Timestamp) -> Outcome<u64> {
        Ok(0)
    }
}

#[async_trait]
impl ErasureBook for NoBooks {
    async fn ask_erasure(&self, _: &str, _: &AccountId, _: &Person, _: Timestamp) -> Outcome<()> {
        Ok(())
    }
    async fn asked(&self, _: &str) -> Outcome<Option<(Person, Timestamp)>> {
        Ok(None)
    }
    async fn erased(&self, _: &str) -> Outcome<()> {
        Ok(())
    }
    fn was_erased(&self, _: &AccountId, _: &Person) -> Option<Timestamp> {
        None
    }
    fn pseudonym(&self, _: &AccountId, _: &Person) -> String {
        String::new()
    }
    fn has_erasures(&self, _: &AccountId) -> bool {
        false
    }
}

pub(super) struct Defaults;

impl ConfigView for Defaults {
    fn show(&self) -> Value {
        json!({"state_directory": "/var/lib/callsyncd"})
    }
    fn file(&self) -> Option<String> {
        Some("/etc/callsyncd/callsyncd.yaml".into())
    }
    fn check(&self, _: Option<&std::path::Path>) -> Result<(), String> {
        Err("line 3, column 1: unknown key".into())
    }
    fn status(&self) -> ConfigStatus {
        ConfigStatus {
            file: self.file(),
            loaded_at: now(),
            last_reload_at: None,
            last_reload_error: None,
        }
    }
}

pub(super) struct Quiet;

#[async_trait]
impl Snapshots for Quiet {
    async fn cdr(&self, account: &Account) -> CdrSnapshot {
        let fault = Fault::new(Cause::Database, "database_unavailable", "no answer");
        CdrSnapshot {
            account: account.clone(),
            polls: Activity::default(),
            summary: Some(Err(fault)),
            outlook: None,
        }
    }
    async fn sync(&self, _: &Account) -> SyncSnapshot {
        SyncSnapshot {
            status: SyncStatus::Disabled,
            runs: Activity::default(),
            next_run: None,
            entities: BTreeMap::new(),
        }
    }
    async fn token(&self, _: &Account) -> Option<TokenAges> {
        Some(TokenAges {
            access_expires_at: now(),
            refreshed_at: now(),
        })
    }
    async fn quota(&self, _: &Account) -> Vec<QuotaUse> {
        vec![QuotaUse {
            label: "heavy",
            used_today: 3,
            per_day: Some(10),
            per_second: 8.0,
            fresh_per_day: 0.0,
            blocked_until: None,
        }]
    }
    fn next_runs(&self, _: &Account) -> Vec<(JobKind, Timestamp, Option<String>)> {
        vec![(JobKind::Cdr, now(), None)]
    }
    fn notices(&self) -> Vec<String> {
        vec!["a notice".into()]
    }
}
