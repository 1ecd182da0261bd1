//! Answers about people and extensions, in each endpoint's own envelope.

use super::endpoint::Endpoint;
use super::{Call, Outcome, listing};
use crate::account::Account;
use crate::answer::Answer;
use crate::directory::Status;
use crate::paging::Page;
use crate::world::World;
use serde_json::{Map, Value, json};

pub(crate) fn answer(world: &mut World, call: &Call<'_>) -> Outcome {
    let account = &world.accounts[call.account];
    let directory = &account.directory;
    let params = &call.request.params;
    let begun = world.long_listings.begun(call);
    let subject = match (&call.user, call.subject.as_str()) {
        (Some(user), "me") => user.as_str(),
        (_, subject) => subject,
    };
    let not_found = |status, code, message: String| Err(Box::new(Answer::error(status, code, &message)));
    let rows = match call.spec.endpoint {
        _ if begun.is_some() => Vec::new(),
        Endpoint::User => return one_user(account, subject),
        Endpoint::PhoneUser => return one_phone_user(account, subject),
        Endpoint::PhoneSettings => return Ok(Answer::ok(&settings())),
        Endpoint::Role => match directory.role_detail(subject) {
            Some(role) => return Ok(Answer::ok(&role)),
            None => return not_found(400, 1034, "Provided role_id does not exist.".into()),
        },
        Endpoint::CallQueue | Endpoint::CallQueueMembers => {
            let Some(queue) = directory.queues.iter().find(|queue| queue.id == subject) else {
                let message = format!("The Call Queue does not exist, callQueueId:{subject}.");
                return not_found(404, 13_000, message);
            };
            if call.spec.endpoint == Endpoint::CallQueue {
                return Ok(Answer::ok(&directory.queue_detail(queue)));
            }
            directory.queue_member_rows(queue)
        }
        Endpoint::GroupMembers => match directory.group_member_rows(subject) {
            Some(rows) => rows,
            None => {
                return not_found(404, 4130, format!("A group with this {subject} does not exist."));
            }
        },
        Endpoint::RoleMembers => match directory.role_member_rows(subject) {
            Some(rows) => rows,
            None => return not_found(400, 1034, "Provided role_id does not exist.".into()),
        },
        Endpoint::Devices if params.get("type").is_none() => {
            return Err(Box::new(Answer::validation("type", "The type field is required.")));
        }
        endpoint => directory.rows(endpoint, params).unwrap_or_default(),
    };
    if call.spec.endpoint == Endpoint::Roles {
        let total = rows.len();
        return Ok(Answer::ok(&json!({"total_records": total, "roles": rows})));
    }
    let rows = begun.unwrap_or_else(|| world.long_listings.begin(call, rows));
    let size = listing::page_size(call)?;
    let position = listing::position(world, call)?;
    let page = listing::cut(world, call, size, rows.len(), position);
    let omit = world.options.omit_empty_lists;
    Ok(Answer::ok(&envelope(
        call.spec.endpoint,
        &page,
        &rows[page.rows.clone()],
        omit,
    )))
}

/// The array's name, and which of the paging fields this endpoint has: page count and number, size, total.
fn shape(endpoint: Endpoint) -> (&'static str, bool, bool, bool) {
    match endpoint {
        Endpoint::Users => ("users", true, true, true),
        Endpoint::GroupMembers | Endpoint::RoleMembers => ("members", true, true, true),
        Endpoint::Groups => ("groups", false, false, true),
        Endpoint::PhoneUsers => ("users", false, true, true),
        Endpoint::Sites => ("sites", false, true, true),
        Endpoint::CallQueues => ("call_queues", false, true, true),
        Endpoint::CallQueueMembers => ("call_queue_members", false, true, true),
        Endpoint::AutoReceptionists => ("auto_receptionists", false, true, true),
        Endpoint::CommonAreas => ("common_areas", false, true, false),
        Endpoint::SharedLineGroups => ("shared_line_groups", false, true, true),
        Endpoint::Rooms => ("rooms", false, true, true),
        Endpoint::Devices => ("devices", false, true, true),
        Endpoint::PhoneNumbers => ("phone_numbers", false, true, true),
        Endpoint::ManagedNumbers => ("numbers", false, true, false),
        _ => ("items", false, false, false),
    }
}

fn envelope(endpoint: Endpoint, page: &Page, rows: &[Value], omit_empty: bool) -> Value {
    let (name, counted, sized, totalled) = shape(endpoint);
    let mut body = Map::new();
    body.insert("next_page_token".into(), json!(page.next_page_token));
    if counted {
        body.insert("page_count".into(), json!(page.count()));
        body.insert("page_number".into(), json!(page.number));
    }
    if sized {
        body.insert("page_size".into(), json!(page.size));
    }
    if totalled {
        body.insert("total_records".into(), json!(page.total));
    }
    if !(rows.is_empty() && omit_empty) {
        body.insert(name.into(), json!(rows));
    }
    Value::Object(body)
}

fn one_user(account: &Account, key: &str) -> Outcome {
    let Some(user) = account.directory.user(key) else {
        return Err(Box::new(Answer::error(
            404,
            1001,
            &format!("User does not exist: {key}."),
        )));
    };
    // A pending user has no id yet, but an address that can be asked for.
    if user.status == Status::Pending && user.id == key {
        return Err(Box::new(Answer::error(
            404,
            1001,
            &format!("User does not exist: {key}."),
        )));
    }
    let mut body = account.directory.user_detail(user, &account.id, account.number);
    if let Some(body) = body.as_object_mut().filter(|_| user.status == Status::Pending) {
        body.shift_remove("id");
    }
    Ok(Answer::ok(&body))
}

fn one_phone_user(account: &Account, key: &str) -> Outcome {
    let found = account
        .directory
        .user(key)
        .and_then(|user| user.phone.as_ref().map(|phone| (user, phone)));
    match found {
        Some((user, phone)) => Ok(Answer::ok(&account.directory.phone_user_detail(user, phone))),
        None => Err(Box::new(Answer::error(
            404,
            1001,
            &format!("User does not exist: {key}."),
        ))),
    }
}

fn settings() -> Value {
    json!({
        "byoc": {"enable": false},
        "country": {"code": "US", "name": "United States"},
        "multiple_sites": {"enabled": true, "site_code": false},
        "show_device_ip_for_call_log": {"enable": false},
        "multiple_party_conference": {"enable": true},
    })
}
