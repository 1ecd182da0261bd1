//! Directory sync.

use callsync_shared::api::sync::{EntityCounts, Sync as View};

use crate::{directory::snapshot::SyncSnapshot, domain::account::Account};

/// `sync status`.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "milliseconds of one run are far below 2^52")]
pub fn sync(account: &Account, snapshot: &SyncSnapshot) -> View {
    let runs = &snapshot.runs;
    View {
        account: account.name.clone(),
        status: snapshot.status.to_string(),
        last_sync_attempt: runs.last_attempt,
        last_sync_success: runs.last_success,
        last_error: runs.last_error.clone(),
        duration: runs.last_duration_ms.map(|milliseconds| milliseconds as f64 / 1_000.0),
        next_run: snapshot.next_run,
        entities: snapshot
            .entities
            .iter()
            .map(|(name, (receipt, error))| {
                let counts = EntityCounts {
                    total: receipt.total,
                    added: receipt.added,
                    changed: receipt.changed,
                    removed: receipt.removed,
                    error: error.clone(),
                };
                (name.clone(), counts)
            })
            .collect(),
    }
}
