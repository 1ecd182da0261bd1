//! Synced directory entries as `directory` shows them. Field names are Zoom's.

use serde::{Deserialize, Serialize};

use super::Noun;

/// An item of `directory search` and `directory list`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    /// Which table it is from, for example `phone_user`.
    pub entity: String,
    /// Every column under its own name, in the order of the table.
    #[serde(flatten)]
    pub fields: serde_json::Map<String, serde_json::Value>,
}

impl Noun for Entry {
    const NOUN: &'static str = "directory";
}

/// Query parameters of `directory search` and `directory list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DirectoryQuery {
    /// A table, for example `phone_user`; all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// Text that a name, e-mail, number or extension contains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Also entries that vanished at Zoom.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
    /// At most this many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}
