//! Lawful removal: what would go, when, with whose consent, and the certificate afterwards.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Noun;

/// `removal show|plan|consent|cancel`, an item of `removal list`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Removal {
    /// The account.
    pub account: String,
    /// Its enterprise group.
    pub group: String,
    /// State of the account.
    pub state: String,
    /// When its consent was withdrawn.
    pub deauthorized_at: Option<Timestamp>,
    /// `webhook`, `operator` or `confirmation`.
    pub noticed_by: Option<String>,
    /// What a person said about it.
    pub intended: Option<bool>,
    /// Who said so.
    pub confirmed_by: Option<String>,
    /// Which timer acts: `agreement` or `zoom_ten_days`.
    pub policy: String,
    /// Last day of the agreement's term.
    pub term_end: Option<String>,
    /// When data is removed by itself, unless something changes.
    pub removal_at: Option<Timestamp>,
    /// Why data may be removed: `term_end`, `consent`, `zoom_ten_days`.
    pub ground: Option<String>,
    /// Until when it has to be gone.
    pub deadline_at: Option<Timestamp>,
    /// Zoom's ten days, whichever timer acts.
    pub zoom_deadline_at: Option<Timestamp>,
    /// Whether Zoom's event says that user data may be kept.
    pub zoom_may_keep: Option<bool>,
    /// The smallest number of days before the removal that was warned of.
    pub warned_days: Option<i64>,
    /// Consents, oldest first.
    pub consents: Vec<Consent>,
    /// Roles whose consent is missing.
    pub consents_missing: Vec<String>,
    /// Holds in force; what they cover stays.
    pub holds: u64,
    /// Rows that they keep; absent until they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<u64>,
    /// Whether `removal run` would be accepted now.
    pub can_run: bool,
    /// When it began.
    pub begun_at: Option<Timestamp>,
    /// What would go, class by class; only in `removal plan`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<Classes>,
    /// The certificate of the finished removal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<serde_json::Value>,
    /// What to type next.
    pub next: String,
}

impl Noun for Removal {
    const NOUN: &'static str = "removal";
}

/// One person's consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// `manager` or `security`.
    pub role: String,
    /// Whose letter it is.
    pub from: String,
    /// Unix user who recorded it.
    pub user: String,
    /// Its id.
    pub uid: u32,
    /// SHA-256 of the letter, in hex.
    pub letter_sha256: String,
    /// When it was recorded.
    pub at: Timestamp,
}

/// What a removal takes away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Classes {
    /// Collected records.
    pub data: DataClass,
    /// Settings of the account.
    pub settings: Vec<String>,
    /// What gives access to it.
    pub access: Vec<String>,
}

/// Collected records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataClass {
    /// Databases, as `SERVER/DATABASE`.
    pub databases: Vec<String>,
    /// Calls.
    pub calls: u64,
    /// Elements.
    pub elements: u64,
    /// Records kept aside.
    pub rejected: u64,
    /// Rows of the directory.
    pub directory: u64,
}

/// `POST /v1/accounts/{name}/removal/consent`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GiveConsent {
    /// `manager` or `security`.
    pub role: String,
    /// Whose letter it is.
    pub from: String,
    /// SHA-256 of the letter, in hex.
    pub letter_sha256: String,
}
