//! `/_sim/accounts/{name}/…`: one account's records, people and settings over HTTP.

use crate::account::Account;
use crate::answer::Answer;
use crate::api::endpoint::Family;
use crate::calls::CallSpec;
use crate::control::problem;
use crate::directory::{Container, Status};
use crate::options::{Plan, Scopes};
use crate::world::World;
use jiff::Timestamp;
use serde::Deserialize as _;
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) fn answer(world: &mut World, position: usize, method: &str, path: &[&str], body: &Value) -> Answer {
    let now = world.now();
    let lag = world.options.publish_lag;
    if path == ["revoke"] && method == "POST" {
        world.grants.revoke_account(position);
        return Answer::ok(&json!({"revoked": true}));
    }
    if path.is_empty() && method == "PATCH" {
        if body["expire_access_tokens"] == true {
            world.grants.expire_access(position, now);
        }
        return settings(&mut world.accounts[position], body, now);
    }
    let account = &mut world.accounts[position];
    match (method, path) {
        ("POST", ["calls"]) => {
            if let Some(records) = body["records"].as_array() {
                let at = body["publish_at"].as_str().and_then(|text| text.parse().ok());
                let loaded = account.load_records(records, at.unwrap_or(now));
                return Answer::ok(&json!({"added": loaded}));
            }
            if let Some(wanted) = body["specs"].as_array() {
                return specified(account, wanted, now, lag);
            }
            let count = body["count"].as_u64().and_then(|count| usize::try_from(count).ok());
            let added = account.add_fresh_calls(count.unwrap_or(1), now, lag);
            Answer::ok(&json!({"added": added.len(), "uuids": added}))
        }
        ("PATCH", ["calls", uuid]) => {
            let patch = body.as_object().cloned().unwrap_or_default();
            changed(account.calls.change(uuid, &patch, None))
        }
        ("DELETE", ["calls", uuid]) => changed(account.calls.remove(uuid)),
        ("POST", ["details"]) => {
            for (uuid, detail) in body.as_object().into_iter().flatten() {
                account.calls.set_detail(uuid.clone(), detail.clone());
            }
            changed(true)
        }
        ("GET", ["truth", entity]) => truth(account, entity, now),
        (_, ["users", ..] | ["members", ..]) => people(account, method, path, body, now),
        _ => unknown(),
    }
}

/// Calls of a given length, start or moment of appearance.
fn specified(account: &mut Account, wanted: &[Value], now: Timestamp, lag: Duration) -> Answer {
    let specs: Result<Vec<CallSpec>, _> = wanted.iter().map(CallSpec::deserialize).collect();
    match specs {
        Ok(specs) => {
            let added: Vec<String> = specs
                .iter()
                .filter_map(|spec| account.add_call(spec, now, lag))
                .collect();
            Answer::ok(&json!({"added": added.len(), "uuids": added}))
        }
        Err(wrong) => problem(400, &format!("No call: {wrong}")),
    }
}

fn unknown() -> Answer {
    problem(
        404,
        "Unknown; see the README of zoom-sim for the routes under /_sim/accounts/{name}/.",
    )
}

fn changed(done: bool) -> Answer {
    if done {
        Answer::ok(&json!({"changed": true}))
    } else {
        problem(404, "There is nothing of this name.")
    }
}

fn truth(account: &mut Account, entity: &str, now: Timestamp) -> Answer {
    let rows = if entity == "calls" {
        let visible = account.calls.visible(now);
        Some(
            visible
                .into_iter()
                .map(|at| Value::Object(account.calls.get(at).row()))
                .collect(),
        )
    } else {
        account.directory.truth(entity)
    };
    match rows {
        Some(rows) => Answer::ok(&json!({"count": rows.len(), "rows": rows})),
        None => problem(404, &format!("There is no entity {entity}.")),
    }
}

/// `{phone_licensed?, plan?: pro|business, scopes?: classic|granular|[…], spend_heavy?: N, expire_access_tokens?,
/// late_permille?, late_seconds?}`
fn settings(account: &mut Account, body: &Value, now: Timestamp) -> Answer {
    if let Some(licensed) = body["phone_licensed"].as_bool() {
        account.phone_licensed = licensed;
    }
    match body["plan"].as_str() {
        Some("pro") => account.plan = Plan::Pro,
        Some("business") => account.plan = Plan::Business,
        Some(_) => return problem(400, "plan is pro or business."),
        None => {}
    }
    match &body["scopes"] {
        Value::Null => {}
        Value::String(name) if name == "classic" => account.set_scopes(&Scopes::Classic),
        Value::String(name) if name == "granular" => account.set_scopes(&Scopes::Granular),
        Value::Array(list) => {
            let list = list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            account.set_scopes(&Scopes::Custom(list));
        }
        _ => return problem(400, "scopes is classic, granular or a list."),
    }
    if let Some(permille) = body["late_permille"].as_u64() {
        account.lateness.permille = u32::try_from(permille).unwrap_or(1000);
    }
    if let Some(seconds) = body["late_seconds"].as_u64() {
        account.lateness.up_to = Duration::from_secs(seconds);
    }
    if let Some(requests) = body["spend_heavy"].as_u64() {
        let requests = u32::try_from(requests).unwrap_or(u32::MAX);
        account.rates.spend_heavy(now, Family::Phone, requests);
    }
    changed(true)
}

fn people(account: &mut Account, method: &str, path: &[&str], body: &Value, now: Timestamp) -> Answer {
    let text = |name: &str| body[name].as_str();
    match (method, path) {
        ("POST", ["users"]) => {
            let (Some(email), Some(first), Some(last)) = (text("email"), text("first_name"), text("last_name")) else {
                return problem(400, "Expected email, first_name and last_name.");
            };
            Answer::ok(&json!({"id": account.add_user(email, first, last, now)}))
        }
        ("PATCH", ["users", key]) => changed(account.edit_user(key, |user| {
            for (name, field) in [
                ("first_name", &mut user.first_name),
                ("last_name", &mut user.last_name),
                ("department", &mut user.dept),
                ("cost_center", &mut user.cost_center),
            ] {
                if let Some(value) = text(name) {
                    value.clone_into(field);
                }
            }
            if let Some(active) = body["active"].as_bool() {
                user.status = if active { Status::Active } else { Status::Inactive };
            }
        })),
        ("DELETE", ["users", key]) => changed(account.remove_user(key)),
        ("PUT" | "DELETE", ["members", kind, id, user]) => {
            let container = match *kind {
                "groups" => Container::Group,
                "roles" => Container::Role,
                "call_queues" => Container::CallQueue,
                _ => return problem(404, "Members are of groups, roles or call_queues."),
            };
            changed(account.set_member(container, id, user, method == "PUT"))
        }
        _ => unknown(),
    }
}
