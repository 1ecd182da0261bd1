//! A generated call in detail: the body of `/phone/call_history/{uuid}` with its elements.

use super::cast::{Side, write_owner};
use super::plan::{Plan, Scene, Shape};
use super::record::{result, sides};
use super::utc;
use crate::random::Rng;
use serde_json::{Map, Value, json};

/// The fields the detail repeats from the list row; it has no `duration`, no `call_result` and no number types.
const REPEATED: &[&str] = &[
    "call_history_uuid",
    "call_id",
    "connect_type",
    "call_type",
    "direction",
    "international",
    "hide_caller_id",
    "end_to_end",
    "caller_ext_id",
    "caller_name",
    "caller_did_number",
    "caller_ext_number",
    "caller_email",
    "caller_ext_type",
    "callee_ext_id",
    "callee_name",
    "callee_email",
    "callee_did_number",
    "callee_ext_number",
    "callee_ext_type",
    "department",
    "cost_center",
    "site_id",
    "group_id",
    "site_name",
    "start_time",
    "answer_time",
    "end_time",
];

/// The detail of any record: its own fields, and the elements given.
pub(crate) fn detail(row: &Map<String, Value>, elements: &[Map<String, Value>]) -> Value {
    let mut body = Map::new();
    if let Some(uuid) = row.get("call_history_uuid") {
        body.insert("id".into(), uuid.clone());
    }
    for field in REPEATED {
        if let Some(value) = row.get(*field) {
            body.insert((*field).into(), value.clone());
        }
    }
    // The description spells this one wrongly; a client has to cope with it.
    for (name, shown) in [
        ("caller_account_code", "caller_acconut_code"),
        ("callee_account_code", "callee_account_code"),
    ] {
        if let Some(value) = row.get(name) {
            body.insert(shown.into(), value.clone());
        }
    }
    let path: Vec<Value> = elements
        .iter()
        .map(|element| {
            let mut twin = Map::new();
            for (key, value) in element {
                twin.insert(
                    if key == "call_element_id" {
                        "id".into()
                    } else {
                        key.clone()
                    },
                    value.clone(),
                );
            }
            Value::Object(twin)
        })
        .collect();
    body.insert("call_path".into(), Value::Array(path));
    body.insert(
        "call_elements".into(),
        elements.iter().cloned().map(Value::Object).collect(),
    );
    Value::Object(body)
}

struct Step<'a> {
    event: &'static str,
    result: &'static str,
    from: Side<'a>,
    to: Side<'a>,
    owner: &'a super::cast::Party,
    start: i64,
    answer: Option<i64>,
    end: i64,
    segment: u32,
    node: u32,
}

/// The elements of a generated call, in order.
pub(crate) fn write(plan: &Plan) -> Vec<Map<String, Value>> {
    let scene = plan.scene();
    let mut rng = scene.rng.clone();
    let (from, to, inbound) = sides(plan, &scene);
    let outcome = result(plan, &mut rng);
    let owner = if plan.shape == Shape::TransferLeg {
        scene.second
    } else {
        scene.insider
    };
    let whole = Step {
        event: match plan.shape {
            Shape::LineGroup => "shared_line_incoming",
            Shape::TransferLeg => "direct_transfer",
            _ if inbound => "incoming",
            _ => "outgoing",
        },
        result: outcome,
        from,
        to,
        owner,
        start: plan.start,
        answer: plan.answer,
        end: plan.end,
        segment: 1,
        node: 1,
    };
    let mut steps = Vec::new();
    if plan.shape == Shape::Queue {
        let menu = plan.start + 1;
        let ringing = plan.answer.unwrap_or(plan.end);
        let receptionist = scene.receptionist;
        steps.push(Step {
            to: Side::Inside(receptionist),
            owner: receptionist,
            end: menu,
            answer: Some(plan.start),
            result: "answered",
            ..whole
        });
        steps.push(Step {
            event: "forward",
            start: menu,
            segment: 2,
            ..whole
        });
        steps.push(Step {
            event: "ring_to_member",
            to: Side::Inside(scene.second),
            owner: scene.second,
            start: menu,
            end: if plan.answer.is_some() { plan.end } else { ringing },
            segment: 2,
            node: 0,
            ..whole
        });
    } else {
        steps.push(whole);
    }
    let mut ids = Rng::for_purpose(
        plan.seed,
        if plan.shape == Shape::TransferLeg {
            "leg"
        } else {
            "elements"
        },
    );
    steps.iter().map(|step| element(plan, &scene, step, &mut ids)).collect()
}

fn element(plan: &Plan, scene: &Scene<'_>, step: &Step<'_>, ids: &mut Rng) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| {
        fields.insert(name.into(), value);
    };
    let day = utc(plan.start).get(..10).unwrap_or_default().replace('-', "");
    let internal = plan.shape == Shape::Internal;
    put("call_element_id", json!(format!("{day}-{}", ids.uuid())));
    put("call_id", json!(scene.call_id));
    put("connect_type", json!(if internal { "internal" } else { "external" }));
    put(
        "call_type",
        json!(if plan.shape == Shape::Emergency {
            "emergency"
        } else {
            "general"
        }),
    );
    put(
        "direction",
        json!(if sides(plan, scene).2 { "inbound" } else { "outbound" }),
    );
    put("hide_caller_id", json!(scene.outsider.number.is_empty() && !internal));
    put("end_to_end", json!(false));
    step.from.write("caller", &mut fields, true);
    step.to.write("callee", &mut fields, true);
    write_owner(step.owner, &mut fields);
    let mut put = |name: &str, value: Value| {
        fields.insert(name.into(), value);
    };
    put("start_time", json!(utc(step.start)));
    if let Some(answer) = step.answer {
        put("answer_time", json!(utc(answer)));
    }
    put("end_time", json!(utc(step.end)));
    put("event", json!(step.event));
    put("result", json!(step.result));
    put("device_private_ip", json!(""));
    put("device_public_ip", json!(""));
    put("segment", json!(step.segment));
    put("node", json!(step.node));
    put("is_node", json!(1));
    if plan.recorded && step.answer.is_some() && step.event != "forward" {
        put("recording_id", json!(ids.hex(32)));
        put(
            "recording_type",
            json!(if ids.permille(800) { "automatic" } else { "ad-hoc" }),
        );
    }
    if let Some(answer) = step.answer {
        let hold = ids.between(0, ((step.end - answer) / 4).max(0));
        put("hold_time", json!(hold));
        put("waiting_time", json!((answer - step.start).max(0)));
    }
    if plan.shape == Shape::Voicemail {
        put("voicemail_id", json!(ids.hex(32)));
    }
    if step.event == "forward" && ids.permille(500) {
        put("press_key", json!(ids.pick(&["1", "2", "#"])));
    }
    fields
}
