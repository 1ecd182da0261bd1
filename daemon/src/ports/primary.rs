//! From an account to its open databases: the primary one, and those beside it.

use std::sync::Arc;

use super::{
    records::{RecordServers, RecordStore},
    state::Registry,
};
use crate::domain::{
    account::{Account, AccountId, CdrState},
    command::quoted,
    failure::{Cause, Failure, Fault, Outcome},
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

    /// The database of the account with this id, whatever the state of processing.
    ///
    /// # Errors
    /// Code `cdr_unconfigured`, or the database does not open.
    pub async fn of(&self, id: &AccountId) -> Outcome<Arc<dyn RecordStore>> {
        self.open(&self.registry.account_by_id(id).await?).await
    }

    /// The database of an account, whatever the state of processing.
    ///
    /// # Errors
    /// Code `cdr_unconfigured`, or the database does not open.
    pub async fn open(&self, account: &Account) -> Outcome<Arc<dyn RecordStore>> {
        let (server, database) = location(account)?;
        let opened = self.servers.open(server, database, &account.id).await;
        opened.map_err(|failure| match failure.fault() {
            // To the account it is a database that does not answer, not a name that somebody mistyped.
            Some(fault) if fault.code == "server_not_found" => {
                let message = format!("the configuration names no database server \"{server}\" any more");
                Fault::new(Cause::Database, "server_not_configured", message)
                    .hint("name it again below servers: in the configuration; then: systemctl reload callsyncd")
                    .into()
            }
            _ => failure,
        })
    }

    /// Databases that others took the place of, as far as they can be reached and are still the account's.
    ///
    /// # Errors
    /// One does not answer.
    pub async fn former(&self, account: &Account) -> Outcome<Vec<Arc<dyn RecordStore>>> {
        self.open_each(account, former(account), is_out_of_reach).await
    }

    /// Every database of an account that can be reached, the primary first.
    ///
    /// # Errors
    /// One does not answer.
    pub async fn reachable(&self, account: &Account) -> Outcome<Vec<Arc<dyn RecordStore>>> {
        self.open_each(account, databases(account), is_out_of_reach).await
    }

    /// Every database of an account that is there, the primary first.
    ///
    /// # Errors
    /// One does not answer, or its server is not configured any more.
    pub async fn all(&self, account: &Account) -> Outcome<Vec<Arc<dyn RecordStore>>> {
        self.open_each(account, databases(account), is_gone).await
    }

    async fn open_each<'a>(
        &self,
        account: &Account,
        places: impl Iterator<Item = (&'a str, &'a str)> + Send,
        is_left_out: fn(&Failure) -> bool,
    ) -> Outcome<Vec<Arc<dyn RecordStore>>> {
        let mut stores = Vec::new();
        for (server, database) in places {
            match self.servers.open(server, database, &account.id).await {
                Ok(store) => stores.push(store),
                Err(failure) if is_left_out(&failure) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(stores)
    }
}

/// Server and database of everything that is, or was, an account's: the primary one, the archive, former ones.
pub fn databases(account: &Account) -> impl Iterator<Item = (&str, &str)> {
    let primary = account.cdr.server.as_deref().zip(account.cdr.database.as_deref());
    let settings = &account.cdr.settings;
    let archive = settings
        .archive
        .iter()
        .map(|archive| (archive.server.as_str(), archive.database.as_str()));
    primary.into_iter().chain(archive).chain(former(account))
}

fn former(account: &Account) -> impl Iterator<Item = (&str, &str)> {
    let places = account.cdr.settings.former.iter();
    places.map(|place| (place.server.as_str(), place.database.as_str()))
}

/// Nobody configures a server that is no longer there only to have a person erased on it.
fn is_out_of_reach(failure: &Failure) -> bool {
    is_gone(failure) || failure.fault().is_some_and(|fault| fault.code == "server_not_found")
}

/// Whether there is no database of the account: never made, moved away, or somebody else's.
#[must_use]
pub fn is_gone(failure: &Failure) -> bool {
    failure
        .fault()
        .is_some_and(|fault| matches!(fault.code, "database_missing" | "database_taken" | "foreign_database"))
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
