//! Calls and their elements (legs): the columns of Zoom's call history, under Zoom's names.
//!
//! Source: `GET /phone/call_history` and `GET /phone/call_history/{callHistoryUuid}` of the official OpenAPI.

use super::table::{Column, Kind, Table};

const fn column(name: &'static str, kind: Kind, wire: &'static [&'static str]) -> Column {
    Column { name, kind, wire }
}

/// One row a call. `call_id` is not unique (transfers share it) and never a key.
pub static CALL_HISTORY: Table = Table {
    name: "call_history",
    columns: CALL_COLUMNS,
    key_columns: 1,
    e164: &["caller_did_number", "callee_did_number"],
};

/// One row a leg of a call. Zoom names the same leg in several records of one call, so the record is part of the key.
pub static CALL_ELEMENT: Table = Table {
    name: "call_element",
    columns: ELEMENT_COLUMNS,
    key_columns: 2,
    e164: &["caller_did_number", "callee_did_number"],
};

/// Who takes part in a call or an element of one; columns of a party begin with its name. Calls have no operator.
pub const PARTIES: [&str; 3] = ["caller", "callee", "operator"];

// `id` is the name of the key in the older `call_logs[]` array of the same answer.
const CALL_COLUMNS: &[Column] = &[
    column("call_history_uuid", Kind::Id, &["call_history_uuid", "id"]),
    column("call_id", Kind::Id, &["call_id"]),
    column("direction", Kind::Id, &["direction"]),
    column("international", Kind::Boolean, &["international"]),
    column("start_time", Kind::Time, &["start_time"]),
    column("answer_time", Kind::Time, &["answer_time"]),
    column("end_time", Kind::Time, &["end_time"]),
    column("duration", Kind::Integer, &["duration"]),
    column("connect_type", Kind::Id, &["connect_type"]),
    column("sbc_id", Kind::Id, &["sbc_id"]),
    column("sbc_name", Kind::Text, &["sbc_name"]),
    column("sip_group_id", Kind::Id, &["sip_group_id"]),
    column("sip_group_name", Kind::Text, &["sip_group_name"]),
    column("call_type", Kind::Id, &["call_type"]),
    column("call_result", Kind::Id, &["call_result"]),
    column("hide_caller_id", Kind::Boolean, &["hide_caller_id"]),
    column("end_to_end", Kind::Boolean, &["end_to_end"]),
    column("caller_ext_id", Kind::Id, &["caller_ext_id"]),
    column("caller_did_number", Kind::Text, &["caller_did_number"]),
    column("caller_ext_number", Kind::Text, &["caller_ext_number"]),
    column("caller_name", Kind::Text, &["caller_name"]),
    column("caller_email", Kind::Text, &["caller_email"]),
    column("caller_ext_type", Kind::Id, &["caller_ext_type"]),
    column("caller_number_type", Kind::Id, &["caller_number_type"]),
    column("caller_device_type", Kind::Text, &["caller_device_type"]),
    column("caller_country_iso_code", Kind::Id, &["caller_country_iso_code"]),
    column("caller_country_code", Kind::Id, &["caller_country_code"]),
    column("callee_ext_id", Kind::Id, &["callee_ext_id"]),
    column("callee_did_number", Kind::Text, &["callee_did_number"]),
    column("callee_ext_number", Kind::Text, &["callee_ext_number"]),
    column("callee_name", Kind::Text, &["callee_name"]),
    column("callee_email", Kind::Text, &["callee_email"]),
    column("callee_ext_type", Kind::Id, &["callee_ext_type"]),
    column("callee_number_type", Kind::Id, &["callee_number_type"]),
    column("callee_device_type", Kind::Text, &["callee_device_type"]),
    column("callee_country_iso_code", Kind::Id, &["callee_country_iso_code"]),
    column("callee_country_code", Kind::Id, &["callee_country_code"]),
    column("department", Kind::Text, &["department"]),
    column("cost_center", Kind::Text, &["cost_center"]),
    column("site_id", Kind::Id, &["site_id"]),
    column("group_id", Kind::Id, &["group_id"]),
    column("site_name", Kind::Text, &["site_name"]),
    column("spam", Kind::Text, &["spam"]),
    column("recording_status", Kind::Id, &["recording_status"]),
    column(
        "caller_account_code",
        Kind::Text,
        &["caller_account_code", "caller_acconut_code"],
    ),
    column("callee_account_code", Kind::Text, &["callee_account_code"]),
];

// `wait_time` is the user-level and webhook spelling; `caller_acconut_code` is a typo of Zoom's specification.
const ELEMENT_COLUMNS: &[Column] = &[
    column("call_element_id", Kind::Id, &["call_element_id", "id"]),
    column("call_history_uuid", Kind::Id, &["call_history_uuid"]),
    column("call_id", Kind::Id, &["call_id"]),
    column("connect_type", Kind::Id, &["connect_type"]),
    column("call_type", Kind::Id, &["call_type"]),
    column("direction", Kind::Id, &["direction"]),
    column("hide_caller_id", Kind::Boolean, &["hide_caller_id"]),
    column("end_to_end", Kind::Boolean, &["end_to_end"]),
    column("caller_ext_id", Kind::Id, &["caller_ext_id"]),
    column("caller_name", Kind::Text, &["caller_name"]),
    column("caller_email", Kind::Text, &["caller_email"]),
    column("caller_did_number", Kind::Text, &["caller_did_number"]),
    column("caller_ext_number", Kind::Text, &["caller_ext_number"]),
    column("caller_ext_type", Kind::Id, &["caller_ext_type"]),
    column("caller_number_type", Kind::Id, &["caller_number_type"]),
    column("caller_device_type", Kind::Text, &["caller_device_type"]),
    column("caller_country_iso_code", Kind::Id, &["caller_country_iso_code"]),
    column("caller_country_code", Kind::Id, &["caller_country_code"]),
    column("callee_ext_id", Kind::Id, &["callee_ext_id"]),
    column("callee_name", Kind::Text, &["callee_name"]),
    column("callee_did_number", Kind::Text, &["callee_did_number"]),
    column("callee_ext_number", Kind::Text, &["callee_ext_number"]),
    column("callee_email", Kind::Text, &["callee_email"]),
    column("callee_ext_type", Kind::Id, &["callee_ext_type"]),
    column("callee_number_type", Kind::Id, &["callee_number_type"]),
    column("callee_device_type", Kind::Text, &["callee_device_type"]),
    column("callee_country_iso_code", Kind::Id, &["callee_country_iso_code"]),
    column("callee_country_code", Kind::Id, &["callee_country_code"]),
    column("client_code", Kind::Text, &["client_code"]),
    column("department", Kind::Text, &["department"]),
    column("cost_center", Kind::Text, &["cost_center"]),
    column("site_id", Kind::Id, &["site_id"]),
    column("group_id", Kind::Id, &["group_id"]),
    column("site_name", Kind::Text, &["site_name"]),
    column("start_time", Kind::Time, &["start_time"]),
    column("answer_time", Kind::Time, &["answer_time"]),
    column("end_time", Kind::Time, &["end_time"]),
    column("event", Kind::Id, &["event"]),
    column("result", Kind::Id, &["result"]),
    column("result_reason", Kind::Id, &["result_reason"]),
    column("device_private_ip", Kind::Text, &["device_private_ip"]),
    column("device_public_ip", Kind::Text, &["device_public_ip"]),
    column("operator_ext_number", Kind::Text, &["operator_ext_number"]),
    column("operator_ext_id", Kind::Id, &["operator_ext_id"]),
    column("operator_ext_type", Kind::Id, &["operator_ext_type"]),
    column("operator_name", Kind::Text, &["operator_name"]),
    column("press_key", Kind::Text, &["press_key"]),
    column("segment", Kind::Integer, &["segment"]),
    column("node", Kind::Integer, &["node"]),
    column("is_node", Kind::Integer, &["is_node"]),
    column("recording_id", Kind::Id, &["recording_id"]),
    column("recording_type", Kind::Id, &["recording_type"]),
    column("hold_time", Kind::Integer, &["hold_time"]),
    column("waiting_time", Kind::Integer, &["waiting_time", "wait_time"]),
    column("voicemail_id", Kind::Id, &["voicemail_id"]),
    column(
        "caller_account_code",
        Kind::Text,
        &["caller_account_code", "caller_acconut_code"],
    ),
    column("callee_account_code", Kind::Text, &["callee_account_code"]),
];
