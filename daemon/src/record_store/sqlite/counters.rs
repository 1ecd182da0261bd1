//! Exact row counts of large tables: changed in the transaction that changes the rows, read without counting.

use super::writer::Writing;
use crate::record_store::error::Error;

/// What one transaction changes.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counted {
    /// Rows of `call_history`.
    pub records: i64,
    /// Rows of `call_element`.
    pub elements: i64,
    /// Pending rows of `element_backlog`.
    pub elements_pending: i64,
    /// Rows of `rejected_record`.
    pub rejected: i64,
}

impl Counted {
    /// Adds to the stored counts.
    pub fn store(self, writing: &Writing<'_>) -> Result<(), Error> {
        for (name, change) in [
            ("records", self.records),
            ("elements", self.elements),
            ("elements_pending", self.elements_pending),
            ("rejected", self.rejected),
        ] {
            if change != 0 {
                writing
                    .transaction
                    .prepare_cached("UPDATE collection_counter SET value = value + ?2 WHERE name = ?1")
                    .and_then(|mut statement| statement.execute((name, change)))
                    .map_err(writing.failed())?;
            }
        }
        Ok(())
    }
}

/// A stored count.
pub(super) fn read(connection: &rusqlite::Connection, name: &str) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT value FROM collection_counter WHERE name = ?1")?
        .query_row([name], |row| row.get::<_, i64>(0))
        .map(|count| u64::try_from(count).unwrap_or(0))
}
