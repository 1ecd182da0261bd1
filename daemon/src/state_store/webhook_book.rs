//! The memory of the webhook: digests of what was seen, and what waits to be applied.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::{column, error::StateError, store::StateStore};
use crate::{
    domain::{
        account::AccountId,
        failure::{Cause, Fault, Outcome},
    },
    ports::webhook::{Entry, Errand, NewEntry, Received, Reception, WebhookBook},
};

/// Zoom repeats a post for 85 minutes; a post older than five minutes is refused by its timestamp.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);
/// Digests kept at most: five minutes of posts at the highest rate we answer fit many times over.
const MOST_DIGESTS: i64 = 400_000;
/// Entries that may wait; beyond that Zoom is asked to repeat.
const MOST_WAITING: i64 = 10_000;

#[async_trait]
impl WebhookBook for StateStore {
    async fn receive(&self, posts: Vec<Received>) -> Outcome<Vec<Reception>> {
        self.desk
            .change(move |transaction| {
                let mut receptions = Vec::with_capacity(posts.len());
                for post in &posts {
                    receptions.push(judge(transaction, post)?);
                }
                if let Some(now) = posts.iter().map(|post| post.at).max() {
                    forget(transaction, now)?;
                }
                Ok(receptions)
            })
            .await
    }

    async fn waiting(&self, limit: usize) -> Outcome<Vec<Entry>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.desk
            .read(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT id, received_at, account_id, kind, keys FROM webhook_inbox ORDER BY id LIMIT ?1",
                )?;
                let mut rows = statement.query([limit])?;
                let mut entries = Vec::new();
                while let Some(row) = rows.next()? {
                    let errand = read_errand(&row.get::<_, String>(3)?, &row.get::<_, String>(4)?)?;
                    entries.push(Entry {
                        id: row.get(0)?,
                        received_at: column::read_instant(row.get(1)?)?,
                        entry: NewEntry {
                            account: AccountId(row.get(2)?),
                            errand,
                        },
                    });
                }
                Ok(entries)
            })
            .await
    }

    async fn applied(&self, id: i64) -> Outcome<()> {
        self.desk
            .change(move |transaction| {
                transaction.execute("DELETE FROM webhook_inbox WHERE id = ?1", [id])?;
                Ok(())
            })
            .await
    }

    async fn last_received(&self) -> Outcome<Option<Timestamp>> {
        self.desk
            .read(|connection| {
                let last = connection.query_row("SELECT max(at) FROM webhook_seen", [], |row| row.get(0))?;
                column::read_optional_instant(last)
            })
            .await
    }
}

fn judge(connection: &Connection, post: &Received) -> Result<Reception, StateError> {
    if !remember(connection, &post.post, post.at)? {
        return Ok(Reception::Replayed);
    }
    if !remember(connection, &post.event, post.at)? {
        return Ok(Reception::Repeated);
    }
    if let Some(entry) = &post.entry {
        let waiting: i64 = connection
            .prepare_cached("SELECT count(*) FROM webhook_inbox")?
            .query_row([], |row| row.get(0))?;
        if waiting >= MOST_WAITING {
            let message = format!("{waiting} webhook events wait for a database to answer");
            return Err(Fault::new(Cause::Internal, "inbox_full", message)
                .hint("see which database: callsyncctl server test NAME")
                .into());
        }
        let (kind, keys) = errand_text(&entry.errand);
        connection
            .prepare_cached("INSERT INTO webhook_inbox (received_at, account_id, kind, keys) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                column::instant(post.at)?,
                entry.account.as_str(),
                kind,
                keys.to_string()
            ])?;
        return Ok(Reception::New(Some(connection.last_insert_rowid())));
    }
    Ok(Reception::New(None))
}

fn errand_text(errand: &Errand) -> (&'static str, Value) {
    match errand {
        Errand::CallsDeleted(keys) => ("calls_deleted", json!(keys)),
        Errand::ElementsDeleted(keys) => ("elements_deleted", json!(keys)),
        Errand::Deauthorized { user, may_keep } => ("deauthorized", json!({"user": user, "may_keep": may_keep})),
    }
}

fn read_errand(kind: &str, text: &str) -> Result<Errand, StateError> {
    let damaged = |what: &dyn std::fmt::Display| StateError::damaged("errand", what);
    let value: Value = serde_json::from_str(text).map_err(|error| damaged(&error))?;
    let keys = || serde_json::from_value::<Vec<String>>(value.clone()).map_err(|error| damaged(&error));
    match kind {
        "calls_deleted" => Ok(Errand::CallsDeleted(keys()?)),
        "elements_deleted" => Ok(Errand::ElementsDeleted(keys()?)),
        "deauthorized" => Ok(Errand::Deauthorized {
            user: value["user"].as_str().map(str::to_owned),
            may_keep: value["may_keep"].as_bool(),
        }),
        other => Err(damaged(&other)),
    }
}

/// False when it was known.
fn remember(connection: &Connection, digest: &[u8; 32], at: Timestamp) -> Result<bool, StateError> {
    let added = connection
        .prepare_cached("INSERT OR IGNORE INTO webhook_seen (digest, at) VALUES (?1, ?2)")?
        .execute(params![digest.as_slice(), column::instant(at)?])?;
    Ok(added > 0)
}

fn forget(connection: &Connection, now: Timestamp) -> Result<(), StateError> {
    let oldest = column::instant(now.saturating_sub(REMEMBERED).unwrap_or(now))?;
    connection
        .prepare_cached("DELETE FROM webhook_seen WHERE at < ?1")?
        .execute([oldest])?;
    let kept: i64 = connection
        .prepare_cached("SELECT count(*) FROM webhook_seen")?
        .query_row([], |row| row.get(0))?;
    if kept > MOST_DIGESTS {
        connection.execute(
            "DELETE FROM webhook_seen WHERE digest IN (SELECT digest FROM webhook_seen ORDER BY at LIMIT ?1)",
            [kept - MOST_DIGESTS],
        )?;
    }
    Ok(())
}
