//! From an account to its open primary database.

use std::sync::Arc;

use super::{
    records::{RecordServers, RecordStore},
    state::Registry,
};
use crate::domain::{
    account::{Account, AccountId, CdrState},
    command::quoted,
    failure::{Cause, Fault, Outcome},
};

/// The primary databases of all accounts. Cheap to clone.
#[derive(Clone)]
pub struct Primary {
    registry: Arc<dyn Registry>,
    servers: Arc<dyn RecordServers>,
}

impl Primary {
    /// Over the registry of accounts and the configured servers.
    #[must_use]
    pub fn new(registry: Arc<dyn Registry>, servers: Arc<dyn RecordServers>) -> Self {
        Self { registry, servers }
    }

    /// The configured servers.
    #[must_use]
    pub fn servers(&self) -> &Arc<dyn RecordServers> {
        &self.servers
    }

    /// The account and its database, for work that collects: processing must be active.
    ///
    /// # Errors
    /// Code `cdr_not_active`, or the database does not open.
    pub async fn active(&self, id: &AccountId) -> Outcome<(Account, Arc<dyn RecordStore>)> {
        let account = self.registry.account_by_id(id).await?;
        if account.cdr.state != CdrState::Active {
            return Err(Fault::new(
                Cause::WrongState,
                "cdr_not_active",
                format!(
                    "CDR processing of {} is {}, not active",
                    account.name, account.cdr.state
                ),
            )
            .hint(format!("callsyncctl cdr activate {}", quoted(&account.name)))
            .into());
        }
        let store = self.open(&account).await?;
        Ok((account, store))
    }

    /// The database of an account, whatever the state of processing.
    ///
    /// # Errors
    /// Code `cdr_unconfigured`, or the database does not open.
    pub async fn open(&self, account: &Account) -> Outcome<Arc<dyn RecordStore>> {
        let (server, database) = location(account)?;
        self.servers.open(server, database, &account.id).await
    }
}

/// Server and database of an account.
///
/// # Errors
/// Code `cdr_unconfigured`.
pub fn location(account: &Account) -> Outcome<(&str, &str)> {
    match (&account.cdr.server, &account.cdr.database) {
        (Some(server), Some(database)) => Ok((server, database)),
        _ => Err(Fault::new(
            Cause::WrongState,
            "cdr_unconfigured",
            format!("{} has no database yet", account.name),
        )
        .hint(format!(
            "callsyncctl cdr set {} --server SERVER --database DATABASE --enable",
            quoted(&account.name)
        ))
        .into()),
    }
}
