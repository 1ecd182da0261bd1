//! Exact row counts of large tables: changed in the transaction that changes the rows, read without counting.

/// Adds a variable of the same batch to a stored count; nothing is written when there is nothing to add.
pub(super) fn add(name: &str, variable: &str) -> String {
    format!("IF {variable} <> 0 UPDATE dbo.collection_counter SET value = value + {variable} WHERE name = '{name}';")
}
