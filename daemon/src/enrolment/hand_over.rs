//! An authorization of a Zoom account that has another name here already. It is refused, but the code is spent, and
//! Zoom has ended the tokens that the same person authorized before: the account that has them goes on with the new
//! ones.

use serde_json::json;

use super::{
    Enrolment,
    connect::{Step, Verified},
};
use crate::{
    domain::{
        account::{Account, AccountState, AuthKind},
        command::quoted,
        event::Event,
        failure::{Cause, Failure, Fault},
    },
    ports::{state::AuditRecord, zoom::Grant},
};

/// The refusal of a Zoom account that `holder` stands for.
pub(super) fn taken(zoom_account_id: &str, holder: &Account, hint: String) -> Failure {
    Step::CheckAccount.failed(Failure::Permanent(
        Fault::new(
            Cause::Conflict,
            "zoom_account_taken",
            format!(
                "The Zoom account {zoom_account_id} is connected already, as \"{}\".",
                holder.name
            ),
        )
        .hint(hint),
    ))
}

/// The hint while nothing happened to the account that is there.
pub(super) fn one_name(holder: &Account) -> String {
    format!(
        "Use callsyncctl account show {}; one Zoom account has one name here.",
        quoted(&holder.name)
    )
}

impl Enrolment {
    /// Refuses the authorization of `asked`, after `holder` got its tokens where they can serve it. Dying before they
    /// are stored leaves `holder` with those that Zoom has ended: its next request says so.
    pub(super) async fn hand_over(
        &self,
        asked: &Account,
        holder: &Account,
        grant: Grant,
        verified: Verified,
    ) -> Failure {
        let zoom_account_id = verified.zoom_account_id.clone();
        let hint = match self.serve(asked, holder, grant, verified).await {
            Ok(None) => one_name(holder),
            Ok(Some(holder)) => format!(
                "With this authorization Zoom ended the earlier tokens of \"{}\", so it has the new ones now and goes on; \
                 nothing needs to be done for it. To connect another Zoom account as \"{}\", sign in as its owner or admin.",
                holder.name, asked.name
            ),
            Err(why) => format!(
                "With this authorization Zoom ended the earlier tokens of \"{}\", and the new ones cannot serve it: {why}. \
                 It must be authorized again: callsyncctl account authorize {}.",
                holder.name,
                quoted(&holder.name)
            ),
        };
        taken(&zoom_account_id, holder, hint)
    }

    /// The account as it goes on with the tokens; nothing when it does not live on such tokens. Else why it cannot.
    async fn serve(
        &self,
        asked: &Account,
        holder: &Account,
        grant: Grant,
        verified: Verified,
    ) -> Result<Option<Account>, String> {
        let turn = self.turn(&holder.id);
        let _turn = turn.lock().await;
        // Read again: whoever had the turn before may have changed it.
        let known = self.registry.account_by_id(&holder.id).await;
        let holder = known.map_err(|failure| failure.to_string())?;
        if holder.auth != AuthKind::OAuth {
            return Ok(None);
        }
        if !matches!(
            holder.state,
            AccountState::Authorized | AccountState::ReauthorizationRequired
        ) {
            return Err(format!("it is {}", holder.state));
        }
        if let Some(scope) = holder
            .granted_scopes
            .iter()
            .find(|scope| !verified.scopes.contains(scope))
        {
            return Err(format!("they lack the scope {scope}, which it has"));
        }
        let after = json!({ "state": AccountState::Authorized.as_str(), "authorized_for": asked.name });
        let stored = self.adopt(&holder, grant, verified).await;
        let now_has = stored.map_err(|failure| failure.to_string())?;
        Event::TokensHandedOver {
            asked: asked.name.clone(),
        }
        .log(Some(&now_has.name), None);
        let record = AuditRecord {
            at: self.clock.now(),
            uid: rustix::process::geteuid().as_raw(),
            user: "callsyncd".to_owned(),
            pid: i32::try_from(std::process::id()).unwrap_or_default(),
            role: "system",
            action: "account.tokens-handed-over".to_owned(),
            object: now_has.name.clone(),
            outcome: "ok",
            before: Some(json!({ "state": holder.state.as_str() }).to_string()),
            after: Some(after.to_string()),
        };
        if let Err(failure) = self.audit.append(record).await {
            tracing::error!(account = %now_has.name, error = %failure, "an audit entry could not be written; what it describes has happened: the account got the tokens of an authorization for {}", asked.name);
        }
        Ok(Some(now_has))
    }
}
