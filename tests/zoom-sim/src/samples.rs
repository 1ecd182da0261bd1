//! The official and the synthetic sample records, for tests that compare field by field.

use serde_json::Value;
use std::collections::BTreeMap;

const OFFICIAL_LIST: &str = include_str!("../samples/official/call_history.json");
const OFFICIAL_DETAIL: &str = include_str!("../samples/official/call_history_detail.json");
const OFFICIAL_ELEMENT: &str = include_str!("../samples/official/call_element.json");
const SYNTHETIC_RECORDS: &str = include_str!("../samples/synthetic/call_history_records.json");
const SYNTHETIC_DETAILS: &str = include_str!("../samples/synthetic/call_history_details_by_uuid.json");

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

fn rows(list: &Value) -> Vec<Value> {
    list.as_array().cloned().unwrap_or_default()
}

/// The `call_history[]` of the example in Zoom's description (of 2021: lift `history_months` to be served it).
pub fn official_records() -> Vec<Value> {
    rows(&parsed(OFFICIAL_LIST)["call_history"])
}

/// The example detail, by uuid.
pub fn official_details() -> BTreeMap<String, Value> {
    let detail = parsed(OFFICIAL_DETAIL);
    let uuid = detail["call_history_uuid"].as_str().unwrap_or_default().to_owned();
    BTreeMap::from([(uuid, detail)])
}

/// The example body of `/phone/call_element/{id}`.
pub fn official_element() -> Value {
    parsed(OFFICIAL_ELEMENT)
}

/// Made-up records of 2026-07 with the odd cases; keys beginning with `_` are notes.
pub fn synthetic_records() -> Vec<Value> {
    rows(&parsed(SYNTHETIC_RECORDS)["records"])
}

/// Details of the synthetic records, by uuid.
pub fn synthetic_details() -> BTreeMap<String, Value> {
    let details = parsed(SYNTHETIC_DETAILS);
    let by_uuid = details["details"].as_object().cloned().unwrap_or_default();
    by_uuid.into_iter().collect()
}
