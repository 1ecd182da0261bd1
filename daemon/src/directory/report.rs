//! How a run of sync ended, by entity: as a job's end, as kept JSON, and as `sync status` tells it.

use std::collections::BTreeMap;

use super::snapshot::{SyncSnapshot, SyncStatus};
use crate::{
    domain::{
        account::{Account, AccountState, CdrState},
        failure::{Cause, Failure, Fault, Outcome},
    },
    ports::{
        jobs::{Alarm, JobEnd, JobQueue},
        records::SnapshotReceipt,
        state::{Activity, ActivityBook, JobKind},
    },
};

/// What each entity brought, and what is missing of it.
pub(super) type Counts = BTreeMap<&'static str, (SnapshotReceipt, Option<String>)>;

pub(super) fn conclude(result: Outcome<()>, counts: &Counts) -> JobEnd {
    let missing: Vec<String> = counts
        .iter()
        .filter_map(|(name, (_, error))| error.as_ref().map(|error| format!("{name}: {error}")))
        .collect();
    let stored = counts.values().any(|(_, error)| error.is_none());
    let partial = |message: String| {
        Fault::new(Cause::Zoom, "sync_partial", message)
            .hint("What could be read is stored; callsyncctl account scopes shows missing scopes.")
    };
    match result {
        Ok(()) if missing.is_empty() => JobEnd::Succeeded(result_object(counts)),
        Ok(()) if stored => JobEnd::Partial {
            result: result_object(counts),
            fault: partial(missing.join("; ")),
        },
        Ok(()) => JobEnd::Failed(Failure::Permanent(
            Fault::new(Cause::Zoom, "sync_failed", missing.join("; "))
                .hint("callsyncctl account test shows whether Zoom answers."),
        )),
        Err(Failure::Cancelled) => JobEnd::Failed(Failure::Cancelled),
        Err(failure) if stored => match failure.fault() {
            Some(fault) => JobEnd::Partial {
                result: result_object(counts),
                fault: fault.clone(),
            },
            None => JobEnd::Failed(failure),
        },
        Err(failure) => JobEnd::Failed(failure),
    }
}

fn result_object(counts: &Counts) -> String {
    format!(r#"{{"entities":{}}}"#, encode(counts))
}

pub(super) fn encode(counts: &Counts) -> String {
    let object: serde_json::Map<String, serde_json::Value> = counts
        .iter()
        .map(|(name, (receipt, error))| {
            let mut entity = serde_json::json!({
                "total": receipt.total, "added": receipt.added, "changed": receipt.changed, "removed": receipt.removed,
            });
            if let Some(error) = error {
                entity["error"] = error.as_str().into();
            }
            ((*name).to_owned(), entity)
        })
        .collect();
    serde_json::Value::Object(object).to_string()
}

fn decode(detail: &str) -> BTreeMap<String, (SnapshotReceipt, Option<String>)> {
    let Ok(serde_json::Value::Object(object)) = serde_json::from_str(detail) else {
        return BTreeMap::new();
    };
    object
        .into_iter()
        .map(|(name, entity)| {
            let count = |field: &str| entity.get(field).and_then(serde_json::Value::as_u64).unwrap_or(0);
            let receipt = SnapshotReceipt {
                total: count("total"),
                added: count("added"),
                changed: count("changed"),
                removed: count("removed"),
            };
            let error = entity
                .get("error")
                .and_then(serde_json::Value::as_str)
                .map(str::to_owned);
            (name, (receipt, error))
        })
        .collect()
}

/// What `sync status` tells of an account.
///
/// # Errors
/// The state store does not answer.
pub async fn snapshot(
    account: &Account,
    book: &dyn ActivityBook,
    jobs: &dyn JobQueue,
    alarm: &dyn Alarm,
) -> Outcome<SyncSnapshot> {
    let runs = book.activity(&account.id, JobKind::Sync).await?;
    let running = jobs.unfinished(JobKind::Sync, &account.id).is_some();
    let entities = runs.detail.as_deref().map(decode).unwrap_or_default();
    Ok(SyncSnapshot {
        status: status(account, &runs, running),
        next_run: alarm.next(&account.id, JobKind::Sync),
        entities,
        runs,
    })
}

fn status(account: &Account, runs: &Activity, running: bool) -> SyncStatus {
    if account.state.is_withdrawn()
        || account.state == AccountState::ReauthorizationRequired
        || account.cdr.state == CdrState::Blocked
    {
        return SyncStatus::Blocked;
    }
    if account.cdr.state != CdrState::Active {
        return SyncStatus::Disabled;
    }
    if running {
        return SyncStatus::Running;
    }
    match runs.last_outcome.as_deref() {
        Some("partial") => SyncStatus::Partial,
        Some("failed") => SyncStatus::Failing,
        _ => SyncStatus::Enabled,
    }
}
