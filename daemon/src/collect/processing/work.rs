//! Asking for work: polls, syncs, backfills and what a backfill would take.

use jiff::Timestamp;

use super::{
    Processing,
    refusal::{refuse_unauthorized, wrong_state},
};
use crate::{
    collect::{poll::BY_HAND, span::parse_span},
    domain::{
        account::{Account, CdrState},
        command::quoted,
        failure::{Cause, Fault, Outcome},
        settings::Backfill,
        window::{Window, horizon, whole_second},
    },
    ports::state::{Job, JobKind},
};

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
