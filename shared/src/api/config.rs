//! `config show` and `config check`.

use serde::{Deserialize, Serialize};

use super::Noun;

/// The configuration in force: every key with its value, secrets as where they come from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConfigView {
    /// File it came from; absent when the documented defaults are in force.
    pub file: Option<String>,
    /// Every key with its value in force.
    pub config: serde_json::Value,
}

impl Noun for ConfigView {
    const NOUN: &'static str = "config";
}

/// `config check`: whether the file on disk would be accepted by a reload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConfigCheck {
    /// File that was checked.
    pub file: Option<String>,
    /// It would be accepted.
    pub valid: bool,
    /// Why not, with line, column and hint.
    pub error: Option<String>,
}

impl Noun for ConfigCheck {
    const NOUN: &'static str = "config";
}
