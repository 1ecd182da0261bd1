//! Forgetting an account: what lawful removal leaves of it in the state store is a name, dates and a certificate.

use rusqlite::{Connection, params};

use super::error::StateError;
use crate::domain::{
    account::{Account, Cdr, CdrState},
    settings::CdrSettings,
};

/// What outlives the scrubbing: the account's bare row, the removal itself (numbers and dates), and the job that does
/// it. Every other table with a column `account_id` loses the account's rows, also tables of later versions.
const KEPT: [&str; 3] = ["account", "withdrawal", "removal_consent"];

/// Deletes rows of the account and clears the texts of its audit entries. Safe to repeat. With `held` its holds stay.
pub(super) fn delete(connection: &Connection, account: &Account, except: &str, held: bool) -> Result<(), StateError> {
    let id = account.id.as_str();
    for table in tables(connection)? {
        match table.as_str() {
            "job" => connection.execute(
                "DELETE FROM job WHERE account_id = ?1 AND id <> ?2",
                params![id, except],
            )?,
            name if KEPT.contains(&name) => 0,
            "hold" if held => 0,
            name => connection.execute(
                &format!("DELETE FROM \"{}\" WHERE account_id = ?1", name.replace('"', "\"\"")),
                [id],
            )?,
        };
    }
    // What people said, and whom Zoom named.
    connection.execute(
        "UPDATE withdrawal SET zoom_user_id = NULL, confirmed_by = '', note = NULL WHERE account_id = ?1
            AND (zoom_user_id IS NOT NULL OR note IS NOT NULL OR coalesce(confirmed_by, '') <> '')",
        [id],
    )?;
    // Entries about the account, under whatever name it had: their texts hold its id or its name.
    connection.execute(
        "UPDATE audit SET before = NULL, after = NULL WHERE version = 2 AND (before IS NOT NULL OR after IS NOT NULL)
            AND (lower(object) = lower(?2) OR instr(coalesce(before, '') || coalesce(after, ''), ?1) > 0
                OR instr(coalesce(before, '') || coalesce(after, ''), ?3) > 0)",
        params![
            id,
            account.name,
            serde_json::Value::from(account.name.as_str()).to_string()
        ],
    )?;
    Ok(())
}

fn tables(connection: &Connection) -> Result<Vec<String>, StateError> {
    let names = connection
        .prepare(
            "SELECT t.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
            WHERE t.type = 'table' AND c.name = 'account_id' ORDER BY t.name",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(names)
}

/// The account without settings and access; with `held` it still tells where the rows are that holds keep.
pub(super) fn bare(account: Account, held: bool) -> Account {
    let place = if held {
        Cdr {
            settings: CdrSettings {
                archive: account.cdr.settings.archive.clone(),
                ..CdrSettings::default()
            },
            state: CdrState::Blocked,
            lists_all: None,
            ..account.cdr.clone()
        }
    } else {
        Cdr {
            state: CdrState::Blocked,
            server: None,
            database: None,
            settings: CdrSettings::default(),
            lists_all: None,
        }
    };
    Account {
        state_reason: None,
        zoom_account_id: None,
        account_number: None,
        authorized_by: None,
        granted_scopes: Vec::new(),
        pending: None,
        cdr: place,
        ..account
    }
}

/// Rebuilds the file, so that no page keeps what was deleted, and empties the log beside it.
pub(super) fn overwrite(connection: &Connection) -> Result<(), StateError> {
    connection.execute_batch("VACUUM")?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}
