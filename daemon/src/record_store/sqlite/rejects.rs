//! Records without a key: kept aside as they came, each once.

use sha2::{Digest as _, Sha256};

use super::writer::Writing;
use crate::{domain::table::Rejected, record_store::error::Error};

/// Keeps what is not kept yet; returns how many were new.
pub(super) fn keep(writing: &Writing<'_>, rejected: &[Rejected]) -> Result<u64, Error> {
    keep_all(writing, rejected).map_err(writing.failed())
}

fn keep_all(writing: &Writing<'_>, rejected: &[Rejected]) -> rusqlite::Result<u64> {
    let mut added = 0;
    if rejected.is_empty() {
        return Ok(added);
    }
    let mut find = writing
        .transaction
        .prepare_cached("SELECT 1 FROM rejected_record WHERE digest = ?1")?;
    let mut insert = writing.transaction.prepare_cached(
        "INSERT INTO rejected_record (entity, reason, json, digest, first_seen_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for record in rejected {
        let mut hash = Sha256::new();
        hash.update(record.table.as_bytes());
        hash.update([0]);
        hash.update(record.json.as_bytes());
        let digest = hash.finalize();
        let digest = &digest[..16];
        if !find.exists([digest])? {
            insert.execute((record.table, &record.reason, &record.json, digest, &writing.now_text))?;
            added += 1;
        }
    }
    Ok(added)
}
