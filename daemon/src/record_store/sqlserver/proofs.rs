//! What a committed batch proves: the watermark, windows of the ledger, the progress of backfill.

use jiff::{SignedDuration, Timestamp};

use super::{
    connection::{Connection, Patience},
    deletion, ledger,
    value::{self, Parameter},
};
use crate::{
    domain::window::whole_second,
    ports::records::{Gone, Proof},
    record_store::error::Error,
};

/// How far the stored watermark may lag while nothing else is written. After a crash that much is read again.
const WATERMARK_LAG: SignedDuration = SignedDuration::from_hours(1);

/// The stored watermark.
pub(super) const WATERMARK: &str = "SELECT seen_until FROM dbo.collection_watermark WHERE id = 1;";

/// Moves the watermark on, never back. The first one is where the account's calls begin to be accounted for.
pub(super) const MOVE_WATERMARK: &str = "\
UPDATE dbo.collection_watermark SET seen_until = @P1, written_at = @P2 WHERE id = 1 AND seen_until < @P1;
INSERT INTO dbo.collection_watermark (id, seen_until, written_at, accounted_from)
SELECT 1, @P1, @P2, @P1 WHERE NOT EXISTS (SELECT 1 FROM dbo.collection_watermark WHERE id = 1);";

/// Moves the progress of a backfill down, never up; answers whether that cost a write.
pub(super) const MOVE_BACKFILL: &str = "\
DECLARE @moved bigint;
UPDATE dbo.backfill_request SET done_until = @P2, changed_at = @P3,
  state = CASE WHEN @P2 <= span_from AND state <> 'cancelled' THEN 'done' ELSE state END
WHERE id = @P1 AND done_until > @P2;
SET @moved = @@ROWCOUNT;
SELECT @moved;";

/// The stored watermark.
pub(super) async fn stored_watermark(connection: &mut Connection) -> Result<Option<Timestamp>, Error> {
    let row = connection.row(Patience::Brief, WATERMARK, &[]).await?;
    Ok(row.and_then(|row| value::time(&row, 0)))
}

/// The newest watermark that a batch proves.
pub(super) fn proven_watermark(proofs: &[Proof]) -> Option<Timestamp> {
    proofs
        .iter()
        .filter_map(|proof| match proof {
            Proof::Watermark(time) => Some(whole_second(*time)),
            Proof::Deleted(_) | Proof::Compared(_) | Proof::BackfilledTo { .. } => None,
        })
        .max()
}

/// Whether a batch without records proves something that has to be written, or at least compared.
pub(super) fn is_due(proofs: &[Proof], writes: bool, stored: Option<Timestamp>) -> bool {
    let beyond = proofs.iter().any(|proof| !matches!(proof, Proof::Watermark(_)));
    beyond || proven_watermark(proofs).is_some_and(|proven| is_watermark_due(proven, writes, stored))
}

fn is_watermark_due(proven: Timestamp, writes: bool, stored: Option<Timestamp>) -> bool {
    match stored {
        None => true,
        Some(stored) => proven > stored && (writes || proven.duration_since(stored) >= WATERMARK_LAG),
    }
}

/// Stores proofs; `writes` tells whether the transaction has written already. Returns the watermark stored then.
pub(super) async fn store(
    connection: &mut Connection,
    proofs: &[Proof],
    mut writes: bool,
    stored: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    for proof in proofs {
        let answer = match proof {
            Proof::Watermark(_) => None,
            Proof::Deleted(calls) => {
                let gone = Gone {
                    calls: calls.clone(),
                    elements: Vec::new(),
                };
                writes |= deletion::mark_within(connection, &gone, now).await? > 0;
                None
            }
            Proof::Compared(found) => {
                ledger::compared(connection, found, now).await?;
                writes = true;
                None
            }
            Proof::BackfilledTo { id, done_until } => {
                let values = [
                    Parameter::Integer(*id),
                    Parameter::Time(*done_until),
                    Parameter::Time(now),
                ];
                connection.row(Patience::Write, MOVE_BACKFILL, &values).await?
            }
        };
        writes |= answer.is_some_and(|row| value::count(&row, 0) > 0);
    }
    let Some(proven) = proven_watermark(proofs).filter(|proven| is_watermark_due(*proven, writes, stored)) else {
        return Ok(stored);
    };
    let values = [Parameter::Time(proven), Parameter::Time(now)];
    connection.rows(Patience::Write, MOVE_WATERMARK, &values).await?;
    Ok(Some(proven))
}
