//! What the use cases need of jobs: to run in one, to ask for one, to be woken.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::state::{Job, JobKind};
use crate::domain::{
    account::AccountId,
    failure::{Failure, Fault, Outcome},
};

/// How a run ended, told by its executor.
#[derive(Debug)]
pub enum JobEnd {
    /// Done; the result is a JSON object.
    Succeeded(String),
    /// Part of it is done and stored.
    Partial {
        /// What was done, a JSON object.
        result: String,
        /// What is missing and why.
        fault: Fault,
    },
    /// Nothing usable, or told to stop ([`Failure::Cancelled`]).
    Failed(Failure),
}

/// Does the jobs of one kind. It must be safe to run the same job again after a crash.
#[async_trait]
pub trait Executor: Send + Sync {
    /// Runs the job; ends at the next commit once `stop` is cancelled.
    async fn run(&self, job: &Job, progress: &dyn Progress, stop: &CancellationToken) -> JobEnd;
}

/// How a run tells how far it is.
pub trait Progress: Send + Sync {
    /// Units done and, when known, units in all. May be held back for a moment.
    fn set(&self, done: u64, total: Option<u64>);

    /// The final count, never held back.
    fn finish(&self, done: u64, total: Option<u64>);

    /// Whether a person cancelled this very job, rather than the daemon ending or the account pausing.
    fn is_cancelled(&self) -> bool;
}

/// Asking for jobs.
#[async_trait]
pub trait JobQueue: Send + Sync {
    /// Asks for a job. One of the same kind and account that is queued or running is returned instead.
    ///
    /// # Errors
    /// The state store does not answer.
    async fn enqueue(&self, kind: JobKind, account: &AccountId, parameters: String) -> Outcome<Job>;

    /// The queued or running job of this kind and account.
    fn unfinished(&self, kind: JobKind, account: &AccountId) -> Option<Job>;

    /// Cancels everything of an account and waits until it has ended.
    ///
    /// # Errors
    /// The state store does not answer.
    async fn cancel_account(&self, account: &AccountId) -> Outcome<()>;
}

/// Is told of every job that starts and ends, after it is durable. Never waits.
pub trait Witness: Send + Sync {
    /// It runs.
    fn started(&self, job: &Job);
    /// It is over.
    fn ended(&self, job: &Job);
}

/// Due times by account and kind.
pub trait Alarm: Send + Sync {
    /// Makes a job due now and then again after each interval.
    fn every(&self, account: &AccountId, kind: JobKind, interval: Duration);

    /// Makes a job due at an instant, or earlier if it already is.
    fn at(&self, account: &AccountId, kind: JobKind, at: Timestamp);

    /// Removes all of an account.
    fn disarm(&self, account: &AccountId);

    /// When a job is due next.
    fn next(&self, account: &AccountId, kind: JobKind) -> Option<Timestamp>;
}
