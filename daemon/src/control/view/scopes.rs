//! Scopes.

use callsync_shared::api::account::{AccountScopes, MissingScope, RequiredScope as RequiredView};

use crate::domain::{
    account::Account,
    scope::{self, RequiredScope},
};

/// Scopes that nobody granted.
#[must_use]
pub fn missing(missing: &[&'static RequiredScope]) -> Vec<MissingScope> {
    missing
        .iter()
        .map(|scope| MissingScope {
            scope: scope.scope.to_owned(),
            alternatives: alternatives(scope),
            needed_for: scope.needed_for.to_owned(),
        })
        .collect()
}

/// `account scopes` without an account.
#[must_use]
pub fn required() -> AccountScopes {
    let required = scope::REQUIRED
        .iter()
        .map(|scope| RequiredView {
            scope: scope.scope.to_owned(),
            alternatives: alternatives(scope),
            needed_for: scope.needed_for.to_owned(),
            essential: scope.essential,
        })
        .collect();
    AccountScopes {
        account: None,
        granted: Vec::new(),
        missing: Vec::new(),
        required,
    }
}

/// `account scopes`.
#[must_use]
pub fn of(account: &Account) -> AccountScopes {
    AccountScopes {
        account: Some(account.name.clone()),
        granted: account.granted_scopes.clone(),
        missing: missing(&scope::missing(&account.granted_scopes)),
        ..required()
    }
}

fn alternatives(scope: &RequiredScope) -> Vec<String> {
    scope.alternatives.iter().map(|name| (*name).to_owned()).collect()
}
