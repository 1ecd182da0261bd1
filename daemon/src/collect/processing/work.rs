//! Asking for work: polls, syncs, backfills and what a backfill would take.

use jiff::{SignedDuration, Timestamp};

use super::{
    Processing,
    refusal::{refuse_unauthorized, wrong_state},
};
use crate::{
    collect::{
        outlook::{Effort, effort},
        poll::BY_HAND,
        span::parse_span,
    },
    domain::{
        account::{Account, AccountId, CdrState},
        command::quoted,
        failure::{Cause, Fault, Outcome},
        quota::Purpose,
        settings::Backfill,
        window::{Window, horizon, whole_second},
    },
    ports::{
        state::{Job, JobKind},
        zoom::{CallQuery, QuotaUse},
    },
};

/// What a backfill would take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// The span, after Zoom's horizon was applied.
    pub span: Window,
    /// Windows, requests of the call list, calls: at the pace of the last days.
    pub effort: Effort,
    /// Days of our share of the daily quota.
    pub days_of_quota: f64,
    /// Requests of today's share that a backfill may still use; absent when there is no daily limit.
    pub available_today: Option<u64>,
    /// Seconds at our share of the limit a second, or of what polls leave of the daily one when that is slower.
    pub eta_seconds: u64,
    /// Seconds that the elements of these calls take at our share of the Light limit; nothing when they are off.
    pub elements_eta_seconds: Option<u64>,
}

/// Days whose pace stands for the days to collect.
const PACE: SignedDuration = SignedDuration::from_hours(24 * 7);
/// The longest span that one question to Zoom may cover.
const MONTH: SignedDuration = SignedDuration::from_hours(24 * 30);

impl Processing {
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
    pub async fn sync(&self, name: &str, accept_removals: bool) -> Outcome<Job> {
        let account = self.usable(name).await?;
        let parameters = serde_json::json!({ "accept_removals": accept_removals }).to_string();
        self.jobs.enqueue(JobKind::Sync, &account.id, parameters).await
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

    /// What a backfill would take. Sends nothing: the pace is that of the calls held of the last week.
    ///
    /// # Errors
    /// The span is impossible, or the account cannot be used.
    pub async fn plan(&self, name: &str, from: Option<&str>, to: Option<&str>) -> Outcome<Plan> {
        let account = self.usable(name).await?;
        let now = whole_second(self.clock.now());
        let span = wanted_span(&account, from, to, now)?;
        let store = self.primary.open(&account).await?;
        let week = Window::new(now.saturating_sub(PACE).unwrap_or(now), now);
        let pace = per_day(store.held(week).await?, week);
        let lists_all = account.cdr.lists_all;
        Ok(self.plan_of(&account, span, pace, lists_all, now).await)
    }

    /// The same before anything is held: one question to Zoom tells how many calls the last month has.
    pub(super) async fn plan_by_asking(
        &self,
        id: &AccountId,
        span: Window,
        lists_all: Option<bool>,
        now: Timestamp,
    ) -> Outcome<Plan> {
        let account = self.registry.account_by_id(id).await?;
        let month = Window::new(now.saturating_sub(MONTH).unwrap_or(now), now);
        let query = CallQuery {
            window: month,
            recording_status: None,
            purpose: Purpose::Fresh,
        };
        let page = self.zoom.call_page(id, &query, None).await?;
        let pace = per_day(page.total_records.unwrap_or(page.parsed.rows.len() as u64), month);
        Ok(self.plan_of(&account, span, pace, lists_all, now).await)
    }

    async fn plan_of(
        &self,
        account: &Account,
        span: Window,
        calls_a_day: f64,
        lists_all: Option<bool>,
        now: Timestamp,
    ) -> Plan {
        let effort = effort(span, calls_a_day, if lists_all == Some(false) { 2 } else { 1 });
        let quota = self.zoom.quota(&account.id).await;
        let budget = |label: &str| quota.iter().find(|used| used.label == label).map(QuotaUse::budget);
        let (heavy, light) = (budget("heavy"), budget("light"));
        let per_day = heavy.and_then(|heavy| heavy.per_day);
        #[expect(clippy::cast_precision_loss, reason = "requests are far below 2^52")]
        let days_of_quota = per_day.map_or(0.0, |per_day| effort.requests as f64 / per_day.max(1) as f64);
        let elements = account.cdr.settings.elements;
        Plan {
            span,
            effort,
            days_of_quota,
            available_today: heavy.and_then(|heavy| heavy.available(Purpose::Backfill, now)),
            eta_seconds: heavy.map_or(0, |heavy| heavy.duration(Purpose::Backfill, effort.requests, now)),
            elements_eta_seconds: elements
                .then(|| light.map_or(0, |light| light.duration(Purpose::Fresh, effort.calls, now))),
        }
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
}

#[expect(clippy::cast_precision_loss, reason = "calls are far below 2^52")]
fn per_day(calls: u64, span: Window) -> f64 {
    calls as f64 * 86_400.0 / span.length().as_secs_f64().max(1.0)
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
