//! What happened: a bounded durable journal of notable events and of every start and end of a job.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::domain::{account::AccountId, failure::Outcome};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// When.
    pub at: Timestamp,
    /// `info`, `warn`, `error`.
    pub level: &'static str,
    /// Stable name: that of a notable event, `job.started` or `job.ended`.
    pub name: String,
    /// The account, where it has one that is still known.
    pub account: Option<AccountId>,
    /// The account as it was called then, where it has one.
    pub account_name: Option<String>,
    /// Id of the job.
    pub job: Option<String>,
    /// Kind and state of the job, for its start and end.
    pub job_state: Option<(String, String)>,
    /// The line a person reads.
    pub message: String,
    /// What to type or check next.
    pub hint: Option<String>,
}

/// A kept happening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Position; later ones are greater.
    pub seq: u64,
    /// What happened.
    pub happening: Happening,
}

/// The journal.
#[async_trait]
pub trait EventBook: Send + Sync {
    /// Appends in order; the answer is the position of the last. The oldest beyond a bound are dropped, starts and ends
    /// of jobs apart from notable events, so that polls push nothing notable out.
    async fn append_events(&self, happenings: Vec<Happening>) -> Outcome<u64>;
    /// After a position and at or after a time, oldest first.
    async fn events_after(&self, seq: u64, since: Option<Timestamp>, limit: usize) -> Outcome<Vec<Kept>>;
    /// The newest, oldest of them first.
    async fn newest_events(&self, limit: usize) -> Outcome<Vec<Kept>>;
}

/// How far the journal is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Position of the last; 0 when nothing was written since the start.
    pub last: u64,
    /// The daemon ends: nothing is told to followers any more.
    pub closing: bool,
}

/// The journal and a way to follow it.
#[derive(Clone)]
pub struct EventFeed {
    /// What is kept.
    pub book: Arc<dyn EventBook>,
    /// Changes whenever something was kept.
    pub written: watch::Receiver<Written>,
}
