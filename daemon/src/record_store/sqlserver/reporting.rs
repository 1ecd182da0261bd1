//! The right of the reporting role to read: taken away while an account is deauthorized.

use super::{
    connection::{Connection, Patience},
    ddl::{READER, VIEWS},
};
use crate::record_store::error::Error;

/// Statements that give the right, or take it away; each is harmless to repeat.
pub(super) fn statements(allowed: bool) -> Vec<String> {
    let (verb, word) = if allowed { ("GRANT", "TO") } else { ("REVOKE", "FROM") };
    VIEWS
        .iter()
        .map(|view| format!("{verb} SELECT ON dbo.[{view}] {word} {READER};"))
        .collect()
}

/// Gives the right, or takes it away. Dying in between leaves some views readable: the caller repeats it until it
/// succeeds.
pub(super) async fn set(connection: &mut Connection, allowed: bool) -> Result<(), Error> {
    for statement in statements(allowed) {
        connection.batch(Patience::Schema, &statement).await?;
    }
    Ok(())
}
