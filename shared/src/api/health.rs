//! `health` and `doctor`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Noun;

/// `health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// The worst of the checks: `ok`, `warning`, `critical`, `unknown`.
    pub state: String,
    /// When it was looked at.
    pub at: Timestamp,
    /// The checks of the daemon and of the accounts that the caller may see.
    pub checks: Vec<Check>,
}

impl Noun for Health {
    const NOUN: &'static str = "health";
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// `daemon`, `state_store`, `control`, `schedule`, `zoom_api`, `token`, `database`, `cdr_lag`, `completeness`,
    /// `sync`, `elements_backlog`, `quota`, `disk`, `webhook`, `purge`, `alerts`.
    pub name: String,
    /// The account; absent for checks of the daemon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// `ok`, `warning`, `critical`, `unknown`.
    pub state: String,
    /// What was found.
    pub message: String,
    /// What to type or check next; absent when all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Since when it stands so, as far as the running daemon knows.
    pub since: Timestamp,
}

/// `doctor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doctor {
    /// The worst of the findings: `ok`, `warning`, `critical`, `unknown`.
    pub state: String,
    /// Findings in the order of the way: socket, daemon, configuration, Zoom, database, checks.
    pub findings: Vec<Finding>,
}

impl Noun for Doctor {
    const NOUN: &'static str = "doctor";
}

/// One finding of `doctor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was examined.
    pub name: String,
    /// The account or server, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// `ok`, `warning`, `critical`, `unknown`.
    pub state: String,
    /// What was found.
    pub message: String,
    /// The command to type next: what mends it, or what shows more.
    pub command: String,
    /// Further words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}
