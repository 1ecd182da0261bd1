//! Switching on and off: verify, fetch and write once for real, arm, take up, rest.

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use super::{
    Processing,
    refusal::{blocked, refuse_unauthorized, text, wrong_state},
};
use crate::{
    collect::{
        poll::{self, BY_HAND},
        probe,
        window::{Reading, Report},
    },
    domain::{
        account::{Account, CdrState},
        command::quoted,
        event::Event,
        failure::Outcome,
        window::{Window, horizon, whole_second},
    },
    ports::{
        primary::location,
        records::Proof,
        state::{Job, JobKind},
    },
};

/// How far back the fetch of an activation reads; the first poll goes on from there.
const FIRST_FETCH: SignedDuration = SignedDuration::from_mins(10);

/// What an activation started.
#[derive(Debug)]
pub struct Activation {
    /// The account afterwards.
    pub account: Account,
    /// First poll, first sync, backfill.
    pub jobs: Vec<Job>,
}

impl Processing {
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
        let stop = CancellationToken::new();
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

    pub(super) async fn arm(&self, account: &Account) -> Outcome<()> {
        let every = std::time::Duration::from_secs(account.cdr.settings.poll_interval_seconds);
        self.alarm.every(&account.id, JobKind::Cdr, every);
        self.alarm.at(&account.id, JobKind::Reconcile, self.clock.now());
        if account.cdr.settings.elements {
            self.alarm.at(&account.id, JobKind::Elements, self.clock.now());
        }
        Ok(())
    }

    pub(super) async fn rest(&self, account: &Account) -> Outcome<()> {
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
