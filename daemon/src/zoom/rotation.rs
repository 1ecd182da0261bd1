//! Asking Zoom for tokens: the one place where a refresh token is spent.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    crash_points::{CrashPoint, reach},
    domain::{
        account::{AccountId, AuthKind},
        failure::{Cause, Failure, Fault},
    },
    ports::{state::StoredTokens, zoom::Grant},
    zoom::{
        error::ZoomError,
        oauth::{self, GrantRefusal, GrantRequest, RefusalKind},
        standing::{Access, Seat, Standing},
        token_keeper::TokenKeeper,
    },
};

impl TokenKeeper {
    /// Asks Zoom for tokens.
    pub(super) async fn obtain(
        &self,
        account: &AccountId,
        seat: &Seat,
        present: &Access,
    ) -> Result<StoredTokens, ZoomError> {
        let setup = self.current.get();
        let began = self.clock.now();
        let grant = match present.auth {
            AuthKind::ServerToServer => {
                let known = self.registry.account_by_id(account).await?;
                let id = known.zoom_account_id.ok_or_else(no_zoom_account_id)?;
                let request = GrantRequest::Account(&id);
                // Asking twice costs nothing here.
                match oauth::request_grant(&setup, &request, began).await {
                    Err(error) if error.is_transient() => oauth::request_grant(&setup, &request, began).await?,
                    other => other?,
                }
            }
            AuthKind::OAuth => self.rotate(account, seat, present, began).await?,
        };
        Ok(StoredTokens {
            access_token: grant.access_token,
            refresh_token: grant.refresh_token.or_else(|| present.tokens.refresh_token.clone()),
            access_expires_at: grant.expires_at,
            refreshed_at: began,
            api_url: grant.api_url.or_else(|| present.tokens.api_url.clone()),
            rotation_begun_at: None,
        })
    }

    /// Spends the refresh token for a new one.
    async fn rotate(
        &self,
        account: &AccountId,
        seat: &Seat,
        present: &Access,
        now: Timestamp,
    ) -> Result<Grant, ZoomError> {
        let Some(token) = &present.tokens.refresh_token else {
            return Err(ZoomError::Reauthorization("no refresh token is stored".to_owned()));
        };
        let setup = self.current.get();
        let mut lost = present.tokens.rotation_begun_at.is_some();
        self.vault.begin_rotation(account, now).await?;
        reach(CrashPoint::RotationBegun);
        let mut result = oauth::request_grant(&setup, &GrantRequest::Refresh(token), now).await;
        if let Err(ZoomError::Lost(_) | ZoomError::Trouble(_)) = result {
            lost = true;
            tracing::warn!(%account, "the answer to a token refresh was lost; asking once more with the same token");
            result = oauth::request_grant(&setup, &GrantRequest::Refresh(token), now).await;
        }
        match result {
            Err(ZoomError::Grant(GrantRefusal {
                kind: RefusalKind::AuthorizationEnded,
                refusal,
            })) if lost => Err(ZoomError::Reauthorization(format!(
                "the answer of the last token refresh was lost, and Zoom has already replaced the refresh token: {refusal}"
            ))),
            Err(ZoomError::Grant(GrantRefusal {
                kind: RefusalKind::AuthorizationEnded,
                refusal,
            })) => {
                // Nothing is open any more: a later try must not say that an answer was lost. Whether or not this is
                // stored, the gate has to close.
                if let Err(error) = self.remember_intent(account, seat, present, None).await {
                    tracing::warn!(%account, %error, "that Zoom answered the token refresh is not stored; a later refusal may be taken for a lost answer");
                }
                Err(ZoomError::Reauthorization(format!(
                    "Zoom refused the refresh token: {refusal}"
                )))
            }
            Err(error) => {
                self.remember_intent(account, seat, present, lost.then_some(now))
                    .await?;
                Err(error)
            }
            Ok(grant) => Ok(grant),
        }
    }

    /// After a rotation that brought no tokens: whether the stored refresh token may be spent, in memory and in the vault.
    async fn remember_intent(
        &self,
        account: &AccountId,
        seat: &Seat,
        present: &Access,
        begun: Option<Timestamp>,
    ) -> Result<(), ZoomError> {
        let mut access = present.clone();
        access.tokens.rotation_begun_at = begun;
        if begun.is_none() {
            self.vault.save(account, &access.tokens).await?;
        }
        if let Standing::Open(open) = seat.standing()
            && open.generation == present.generation
        {
            seat.replace(&Arc::new(access))?;
        }
        Ok(())
    }
}

fn no_zoom_account_id() -> ZoomError {
    let fault = Fault::new(
        Cause::WrongState,
        "zoom_account_id_missing",
        "the account has no Zoom account id",
    )
    .hint("callsyncctl account add NAME --auth server-to-server --zoom-account-id ID");
    ZoomError::Other(Failure::Permanent(fault))
}
