//! Collected calls as `calls` shows them. Field names are Zoom's.

use serde::{Deserialize, Serialize};

use super::Noun;

/// An item of `calls list`; every column of `call_history` under its own name.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Call {
    /// Column names and values, in the order of the table.
    pub fields: serde_json::Map<String, serde_json::Value>,
}

impl Noun for Call {
    const NOUN: &'static str = "call";
}

impl Call {
    /// A field as text, empty when absent.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        match self.fields.get(name) {
            None | Some(serde_json::Value::Null) => String::new(),
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }
}

/// `calls show`: the call, its elements, and what had no column.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CallDetail {
    /// The call.
    #[serde(flatten)]
    pub call: Call,
    /// Its legs in order.
    pub elements: Vec<Call>,
}

impl Noun for CallDetail {
    const NOUN: &'static str = "call";
}

/// Filters of `calls list` and `calls export`, as query parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CallFilter {
    /// Calls that ended at or after; RFC 3339 or `YYYY-MM-DD` (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Calls that ended before; RFC 3339 or `YYYY-MM-DD` (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Either party's number or extension number; digits are compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Either party's e-mail or name (case-insensitive part).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Name or id of a call queue on either side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Name or id of a site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// `inbound` or `outbound`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    /// `call_result`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_duration: Option<u64>,
    /// At most this many, newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Also calls in the archive.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub archive: bool,
}
