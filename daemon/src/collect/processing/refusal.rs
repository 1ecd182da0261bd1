//! Why a verb of CDR processing is refused, in words that end in a next step.

use crate::domain::{
    account::{Account, AccountState},
    command::quoted,
    failure::{Cause, Failure, Fault},
};

pub(super) fn refuse_shared_database(account: &Account, all: &[Account]) -> Result<(), Fault> {
    let same = |other: &&Account| {
        let fold = |text: &Option<String>| text.as_ref().map(|text| text.to_lowercase());
        other.id != account.id
            && other.cdr.database.is_some()
            && other.cdr.server == account.cdr.server
            && fold(&other.cdr.database) == fold(&account.cdr.database)
    };
    match all.iter().find(same) {
        None => Ok(()),
        Some(other) => Err(Fault::new(
            Cause::Conflict,
            "database_taken",
            format!(
                "the database {} on {} belongs to {}",
                text(&account.cdr.database),
                text(&account.cdr.server),
                other.name
            ),
        )
        .hint("Every account has a primary database of its own; choose another name.")),
    }
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
