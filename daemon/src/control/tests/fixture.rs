//! A running control socket over ports in memory, and a client that speaks plain HTTP.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use callsync_shared::api::status::ConfigStatus;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};
use tokio_util::sync::CancellationToken;

use super::quiet::{AllIsWell, NoChannels, alert_book};
use crate::{
    collect::{processing::Processing, snapshot::CdrSnapshot},
    config::{
        MasterKey,
        model::{Control, Viewers},
    },
    control::{
        AccessControl, ConfigView, Handles, Snapshots, TokenAges,
        access::{AccessRules, Credentials},
        listener::ControlSocket,
        peer::Peers,
        serve::serve,
    },
    directory::snapshot::{SyncSnapshot, SyncStatus},
    domain::{
        account::{Account, AccountId},
        clock::SharedClock,
        failure::{Cause, Failure, Fault, Outcome},
        retention::Person,
    },
    enrolment::tests::{
        fakes::{NOW, World, world},
        memory_audit::MemoryAudit,
    },
    jobs::{Jobs, Scheduler, Timers, scheduler::memory::MemorySchedules},
    ports::{
        events::{EventBook, EventFeed, Happening, Kept},
        primary::Primary,
        records::{Created, Owner, RecordServers, RecordStore, ServerInfo, ServerReport},
        retention::{ErasureBook, Hold, HoldBook, OwnHistory},
        state::{Activity, ActivityBook, AuditRecord, Job, JobBook, JobKind, JobState},
        zoom::QuotaUse,
    },
    removal::{self, Removal, tests::NoAlerts},
    retention::Retention,
    state_store::{StateDirectory, StateStore},
};

pub(super) const GROUP: u32 = 10;
pub(super) const ADMINS: u32 = 11;
pub(super) const SALES_OPS: u32 = 12;

struct OneServer;

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
struct NoHistory;

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
struct NoActivity;

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
struct NoBooks;

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

struct Defaults;

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

struct Quiet;

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

pub(super) fn now() -> Timestamp {
    NOW.parse().expect("a time")
}

/// Says of every connection what it was told to say.
pub(super) struct ToldPeers(pub(super) Mutex<Credentials>);

impl Peers for ToldPeers {
    fn identify(&self, _: &UnixStream) -> std::io::Result<Credentials> {
        Ok(self.0.lock().unwrap().clone())
    }
}

pub(super) struct Server {
    pub(super) world: World,
    pub(super) audit: Arc<MemoryAudit>,
    pub(super) handles: Arc<Handles>,
    pub(super) stop: CancellationToken,
    pub(super) path: PathBuf,
    peers: Arc<ToldPeers>,
    _directory: TempDir,
}

pub(super) fn control(viewers: Option<Vec<Viewers>>) -> Control {
    Control {
        socket: PathBuf::new(),
        group: "callsync".into(),
        admin_group: "callsync-admin".into(),
        viewers,
    }
}

pub(super) fn rules(viewers: Option<Vec<Viewers>>) -> AccessRules {
    AccessRules::resolve(&control(viewers), 900, |name| match name {
        "callsync" => Some(GROUP),
        "callsync-admin" => Some(ADMINS),
        "sales-ops" => Some(SALES_OPS),
        _ => None,
    })
}

#[expect(clippy::disallowed_methods, reason = "the tests have no supervisor")]
pub(super) fn spawn(_: &'static str, task: BoxFuture<'static, ()>) {
    drop(tokio::spawn(task));
}

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Value,
}

impl Server {
    pub(super) async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("c.sock");
        let socket = ControlSocket::open_for(&path, "callsync", None)
            .await
            .expect("a socket");
        let world = world();
        let audit = Arc::clone(&world.audit);
        let clock: SharedClock = Arc::new(world.clock.clone());
        let queue = Jobs::new(Arc::new(NoHistory), Arc::clone(&clock));
        let primary = Primary::new(Arc::clone(&world.registry) as _, Arc::new(OneServer));
        let processing = Processing {
            registry: Arc::clone(&world.registry) as _,
            primary: primary.clone(),
            zoom: Arc::clone(&world.zoom) as _,
            activity: Arc::new(NoActivity),
            jobs: Arc::new(queue.clone()),
            alarm: Arc::new(Timers::new(Arc::clone(&clock))),
            asked: Default::default(),
            clock: Arc::clone(&clock),
        };
        let schedules = Arc::new(MemorySchedules::default());
        let scheduler = Scheduler::new(
            schedules,
            Arc::clone(&world.registry) as _,
            Arc::new(queue.clone()),
            Arc::clone(&clock),
        );
        let feed = EventFeed {
            book: Arc::new(MemoryEvents::default()),
            written: tokio::sync::watch::Sender::default().subscribe(),
        };
        let state = StateDirectory::lock(&directory.path().join("withdrawals")).expect("a state directory");
        let state = Arc::new(StateStore::open(state, &MasterKey::from_bytes([7; 32])).expect("a state store"));
        let removal = Removal::new(removal::Ports {
            registry: Arc::clone(&world.registry) as _,
            book: Arc::clone(&state) as _,
            holds: state,
            oauth: Arc::clone(&world.zoom) as _,
            primary: primary.clone(),
            jobs: Arc::new(queue.clone()),
            alarm: Arc::new(Timers::new(Arc::clone(&clock))),
            audit: Arc::<MemoryAudit>::clone(&audit),
            alerts: Arc::new(NoAlerts),
            clock: Arc::clone(&clock),
            policy: std::sync::RwLock::default(),
            wake: tokio::sync::Notify::new(),
            tried: Mutex::default(),
            announced: Mutex::default(),
            settling: tokio::sync::Mutex::default(),
        });
        let retention = Retention {
            registry: Arc::clone(&world.registry) as _,
            primary: primary.clone(),
            holds: Arc::new(NoBooks),
            erasures: Arc::new(NoBooks),
            history: Arc::new(NoBooks),
            jobs: Arc::new(queue.clone()),
            clock: Arc::clone(&clock),
        };
        let handles = Arc::new(Handles {
            removal,
            enrolment: world.enrolment(),
            events: feed,
            scheduler: scheduler.able_to([JobKind::Sync, JobKind::Purge, JobKind::Archive]),
            servers: Arc::new(OneServer),
            queue,
            processing,
            primary,
            alerts: Arc::new(alert_book(&directory.path().join("state"))),
            channels: Arc::new(NoChannels),
            monitor: Arc::new(AllIsWell),
            retention,
            audit: Arc::<MemoryAudit>::clone(&audit),
            clock,
            config: Arc::new(Defaults),
            snapshots: Arc::new(Quiet),
            access: AccessControl::new(rules(None)),
            started_at: now(),
        });
        let peers = Arc::new(ToldPeers(Mutex::new(peer(0, &[]))));
        let stop = CancellationToken::new();
        spawn(
            "control",
            Box::pin(serve(
                socket,
                Arc::clone(&handles),
                Arc::<ToldPeers>::clone(&peers),
                spawn,
                stop.clone(),
            )),
        );
        Self {
            world,
            audit,
            handles,
            stop,
            path,
            peers,
            _directory: directory,
        }
    }

    /// From now on, connections are of this user with these groups.
    pub(super) fn become_user(&self, uid: u32, groups: &[u32]) {
        *self.peers.0.lock().unwrap() = peer(uid, groups);
    }

    pub(super) async fn connect(&self) -> UnixStream {
        UnixStream::connect(&self.path).await.expect("a connection")
    }

    pub(super) async fn send(&self, method: &str, target: &str, headers: &str, body: &str) -> Reply {
        let request = format!(
            "{method} {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.expect("a request");
        read(stream).await
    }

    pub(super) async fn get(&self, target: &str) -> Reply {
        self.send("GET", target, "", "").await
    }

    pub(super) async fn post(&self, target: &str, body: &str) -> Reply {
        self.send("POST", target, "", body).await
    }

    pub(super) async fn delete(&self, target: &str) -> Reply {
        self.send("DELETE", target, "x-callsync-confirm: yes\r\n", "").await
    }

    pub(super) fn audited(&self) -> Vec<AuditRecord> {
        self.audit.entries.lock().unwrap().clone()
    }

    pub(super) fn running_job(&self, id: &str, account: Option<AccountId>) {
        self.handles.queue.put(Job {
            id: id.into(),
            kind: JobKind::Cdr,
            account,
            state: JobState::Running,
            parameters: "{}".into(),
            done: 1,
            total: None,
            unit: "records",
            created_at: now(),
            started_at: None,
            finished_at: None,
            result: "{}".into(),
            error: None,
            retryable: false,
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub(super) async fn read(mut stream: UnixStream) -> Reply {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("an answer");
    let text = String::from_utf8(bytes).expect("text");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or(0);
    Reply {
        status,
        head: head.to_lowercase(),
        body: serde_json::from_str(body).unwrap_or(Value::Null),
    }
}

fn peer(uid: u32, groups: &[u32]) -> Credentials {
    Credentials {
        uid,
        gid: uid,
        groups: groups.to_vec(),
        pid: 4_711,
    }
}

impl Reply {
    pub(super) fn problem(&self) -> (u16, &str, u64) {
        assert!(self.head.contains("application/problem+json"), "{self:?}");
        assert_eq!(self.body["status"], self.status);
        assert_eq!(self.body["title"], self.body["message"]);
        (
            self.status,
            self.body["code"].as_str().unwrap_or_default(),
            self.body["exit_code"].as_u64().unwrap_or(999),
        )
    }
}
