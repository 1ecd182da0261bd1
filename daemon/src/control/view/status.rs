//! Lines of `status`.

use callsync_shared::api::status::{AccountStatus, NextRun, Quota};
use jiff::Timestamp;

use crate::{
    collect::snapshot::CdrSnapshot,
    directory::snapshot::SyncSnapshot,
    domain::account::Account,
    ports::{state::JobKind, zoom::QuotaUse},
};

/// One account. Of several errors the one that explains the others is shown: why a person is needed, then polling,
/// then the database, then the sync.
#[must_use]
pub fn account(
    account: &Account,
    cdr: &CdrSnapshot,
    sync: &SyncSnapshot,
    quota: Vec<QuotaUse>,
    next_runs: Vec<(JobKind, Timestamp, Option<String>)>,
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
        quota: quota
            .into_iter()
            .map(|used| Quota {
                label: used.label.to_owned(),
                used_today: used.used_today,
                per_day: used.per_day,
                per_second: used.per_second,
            })
            .collect(),
    }
}
