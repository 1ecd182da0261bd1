//! Errands: what events asked for and could not be done at once, done until it is done.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        account::{Account, AccountId, CdrState},
        failure::{Cause, Failure, Outcome},
    },
    ports::{
        primary::Primary,
        records::{Gone, RecordStore},
        state::Registry,
        webhook::{Entry, Errand, WebhookBook},
    },
    removal::Removal,
};

/// What waits is looked at this often, because a database may be back.
const EVERY: Duration = Duration::from_secs(60);
/// Errands looked at in one round.
const AT_ONCE: usize = 200;

/// What becomes of records that were deleted at Zoom.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Deletions {
    /// They stay, marked.
    #[default]
    Keep,
    /// They go.
    Delete,
}

/// Does errands.
pub struct Errands {
    /// What waits.
    pub book: Arc<dyn WebhookBook>,
    /// Accounts.
    pub registry: Arc<dyn Registry>,
    /// Their databases.
    pub primary: Primary,
    /// De-authorization.
    pub removal: Removal,
    /// The policy.
    pub deletions: Deletions,
    /// Wakes a round.
    pub wake: Arc<Notify>,
}

impl Errands {
    /// Works until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            if let Err(failure) = self.round().await {
                tracing::warn!(error = %failure, "what webhook events asked for waits; tried again in a minute");
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = self.wake.notified() => {}
                () = stop.cancelled() => return,
            }
        }
    }

    async fn round(&self) -> Outcome<()> {
        for entry in self.book.waiting(AT_ONCE).await? {
            match self.run_one(&entry).await {
                Ok(()) => self.book.applied(entry.id).await?,
                // What cannot succeed later is dropped: the ledger compares with Zoom anyway.
                Err(Failure::Permanent(fault)) if fault.cause != Cause::Database => {
                    tracing::debug!(account = %entry.entry.account, error = %fault, "an errand is pointless now");
                    self.book.applied(entry.id).await?;
                }
                Err(failure) => {
                    tracing::debug!(account = %entry.entry.account, error = %failure, "an errand waits");
                }
            }
        }
        Ok(())
    }

    async fn run_one(&self, entry: &Entry) -> Outcome<()> {
        let id = &entry.entry.account;
        match &entry.entry.errand {
            Errand::Deauthorized { user, may_keep } => {
                self.removal.deauthorized_at_zoom(id, user.clone(), *may_keep).await?;
                Ok(())
            }
            Errand::CallsDeleted(keys) => {
                let gone = Gone {
                    calls: keys.clone(),
                    ..Gone::default()
                };
                self.delete(id, gone, entry).await
            }
            Errand::ElementsDeleted(keys) => {
                let gone = Gone {
                    elements: keys.clone(),
                    ..Gone::default()
                };
                self.delete(id, gone, entry).await
            }
        }
    }

    /// Zoom deleted these records; whether they go here too is the operator's to say. Keys that we do not hold are
    /// nobody's loss, and repeating it changes nothing.
    async fn delete(&self, id: &AccountId, gone: Gone, entry: &Entry) -> Outcome<()> {
        let account = self.registry.account_by_id(id).await?;
        let has_database = !matches!(account.cdr.state, CdrState::Unconfigured | CdrState::Configured);
        if account.state.is_withdrawn() || gone.is_empty() || !has_database {
            return Ok(());
        }
        let mut records = 0;
        for store in self.primary.reachable(&account).await? {
            let (marked, deleted) = match self.deletions {
                Deletions::Keep => (gone.clone(), Gone::default()),
                Deletions::Delete => self.by_holds(&account, store.as_ref(), gone.clone()).await?,
            };
            if !marked.is_empty() {
                records += store.mark_deleted(marked, entry.received_at).await?;
            }
            if !deleted.is_empty() {
                records += store.delete_rows(deleted).await?;
            }
        }
        tracing::debug!(account = %account.name, records, "records that were deleted at Zoom");
        Ok(())
    }

    /// What is only marked because a hold keeps it, and what may go. Which call an element is of is not known here: while
    /// there are holds none goes by itself.
    async fn by_holds(&self, account: &Account, store: &dyn RecordStore, gone: Gone) -> Outcome<(Gone, Gone)> {
        let Some(held) = self.removal.held_among(account, store, &gone.calls).await? else {
            return Ok((Gone::default(), gone));
        };
        let (kept, free): (Vec<_>, Vec<_>) = gone.calls.into_iter().partition(|key| held.contains(key));
        let marked = Gone {
            calls: kept,
            elements: gone.elements,
        };
        let deleted = Gone {
            calls: free,
            elements: Vec::new(),
        };
        Ok((marked, deleted))
    }
}
