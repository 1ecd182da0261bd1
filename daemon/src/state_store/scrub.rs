//! Forgetting an account: what lawful removal leaves of it in the state store is a name, dates and a certificate.

use rusqlite::{Connection, OptionalExtension, params};

use serde::{Deserialize, Serialize};

use super::{audit_log, column, error::StateError, seal::Seal};
use crate::{
    domain::{
        account::{Account, Cdr, CdrState},
        settings::CdrSettings,
    },
    ports::state::AuditRecord,
};

/// What outlives the scrubbing: the account's bare row, the removal itself (numbers and dates), and the job that does
/// it. Every other table with a column `account_id` loses the account's rows, also tables of later versions.
const KEPT: [&str; 3] = ["account", "withdrawal", "removal_consent"];

/// Action of the entry that says which texts a removal cleared.
pub(super) const CLEARED: &str = "removal.texts-cleared";

/// Deletes rows of the account. Safe to repeat. With `held` its holds stay.
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
            "alert" => keep_told(connection, account)?,
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
    Ok(())
}

/// What an entry says of the entries whose texts a removal cleared.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Cleared {
    /// First and last of each run of them.
    pub entries: Vec<(u64, u64)>,
}

/// Clears the texts of audit entries about the account, under whatever name it had: they hold its id or its name. `entry`
/// is added in the same transaction and says which they were: nobody else may clear any. Nothing to clear, no entry.
pub(super) fn clear_texts(
    connection: &Connection,
    seal: &Seal,
    account: &Account,
    entry: AuditRecord,
) -> Result<(), StateError> {
    let quoted = serde_json::Value::from(account.name.as_str()).to_string();
    let cleared: Vec<i64> = connection
        .prepare(
            "UPDATE audit SET before = NULL, after = NULL WHERE version = 2 AND (before IS NOT NULL OR after IS NOT NULL)
                AND action <> ?4 AND (lower(object) = lower(?2)
                    OR instr(coalesce(before, '') || coalesce(after, ''), ?1) > 0
                    OR instr(coalesce(before, '') || coalesce(after, ''), ?3) > 0)
            RETURNING seq",
        )?
        .query_map(params![account.id.as_str(), account.name, quoted, CLEARED], |row| {
            row.get(0)
        })?
        .collect::<Result<_, _>>()?;
    if cleared.is_empty() {
        return Ok(());
    }
    let mut seqs = cleared
        .into_iter()
        .map(column::read_count)
        .collect::<Result<Vec<u64>, _>>()?;
    seqs.sort_unstable();
    let said = serde_json::to_string(&Cleared { entries: runs(&seqs) });
    let entry = AuditRecord {
        action: CLEARED.to_owned(),
        after: Some(said.map_err(|error| StateError::damaged("cleared entries", error))?),
        ..entry
    };
    audit_log::append(connection, seal, entry)?;
    Ok(())
}

/// Sorted numbers as runs without holes.
fn runs(sorted: &[u64]) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for seq in sorted {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *seq => *last = *seq,
            _ => runs.push((*seq, *seq)),
        }
    }
    runs
}

/// Whoever was told of the withdrawal and of the removal is told of their end: those alerts stay until then, with nobody
/// to tell but the group's contacts. Every other alert goes.
fn keep_told(connection: &Connection, account: &Account) -> Result<usize, StateError> {
    const TOLD: &str = "account_id = ?1 AND resolved_at IS NULL AND code IN ('deauthorized', 'removal_due')";
    let id = account.id.as_str();
    let gone = connection.execute(
        &format!("DELETE FROM alert WHERE account_id = ?1 AND NOT ({TOLD})"),
        [id],
    )?;
    let contacts: [Option<String>; 3] = connection
        .query_row(
            "SELECT main_contact, technical_contact, security_contact FROM enterprise_group WHERE name_key = ?1",
            [column::key(&account.group)],
            |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]),
        )
        .optional()?
        .unwrap_or_default();
    let mut contacts: Vec<String> = contacts.into_iter().flatten().collect();
    contacts.dedup();
    let recipients = serde_json::Value::from(contacts).to_string();
    connection.execute(
        &format!("UPDATE alert SET recipients = ?2 WHERE {TOLD} AND recipients <> '[]'"),
        params![id, recipients],
    )?;
    // Whom a channel refused.
    connection.execute(
        &format!(
            "UPDATE alert_delivery SET last_error = NULL
            WHERE last_error IS NOT NULL AND alert_id IN (SELECT id FROM alert WHERE {TOLD})"
        ),
        [id],
    )?;
    Ok(gone)
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
                former: account.cdr.settings.former.clone(),
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
