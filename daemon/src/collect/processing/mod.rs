//! CDR processing of an account: choosing the database and creating it; switching on and asking for work are beside.

mod activation;
mod completeness;
mod leaving;
mod refusal;
mod work;

use std::sync::Arc;

use self::refusal::{refuse_shared_database, refuse_withdrawn, text, wrong_state};
pub use self::{
    activation::{Activation, Missed},
    work::Plan,
};
use super::{ledger::reconcile::Asked, outlook::outlook, settings::Wanted, snapshot::CdrSnapshot};
use crate::{
    domain::{
        account::{Account, CdrState},
        clock::SharedClock,
        command::quoted,
        failure::{Cause, Failure, Fault, Outcome},
    },
    ports::{
        jobs::{Alarm, JobQueue},
        primary::{Primary, location},
        records::{Created, Owner, Summary},
        state::{ActivityBook, JobKind, Registry},
        zoom::ZoomData,
    },
};

/// The verbs of `callsyncctl cdr`. Cheap to clone.
#[derive(Clone)]
pub struct Processing {
    /// Accounts.
    pub registry: Arc<dyn Registry>,
    /// Primary databases.
    pub primary: Primary,
    /// Zoom.
    pub zoom: Arc<dyn ZoomData>,
    /// Attempts and errors.
    pub activity: Arc<dyn ActivityBook>,
    /// The queue.
    pub jobs: Arc<dyn JobQueue>,
    /// Due times.
    pub alarm: Arc<dyn Alarm>,
    /// Spans that people ask to be compared.
    pub asked: Asked,
    /// The clock.
    pub clock: SharedClock,
}

impl Processing {
    /// Checks the wanted settings as a whole and saves them as a whole.
    ///
    /// # Errors
    /// Something is wrong; then nothing is saved.
    pub async fn set(&self, name: &str, wanted: Wanted, dry_run: bool) -> Outcome<Account> {
        let account = self.registry.account(name).await?;
        refuse_withdrawn(&account)?;
        let mut after = account.clone();
        wanted.apply(&mut after)?;
        let (server, database) = location(&after)?;
        self.primary.servers().check_name(server, database)?;
        if let Some(archive) = &after.cdr.settings.archive {
            self.primary.servers().check_name(&archive.server, &archive.database)?;
        }
        let others = self.registry.accounts().await?;
        refuse_shared_database(&after, &others)?;
        let moves = (&account.cdr.server, &account.cdr.database) != (&after.cdr.server, &after.cdr.database);
        if moves && account.cdr.state == CdrState::Active {
            return Err(wrong_state(
                "cdr_active",
                format!(
                    "{name} is collecting into {}/{}",
                    text(&account.cdr.server),
                    text(&account.cdr.database)
                ),
                format!(
                    "callsyncctl cdr deactivate {}, then set the other database",
                    quoted(name)
                ),
            ));
        }
        if moves || after.cdr.state == CdrState::Unconfigured {
            after.cdr.state = CdrState::Configured;
        }
        self.leave(&account, &mut after).await?;
        let switched_off = !after.cdr.settings.enabled && after.cdr.state == CdrState::Active;
        if switched_off {
            after.cdr.state = CdrState::Paused;
        }
        if dry_run {
            return Ok(after);
        }
        let cdr = after.cdr.clone();
        let before = account.cdr.clone();
        let saved = self
            .registry
            .change_account(
                &account.id,
                Box::new(move |account| {
                    if account.cdr != before {
                        return Err(Fault::new(
                            Cause::Conflict,
                            "changed_meanwhile",
                            "somebody else changed these settings just now",
                        )
                        .hint("Look at them with callsyncctl cdr show and try again."));
                    }
                    account.cdr = cdr;
                    Ok(())
                }),
            )
            .await?;
        if switched_off {
            self.rest(&saved).await?;
        } else if saved.cdr.state == CdrState::Active {
            self.arm(&saved).await;
            if !account.cdr.settings.elements && saved.cdr.settings.elements {
                self.primary.open(&saved).await?.queue_missing_elements().await?;
                self.alarm.at(&saved.id, JobKind::Elements, self.clock.now());
            }
        }
        Ok(saved)
    }

    /// The statements that create the account's database.
    ///
    /// # Errors
    /// No database is chosen.
    pub async fn ddl(&self, name: &str) -> Outcome<(Account, String)> {
        let account = self.registry.account(name).await?;
        let (server, database) = location(&account)?;
        let ddl = self.primary.servers().ddl(server, database)?;
        Ok((account, ddl))
    }

    /// Creates the account's database, or finds that it is there.
    ///
    /// # Errors
    /// No database is chosen, it is somebody else's, or the server failed.
    pub async fn create_database(&self, name: &str, adopt: bool) -> Outcome<(Account, Created)> {
        let account = self.registry.account(name).await?;
        refuse_withdrawn(&account)?;
        let (server, database) = location(&account)?;
        let owner = Owner {
            account: account.id.clone(),
            zoom_account_id: account.zoom_account_id.clone(),
        };
        let created = self.primary.servers().create(server, database, &owner, adopt).await?;
        let account = self
            .registry
            .change_account(
                &account.id,
                Box::new(|account| {
                    if account.cdr.state == CdrState::Configured {
                        account.cdr.state = CdrState::DatabaseReady;
                    }
                    Ok(())
                }),
            )
            .await?;
        Ok((account, created))
    }

    /// What `cdr show` tells. Waits for the database at most as long as the caller bounds it.
    ///
    /// # Errors
    /// The state store does not answer.
    pub async fn snapshot(&self, account: &Account) -> Outcome<CdrSnapshot> {
        let polls = self.activity.activity(&account.id, JobKind::Cdr).await?;
        let has_database = matches!(
            account.cdr.state,
            CdrState::DatabaseReady | CdrState::Active | CdrState::Paused | CdrState::Blocked
        );
        let summary = if has_database {
            Some(self.summary(account).await)
        } else {
            None
        };
        let outlook = match &summary {
            Some(Ok(known)) => {
                let quota = self.zoom.quota(&account.id).await;
                Some(outlook(known, &quota, self.clock.now()))
            }
            _ => None,
        };
        Ok(CdrSnapshot {
            account: account.clone(),
            polls,
            summary,
            outlook,
        })
    }

    async fn summary(&self, account: &Account) -> Result<Summary, Fault> {
        let read = async { self.primary.open(account).await?.summary().await };
        read.await.map_err(|failure: Failure| {
            failure
                .fault()
                .cloned()
                .unwrap_or_else(|| Fault::new(Cause::Database, "database_unavailable", failure.to_string()))
        })
    }
}
