//! Directory sync of one account at an instant: what `sync status` tells.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    domain::account::named,
    ports::{records::SnapshotReceipt, state::Activity},
};

named! {
    /// How the sync of an account is doing.
    SyncStatus {
        /// CDR processing is not active, so nothing is synced.
        Disabled = "Disabled",
        /// Switched on; the last run, if any, went well.
        Enabled = "Enabled",
        /// At work.
        Running = "Running",
        /// The last run stored a part.
        Partial = "Partial",
        /// The last run stored nothing.
        Failing = "Failing",
        /// The account is deauthorized or needs authorization.
        Blocked = "Blocked",
    }
}

/// What is known of the sync now.
#[derive(Debug, Clone)]
pub struct SyncSnapshot {
    /// How it is doing.
    pub status: SyncStatus,
    /// Attempts, errors, duration.
    pub runs: Activity,
    /// When the next is due.
    pub next_run: Option<Timestamp>,
    /// What each listing of the last run brought; the error of those that failed.
    pub entities: BTreeMap<String, (SnapshotReceipt, Option<String>)>,
}
