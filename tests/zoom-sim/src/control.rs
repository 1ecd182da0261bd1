//! `/_sim/…`: the control surface over HTTP, for other languages and for demonstrations.

use crate::answer::Answer;
use crate::control_account;
use crate::fault::Fault;
use crate::oauth::authorize::Decision;
use crate::request::Request;
use crate::simulator::{SimError, inject, sign_in};
use crate::world::World;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) fn answer(world: &mut World, request: &Request) -> Answer {
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    let body: Value = if request.body.is_empty() {
        json!({})
    } else {
        match serde_json::from_slice(&request.body) {
            Ok(body) => body,
            Err(wrong) => return problem(400, &format!("The body is no JSON: {wrong}")),
        }
    };
    match (request.method.as_str(), path.as_slice()) {
        ("GET", ["info"]) => Answer::ok(&info(world)),
        ("POST", ["authorize"]) => authorize(world, &body),
        ("POST", ["faults"]) => match serde_json::from_value::<Fault>(body) {
            Ok(fault) => {
                inject(world, fault);
                Answer::ok(&json!({"faults": world.faults.list()}))
            }
            Err(wrong) => problem(400, &format!("No fault: {wrong}")),
        },
        ("GET", ["faults"]) => Answer::ok(&json!({"faults": world.faults.list(), "struck": world.faults.struck()})),
        ("DELETE", ["faults"]) => {
            world.faults.clear();
            Answer::ok(&json!({"faults": []}))
        }
        ("GET", ["requests"]) => Answer::ok(&json!({"requests": world.log})),
        ("DELETE", ["requests"]) => {
            world.log.clear();
            Answer::ok(&json!({"requests": []}))
        }
        ("GET", ["clock"]) => clock(world),
        ("POST", ["clock"]) => set_clock(world, &body),
        (method, ["accounts", name, rest @ ..]) => match world.account_named(name) {
            Some(position) => control_account::answer(world, position, method, rest, &body),
            None => problem(404, &format!("There is no account {name}; GET /_sim/info lists them.")),
        },
        _ => problem(404, "Unknown; see the README of zoom-sim for the routes under /_sim/."),
    }
}

pub(crate) fn problem(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({"error": message}))
}

pub(crate) fn info(world: &World) -> Value {
    let accounts: Vec<Value> = world
        .accounts
        .iter()
        .map(|account| {
            json!({
                "name": account.name,
                "account_id": account.id,
                "account_number": account.number,
                "owner": account.directory.owner().map(|user| user.email.clone()),
                "member": account.directory.first_member().map(|user| user.email.clone()),
                "phone_licensed": account.phone_licensed,
                "scopes": account.scopes,
            })
        })
        .collect();
    json!({
        "base_url": world.base_url,
        "oauth_url": world.base_url,
        "api_url": format!("{}/v2", world.base_url),
        "client_id": world.options.client_id,
        "client_secret": world.options.client_secret,
        "accounts": accounts,
    })
}

/// `{url, user, decline?}`
fn authorize(world: &mut World, body: &Value) -> Answer {
    let (Some(url), Some(user)) = (body["url"].as_str(), body["user"].as_str()) else {
        return problem(400, "Expected {\"url\": …, \"user\": e-mail}.");
    };
    let decision = if body["decline"] == true {
        Decision::Decline
    } else {
        Decision::Allow
    };
    match sign_in(world, url, user, decision) {
        Ok(grant) => Answer::ok(&json!(grant)),
        Err(SimError::Refused { status, body }) => Answer::text(status, "application/json;charset=UTF-8", body),
        Err(other) => problem(400, &other.to_string()),
    }
}

fn clock(world: &World) -> Answer {
    Answer::ok(&json!({"now": world.now(), "manual": world.options.clock.is_manual()}))
}

/// `{advance_seconds}` or `{set: instant}`
fn set_clock(world: &mut World, body: &Value) -> Answer {
    if let Some(seconds) = body["advance_seconds"].as_u64() {
        world.options.clock.advance(Duration::from_secs(seconds));
    } else if let Some(at) = body["set"].as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
        world.options.clock.set(at);
    } else {
        return problem(
            400,
            "Expected {\"advance_seconds\": N} or {\"set\": \"2026-07-01T00:00:00Z\"}.",
        );
    }
    clock(world)
}
