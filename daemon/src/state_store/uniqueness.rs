//! What two accounts may not have in common: a name, a Zoom account, a primary database.

use rusqlite::{Connection, OptionalExtension, params};

use super::{column, error::StateError};
use crate::domain::{
    account::Account,
    failure::{Cause, Fault},
};

/// Judges an account that is about to be written against all others.
///
/// # Errors
/// `Cause::Conflict` with codes `account_exists`, `zoom_account_taken`, `database_taken`; `Cause::NotFound`,
/// `group_not_found`.
pub(super) fn judge(connection: &Connection, account: &Account) -> Result<(), StateError> {
    if !group_exists(connection, &account.group)? {
        return Err(group_not_found(&account.group).into());
    }
    let id = account.id.as_str();
    let other = |condition: &str, values: &[&dyn rusqlite::ToSql]| -> Result<Option<String>, StateError> {
        let text = format!("SELECT name FROM account WHERE id <> ?1 AND {condition} LIMIT 1");
        Ok(connection
            .prepare_cached(&text)?
            .query_row(values, |row| row.get(0))
            .optional()?)
    };
    if let Some(name) = other("name_key = ?2", params![id, column::key(&account.name)])? {
        return Err(account_exists(&name).into());
    }
    if let Some(zoom_id) = &account.zoom_account_id
        && let Some(name) = other("zoom_account_id = ?2", params![id, zoom_id])?
    {
        let message = format!("this Zoom account is already connected as \"{name}\"");
        let hint = format!("use that one: callsyncctl account show \"{name}\"");
        return Err(Fault::new(Cause::Conflict, "zoom_account_taken", message)
            .hint(hint)
            .into());
    }
    let primary = account.cdr.server.as_ref().zip(account.cdr.database.as_ref());
    let archive = account
        .cdr
        .settings
        .archive
        .as_ref()
        .map(|archive| (&archive.server, &archive.database));
    if let Some((server, database)) = primary {
        let values = params![id, column::key(server), column::key(database)];
        if let Some(name) = other("cdr_server_key = ?2 AND cdr_database_key = ?3", values)? {
            return Err(taken(server, database, &format!("holds the calls of \"{name}\"")).into());
        }
        if let Some(name) = other("cdr_archive_server_key = ?2 AND cdr_archive_database_key = ?3", values)? {
            return Err(taken(server, database, &format!("is the archive of \"{name}\"")).into());
        }
    }
    if let Some((server, database)) = archive {
        let same = |(other_server, other_database): (&String, &String)| {
            column::key(server) == column::key(other_server) && column::key(database) == column::key(other_database)
        };
        if primary.is_some_and(same) {
            return Err(taken(server, database, "is the account's own primary database").into());
        }
        let values = params![id, column::key(server), column::key(database)];
        if let Some(name) = other("cdr_server_key = ?2 AND cdr_database_key = ?3", values)? {
            return Err(taken(server, database, &format!("holds the calls of \"{name}\"")).into());
        }
    }
    Ok(())
}

fn taken(server: &str, database: &str, by: &str) -> Fault {
    Fault::new(
        Cause::Conflict,
        "database_taken",
        format!("the database {database} on {server} {by}"),
    )
    .hint("choose another database name: each account has its own")
}

pub(super) fn account_exists(name: &str) -> Fault {
    Fault::new(
        Cause::Conflict,
        "account_exists",
        format!("there is already an account \"{name}\""),
    )
    .hint(format!(
        "choose another name, or see it: callsyncctl account show \"{name}\""
    ))
}

pub(super) fn account_not_found(name: &str) -> Fault {
    Fault::new(
        Cause::NotFound,
        "account_not_found",
        format!("there is no account \"{name}\""),
    )
    .hint("see which there are: callsyncctl account list")
}

pub(super) fn group_not_found(name: &str) -> Fault {
    Fault::new(
        Cause::NotFound,
        "group_not_found",
        format!("there is no enterprise group \"{name}\""),
    )
    .hint(format!(
        "add it: callsyncctl group add \"{name}\"; or see which there are: callsyncctl group list"
    ))
}

pub(super) fn group_exists(connection: &Connection, name: &str) -> Result<bool, StateError> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT 1 FROM enterprise_group WHERE name_key = ?1")?
        .query_row([column::key(name)], |row| row.get(0))
        .optional()?;
    Ok(found.is_some())
}

/// What hangs on an account cannot be kept once it is removed.
pub(super) fn require_account(connection: &Connection, id: &str) -> Result<(), StateError> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT 1 FROM account WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    if found.is_some() {
        Ok(())
    } else {
        Err(account_not_found(id).into())
    }
}
