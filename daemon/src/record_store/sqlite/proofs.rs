//! What a committed batch proves: the watermark, the ledger of windows, the progress of backfill.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use super::{row, writer::Writing};
use crate::{
    domain::window::{Window, whole_second},
    ports::records::Proof,
    record_store::{
        error::Error,
        schema::bookkeeping::{COMPLETE, INCOMPLETE, SUPERSEDED, UNVERIFIED},
    },
};

/// How far the stored watermark may lag while nothing else is written. After a crash that much is read again.
const WATERMARK_LAG: SignedDuration = SignedDuration::from_hours(1);

/// Counts from the index alone.
pub(super) const HELD: &str =
    "SELECT COUNT(*) FROM call_history WHERE end_time >= ?1 AND end_time < ?2 AND deleted_at IS NULL";

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
            Proof::Collected { .. } | Proof::BackfilledTo { .. } => None,
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
    let mut all = || -> rusqlite::Result<Option<Timestamp>> {
        for proof in proofs {
            writes |= match proof {
                Proof::Watermark(_) => false,
                Proof::Collected {
                    window,
                    received,
                    zoom_total,
                    clamped,
                } => collected(writing, *window, *received, *zoom_total, *clamped, writes)?,
                Proof::BackfilledTo { id, done_until } => backfilled(writing, *id, *done_until)?,
            };
        }
        let Some(proven) = proven_watermark(proofs) else {
            return Ok(stored);
        };
        let due = match stored {
            None => true,
            Some(stored) => proven > stored && (writes || proven.duration_since(stored) >= WATERMARK_LAG),
        };
        if !due {
            return Ok(stored);
        }
        writing
            .transaction
            .prepare_cached(
                "INSERT INTO collection_watermark (id, seen_until, written_at) VALUES (1, ?1, ?2)
                 ON CONFLICT (id) DO UPDATE SET seen_until = excluded.seen_until, written_at = excluded.written_at",
            )?
            .execute((row::time_text(proven), &writing.now_text))?;
        Ok(Some(proven))
    };
    all().map_err(writing.failed())
}

/// Calls held that ended in a window and that Zoom has not deleted.
pub(super) fn held(connection: &Connection, window: Window) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(HELD)?
        .query_row((row::time_text(window.from), row::time_text(window.to)), |row| {
            row.get::<_, i64>(0)
        })
        .map(|count| u64::try_from(count).unwrap_or(0))
}

/// Windows that are incomplete and were not compared since `before`, newest first.
pub(super) fn gaps(connection: &Connection, before: Timestamp, limit: usize) -> rusqlite::Result<Vec<Window>> {
    connection
        .prepare_cached(
            "SELECT window_from, window_to FROM collection_window
             WHERE state = 'incomplete' AND compared_at < ?1 ORDER BY window_to DESC LIMIT ?2",
        )?
        .query_map(
            (row::time_text(before), i64::try_from(limit).unwrap_or(i64::MAX)),
            |found| {
                Ok(row::time(found, 0)?
                    .zip(row::time(found, 1)?)
                    .map(|(from, to)| Window { from, to }))
            },
        )?
        .filter_map(Result::transpose)
        .collect()
}

/// Enters a window in the ledger; returns whether that cost a write.
fn collected(
    writing: &Writing<'_>,
    window: Window,
    received: u64,
    zoom_total: Option<u64>,
    clamped: bool,
    writes: bool,
) -> rusqlite::Result<bool> {
    let held = held(&writing.transaction, window)?;
    let state = match zoom_total {
        None => UNVERIFIED,
        Some(total) if received.max(held) >= total => COMPLETE,
        Some(_) => INCOMPLETE,
    };
    let (from, to) = (row::time_text(window.from), row::time_text(window.to));
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let entry = (
        zoom_total.map(number),
        number(received),
        number(held),
        state.to_owned(),
        clamped,
    );
    let stored = writing
        .transaction
        .prepare_cached(
            "SELECT zoom_total, received, held, state, clamped FROM collection_window WHERE window_from = ?1 AND window_to = ?2",
        )?
        .query_row((&from, &to), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
        .optional()?;
    // That a gap was looked at again is worth a write: it says when to look next.
    if stored.as_ref() == Some(&entry) && !writes && state != INCOMPLETE {
        return Ok(false);
    }
    writing
        .transaction
        .prepare_cached(
            "INSERT INTO collection_window
               (window_from, window_to, zoom_total, received, held, state, clamped, first_collected_at, compared_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)
             ON CONFLICT (window_from, window_to) DO UPDATE SET zoom_total = excluded.zoom_total,
               received = excluded.received, held = excluded.held, state = excluded.state,
               clamped = excluded.clamped, compared_at = excluded.compared_at",
        )?
        .execute((
            &from,
            &to,
            entry.0,
            entry.1,
            entry.2,
            &entry.3,
            entry.4,
            &writing.now_text,
        ))?;
    if state == COMPLETE && !clamped {
        // A gap that this window covers whole is healed by it.
        writing
            .transaction
            .prepare_cached(
                "UPDATE collection_window SET state = ?3
                 WHERE state = 'incomplete' AND window_from >= ?1 AND window_to <= ?2",
            )?
            .execute((&from, &to, SUPERSEDED))?;
    }
    Ok(true)
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
