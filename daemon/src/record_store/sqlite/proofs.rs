//! What a committed batch proves: the watermark, windows of the ledger, the progress of backfill.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use super::{deletion, ledger, row, writer::Writing};
use crate::{
    domain::window::whole_second,
    ports::records::{Gone, Proof},
    record_store::error::Error,
};

/// How far the stored watermark may lag while nothing else is written. After a crash that much is read again.
const WATERMARK_LAG: SignedDuration = SignedDuration::from_hours(1);

/// The stored watermark.
pub(super) fn stored_watermark(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let stored = connection
        .query_row("SELECT seen_until FROM collection_watermark WHERE id = 1", [], |row| {
            row::time(row, 0)
        })
        .optional()?;
    Ok(stored.flatten())
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

/// Stores proofs; `writes` tells whether the transaction has written already. Returns the watermark stored then.
pub(super) fn store(
    writing: &Writing<'_>,
    proofs: &[Proof],
    mut writes: bool,
    stored: Option<Timestamp>,
) -> Result<Option<Timestamp>, Error> {
    for proof in proofs {
        writes |= match proof {
            Proof::Watermark(_) => false,
            Proof::Deleted(calls) => {
                let gone = Gone {
                    calls: calls.clone(),
                    elements: Vec::new(),
                };
                deletion::mark_within(writing, &gone, &writing.now_text)? > 0
            }
            Proof::Compared(found) => {
                ledger::compared(writing, found).map_err(writing.failed())?;
                true
            }
            Proof::BackfilledTo { id, done_until } => {
                backfilled(writing, *id, *done_until).map_err(writing.failed())?
            }
        };
    }
    let due = |proven: &Timestamp| match stored {
        None => true,
        Some(stored) => *proven > stored && (writes || proven.duration_since(stored) >= WATERMARK_LAG),
    };
    let Some(proven) = proven_watermark(proofs).filter(due) else {
        return Ok(stored);
    };
    // The first one is where the account's calls begin to be accounted for.
    writing
        .transaction
        .prepare_cached(
            "INSERT INTO collection_watermark (id, seen_until, written_at, accounted_from) VALUES (1, ?1, ?2, ?1)
             ON CONFLICT (id) DO UPDATE SET seen_until = excluded.seen_until, written_at = excluded.written_at",
        )
        .and_then(|mut statement| statement.execute((row::time_text(proven), &writing.now_text)))
        .map_err(writing.failed())?;
    Ok(Some(proven))
}

/// Moves the progress of a backfill down, never up; returns whether that cost a write.
fn backfilled(writing: &Writing<'_>, id: i64, done_until: Timestamp) -> rusqlite::Result<bool> {
    let changed = writing
        .transaction
        .prepare_cached(
            "UPDATE backfill_request SET done_until = ?2, changed_at = ?3,
               state = CASE WHEN ?2 <= span_from AND state <> 'cancelled' THEN 'done' ELSE state END
             WHERE id = ?1 AND done_until > ?2",
        )?
        .execute((id, row::time_text(done_until), &writing.now_text))?;
    Ok(changed > 0)
}
