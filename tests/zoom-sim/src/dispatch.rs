//! From a request to an answer: faults first, then OAuth, the API or the control surface, then the log.

use crate::answer::{Answer, Delivery};
use crate::fault::Effect;
use crate::request::Request;
use crate::request_log::LoggedRequest;
use crate::world::World;
use crate::{api, control, keeping, oauth, rate_limit};
use std::time::Duration;

const CONTROL: &str = "/_sim";
const LOG_LIMIT: usize = 500_000;

/// How long to wait before the request is carried out. Asked for on its own, so that nothing is locked meanwhile.
pub(crate) fn latency(world: &mut World, request: &Request) -> Option<Duration> {
    if request.path.starts_with(CONTROL) {
        return None;
    }
    let account = account_name(world, request);
    let now = world.now();
    world
        .faults
        .take(&request.path, account.as_deref(), now, |effect| match effect {
            Effect::Latency { millis } => Some(Duration::from_millis(*millis)),
            _ => None,
        })
}

pub(crate) fn dispatch(world: &mut World, request: &Request) -> Answer {
    if request.path.starts_with(CONTROL) {
        let answer = control::answer(world, request);
        return if request.method == "GET" {
            answer
        } else {
            kept(world, answer)
        };
    }
    let tracking_id = format!("WEB_{}", world.rng.hex(32));
    let known = account_name(world, request);
    let (answer, account) = match instead(world, request, known.as_deref()) {
        Some(fault) => (fault, None),
        None => {
            let (mut answer, account) = carry_out(world, request);
            if request.path.starts_with("/oauth/") {
                answer = kept(world, answer);
            }
            (spoil(world, request, known.as_deref(), answer), account)
        }
    };
    let account = account.map(|position| world.accounts[position].name.clone()).or(known);
    // A rehearsal of weeks must not fill the memory.
    if world.log.len() >= LOG_LIMIT {
        world.log.drain(..LOG_LIMIT / 2);
    }
    world.log.push(LoggedRequest {
        at: world.now(),
        method: request.method.clone(),
        path: request.path.clone(),
        query: request.query.clone(),
        account,
        status: if answer.delivery == Delivery::Reset {
            0
        } else {
            answer.status
        },
        tracking_id: tracking_id.clone(),
    });
    answer.with("x-zm-trackingid", tracking_id)
}

/// The answer, once what it tells is on disk: a token that was handed out must not be forgotten.
fn kept(world: &World, answer: Answer) -> Answer {
    match keeping::write(world) {
        Ok(()) => answer,
        Err(wrong) => Answer::error(500, 500, &wrong.to_string()),
    }
}

fn carry_out(world: &mut World, request: &Request) -> (Answer, Option<usize>) {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/oauth/authorize") => (oauth::authorize::page(world, request), None),
        ("POST", "/oauth/token") => oauth::token::exchange(world, request),
        ("POST", "/oauth/revoke") => (oauth::revoke(world, request), None),
        (_, path) if path.starts_with("/v2/") => api::answer(world, request),
        _ => (Answer::error(404, 404, "Not Found"), None),
    }
}

/// Faults that stand in for the answer: the request is not carried out.
fn instead(world: &mut World, request: &Request, account: Option<&str>) -> Option<Answer> {
    let now = world.now();
    world.faults.take(&request.path, account, now, |effect| match effect {
        Effect::Status {
            status,
            body: Some(body),
        } => Some(Answer::json(*status, body)),
        Effect::Status { status, body: None } => Some(Answer::error(*status, i64::from(*status), "Simulated failure.")),
        Effect::NotJson => {
            let page = "<!DOCTYPE html><html><body><h1>Service temporarily unavailable</h1></body></html>";
            Some(Answer::text(200, "text/html;charset=UTF-8", page))
        }
        Effect::Reset => Some(Answer::reset()),
        Effect::TooManyPerSecond => Some(rate_limit::too_many_per_second().with("x-ratelimit-type", "QPS")),
        Effect::TooManyDaily { retry_after } => {
            let answer = rate_limit::too_many_today(now, retry_after.as_deref());
            Some(
                answer
                    .with("x-ratelimit-type", "Daily-limit")
                    .with("x-ratelimit-remaining", "0"),
            )
        }
        _ => None,
    })
}

/// Faults that happen to an answer on its way.
fn spoil(world: &mut World, request: &Request, account: Option<&str>, mut answer: Answer) -> Answer {
    let now = world.now();
    let token_issued = request.path == "/oauth/token" && answer.status == 200;
    let spoiled = world.faults.take(&request.path, account, now, |effect| match effect {
        Effect::Truncate | Effect::CutJson => Some(effect.clone()),
        Effect::LoseTokenAnswer if token_issued => Some(effect.clone()),
        _ => None,
    });
    match spoiled {
        Some(Effect::Truncate) => answer.delivery = Delivery::Truncated,
        Some(Effect::CutJson) => answer.body = answer.body.slice(..answer.body.len() / 2),
        Some(Effect::LoseTokenAnswer) => answer = Answer::reset(),
        _ => {}
    }
    answer
}

/// The account a request is about, as far as its credentials show it.
fn account_name(world: &World, request: &Request) -> Option<String> {
    let by_token = request
        .bearer()
        .and_then(|token| world.grants.access.get(token))
        .map(|held| held.account);
    let position = by_token.or_else(|| {
        let params = request.oauth_params();
        let refresh = params
            .get("refresh_token")
            .and_then(|token| world.grants.refresh.get(token));
        let code = params.get("code").and_then(|code| world.grants.codes.get(code));
        let id = params.get("account_id");
        refresh
            .map(|held| held.account)
            .or(code.map(|code| code.account))
            .or_else(|| {
                world
                    .accounts
                    .iter()
                    .position(|account| Some(account.id.as_str()) == id)
            })
    });
    position.map(|position| world.accounts[position].name.clone())
}
