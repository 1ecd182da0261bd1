//! The bounded journal of what happened.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::{column, error::StateError, store::StateStore};
use crate::{
    domain::{account::AccountId, failure::Outcome},
    ports::events::{EventBook, Happening, Kept},
};

/// Notable events kept, and as many starts and ends of jobs beside them.
const KEPT: i64 = 20_000;
/// The oldest are dropped once in so many.
const PRUNE_EVERY: i64 = 500;

#[async_trait]
impl EventBook for StateStore {
    async fn append_events(&self, happenings: Vec<Happening>) -> Outcome<u64> {
        self.desk
            .change(move |transaction| {
                let before: i64 =
                    transaction.query_row("SELECT coalesce(max(seq), 0) FROM event", [], |row| row.get(0))?;
                let mut insert = transaction.prepare_cached(
                    "INSERT INTO event (at, level, name, account_id, account_name, job_id, job_kind, job_state,
                        message, hint) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                )?;
                for happening in happenings {
                    let (kind, state) = happening.job_state.unzip();
                    insert.execute(params![
                        column::instant(happening.at)?,
                        happening.level,
                        happening.name,
                        happening.account.as_ref().map(AccountId::as_str),
                        happening.account_name,
                        happening.job,
                        kind,
                        state,
                        happening.message,
                        happening.hint,
                    ])?;
                }
                let last = transaction.last_insert_rowid().max(before);
                if before / PRUNE_EVERY != last / PRUNE_EVERY {
                    prune(transaction)?;
                }
                column::read_count(last)
            })
            .await
    }

    async fn events_after(&self, seq: u64, since: Option<Timestamp>, limit: usize) -> Outcome<Vec<Kept>> {
        let (seq, limit) = (column::count(seq)?, i64::try_from(limit).unwrap_or(i64::MAX));
        self.desk
            .read(move |connection| {
                let since = column::optional_instant(since)?.unwrap_or(i64::MIN);
                list(
                    connection,
                    "SELECT * FROM event WHERE seq > ?1 AND at >= ?2 ORDER BY seq LIMIT ?3",
                    params![seq, since, limit],
                )
            })
            .await
    }

    async fn newest_events(&self, limit: usize) -> Outcome<Vec<Kept>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.desk
            .read(move |connection| {
                let mut events = list(
                    connection,
                    "SELECT * FROM event ORDER BY seq DESC LIMIT ?1",
                    params![limit],
                )?;
                events.reverse();
                Ok(events)
            })
            .await
    }
}

/// Starts and ends of jobs are bounded apart from what is notable.
fn prune(connection: &Connection) -> Result<(), StateError> {
    for class in ["IS NULL", "IS NOT NULL"] {
        connection.execute(
            &format!(
                "DELETE FROM event WHERE job_state {class} AND seq <= (
                    SELECT seq FROM event WHERE job_state {class} ORDER BY seq DESC LIMIT 1 OFFSET ?1)"
            ),
            [KEPT],
        )?;
    }
    Ok(())
}

fn list(connection: &Connection, text: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Kept>, StateError> {
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query(values)?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(read(row)?);
    }
    Ok(events)
}

fn read(row: &Row<'_>) -> Result<Kept, StateError> {
    let level: String = row.get("level")?;
    let (kind, state): (Option<String>, Option<String>) = (row.get("job_kind")?, row.get("job_state")?);
    Ok(Kept {
        seq: column::read_count(row.get("seq")?)?,
        happening: Happening {
            at: column::read_instant(row.get("at")?)?,
            level: column::fixed(&level),
            name: row.get("name")?,
            account: row.get::<_, Option<String>>("account_id")?.map(AccountId),
            account_name: row.get("account_name")?,
            job: row.get("job_id")?,
            job_state: kind.zip(state),
            message: row.get("message")?,
            hint: row.get("hint")?,
        },
    })
}
