//! Retention: purge, holds.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Noun;

/// `purge preview`, an item of `purge history`, the result of a purge job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    /// The account.
    pub account: String,
    /// Id of the run, in the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// When the run began, in the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When the run was over, in the history; absent while it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// Before when rows are too old: that of the calls, or of the first class that has one.
    pub cutoff: Option<Timestamp>,
    /// By class: `calls`, `elements`, `directory`, `history`; null = kept for ever.
    pub cutoffs: BTreeMap<String, Option<Timestamp>>,
    /// Rows by class, and `rejected`: records without a key, which go with the calls.
    pub rows: BTreeMap<String, u64>,
    /// Rows that holds keep.
    pub held: u64,
}

impl Noun for Purge {
    const NOUN: &'static str = "purge";
}

/// `hold add`, an item of `hold list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Id.
    pub id: String,
    /// The account.
    pub account: String,
    /// Only calls of this number.
    pub number: Option<String>,
    /// Only calls of this e-mail.
    pub email: Option<String>,
    /// Only calls of this extension.
    pub extension: Option<String>,
    /// Only calls that ended at or after.
    pub from: Option<Timestamp>,
    /// Only calls that ended before.
    pub to: Option<Timestamp>,
    /// Why.
    pub reason: String,
    /// Who placed it.
    pub placed_by: String,
    /// When.
    pub placed_at: Timestamp,
}

impl Noun for Hold {
    const NOUN: &'static str = "hold";
}

/// `POST /v1/accounts/{name}/holds`. Without a criterion it covers the whole account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AddHold {
    /// Phone number.
    pub number: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Extension number.
    pub extension: Option<String>,
    /// RFC 3339 or `YYYY-MM-DD` (UTC).
    pub from: Option<String>,
    /// RFC 3339 or `YYYY-MM-DD` (UTC).
    pub to: Option<String>,
    /// Why.
    pub reason: String,
}

/// `archive status`, and what `archive run --dry-run` would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archive {
    /// The account.
    pub account: String,
    /// Database server of the archive.
    pub server: String,
    /// The archive database.
    pub database: String,
    /// Age in days at which calls go there.
    pub after_days: u32,
    /// Before when calls are that old now.
    pub cutoff: Timestamp,
    /// Rows in the archive: `calls`, `elements`.
    pub archived: BTreeMap<String, u64>,
    /// Rows that a run would move now: `calls`, `elements`.
    pub waiting: BTreeMap<String, u64>,
    /// Rows that are old enough and held.
    pub held: u64,
    /// Records without a key, of any age: no run moves them, a purge of calls takes them where they are.
    #[serde(default)]
    pub rejected: u64,
    /// The newest run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<ArchiveRun>,
}

impl Noun for Archive {
    const NOUN: &'static str = "archive";
}

/// One run of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveRun {
    /// Id.
    pub id: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was over; absent while it is not.
    pub finished_at: Option<Timestamp>,
    /// Before when calls were old enough.
    pub cutoff: Option<Timestamp>,
    /// Rows moved: `calls`, `elements`.
    pub rows: BTreeMap<String, u64>,
    /// Rows that holds kept.
    pub held: u64,
}

/// `archive restore --dry-run`: rows that would come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restorable {
    /// The account.
    pub account: String,
    /// Rows: `calls`, `elements`.
    pub rows: BTreeMap<String, u64>,
}

impl Noun for Restorable {
    const NOUN: &'static str = "archive";
}

/// `POST /v1/accounts/{name}/archive/restore`. Without a range everything comes back.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RestoreArchive {
    /// Calls that ended at or after: RFC 3339 or `YYYY-MM-DD` (UTC).
    pub from: Option<String>,
    /// Calls that ended before: RFC 3339 or `YYYY-MM-DD` (UTC).
    pub to: Option<String>,
}

/// One person, as query parameters of `subject find` and `subject export` and as the body of `subject erase`: one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Person {
    /// Phone number; digits are compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// E-mail; case is ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Extension number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
}

/// `subject find`, and what `subject erase --dry-run` would blank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The account.
    pub account: String,
    /// What is held about the person.
    pub matches: SubjectMatches,
    /// Of the calls, those in the archive.
    pub archived: u64,
    /// Of the calls, those that holds keep from being erased.
    pub held: u64,
}

impl Noun for Subject {
    const NOUN: &'static str = "subject";
}

/// Records about one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectMatches {
    /// Calls in which the person takes part, those in the archive among them.
    pub calls: u64,
    /// Elements that name the person.
    pub elements: u64,
    /// Zoom users who are the person.
    pub users: u64,
    /// Directory entries of those users, memberships among them.
    pub directory: u64,
    /// Records without a key, kept aside, that name the person.
    #[serde(default)]
    pub rejected: u64,
}
