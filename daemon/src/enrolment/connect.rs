//! From a grant to a connected account: who authorized, with which scopes, whether Zoom Phone answers, whose account it is.

use std::fmt;

use super::{
    Enrolment,
    group::same_name,
    hand_over::{one_name, taken},
};
use crate::{
    domain::{
        account::{Account, AccountState, AuthKind, AuthorizedBy},
        event::Event,
        failure::{Cause, Failure, Fault, Outcome},
        scope,
    },
    ports::zoom::{Grant, Identity},
};

/// The steps of connecting, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Exchange,
    Identify,
    CheckAuthorizer,
    CheckScopes,
    ProbePhone,
    CheckAccount,
    StoreTokens,
    Finish,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exchange => "asking Zoom for tokens",
            Self::Identify => "asking Zoom who authorized",
            Self::CheckAuthorizer => "checking that the authorizer is owner or admin",
            Self::CheckScopes => "checking the scopes",
            Self::ProbePhone => "checking that Zoom Phone answers",
            Self::CheckAccount => "checking which Zoom account it is",
            Self::StoreTokens => "storing the tokens",
            Self::Finish => "recording the account",
        })
    }
}

impl Step {
    /// Says in the message at which step it failed.
    pub(super) fn failed(self, failure: Failure) -> Failure {
        let told = |mut fault: Fault| {
            fault.message = format!("Connecting the account failed while {self}: {}", fault.message);
            fault
        };
        match failure {
            Failure::Retry { fault, after } => Failure::Retry {
                fault: told(fault),
                after,
            },
            Failure::Permanent(fault) => Failure::Permanent(told(fault)),
            Failure::NotFound | Failure::PageTokenExpired => Failure::Permanent(told(
                Fault::new(
                    Cause::Zoom,
                    "zoom_unexpected_answer",
                    "Zoom gave an answer that makes no sense here.",
                )
                .hint("Check oauth_url and api_url with callsyncctl config show, then try again."),
            )),
            Failure::Cancelled => Failure::Cancelled,
        }
    }
}

/// What all checks brought to light; the tokens are not stored yet.
pub(super) struct Verified {
    pub(super) zoom_account_id: String,
    pub(super) account_number: Option<i64>,
    pub(super) authorized_by: AuthorizedBy,
    pub(super) scopes: Vec<String>,
}

impl Verified {
    /// Makes the account a connected one.
    pub(super) fn apply(self, account: &mut Account) {
        account.state = AccountState::Authorized;
        account.state_reason = None;
        account.zoom_account_id = Some(self.zoom_account_id);
        // A number once learned stays: Zoom omits it for some kinds of user.
        account.account_number = self.account_number.or(account.account_number);
        account.authorized_by = Some(self.authorized_by);
        account.granted_scopes = self.scopes;
        account.pending = None;
    }
}

impl Enrolment {
    /// Every check that needs the grant but stores nothing; also that no other account of ours is that Zoom account.
    pub(super) async fn verify(&self, account: &Account, grant: &Grant) -> Outcome<Verified> {
        let verified = self.examine(account, grant).await?;
        match self.holder(account, &verified).await? {
            Some(holder) => Err(taken(&verified.zoom_account_id, &holder, one_name(&holder))),
            None => Ok(verified),
        }
    }

    /// Every check of the grant by itself.
    pub(super) async fn examine(&self, account: &Account, grant: &Grant) -> Outcome<Verified> {
        let identity = self
            .oauth
            .identify(grant, account.auth)
            .await
            .map_err(|failure| Step::Identify.failed(failure))?;
        let role = administrator(&identity).map_err(|fault| Step::CheckAuthorizer.failed(Failure::Permanent(fault)))?;
        essential_scopes(&grant.scopes).map_err(|fault| Step::CheckScopes.failed(Failure::Permanent(fault)))?;
        self.oauth
            .probe_phone(grant)
            .await
            .map_err(|failure| Step::ProbePhone.failed(failure))?;
        let zoom_account_id =
            whose(account, &identity).map_err(|fault| Step::CheckAccount.failed(Failure::Permanent(fault)))?;
        Ok(Verified {
            zoom_account_id,
            account_number: identity.account_number,
            authorized_by: AuthorizedBy {
                user_id: identity.user_id,
                email: identity.email,
                role: role.to_owned(),
            },
            scopes: grant.scopes.clone(),
        })
    }

    /// Stores the tokens and then the account's new state.
    ///
    /// If we die between the two, the account keeps its state and the vault holds tokens that nobody uses: a pending
    /// account is authorized again, a connected one goes on with the newer tokens.
    pub(super) async fn adopt(&self, account: &Account, grant: Grant, verified: Verified) -> Outcome<Account> {
        self.oauth
            .adopt(&account.id, grant)
            .await
            .map_err(|failure| Step::StoreTokens.failed(failure))?;
        let stored = self
            .registry
            .change_account(
                &account.id,
                Box::new(move |account| {
                    verified.apply(account);
                    Ok(())
                }),
            )
            .await;
        match stored {
            Ok(account) => {
                Event::AccountAuthorized {
                    account_number: account.account_number,
                }
                .log(Some(&account.name), None);
                Ok(account)
            }
            Err(failure) => {
                if account.state == AccountState::PendingAuthorization
                    && let Err(left) = self.oauth.forget(&account.id).await
                {
                    tracing::warn!(account = %account.name, error = %left, "tokens of an account that could not be connected stay in the vault until it is authorized or removed");
                }
                Err(Step::Finish.failed(failure))
            }
        }
    }

    /// Another account of ours that is the Zoom account which was authorized.
    pub(super) async fn holder(&self, account: &Account, verified: &Verified) -> Outcome<Option<Account>> {
        let others = self.registry.accounts().await;
        let others = others.map_err(|failure| Step::CheckAccount.failed(failure))?;
        Ok(others
            .into_iter()
            .find(|other| other.id != account.id && other.zoom_account_id.as_ref() == Some(&verified.zoom_account_id)))
    }
}

/// The Zoom account that was authorized, when it is the one expected.
fn whose(account: &Account, identity: &Identity) -> Result<String, Fault> {
    let known = account.zoom_account_id.as_deref();
    let authorized = match (identity.account_id.as_deref(), account.auth, known) {
        (Some(id), _, _) => id,
        // A server-to-server token can only be of the account that it was asked for.
        (None, AuthKind::ServerToServer, Some(asked)) => asked,
        (None, _, _) => {
            return Err(
                Fault::new(Cause::Zoom, "zoom_account_unknown", "Zoom did not say which account it is.").hint(
                    "Grant the scope that reads the own user (user:read:user:admin or user:read:admin) and authorize again.",
                ),
            );
        }
    };
    match known {
        Some(known) if known != authorized => Err(Fault::new(
            Cause::Conflict,
            "zoom_account_differs",
            format!(
                "\"{}\" belongs to the Zoom account {known}, but {authorized} was authorized.",
                account.name
            ),
        )
        .hint("Sign in at Zoom as owner or admin of the right account, or add the other one under its own name with callsyncctl account add.")),
        _ => Ok(authorized.to_owned()),
    }
}

/// `owner` or `admin`. Custom roles are refused whatever they may do: their rights can change without our noticing.
fn administrator(identity: &Identity) -> Result<&'static str, Fault> {
    let named = |name: &str| {
        identity
            .role_name
            .as_deref()
            .is_some_and(|role| same_name(role.trim(), name))
    };
    match identity.role_id.as_deref() {
        Some("0") => Ok("owner"),
        Some("1") => Ok("admin"),
        // Without an id the name decides; with another id a custom role may merely be called "Admin".
        None if named("owner") => Ok("owner"),
        None if named("admin") => Ok("admin"),
        _ => {
            let role = identity
                .role_name
                .as_deref()
                .or(identity.role_id.as_deref())
                .unwrap_or("none that Zoom tells");
            Err(Fault::new(
                Cause::NotPermitted,
                "not_admin",
                format!(
                    "{} is neither owner nor admin of the Zoom account; the role is {role}.",
                    identity.email
                ),
            )
            .hint("Let the owner or an admin of the Zoom account authorize."))
        }
    }
}

fn essential_scopes(granted: &[String]) -> Result<(), Fault> {
    let missing: Vec<_> = scope::missing(granted)
        .into_iter()
        .filter(|scope| scope.essential)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = missing
        .iter()
        .map(|scope| format!("{} ({})", scope.scope, scope.needed_for))
        .collect();
    Err(Fault::new(
        Cause::Zoom,
        "missing_scope",
        format!(
            "Nothing works without these scopes, which were not granted: {}.",
            names.join(", ")
        ),
    )
    .hint(
        "Add them to the app in the Zoom App Marketplace (callsyncctl account scopes lists all), then authorize again.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(role_id: Option<&str>, role_name: Option<&str>) -> Identity {
        Identity {
            user_id: "u".into(),
            email: "a@example.com".into(),
            role_id: role_id.map(Into::into),
            role_name: role_name.map(Into::into),
            account_id: None,
            account_number: None,
        }
    }

    #[test]
    fn only_owner_and_admin_may_authorize() {
        let role = |id, name| administrator(&identity(id, name)).map_err(|fault| fault.code);
        assert_eq!(role(Some("0"), None), Ok("owner"));
        assert_eq!(role(Some("1"), Some("Anything")), Ok("admin"));
        assert_eq!(role(None, Some("OWNER")), Ok("owner"));
        assert_eq!(role(None, Some("Admin")), Ok("admin"));
        assert_eq!(role(Some("2"), Some("Member")), Err("not_admin"));
        assert_eq!(role(Some("Rk7x"), Some("Phone admin")), Err("not_admin"));
        assert_eq!(role(None, None), Err("not_admin"));
    }

    #[test]
    fn custom_role_is_refused_by_name() {
        let fault = administrator(&identity(Some("Rk7x"), Some("Telephony"))).expect_err("a custom role");
        assert!(fault.message.contains("Telephony"), "{fault}");
    }
}
