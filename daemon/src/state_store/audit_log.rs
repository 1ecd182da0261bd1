//! The audit log: append only, each entry's hash covers the one before.
//!
//! An altered, removed, inserted or moved entry breaks the chain; the position and hash of the last entry are kept
//! sealed with the master key, so cutting entries off the end is noticed as well. Not covered: somebody who has both
//! the file and the master key; keep the last hash elsewhere to notice that.
//!
//! The chain covers the digests of what was before and after, so lawful removal can clear those texts for good. It says
//! which in an entry of its own; a text that is missing without that was taken away by somebody else.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::{column, error::StateError, scrub, seal::Seal, store::StateStore};
use crate::{
    domain::failure::Outcome,
    ports::state::{AuditEntry, AuditLog, AuditRecord, BrokenEntry, Verification},
};

/// The hash before the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What the head is sealed as.
const HEAD: &str = "audit head";

#[async_trait]
impl AuditLog for StateStore {
    async fn append(&self, record: AuditRecord) -> Outcome<AuditEntry> {
        let seal = self.seal.clone();
        self.desk
            .change(move |transaction| append(transaction, &seal, record))
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

    async fn verify(&self) -> Outcome<Verification> {
        let seal = self.seal.clone();
        self.desk.read(move |connection| verify(connection, &seal)).await
    }
}

/// Adds an entry within a transaction.
///
/// It continues from the sealed head, not from whatever row is the last: else our own next entry would cover up that the
/// end was cut off, or that somebody else wrote there.
pub(super) fn append(connection: &Connection, seal: &Seal, record: AuditRecord) -> Result<AuditEntry, StateError> {
    let last: Option<(i64, String, i64)> = connection
        .prepare_cached("SELECT seq, hash, version FROM audit ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let (last_seq, last_hash) = match (head(connection, seal)?, last) {
        (Some((seq, hash)), last) => (last.map_or(0, |(last, ..)| last).max(seq), hash),
        // Entries of the first version had no head.
        (None, Some((seq, hash, 1))) => (seq, hash),
        (None, last) => (last.map_or(0, |(last, ..)| last), GENESIS.to_owned()),
    };
    let seq = last_seq + 1;
    let position = column::read_count(seq)?;
    let hash = chain_hash(&last_hash, position, &record);
    connection
        .prepare_cached(
            "INSERT INTO audit (seq, at, uid, user, pid, role, action, object, outcome, before, after, hash, version,
                before_digest, after_digest)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 2, ?13, ?14)",
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
            record.before.as_deref().map(digest_of),
            record.after.as_deref().map(digest_of),
        ])?;
    let head = SecretString::from(format!("{seq}:{hash}"));
    connection
        .prepare_cached("INSERT OR REPLACE INTO audit_head (id, sealed_head) VALUES (1, ?1)")?
        .execute([seal.seal("", HEAD, &head)?])?;
    Ok(AuditEntry {
        seq: position,
        record,
        hash,
    })
}

/// Position and hash of the last entry, as the master key vouches for them; nothing when they are missing or forged.
fn head(connection: &Connection, seal: &Seal) -> Result<Option<(i64, String)>, StateError> {
    let sealed: Option<Vec<u8>> = connection
        .query_row("SELECT sealed_head FROM audit_head", [], |row| row.get(0))
        .optional()?;
    let opened = sealed.and_then(|sealed| seal.open("", HEAD, &sealed).ok());
    Ok(opened.and_then(|head| {
        let (seq, hash) = head.expose_secret().split_once(':')?;
        Some((seq.parse().ok()?, hash.to_owned()))
    }))
}

fn verify(connection: &Connection, seal: &Seal) -> Result<Verification, StateError> {
    let mut statement = connection.prepare("SELECT * FROM audit ORDER BY seq")?;
    let mut rows = statement.query([])?;
    let mut found = Verification {
        good: 0,
        head: None,
        redacted: 0,
        broken: None,
    };
    let mut before = GENESIS.to_owned();
    let mut is_sealed = false;
    let mut cleared = Clearings::default();
    while let Some(row) = rows.next()? {
        let seq = found.good + 1;
        let broken = |what| BrokenEntry { seq, what };
        // What cannot even be read was not written by us.
        let Ok(entry) = read(row) else {
            found.broken = Some(broken("it is not readable"));
            return Ok(found);
        };
        if entry.seq != seq {
            found.broken = Some(broken("it is missing"));
            return Ok(found);
        }
        let version: i64 = row.get("version")?;
        let digests: (Option<String>, Option<String>) = (row.get("before_digest")?, row.get("after_digest")?);
        let expected = if version == 1 {
            first_chain_hash(&before, seq, &entry.record)
        } else {
            is_sealed = true;
            chain(&before, seq, &entry.record, digests.0.as_deref(), digests.1.as_deref())
        };
        if entry.hash != expected {
            found.broken = Some(broken("it was changed, or is not in its place"));
            return Ok(found);
        }
        let record = &entry.record;
        let texts = [(&record.before, &digests.0), (&record.after, &digests.1)];
        if version != 1 {
            if texts.iter().any(|(text, digest)| {
                text.as_deref()
                    .is_some_and(|text| digest.as_deref() != Some(&digest_of(text)))
            }) {
                found.broken = Some(broken("what it says of before or after was changed"));
                return Ok(found);
            }
            if texts.iter().any(|(text, digest)| text.is_none() && digest.is_some()) {
                found.redacted += 1;
                cleared.found.push(seq);
            }
            cleared.learn(record);
        }
        before = entry.hash;
        found.good = seq;
    }
    found.head = (found.good > 0).then(|| before.clone());
    found.broken = missing_end(connection, seal, found.good, &before, is_sealed)?;
    if found.broken.is_none()
        && let Some(seq) = cleared.unlawful()
    {
        found.broken = Some(BrokenEntry {
            seq,
            what: "its texts were cleared, and no removal did that",
        });
        found.good = seq - 1;
        found.head = None;
    }
    Ok(found)
}

/// Entries whose texts are gone, and those of which a removal says that it cleared them.
#[derive(Default)]
struct Clearings {
    found: Vec<u64>,
    said: Vec<(u64, u64)>,
}

impl Clearings {
    fn learn(&mut self, record: &AuditRecord) {
        if record.action != scrub::CLEARED || record.role != "system" {
            return;
        }
        let text = record.after.as_deref().unwrap_or_default();
        self.said.extend(
            serde_json::from_str::<scrub::Cleared>(text)
                .map(|said| said.entries)
                .into_iter()
                .flatten(),
        );
    }

    fn unlawful(&self) -> Option<u64> {
        let is_said = |seq: &u64| self.said.iter().any(|(first, last)| (*first..=*last).contains(seq));
        self.found.iter().copied().find(|seq| !is_said(seq))
    }
}

/// Compares the end of the log with the sealed head.
fn missing_end(
    connection: &Connection,
    seal: &Seal,
    good: u64,
    last: &str,
    is_sealed: bool,
) -> Result<Option<BrokenEntry>, StateError> {
    let sealed: Option<Vec<u8>> = connection
        .query_row("SELECT sealed_head FROM audit_head", [], |row| row.get(0))
        .optional()?;
    let Some(sealed) = sealed else {
        // Entries of the first version had no head.
        return Ok(is_sealed.then_some(BrokenEntry {
            seq: good,
            what: "the sealed head of the log is missing",
        }));
    };
    let opened = seal.open("", HEAD, &sealed).ok();
    let head = opened.as_ref().and_then(|head| head.expose_secret().split_once(':'));
    let Some((Ok(seq), hash)) = head.map(|(seq, hash)| (seq.parse::<u64>(), hash)) else {
        return Ok(Some(BrokenEntry {
            seq: good,
            what: "the sealed head of the log is forged",
        }));
    };
    Ok(if seq > good {
        Some(BrokenEntry {
            seq: good + 1,
            what: "it is missing",
        })
    } else if seq < good || hash != last {
        Some(BrokenEntry {
            seq: good,
            what: "it was written by somebody else",
        })
    } else {
        None
    })
}

fn digest_of(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// Hex SHA-256 over the previous hash and the entry as canonical JSON: the keys in this order, `null` for what is
/// absent, `at` in RFC 3339 UTC, `before` and `after` as hex SHA-256 of their texts.
#[must_use]
pub fn chain_hash(before: &str, seq: u64, record: &AuditRecord) -> String {
    let digest = |text: &Option<String>| text.as_deref().map(digest_of);
    let (old, new) = (digest(&record.before), digest(&record.after));
    chain(before, seq, record, old.as_deref(), new.as_deref())
}

fn chain(before: &str, seq: u64, record: &AuditRecord, old: Option<&str>, new: Option<&str>) -> String {
    hash_over(
        before,
        &serde_json::json!({
            "seq": seq,
            "at": record.at.to_string(),
            "uid": record.uid,
            "user": record.user,
            "pid": record.pid,
            "role": record.role,
            "action": record.action,
            "object": record.object,
            "outcome": record.outcome,
            "before_sha256": old,
            "after_sha256": new,
        }),
    )
}

/// How entries of the first version were chained: over the texts themselves.
fn first_chain_hash(before: &str, seq: u64, record: &AuditRecord) -> String {
    hash_over(
        before,
        &serde_json::json!({
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
        }),
    )
}

fn hash_over(before: &str, canonical: &serde_json::Value) -> String {
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
