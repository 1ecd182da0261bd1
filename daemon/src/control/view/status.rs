//! Lines of `status`.

use callsync_shared::api::status::{AccountStatus, NextRun, Quota};
use jiff::Timestamp;

use crate::{
    collect::{
        outlook::{Backlog, Outlook, outlook},
        snapshot::CdrSnapshot,
    },
    directory::snapshot::SyncSnapshot,
    domain::{
        account::Account,
        quota::{Purpose, next_day},
    },
    ports::{state::JobKind, zoom::QuotaUse},
};

/// One account. Of several errors the one that explains the others is shown: why a person is needed, then polling,
/// then the database, then the sync.
#[must_use]
pub fn account(
    account: &Account,
    cdr: &CdrSnapshot,
    sync: &SyncSnapshot,
    quota: &[QuotaUse],
    next_runs: Vec<(JobKind, Timestamp, Option<String>)>,
    now: Timestamp,
) -> AccountStatus {
    let database = cdr
        .summary
        .as_ref()
        .and_then(|summary| summary.as_ref().err())
        .map(|fault| &fault.message);
    AccountStatus {
        name: account.name.clone(),
        group: account.group.clone(),
        state: account.state.to_string(),
        cdr_state: account.cdr.state.to_string(),
        sync_status: sync.status.to_string(),
        last_poll_success: cdr.polls.last_success,
        last_sync_success: sync.runs.last_success,
        last_error: [
            account.state_reason.as_ref(),
            cdr.polls.last_error.as_ref(),
            database,
            sync.runs.last_error.as_ref(),
        ]
        .into_iter()
        .flatten()
        .next()
        .cloned(),
        next_runs: next_runs
            .into_iter()
            .map(|(kind, at, schedule_id)| NextRun {
                kind: kind.to_string(),
                at,
                schedule_id,
            })
            .collect(),
        quota: label_by_label(cdr, quota, now),
    }
}

/// Use of Zoom's limits, what is left, and how long what waits will take.
fn label_by_label(cdr: &CdrSnapshot, quota: &[QuotaUse], now: Timestamp) -> Vec<Quota> {
    let known = cdr.summary.as_ref().and_then(|summary| summary.as_ref().ok());
    let waiting = known.map_or_else(Outlook::default, |summary| outlook(summary, quota, now));
    let label = |used: &QuotaUse| {
        let backlog = match used.label {
            "heavy" => waiting.heavy,
            // Switched off, it rests.
            "light" if cdr.account.cdr.settings.elements => waiting.light,
            _ => Backlog::default(),
        };
        let left_today = used.budget().available(Purpose::Fresh, now);
        Quota {
            label: used.label.to_owned(),
            used_today: used.used_today,
            per_day: used.per_day,
            per_second: used.per_second,
            left_today,
            blocked_until: used
                .blocked_until
                .or_else(|| (left_today == Some(0)).then(|| next_day(now))),
            resets_at: used.per_day.map(|_| next_day(now)),
            backlog_requests: backlog.requests,
            backlog_seconds: backlog.seconds,
        }
    };
    quota.iter().map(label).collect()
}
