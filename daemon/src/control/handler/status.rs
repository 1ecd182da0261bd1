//! `status`: what runs, and what needs attention. Answered from memory and our own store only.

use std::collections::HashMap;

use callsync_shared::{API_VERSION, VERSION, api::status::Status};
use futures_util::future::join_all;

use crate::{
    control::{
        answer::{Answer, Answered},
        call::Call,
        view,
    },
    domain::account::AccountId,
};

/// Status of the daemon and of the accounts that the caller may see.
pub async fn show(call: Call) -> Answered {
    let handles = &call.handles;
    let accounts = call.accounts().await?;
    let names: HashMap<&AccountId, &str> = accounts
        .iter()
        .map(|account| (&account.id, account.name.as_str()))
        .collect();
    let sees_all = call.caller.role.sees_all();
    let running = handles.queue.running();
    let running_jobs = running
        .iter()
        .filter(|job| {
            job.account
                .as_ref()
                .map_or(sees_all, |account| names.contains_key(account))
        })
        .map(|job| {
            view::job::job(
                job,
                job.account.as_ref().and_then(|account| names.get(account).copied()),
            )
        })
        .collect();
    let lines = accounts.iter().map(async |account| {
        let snapshots = &handles.snapshots;
        let (cdr, sync, quota) = tokio::join!(
            snapshots.cdr(account),
            snapshots.sync(account),
            snapshots.quota(account)
        );
        view::status::account(account, &cdr, &sync, quota)
    });
    // Notices can name accounts that a restricted viewer must not learn of.
    let notices = if sees_all {
        handles
            .snapshots
            .notices()
            .into_iter()
            .chain(call.audit_trouble())
            .collect()
    } else {
        Vec::new()
    };
    Answer::document(Status {
        version: VERSION.to_owned(),
        api_version: API_VERSION,
        pid: std::process::id(),
        started_at: handles.started_at,
        now: handles.clock.now(),
        config: handles.config.status(),
        notices,
        accounts: join_all(lines).await,
        running_jobs,
    })
}
