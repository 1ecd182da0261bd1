//! A running control socket over ports in memory, and a client that speaks plain HTTP.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};
use tokio_util::sync::CancellationToken;

use super::{
    books::{Defaults, MemoryEvents, NoActivity, NoBooks, NoHistory, OneServer, Quiet},
    quiet::{AllIsWell, NoChannels, alert_book},
};
use crate::{
    collect::processing::Processing,
    config::{
        MasterKey,
        model::{Control, Viewers},
    },
    control::{
        AccessControl, Handles,
        access::{AccessRules, Credentials},
        listener::ControlSocket,
        peer::Peers,
        serve::serve,
    },
    domain::{account::AccountId, clock::SharedClock},
    enrolment::tests::{
        fakes::{NOW, World, world},
        memory_audit::MemoryAudit,
    },
    jobs::{Jobs, Scheduler, Timers, scheduler::memory::MemorySchedules},
    ports::{
        events::EventFeed,
        primary::Primary,
        state::{AuditRecord, Job, JobKind, JobState},
    },
    removal::{self, Removal, tests::NoAlerts},
    retention::Retention,
    state_store::{StateDirectory, StateStore},
};

pub(super) const GROUP: u32 = 10;
pub(super) const ADMINS: u32 = 11;
pub(super) const SALES_OPS: u32 = 12;

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
