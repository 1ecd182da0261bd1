//! Durable schedules, how far each was looked at, and its due runs.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::{column, error::StateError, store::StateStore, uniqueness::require_account};
use crate::{
    domain::{
        account::AccountId,
        failure::{Cause, Fault, Outcome},
        schedule::{Timetable, Zone},
        settings::{Days, parse_time_of_day},
    },
    ports::{
        schedules::{Schedule, ScheduleBook, Turn, TurnOutcome},
        state::JobKind,
    },
};

/// Turns kept of each schedule: more than a day of the densest one.
const TURNS_KEPT: i64 = 100;

#[async_trait]
impl ScheduleBook for StateStore {
    async fn schedules(&self) -> Outcome<Vec<Schedule>> {
        self.desk
            .read(|connection| {
                let mut statement = connection.prepare_cached("SELECT * FROM schedule ORDER BY created_at, id")?;
                let mut rows = statement.query([])?;
                let mut schedules = Vec::new();
                while let Some(row) = rows.next()? {
                    schedules.push(read(row)?);
                }
                Ok(schedules)
            })
            .await
    }

    async fn add_schedule(&self, schedule: Schedule) -> Outcome<()> {
        self.desk
            .change(move |transaction| {
                require_account(transaction, schedule.account.as_str())?;
                let table = &schedule.timetable;
                let (days, times, zone) = (mask(table.days()), table.times().join(","), table.zone().to_string());
                let same: Option<String> = transaction
                    .prepare_cached(
                        "SELECT id FROM schedule
                        WHERE account_id = ?1 AND kind = ?2 AND day_mask = ?3 AND times = ?4 AND zone = ?5",
                    )?
                    .query_row(
                        params![schedule.account.as_str(), schedule.kind.as_str(), days, times, zone],
                        |row| row.get(0),
                    )
                    .optional()?;
                if let Some(id) = same {
                    return Err(Fault::new(
                        Cause::Conflict,
                        "schedule_exists",
                        format!("the account has such a schedule already: {id}"),
                    )
                    .hint("see it: callsyncctl schedule list")
                    .into());
                }
                transaction
                    .prepare_cached(
                        "INSERT INTO schedule (id, account_id, kind, days, day_mask, times, zone, created_at)
                        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    )?
                    .execute(params![
                        schedule.id,
                        schedule.account.as_str(),
                        schedule.kind.as_str(),
                        table.days().to_string(),
                        days,
                        times,
                        zone,
                        column::instant(schedule.created_at)?,
                    ])?;
                Ok(())
            })
            .await
    }

    async fn remove_schedule(&self, id: &str) -> Outcome<()> {
        let id = id.to_owned();
        self.desk
            .change(move |transaction| {
                for table in ["schedule_turn", "schedule_mark"] {
                    transaction.execute(&format!("DELETE FROM {table} WHERE schedule_id = ?1"), [&id])?;
                }
                if transaction.execute("DELETE FROM schedule WHERE id = ?1", [&id])? == 0 {
                    return Err(Fault::new(
                        Cause::NotFound,
                        "schedule_not_found",
                        format!("there is no schedule \"{id}\""),
                    )
                    .hint("see which there are: callsyncctl schedule list")
                    .into());
                }
                Ok(())
            })
            .await
    }

    async fn marks(&self) -> Outcome<Vec<(String, Timestamp)>> {
        self.desk
            .read(|connection| {
                let mut statement = connection.prepare_cached("SELECT schedule_id, looked_until FROM schedule_mark")?;
                let mut rows = statement.query([])?;
                let mut marks = Vec::new();
                while let Some(row) = rows.next()? {
                    marks.push((row.get(0)?, column::read_instant(row.get(1)?)?));
                }
                Ok(marks)
            })
            .await
    }

    async fn set_mark(&self, id: &str, account: &AccountId, until: Timestamp) -> Outcome<()> {
        let (id, account) = (id.to_owned(), account.clone());
        self.desk
            .change(move |transaction| {
                require_account(transaction, account.as_str())?;
                write_mark(transaction, &id, &account, until)
            })
            .await
    }

    async fn had_turn(&self, id: &str, due: Timestamp) -> Outcome<bool> {
        let id = id.to_owned();
        self.desk
            .read(move |connection| {
                let found: Option<i64> = connection
                    .prepare_cached("SELECT 1 FROM schedule_turn WHERE schedule_id = ?1 AND due = ?2")?
                    .query_row(params![id, column::instant(due)?], |row| row.get(0))
                    .optional()?;
                Ok(found.is_some())
            })
            .await
    }

    async fn note_turn(&self, turn: Turn, until: Timestamp) -> Outcome<()> {
        self.desk
            .change(move |transaction| {
                require_account(transaction, turn.account.as_str())?;
                transaction
                    .prepare_cached(
                        "INSERT OR REPLACE INTO schedule_turn (schedule_id, account_id, due, at, outcome, job_id, reason)
                        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    )?
                    .execute(params![
                        turn.schedule,
                        turn.account.as_str(),
                        column::instant(turn.due)?,
                        column::instant(turn.at)?,
                        turn.outcome.as_str(),
                        turn.job,
                        turn.reason,
                    ])?;
                transaction
                    .prepare_cached(
                        "DELETE FROM schedule_turn WHERE schedule_id = ?1 AND due NOT IN (
                            SELECT due FROM schedule_turn WHERE schedule_id = ?1 ORDER BY at DESC, due DESC LIMIT ?2)",
                    )?
                    .execute(params![turn.schedule, TURNS_KEPT])?;
                write_mark(transaction, &turn.schedule, &turn.account, until)
            })
            .await
    }

    async fn last_turns(&self) -> Outcome<Vec<Turn>> {
        self.desk
            .read(|connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT * FROM (SELECT *, row_number() OVER (
                        PARTITION BY schedule_id ORDER BY at DESC, due DESC) AS place FROM schedule_turn)
                    WHERE place = 1",
                )?;
                let mut rows = statement.query([])?;
                let mut turns = Vec::new();
                while let Some(row) = rows.next()? {
                    turns.push(read_turn(row)?);
                }
                Ok(turns)
            })
            .await
    }
}

fn write_mark(
    connection: &rusqlite::Connection,
    id: &str,
    account: &AccountId,
    until: Timestamp,
) -> Result<(), StateError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO schedule_mark (schedule_id, account_id, looked_until) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![id, account.as_str(), column::instant(until)?])?;
    Ok(())
}

/// Monday is the lowest bit.
fn mask(days: &Days) -> i64 {
    days.on.iter().rev().fold(0, |mask, on| mask * 2 + i64::from(*on))
}

fn read(row: &Row<'_>) -> Result<Schedule, StateError> {
    let kind: String = row.get("kind")?;
    let (days, times): (String, String) = (row.get("days")?, row.get("times")?);
    let damaged = |error: String| StateError::damaged("schedule", error);
    let times = times
        .split(',')
        .map(parse_time_of_day)
        .collect::<Result<Vec<_>, _>>()
        .map_err(damaged)?;
    // The zone is not looked up here: a system that lost it must not lose its schedules.
    let timetable = Timetable::new(
        Days::parse(&days).map_err(damaged)?,
        times,
        Zone::Named(row.get("zone")?),
    )
    .map_err(damaged)?;
    Ok(Schedule {
        id: row.get("id")?,
        account: AccountId(row.get("account_id")?),
        kind: JobKind::parse(&kind).ok_or_else(|| StateError::damaged("job kind", &kind))?,
        timetable,
        created_at: column::read_instant(row.get("created_at")?)?,
    })
}

fn read_turn(row: &Row<'_>) -> Result<Turn, StateError> {
    let outcome: String = row.get("outcome")?;
    Ok(Turn {
        schedule: row.get("schedule_id")?,
        account: AccountId(row.get("account_id")?),
        due: column::read_instant(row.get("due")?)?,
        at: column::read_instant(row.get("at")?)?,
        outcome: TurnOutcome::parse(&outcome).ok_or_else(|| StateError::damaged("turn", &outcome))?,
        job: row.get("job_id")?,
        reason: row.get("reason")?,
    })
}
