//! Calls: who takes part, what happened, how it is written down, when it appears.

pub(crate) mod book;
pub(crate) mod cast;
pub(crate) mod elements;
pub(crate) mod filter;
pub(crate) mod plan;
pub(crate) mod range;
pub(crate) mod record;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A call a test adds. What is not given is drawn from the seed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CallSpec {
    /// Default: so that the call ends now.
    pub start: Option<Timestamp>,
    pub duration_seconds: Option<i64>,
    /// When the record appears; default: the end of the call plus the publish lag.
    pub publish_at: Option<Timestamp>,
    /// Laid over the generated record; `null` removes a field.
    pub fields: Map<String, Value>,
}

/// `2026-07-01T08:00:00Z`
pub(crate) fn utc(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| String::new(), |at| at.to_string())
}

/// Fields of `patch` replace those of `record`; `null` removes.
pub(crate) fn overlay(record: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (key, value) in patch {
        if value.is_null() {
            record.shift_remove(key);
        } else {
            record.insert(key.clone(), value.clone());
        }
    }
}
