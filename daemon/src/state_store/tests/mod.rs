//! Promises of the state store.

mod alert_model;
mod alerts;
mod audit;
mod books;
mod crash;
mod journal;
mod opening;
mod registry;
mod vault;

use std::path::Path;

use jiff::Timestamp;

use super::{StateDirectory, StateStore};
use crate::{
    config::MasterKey,
    domain::{
        account::{Account, AccountId, AccountState, AuthKind, Cdr, CdrState},
        failure::{Failure, Fault, Outcome},
        settings::CdrSettings,
    },
    ports::state::{Group, Registry},
};

pub(super) fn key() -> MasterKey {
    MasterKey::from_bytes([7; 32])
}

pub(super) fn open(path: &Path) -> StateStore {
    let directory = StateDirectory::lock(path).expect("locked");
    StateStore::open(directory, &key()).expect("opened")
}

pub(super) fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub(super) fn group(name: &str) -> Group {
    Group {
        name: name.to_owned(),
        main_contact: None,
        technical_contact: None,
        security_contact: None,
        term_end: None,
        created_at: time("2026-01-01T00:00:00Z"),
    }
}

pub(super) fn id(text: &str) -> AccountId {
    AccountId(text.to_owned())
}

pub(super) fn account(id_text: &str, name: &str) -> Account {
    Account {
        id: id(id_text),
        name: name.to_owned(),
        group: "Sales".to_owned(),
        auth: AuthKind::OAuth,
        state: AccountState::PendingAuthorization,
        state_reason: None,
        zoom_account_id: None,
        account_number: None,
        authorized_by: None,
        granted_scopes: Vec::new(),
        pending: None,
        cdr: Cdr {
            state: CdrState::Unconfigured,
            server: None,
            database: None,
            settings: CdrSettings::default(),
            lists_all: None,
        },
        created_at: time("2026-01-01T00:00:00Z"),
    }
}

/// A store with the group "Sales".
pub(super) async fn with_group(path: &Path) -> StateStore {
    let store = open(path);
    store.add_group(group("Sales")).await.expect("added");
    store
}

pub(super) fn fault<T: std::fmt::Debug>(outcome: Outcome<T>) -> Fault {
    match outcome {
        Err(Failure::Permanent(fault)) => fault,
        other => panic!("a permanent failure is expected, not {other:?}"),
    }
}

pub(super) fn code<T: std::fmt::Debug>(outcome: Outcome<T>) -> &'static str {
    let fault = fault(outcome);
    assert!(!fault.hint.is_empty(), "{fault:?}");
    fault.code
}
