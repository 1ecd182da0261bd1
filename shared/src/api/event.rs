//! What happened: notable events, and every start and end of a job.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Noun;

/// An item of `events`, a line of `events --follow`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Position; later ones are greater.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// `info` nothing to do, `warn` look, `error` act.
    pub level: String,
    /// Stable name, for example `cdr.activated`, `job.started`, `job.ended`.
    pub event: String,
    /// The account.
    pub account: Option<String>,
    /// Id of the job.
    pub job: Option<String>,
    /// Kind of the job, for its start and end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// State of the job, for its start and end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The line a person reads.
    pub message: String,
    /// What to type or check next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Noun for Event {
    const NOUN: &'static str = "event";
}
