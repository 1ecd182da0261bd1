//! The stage of the rehearsal: one account, three collectors at work, and what was seen.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use zoom_sim::{AccountOptions, Options, Quirks, RateLimits, Simulator};

use super::{
    figures::Figures,
    patient::Patient,
    props::{Bells, Forgetful, NoSocket, Quiet, Simulated, sign_in},
};
use crate::{
    app::build::name_row,
    collect::{
        backfill::Backfill,
        elements::Elements,
        ledger::reconcile::{Asked, Reconcile},
        poll::Poll,
    },
    config::model::{Limits, Server, ServerKind},
    directory::sync::Sync as DirectorySync,
    domain::{account::Account, clock::SharedClock, failure::Failure, window::Window},
    ports::{
        jobs::{Alarm, Executor, JobEnd},
        primary::Primary,
        records::{Owner, RecordServers, RecordStore},
        state::{Job, JobKind, JobState, QuotaBook, Registry, TokenVault},
        zoom::ZoomData,
    },
    record_store::Servers,
    zoom::{
        Ports, ZoomClient,
        test_setup::{self, Book, OneAccount, Vault},
        transport::Setup,
    },
};

pub const INTERVAL: Duration = Duration::from_secs(300);
/// Days of the past.
pub const SPAN_DAYS: i64 = 180;
pub const HISTORY: &str = "/v2/phone/call_history";

/// What is rehearsed.
pub struct Script {
    /// Calls of the last 180 days.
    pub calls: usize,
    /// Time between calls that end meanwhile.
    pub live: Duration,
    /// Our configured limits.
    pub limits: Limits,
    /// Zoom's.
    pub zoom: RateLimits,
    /// Records that a page of Zoom's holds at most.
    pub page_cap: Option<usize>,
    /// How old a call may be whose row the simulator, which is in the same process, keeps to save time.
    pub keep_written: Duration,
    /// Simulated time that passes at the least, and at the most.
    pub at_least: Duration,
    pub at_most: Duration,
    /// Whether Zoom fails for a while: then failures that pass are part of the play.
    pub troubled: bool,
}

/// Everything that is at work.
pub struct Stage {
    pub(super) clock: SharedClock,
    pub(super) simulator: Arc<Simulator>,
    bells: Arc<Bells>,
    primary: Primary,
    poll: Poll,
    backfill: Backfill,
    elements: Elements,
    reconcile: Reconcile,
    sync: DirectorySync,
    account: Account,
    live: Duration,
    troubled: bool,
    pub(super) polls: AtomicU64,
    pub(super) syncs: AtomicU64,
    pub(super) backfill_runs: AtomicU64,
    pub(super) lateness: Mutex<SignedDuration>,
    /// Fresh calls: when each appears.
    pub(super) fresh: Mutex<HashMap<String, Timestamp>>,
    stop: CancellationToken,
}

impl Stage {
    /// Plays the script on a runtime whose time jumps.
    pub fn play(script: Script) -> Figures {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime");
        let directory = tempfile::tempdir().expect("a directory");
        let figures = runtime.block_on(async { Self::set(&script, directory.path()).await.run(&script).await });
        drop(runtime);
        figures
    }

    pub(super) async fn set(script: &Script, directory: &std::path::Path) -> Self {
        let start: Timestamp = "2026-07-01T09:30:00Z".parse().expect("a time");
        let clock: SharedClock = Arc::new(Simulated::starting(start));
        let simulator = Arc::new(
            Simulator::start(Options {
                clock: zoom_sim::Clock::manual(start),
                start: Some(start - SignedDuration::from_hours(24 * SPAN_DAYS)),
                end: Some(start),
                rate_limits: script.zoom.clone(),
                page_cap: script.page_cap,
                keep_written: script.keep_written,
                accounts: vec![AccountOptions {
                    calls: script.calls,
                    quirks: Quirks::NONE,
                    ..AccountOptions::named("acme")
                }],
                ..Options::default()
            })
            .await
            .expect("a simulator"),
        );
        let mut config = test_setup::zoom("http://zoom.invalid");
        config.client_id = Some(simulator.client_id());
        config.client_secret = Some(simulator.client_secret().into());
        config.limits = script.limits;
        let mut account = test_setup::account(start);
        account.cdr.server = Some("local".to_owned());
        account.cdr.database = Some("acme".to_owned());
        let accounts = Arc::new(OneAccount(Mutex::new(account.clone())));
        let vault = Arc::new(Vault::default());
        *vault.tokens.lock().expect("a lock") = Some(sign_in(&simulator, start));
        let ports = Ports {
            vault: Arc::clone(&vault) as Arc<dyn TokenVault>,
            book: Arc::new(Book::default()) as Arc<dyn QuotaBook>,
            registry: Arc::clone(&accounts) as Arc<dyn Registry>,
            clock: Arc::clone(&clock),
            spawn: test_setup::spawner(),
        };
        let carrier = Arc::new(NoSocket {
            simulator: Arc::clone(&simulator),
            clock: Arc::clone(&clock),
        });
        let zoom: Arc<dyn ZoomData> = Arc::new(ZoomClient::with_setup(Setup::over(&config, 0, carrier), ports));
        let local = Server {
            name: "local".to_owned(),
            kind: ServerKind::Sqlite {
                directory: directory.to_owned(),
            },
        };
        let servers: Arc<dyn RecordServers> =
            Arc::new(Patient(Arc::new(Servers::new(vec![local], Arc::clone(&clock)))));
        let owner = Owner {
            account: account.id.clone(),
            zoom_account_id: None,
        };
        servers.create("local", "acme", &owner, false).await.expect("created");
        let primary = Primary::new(Arc::clone(&accounts) as Arc<dyn Registry>, servers);
        let bells = Arc::new(Bells::default());
        let alarm = || Arc::clone(&bells) as Arc<dyn Alarm>;
        Self {
            poll: Poll {
                primary: primary.clone(),
                zoom: Arc::clone(&zoom),
                registry: accounts,
                activity: Arc::new(Forgetful),
                alarm: alarm(),
                clock: Arc::clone(&clock),
                sweeps: Mutex::default(),
            },
            backfill: Backfill {
                primary: primary.clone(),
                zoom: Arc::clone(&zoom),
                alarm: alarm(),
                clock: Arc::clone(&clock),
            },
            elements: Elements {
                primary: primary.clone(),
                zoom: Arc::clone(&zoom),
                alarm: alarm(),
                clock: Arc::clone(&clock),
            },
            reconcile: Reconcile {
                primary: primary.clone(),
                zoom: Arc::clone(&zoom),
                alarm: alarm(),
                clock: Arc::clone(&clock),
                asked: Asked::default(),
            },
            sync: DirectorySync {
                primary: primary.clone(),
                zoom,
                activity: Arc::new(Forgetful),
                clock: Arc::clone(&clock),
                name_row,
            },
            clock,
            simulator,
            bells,
            primary,
            account,
            live: script.live,
            troubled: script.troubled,
            polls: AtomicU64::new(0),
            syncs: AtomicU64::new(0),
            backfill_runs: AtomicU64::new(0),
            lateness: Mutex::new(SignedDuration::ZERO),
            fresh: Mutex::default(),
            stop: CancellationToken::new(),
        }
    }

    /// Asks for the past; the answer is the database.
    pub(super) async fn begin(&self) -> Arc<dyn RecordStore> {
        let start = self.clock.now();
        let store = self.primary.open(&self.account).await.expect("a database");
        let span = Window::new(start - SignedDuration::from_hours(24 * SPAN_DAYS), start);
        store.request_backfill(span).await.expect("asked");
        for kind in [JobKind::Backfill, JobKind::Elements] {
            self.bells.at(&self.account.id, kind, start);
        }
        store
    }

    /// Everything that the daemon does for an account; it has no end.
    pub(super) async fn work(&self) {
        self.bells.at(&self.account.id, JobKind::Reconcile, self.clock.now());
        tokio::join!(
            self.polls(),
            self.backfills(),
            self.drains(),
            self.comparisons(),
            self.syncs()
        );
    }

    async fn run(self, script: &Script) -> Figures {
        let start = self.clock.now();
        let store = self.begin().await;
        let over = async {
            let origin = Instant::now();
            let mut done = None;
            loop {
                sleep(Duration::from_secs(60)).await;
                let summary = store.summary().await.expect("a summary");
                let finished = summary.backfill.is_some_and(|request| request.state == "done");
                if finished && done.is_none() {
                    done = Some(self.clock.now().duration_since(start));
                }
                if origin.elapsed() >= script.at_least && finished && summary.elements_pending == 0 {
                    return done;
                }
                if origin.elapsed() >= script.at_most {
                    return None;
                }
            }
        };
        let backfill_took = tokio::select! {
            done = over => done,
            () = self.polls() => None,
            () = self.backfills() => None,
            () = self.drains() => None,
            () = self.people() => None,
        };
        self.figures(start, backfill_took.unwrap_or(SignedDuration::MAX), &store)
            .await
    }

    /// A poll an interval; what comes due during a poll comes right after it, as in the timers.
    async fn polls(&self) {
        let mut due = Instant::now();
        loop {
            sleep_until(due).await;
            let late = SignedDuration::try_from(due.elapsed()).expect("short");
            {
                let mut most = self.lateness.lock().expect("a lock");
                *most = late.max(*most);
            }
            let end = self.poll.run(&self.job(JobKind::Cdr), &Quiet, &self.stop).await;
            self.expect(&end);
            self.polls.fetch_add(1, Ordering::Relaxed);
            due += INTERVAL;
        }
    }

    async fn backfills(&self) {
        loop {
            self.bells.wait(&self.account.id, JobKind::Backfill, &self.clock).await;
            let end = self
                .backfill
                .run(&self.job(JobKind::Backfill), &Quiet, &self.stop)
                .await;
            self.backfill_runs.fetch_add(1, Ordering::Relaxed);
            let waits = self.bells.next(&self.account.id, JobKind::Backfill).is_some();
            assert!(waits || matches!(end, JobEnd::Succeeded(_)), "{end:?}");
        }
    }

    async fn drains(&self) {
        loop {
            self.bells.wait(&self.account.id, JobKind::Elements, &self.clock).await;
            let end = self
                .elements
                .run(&self.job(JobKind::Elements), &Quiet, &self.stop)
                .await;
            self.expect(&end);
            self.again(JobKind::Elements, &end);
        }
    }

    async fn comparisons(&self) {
        loop {
            self.bells.wait(&self.account.id, JobKind::Reconcile, &self.clock).await;
            let end = self
                .reconcile
                .run(&self.job(JobKind::Reconcile), &Quiet, &self.stop)
                .await;
            self.expect(&end);
            self.again(JobKind::Reconcile, &end);
        }
    }

    /// The directory, once a day.
    async fn syncs(&self) {
        loop {
            let end = self.sync.run(&self.job(JobKind::Sync), &Quiet, &self.stop).await;
            self.expect(&end);
            self.syncs.fetch_add(1, Ordering::Relaxed);
            sleep(Duration::from_secs(86_400)).await;
        }
    }

    /// Work succeeds, or Zoom is in trouble.
    fn expect(&self, end: &JobEnd) {
        let passes = match end {
            JobEnd::Succeeded(_) => true,
            JobEnd::Partial { .. } | JobEnd::Failed(Failure::Retry { .. }) => self.troubled,
            JobEnd::Failed(_) => false,
        };
        assert!(passes, "{end:?}");
    }

    /// As the timers do it: what failed is tried again in a minute.
    fn again(&self, kind: JobKind, end: &JobEnd) {
        if !matches!(end, JobEnd::Succeeded(_)) {
            let soon = self.clock.now() + SignedDuration::from_mins(1);
            self.bells.at(&self.account.id, kind, soon);
        }
    }

    /// People who telephone meanwhile.
    async fn people(&self) {
        let lag = SignedDuration::from_secs(60);
        loop {
            sleep(self.live).await;
            let now = self.clock.now();
            self.simulator.clock().set(now);
            let added = self.simulator.account(0).add_calls(1);
            let appears = Timestamp::from_second(now.as_second()).expect("a time") + lag;
            let mut fresh = self.fresh.lock().expect("a lock");
            fresh.extend(added.into_iter().map(|uuid| (uuid, appears)));
        }
    }

    fn job(&self, kind: JobKind) -> Job {
        Job {
            id: String::new(),
            kind,
            account: Some(self.account.id.clone()),
            state: JobState::Running,
            parameters: "{}".to_owned(),
            done: 0,
            total: None,
            unit: "records",
            created_at: self.clock.now(),
            started_at: None,
            finished_at: None,
            result: "{}".to_owned(),
            error: None,
            retryable: false,
        }
    }
}
