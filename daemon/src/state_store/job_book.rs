//! The durable history of jobs.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::{column, error::StateError, store::StateStore, uniqueness::require_account};
use crate::{
    domain::{
        account::{AccountId, AccountState},
        failure::{Cause, Fault, Outcome},
    },
    ports::state::{Job, JobBook, JobKind, JobState},
};

/// Names of causes in the column `error_cause`.
const CAUSES: [(Cause, &str); 13] = [
    (Cause::Zoom, "zoom"),
    (Cause::RateLimit, "rate_limit"),
    (Cause::Reauthorization, "reauthorization"),
    (Cause::Database, "database"),
    (Cause::Internal, "internal"),
    (Cause::Usage, "usage"),
    (Cause::NotPermitted, "not_permitted"),
    (Cause::NotFound, "not_found"),
    (Cause::Conflict, "conflict"),
    (Cause::WrongState, "wrong_state"),
    (Cause::Blocked, "blocked"),
    (Cause::Refused, "refused"),
    (Cause::Config, "config"),
];

#[async_trait]
impl JobBook for StateStore {
    async fn add_job(&self, job: Job) -> Outcome<()> {
        self.desk
            .change(move |transaction| {
                if let Some(account) = &job.account {
                    require_account(transaction, account.as_str())?;
                    refuse_withdrawn(transaction, account, job.kind)?;
                }
                write(transaction, &job, Writing::New)
            })
            .await
    }

    async fn save_job(&self, job: &Job) -> Outcome<()> {
        let job = job.clone();
        self.desk
            .change(move |transaction| write(transaction, &job, Writing::Known))
            .await
    }

    async fn job(&self, id: &str) -> Outcome<Job> {
        let id = id.to_owned();
        self.desk
            .read(move |connection| {
                connection
                    .prepare_cached("SELECT * FROM job WHERE id = ?1")?
                    .query_row([&id], |row| Ok(read(row)))
                    .optional()?
                    .unwrap_or_else(|| Err(not_found(&id).into()))
            })
            .await
    }

    async fn jobs(&self, account: Option<&AccountId>, limit: usize) -> Outcome<Vec<Job>> {
        let account = account.cloned();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.desk
            .read(move |connection| match account {
                Some(account) => list(
                    connection,
                    "SELECT * FROM job WHERE account_id = ?1 ORDER BY created_at DESC, id DESC LIMIT ?2",
                    params![account.as_str(), limit],
                ),
                None => list(
                    connection,
                    "SELECT * FROM job ORDER BY created_at DESC, id DESC LIMIT ?1",
                    params![limit],
                ),
            })
            .await
    }

    async fn unfinished_jobs(&self) -> Outcome<Vec<Job>> {
        self.desk
            .read(|connection| {
                list(
                    connection,
                    "SELECT * FROM job WHERE state IN ('queued', 'running') ORDER BY created_at, id",
                    params![],
                )
            })
            .await
    }

    async fn prune_jobs(&self, keep: usize) -> Outcome<u64> {
        let keep = i64::try_from(keep).unwrap_or(i64::MAX);
        self.desk
            .change(move |transaction| {
                let pruned = transaction.execute(
                    "DELETE FROM job WHERE id IN (SELECT id FROM (
                        SELECT id, row_number() OVER (
                            PARTITION BY account_id, kind ORDER BY created_at DESC, id DESC) AS place
                        FROM job WHERE state NOT IN ('queued', 'running')) WHERE place > ?1)",
                    [keep],
                )?;
                Ok(pruned as u64)
            })
            .await
    }
}

/// Of an account that withdrew its consent nothing runs but its removal; asked in the transaction that adds the job, so
/// that none slips in beside the withdrawal.
fn refuse_withdrawn(connection: &Connection, account: &AccountId, kind: JobKind) -> Result<(), StateError> {
    if kind == JobKind::Removal {
        return Ok(());
    }
    let state: String = connection
        .prepare_cached("SELECT state FROM account WHERE id = ?1")?
        .query_row([account.as_str()], |row| row.get(0))?;
    if AccountState::parse(&state).is_some_and(AccountState::is_withdrawn) {
        let message = format!("the account is {state}: no {kind} job runs");
        return Err(Fault::new(Cause::Blocked, "deauthorized", message)
            .hint("see it: callsyncctl account list; authorize it again: callsyncctl account authorize NAME")
            .into());
    }
    Ok(())
}

fn not_found(id: &str) -> Fault {
    Fault::new(Cause::NotFound, "job_not_found", format!("there is no job \"{id}\""))
        .hint("see which there are: callsyncctl job list; old ones are dropped")
}

fn list(connection: &Connection, text: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Job>, StateError> {
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query(values)?;
    let mut jobs = Vec::new();
    while let Some(row) = rows.next()? {
        jobs.push(read(row)?);
    }
    Ok(jobs)
}

fn read(row: &Row<'_>) -> Result<Job, StateError> {
    let kind: String = row.get("kind")?;
    let state: String = row.get("state")?;
    let unit: String = row.get("unit")?;
    let error = match (
        row.get::<_, Option<String>>("error_cause")?,
        row.get::<_, Option<String>>("error_code")?,
    ) {
        (Some(cause), Some(code)) => {
            let (cause, _) = CAUSES
                .into_iter()
                .find(|(_, name)| *name == cause)
                .ok_or_else(|| StateError::damaged("cause", &cause))?;
            let message: Option<String> = row.get("error_message")?;
            let hint: Option<String> = row.get("error_hint")?;
            let fault = Fault::new(cause, column::fixed(&code), message.unwrap_or_default());
            Some(fault.hint(hint.unwrap_or_default()))
        }
        _ => None,
    };
    Ok(Job {
        id: row.get("id")?,
        kind: JobKind::parse(&kind).ok_or_else(|| StateError::damaged("job kind", &kind))?,
        account: row.get::<_, Option<String>>("account_id")?.map(AccountId),
        state: JobState::parse(&state).ok_or_else(|| StateError::damaged("job state", &state))?,
        parameters: row.get("parameters")?,
        done: column::read_count(row.get("done")?)?,
        total: row
            .get::<_, Option<i64>>("total")?
            .map(column::read_count)
            .transpose()?,
        unit: column::fixed(&unit),
        created_at: column::read_instant(row.get("created_at")?)?,
        started_at: column::read_optional_instant(row.get("started_at")?)?,
        finished_at: column::read_optional_instant(row.get("finished_at")?)?,
        result: row.get("result")?,
        error,
        retryable: row.get("retryable")?,
    })
}

enum Writing {
    New,
    Known,
}

fn write(connection: &Connection, job: &Job, writing: Writing) -> Result<(), StateError> {
    let text = match writing {
        Writing::New => {
            "INSERT INTO job (id, kind, account_id, state, parameters, done, total, unit, created_at, started_at,
                finished_at, result, error_cause, error_code, error_message, error_hint, retryable)
            VALUES (:id, :kind, :account_id, :state, :parameters, :done, :total, :unit, :created_at, :started_at,
                :finished_at, :result, :cause, :code, :message, :hint, :retryable)"
        }
        Writing::Known => {
            "UPDATE job SET kind = :kind, account_id = :account_id, state = :state, parameters = :parameters,
                done = :done, total = :total, unit = :unit, created_at = :created_at, started_at = :started_at,
                finished_at = :finished_at, result = :result, error_cause = :cause, error_code = :code,
                error_message = :message, error_hint = :hint, retryable = :retryable WHERE id = :id"
        }
    };
    let error = job.error.as_ref();
    let cause = error.and_then(|fault| CAUSES.into_iter().find(|(cause, _)| *cause == fault.cause));
    let written = connection.prepare_cached(text)?.execute(named_params! {
        ":id": job.id,
        ":kind": job.kind.as_str(),
        ":account_id": job.account.as_ref().map(AccountId::as_str),
        ":state": job.state.as_str(),
        ":parameters": job.parameters,
        ":done": column::count(job.done)?,
        ":total": job.total.map(column::count).transpose()?,
        ":unit": job.unit,
        ":created_at": column::instant(job.created_at)?,
        ":started_at": column::optional_instant(job.started_at)?,
        ":finished_at": column::optional_instant(job.finished_at)?,
        ":result": job.result,
        ":cause": cause.map(|(_, name)| name),
        ":code": error.map(|fault| fault.code),
        ":message": error.map(|fault| &fault.message),
        ":hint": error.map(|fault| &fault.hint),
        ":retryable": job.retryable,
    })?;
    // The job went away with its account while it ran.
    if written == 0 {
        Err(not_found(&job.id).into())
    } else {
        Ok(())
    }
}
