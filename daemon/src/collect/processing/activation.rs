//! Switching on and off: verify, fetch and write once for real, arm, take up, rest.

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{
    Plan, Processing,
    refusal::{blocked, refuse_unauthorized, text, wrong_state},
};
use crate::{
    collect::{
        poll::{self, BY_HAND},
        probe,
        sweep::{SHALLOW, least_interval},
        window::{Reading, Report},
    },
    domain::{
        account::{Account, CdrState},
        command::quoted,
        event::Event,
        failure::Outcome,
        quota::Purpose,
        settings::Backfill,
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
    /// What was not collected while processing was off.
    pub missed: Option<Missed>,
    /// What the backfill will take.
    pub plan: Option<Plan>,
}

/// Time that was not collected because processing was off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missed {
    /// From when to when.
    pub span: Window,
    /// Whether a backfill of it was asked for; else a person has to.
    pub collected: bool,
}

/// After a shorter pause the first poll goes on where the last one ended. The watermark itself may be an hour old.
const SHORT_PAUSE: SignedDuration = SignedDuration::from_hours(2);

impl Processing {
    /// Verifies everything, fetches and writes once for real, then switches collecting on.
    ///
    /// # Errors
    /// What failed; then the state is as before.
    pub async fn activate(&self, name: &str, dry_run: bool) -> Outcome<Activation> {
        let account = self.registry.account(name).await?;
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
        if account.cdr.state == CdrState::Active {
            // There is nothing to switch on, but whoever asks wants to know that it works, and may wait for what an
            // earlier activation started.
            let kinds = [JobKind::Cdr, JobKind::Sync, JobKind::Backfill];
            let jobs = kinds
                .into_iter()
                .filter_map(|kind| self.jobs.unfinished(kind, &account.id));
            return Ok(Activation {
                jobs: jobs.collect(),
                account,
                missed: None,
                plan: None,
            });
        }
        let known = store.watermark().await?;
        let missed = missed(&account, known, now);
        let is_first = store.backfill().await?.is_none();
        let wanted = match missed {
            Some(missed) => missed.collected.then_some(missed.span),
            None if is_first => first_span(&account, now),
            None => None,
        };
        let plan = match wanted {
            Some(span) => Some(self.plan_by_asking(&account.id, span, lists_all, now).await?),
            None => None,
        };
        if dry_run {
            return Ok(Activation {
                account,
                jobs: Vec::new(),
                missed,
                plan,
            });
        }
        // Durable before the watermark moves over it: if we die in between, the first poll reads it as well.
        if let Some(span) = wanted {
            store.request_backfill(span).await?;
        }
        let stop = CancellationToken::new();
        let reading = Reading {
            zoom: &self.zoom,
            store: &store,
            account: &account.id,
            name: &account.name,
            clock: &self.clock,
            lists_all,
            want_elements: account.cdr.settings.elements,
            purpose: Purpose::Fresh,
            stop: &stop,
            on_records: &|_, _| {},
        };
        let started = self.clock.now();
        let first = Window::new(now.saturating_sub(FIRST_FETCH).unwrap_or(now), now);
        let fetched = reading
            .collect(first, |_: &Report| {
                // After a short pause the first poll goes on where the last one ended.
                if known.is_none() || missed.is_some() {
                    vec![Proof::Watermark(first.to)]
                } else {
                    Vec::new()
                }
            })
            .await;
        poll::note(self.activity.as_ref(), &account.id, started, self.clock.now(), &fetched).await?;
        fetched?;
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
        Ok(Activation {
            account,
            jobs,
            missed,
            plan,
        })
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
        self.arm(account).await;
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
                // One that waits for quota is `paused`: it goes on, or waits again.
                .is_some_and(|request| request.is_unfinished()),
            Err(_) => backfill_broke,
        };
        if unfinished {
            self.jobs
                .enqueue(JobKind::Backfill, &account.id, "{}".to_owned())
                .await?;
        }
        Ok(())
    }

    /// Another share of Zoom's limits is in force: polls come as often as it allows, the next one now.
    pub async fn pace(&self, account: &Account) {
        self.arm(account).await;
    }

    async fn start(&self, account: &Account) -> Outcome<Vec<Job>> {
        let mut started = vec![
            self.jobs.enqueue(JobKind::Cdr, &account.id, BY_HAND.to_owned()).await?,
            self.jobs.enqueue(JobKind::Sync, &account.id, "{}".to_owned()).await?,
        ];
        let store = self.primary.open(account).await?;
        if store.backfill().await?.is_some_and(|request| request.is_unfinished()) {
            started.push(
                self.jobs
                    .enqueue(JobKind::Backfill, &account.id, "{}".to_owned())
                    .await?,
            );
        }
        self.arm(account).await;
        Ok(started)
    }

    pub(super) async fn arm(&self, account: &Account) {
        let wanted = std::time::Duration::from_secs(account.cdr.settings.poll_interval_seconds);
        let quota = self.zoom.quota(&account.id).await;
        let heavy = quota.iter().find(|used| used.label == "heavy");
        // A day of polls must fit the day's share: with a small one they come less often than was set.
        let least = least_interval(heavy.and_then(|heavy| heavy.per_day)).unsigned_abs();
        self.alarm.every(&account.id, JobKind::Cdr, wanted.max(least));
        self.alarm.at(&account.id, JobKind::Reconcile, self.clock.now());
        if account.cdr.settings.elements {
            self.alarm.at(&account.id, JobKind::Elements, self.clock.now());
        }
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

/// What a first activation collects of the past.
fn first_span(account: &Account, now: Timestamp) -> Option<Window> {
    let start = account.cdr.settings.backfill.start(now)?;
    Some(Window::new(start.max(horizon(now)), now)).filter(|span| !span.is_empty())
}

/// What a pause left out: from a little before the last poll, because records appear late, until now.
fn missed(account: &Account, watermark: Option<Timestamp>, now: Timestamp) -> Option<Missed> {
    let until = watermark.filter(|until| now.duration_since(*until) > SHORT_PAUSE)?;
    let from = until.saturating_sub(SHALLOW).unwrap_or(until).max(horizon(now));
    let span = Window::new(from, now);
    (!span.is_empty()).then_some(Missed {
        span,
        collected: account.cdr.settings.backfill != Backfill::None,
    })
}
