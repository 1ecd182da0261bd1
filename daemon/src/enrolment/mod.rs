//! Enrolment: enterprise groups, and accounts from "added" to "connected". Use cases over ports; nothing of HTTP here.
//!
//! Every function that changes something takes `dry_run`: all checks are made, nothing is stored.

mod account;
mod authorize;
mod connect;
mod group;
mod hand_over;
mod name;
mod redirect;
#[cfg(test)]
pub(crate) mod tests;
mod upkeep;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;

pub use self::{
    account::{NewAccount, TestReport},
    group::GroupChange,
    name::{check_email, check_name},
    upkeep::TokenUpkeep,
};
use crate::{
    domain::{
        account::{Account, AccountId},
        clock::SharedClock,
        command::quoted,
        failure::{Cause, Fault, Outcome},
    },
    ports::{
        state::{AuditLog, Registry},
        zoom::{ZoomData, ZoomOAuth},
    },
};

/// Whether an account still holds collected data, so that only lawful removal may take it away.
#[async_trait]
pub trait HeldData: Send + Sync {
    /// True when at least one call or directory row is stored for the account, or when that cannot be told.
    async fn holds_data(&self, account: &Account) -> Outcome<bool>;
}

/// The use cases around groups and accounts.
pub struct Enrolment {
    registry: Arc<dyn Registry>,
    oauth: Arc<dyn ZoomOAuth>,
    zoom: Arc<dyn ZoomData>,
    held: Arc<dyn HeldData>,
    audit: Arc<dyn AuditLog>,
    clock: SharedClock,
    /// One authorization at a time for each account: a code is single-use, and a failed attempt replaces the URL that
    /// a second attempt would still be checking.
    turns: Mutex<HashMap<AccountId, Arc<tokio::sync::Mutex<()>>>>,
}

impl Enrolment {
    /// Use cases over these ports.
    #[must_use]
    pub fn new(
        registry: Arc<dyn Registry>,
        oauth: Arc<dyn ZoomOAuth>,
        zoom: Arc<dyn ZoomData>,
        held: Arc<dyn HeldData>,
        audit: Arc<dyn AuditLog>,
        clock: SharedClock,
    ) -> Self {
        Self {
            registry,
            oauth,
            zoom,
            held,
            audit,
            clock,
            turns: Mutex::default(),
        }
    }

    fn turn(&self, account: &AccountId) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(account.clone()).or_default())
    }

    fn forget_turn(&self, account: &AccountId) {
        self.turns
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(account);
    }
}

/// Refuses what only accounts with consent may do.
fn refuse_withdrawn(account: &Account) -> Result<(), Fault> {
    if account.state.is_withdrawn() {
        return Err(Fault::new(
            Cause::Blocked,
            "deauthorized",
            format!(
                "The account \"{}\" is {}: the organisation withdrew its consent.",
                account.name, account.state
            ),
        )
        .hint(format!(
            "Authorize it again with callsyncctl account authorize {}, or see callsyncctl account show {}.",
            quoted(&account.name),
            quoted(&account.name)
        )));
    }
    Ok(())
}
