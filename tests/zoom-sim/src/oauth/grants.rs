//! Codes and tokens that were issued, and what became of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Who a token speaks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// A person who installed the app.
    User(String),
    ServerToServer,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AccessToken {
    pub account: usize,
    pub kind: Kind,
    pub scopes: Vec<String>,
    pub expires_at: Timestamp,
    pub revoked: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RefreshToken {
    pub account: usize,
    pub user: String,
    pub expires_at: Timestamp,
    pub state: RefreshState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RefreshState {
    Live,
    /// Exchanged for a newer one.
    Used,
    Revoked,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Code {
    pub account: usize,
    pub user: String,
    pub redirect_uri: String,
    /// The challenge and whether it is S256.
    pub challenge: Option<(String, bool)>,
    pub issued_at: Timestamp,
    pub used: bool,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Grants {
    pub codes: HashMap<String, Code>,
    pub access: HashMap<String, AccessToken>,
    pub refresh: HashMap<String, RefreshToken>,
}

impl Grants {
    /// Account and user of a token of either kind; server-to-server tokens have no user.
    pub fn holder_of(&self, token: &str) -> Option<(usize, Option<String>)> {
        let access = self
            .access
            .get(token)
            .filter(|held| !held.revoked)
            .map(|held| match &held.kind {
                Kind::User(user) => (held.account, Some(user.clone())),
                Kind::ServerToServer => (held.account, None),
            });
        access.or_else(|| {
            let live = self.refresh.get(token).filter(|held| held.state == RefreshState::Live);
            live.map(|held| (held.account, Some(held.user.clone())))
        })
    }

    /// Ends the tokens of one user, or of the server-to-server app.
    pub fn revoke_user(&mut self, account: usize, user: &Option<String>) {
        for held in self.access.values_mut().filter(|held| held.account == account) {
            held.revoked |= match &held.kind {
                Kind::User(id) => user.as_ref() == Some(id),
                Kind::ServerToServer => user.is_none(),
            };
        }
        for held in self.refresh.values_mut() {
            if held.account == account && Some(&held.user) == user.as_ref() {
                held.state = RefreshState::Revoked;
            }
        }
    }

    /// The app was removed from the account.
    pub fn revoke_account(&mut self, account: usize) {
        self.access
            .values_mut()
            .filter(|held| held.account == account)
            .for_each(|held| held.revoked = true);
        for held in self.refresh.values_mut().filter(|held| held.account == account) {
            held.state = RefreshState::Revoked;
        }
        self.codes.retain(|_, code| code.account != account);
    }

    /// Makes every access token of the account as old as its life allows.
    pub fn expire_access(&mut self, account: usize, now: Timestamp) {
        self.access
            .values_mut()
            .filter(|held| held.account == account)
            .for_each(|held| held.expires_at = now);
    }

    /// Forgets tokens that nobody can use any more, and so why they cannot be used.
    pub fn forget_ended(&mut self, now: Timestamp) {
        self.access.retain(|_, held| !held.revoked && held.expires_at > now);
        self.refresh.retain(|_, held| held.state == RefreshState::Live);
    }

    /// Another set of granted scopes takes effect with the next token.
    pub fn holds_live_refresh(&self, account: usize) -> bool {
        self.refresh
            .values()
            .any(|held| held.account == account && held.state == RefreshState::Live)
    }
}
