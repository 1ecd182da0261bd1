//! Enterprise groups: the unit of data restriction, contacts and agreement term.

use serde::{Deserialize, Serialize};

use super::Noun;

/// `group show`, an item of `group list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Unique name.
    pub name: String,
    /// Names of its accounts, sorted.
    pub accounts: Vec<String>,
    /// E-mail of the main contact.
    pub main_contact: Option<String>,
    /// E-mail of the technical contact.
    pub technical_contact: Option<String>,
    /// E-mail of the security contact.
    pub security_contact: Option<String>,
    /// End of the agreement, `YYYY-MM-DD`.
    pub term_end: Option<jiff::civil::Date>,
    /// When it was added.
    pub created_at: jiff::Timestamp,
}

impl Noun for Group {
    const NOUN: &'static str = "group";
}

/// `POST /v1/groups`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddGroup {
    /// Unique name.
    pub name: String,
}

/// `PATCH /v1/groups/{name}`: what is absent stays; an empty string clears.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChangeGroup {
    /// New name (`group rename`).
    pub name: Option<String>,
    /// E-mail or empty.
    pub main_contact: Option<String>,
    /// E-mail or empty.
    pub technical_contact: Option<String>,
    /// E-mail or empty.
    pub security_contact: Option<String>,
    /// `YYYY-MM-DD` or empty.
    pub term_end: Option<String>,
}
