//! The port through which data is read, for an authorized account.

use async_trait::async_trait;

use crate::{
    domain::{
        account::{AccountId, AccountState},
        failure::Outcome,
        table::Parsed,
        window::Window,
    },
    ports::zoom::{CallPage, CallQuery, Identity, ListPage, Listing, QuotaUse, ZoomData},
    zoom::{
        access::not_found_is_a_refusal,
        client::ZoomClient,
        convert::calls,
        endpoint::{self, CALL_DETAIL, CALL_HISTORY, ListingPlan, Request},
        error::ZoomError,
        standing::barrier,
    },
};

#[async_trait]
impl ZoomData for ZoomClient {
    async fn call_page(&self, account: &AccountId, query: &CallQuery, token: Option<&str>) -> Outcome<CallPage> {
        // Zoom refuses fractions of a second.
        let window = Window::new(query.window.from, query.window.to);
        let mut request = Request::new(&CALL_HISTORY)
            .with("from", window.from.to_string())
            .with("to", window.to.to_string())
            .with("time_type", "end_time")
            .meant_for(query.purpose);
        if let Some(status) = query.recording_status {
            request = request.with("recording_status", status);
        }
        Ok(self
            .ask(account, &request.page(token), &|body| calls::call_page(body, window))
            .await?)
    }

    async fn call_elements(&self, account: &AccountId, call_history_uuid: &str) -> Outcome<Parsed> {
        let request = Request::about(&CALL_DETAIL, call_history_uuid);
        Ok(self
            .ask(account, &request, &|body| calls::call_elements(body, call_history_uuid))
            .await?)
    }

    async fn list(&self, account: &AccountId, listing: &Listing, token: Option<&str>) -> Outcome<ListPage> {
        let ListingPlan {
            request,
            table,
            arrays,
            parent,
        } = endpoint::plan(listing);
        let read = |body: &str| calls::list_page(body, table, arrays, parent.as_deref());
        Ok(self.ask(account, &request.page(token), &read).await?)
    }

    async fn whoami(&self, account: &AccountId) -> Outcome<Identity> {
        let auth = self.registry.account_by_id(account).await?.auth;
        Ok(self
            .identify_account(account, auth)
            .await
            .map_err(not_found_is_a_refusal)?)
    }

    async fn retry_authorization(&self, account: &AccountId) -> Outcome<Identity> {
        let known = self.registry.account_by_id(account).await?;
        if known.state == AccountState::Authorized && !self.keeper.is_closed(account) {
            return self.whoami(account).await;
        }
        if known.state != AccountState::ReauthorizationRequired
            && let Some(error) = barrier(&known)
        {
            return Err(error.into());
        }
        let access = self.keeper.try_again(account).await?;
        let identity = self.identify_access(&access).await.map_err(|error| match error {
            ZoomError::TokenRejected(refusal) => {
                ZoomError::Reauthorization(format!("Zoom rejected an access token it had just issued: {refusal}"))
            }
            error => not_found_is_a_refusal(error),
        })?;
        self.keeper.reopen(account, &access).await?;
        Ok(identity)
    }

    async fn probe_phone(&self, account: &AccountId) -> Outcome<()> {
        Ok(self.probe_account(account).await?)
    }

    async fn refresh_token(&self, account: &AccountId) -> Outcome<()> {
        self.keeper.renew_now(account).await?;
        Ok(())
    }

    async fn quota(&self, account: &AccountId) -> Vec<QuotaUse> {
        self.limiter.used(account, &self.current.get().zoom).await
    }
}
