//! The audit log: append only, each entry's hash covers the one before.
//!
//! An altered, removed or inserted entry breaks every later hash. Not covered: cutting entries off the end, and a
//! forger who can rewrite the whole file; keep the last hash elsewhere to notice either.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

use super::{column, error::StateError, store::StateStore};
use crate::{
    domain::failure::Outcome,
    ports::state::{AuditEntry, AuditLog, AuditRecord},
};

/// The hash before the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

#[async_trait]
impl AuditLog for StateStore {
    async fn append(&self, record: AuditRecord) -> Outcome<AuditEntry> {
        self.desk
            .change(move |transaction| {
                let last: Option<(i64, String)> = transaction
                    .prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?
                    .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()?;
                let (last_seq, last_hash) = last.unwrap_or_else(|| (0, GENESIS.to_owned()));
                let seq = last_seq + 1;
                let position = column::read_count(seq)?;
                let hash = chain_hash(&last_hash, position, &record);
                transaction
                    .prepare_cached(
                        "INSERT INTO audit (seq, at, uid, user, pid, role, action, object, outcome, before, after,
                            hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                    )?
                    .execute(params![
                        seq,
                        column::instant(record.at)?,
                        record.uid,
                        record.user,
                        record.pid,
                        record.role,
                        record.action,
                        record.object,
                        record.outcome,
                        record.before,
                        record.after,
                        hash,
                    ])?;
                Ok(AuditEntry {
                    seq: position,
                    record,
                    hash,
                })
            })
            .await
    }

    async fn entries(&self, since: Option<Timestamp>, limit: usize) -> Outcome<Vec<AuditEntry>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.desk
            .read(move |connection| {
                let since = column::optional_instant(since)?.unwrap_or(i64::MIN);
                let mut statement =
                    connection.prepare_cached("SELECT * FROM audit WHERE at >= ?1 ORDER BY seq LIMIT ?2")?;
                let mut rows = statement.query([since, limit])?;
                let mut entries = Vec::new();
                while let Some(row) = rows.next()? {
                    entries.push(read(row)?);
                }
                Ok(entries)
            })
            .await
    }
}

impl StateStore {
    /// Recomputes the whole chain: how many entries are good, and the position of the first that is not.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn verify_audit(&self) -> Outcome<(u64, Option<u64>)> {
        self.desk
            .read(|connection| {
                let mut statement = connection.prepare("SELECT * FROM audit ORDER BY seq")?;
                let mut rows = statement.query([])?;
                let mut before = GENESIS.to_owned();
                let mut good = 0;
                while let Some(row) = rows.next()? {
                    let entry = read(row)?;
                    if entry.seq != good + 1 || entry.hash != chain_hash(&before, entry.seq, &entry.record) {
                        return Ok((good, Some(entry.seq)));
                    }
                    before = entry.hash;
                    good += 1;
                }
                Ok((good, None))
            })
            .await
    }
}

/// Hex SHA-256 over the previous hash and the entry as canonical JSON: the keys in this order, `null` for what is
/// absent, `at` in RFC 3339 UTC.
#[must_use]
pub fn chain_hash(before: &str, seq: u64, record: &AuditRecord) -> String {
    let canonical = serde_json::json!({
        "seq": seq,
        "at": record.at.to_string(),
        "uid": record.uid,
        "user": record.user,
        "pid": record.pid,
        "role": record.role,
        "action": record.action,
        "object": record.object,
        "outcome": record.outcome,
        "before": record.before,
        "after": record.after,
    });
    let mut digest = Sha256::new();
    digest.update(before.as_bytes());
    digest.update(canonical.to_string().as_bytes());
    hex::encode(digest.finalize())
}

fn read(row: &Row<'_>) -> Result<AuditEntry, StateError> {
    Ok(AuditEntry {
        seq: column::read_count(row.get("seq")?)?,
        record: AuditRecord {
            at: column::read_instant(row.get("at")?)?,
            uid: row.get("uid")?,
            user: row.get("user")?,
            pid: row.get("pid")?,
            role: column::fixed(&row.get::<_, String>("role")?),
            action: row.get("action")?,
            object: row.get("object")?,
            outcome: column::fixed(&row.get::<_, String>("outcome")?),
            before: row.get("before")?,
            after: row.get("after")?,
        },
        hash: row.get("hash")?,
    })
}
