//! Every answer against Zoom's own OpenAPI descriptions, with nothing in it that they do not name.

use crate::platform::{Platform, options, tidy};
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use zoom_sim::{AccountOptions, Options, RateLimits};

const DESCRIPTIONS: [&str; 4] = [
    include_str!("../../openapi/phone-trimmed.json"),
    include_str!("../../openapi/users-trimmed.json"),
    include_str!("../../openapi/accounts-roles-trimmed.json"),
    include_str!("../../openapi/number-management-trimmed.json"),
];

/// The schema of the 200 answer, closed: a field it does not name is an error.
fn schema(path: &str) -> Value {
    let found = DESCRIPTIONS.iter().find_map(|text| {
        let description: Value = serde_json::from_str(text).expect("JSON");
        let content = &description["paths"][path]["get"]["responses"]["200"]["content"];
        content["application/json"].get("schema").cloned()
    });
    closed(&found.unwrap_or_else(|| panic!("{path} is not described")))
}

fn closed(schema: &Value) -> Value {
    let mut out = Map::new();
    let mut properties = Map::new();
    let mut parts = vec![schema];
    // `allOf` splits one object over several schemas; closed one by one they would exclude each other.
    parts.extend(schema["allOf"].as_array().into_iter().flatten());
    for part in parts {
        for (key, value) in part.as_object().into_iter().flatten() {
            match key.as_str() {
                "properties" => {
                    for (name, property) in value.as_object().into_iter().flatten() {
                        properties.insert(name.clone(), closed(property));
                    }
                }
                "items" => drop(out.insert(key.clone(), closed(value))),
                "type" | "enum" | "required" | "format" | "minimum" | "maximum" | "minLength" | "maxLength"
                | "minItems" | "maxItems" | "uniqueItems" => drop(out.insert(key.clone(), value.clone())),
                _ => {}
            }
        }
    }
    if !properties.is_empty() {
        out.insert("type".into(), json!("object"));
        out.insert("properties".into(), Value::Object(properties));
        out.insert("additionalProperties".into(), json!(false));
    }
    Value::Object(out)
}

fn validator(path: &str) -> Validator {
    let options = jsonschema::options().should_validate_formats(true);
    options.build(&schema(path)).expect("a schema")
}

fn complaints(validator: &Validator, body: &Value) -> Vec<String> {
    validator
        .iter_errors(body)
        .map(|wrong| format!("{}: {wrong}", wrong.instance_path()))
        .take(5)
        .collect()
}

async fn platform() -> Platform {
    let account = AccountOptions {
        users: 120,
        calls: 1500,
        ..tidy("acme")
    };
    Platform::start(Options {
        accounts: vec![account],
        rate_limits: RateLimits::Off,
        ..options()
    })
    .await
}

#[tokio::test]
async fn every_answer_is_what_the_description_says() {
    let platform = platform().await;
    let account = platform.sim.account(0);
    let first = |entity: &str| account.truth(entity)[0]["id"].as_str().expect("id").to_owned();
    let (group, queue) = (first("groups"), first("call_queues"));
    let uuid = account.truth_calls()[20]["call_history_uuid"]
        .as_str()
        .expect("id")
        .to_owned();
    let detail = account.truth_detail(&uuid).expect("a detail");
    let element = detail["call_elements"][0]["call_element_id"]
        .as_str()
        .expect("id")
        .to_owned();
    let phone_user = first("phone_users");
    for (description, path, array) in [
        ("/users", "users?page_size=300".to_owned(), "users"),
        ("/users", "users?status=pending".to_owned(), "users"),
        ("/users/{userId}", "users/me".to_owned(), ""),
        ("/groups", "groups".to_owned(), "groups"),
        (
            "/groups/{groupId}/members",
            format!("groups/{group}/members"),
            "members",
        ),
        ("/roles", "roles".to_owned(), "roles"),
        ("/roles/{roleId}", "roles/0".to_owned(), ""),
        (
            "/roles/{roleId}/members",
            "roles/2/members?page_size=300".to_owned(),
            "members",
        ),
        ("/phone/users", "phone/users?page_size=100".to_owned(), "users"),
        ("/phone/users/{userId}", format!("phone/users/{phone_user}"), ""),
        ("/phone/settings", "phone/settings".to_owned(), ""),
        ("/phone/sites", "phone/sites".to_owned(), "sites"),
        ("/phone/call_queues", "phone/call_queues".to_owned(), "call_queues"),
        (
            "/phone/call_queues/{callQueueId}",
            format!("phone/call_queues/{queue}"),
            "",
        ),
        (
            "/phone/call_queues/{callQueueId}/members",
            format!("phone/call_queues/{queue}/members"),
            "call_queue_members",
        ),
        (
            "/phone/auto_receptionists",
            "phone/auto_receptionists".to_owned(),
            "auto_receptionists",
        ),
        ("/phone/common_areas", "phone/common_areas".to_owned(), "common_areas"),
        (
            "/phone/shared_line_groups",
            "phone/shared_line_groups".to_owned(),
            "shared_line_groups",
        ),
        (
            "/phone/devices",
            "phone/devices?type=assigned&page_size=300".to_owned(),
            "devices",
        ),
        ("/phone/devices", "phone/devices?type=unassigned".to_owned(), "devices"),
        ("/phone/rooms", "phone/rooms".to_owned(), "rooms"),
        (
            "/phone/numbers",
            "phone/numbers?type=all&page_size=100".to_owned(),
            "phone_numbers",
        ),
        (
            "/number_management/numbers",
            "number_management/numbers?page_size=200".to_owned(),
            "numbers",
        ),
        (
            "/phone/call_history/{callHistoryUuid}",
            format!("phone/call_history/{uuid}"),
            "call_elements",
        ),
        (
            "/phone/call_element/{callElementId}",
            format!("phone/call_element/{element}"),
            "",
        ),
    ] {
        let reply = platform.get(&path).await;
        assert_eq!(reply.status, 200, "{path}: {:?}", reply.body);
        assert!(
            array.is_empty() || !reply.rows(array).is_empty(),
            "{path} shows nothing to check"
        );
        let wrong = complaints(&validator(description), &reply.body);
        assert!(wrong.is_empty(), "{path}: {wrong:#?}");
    }
}

#[tokio::test]
async fn every_generated_record_and_detail_is_what_the_description_says() {
    let platform = platform().await;
    let (list, detail) = (
        validator("/phone/call_history"),
        validator("/phone/call_history/{callHistoryUuid}"),
    );
    let mut token = String::new();
    loop {
        let path = "phone/call_history?from=2026-06-16&to=2026-07-15&page_size=300";
        let reply = platform.get(&format!("{path}&next_page_token={token}")).await;
        assert!(!reply.rows("call_history").is_empty() && !reply.rows("call_logs").is_empty());
        let wrong = complaints(&list, &reply.body);
        assert!(wrong.is_empty(), "{wrong:#?}");
        token = reply.text("next_page_token").to_owned();
        if token.is_empty() {
            break;
        }
    }
    let account = platform.sim.account(0);
    for call in account.truth_calls().iter().take(400) {
        let body = account
            .truth_detail(call["call_history_uuid"].as_str().expect("id"))
            .expect("a detail");
        let wrong = complaints(&detail, &body);
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

#[tokio::test]
async fn the_check_can_fail() {
    let platform = platform().await;
    let path = "phone/call_history?from=2026-07-01&to=2026-07-10";
    let good = platform.get(path).await.body;
    let checked = validator("/phone/call_history");
    assert!(complaints(&checked, &good).is_empty());
    for (pointer, broken) in [
        ("/call_history/0/duration", json!("12")),
        ("/call_history/0/direction", json!("sideways")),
        ("/call_logs/1/call_id", json!(7_018_317_023_722_949_162_i64)),
        ("/call_history", json!({})),
        ("/total_records", json!("54")),
    ] {
        let mut body = good.clone();
        *body.pointer_mut(pointer).expect("there") = broken;
        assert!(!complaints(&checked, &body).is_empty(), "{pointer}");
    }
    let mut body = good.clone();
    body["call_history"][0]["undocumented"] = json!(1);
    assert!(!complaints(&checked, &body).is_empty(), "an unknown field");
    let users = json!({"users": [{"first_name": "No address"}]});
    assert!(
        !complaints(&validator("/users"), &users).is_empty(),
        "a required field is missing"
    );
}
