//! Accounts.

use callsync_shared::api::account::{Account as View, AuthorizedBy, Scopes, Token};
use serde_json::{Value, json};

use super::{cdr, scopes, sync};
use crate::{
    collect::snapshot::CdrSnapshot,
    control::TokenAges,
    directory::snapshot::SyncSnapshot,
    domain::{account::Account, scope},
};

/// `account show`.
#[must_use]
pub fn account(account: &Account, cdr: &CdrSnapshot, sync: &SyncSnapshot, token: Option<TokenAges>) -> View {
    View {
        id: account.id.to_string(),
        name: account.name.clone(),
        group: account.group.clone(),
        auth: account.auth.to_string(),
        state: account.state.to_string(),
        state_reason: account.state_reason.clone(),
        zoom_account_id: account.zoom_account_id.clone(),
        account_number: account.account_number,
        authorized_by: account.authorized_by.as_ref().map(|by| AuthorizedBy {
            user_id: by.user_id.clone(),
            email: by.email.clone(),
            role: by.role.clone(),
        }),
        scopes: Scopes {
            granted: account.granted_scopes.clone(),
            // Before anybody has authorized, nothing can be missing.
            missing: if account.authorized_by.is_some() {
                scopes::missing(&scope::missing(&account.granted_scopes))
            } else {
                Vec::new()
            },
        },
        authorize_url: account.pending.as_ref().map(|pending| pending.url.clone()),
        authorize_expires_at: account.pending.as_ref().map(|pending| pending.expires_at),
        token: token.map(|ages| Token {
            access_expires_at: ages.access_expires_at,
            refreshed_at: ages.refreshed_at,
        }),
        cdr: cdr::cdr(account, cdr),
        sync: sync::sync(account, sync),
    }
}

/// What the audit log keeps of an account: no URL, no `state`, no verifier.
#[must_use]
pub fn audited(account: &Account) -> Value {
    json!({
        "id": account.id.as_str(),
        "name": account.name,
        "group": account.group,
        "auth": account.auth.as_str(),
        "state": account.state.as_str(),
        "zoom_account_id": account.zoom_account_id,
        "account_number": account.account_number,
        "authorized_by": account.authorized_by.as_ref().map(|by| json!({"user_id": by.user_id, "email": by.email, "role": by.role})),
        "granted_scopes": account.granted_scopes,
        "authorize_expires_at": account.pending.as_ref().map(|pending| pending.expires_at.to_string()),
    })
}
