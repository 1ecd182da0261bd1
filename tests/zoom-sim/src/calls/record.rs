//! A generated call as a row of `call_history[]`.

use super::cast::{Side, write_owner};
use super::plan::{Plan, Scene, Shape};
use super::utc;
use crate::random::Rng;
use serde_json::{Map, Value, json};

/// Caller and callee of a plan, and whether the call came in.
pub(crate) fn sides<'a>(plan: &Plan, scene: &'a Scene<'a>) -> (Side<'a>, Side<'a>, bool) {
    let (inside, outside) = (Side::Inside(scene.insider), Side::Outside(&scene.outsider));
    match plan.shape {
        Shape::Outbound | Shape::OutboundFailed | Shape::CommonArea | Shape::Emergency => (inside, outside, false),
        Shape::Internal => (inside, Side::Inside(scene.second), false),
        Shape::TransferLeg => (outside, Side::Inside(scene.second), true),
        _ => (outside, inside, true),
    }
}

pub(crate) fn result(plan: &Plan, rng: &mut Rng) -> &'static str {
    match plan.shape {
        Shape::Inbound | Shape::Queue | Shape::LineGroup | Shape::Internal => "answered",
        Shape::Transfer | Shape::TransferLeg => "connected",
        Shape::Outbound | Shape::CommonArea | Shape::Emergency => "connected",
        Shape::Voicemail => "voicemail",
        Shape::Missed => rng.pick(&["no_answer", "canceled", "abandoned", "ring_timeout"]),
        Shape::OutboundFailed => rng.pick(&["busy", "no_answer", "call_failed", "rejected"]),
    }
}

/// The row, oddities included.
pub(crate) fn write(plan: &Plan) -> Map<String, Value> {
    let scene = plan.scene();
    let mut rng = scene.rng.clone();
    let (caller, callee, inbound) = sides(plan, &scene);
    let internal = plan.shape == Shape::Internal;
    let mut row = Map::new();
    if let Some(uuid) = &plan.uuid {
        row.insert("call_history_uuid".into(), json!(uuid));
    }
    row.insert("call_id".into(), json!(scene.call_id));
    row.insert("direction".into(), json!(if inbound { "inbound" } else { "outbound" }));
    row.insert(
        "international".into(),
        json!(!internal && scene.outsider.country.0 != "US"),
    );
    row.insert("start_time".into(), json!(utc(plan.start)));
    if let Some(answer) = plan.answer {
        row.insert("answer_time".into(), json!(utc(answer)));
    } else if rng.permille(500) {
        // Whether an unanswered call has "" or nothing here is not documented; both are served.
        row.insert("answer_time".into(), json!(""));
    }
    row.insert("end_time".into(), json!(utc(plan.end)));
    row.insert(
        "duration".into(),
        json!(plan.answer.map_or(0, |answer| plan.end - answer)),
    );
    row.insert(
        "connect_type".into(),
        json!(if internal { "internal" } else { "external" }),
    );
    let emergency = plan.shape == Shape::Emergency;
    row.insert(
        "call_type".into(),
        json!(if emergency { "emergency" } else { "general" }),
    );
    row.insert("call_result".into(), json!(result(plan, &mut rng)));
    row.insert(
        "hide_caller_id".into(),
        json!(inbound && scene.outsider.number.is_empty()),
    );
    row.insert("end_to_end".into(), json!(internal && rng.permille(100)));
    caller.write("caller", &mut row, false);
    callee.write("callee", &mut row, false);
    let owner = if plan.shape == Shape::TransferLeg {
        scene.second
    } else {
        scene.insider
    };
    write_owner(owner, &mut row);
    if inbound && rng.permille(20) {
        row.insert("spam".into(), json!("Maybe Spam"));
    }
    row.insert(
        "recording_status".into(),
        json!(if plan.recorded { "recorded" } else { "non_recorded" }),
    );
    distort(plan, &mut rng, &mut row);
    row
}

/// What Zoom may send although its description does not say so.
fn distort(plan: &Plan, rng: &mut Rng, row: &mut Map<String, Value>) {
    let quirks = plan.quirks;
    if rng.permille(quirks.unknown_enums) {
        let (field, value) = [
            ("call_result", "ai_receptionist_handled"),
            ("callee_number_type", "some_future_number_type"),
            ("caller_ext_type", "hologram"),
            ("connect_type", "federated"),
        ][rng.index(4)];
        row.insert(field.into(), json!(value));
    }
    if rng.permille(quirks.extra_fields) {
        row.insert("callee_location".into(), json!("Texas"));
        row.insert("has_voicemail".into(), json!(plan.shape == Shape::Voicemail));
        row.insert(
            "future_feature".into(),
            json!({"score": 0.75, "tags": ["neu", "新"], "big": 9_007_199_254_740_993_i64}),
        );
    }
    if rng.permille(quirks.missing_fields) {
        for field in [
            "department",
            "site_name",
            "duration",
            "caller_name",
            "recording_status",
            "answer_time",
        ] {
            if rng.permille(500) {
                row.shift_remove(field);
            }
        }
    }
    if rng.permille(quirks.empty_strings) {
        for field in [
            "department",
            "cost_center",
            "callee_name",
            "site_id",
            "caller_device_type",
        ] {
            if row.contains_key(field) && rng.permille(500) {
                row.insert(field.into(), json!(""));
            }
        }
    }
}
