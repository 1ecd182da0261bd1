//! The life of collected data: what grows old is purged or archived, what is held stays, a person is found and erased.

pub mod archive;
mod aside;
pub mod blank;
pub mod both;
pub mod erase;
pub mod forgetful;
pub mod holds;
mod kept;
mod mention;
pub mod pace;
pub mod purge;
pub mod purging;
pub mod restore;
pub mod subject;
mod transfer;

use std::sync::Arc;

use crate::{
    domain::{
        account::{Account, AccountId},
        clock::SharedClock,
        command::quoted,
        failure::{Cause, Failure, Fault, Outcome},
        retention::Extent,
    },
    ports::{
        jobs::JobQueue,
        primary::Primary,
        records::{Owner, RecordStore},
        retention::{ErasureBook, HoldBook, OwnHistory},
        state::Registry,
    },
};

/// The verbs of `callsyncctl purge`, `archive`, `hold` and `subject`. Cheap to clone.
#[derive(Clone)]
pub struct Retention {
    /// Accounts.
    pub registry: Arc<dyn Registry>,
    /// Primary databases.
    pub primary: Primary,
    /// Holds.
    pub holds: Arc<dyn HoldBook>,
    /// Persons who were erased.
    pub erasures: Arc<dyn ErasureBook>,
    /// What the daemon remembers of past work.
    pub history: Arc<dyn OwnHistory>,
    /// The queue.
    pub jobs: Arc<dyn JobQueue>,
    /// The clock.
    pub clock: SharedClock,
}

/// An account's databases.
pub struct Databases {
    /// Where collected calls are.
    pub primary: Arc<dyn RecordStore>,
    /// Where old calls are; absent when none is configured or it was never made.
    pub archive: Option<Arc<dyn RecordStore>>,
    /// Databases that others took the place of.
    pub former: Vec<Arc<dyn RecordStore>>,
}

impl Databases {
    /// All of them, the primary first.
    pub fn all(&self) -> impl Iterator<Item = &Arc<dyn RecordStore>> {
        std::iter::once(&self.primary).chain(&self.archive).chain(&self.former)
    }
}

impl Retention {
    /// The databases of an account.
    ///
    /// # Errors
    /// One does not open. An archive that was never made counts as none.
    pub async fn databases(&self, account: &Account) -> Outcome<Databases> {
        Ok(Databases {
            primary: self.primary.open(account).await?,
            archive: self.archive(account).await?,
            former: self.primary.former(account).await?,
        })
    }

    /// The archive of an account, when it has one.
    ///
    /// # Errors
    /// It does not open, or is somebody else's.
    pub async fn archive(&self, account: &Account) -> Outcome<Option<Arc<dyn RecordStore>>> {
        let Some(archive) = &account.cdr.settings.archive else {
            return Ok(None);
        };
        let opened = self
            .primary
            .servers()
            .open(&archive.server, &archive.database, &account.id)
            .await;
        match opened {
            Ok(store) => Ok(Some(store)),
            Err(failure) if failure.fault().is_some_and(|fault| fault.code == "database_missing") => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// The archive of an account; made when it is not there.
    ///
    /// # Errors
    /// None is configured, it cannot be made, or is somebody else's.
    pub async fn make_archive(&self, account: &Account) -> Outcome<Arc<dyn RecordStore>> {
        let Some(archive) = &account.cdr.settings.archive else {
            return Err(no_archive(account));
        };
        let owner = Owner {
            account: account.id.clone(),
            zoom_account_id: account.zoom_account_id.clone(),
        };
        let servers = self.primary.servers();
        servers
            .create(&archive.server, &archive.database, &owner, false)
            .await?;
        servers.open(&archive.server, &archive.database, &account.id).await
    }

    /// An account whose data may be worked on.
    ///
    /// # Errors
    /// `Cause::Blocked` while the organisation has withdrawn its consent, or there is no such account.
    pub async fn workable(&self, id: &AccountId) -> Outcome<Account> {
        let account = self.registry.account_by_id(id).await?;
        refuse_withdrawn(&account)?;
        Ok(account)
    }

    /// What holds of an account cover now.
    ///
    /// # Errors
    /// The state store does not answer: then nothing may be deleted.
    pub async fn extents(&self, id: &AccountId) -> Outcome<Vec<Extent>> {
        let holds = self.holds.holds(Some(id)).await?;
        Ok(holds.into_iter().map(|hold| hold.extent).collect())
    }
}

/// While an account is deauthorized nothing is purged, archived or served.
pub(crate) fn refuse_withdrawn(account: &Account) -> Result<(), Failure> {
    if !account.state.is_withdrawn() {
        return Ok(());
    }
    let message = format!("{} is {}; its data is left as it is", account.name, account.state);
    Err(Fault::new(Cause::Blocked, "deauthorized", message)
        .hint(format!("callsyncctl account show {}", quoted(&account.name)))
        .into())
}

fn no_archive(account: &Account) -> Failure {
    let message = format!("{} has no archive", account.name);
    Fault::new(Cause::WrongState, "archive_unconfigured", message)
        .hint(format!(
            "callsyncctl cdr set {} --archive-server SERVER --archive-database DATABASE --archive-after 365d",
            quoted(&account.name)
        ))
        .into()
}
