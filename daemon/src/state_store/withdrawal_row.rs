//! A withdrawal and a consent as rows, and back.

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::{column, error::StateError};
use crate::{
    domain::account::{AccountId, CdrState},
    ports::withdrawal::{Confirmation, Consent, ConsentRole, Ground, Notice, Withdrawal},
};

pub(super) fn read(row: &Row<'_>) -> Result<Withdrawal, StateError> {
    let confirmed_at = column::read_optional_instant(row.get("confirmed_at")?)?;
    let confirmation = match (
        row.get::<_, Option<bool>>("intended")?,
        row.get::<_, Option<String>>("confirmed_by")?,
        confirmed_at,
    ) {
        (Some(intended), Some(by), Some(at)) => Some(Confirmation {
            intended,
            by,
            note: row.get("note")?,
            at,
        }),
        _ => None,
    };
    Ok(Withdrawal {
        at: column::read_instant(row.get("at")?)?,
        noticed_by: named("notice", &row.get::<_, String>("noticed_by")?, Notice::parse)?,
        zoom_user_id: row.get("zoom_user_id")?,
        may_keep: row.get("may_keep")?,
        cdr_state: named("CDR state", &row.get::<_, String>("cdr_state")?, CdrState::parse)?,
        settled: row.get("settled")?,
        confirmation,
        not_before: column::read_optional_instant(row.get("not_before")?)?,
        removal_at: column::read_optional_instant(row.get("removal_at")?)?,
        ground: row
            .get::<_, Option<String>>("ground")?
            .map(|text| named("ground", &text, Ground::parse))
            .transpose()?,
        warned_days: row.get("warned_days")?,
        begun_at: column::read_optional_instant(row.get("begun_at")?)?,
        begun_by: row.get("begun_by")?,
        found: row.get("found")?,
        kept: row.get("kept")?,
        certificate: row.get("certificate")?,
    })
}

fn named<T>(what: &'static str, text: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, StateError> {
    parse(text).ok_or_else(|| StateError::damaged(what, text))
}

pub(super) fn one(connection: &Connection, account: &AccountId) -> Result<Option<Withdrawal>, StateError> {
    connection
        .prepare_cached("SELECT * FROM withdrawal WHERE account_id = ?1")?
        .query_row([account.as_str()], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// Inserts or replaces.
pub(super) fn write(connection: &Connection, account: &AccountId, withdrawal: &Withdrawal) -> Result<(), StateError> {
    let confirmation = withdrawal.confirmation.as_ref();
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO withdrawal (account_id, at, noticed_by, zoom_user_id, may_keep, cdr_state, settled,
                intended, confirmed_by, note, confirmed_at, not_before, removal_at, ground, warned_days, begun_at,
                begun_by, found, kept, certificate)
            VALUES (:account_id, :at, :noticed_by, :zoom_user_id, :may_keep, :cdr_state, :settled, :intended,
                :confirmed_by, :note, :confirmed_at, :not_before, :removal_at, :ground, :warned_days, :begun_at,
                :begun_by, :found, :kept, :certificate)",
        )?
        .execute(named_params! {
            ":account_id": account.as_str(),
            ":at": column::instant(withdrawal.at)?,
            ":noticed_by": withdrawal.noticed_by.as_str(),
            ":zoom_user_id": withdrawal.zoom_user_id,
            ":may_keep": withdrawal.may_keep,
            ":cdr_state": withdrawal.cdr_state.as_str(),
            ":settled": withdrawal.settled,
            ":intended": confirmation.map(|said| said.intended),
            ":confirmed_by": confirmation.map(|said| &said.by),
            ":note": confirmation.and_then(|said| said.note.as_ref()),
            ":confirmed_at": column::optional_instant(confirmation.map(|said| said.at))?,
            ":not_before": column::optional_instant(withdrawal.not_before)?,
            ":removal_at": column::optional_instant(withdrawal.removal_at)?,
            ":ground": withdrawal.ground.map(Ground::as_str),
            ":warned_days": withdrawal.warned_days,
            ":begun_at": column::optional_instant(withdrawal.begun_at)?,
            ":begun_by": withdrawal.begun_by,
            ":found": withdrawal.found,
            ":kept": withdrawal.kept,
            ":certificate": withdrawal.certificate,
        })?;
    Ok(())
}

pub(super) fn consents(connection: &Connection, account: &AccountId) -> Result<Vec<Consent>, StateError> {
    let mut statement = connection
        .prepare_cached("SELECT role, uid, user, given_by, letter_sha256, at FROM removal_consent WHERE account_id = ?1 ORDER BY at, role")?;
    let mut rows = statement.query([account.as_str()])?;
    let mut consents = Vec::new();
    while let Some(row) = rows.next()? {
        consents.push(Consent {
            role: named("consent", &row.get::<_, String>(0)?, ConsentRole::parse)?,
            uid: row.get(1)?,
            user: row.get(2)?,
            from: row.get(3)?,
            letter_sha256: row.get(4)?,
            at: column::read_instant(row.get(5)?)?,
        });
    }
    Ok(consents)
}

pub(super) fn add_consent(connection: &Connection, account: &AccountId, consent: &Consent) -> Result<(), StateError> {
    connection.execute(
        "INSERT INTO removal_consent (account_id, role, uid, user, given_by, letter_sha256, at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            account.as_str(),
            consent.role.as_str(),
            consent.uid,
            consent.user,
            consent.from,
            consent.letter_sha256,
            column::instant(consent.at)?,
        ],
    )?;
    Ok(())
}
