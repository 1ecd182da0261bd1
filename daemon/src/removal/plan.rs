//! What a removal would take, when, and whether it may.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Removal, held::Kept, timeline};
use crate::{
    domain::{
        account::{Account, AccountState},
        directory,
        failure::Outcome,
    },
    ports::{
        retention::{Hold, Pile},
        state::Group,
        withdrawal::{Certificate, Consent, ConsentRole, Ground, Withdrawal},
    },
};

/// Everything there is to know about the removal of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The account.
    pub account: Account,
    /// Its group.
    pub group: Group,
    /// Which timer acts.
    pub policy: timeline::Policy,
    /// The withdrawal, when there is one.
    pub withdrawal: Option<Withdrawal>,
    /// Its dates.
    pub timeline: Option<timeline::Timeline>,
    /// Consents.
    pub consents: Vec<Consent>,
    /// Why it may be run now; nothing when it may not.
    pub may_run: Option<Ground>,
    /// Holds in force.
    pub holds: Vec<Hold>,
    /// What they have kept from a removal so far.
    pub kept: Option<Kept>,
    /// The certificate, once it is finished.
    pub certificate: Option<Certificate>,
}

/// What is found before anything is removed: numbers only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Databases removed as a whole.
    pub databases: u64,
    /// Calls.
    pub calls: u64,
    /// Elements.
    pub elements: u64,
    /// Records kept aside.
    pub rejected: u64,
    /// Rows of the directory, those of vanished entries among them.
    pub directory: u64,
}

impl Found {
    /// What goes when holds keep some of it: no database as a whole, and the rest of the rows.
    #[must_use]
    pub fn without(&self, kept: &Kept) -> Self {
        Self {
            databases: 0,
            calls: self.calls.saturating_sub(kept.calls),
            elements: self.elements.saturating_sub(kept.elements),
            rejected: self.rejected.saturating_sub(kept.rejected),
            directory: self.directory.saturating_sub(kept.directory),
        }
    }
}

impl Standing {
    /// Whether a hold covers everything there is.
    #[must_use]
    pub fn is_held_whole(&self) -> bool {
        self.holds.iter().any(|hold| hold.extent.is_everything())
    }

    /// Whether there is nothing to remove until a hold is released.
    #[must_use]
    pub fn is_held_back(&self) -> bool {
        let same = |kept: &Kept| self.holds.iter().map(|hold| &hold.id).eq(&kept.holds);
        self.is_held_whole() || (!self.holds.is_empty() && self.kept.as_ref().is_some_and(same))
    }
}

impl Removal {
    /// Where the removal of an account stands.
    ///
    /// # Errors
    /// `account_not_found`, or the state store does not answer.
    pub async fn standing(&self, name: &str) -> Outcome<Standing> {
        let account = self.0.registry.account(name).await?;
        self.standing_of(account).await
    }

    pub(super) async fn standing_of(&self, account: Account) -> Outcome<Standing> {
        let group = self.0.registry.group(&account.group).await?;
        let withdrawal = self.0.book.withdrawal(&account.id).await?;
        let consents = self.0.book.consents(&account.id).await?;
        let policy = self.policy();
        let timeline = withdrawal
            .as_ref()
            .map(|withdrawal| timeline::timeline(withdrawal, group.term_end, policy));
        let certificate = match withdrawal
            .as_ref()
            .and_then(|withdrawal| withdrawal.certificate.as_ref())
        {
            Some(id) => self
                .0
                .book
                .certificates()
                .await?
                .into_iter()
                .find(|certificate| certificate.id == *id),
            None => None,
        };
        let holds = self.0.holds.holds(Some(&account.id)).await?;
        let is_held_whole = holds.iter().any(|hold| hold.extent.is_everything());
        let kept = withdrawal.as_ref().and_then(|withdrawal| withdrawal.kept.as_deref());
        let kept = kept.and_then(|text| serde_json::from_str(text).ok());
        let now = self.0.clock.now();
        let has_consent = ConsentRole::ALL
            .iter()
            .all(|role| consents.iter().any(|consent| consent.role == *role));
        let may_run = match (&withdrawal, &timeline) {
            // A hold outranks every ground; what is held is released by a person, not by a date.
            (Some(withdrawal), Some(line)) if account.state != AccountState::Removed && !is_held_whole => {
                if withdrawal.begun_at.is_some() {
                    withdrawal.ground
                } else if has_consent {
                    Some(Ground::Consent)
                } else if line.is_due(now) {
                    line.ground
                } else if policy == timeline::Policy::Agreement && line.term_over_at.is_some_and(|over| over <= now) {
                    Some(Ground::TermEnd)
                } else {
                    None
                }
            }
            _ => None,
        };
        Ok(Standing {
            account,
            group,
            policy,
            withdrawal,
            timeline,
            consents,
            may_run,
            holds,
            kept,
            certificate,
        })
    }

    /// All accounts whose consent was withdrawn.
    ///
    /// # Errors
    /// The state store does not answer.
    pub async fn all(&self) -> Outcome<Vec<Standing>> {
        let mut all = Vec::new();
        for (account, _) in self.0.book.withdrawals().await? {
            all.push(self.standing_of(account).await?);
        }
        Ok(all)
    }

    /// Counts what the account's databases hold.
    ///
    /// # Errors
    /// A database does not answer. One that is gone holds nothing.
    pub async fn found(&self, account: &Account) -> Outcome<Found> {
        let mut found = Found::default();
        for store in self.0.primary.all(account).await? {
            let summary = store.summary().await?;
            found.databases += 1;
            found.calls += summary.records;
            found.elements += summary.elements;
            found.rejected += summary.rejected;
            for table in directory::TABLES {
                found.directory += store.pile(Pile::Entries(table), Timestamp::MAX, &[]).await?.0;
            }
        }
        Ok(found)
    }
}
