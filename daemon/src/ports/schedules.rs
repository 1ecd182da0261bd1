//! What the scheduler needs of the daemon's durable state: schedules, how far each was looked at, and its due runs.

use async_trait::async_trait;
use jiff::Timestamp;

use super::state::JobKind;
use crate::domain::{
    account::{AccountId, named},
    failure::Outcome,
    schedule::Timetable,
};

/// A schedule that a person added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Short and opaque.
    pub id: String,
    /// For which account.
    pub account: AccountId,
    /// What it starts.
    pub kind: JobKind,
    /// When.
    pub timetable: Timetable,
    /// When it was added; nothing before is due.
    pub created_at: Timestamp,
}

named! {
    /// What became of a due run.
    TurnOutcome {
        /// Its job was queued in time.
        Started = "started",
        /// It was missed, by a stop or a jump of the clock, and its job was queued afterwards.
        Late = "late",
        /// Nothing was started; the reason says why.
        Skipped = "skipped",
    }
}

/// A due run and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Id of the schedule.
    pub schedule: String,
    /// For which account.
    pub account: AccountId,
    /// The instant at which it was due.
    pub due: Timestamp,
    /// When it was noticed.
    pub at: Timestamp,
    /// What became of it.
    pub outcome: TurnOutcome,
    /// The job that it started, or that was in its way.
    pub job: Option<String>,
    /// Why it was skipped.
    pub reason: Option<String>,
}

/// Durable schedules. Everything of an account goes away with it.
#[async_trait]
pub trait ScheduleBook: Send + Sync {
    /// All of them, oldest first.
    async fn schedules(&self) -> Outcome<Vec<Schedule>>;
    /// Adds one. `Cause::Conflict`, code `schedule_exists`, when the account has one of the same kind and timetable.
    async fn add_schedule(&self, schedule: Schedule) -> Outcome<()>;
    /// Removes one with its turns. `Cause::NotFound`, code `schedule_not_found`.
    async fn remove_schedule(&self, id: &str) -> Outcome<()>;
    /// Up to when each schedule was looked at, by its id.
    async fn marks(&self) -> Outcome<Vec<(String, Timestamp)>>;
    /// Notes up to when a schedule was looked at.
    async fn set_mark(&self, id: &str, account: &AccountId, until: Timestamp) -> Outcome<()>;
    /// Whether a due instant of a schedule has had its turn.
    async fn had_turn(&self, id: &str, due: Timestamp) -> Outcome<bool>;
    /// Notes a turn and up to when the schedule was looked at, in one transaction. Only the newest turns are kept.
    async fn note_turn(&self, turn: Turn, until: Timestamp) -> Outcome<()>;
    /// The newest turn of each schedule.
    async fn last_turns(&self) -> Outcome<Vec<Turn>>;
}
