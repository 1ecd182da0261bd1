//! Proving that nothing is missing: comparing a span with Zoom, and listing what is missing.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Processing;
use crate::{
    collect::{
        ledger::{
            reconcile::circumstances,
            report::{Gap, gaps},
        },
        span::{parse_span, parse_time},
    },
    domain::{
        account::CdrState,
        failure::Outcome,
        window::{Window, horizon, whole_second},
    },
    ports::{
        records::RecordStore,
        state::{Job, JobKind},
    },
};

impl Processing {
    /// Asks for a comparison of every window of a span, at once; without one, of everything that is accounted for.
    ///
    /// # Errors
    /// The span is impossible, or the account cannot be used.
    pub async fn reconcile(&self, name: &str, from: Option<&str>, to: Option<&str>) -> Outcome<Job> {
        let account = self.usable(name).await?;
        let span = self.span_to_compare(name, from, to).await?;
        // First the wish, then the job: one that is under way takes it along.
        self.asked.ask(&account.id, span);
        let parameters = BTreeMap::from([("from", span.from.to_string()), ("to", span.to.to_string())]);
        let parameters = serde_json::to_string(&parameters).unwrap_or_else(|_| "{}".to_owned());
        self.jobs.enqueue(JobKind::Reconcile, &account.id, parameters).await
    }

    /// The span that a reconciliation would compare.
    ///
    /// # Errors
    /// See [`Self::reconcile`].
    pub async fn span_to_compare(&self, name: &str, from: Option<&str>, to: Option<&str>) -> Outcome<Window> {
        let account = self.usable(name).await?;
        let now = whole_second(self.clock.now());
        if let Some(from) = from {
            return Ok(parse_span(from, to, now)?);
        }
        let store = self.primary.open(&account).await?;
        let end = to.map(parse_time).transpose()?.unwrap_or(now).min(now);
        Ok(parse_span(
            &oldest(store.as_ref(), now).await?.to_string(),
            Some(&end.to_string()),
            now,
        )?)
    }

    /// What is missing, newest first: also of an account that rests.
    ///
    /// # Errors
    /// There is no such account, or its database does not answer.
    pub async fn gaps(&self, name: &str) -> Outcome<Vec<Gap>> {
        let account = self.registry.account(name).await?;
        if matches!(account.cdr.state, CdrState::Unconfigured | CdrState::Configured) {
            // Nothing is accounted for yet, so nothing is missing.
            return Ok(Vec::new());
        }
        let store = self.primary.open(&account).await?;
        let now = whole_second(self.clock.now());
        let quota = self.zoom.quota(&account.id).await;
        let heavy = quota.into_iter().find(|quota| quota.label == "heavy");
        let poll = account.cdr.settings.poll_interval_seconds;
        let per_day = heavy.and_then(|heavy| heavy.per_day);
        let circumstances = circumstances(poll, store.as_ref(), per_day, now).await?;
        gaps(store.as_ref(), &circumstances).await
    }
}

/// Where the ledger begins, as far as Zoom still answers; the last hour when there is none yet.
async fn oldest(store: &dyn RecordStore, now: Timestamp) -> Outcome<Timestamp> {
    let oldest = horizon(now);
    let first = store
        .ledger(Window::new(oldest, now))
        .await?
        .first()
        .map(|entry| entry.window.from);
    let since = store.accounted_from().await?;
    let hour_ago = now.saturating_sub(jiff::SignedDuration::from_hours(1)).unwrap_or(now);
    let start = match (first, since) {
        (Some(first), Some(since)) => first.min(since),
        (first, since) => first.or(since).unwrap_or(hour_ago),
    };
    // Something to compare there always is: the time since the last hour closed.
    Ok(start.max(oldest).min(hour_ago))
}
