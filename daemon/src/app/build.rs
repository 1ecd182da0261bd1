//! Builds the daemon: names every adapter, hands them to the use cases, opens the socket.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{Arc, Mutex, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use tracing::{error, info, warn};

use super::{
    host::Machine,
    job_log::JobLog,
    journal::Journal,
    reload::InForce,
    snapshots::{Notices, Present},
    supervisor::Supervisor,
};
use crate::{
    collect::{
        backfill::Backfill,
        elements::Elements,
        ledger::reconcile::{Asked, Reconcile},
        poll::Poll,
        processing::Processing,
    },
    config::{self, Config, ConfigError, KeyOrigin, model::RemovalPolicy},
    control::{AccessControl, Handles, access::AccessRules, listener::ControlSocket, peer::KernelPeers, serve},
    directory::sync::Sync as DirectorySync,
    domain::{
        account::{Account, CdrState},
        clock::{SharedClock, SystemClock},
        event::Event,
        failure::{Failure, Fault, Outcome},
        table::{Row, Table, Value},
    },
    enrolment::{Enrolment, HeldData, TokenUpkeep},
    jobs::{Jobs, Runner, Scheduler, Timers},
    listener::{self, Listener, counters::Counters},
    monitor::{Monitor, Sources},
    notify::{Network, Notifier},
    ports::{
        alerts::{AlertBook, Channels as _},
        jobs::{Alarm, Executor},
        primary::Primary,
        records::RecordServers,
        state::{ActivityBook, Job, JobBook, JobKind, Registry, TokenVault},
        zoom::{ZoomData, ZoomOAuth},
    },
    record_store::Servers,
    removal::{self, Removal, timeline::Policy},
    retention::{Retention, archive::Archive, erase::Erase, forgetful::Forgetful, purging::Purge, restore::Restore},
    state_store::{StateDirectory, StateError, StateStore},
    zoom::{Ports, ZoomClient, convert},
};

/// Why the daemon did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A secret or the master key.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Anything that comes with a hint.
    #[error("{0}")]
    Fault(Fault),
    /// Signals cannot be received.
    #[error("the system refuses to deliver signals: {0}")]
    Signals(std::io::Error),
}

impl From<StateError> for StartError {
    fn from(error: StateError) -> Self {
        Failure::from(error).into()
    }
}

impl From<Failure> for StartError {
    fn from(failure: Failure) -> Self {
        Self::Fault(failure.fault().cloned().unwrap_or_else(|| {
            Fault::new(
                crate::domain::failure::Cause::Internal,
                "start_failed",
                failure.to_string(),
            )
        }))
    }
}

/// The running daemon.
pub struct Daemon {
    /// All tasks.
    pub supervisor: Supervisor,
    /// The configuration.
    pub in_force: Arc<InForce>,
    /// What needs attention.
    pub notices: Arc<Notices>,
    /// The state store.
    pub state: Arc<StateStore>,
    /// Zoom.
    pub zoom: Arc<ZoomClient>,
    /// Database servers.
    pub servers: Arc<Servers>,
    /// The queue.
    pub jobs: Jobs,
    /// What happened.
    pub journal: Arc<Journal>,
    /// Tokens of idle accounts.
    pub tokens: Arc<TokenUpkeep>,
    /// Conditions that people hear of.
    pub notifier: Arc<Notifier>,
    /// Finds them.
    pub monitor: Arc<Monitor>,
    /// What the socket's handlers use.
    pub handles: Arc<Handles>,
    scheduler: Scheduler,
    /// What the outside may reach, when a port is configured.
    pub listener: Option<Arc<Listener>>,
    /// What came to it.
    pub(super) heard: Arc<Counters>,
    pub(super) timers: Timers,
    processing: Processing,
    retention: Retention,
    interrupted: Vec<Job>,
}

impl Daemon {
    /// Opens everything and starts the core tasks. When it returns, the socket answers.
    ///
    /// # Errors
    /// See [`StartError`]; then nothing is left running.
    pub async fn start(asked: Option<PathBuf>, config: Config) -> Result<Self, StartError> {
        let clock: SharedClock = Arc::new(SystemClock);
        let supervisor = Supervisor::new(tokio_util::sync::CancellationToken::new());
        let notices = Arc::new(Notices::default());

        // The lock on the state directory comes first: a second daemon must not touch the socket or the databases.
        let directory = StateDirectory::lock(&config.state_directory)?;
        let (key, origin) = config::master_key(&config, directory.sealed()?)?;
        if let KeyOrigin::Generated(path) = &origin {
            let event = Event::MasterKeyGenerated {
                path: path.display().to_string(),
            };
            event.log(None, None);
            notices.raise("master key", event.message());
        }
        let state = Arc::new(StateStore::open(directory, &key)?);
        drop(key);

        let spawner = supervisor.spawner();
        let named: Arc<dyn Fn(&'static str, BoxFuture<'static, ()>) + Send + Sync> =
            Arc::new(move |name, task| spawner(name.to_owned(), task));
        let zoom = Arc::new(ZoomClient::new(
            &config.zoom,
            Ports {
                vault: Arc::clone(&state) as _,
                book: Arc::clone(&state) as _,
                registry: Arc::clone(&state) as _,
                clock: Arc::clone(&clock),
                spawn: Arc::clone(&named),
            },
        )?);
        let servers = Arc::new(Servers::new(config.servers.clone(), Arc::clone(&clock)));
        let socket = ControlSocket::open(&config.control)
            .await
            .map_err(|error| StartError::Fault(error.into()))?;
        if let Some(notice) = socket.notice() {
            notices.raise("socket", notice);
        }

        let notifier = Arc::new(Notifier::new(
            Arc::clone(&state) as Arc<dyn AlertBook>,
            Arc::new(Network(Arc::clone(&clock))),
            &config.alerts,
            Arc::clone(&clock),
        ));
        let port = match &config.listen {
            Some(listen) => Some((
                listener::serve::open(listen.address).await.map_err(StartError::Fault)?,
                listen.clone(),
                listen.webhook_secret.as_ref().map(config::read).transpose()?,
            )),
            None => None,
        };

        let access = AccessControl::new(AccessRules::of_system(&config.control));
        let in_force = Arc::new(InForce::new(asked, config, Arc::clone(&clock)));
        let journal = Arc::new(Journal::new(
            Arc::clone(&state) as _,
            Arc::clone(&state) as _,
            Arc::clone(&clock),
        ));
        let jobs = Jobs::witnessed(
            Arc::clone(&state) as Arc<dyn JobBook>,
            Arc::clone(&clock),
            Arc::clone(&journal) as _,
        );
        let interrupted = jobs.recover().await?;
        let timers = Timers::new(Arc::clone(&clock));
        let scheduler = Scheduler::new(
            Arc::clone(&state) as _,
            Arc::clone(&state) as _,
            Arc::new(jobs.clone()),
            Arc::clone(&clock),
        );
        let primary = Primary::new(
            Arc::clone(&state) as Arc<dyn Registry>,
            Arc::clone(&servers) as Arc<dyn RecordServers>,
        );
        // Everything that is collected comes this way: persons who were erased do not come back.
        let forgetful: Arc<dyn ZoomData> = Arc::new(Forgetful {
            zoom: Arc::clone(&zoom) as _,
            erasures: Arc::clone(&state) as _,
            holds: Arc::clone(&state) as _,
            primary: primary.clone(),
        });
        let processing = Processing {
            registry: Arc::clone(&state) as _,
            primary: primary.clone(),
            zoom: forgetful,
            activity: Arc::clone(&state) as _,
            jobs: Arc::new(jobs.clone()),
            alarm: Arc::new(timers.clone()),
            asked: Asked::default(),
            clock: Arc::clone(&clock),
        };
        let started_at = clock.now();
        let heard = Arc::new(Counters::default());
        let monitor = Arc::new(Monitor::new(Sources {
            registry: Arc::clone(&state) as _,
            activity: Arc::clone(&state) as _,
            history: Arc::clone(&state) as _,
            queue: Arc::new(jobs.clone()),
            alarm: Arc::new(timers.clone()),
            schedules: Arc::clone(&state) as _,
            primary: primary.clone(),
            zoom: Arc::clone(&zoom) as _,
            traffic: Arc::clone(&zoom) as _,
            book: Arc::clone(&state) as _,
            channels: Arc::clone(&notifier) as _,
            alerts: Arc::clone(&notifier) as _,
            host: Arc::new(Machine::new(
                Arc::clone(&in_force),
                timers.clone(),
                Arc::clone(&servers) as _,
                Arc::clone(&heard),
                started_at,
            )),
            clock: Arc::clone(&clock),
            started_at,
            version: callsync_shared::VERSION,
        }));
        let removal = Removal::new(removal::Ports {
            registry: Arc::clone(&state) as _,
            book: Arc::clone(&state) as _,
            oauth: Arc::clone(&zoom) as _,
            primary: primary.clone(),
            jobs: Arc::new(jobs.clone()),
            alarm: Arc::new(timers.clone()),
            audit: Arc::clone(&state) as _,
            alerts: Arc::clone(&notifier) as _,
            holds: Arc::clone(&state) as _,
            clock: Arc::clone(&clock),
            policy: RwLock::new(policy(in_force.config().removal_policy)),
            wake: tokio::sync::Notify::new(),
            tried: Mutex::default(),
            announced: Mutex::default(),
            settling: tokio::sync::Mutex::default(),
        });
        let retention = Retention {
            registry: Arc::clone(&state) as _,
            primary: primary.clone(),
            holds: Arc::clone(&state) as _,
            erasures: Arc::clone(&state) as _,
            history: Arc::clone(&state) as _,
            jobs: Arc::new(jobs.clone()),
            clock: Arc::clone(&clock),
        };
        let handles = Arc::new(Handles {
            removal,
            enrolment: Enrolment::new(
                Arc::clone(&state) as Arc<dyn Registry>,
                Arc::clone(&zoom) as Arc<dyn ZoomOAuth>,
                Arc::clone(&zoom) as Arc<dyn ZoomData>,
                Arc::new(Held(primary.clone())),
                Arc::clone(&state) as _,
                Arc::clone(&clock),
            ),
            servers: Arc::clone(&servers) as _,
            queue: jobs.clone(),
            scheduler: scheduler.clone(),
            events: journal.feed(),
            processing: processing.clone(),
            primary: primary.clone(),
            alerts: Arc::clone(&state) as _,
            channels: Arc::clone(&notifier) as _,
            monitor: Arc::clone(&monitor) as _,
            retention: retention.clone(),
            audit: Arc::clone(&state) as _,
            clock: Arc::clone(&clock),
            config: Arc::clone(&in_force) as _,
            snapshots: Arc::new(Present {
                processing: processing.clone(),
                activity: Arc::clone(&state) as Arc<dyn ActivityBook>,
                vault: Arc::clone(&state) as Arc<dyn TokenVault>,
                zoom: Arc::clone(&zoom) as Arc<dyn ZoomData>,
                jobs: jobs.clone(),
                timers: timers.clone(),
                scheduler: scheduler.clone(),
                notices: Arc::clone(&notices),
                counts: Mutex::default(),
            }),
            access,
            started_at,
        });

        let tokens = Arc::new(TokenUpkeep {
            registry: Arc::clone(&state) as _,
            vault: Arc::clone(&state) as _,
            zoom: Arc::clone(&zoom) as _,
            jobs: Arc::new(jobs.clone()),
            clock: Arc::clone(&clock),
        });
        let mut daemon = Self {
            listener: None,
            heard,
            supervisor,
            in_force,
            notices,
            state,
            zoom,
            servers,
            jobs,
            journal,
            tokens,
            notifier,
            monitor,
            handles,
            timers,
            scheduler,
            processing,
            retention,
            interrupted,
        };
        daemon.warn_of_configuration();
        daemon.start_tasks(socket, &primary, &clock, Arc::clone(&named));
        if let Some((port, listen, secret)) = port {
            daemon.listener = Some(daemon.start_listener(port, listen.deletions, secret.as_ref(), &clock, named));
        }
        Ok(daemon)
    }

    /// Tells what a person should know of the configuration in force although it is good.
    pub fn warn_of_configuration(&self) {
        let mut warnings = config::warnings(&self.in_force.config());
        warnings.extend(self.notifier.warnings());
        if warnings.is_empty() {
            self.notices.clear("warnings of the configuration");
            return;
        }
        for warning in &warnings {
            warn!("{warning}");
        }
        self.notices.raise("warnings of the configuration", warnings.join("; "));
    }

    fn start_tasks(
        &self,
        socket: ControlSocket,
        primary: &Primary,
        clock: &SharedClock,
        named: Arc<dyn Fn(&'static str, BoxFuture<'static, ()>) + Send + Sync>,
    ) {
        let stop = self.supervisor.stop_token();
        let serve = serve::serve(
            socket,
            Arc::clone(&self.handles),
            Arc::new(KernelPeers),
            move |name, task| named(name, task),
            stop.clone(),
        );
        self.supervisor.spawn_core("control socket", serve);
        let timers = self.timers.clone();
        let log = Arc::new(JobLog::new(Arc::clone(&self.state) as Arc<dyn Registry>));
        let monitor = Arc::clone(&self.monitor);
        let on_end = Arc::new(move |job: Job| {
            timers.ended(&job);
            monitor.ended(&job);
            let log = Arc::clone(&log);
            Box::pin(async move { log.ended(&job).await }) as BoxFuture<'static, ()>
        });
        let executors = self.executors(primary, clock);
        let scheduler = self.scheduler.clone().able_to(executors.keys().copied());
        let runner = Runner::new(self.jobs.clone(), executors, self.supervisor.spawner(), on_end);
        self.supervisor.spawn_core("job runner", runner.run(stop.clone()));
        self.supervisor
            .spawn_core("monitor", Arc::clone(&self.monitor).run(stop.clone()));
        self.supervisor
            .spawn_core("alerts", Arc::clone(&self.notifier).run(stop.clone()));
        self.supervisor
            .spawn_core("removal review", self.handles.removal.clone().run(stop.clone()));
        self.supervisor
            .spawn_core("timers", self.timers.clone().run(self.jobs.clone(), stop.clone()));
        self.supervisor.spawn_core("scheduler", scheduler.run(stop.clone()));
    }

    fn executors(&self, primary: &Primary, clock: &SharedClock) -> HashMap<JobKind, Arc<dyn Executor>> {
        let zoom = || Arc::clone(&self.processing.zoom);
        let activity = || Arc::clone(&self.state) as Arc<dyn ActivityBook>;
        let alarm = || Arc::new(self.timers.clone()) as Arc<dyn Alarm>;
        let poll = Poll {
            primary: primary.clone(),
            zoom: zoom(),
            registry: Arc::clone(&self.state) as _,
            activity: activity(),
            alarm: alarm(),
            clock: Arc::clone(clock),
            sweeps: Mutex::new(HashMap::new()),
        };
        let backfill = Backfill {
            primary: primary.clone(),
            zoom: zoom(),
            alarm: alarm(),
            clock: Arc::clone(clock),
        };
        let elements = Elements {
            primary: primary.clone(),
            zoom: zoom(),
            alarm: alarm(),
            clock: Arc::clone(clock),
        };
        let reconcile = Reconcile {
            primary: primary.clone(),
            zoom: zoom(),
            alarm: alarm(),
            clock: Arc::clone(clock),
            asked: self.processing.asked.clone(),
        };
        let sync = DirectorySync {
            primary: primary.clone(),
            zoom: zoom(),
            activity: activity(),
            clock: Arc::clone(clock),
            name_row,
        };
        HashMap::from([
            (JobKind::Cdr, Arc::new(poll) as Arc<dyn Executor>),
            (JobKind::Backfill, Arc::new(backfill) as _),
            (JobKind::Reconcile, Arc::new(reconcile) as _),
            (JobKind::Elements, Arc::new(elements) as _),
            (JobKind::Sync, Arc::new(sync) as _),
            (JobKind::Token, Arc::clone(&self.tokens) as _),
            (JobKind::Removal, Arc::new(self.handles.removal.clone()) as _),
            (JobKind::Purge, Arc::new(Purge(self.retention.clone())) as _),
            (JobKind::Archive, Arc::new(Archive(self.retention.clone())) as _),
            (JobKind::Restore, Arc::new(Restore(self.retention.clone())) as _),
            (JobKind::Erase, Arc::new(Erase(self.retention.clone())) as _),
        ])
    }

    /// Arms active accounts and takes up interrupted work. After READY: a hundred databases take their time to open.
    pub async fn resume(&self) {
        // First: what was authorized again collects like everybody else.
        self.handles.removal.recover().await;
        let accounts = self.accounts().await;
        for account in accounts.iter().filter(|account| account.cdr.state == CdrState::Active) {
            if self.supervisor.stop_token().is_cancelled() {
                return;
            }
            if let Err(failure) = self.processing.resume(account, &self.interrupted).await {
                warn!(account = %account.name, error = %failure, "interrupted work could not be taken up");
            }
        }
        if !self.interrupted.is_empty() {
            info!(
                jobs = self.interrupted.len(),
                "took up the work that the last end had interrupted"
            );
        }
    }

    /// Lets every active account poll as often as the share of Zoom's limits that is in force now allows.
    pub async fn pace(&self) {
        let accounts = self.accounts().await;
        for account in accounts.iter().filter(|account| account.cdr.state == CdrState::Active) {
            self.processing.pace(account).await;
        }
    }

    /// All accounts; none while the state store does not answer, which is logged.
    pub async fn accounts(&self) -> Vec<Account> {
        Registry::accounts(self.state.as_ref()).await.unwrap_or_else(|failure| {
            error!(error = %failure, "the state store does not answer");
            Vec::new()
        })
    }

    /// Whether the core tasks did their round within `limit`.
    pub async fn makes_progress(&self, limit: Duration) -> bool {
        let store = tokio::time::timeout(limit, Registry::groups(self.state.as_ref())).await;
        matches!(store, Ok(Ok(_))) && self.timers.idle_for() < limit && self.scheduler.idle_for() < limit
    }

    /// Writes what is only in memory and closes all databases.
    pub async fn close(&self) {
        self.zoom.flush().await;
        self.journal.flush().await;
        self.servers.close_all().await;
        if let Err(failure) = self.state.close().await {
            warn!(error = %failure, "the state store was not closed cleanly; its journal is replayed at the next start");
        }
    }
}

/// Which timer of removal acts.
pub(super) const fn policy(configured: RemovalPolicy) -> Policy {
    match configured {
        RemovalPolicy::Agreement => Policy::Agreement,
        RemovalPolicy::ZoomTenDays => Policy::ZoomTenDays,
    }
}

/// A row of a table whose only column is its name: departments and cost centres.
pub(super) fn name_row(table: &'static Table, name: String) -> Row {
    let values = vec![Value::Text(name)];
    let digest = convert::digest::of_record(table, &values, &BTreeMap::new());
    Row {
        values,
        extra: None,
        digest,
    }
}

/// Whether one of an account's databases holds something.
struct Held(Primary);

#[async_trait]
impl HeldData for Held {
    async fn holds_data(&self, account: &Account) -> Outcome<bool> {
        for store in self.0.all(account).await? {
            let summary = store.summary().await?;
            if summary.records + summary.elements + summary.rejected > 0 {
                return Ok(true);
            }
            for table in crate::domain::directory::TABLES {
                if store.directory_count(table).await? > 0 {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}
