//! The port through which an account gets access: codes, server-to-server tokens, identity.

use async_trait::async_trait;
use secrecy::SecretString;

use crate::{
    domain::{
        account::{AccountId, AuthKind},
        failure::{Cause, Failure, Fault, Outcome},
    },
    ports::zoom::{AuthorizationRequest, Grant, Identity, ZoomOAuth},
    zoom::{
        client::ZoomClient,
        error::{Refusal, ZoomError},
        oauth::{self, GrantRequest},
    },
};

#[async_trait]
impl ZoomOAuth for ZoomClient {
    fn authorization_request(&self) -> Outcome<AuthorizationRequest> {
        Ok(oauth::authorization_request(&self.current.get().zoom)?)
    }

    async fn exchange(&self, code: &str, verifier: &str) -> Outcome<Grant> {
        let setup = self.current.get();
        let (code, verifier) = (SecretString::from(code), SecretString::from(verifier));
        let request = GrantRequest::Code {
            code: &code,
            verifier: &verifier,
        };
        let now = self.clock.now();
        let mut result = oauth::request_grant(&setup, &request, now).await;
        if let Err(ZoomError::Unreachable(_)) = result {
            // Zoom has not seen the code, so it is not spent.
            result = oauth::request_grant(&setup, &request, now).await;
        }
        let grant = result.map_err(|error| match error {
            ZoomError::Lost(_) | ZoomError::Trouble(_) => Failure::Permanent(
                Fault::new(
                    Cause::Zoom,
                    "zoom_unreachable",
                    format!("{error}; the authorization code may be spent and is not sent again"),
                )
                .hint("open the authorize URL again and paste the new code: callsyncctl account authorize NAME"),
            ),
            error => error.into(),
        })?;
        if grant.refresh_token.is_none() {
            return Err(Failure::Permanent(
                Fault::new(
                    Cause::Zoom,
                    "refresh_token_missing",
                    "Zoom's answer to the code has no refresh token: the connection would end within the hour",
                )
                .hint("check at marketplace.zoom.us that the app is a General app that a user authorizes (OAuth)"),
            ));
        }
        Ok(grant)
    }

    async fn server_to_server(&self, zoom_account_id: &str) -> Outcome<Grant> {
        let setup = self.current.get();
        let request = GrantRequest::Account(zoom_account_id);
        let now = self.clock.now();
        match oauth::request_grant(&setup, &request, now).await {
            Err(error) if error.is_transient() => Ok(oauth::request_grant(&setup, &request, now).await?),
            result => Ok(result?),
        }
    }

    async fn identify(&self, grant: &Grant, auth: AuthKind) -> Outcome<Identity> {
        Ok(self.identify_with(grant, auth).await.map_err(not_found_is_a_refusal)?)
    }

    async fn probe_phone(&self, grant: &Grant) -> Outcome<()> {
        Ok(self.probe_with(grant).await?)
    }

    async fn adopt(&self, account: &AccountId, grant: Grant) -> Outcome<()> {
        Ok(self.keeper.adopt(account, grant).await?)
    }

    fn shut(&self, account: &AccountId) {
        let fault = Fault::new(
            Cause::Blocked,
            "deauthorized",
            "the account is deauthorized: nothing is sent to Zoom",
        )
        .hint("callsyncctl account list");
        self.close(account, fault.into());
    }

    async fn revoke(&self, account: &AccountId) -> Outcome<()> {
        let Some(tokens) = self.keeper.vault.load(account).await? else {
            return Ok(());
        };
        Ok(oauth::revoke(&self.current.get(), &tokens.access_token).await?)
    }

    async fn forget(&self, account: &AccountId) -> Outcome<()> {
        self.keeper.forget(account).await?;
        self.limiter.forget(account);
        Ok(())
    }
}

/// The user we ask about must exist: that Zoom does not find it is an error, not an answer.
pub(super) fn not_found_is_a_refusal(error: ZoomError) -> ZoomError {
    match error {
        ZoomError::NotFound(refusal) => ZoomError::Refused(Refusal {
            message: format!("no such user: {}", refusal.message),
            ..refusal
        }),
        error => error,
    }
}
