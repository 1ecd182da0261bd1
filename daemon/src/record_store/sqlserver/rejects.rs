//! Records without a key: kept aside as they came, each once.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{
    connection::{Connection, Patience},
    counters,
    value::{self, Parameter},
};
use crate::{domain::table::Rejected, record_store::error::Error};

/// Keeps a record that is not kept yet, and counts it.
pub(super) fn keep_one() -> String {
    format!(
        "DECLARE @kept bigint;
INSERT INTO dbo.rejected_record (entity, reason, json, digest, first_seen_at)
SELECT @P1, @P2, @P3, @P4, @P5
WHERE NOT EXISTS (SELECT 1 FROM dbo.rejected_record WHERE digest = @P4);
SET @kept = @@ROWCOUNT;
{}
SELECT @kept;",
        counters::add("rejected", "@kept")
    )
}

/// Keeps what is not kept yet; returns how many were new.
pub(super) async fn keep(
    connection: &mut Connection,
    rejected: impl Iterator<Item = &Rejected>,
    now: Timestamp,
) -> Result<u64, Error> {
    let mut added = 0;
    for record in rejected {
        let mut hash = Sha256::new();
        hash.update(record.table.as_bytes());
        hash.update([0]);
        hash.update(record.json.as_bytes());
        let digest = hash.finalize();
        let reason: String = record.reason.chars().take(value::TEXT_LIMIT / 2).collect();
        let values = [
            Parameter::id(record.table),
            Parameter::text(&reason),
            Parameter::text(&record.json),
            Parameter::Digest(&digest[..16]),
            Parameter::Time(now),
        ];
        let kept = connection.row(Patience::Write, &keep_one(), &values).await?;
        added += kept.map_or(0, |row| value::count(&row, 0));
    }
    Ok(added)
}
