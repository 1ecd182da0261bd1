//! Why a verb of CDR processing is refused, in words that end in a next step.

use crate::domain::{
    account::{Account, AccountState},
    command::quoted,
    failure::{Cause, Failure, Fault},
};

pub(super) fn refuse_shared_database(account: &Account, all: &[Account]) -> Result<(), Fault> {
    let taken = |(server, database): Place<'_>, by: String| {
        let message = format!("the database {database} on {server} {by}");
        Fault::new(Cause::Conflict, "database_taken", message)
            .hint("Every account has databases of its own; choose another name.")
    };
    let (primary, archive) = (primary(account), archive(account));
    if let (Some(primary), Some(archive)) = (primary, archive)
        && are_same(primary, archive)
    {
        return Err(taken(archive, "is the account's own primary database".to_owned()));
    }
    for other in all.iter().filter(|other| other.id != account.id) {
        let theirs = self::primary(other);
        let is_theirs = |place: &Place<'_>| theirs.is_some_and(|theirs| are_same(*place, theirs));
        if let Some(place) = [primary, archive].into_iter().flatten().find(is_theirs) {
            return Err(taken(place, format!("belongs to {}", other.name)));
        }
        let is_their_archive = |place: &Place<'_>| self::archive(other).is_some_and(|theirs| are_same(*place, theirs));
        if let Some(place) = primary.filter(is_their_archive) {
            return Err(taken(place, format!("is the archive of {}", other.name)));
        }
    }
    Ok(())
}

/// Server and database.
type Place<'a> = (&'a str, &'a str);

fn primary(account: &Account) -> Option<Place<'_>> {
    account.cdr.server.as_deref().zip(account.cdr.database.as_deref())
}

fn archive(account: &Account) -> Option<Place<'_>> {
    let archive = account.cdr.settings.archive.as_ref()?;
    Some((&archive.server, &archive.database))
}

/// Servers are named as in the configuration; databases whatever their case, as SQL Server does.
fn are_same(one: Place<'_>, other: Place<'_>) -> bool {
    one.0 == other.0 && one.1.to_lowercase() == other.1.to_lowercase()
}

pub(super) fn refuse_withdrawn(account: &Account) -> Result<(), Failure> {
    if account.state.is_withdrawn() {
        Err(blocked(account))
    } else {
        Ok(())
    }
}

pub(super) fn refuse_unauthorized(account: &Account) -> Result<(), Failure> {
    refuse_withdrawn(account)?;
    let authorize = format!("callsyncctl account authorize {}", quoted(&account.name));
    match account.state {
        AccountState::PendingAuthorization => Err(wrong_state(
            "pending_authorization",
            format!("{} has not been authorized yet", account.name),
            authorize,
        )),
        AccountState::ReauthorizationRequired => Err(Fault::new(
            Cause::Reauthorization,
            "reauthorization_required",
            format!(
                "Zoom no longer accepts our access to {}{}",
                account.name,
                account
                    .state_reason
                    .as_ref()
                    .map_or_else(String::new, |reason| format!(": {reason}"))
            ),
        )
        .hint(authorize)
        .into()),
        _ => Ok(()),
    }
}

pub(super) fn blocked(account: &Account) -> Failure {
    Fault::new(
        Cause::Blocked,
        "deauthorized",
        format!("{} is {}; nothing is collected or served", account.name, account.state),
    )
    .hint(format!("callsyncctl account show {}", quoted(&account.name)))
    .into()
}

pub(super) fn wrong_state(code: &'static str, message: String, hint: String) -> Failure {
    Fault::new(Cause::WrongState, code, message).hint(hint).into()
}

pub(super) fn text(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or("none")
}
