//! Directory sync of an account.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Noun;

/// `POST /v1/accounts/{name}/sync/run`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StartSync {
    /// What is in no listing any more is removed, however much a listing shrank.
    pub accept_removals: bool,
}

/// `sync status`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sync {
    /// The account.
    pub account: String,
    /// `Disabled`, `Enabled`, `Running`, `Partial`, `Failing`, `Blocked`.
    pub status: String,
    /// Last time a sync started.
    pub last_sync_attempt: Option<Timestamp>,
    /// Last time a sync ended well.
    pub last_sync_success: Option<Timestamp>,
    /// What the last one failed with.
    pub last_error: Option<String>,
    /// How long the last one took, in seconds.
    pub duration: Option<f64>,
    /// When the next one is due; absent without a schedule.
    pub next_run: Option<Timestamp>,
    /// Counts of the last run, by entity.
    pub entities: BTreeMap<String, EntityCounts>,
}

impl Noun for Sync {
    const NOUN: &'static str = "sync";
}

/// What one listing brought.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityCounts {
    /// Present now.
    pub total: u64,
    /// New since the sync before.
    pub added: u64,
    /// Different since the sync before.
    pub changed: u64,
    /// Gone since the sync before.
    pub removed: u64,
    /// Why this listing is missing or incomplete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
