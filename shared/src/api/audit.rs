//! The audit log: who did what to what, and what was refused.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Noun;

/// An item of `audit list`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Position, from 1, without holes.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// User id of the peer.
    pub uid: u32,
    /// User name of the peer, as the system knew it.
    pub user: String,
    /// Process id of the peer.
    pub pid: i32,
    /// `admin`, `viewer` or `refused`; `system` for what the daemon did by itself.
    pub role: String,
    /// What was asked, for example `account.add`.
    pub action: String,
    /// On what, for example the account's name.
    pub object: String,
    /// `ok`, `refused`, `failed`.
    pub outcome: String,
    /// State before a change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<serde_json::Value>,
    /// State after a change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<serde_json::Value>,
    /// SHA-256 in hex over the previous entry's hash and this entry.
    pub hash: String,
}

impl Noun for AuditEntry {
    const NOUN: &'static str = "audit";
}

/// `audit verify`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verification {
    /// Whether every entry is as it was written, and none is missing.
    pub valid: bool,
    /// How many entries are good, from the first.
    pub entries: u64,
    /// Hash of the last of them.
    pub head_hash: Option<String>,
    /// How many of them were redacted by a lawful removal.
    pub redacted: u64,
    /// The first that is not good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<BrokenEntry>,
}

impl Noun for Verification {
    const NOUN: &'static str = "audit";
}

/// The first entry of the audit log that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenEntry {
    /// Its position.
    pub seq: u64,
    /// What is wrong with it.
    pub reason: String,
}
