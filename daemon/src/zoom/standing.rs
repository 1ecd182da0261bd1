//! Where an account stands with its tokens, in memory: the gate that every request passes.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use crate::{
    domain::{
        account::{Account, AccountState, AuthKind},
        failure::{Cause, Failure, Fault},
    },
    ports::state::StoredTokens,
    zoom::error::ZoomError,
};

/// Tokens are renewed this long before they expire, or at three quarters of a shorter life.
const EARLY: SignedDuration = SignedDuration::from_mins(5);

/// Tokens in use.
#[derive(Debug, Clone)]
pub struct Access {
    /// The tokens.
    pub tokens: StoredTokens,
    /// How they are renewed.
    pub auth: AuthKind,
    /// Every renewal has its own number: it tells whether somebody else has renewed meanwhile.
    pub generation: u64,
}

impl Access {
    /// Whether it is time to renew.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        let life = self.tokens.access_expires_at.duration_since(self.tokens.refreshed_at);
        let early = EARLY.min(life / 4).max(SignedDuration::ZERO);
        now.saturating_add(early)
            .map_or(true, |soon| soon >= self.tokens.access_expires_at)
    }

    /// Whether Zoom should still accept the access token.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        now < self.tokens.access_expires_at
    }
}

/// The gate.
#[derive(Debug, Clone)]
pub enum Standing {
    /// Not looked up yet.
    Unknown,
    /// Requests may be sent.
    Open(Arc<Access>),
    /// Nothing is sent; every call fails with this.
    Closed(ZoomError),
}

/// Renewal failed in a way that asking again at once does not heal.
#[derive(Debug, Clone)]
pub struct Stall {
    /// Not asked again before.
    pub until: Timestamp,
    /// Another configuration ends it.
    pub setup: u64,
    /// What every caller gets meanwhile.
    pub error: ZoomError,
    /// Failures in a row.
    pub failures: u32,
}

/// One account.
pub struct Seat {
    /// Held by the one who renews, adopts or forgets tokens.
    pub renewal: tokio::sync::Mutex<()>,
    inner: Mutex<Inner>,
}

struct Inner {
    standing: Standing,
    stall: Option<Stall>,
    unsaved: Option<StoredTokens>,
}

impl Default for Seat {
    fn default() -> Self {
        let inner = Inner {
            standing: Standing::Unknown,
            stall: None,
            unsaved: None,
        };
        Self {
            renewal: tokio::sync::Mutex::new(()),
            inner: Mutex::new(inner),
        }
    }
}

impl Seat {
    fn inner<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        change(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.inner(|inner| inner.standing.clone())
    }

    /// Sets the gate, whatever it was, and forgets failures.
    pub fn set(&self, standing: Standing) {
        self.inner(|inner| {
            inner.standing = standing;
            inner.stall = None;
            inner.unsaved = None;
        });
    }

    /// Opens with newer tokens, unless the gate was closed meanwhile.
    ///
    /// # Errors
    /// Why the gate is closed.
    pub fn replace(&self, access: &Arc<Access>) -> Result<(), ZoomError> {
        self.inner(|inner| {
            if let Standing::Closed(error) = &inner.standing {
                return Err(error.clone());
            }
            inner.standing = Standing::Open(Arc::clone(access));
            Ok(())
        })
    }

    /// A renewal went well: nothing is owed and nobody has to wait.
    pub fn settled(&self) {
        self.inner(|inner| {
            inner.stall = None;
            inner.unsaved = None;
        });
    }

    /// Tokens that Zoom issued and the vault has not taken: dropping them would lose the authorization.
    pub fn keep_unsaved(&self, tokens: StoredTokens) {
        self.inner(|inner| inner.unsaved = Some(tokens));
    }

    /// See [`Self::keep_unsaved`].
    #[must_use]
    pub fn unsaved(&self) -> Option<StoredTokens> {
        self.inner(|inner| inner.unsaved.clone())
    }

    /// What callers get without asking Zoom, if it is too early to ask again.
    #[must_use]
    pub fn stalled(&self, now: Timestamp, setup: u64) -> Option<ZoomError> {
        self.inner(|inner| {
            let stall = inner.stall.as_ref()?;
            (now < stall.until && stall.setup == setup).then(|| stall.error.clone())
        })
    }

    /// Notes a failed renewal. Back-off doubles from `least` to five minutes.
    pub fn stall(&self, now: Timestamp, setup: u64, least: Duration, error: ZoomError) {
        const LONGEST: Duration = Duration::from_secs(300);
        self.inner(|inner| {
            let failures = inner.stall.as_ref().map_or(0, |stall| stall.failures);
            let wait = least.saturating_mul(1 << failures.min(8)).min(LONGEST.max(least));
            let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::from_mins(5));
            let until = now.saturating_add(wait).unwrap_or(now);
            inner.stall = Some(Stall {
                until,
                setup,
                error,
                failures: failures + 1,
            });
        });
    }
}

/// Why an account in this state may not call Zoom; nothing when it may.
#[must_use]
pub fn barrier(account: &Account) -> Option<ZoomError> {
    let fault = match account.state {
        AccountState::Authorized => return None,
        AccountState::ReauthorizationRequired => {
            let reason = account.state_reason.clone();
            return Some(ZoomError::Reauthorization(
                reason.unwrap_or_else(|| "Zoom no longer accepts the tokens".to_owned()),
            ));
        }
        AccountState::PendingAuthorization => Fault::new(
            Cause::WrongState,
            "account_not_authorized",
            format!("nobody has authorized the account {} yet", account.name),
        )
        .hint(format!("callsyncctl account authorize {}", account.name)),
        AccountState::Deauthorized
        | AccountState::Retained
        | AccountState::RemovalScheduled
        | AccountState::Removed => Fault::new(
            Cause::Blocked,
            "deauthorized",
            format!("the account {} is deauthorized: nothing is sent to Zoom", account.name),
        )
        .hint(format!("callsyncctl account show {}", account.name)),
    };
    Some(ZoomError::Other(Failure::Permanent(fault)))
}

/// Stands for a server-to-server token that was never asked for: always due.
#[must_use]
pub fn no_tokens() -> StoredTokens {
    StoredTokens {
        access_token: SecretString::default(),
        refresh_token: None,
        access_expires_at: Timestamp::UNIX_EPOCH,
        refreshed_at: Timestamp::UNIX_EPOCH,
        api_url: None,
        rotation_begun_at: None,
    }
}
