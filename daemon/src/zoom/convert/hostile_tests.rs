//! Hostile answers of Zoom: malformed, or every record is a row or set aside and every field is in a column or in `extra`.

use std::path::PathBuf;

use ::hostile::Target;
use serde_json::Value as Json;

use super::{
    calls,
    sample_tests::{check, window},
};
use crate::{
    domain::{
        call::{CALL_ELEMENT, CALL_HISTORY},
        table::{Parsed, Table},
    },
    ports::zoom::Listing,
    zoom::{endpoint::plan, wire::page::Arrays},
};

fn samples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/samples")
}

/// The body as text without repeated names, and as JSON; nothing when it is neither.
fn plain(input: &[u8]) -> Option<(String, Json)> {
    let json: Json = serde_json::from_slice(input).ok()?;
    Some((json.to_string(), json))
}

fn array(body: &Json, arrays: Arrays) -> &[Json] {
    let named = |name| body[name].as_array().map_or(&[][..], Vec::as_slice);
    match (named(arrays.current), arrays.older) {
        ([], Some(older)) => named(older),
        (items, _) => items,
    }
}

/// Nothing that was sent is dropped.
fn nothing_lost(table: &'static Table, sent: &[Json], parsed: &Parsed, given: &[&str]) {
    assert_eq!(parsed.rows.len() + parsed.rejected.len(), sent.len());
    if parsed.rejected.is_empty() {
        for (sent, row) in sent.iter().zip(&parsed.rows) {
            check(table, sent.as_object().expect("a row comes from an object"), row, given);
        }
    }
    for rejected in &parsed.rejected {
        assert!(serde_json::from_str::<Json>(&rejected.json).is_ok(), "{rejected:?}");
    }
}

#[test]
fn a_hostile_page_of_calls_loses_no_call_and_no_field() {
    let target = Target::new("calls")
        .files(&samples().join("synthetic"))
        .seed(include_str!("../../../tests/samples/official/phone-call_history_GET.json"))
        .seed(r#"{"next_page_token":"","page_size":30,"total_records":1,"from":"2026-01-01","to":"2026-02-01T00:00:00Z","call_history":[{"id":"a","call_id":"1","direction":"inbound","end_time":"2026-01-02T00:00:00Z","site":{"id":"s","name":"n"},"hold_time":3}]}"#)
        .brief(300);
    target.attack(|input| {
        if let Ok(text) = std::str::from_utf8(input) {
            // Names that come twice, and whatever else is no plain JSON: no promise but to come back.
            let _ = calls::call_page(text, window());
        }
        let Some((text, json)) = plain(input) else { return };
        if let Ok(page) = calls::call_page(&text, window()) {
            let arrays = Arrays {
                current: "call_history",
                older: Some("call_logs"),
            };
            nothing_lost(&CALL_HISTORY, array(&json, arrays), &page.parsed, &[]);
        }
    });
}

#[test]
fn hostile_elements_lose_no_element_and_no_field() {
    let target = Target::new("elements")
        .seed(include_str!(
            "../../../tests/samples/official/phone-call_history-{callHistoryUuid}_GET.json"
        ))
        .seed(r#"{"call_history_uuid":"u","call_elements":[{"call_element_id":"e","wait_time":"3","caller_name":"x","site_id":"s"}]}"#)
        .brief(600);
    target.attack(|input| {
        if let Ok(text) = std::str::from_utf8(input) {
            let _ = calls::call_elements(text, "u");
        }
        let Some((text, json)) = plain(input) else { return };
        if let Ok(parsed) = calls::call_elements(&text, "u") {
            let arrays = Arrays {
                current: "call_elements",
                older: Some("call_path"),
            };
            nothing_lost(&CALL_ELEMENT, array(&json, arrays), &parsed, &["call_history_uuid"]);
        }
    });
}

#[test]
fn a_hostile_listing_of_the_directory_loses_nobody() {
    let id = || "parent".to_owned();
    let listings = [
        Listing::Users("active"),
        Listing::Groups,
        Listing::GroupMembers(id()),
        Listing::Roles,
        Listing::RoleMembers(id()),
        Listing::PhoneUsers,
        Listing::Sites,
        Listing::CallQueues,
        Listing::CallQueue(id()),
        Listing::CallQueueMembers(id()),
        Listing::AutoReceptionists,
        Listing::CommonAreas,
        Listing::SharedLineGroups,
        Listing::Devices("assigned"),
        Listing::Numbers,
        Listing::OldNumbers,
    ];
    let target = Target::new("directory").files(&samples().join("official")).brief(300);
    target.attack(|input| {
        let Some((text, json)) = plain(input) else { return };
        for listing in &listings {
            let plan = plan(listing);
            let Ok(page) = calls::list_page(&text, plan.table, plan.arrays, plan.parent.as_deref()) else {
                continue;
            };
            let sent = plan.arrays.map_or(1, |arrays| array(&json, arrays).len());
            assert_eq!(page.parsed.rows.len() + page.parsed.rejected.len(), sent, "{listing:?}");
        }
    });
}
