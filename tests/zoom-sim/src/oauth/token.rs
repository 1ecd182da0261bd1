//! `POST /oauth/token`: codes, refresh tokens and account credentials become access tokens.

use super::grants::{AccessToken, Kind, RefreshState, RefreshToken};
use super::{CODE_LIFE_SECONDS, check_client, pkce, refusal};
use crate::answer::Answer;
use crate::clock::shift;
use crate::directory::Status;
use crate::options::{AppKind, RefreshError};
use crate::request::{Params, Request};
use crate::world::World;
use serde_json::{Map, Value, json};

type Outcome = Result<Answer, Box<Answer>>;

/// The answer, and the account it concerns when that is known.
pub(crate) fn exchange(world: &mut World, request: &Request) -> (Answer, Option<usize>) {
    if let Err(refused) = check_client(world, request) {
        return (*refused, None);
    }
    let params = request.oauth_params();
    let account = concerned(world, &params);
    let general = world.options.app != AppKind::ServerToServer;
    let server = world.options.app != AppKind::General;
    let outcome = match params.get("grant_type") {
        Some("authorization_code") if general => redeem(world, &params),
        Some("refresh_token") if general => refresh(world, &params),
        Some("account_credentials") if server => account_credentials(world, &params),
        Some(_) => Err(Box::new(refusal(
            400,
            "unsupported_grant_type",
            "unsupported grant type",
            4705,
        ))),
        None => Err(Box::new(refusal(400, "invalid_request", "Missing grant type.", 4706))),
    };
    (outcome.unwrap_or_else(|refused| *refused), account)
}

fn concerned(world: &World, params: &Params) -> Option<usize> {
    let by_code = params
        .get("code")
        .and_then(|code| world.grants.codes.get(code))
        .map(|code| code.account);
    let by_refresh = || {
        params
            .get("refresh_token")
            .and_then(|token| world.grants.refresh.get(token))
    };
    let by_id = || {
        let id = params.get("account_id")?;
        world.accounts.iter().position(|account| account.id == id)
    };
    by_code.or_else(|| by_refresh().map(|held| held.account)).or_else(by_id)
}

fn redeem(world: &mut World, params: &Params) -> Outcome {
    let refuse = |error: &str, reason: &str, code: i64| Err(Box::new(refusal(400, error, reason, code)));
    let now = world.now();
    let given = params.get("code").unwrap_or_default();
    let Some(code) = world.grants.codes.get_mut(given).filter(|code| !code.used) else {
        return refuse("invalid_grant", "Invalid authorization code.", 4734);
    };
    if now.duration_since(code.issued_at).as_secs() > CODE_LIFE_SECONDS {
        return refuse("invalid_grant", "The authorization code has expired.", 4733);
    }
    if params.get("redirect_uri") != Some(code.redirect_uri.as_str()) {
        return refuse("invalid_request", "Redirect URI mismatch.", 4709);
    }
    if let Some((challenge, s256)) = &code.challenge {
        let verifier = params.get("code_verifier").unwrap_or_default();
        if !pkce::well_formed(verifier) || !pkce::matches(challenge, *s256, verifier) {
            return refuse("invalid_grant", "Invalid code verifier.", 4700);
        }
    }
    code.used = true;
    let (account, user) = (code.account, code.user.clone());
    // "The last token issued is considered valid": authorizing again ends what the same person had before.
    world.grants.revoke_user(account, &Some(user.clone()));
    Ok(issue(world, account, Kind::User(user)))
}

fn refresh(world: &mut World, params: &Params) -> Outcome {
    let now = world.now();
    let given = params.get("refresh_token").unwrap_or_default().to_owned();
    let spelling = world.options.refresh_error;
    let dead = |code: i64| Err(Box::new(dead_refresh_token(spelling, code)));
    let Some(held) = world.grants.refresh.get(&given).cloned() else {
        return dead(4737);
    };
    match held.state {
        RefreshState::Revoked => return dead(4741),
        RefreshState::Used => return dead(4737),
        RefreshState::Live if held.expires_at <= now => return dead(4737),
        RefreshState::Live => {}
    }
    let owner = world.accounts[held.account].directory.user(&held.user);
    if owner.is_none_or(|user| user.status != Status::Active) {
        return dead(4735);
    }
    if let Some(held) = world.grants.refresh.get_mut(&given) {
        held.state = RefreshState::Used;
    }
    Ok(issue(world, held.account, Kind::User(held.user)))
}

fn dead_refresh_token(spelling: RefreshError, code: i64) -> Answer {
    Answer::json(
        400,
        &match spelling {
            RefreshError::InvalidGrant => {
                json!({"reason": "Invalid Token!", "error": "invalid_grant"})
            }
            RefreshError::InvalidRequest => {
                json!({"reason": "Invalid Token!", "error": "invalid_request"})
            }
            RefreshError::Bare => json!({"error": "invalid_grant"}),
            RefreshError::WithCode => {
                json!({"reason": "Invalid Token!", "error": "invalid_grant", "code": code})
            }
        },
    )
}

fn account_credentials(world: &mut World, params: &Params) -> Outcome {
    let wanted = params.get("account_id").unwrap_or_default();
    let Some(account) = world.accounts.iter().position(|account| account.id == wanted) else {
        return Err(Box::new(refusal(400, "invalid_request", "Bad Request", 4700)));
    };
    if world.options.single_s2s_token {
        world.grants.revoke_user(account, &None);
    }
    Ok(issue(world, account, Kind::ServerToServer))
}

fn issue(world: &mut World, account: usize, kind: Kind) -> Answer {
    let now = world.now();
    let life = world.options.access_token_life;
    let scopes = world.accounts[account].scopes.clone();
    // Real tokens look like a JWT and are long; nobody should give them 255 characters of room.
    let access = format!(
        "eyJ{}.{}.{}",
        world.rng.text(120),
        world.rng.text(560),
        world.rng.text(86)
    );
    let mut body = Map::new();
    body.insert("access_token".into(), json!(access));
    body.insert("token_type".into(), json!("bearer"));
    if let Kind::User(user) = &kind {
        let refresh = format!(
            "eyJ{}.{}.{}",
            world.rng.text(120),
            world.rng.text(560),
            world.rng.text(86)
        );
        body.insert("refresh_token".into(), json!(refresh));
        let expires_at = shift(now, world.options.refresh_token_life);
        let held = RefreshToken {
            account,
            user: user.clone(),
            expires_at,
            state: RefreshState::Live,
        };
        world.grants.refresh.insert(refresh, held);
    }
    body.insert("expires_in".into(), json!(life.as_secs()));
    body.insert("scope".into(), json!(scopes.join(" ")));
    if world.options.api_url_in_token {
        body.insert("api_url".into(), json!(world.base_url));
    }
    let held = AccessToken {
        account,
        kind,
        scopes,
        expires_at: shift(now, life),
        revoked: false,
    };
    world.grants.access.insert(access, held);
    Answer::ok(&Value::Object(body))
}
