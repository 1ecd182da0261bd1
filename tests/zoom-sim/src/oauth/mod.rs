//! Zoom's OAuth: consent, codes, tokens, their rotation and their end.

pub(crate) mod authorize;
pub(crate) mod grants;
pub(crate) mod pkce;
pub(crate) mod redirect;
pub(crate) mod token;

use crate::answer::Answer;
use crate::request::Request;
use crate::world::World;
use serde_json::json;

pub(crate) const CODE_LIFE_SECONDS: i64 = 300;

/// An OAuth error body. The numbers are those of Zoom's list of OAuth errors; that they appear as `code` is assumed.
pub(crate) fn refusal(status: u16, error: &str, reason: &str, code: i64) -> Answer {
    Answer::json(status, &json!({"reason": reason, "error": error, "code": code}))
}

/// Checks the `Authorization: Basic` header of a token or revoke request.
pub(crate) fn check_client(world: &World, request: &Request) -> Result<(), Box<Answer>> {
    let invalid = |code| {
        Err(Box::new(refusal(
            401,
            "invalid_client",
            "Invalid client_id or client_secret",
            code,
        )))
    };
    match request.basic() {
        None => invalid(4706),
        Some((id, _)) if id != world.options.client_id => invalid(4702),
        Some((_, secret)) if secret != world.options.client_secret => invalid(4704),
        Some(_) => Ok(()),
    }
}

/// `POST /oauth/revoke`: ends everything the token's user has with this app.
pub(crate) fn revoke(world: &mut World, request: &Request) -> Answer {
    if let Err(refused) = check_client(world, request) {
        return *refused;
    }
    let params = request.oauth_params();
    let Some(token) = params.get("token").filter(|token| !token.is_empty()) else {
        return refusal(400, "invalid_request", "The token is missing", 4700);
    };
    let Some(holder) = world.grants.holder_of(token) else {
        return refusal(400, "invalid_request", "Invalid Token!", 4737);
    };
    world.grants.revoke_user(holder.0, &holder.1);
    Answer::ok(&json!({"status": "success"}))
}
