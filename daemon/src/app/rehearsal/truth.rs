//! Everything that the simulator has, compared with what is held: each call and element, field by field.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::stage::Stage;
use crate::{
    domain::{
        call::{CALL_ELEMENT, CALL_HISTORY},
        table::{Kind, Table, Value},
        window::Window,
    },
    ports::records::{Record, RecordStore},
};

/// How much was compared.
#[derive(Debug, Default, Clone, Copy)]
pub struct Compared {
    pub calls: u64,
    pub elements: u64,
}

/// The values that a record must have led to, beside those that are held.
fn differences(table: &Table, sent: &Json, held: &Record) -> Vec<String> {
    let cell = |name: &str| held.iter().find(|(column, _)| *column == name).map(|(_, value)| value);
    let mut known = BTreeSet::new();
    let mut found = Vec::new();
    for column in table.columns {
        let of_zoom = column.wire.iter().find_map(|path| {
            known.extend(path.split('.').next());
            path.split('.')
                .try_fold(sent, |at, name| at.get(name))
                .filter(|value| !value.is_null())
        });
        if let Some(value) = of_zoom
            && !cell(column.name).is_some_and(|cell| is_same(column.kind, value, cell))
        {
            found.push(format!("{}: {value} is held as {:?}", column.name, cell(column.name)));
        }
    }
    let extra: Json = cell("extra")
        .and_then(Value::as_text)
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    for (name, value) in sent.as_object().expect("an object") {
        if !known.contains(name.as_str()) && !value.is_null() && extra.get(name) != Some(value) {
            found.push(format!("{name}: {value} is not in {extra}"));
        }
    }
    found
}

fn is_same(kind: Kind, sent: &Json, held: &Value) -> bool {
    match (kind, held) {
        (Kind::Time, Value::Time(time)) => {
            let instant = sent.as_str().and_then(|text| text.parse::<Timestamp>().ok());
            instant.is_some_and(|instant| instant.as_second() == time.as_second())
        }
        (Kind::Time, Value::Null) => sent.as_str() == Some(""),
        (Kind::Json, Value::Text(text)) => serde_json::from_str::<Json>(text).is_ok_and(|json| json == *sent),
        (_, Value::Text(text)) => sent.as_str() == Some(text),
        (_, Value::Integer(number)) => sent.as_i64() == Some(*number),
        (_, Value::Boolean(yes)) => sent.as_bool() == Some(*yes),
        _ => false,
    }
}

/// Asserts that every call of the span and each of its elements is held as Zoom has it, and not one call more.
pub async fn assert_equal(stage: &Stage, store: &dyn RecordStore, span: Window) -> Compared {
    let account = stage.simulator.account(0);
    let mut compared = Compared::default();
    for call in account.truth_calls() {
        let end: Timestamp = call["end_time"].as_str().expect("an end").parse().expect("a time");
        if end < span.from || end >= span.to {
            continue;
        }
        let uuid = call["call_history_uuid"].as_str().expect("a key");
        let (record, elements) = store
            .call(uuid)
            .await
            .expect("read")
            .unwrap_or_else(|| panic!("not held: {call}"));
        let wrong = differences(&CALL_HISTORY, &call, &record);
        assert!(wrong.is_empty(), "{uuid}: {wrong:?}");
        let detail = account.truth_detail(uuid).expect("a detail");
        let legs = detail["call_elements"].as_array().cloned().unwrap_or_default();
        assert_eq!(elements.len(), legs.len(), "elements of {uuid}");
        for leg in &legs {
            let id = Value::Text(leg["call_element_id"].as_str().expect("an id").to_owned());
            let element = elements
                .iter()
                .find(|element| element.contains(&("call_element_id", id.clone())))
                .unwrap_or_else(|| panic!("not held: {leg}"));
            let wrong = differences(&CALL_ELEMENT, leg, element);
            assert!(wrong.is_empty(), "{id:?} of {uuid}: {wrong:?}");
        }
        compared.calls += 1;
        compared.elements += legs.len() as u64;
    }
    assert_eq!(
        store.held(span).await.expect("a count"),
        compared.calls,
        "calls that Zoom does not have"
    );
    compared
}
