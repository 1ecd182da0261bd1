//! An account as a row, and back.

use rusqlite::{Connection, OptionalExtension, Row, named_params};
use secrecy::{ExposeSecret, SecretString};

use super::{column, error::StateError, seal::Seal, settings_json};
use crate::domain::account::{
    Account, AccountId, AccountState, AuthKind, AuthorizedBy, Cdr, CdrState, PendingAuthorization,
};

const VERIFIER: &str = "authorization verifier";

const SELECT: &str = "SELECT account.*, enterprise_group.name AS group_name
    FROM account JOIN enterprise_group ON enterprise_group.name_key = account.group_key";

/// Which account.
pub(super) enum By<'a> {
    Name(&'a str),
    Id(&'a AccountId),
}

pub(super) fn all(connection: &Connection, seal: &Seal) -> Result<Vec<Account>, StateError> {
    let mut statement = connection.prepare_cached(&format!("{SELECT} ORDER BY account.name_key"))?;
    let mut rows = statement.query([])?;
    let mut accounts = Vec::new();
    while let Some(row) = rows.next()? {
        accounts.push(read(row, seal)?);
    }
    Ok(accounts)
}

pub(super) fn one(connection: &Connection, seal: &Seal, by: &By<'_>) -> Result<Option<Account>, StateError> {
    let (condition, value) = match by {
        By::Name(name) => ("account.name_key", column::key(name)),
        By::Id(id) => ("account.id", id.0.clone()),
    };
    let mut statement = connection.prepare_cached(&format!("{SELECT} WHERE {condition} = ?1"))?;
    statement
        .query_row([value], |row| Ok(read(row, seal)))
        .optional()?
        .transpose()
}

fn read(row: &Row<'_>, seal: &Seal) -> Result<Account, StateError> {
    let id: String = row.get("id")?;
    let named = |column: &'static str| row.get::<_, String>(column);
    let pending = match (
        row.get::<_, Option<String>>("pending_url")?,
        row.get::<_, Option<String>>("pending_state")?,
        row.get::<_, Option<Vec<u8>>>("sealed_pending_verifier")?,
        row.get::<_, Option<i64>>("pending_expires_at")?,
    ) {
        (Some(url), Some(state), Some(sealed), Some(expires_at)) => Some(PendingAuthorization {
            url,
            state,
            verifier: seal.open(&id, VERIFIER, &sealed)?.expose_secret().to_owned(),
            expires_at: column::read_instant(expires_at)?,
        }),
        _ => None,
    };
    let authorized_by = match (
        row.get::<_, Option<String>>("authorized_by_user_id")?,
        row.get::<_, Option<String>>("authorized_by_email")?,
        row.get::<_, Option<String>>("authorized_by_role")?,
    ) {
        (Some(user_id), Some(email), Some(role)) => Some(AuthorizedBy { user_id, email, role }),
        _ => None,
    };
    Ok(Account {
        name: row.get("name")?,
        group: row.get("group_name")?,
        auth: parse("auth", &named("auth")?, AuthKind::parse)?,
        state: parse("account state", &named("state")?, AccountState::parse)?,
        state_reason: row.get("state_reason")?,
        zoom_account_id: row.get("zoom_account_id")?,
        account_number: row.get("account_number")?,
        authorized_by,
        granted_scopes: serde_json::from_str(&named("granted_scopes")?)
            .map_err(|error| StateError::damaged("scopes", error))?,
        pending,
        cdr: Cdr {
            state: parse("CDR state", &named("cdr_state")?, CdrState::parse)?,
            server: row.get("cdr_server")?,
            database: row.get("cdr_database")?,
            settings: settings_json::read(&named("cdr_settings")?)?,
            lists_all: row.get("cdr_lists_all")?,
        },
        created_at: column::read_instant(row.get("created_at")?)?,
        id: AccountId(id),
    })
}

fn parse<T>(what: &'static str, text: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, StateError> {
    parse(text).ok_or_else(|| StateError::damaged(what, text))
}

/// Inserts the account or replaces what is kept of it. The group exists; uniqueness has been judged.
pub(super) fn write(connection: &Connection, seal: &Seal, account: &Account) -> Result<(), StateError> {
    let pending = account.pending.as_ref();
    let verifier = pending
        .map(|pending| {
            seal.seal(
                account.id.as_str(),
                VERIFIER,
                &SecretString::from(pending.verifier.as_str()),
            )
        })
        .transpose()?;
    let by = account.authorized_by.as_ref();
    let scopes =
        serde_json::to_string(&account.granted_scopes).map_err(|error| StateError::damaged("scopes", error))?;
    let archive = account.cdr.settings.archive.as_ref();
    connection
        .prepare_cached(
            "INSERT INTO account (id, name_key, name, group_key, auth, state, state_reason, zoom_account_id,
                account_number, authorized_by_user_id, authorized_by_email, authorized_by_role, granted_scopes,
                pending_url, pending_state, sealed_pending_verifier, pending_expires_at, cdr_state, cdr_server,
                cdr_database, cdr_server_key, cdr_database_key, cdr_archive_server_key, cdr_archive_database_key,
                cdr_settings, cdr_lists_all, created_at)
            VALUES (:id, :name_key, :name, :group_key, :auth, :state, :state_reason, :zoom_account_id,
                :account_number, :by_user_id, :by_email, :by_role, :scopes, :pending_url, :pending_state, :verifier,
                :pending_expires_at, :cdr_state, :server, :database, :server_key, :database_key, :archive_server_key,
                :archive_database_key, :settings, :lists_all, :created_at)
            ON CONFLICT (id) DO UPDATE SET name_key = excluded.name_key, name = excluded.name,
                group_key = excluded.group_key, auth = excluded.auth, state = excluded.state,
                state_reason = excluded.state_reason, zoom_account_id = excluded.zoom_account_id,
                account_number = excluded.account_number, authorized_by_user_id = excluded.authorized_by_user_id,
                authorized_by_email = excluded.authorized_by_email, authorized_by_role = excluded.authorized_by_role,
                granted_scopes = excluded.granted_scopes, pending_url = excluded.pending_url,
                pending_state = excluded.pending_state, sealed_pending_verifier = excluded.sealed_pending_verifier,
                pending_expires_at = excluded.pending_expires_at, cdr_state = excluded.cdr_state,
                cdr_server = excluded.cdr_server, cdr_database = excluded.cdr_database,
                cdr_server_key = excluded.cdr_server_key, cdr_database_key = excluded.cdr_database_key,
                cdr_archive_server_key = excluded.cdr_archive_server_key,
                cdr_archive_database_key = excluded.cdr_archive_database_key, cdr_settings = excluded.cdr_settings,
                cdr_lists_all = excluded.cdr_lists_all, created_at = excluded.created_at",
        )?
        .execute(named_params! {
            ":id": account.id.as_str(),
            ":name_key": column::key(&account.name),
            ":name": account.name,
            ":group_key": column::key(&account.group),
            ":auth": account.auth.as_str(),
            ":state": account.state.as_str(),
            ":state_reason": account.state_reason,
            ":zoom_account_id": account.zoom_account_id,
            ":account_number": account.account_number,
            ":by_user_id": by.map(|by| &by.user_id),
            ":by_email": by.map(|by| &by.email),
            ":by_role": by.map(|by| &by.role),
            ":scopes": scopes,
            ":pending_url": pending.map(|pending| &pending.url),
            ":pending_state": pending.map(|pending| &pending.state),
            ":verifier": verifier,
            ":pending_expires_at": column::optional_instant(pending.map(|pending| pending.expires_at))?,
            ":cdr_state": account.cdr.state.as_str(),
            ":server": account.cdr.server,
            ":database": account.cdr.database,
            ":server_key": account.cdr.server.as_deref().map(column::key),
            ":database_key": account.cdr.database.as_deref().map(column::key),
            ":archive_server_key": archive.map(|archive| column::key(&archive.server)),
            ":archive_database_key": archive.map(|archive| column::key(&archive.database)),
            ":settings": settings_json::write(&account.cdr.settings)?,
            ":lists_all": account.cdr.lists_all,
            ":created_at": column::instant(account.created_at)?,
        })?;
    Ok(())
}
