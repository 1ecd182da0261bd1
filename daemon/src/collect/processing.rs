//! CDR processing of an account: choosing the database, creating it, switching on and off, asking for work.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    poll::{self, BY_HAND},
    probe,
    settings::Wanted,
    snapshot::CdrSnapshot,
    span::parse_span,
    window::{Reading, Report},
};
use crate::{
    domain::{
        account::{Account, AccountState, CdrState},
        clock::SharedClock,
        command::quoted,
        failure::{Cause, Failure, Fault, Outcome},
        settings::Backfill,
        window::{Window, horizon, whole_second},
    },
    ports::{
        jobs::{Alarm, JobQueue},
        primary::{Primary, location},
        records::{Created, Owner, Proof},
        state::{ActivityBook, Job, JobKind, Registry},
        zoom::ZoomData,
    },
    telemetry::Event,
};

/// How far back the fetch of an activation reads; the first poll goes on from there.
const FIRST_FETCH: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);

/// The verbs of `callsyncctl cdr`. Cheap to clone.
#[derive(Clone)]
pub struct Processing {
    /// Accounts.
    pub registry: Arc<dyn Registry>,
    /// Primary databases.
    pub primary: Primary,
    /// Zoom.
    pub zoom: Arc<dyn ZoomData>,
    /// Attempts and errors.
    pub activity: Arc<dyn ActivityBook>,
    /// The queue.
    pub jobs: Arc<dyn JobQueue>,
    /// Due times.
    pub alarm: Arc<dyn Alarm>,
    /// The clock.
    pub clock: SharedClock,
}

/// What an activation started.
#[derive(Debug)]
pub struct Activation {
    /// The account afterwards.
    pub account: Account,
    /// First poll, first sync, backfill.
    pub jobs: Vec<Job>,
}

/// What a backfill would take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// The span, after Zoom's horizon was applied.
    pub span: Window,
    /// Windows of a day.
    pub windows: u64,
    /// Heavy requests at the least: one a window and one for each further 300 calls, at the rate of recent days.
    pub requests: u64,
    /// Days of our share of the daily quota.
    pub days_of_quota: f64,
    /// Seconds at our share of the limit a second, or of the daily quota when that is slower.
    pub eta_seconds: u64,
}

impl Processing {
    /// Checks the wanted settings as a whole and saves them as a whole.
    ///
    /// # Errors
    /// Something is wrong; then nothing is saved.
    pub async fn set(&self, name: &str, wanted: Wanted, dry_run: bool) -> Outcome<Account> {
        let account = self.registry.account(name).await?;
        refuse_withdrawn(&account)?;
        let mut after = account.clone();
        wanted.apply(&mut after)?;
        let (server, database) = location(&after)?;
        self.primary.servers().check_name(server, database)?;
        if let Some(archive) = &after.cdr.settings.archive {
            self.primary.servers().check_name(&archive.server, &archive.database)?;
        }
        let others = self.registry.accounts().await?;
        refuse_shared_database(&after, &others)?;
        let moves = (&account.cdr.server, &account.cdr.database) != (&after.cdr.server, &after.cdr.database);
        if moves && account.cdr.state == CdrState::Active {
            return Err(wrong_state(
                "cdr_active",
                format!(
                    "{name} is collecting into {}/{}",
                    text(&account.cdr.server),
                    text(&account.cdr.database)
                ),
                format!(
                    "callsyncctl cdr deactivate {}, then set the other database",
                    quoted(name)
                ),
            ));
        }
        if moves || after.cdr.state == CdrState::Unconfigured {
            after.cdr.state = CdrState::Configured;
        }
        let switched_off = !after.cdr.settings.enabled && after.cdr.state == CdrState::Active;
        if switched_off {
            after.cdr.state = CdrState::Paused;
        }
        if dry_run {
            return Ok(after);
        }
        let cdr = after.cdr.clone();
        let before = account.cdr.clone();
        let saved = self
            .registry
            .change_account(
                &account.id,
                Box::new(move |account| {
                    if account.cdr != before {
                        return Err(Fault::new(
                            Cause::Conflict,
                            "changed_meanwhile",
                            "somebody else changed these settings just now",
                        )
                        .hint("Look at them with callsyncctl cdr show and try again."));
                    }
                    account.cdr = cdr;
                    Ok(())
                }),
            )
            .await?;
        if switched_off {
            self.rest(&saved).await?;
        } else if saved.cdr.state == CdrState::Active {
            self.arm(&saved).await?;
            if !account.cdr.settings.elements && saved.cdr.settings.elements {
                self.primary.open(&saved).await?.queue_missing_elements().await?;
                self.alarm.at(&saved.id, JobKind::Elements, self.clock.now());
            }
        }
        Ok(saved)
    }

    /// The statements that create the account's database.
    ///
    /// # Errors
    /// No database is chosen.
    pub async fn ddl(&self, name: &str) -> Outcome<(Account, String)> {
        let account = self.registry.account(name).await?;
        let (server, database) = location(&account)?;
        let ddl = self.primary.servers().ddl(server, database)?;
        Ok((account, ddl))
    }

    /// Creates the account's database, or finds that it is there.
    ///
    /// # Errors
    /// No database is chosen, it is somebody else's, or the server failed.
    pub async fn create_database(&self, name: &str, adopt: bool) -> Outcome<(Account, Created)> {
        let account = self.registry.account(name).await?;
        refuse_withdrawn(&account)?;
        let (server, database) = location(&account)?;
        let owner = Owner {
            account: account.id.clone(),
            zoom_account_id: account.zoom_account_id.clone(),
        };
        let created = self.primary.servers().create(server, database, &owner, adopt).await?;
        let account = self
            .registry
            .change_account(
                &account.id,
                Box::new(|account| {
                    if account.cdr.state == CdrState::Configured {
                        account.cdr.state = CdrState::DatabaseReady;
                    }
                    Ok(())
                }),
            )
            .await?;
        Ok((account, created))
    }

    /// Verifies everything, fetches and writes once for real, then switches collecting on.
    ///
    /// # Errors
    /// What failed; then the state is as before.
    pub async fn activate(&self, name: &str, dry_run: bool) -> Outcome<Activation> {
        let account = self.registry.account(name).await?;
        if account.cdr.state == CdrState::Active {
            return Ok(Activation {
                account,
                jobs: Vec::new(),
            });
        }
        refuse_unauthorized(&account)?;
        match account.cdr.state {
            CdrState::Unconfigured => location(&account).map(|_| ())?,
            CdrState::Configured => {
                return Err(wrong_state(
                    "database_not_created",
                    format!(
                        "the database {} of {name} has not been created",
                        text(&account.cdr.database)
                    ),
                    format!("callsyncctl cdr create-database {}", quoted(name)),
                ));
            }
            CdrState::Blocked => return Err(blocked(&account)),
            CdrState::DatabaseReady | CdrState::Paused | CdrState::Active => {}
        }
        let store = self.primary.open(&account).await?;
        store.probe_write().await?;
        self.zoom.probe_phone(&account.id).await?;
        let now = whole_second(self.clock.now());
        let lists_all = probe::lists_all(&self.zoom, &account.id, now).await?;
        if dry_run {
            return Ok(Activation {
                account,
                jobs: Vec::new(),
            });
        }
        // The real fetch goes the way of every poll. It proves nothing about the past: the watermark is only set
        // where none is, so that an account that paused finds what it missed.
        let known = store.watermark().await?;
        let stop = tokio_util::sync::CancellationToken::new();
        let reading = Reading {
            zoom: &self.zoom,
            store: &store,
            account: &account.id,
            lists_all,
            want_elements: account.cdr.settings.elements,
            stop: &stop,
            on_records: &|_, _| {},
        };
        let started = self.clock.now();
        let first = Window::new(now.saturating_sub(FIRST_FETCH).unwrap_or(now), now);
        let fetched = reading
            .collect(first, |_: &Report| {
                if known.is_none() {
                    vec![Proof::Watermark(first.to)]
                } else {
                    Vec::new()
                }
            })
            .await;
        poll::note(self.activity.as_ref(), &account.id, started, self.clock.now(), &fetched).await?;
        fetched?;
        let span = account
            .cdr
            .settings
            .backfill
            .start(now)
            .map(|start| Window::new(start.max(horizon(now)), now));
        let is_first = store.backfill().await?.is_none();
        if let Some(span) = span.filter(|_| is_first) {
            store.request_backfill(span).await?;
        }
        let account = self
            .registry
            .change_account(
                &account.id,
                Box::new(move |account| {
                    account.cdr.state = CdrState::Active;
                    account.cdr.settings.enabled = true;
                    account.cdr.lists_all = lists_all.or(account.cdr.lists_all);
                    Ok(())
                }),
            )
            .await?;
        let (server, database) = location(&account)?;
        let event = Event::CdrActivated {
            server: server.to_owned(),
            database: database.to_owned(),
        };
        event.log(Some(&account.name), None);
        let jobs = self.start(&account).await?;
        Ok(Activation { account, jobs })
    }

    /// Switches collecting off; what is stored stays.
    ///
    /// # Errors
    /// It is not on.
    pub async fn deactivate(&self, name: &str, dry_run: bool) -> Outcome<Account> {
        let account = self.registry.account(name).await?;
        if account.cdr.state == CdrState::Paused {
            return Ok(account);
        }
        if account.cdr.state != CdrState::Active {
            return Err(wrong_state(
                "cdr_not_active",
                format!("CDR processing of {name} is {}, not active", account.cdr.state),
                format!("callsyncctl cdr show {}", quoted(name)),
            ));
        }
        if dry_run {
            let mut after = account;
            after.cdr.state = CdrState::Paused;
            after.cdr.settings.enabled = false;
            return Ok(after);
        }
        let account = self
            .registry
            .change_account(
                &account.id,
                Box::new(|account| {
                    account.cdr.state = CdrState::Paused;
                    account.cdr.settings.enabled = false;
                    Ok(())
                }),
            )
            .await?;
        self.rest(&account).await?;
        Event::CdrDeactivated.log(Some(&account.name), None);
        Ok(account)
    }

    /// Asks for a poll now.
    ///
    /// # Errors
    /// Processing is not active, or the account cannot be used.
    pub async fn run(&self, name: &str) -> Outcome<Job> {
        let account = self.usable(name).await?;
        self.jobs.enqueue(JobKind::Cdr, &account.id, BY_HAND.to_owned()).await
    }

    /// Asks for a directory sync now.
    ///
    /// # Errors
    /// Processing is not active, or the account cannot be used.
    pub async fn sync(&self, name: &str) -> Outcome<Job> {
        let account = self.usable(name).await?;
        self.jobs.enqueue(JobKind::Sync, &account.id, "{}".to_owned()).await
    }

    /// Checks what a poll or sync needs, without asking for one.
    ///
    /// # Errors
    /// Processing is not active, or the account cannot be used.
    pub async fn usable(&self, name: &str) -> Outcome<Account> {
        let account = self.registry.account(name).await?;
        refuse_unauthorized(&account)?;
        if account.cdr.state == CdrState::Active {
            return Ok(account);
        }
        Err(wrong_state(
            "cdr_not_active",
            format!("CDR processing of {name} is {}, not active", account.cdr.state),
            format!("callsyncctl cdr activate {}", quoted(name)),
        ))
    }

    /// What a backfill would take.
    ///
    /// # Errors
    /// The span is impossible, or the account cannot be used.
    pub async fn plan(&self, name: &str, from: Option<&str>, to: Option<&str>) -> Outcome<Plan> {
        let account = self.usable(name).await?;
        let now = whole_second(self.clock.now());
        let span = wanted_span(&account, from, to, now)?;
        let summary = self.primary.open(&account).await?.summary().await?;
        let seconds = u64::try_from(span.length().as_secs()).unwrap_or(0);
        let windows = seconds.div_ceil(86_400).max(1);
        let requests = windows.max(summary.records.div_ceil(300));
        let heavy = self
            .zoom
            .quota(&account.id)
            .await
            .into_iter()
            .find(|quota| quota.label == "heavy");
        #[expect(clippy::cast_precision_loss, reason = "requests are far below 2^52")]
        let (days_of_quota, by_second) = match &heavy {
            Some(heavy) => (
                heavy
                    .per_day
                    .map_or(0.0, |per_day| requests as f64 / per_day.max(1) as f64),
                requests as f64 / heavy.per_second.max(0.001),
            ),
            None => (0.0, 0.0),
        };
        // The first day's quota is spent at full speed; every further one takes a whole day.
        let eta = by_second.max(days_of_quota.floor() * 86_400.0).ceil();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a positive whole number of seconds"
        )]
        Ok(Plan {
            span,
            windows,
            requests,
            days_of_quota,
            eta_seconds: eta as u64,
        })
    }

    /// Asks for a backfill of a span; without one, of the configured span.
    ///
    /// # Errors
    /// The span is impossible, or the account cannot be used.
    pub async fn backfill(&self, name: &str, from: Option<&str>, to: Option<&str>) -> Outcome<Job> {
        let account = self.usable(name).await?;
        if let Some(running) = self.jobs.unfinished(JobKind::Backfill, &account.id) {
            if from.is_none() {
                return Ok(running);
            }
            return Err(Fault::new(
                Cause::Conflict,
                "backfill_running",
                format!("a backfill of {name} is already {}", running.state),
            )
            .hint(format!(
                "callsyncctl job wait {} or callsyncctl job cancel {}",
                running.id, running.id
            ))
            .into());
        }
        let span = wanted_span(&account, from, to, whole_second(self.clock.now()))?;
        self.primary.open(&account).await?.request_backfill(span).await?;
        let parameters = format!(r#"{{"from":"{}","to":"{}"}}"#, span.from, span.to);
        self.jobs.enqueue(JobKind::Backfill, &account.id, parameters).await
    }

    /// What `cdr show` tells. Waits for the database at most as long as the caller bounds it.
    ///
    /// # Errors
    /// The state store does not answer.
    pub async fn snapshot(&self, account: &Account) -> Outcome<CdrSnapshot> {
        let polls = self.activity.activity(&account.id, JobKind::Cdr).await?;
        let has_database = matches!(
            account.cdr.state,
            CdrState::DatabaseReady | CdrState::Active | CdrState::Paused | CdrState::Blocked
        );
        let summary = if has_database {
            Some(self.summary(account).await)
        } else {
            None
        };
        Ok(CdrSnapshot {
            account: account.clone(),
            polls,
            summary,
        })
    }

    async fn summary(&self, account: &Account) -> Result<crate::ports::records::Summary, Fault> {
        let read = async { self.primary.open(account).await?.summary().await };
        read.await.map_err(|failure: Failure| {
            failure
                .fault()
                .cloned()
                .unwrap_or_else(|| Fault::new(Cause::Database, "database_unavailable", failure.to_string()))
        })
    }

    /// Arms the timers of an active account and takes up what an earlier process left.
    ///
    /// # Errors
    /// The state store does not answer. A database that does not answer is no error: its jobs wait for it.
    pub async fn resume(&self, account: &Account, interrupted: &[Job]) -> Outcome<()> {
        if account.cdr.state != CdrState::Active {
            return Ok(());
        }
        self.arm(account).await?;
        let sync_broke = interrupted
            .iter()
            .any(|job| job.kind == JobKind::Sync && job.account.as_ref() == Some(&account.id));
        if sync_broke {
            self.jobs.enqueue(JobKind::Sync, &account.id, "{}".to_owned()).await?;
        }
        let backfill_broke = interrupted
            .iter()
            .any(|job| job.kind == JobKind::Backfill && job.account.as_ref() == Some(&account.id));
        let unfinished = match self.primary.open(account).await {
            Ok(store) => store
                .backfill()
                .await
                .ok()
                .flatten()
                .is_some_and(|request| matches!(request.state.as_str(), "queued" | "running")),
            Err(_) => backfill_broke,
        };
        if unfinished {
            self.jobs
                .enqueue(JobKind::Backfill, &account.id, "{}".to_owned())
                .await?;
        }
        Ok(())
    }

    async fn start(&self, account: &Account) -> Outcome<Vec<Job>> {
        let mut started = vec![
            self.jobs.enqueue(JobKind::Cdr, &account.id, BY_HAND.to_owned()).await?,
            self.jobs.enqueue(JobKind::Sync, &account.id, "{}".to_owned()).await?,
        ];
        let store = self.primary.open(account).await?;
        if store
            .backfill()
            .await?
            .is_some_and(|request| matches!(request.state.as_str(), "queued" | "running" | "paused"))
        {
            started.push(
                self.jobs
                    .enqueue(JobKind::Backfill, &account.id, "{}".to_owned())
                    .await?,
            );
        }
        self.arm(account).await?;
        Ok(started)
    }

    async fn arm(&self, account: &Account) -> Outcome<()> {
        let every = std::time::Duration::from_secs(account.cdr.settings.poll_interval_seconds);
        self.alarm.every(&account.id, JobKind::Cdr, every);
        if account.cdr.settings.elements {
            self.alarm.at(&account.id, JobKind::Elements, self.clock.now());
        }
        Ok(())
    }

    async fn rest(&self, account: &Account) -> Outcome<()> {
        self.alarm.disarm(&account.id);
        self.jobs.cancel_account(&account.id).await?;
        if let Ok(store) = self.primary.open(account).await
            && let Some(request) = store.backfill().await?
            && matches!(request.state.as_str(), "queued" | "running")
        {
            store.set_backfill_state(request.id, "paused").await?;
        }
        Ok(())
    }
}

fn wanted_span(account: &Account, from: Option<&str>, to: Option<&str>, now: Timestamp) -> Result<Window, Fault> {
    if let Some(from) = from {
        return parse_span(from, to, now);
    }
    let backfill = match account.cdr.settings.backfill {
        Backfill::None => Backfill::Months(6),
        configured => configured,
    };
    let start = backfill.start(now).unwrap_or(now).max(horizon(now));
    parse_span(&start.to_string(), to, now)
}

fn refuse_shared_database(account: &Account, all: &[Account]) -> Result<(), Fault> {
    let same = |other: &&Account| {
        let fold = |text: &Option<String>| text.as_ref().map(|text| text.to_lowercase());
        other.id != account.id
            && other.cdr.database.is_some()
            && other.cdr.server == account.cdr.server
            && fold(&other.cdr.database) == fold(&account.cdr.database)
    };
    match all.iter().find(same) {
        None => Ok(()),
        Some(other) => Err(Fault::new(
            Cause::Conflict,
            "database_taken",
            format!(
                "the database {} on {} belongs to {}",
                text(&account.cdr.database),
                text(&account.cdr.server),
                other.name
            ),
        )
        .hint("Every account has a primary database of its own; choose another name.")),
    }
}

fn refuse_withdrawn(account: &Account) -> Result<(), Failure> {
    if account.state.is_withdrawn() {
        Err(blocked(account))
    } else {
        Ok(())
    }
}

fn refuse_unauthorized(account: &Account) -> Result<(), Failure> {
    refuse_withdrawn(account)?;
    let authorize = format!("callsyncctl account authorize {}", quoted(&account.name));
    match account.state {
        AccountState::PendingAuthorization => Err(wrong_state(
            "pending_authorization",
            format!("{} has not been authorized yet", account.name),
            authorize,
        )),
        AccountState::ReauthorizationRequired => Err(Fault::new(
            Cause::Reauthorization,
            "reauthorization_required",
            format!(
                "Zoom no longer accepts our access to {}{}",
                account.name,
                account
                    .state_reason
                    .as_ref()
                    .map_or_else(String::new, |reason| format!(": {reason}"))
            ),
        )
        .hint(authorize)
        .into()),
        _ => Ok(()),
    }
}

fn blocked(account: &Account) -> Failure {
    Fault::new(
        Cause::Blocked,
        "deauthorized",
        format!("{} is {}; nothing is collected or served", account.name, account.state),
    )
    .hint(format!("callsyncctl account show {}", quoted(&account.name)))
    .into()
}

fn wrong_state(code: &'static str, message: String, hint: String) -> Failure {
    Fault::new(Cause::WrongState, code, message).hint(hint).into()
}

fn text(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or("none")
}
