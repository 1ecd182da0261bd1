//! `status`: what runs, and what needs attention. Answered from memory and our own store only.

use std::collections::HashMap;

use callsync_shared::{
    API_VERSION, VERSION,
    api::status::{ConfigStatus, Status},
};
use futures_util::future::join_all;

use crate::{
    control::{
        answer::{Answer, Answered},
        call::Call,
        view,
    },
    domain::{
        account::{Account, AccountId, AccountState},
        command::quoted,
    },
    monitor::{
        Health,
        check::{CheckName, State},
    },
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
            let name = job.account.as_ref().and_then(|account| names.get(account).copied());
            view::job::paced(job, name, handles.queue.pace(job))
        })
        .collect();
    let lines = accounts.iter().map(async |account| {
        let snapshots = &handles.snapshots;
        let (cdr, sync, quota) = tokio::join!(
            snapshots.cdr(account),
            snapshots.sync(account),
            snapshots.quota(account)
        );
        let next_runs = snapshots.next_runs(account);
        view::status::account(account, &cdr, &sync, &quota, next_runs, handles.clock.now())
    });
    // General notices can name accounts that a restricted viewer must not learn of.
    let mut notices = if sees_all {
        handles.snapshots.notices()
    } else {
        Vec::new()
    };
    notices.extend(call.audit_trouble().filter(|_| sees_all));
    if sees_all {
        notices.extend(handles.monitor.last().iter().flat_map(|health| unwell(health)));
    }
    notices.extend(accounts.iter().filter_map(needs_a_person));
    Answer::document(Status {
        version: VERSION.to_owned(),
        api_version: API_VERSION,
        pid: std::process::id(),
        started_at: handles.started_at,
        now: handles.clock.now(),
        config: config(&call, sees_all),
        notices,
        accounts: join_all(lines).await,
        running_jobs,
    })
}

/// The lines of a file that was refused can name groups and servers that a restricted viewer must not learn of.
fn config(call: &Call, sees_all: bool) -> ConfigStatus {
    let status = call.handles.config.status();
    let said = status.last_reload_error.clone().filter(|_| sees_all);
    ConfigStatus {
        last_reload_error: status
            .last_reload_error
            .map(|_| said.unwrap_or_else(|| "an administrator should look: callsyncctl config check".to_owned())),
        ..status
    }
}

/// What the monitor finds wrong with the daemon as a whole; accounts have lines of their own.
fn unwell(health: &Health) -> Vec<String> {
    let of_daemon = health
        .checks
        .iter()
        .filter(|check| check.account.is_none() && check.finding.state != State::Ok)
        // That a changed configuration was refused is a notice of its own, current at once; the last look may be older.
        .filter(|check| !(check.name == CheckName::Daemon && check.finding.state == State::Warning));
    of_daemon
        .map(|check| {
            let hint = check.finding.hint.as_deref().unwrap_or("callsyncctl health");
            format!("{}: {}: {hint}", check.name, check.finding.message)
        })
        .collect()
}

/// What only a person can mend.
fn needs_a_person(account: &Account) -> Option<String> {
    (account.state == AccountState::ReauthorizationRequired).then(|| {
        let reason = account
            .state_reason
            .as_deref()
            .unwrap_or("Zoom no longer accepts our access");
        format!(
            "{} is not collected until a person authorizes it again ({reason}): callsyncctl account authorize {}",
            account.name,
            quoted(&account.name)
        )
    })
}
