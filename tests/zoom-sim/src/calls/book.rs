//! All call records of one account: generated, loaded or added, and which of them can be seen.

use super::cast::Cast;
use super::plan::{Plan, Shape};
use super::{elements, overlay, record};
use crate::clock::shift;
use crate::options::{HistoryArrays, Quirks};
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug)]
enum Source {
    Planned(Box<Plan>),
    Given(Map<String, Value>),
}

/// One row of `/phone/call_history`.
#[derive(Debug)]
pub(crate) struct Entry {
    source: Source,
    pub uuid: Option<String>,
    pub start: i64,
    pub end: i64,
    pub publish_at: Timestamp,
    pub recorded: bool,
    removed: bool,
    /// What was changed of a planned record afterwards, written over it.
    changed: Map<String, Value>,
    /// The row of each array as it goes over the wire, written once.
    text: [Option<Bytes>; 2],
}

/// An added call as a file keeps it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum KeptCall {
    Planned {
        seed: u64,
        shape: Shape,
        start: i64,
        answer: Option<i64>,
        end: i64,
        uuid: Option<String>,
        recorded: bool,
        publish_at: Timestamp,
    },
    Given {
        row: Map<String, Value>,
        detail: Option<Value>,
        publish_at: Timestamp,
    },
}

#[derive(Debug, Default)]
pub(crate) struct CallBook {
    entries: Vec<Entry>,
    by_uuid: HashMap<String, usize>,
    by_element: HashMap<String, usize>,
    /// Newest start first; rebuilt after entries were added.
    order: Vec<usize>,
    details: HashMap<String, Value>,
}

impl Entry {
    pub fn row(&self) -> Map<String, Value> {
        match &self.source {
            Source::Planned(plan) => {
                let mut row = record::write(plan);
                overlay(&mut row, &self.changed);
                row
            }
            Source::Given(row) => row.clone(),
        }
    }

    fn elements(&self) -> Vec<Map<String, Value>> {
        match &self.source {
            Source::Planned(plan) => elements::write(plan),
            Source::Given(_) => Vec::new(),
        }
    }

    fn detail(&self) -> Value {
        elements::detail(&self.row(), &self.elements())
    }

    pub fn visible(&self, now: Timestamp) -> bool {
        !self.removed && self.publish_at <= now
    }
}

impl CallBook {
    pub fn plan(&mut self, plan: Plan, lag: Duration) -> usize {
        let end = Timestamp::from_second(plan.end).unwrap_or(Timestamp::MAX);
        self.push(Entry {
            uuid: plan.uuid.clone(),
            start: plan.start,
            end: plan.end,
            publish_at: shift(end, lag),
            recorded: plan.recorded,
            source: Source::Planned(Box::new(plan)),
            removed: false,
            changed: Map::new(),
            text: [None, None],
        })
    }

    /// A record as it is. A uuid that is already there is replaced, as a second record of one name cannot exist.
    pub fn give(&mut self, row: Map<String, Value>, publish_at: Timestamp) -> usize {
        let uuid = row
            .get("call_history_uuid")
            .and_then(Value::as_str)
            .filter(|uuid| !uuid.is_empty());
        let uuid = uuid.map(str::to_owned);
        if let Some(old) = uuid.as_ref().and_then(|uuid| self.by_uuid.get(uuid)) {
            self.entries[*old].removed = true;
        }
        let (start, end) = times(&row, publish_at);
        self.push(Entry {
            uuid,
            start,
            end,
            publish_at,
            recorded: row.get("recording_status").and_then(Value::as_str) == Some("recorded"),
            source: Source::Given(row),
            removed: false,
            changed: Map::new(),
            text: [None, None],
        })
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The entries from this position on, without those that were removed.
    pub fn kept(&self, from: usize) -> Vec<KeptCall> {
        let there = self.entries.iter().skip(from).filter(|entry| !entry.removed);
        there
            .map(|entry| match &entry.source {
                Source::Planned(plan) if entry.changed.is_empty() => KeptCall::Planned {
                    seed: plan.seed,
                    shape: plan.shape,
                    start: plan.start,
                    answer: plan.answer,
                    end: plan.end,
                    uuid: plan.uuid.clone(),
                    recorded: plan.recorded,
                    publish_at: entry.publish_at,
                },
                Source::Planned(_) => KeptCall::Given {
                    row: entry.row(),
                    detail: Some(self.given_detail(entry).unwrap_or_else(|| entry.detail())),
                    publish_at: entry.publish_at,
                },
                Source::Given(row) => KeptCall::Given {
                    row: row.clone(),
                    detail: self.given_detail(entry),
                    publish_at: entry.publish_at,
                },
            })
            .collect()
    }

    pub fn restore(&mut self, call: KeptCall, quirks: Quirks, cast: &Arc<Cast>) {
        match call {
            KeptCall::Planned {
                seed,
                shape,
                start,
                answer,
                end,
                uuid,
                recorded,
                publish_at,
            } => {
                let plan = Plan {
                    seed,
                    shape,
                    start,
                    answer,
                    end,
                    uuid,
                    recorded,
                    quirks,
                    cast: Arc::clone(cast),
                };
                let position = self.plan(plan, Duration::ZERO);
                self.entries[position].publish_at = publish_at;
            }
            KeptCall::Given {
                row,
                detail,
                publish_at,
            } => {
                let position = self.give(row, publish_at);
                if let (Some(uuid), Some(detail)) = (self.entries[position].uuid.clone(), detail) {
                    self.set_detail(uuid, detail);
                }
            }
        }
    }

    fn push(&mut self, entry: Entry) -> usize {
        let position = self.entries.len();
        if let Some(uuid) = &entry.uuid {
            self.by_uuid.insert(uuid.clone(), position);
        }
        self.entries.push(entry);
        self.order.clear();
        position
    }

    pub fn get(&self, position: usize) -> &Entry {
        &self.entries[position]
    }

    pub fn find(&self, uuid: &str) -> Option<usize> {
        self.by_uuid
            .get(uuid)
            .copied()
            .filter(|position| !self.entries[*position].removed)
    }

    pub fn change(&mut self, uuid: &str, patch: &Map<String, Value>, publish_at: Option<Timestamp>) -> bool {
        let Some(position) = self.find(uuid) else {
            return false;
        };
        let entry = &mut self.entries[position];
        // Its elements stay as they were: the change is to the record, not to what happened.
        match &mut entry.source {
            Source::Planned(_) => entry.changed.extend(patch.clone()),
            Source::Given(row) => overlay(row, patch),
        }
        let row = entry.row();
        (entry.start, entry.end) = times(&row, entry.publish_at);
        entry.recorded = row.get("recording_status").and_then(Value::as_str) == Some("recorded");
        entry.publish_at = publish_at.unwrap_or(entry.publish_at);
        entry.text = [None, None];
        self.order.clear();
        true
    }

    pub fn remove(&mut self, uuid: &str) -> bool {
        let Some(position) = self.find(uuid) else {
            return false;
        };
        self.entries[position].removed = true;
        true
    }

    pub fn set_detail(&mut self, uuid: String, body: Value) {
        for element in body["call_elements"].as_array().into_iter().flatten() {
            if let (Some(id), Some(position)) = (element["call_element_id"].as_str(), self.by_uuid.get(&uuid)) {
                self.by_element.insert(id.to_owned(), *position);
            }
        }
        self.details.insert(uuid, body);
    }

    /// Everything that can be seen now, newest start first; among equals the one added last comes first.
    pub fn visible(&mut self, now: Timestamp) -> Vec<usize> {
        if self.order.len() != self.entries.len() {
            self.order = (0..self.entries.len()).collect();
            let entries = &self.entries;
            self.order
                .sort_by_key(|position| Reverse((entries[*position].start, *position)));
        }
        self.order
            .iter()
            .copied()
            .filter(|position| self.entries[*position].visible(now))
            .collect()
    }

    pub fn text(&mut self, position: usize, array: HistoryArrays) -> Bytes {
        let twin = usize::from(array == HistoryArrays::CallLogsOnly);
        if let Some(text) = &self.entries[position].text[twin] {
            return text.clone();
        }
        let row = self.entries[position].row();
        let mut other = Map::new();
        for (key, value) in &row {
            let name = if key == "call_history_uuid" { "id" } else { key };
            other.insert(name.to_owned(), value.clone());
        }
        let written = [row, other].map(|row| Bytes::from(Value::Object(row).to_string()));
        let text = written[twin].clone();
        self.entries[position].text = written.map(Some);
        text
    }

    /// Of these rows, those of calls that ended longer ago are written anew when they are asked for again.
    pub fn forget_written(&mut self, rows: impl IntoIterator<Item = usize>, now: Timestamp, kept: Duration) {
        for position in rows {
            let entry = &mut self.entries[position];
            let end = Timestamp::from_second(entry.end).unwrap_or(Timestamp::MAX);
            if shift(end, kept) < now {
                entry.text = [None, None];
            }
        }
    }

    fn given_detail(&self, entry: &Entry) -> Option<Value> {
        let uuid = entry.uuid.as_ref()?;
        self.details.get(uuid).cloned()
    }

    /// The body of `/phone/call_history/{uuid}`.
    pub fn detail(&mut self, position: usize) -> Value {
        let entry = &self.entries[position];
        let body = self.given_detail(entry).unwrap_or_else(|| entry.detail());
        for element in body["call_elements"].as_array().into_iter().flatten() {
            if let Some(id) = element["call_element_id"].as_str() {
                self.by_element.insert(id.to_owned(), position);
            }
        }
        body
    }

    /// One element, once the detail that names it was served or loaded, with the two ids only this answer has.
    pub fn element(&mut self, id: &str, now: Timestamp) -> Option<Value> {
        let position = *self.by_element.get(id)?;
        if !self.entries[position].visible(now) {
            return None;
        }
        let body = self.detail(position);
        let found = body["call_elements"]
            .as_array()?
            .iter()
            .find(|element| element["call_element_id"] == id)?;
        let mut element = found.clone();
        if let Some(uuid) = &self.entries[position].uuid {
            element["call_history_uuid"] = Value::from(uuid.as_str());
        }
        Some(element)
    }
}

/// Start and end of a given record; one without readable times is filed under the moment it appeared.
fn times(row: &Map<String, Value>, publish_at: Timestamp) -> (i64, i64) {
    let read = |field: &str| {
        row.get(field)?
            .as_str()?
            .parse::<Timestamp>()
            .ok()
            .map(Timestamp::as_second)
    };
    let start = read("start_time");
    let end = read("end_time").or(start).unwrap_or(publish_at.as_second());
    (start.unwrap_or(end), end)
}
