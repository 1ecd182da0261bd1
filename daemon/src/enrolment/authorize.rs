//! Authorizing an account: the waiting URL, the pasted code, and what becomes of both.

use super::{Enrolment, connect::Step, redirect::PastedCode};
use crate::{
    domain::{
        account::{Account, AccountState, AuthKind, PendingAuthorization},
        command::quoted,
        failure::{Cause, Failure, Fault, Outcome},
    },
    ports::zoom::{AUTHORIZATION_LIFETIME, Grant},
};

impl Enrolment {
    /// Authorizes an account with a code or a redirected URL; without one, makes sure that a URL waits.
    ///
    /// A dry run sends nothing to Zoom for a code, because Zoom takes each only once; it checks everything before that.
    ///
    /// # Errors
    /// Those of [`PastedCode::read`], of Zoom, and of the checks in [`connect`](super::connect). Until Zoom has taken
    /// the code the waiting URL stays; after that a failed attempt replaces it and names the new one in the hint.
    pub async fn authorize(&self, name: &str, pasted: Option<&str>, dry_run: bool) -> Outcome<Account> {
        let turn = self.turn(&self.registry.account(name).await?.id);
        let _turn = turn.lock().await;
        // Read again: whoever had the turn before may have changed it.
        let account = self.registry.account(name).await?;
        if account.state == AccountState::Removed {
            return Err(Fault::new(
                Cause::WrongState,
                "account_removed",
                format!(
                    "The data of \"{}\" was removed; it cannot be authorized again.",
                    account.name
                ),
            )
            .hint("Add the Zoom account anew with callsyncctl account add.")
            .into());
        }
        match (account.auth, pasted) {
            (AuthKind::ServerToServer, Some(_)) => Err(Fault::new(
                Cause::Usage,
                "code_not_needed",
                "A server-to-server account is connected without a code.",
            )
            .hint(format!(
                "Type callsyncctl account authorize {} without --code-file.",
                quoted(&account.name)
            ))
            .into()),
            (AuthKind::ServerToServer, None) => self.authorize_server_to_server(account, dry_run).await,
            (AuthKind::OAuth, None) => self.await_code(account, dry_run).await,
            (AuthKind::OAuth, Some(pasted)) => self.authorize_with(account, pasted, dry_run).await,
        }
    }

    /// A fresh authorization that waits for its code.
    pub(super) fn new_pending(&self) -> Outcome<PendingAuthorization> {
        let request = self.oauth.authorization_request()?;
        let lifetime = jiff::SignedDuration::try_from(AUTHORIZATION_LIFETIME).unwrap_or(jiff::SignedDuration::MAX);
        let now = self.clock.now();
        Ok(PendingAuthorization {
            url: request.url,
            state: request.state,
            verifier: request.verifier,
            expires_at: now.saturating_add(lifetime).unwrap_or(now),
        })
    }

    async fn authorize_server_to_server(&self, account: Account, dry_run: bool) -> Outcome<Account> {
        let zoom_account_id = account.zoom_account_id.clone().unwrap_or_default();
        let grant = self
            .oauth
            .server_to_server(&zoom_account_id)
            .await
            .map_err(refused_exchange)?;
        let verified = self.verify(&account, &grant).await?;
        if dry_run {
            let mut account = account;
            verified.apply(&mut account);
            return Ok(account);
        }
        self.adopt(&account, grant, verified).await
    }

    /// The account with a URL that has not expired. Tokens of a connected account are not touched.
    async fn await_code(&self, account: Account, dry_run: bool) -> Outcome<Account> {
        match &account.pending {
            Some(pending) if pending.expires_at > self.clock.now() => Ok(account),
            _ => {
                let pending = self.new_pending()?;
                if dry_run {
                    Ok(account)
                } else {
                    self.replace_pending(&account, pending).await
                }
            }
        }
    }

    async fn authorize_with(&self, account: Account, pasted: &str, dry_run: bool) -> Outcome<Account> {
        let Some(pending) = account.pending.clone() else {
            // The code of an authorization that has succeeded, or of somebody else's.
            let fault = Fault::new(
                Cause::Zoom,
                "code_used",
                format!(
                    "No authorization of \"{}\" waits for a code: this one was used already.",
                    account.name
                ),
            );
            return Err(self.with_new_url(&account, fault.into(), dry_run).await);
        };
        let code = PastedCode::read(pasted, &pending.state)?;
        if pending.expires_at <= self.clock.now() {
            let fault = Fault::new(
                Cause::Zoom,
                "authorization_expired",
                format!(
                    "The authorize URL of \"{}\" expired at {}.",
                    account.name, pending.expires_at
                ),
            );
            return Err(self.with_new_url(&account, fault.into(), dry_run).await);
        }
        if dry_run {
            return Ok(account);
        }
        // If we die after Zoom took the code, the account is as before and its URL is asked for again.
        let grant = self
            .oauth
            .exchange(code.expose(), &pending.verifier)
            .await
            .map_err(refused_exchange)?;
        match self.connect(&account, grant).await {
            Ok(account) => Ok(account),
            Err(failure) => Err(self.with_new_url(&account, spent(failure), false).await),
        }
    }

    async fn connect(&self, account: &Account, grant: Grant) -> Outcome<Account> {
        let verified = self.examine(account, &grant).await?;
        match self.holder(account, &verified).await? {
            Some(holder) => Err(self.hand_over(account, &holder, grant, verified).await),
            None => self.adopt(account, grant, verified).await,
        }
    }

    /// Replaces a URL that is of no use any more and adds the new one to the hint.
    async fn with_new_url(&self, account: &Account, failure: Failure, dry_run: bool) -> Failure {
        let replaced = match self.new_pending() {
            Ok(_) if dry_run => None,
            Ok(pending) => self.replace_pending(account, pending).await.ok(),
            Err(_) => None,
        };
        let next = replaced.and_then(|account| account.pending).map_or_else(
            || {
                format!(
                    "Get a new URL with callsyncctl account authorize {}.",
                    quoted(&account.name)
                )
            },
            |pending| {
                format!(
                    "Then open this new URL, valid until {}: {}",
                    pending.expires_at, pending.url
                )
            },
        );
        match failure {
            Failure::Permanent(fault) => {
                let hint = if fault.hint.is_empty() {
                    next
                } else {
                    format!("{} {next}", fault.hint)
                };
                Failure::Permanent(Fault { hint, ..fault })
            }
            other => other,
        }
    }

    async fn replace_pending(&self, account: &Account, pending: PendingAuthorization) -> Outcome<Account> {
        self.registry
            .change_account(
                &account.id,
                Box::new(move |account| {
                    account.pending = Some(pending);
                    Ok(())
                }),
            )
            .await
    }
}

/// A refused code or client is a Zoom error here: nothing was authorized that could be authorized again.
pub(super) fn refused_exchange(failure: Failure) -> Failure {
    let failure = match failure {
        Failure::Permanent(fault) if fault.cause == Cause::Reauthorization => Failure::Permanent(Fault {
            cause: Cause::Zoom,
            ..fault
        }),
        other => other,
    };
    Step::Exchange.failed(failure)
}

/// After Zoom took the code, repeating the same request cannot help any more, however passing the failure was.
fn spent(failure: Failure) -> Failure {
    match failure {
        Failure::Retry { fault, .. } => Failure::Permanent(fault),
        other => other,
    }
}
