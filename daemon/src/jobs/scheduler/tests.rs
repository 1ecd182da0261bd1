//! What is due starts once: over whole years in many zones, after stops, and however the clock jumps.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp, civil::Time};

use super::{Scheduler, memory::MemorySchedules};
use crate::{
    domain::{
        account::{Account, AccountId, AccountState, AuthKind, Cdr, CdrState},
        clock::{Clock as _, ManualClock},
        failure::Outcome,
        settings::{CdrSettings, Retain},
    },
    enrolment::tests::fakes::MemoryRegistry,
    jobs::{schedules::Asked, slot::Source},
    ports::{
        jobs::JobQueue,
        schedules::{Turn, TurnOutcome},
        state::{Job, JobKind, JobState},
    },
};

/// A queue whose jobs are over as soon as they are asked for, unless they are held.
#[derive(Default)]
struct Asks {
    asked: Mutex<Vec<Job>>,
    held: Mutex<Option<Job>>,
}

impl Asks {
    fn count(&self) -> usize {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn hold(&self, job: Option<Job>) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = job;
    }
}

fn job(kind: JobKind, account: &AccountId, state: JobState, created_at: Timestamp) -> Job {
    Job {
        id: format!("job-{created_at}"),
        kind,
        account: Some(account.clone()),
        state,
        parameters: "{}".to_owned(),
        done: 0,
        total: None,
        unit: "records",
        created_at,
        started_at: None,
        finished_at: None,
        result: "{}".to_owned(),
        error: None,
        retryable: false,
    }
}

#[async_trait]
impl JobQueue for Asks {
    async fn enqueue(&self, kind: JobKind, account: &AccountId, _: String) -> Outcome<Job> {
        if let Some(held) = self.held.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Ok(held);
        }
        let job = job(kind, account, JobState::Queued, Timestamp::MAX);
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(job.clone());
        Ok(job)
    }

    fn unfinished(&self, _: JobKind, _: &AccountId) -> Option<Job> {
        None
    }

    async fn cancel_account(&self, _: &AccountId) -> Outcome<()> {
        Ok(())
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn account() -> Account {
    Account {
        id: AccountId("1".to_owned()),
        name: "Acme".to_owned(),
        group: "Sales".to_owned(),
        auth: AuthKind::OAuth,
        state: AccountState::Authorized,
        state_reason: None,
        zoom_account_id: None,
        account_number: None,
        authorized_by: None,
        granted_scopes: Vec::new(),
        pending: None,
        cdr: Cdr {
            state: CdrState::Active,
            server: None,
            database: None,
            settings: CdrSettings::default(),
            lists_all: None,
        },
        created_at: at("2000-01-01T00:00:00Z"),
    }
}

/// A scheduler over memory; what is durable outlives it.
struct Rig {
    book: Arc<MemorySchedules>,
    registry: Arc<MemoryRegistry>,
    asks: Arc<Asks>,
    clock: ManualClock,
    scheduler: Scheduler,
}

impl Rig {
    fn new(now: &str) -> Self {
        let registry = Arc::new(MemoryRegistry::default());
        registry.accounts.lock().expect("alone").push(account());
        let (book, asks) = (Arc::new(MemorySchedules::default()), Arc::new(Asks::default()));
        let clock = ManualClock::new(at(now));
        let scheduler = build(&book, &registry, &asks, &clock);
        Self {
            book,
            registry,
            asks,
            clock,
            scheduler,
        }
    }

    /// The daemon ends and starts anew.
    fn restart(&mut self) {
        self.scheduler = build(&self.book, &self.registry, &self.asks, &self.clock);
    }

    fn change(&self, change: impl FnOnce(&mut Account)) {
        change(&mut self.registry.accounts.lock().expect("alone")[0]);
    }

    async fn add(&self, days: &str, times: &[&str], zone: &str) -> String {
        let asked = Asked {
            kind: "sync".to_owned(),
            days: days.to_owned(),
            at: times.iter().map(|time| (*time).to_owned()).collect(),
            timezone: zone.to_owned(),
        };
        let added = self.scheduler.add(&account(), &asked, false).await.expect("added");
        added.slot.id
    }

    async fn look(&self, now: &str) -> usize {
        self.clock.set(at(now));
        self.scheduler.round().await.expect("a look");
        self.asks.count()
    }

    async fn preview(&self, count: usize) -> Vec<Timestamp> {
        let listed = self.scheduler.list(None).await.expect("listed");
        let slots: Vec<_> = listed.into_iter().map(|listed| listed.slot).collect();
        let firings = self.scheduler.preview(&slots, count);
        firings.into_iter().map(|(_, firing)| firing.at).collect()
    }

    fn outcomes(&self) -> Vec<(TurnOutcome, Option<String>)> {
        let told = |turn: Turn| (turn.outcome, turn.reason);
        self.book.turns().into_iter().map(told).collect()
    }
}

fn build(
    book: &Arc<MemorySchedules>,
    registry: &Arc<MemoryRegistry>,
    asks: &Arc<Asks>,
    clock: &ManualClock,
) -> Scheduler {
    Scheduler::new(
        Arc::clone(book) as _,
        Arc::clone(registry) as _,
        Arc::clone(asks) as _,
        Arc::new(clock.clone()),
    )
    .able_to([JobKind::Sync, JobKind::Purge, JobKind::Archive])
}

/// Both transitions, a leap day, a day left out, a change of rules at a turn of the year; restarts all the while.
#[tokio::test]
async fn preview_equals_what_then_happens_over_a_year_in_many_zones() {
    for (zone, start) in [
        ("America/New_York", "2026-02-01T00:00:00Z"),
        ("America/New_York", "2027-12-15T00:00:00Z"),
        ("Europe/Berlin", "2026-01-01T00:00:00Z"),
        ("Europe/Dublin", "2026-01-01T00:00:00Z"),
        ("Australia/Lord_Howe", "2026-01-01T00:00:00Z"),
        ("America/Santiago", "2026-01-01T00:00:00Z"),
        ("America/St_Johns", "2026-01-01T00:00:00Z"),
        ("America/Sao_Paulo", "2018-06-01T00:00:00Z"),
        ("Asia/Beirut", "2026-01-01T00:00:00Z"),
        ("Asia/Kathmandu", "2026-01-01T00:00:00Z"),
        ("Africa/Casablanca", "2026-01-01T00:00:00Z"),
        ("Africa/Cairo", "2025-01-01T00:00:00Z"),
        ("Pacific/Apia", "2011-06-01T00:00:00Z"),
        ("Asia/Pyongyang", "2018-01-01T00:00:00Z"),
        // New rules from the first instant of a year on.
        ("Asia/Kathmandu", "1985-07-01T00:00:00Z"),
        ("Europe/Istanbul", "2016-01-01T00:00:00Z"),
        ("UTC", "2028-01-01T00:00:00Z"),
    ] {
        let mut rig = Rig::new(start);
        rig.add("daily", &["00:30", "02:30"], zone).await;
        rig.add("mon-fri", &["06:00", "17:00"], zone).await;
        let end = at(start) + SignedDuration::from_hours(24 * 366);
        let told: Vec<Timestamp> = rig
            .preview(5_000)
            .await
            .into_iter()
            .take_while(|at| *at <= end)
            .collect();
        assert!(told.len() > 1_200, "{zone}: {}", told.len());
        let mut looks = 0_u32;
        rig.scheduler.round().await.expect("a look");
        while let Some(next) = rig.scheduler.next(&account().id).first().map(|next| next.at) {
            if next > end {
                break;
            }
            rig.clock.set(next);
            looks += 1;
            if looks.is_multiple_of(50) {
                rig.restart();
            }
            rig.scheduler.round().await.expect("a look");
        }
        let happened: Vec<Timestamp> = rig.book.turns().into_iter().map(|turn| turn.due).collect();
        assert_eq!(happened, told, "{zone}");
        assert!(
            rig.outcomes()
                .iter()
                .all(|(outcome, _)| *outcome == TurnOutcome::Started),
            "{zone}"
        );
    }
}

#[tokio::test]
async fn runs_missed_while_the_daemon_was_down_run_once_on_start() {
    let mut rig = Rig::new("2026-03-02T00:00:00Z");
    rig.add("daily", &["06:00", "17:00"], "UTC").await;
    assert_eq!(rig.look("2026-03-02T06:00:01Z").await, 1);
    rig.restart();
    // Nine were missed.
    assert_eq!(rig.look("2026-03-06T20:00:00Z").await, 2);
    assert_eq!(rig.look("2026-03-06T20:00:30Z").await, 2);
    rig.restart();
    assert_eq!(
        rig.look("2026-03-06T20:01:00Z").await,
        2,
        "the next start makes up nothing again"
    );
    assert_eq!(rig.outcomes()[1], (TurnOutcome::Late, None));
    assert_eq!(rig.book.turns()[1].due, at("2026-03-06T17:00:00Z"));
    assert_eq!(rig.look("2026-03-07T06:00:00Z").await, 3);
}

#[tokio::test]
async fn schedule_added_after_its_time_today_is_due_tomorrow() {
    let mut rig = Rig::new("2026-03-02T12:00:00Z");
    rig.add("daily", &["06:00"], "UTC").await;
    rig.restart();
    assert_eq!(rig.look("2026-03-02T12:00:01Z").await, 0);
    assert_eq!(rig.look("2026-03-03T06:00:00Z").await, 1);
}

#[tokio::test]
async fn clock_that_goes_back_repeats_nothing() {
    for back in ["2026-03-02T05:59:00Z", "2026-03-01T18:00:00Z", "2026-02-20T00:00:00Z"] {
        let rig = Rig::new("2026-02-19T00:00:00Z");
        rig.add("daily", &["06:00"], "UTC").await;
        rig.clock.set(at("2026-03-02T05:00:00Z"));
        rig.scheduler.round().await.expect("a look");
        let before = rig.look("2026-03-02T06:00:10Z").await;
        rig.look(back).await;
        assert_eq!(rig.asks.count(), before, "{back}");
        // Time goes on from there: no instant has a second turn, and later ones have theirs.
        let mut now = at(back);
        while now < at("2026-03-04T12:00:00Z") {
            now += SignedDuration::from_hours(1);
            rig.clock.set(now);
            rig.scheduler.round().await.expect("a look");
        }
        let mut dues: Vec<Timestamp> = rig.book.turns().into_iter().map(|turn| turn.due).collect();
        let all = dues.len();
        dues.sort_unstable();
        dues.dedup();
        assert_eq!(dues.len(), all, "{back}");
        assert!(
            dues.contains(&at("2026-03-03T06:00:00Z")) && dues.contains(&at("2026-03-04T06:00:00Z")),
            "{back}"
        );
    }
}

#[tokio::test]
async fn clock_that_goes_forward_loses_nothing_and_one_that_was_far_ahead_does_not_silence_a_schedule() {
    let rig = Rig::new("2026-03-02T05:00:00Z");
    rig.add("daily", &["06:00"], "UTC").await;
    rig.scheduler.round().await.expect("a look");
    assert_eq!(rig.look("2026-03-02T09:00:00Z").await, 1, "06:00 was jumped over");
    assert_eq!(rig.look("2027-03-02T09:00:00Z").await, 2, "a wrong year");
    assert_eq!(rig.look("2026-03-02T09:01:00Z").await, 2, "set right");
    assert_eq!(rig.look("2026-03-03T06:00:00Z").await, 3, "the next day runs");
    assert_eq!(
        rig.scheduler.next(&account().id).first().map(|next| next.at),
        Some(at("2026-03-04T06:00:00Z"))
    );
}

#[tokio::test]
async fn due_run_that_finds_its_job_running_is_recorded_as_skipped() {
    let rig = Rig::new("2026-03-02T05:00:00Z");
    let id = rig.add("daily", &["06:00", "07:00"], "UTC").await;
    rig.asks.hold(Some(job(
        JobKind::Sync,
        &account().id,
        JobState::Running,
        at("2026-03-02T05:30:00Z"),
    )));
    assert_eq!(rig.look("2026-03-02T06:00:00Z").await, 0);
    let listed = rig.scheduler.list(None).await.expect("listed");
    let last = listed[0].last.clone().expect("a turn");
    assert_eq!(
        (last.schedule, last.outcome, last.reason.as_deref()),
        (id, TurnOutcome::Skipped, Some("already_running"))
    );
    assert!(last.job.is_some());
    rig.asks.hold(None);
    assert_eq!(rig.look("2026-03-02T07:00:00Z").await, 1);
}

#[tokio::test]
async fn schedules_that_are_due_together_share_one_job() {
    let rig = Rig::new("2026-03-02T05:00:00Z");
    rig.add("daily", &["06:00"], "UTC").await;
    rig.add("mon-fri", &["01:00"], "America/New_York").await;
    assert_eq!(rig.look("2026-03-02T06:00:00Z").await, 1);
    assert_eq!(rig.outcomes(), vec![(TurnOutcome::Started, None); 2]);
}

#[tokio::test]
async fn account_that_cannot_be_synced_skips_and_says_why() {
    let rig = Rig::new("2026-03-02T05:00:00Z");
    rig.add("daily", &["06:00"], "UTC").await;
    for (day, state, cdr, reason) in [
        (2, AccountState::Authorized, CdrState::Paused, "cdr_not_active"),
        (
            3,
            AccountState::ReauthorizationRequired,
            CdrState::Active,
            "reauthorization_required",
        ),
        (4, AccountState::Deauthorized, CdrState::Blocked, "deauthorized"),
    ] {
        rig.change(|account| {
            account.state = state;
            account.cdr.state = cdr;
        });
        assert_eq!(rig.look(&format!("2026-03-0{day}T06:00:00Z")).await, 0);
        assert_eq!(
            rig.outcomes().pop(),
            Some((TurnOutcome::Skipped, Some(reason.to_owned())))
        );
    }
}

#[tokio::test]
async fn settings_that_keep_calls_for_a_while_imply_a_daily_purge() {
    let mut rig = Rig::new("2026-03-02T00:00:00Z");
    assert!(
        rig.scheduler.list(None).await.expect("listed").is_empty(),
        "nothing is wanted"
    );
    rig.change(|account| account.cdr.settings.retain = Retain::parse("calls=never").ok());
    assert!(
        rig.scheduler.list(None).await.expect("listed").is_empty(),
        "everything is kept"
    );
    rig.change(|account| {
        account.cdr.settings.retain = Retain::parse("calls=730d").ok();
        account.cdr.settings.purge_at = Some(Time::constant(4, 15, 0, 0));
    });
    let listed = rig.scheduler.list(None).await.expect("listed");
    assert_eq!(
        (listed.len(), listed[0].slot.kind, listed[0].slot.source),
        (1, JobKind::Purge, Source::Settings)
    );
    assert_eq!(listed[0].slot.timetable.times(), ["04:15"]);
    rig.scheduler.round().await.expect("a look");
    rig.restart();
    let due = rig.preview(1).await[0];
    assert!(due - rig.clock.now() <= SignedDuration::from_hours(24));
    rig.clock.set(due + SignedDuration::from_hours(3));
    rig.scheduler.round().await.expect("a look");
    assert_eq!(rig.outcomes(), [(TurnOutcome::Late, None)], "missed by a stop, made up");
    // No own time any more: the default, until a schedule is added for it.
    rig.change(|account| account.cdr.settings.purge_at = None);
    let source = rig.scheduler.list(None).await.expect("listed")[0].slot.source;
    assert_eq!(source, Source::Default);
    let asked = Asked {
        kind: "purge".to_owned(),
        days: "sun".to_owned(),
        at: vec!["03:00".to_owned()],
        timezone: "UTC".to_owned(),
    };
    let added = rig.scheduler.add(&account(), &asked, false).await.expect("added");
    let listed = rig.scheduler.list(None).await.expect("listed");
    assert_eq!((listed.len(), &listed[0].slot.id), (1, &added.slot.id));
}

#[tokio::test]
async fn what_cannot_be_done_here_is_neither_implied_nor_started() {
    let rig = Rig::new("2026-03-02T00:00:00Z");
    rig.change(|account| account.cdr.settings.retain = Retain::parse("calls=730d").ok());
    let poor = Scheduler::new(
        Arc::clone(&rig.book) as _,
        Arc::clone(&rig.registry) as _,
        Arc::clone(&rig.asks) as _,
        Arc::new(rig.clock.clone()),
    )
    .able_to([JobKind::Sync]);
    assert!(poor.list(None).await.expect("listed").is_empty());
}

#[tokio::test]
async fn dry_runs_and_refusals_change_nothing() {
    let rig = Rig::new("2026-03-02T00:00:00Z");
    let asked = |kind: &str, zone: &str| Asked {
        kind: kind.to_owned(),
        days: "daily".to_owned(),
        at: vec!["06:00".to_owned()],
        timezone: zone.to_owned(),
    };
    rig.scheduler
        .add(&account(), &asked("sync", "UTC"), true)
        .await
        .expect("would be added");
    assert!(rig.scheduler.list(None).await.expect("listed").is_empty());
    let code = |refused: crate::domain::failure::Failure| refused.fault().map(|fault| fault.code);
    let refused = rig
        .scheduler
        .add(&account(), &asked("cdr", "UTC"), false)
        .await
        .expect_err("no such kind");
    assert_eq!(code(refused), Some("schedule_invalid"));
    rig.scheduler
        .add(&account(), &asked("sync", "UTC"), false)
        .await
        .expect("added");
    let refused = rig
        .scheduler
        .add(&account(), &asked("sync", "UTC"), false)
        .await
        .expect_err("twice");
    assert_eq!(code(refused), Some("schedule_exists"));
    let listed = rig.scheduler.list(None).await.expect("listed");
    rig.scheduler
        .remove(&listed[0], "Acme", true)
        .await
        .expect("would be removed");
    assert_eq!(rig.scheduler.list(None).await.expect("listed").len(), 1);
    rig.scheduler.remove(&listed[0], "Acme", false).await.expect("removed");
    assert!(rig.scheduler.list(None).await.expect("listed").is_empty());
}
