//! The consent page: `GET /oauth/authorize` as the signed-in person would use it.

use super::grants::Code;
use super::{redirect, refusal};
use crate::answer::Answer;
use crate::request::{Params, Request};
use crate::world::World;
use url::Url;

/// What the person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Allow,
    Decline,
}

/// Over HTTP the person is the owner of the first account, unless `_sim_user` names somebody else.
pub(crate) fn page(world: &mut World, request: &Request) -> Answer {
    let first = world.accounts.first().and_then(|account| account.directory.owner());
    let first = first.map(|owner| owner.email.clone()).unwrap_or_default();
    let who = request.params.get("_sim_user").unwrap_or(&first).to_owned();
    let decision = if request.params.get("_sim_decline").is_some() {
        Decision::Decline
    } else {
        Decision::Allow
    };
    match decide(world, &request.params, &who, decision) {
        Ok(location) => Answer::redirect(location),
        Err(refused) => *refused,
    }
}

/// The URL the browser is sent to. Errors about the client or its redirect URI are shown, never redirected.
pub(crate) fn decide(world: &mut World, params: &Params, who: &str, decision: Decision) -> Result<String, Box<Answer>> {
    let refuse = |error: &str, reason: &str, code: i64| Err(Box::new(refusal(400, error, reason, code)));
    if params.get("client_id") != Some(world.options.client_id.as_str()) {
        return refuse("invalid_client", "Invalid client_id", 4702);
    }
    let redirect_uri = params.get("redirect_uri").unwrap_or_default();
    if !redirect::is_registered(&world.options.redirect_uris, redirect_uri) {
        return refuse("invalid_request", "Redirect URI mismatch.", 4709);
    }
    if params.get("response_type") != Some("code") {
        return refuse("unsupported_response_type", "Invalid response_type", 4700);
    }
    let challenge = match (params.get("code_challenge"), params.get("code_challenge_method")) {
        (None, _) => None,
        (Some(challenge), Some("S256")) => Some((challenge.to_owned(), true)),
        (Some(challenge), None | Some("plain")) => Some((challenge.to_owned(), false)),
        (Some(_), Some(_)) => {
            return refuse("invalid_request", "Invalid code_challenge_method", 4700);
        }
    };
    let Some((account, user)) = world.person(who) else {
        return refuse("access_denied", "Nobody of this name can sign in.", 4735);
    };
    let Ok(mut location) = Url::parse(redirect_uri) else {
        return refuse("invalid_request", "Redirect URI mismatch.", 4709);
    };
    let state = params.get("state");
    {
        let mut query = location.query_pairs_mut();
        if decision == Decision::Decline {
            query.append_pair("error", "access_denied");
        } else {
            let code = world.rng.text(32);
            query.append_pair("code", &code);
            let issued = Code {
                account,
                user,
                redirect_uri: redirect_uri.to_owned(),
                challenge,
                issued_at: world.options.clock.now(),
                used: false,
            };
            world.grants.codes.insert(code, issued);
        }
        if let Some(state) = state {
            query.append_pair("state", state);
        }
    }
    Ok(location.into())
}
