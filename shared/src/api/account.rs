//! Zoom accounts: adding, authorizing, showing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Noun, cdr::Cdr, sync::Sync};

/// `account show`, an item of `account list`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// Our own id; opaque.
    pub id: String,
    /// Unique display name.
    pub name: String,
    /// Enterprise group.
    pub group: String,
    /// `oauth` or `server-to-server`.
    pub auth: String,
    /// `pending_authorization`, `authorized`, `reauthorization_required`, `deauthorized`, `retained`, `removal_scheduled`, `removed`.
    pub state: String,
    /// Why the account is in a state that needs a person; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_reason: Option<String>,
    /// Zoom's opaque account id.
    pub zoom_account_id: Option<String>,
    /// The number the Zoom admin portal shows; larger than 32 bits.
    pub account_number: Option<i64>,
    /// Who authorized.
    pub authorized_by: Option<AuthorizedBy>,
    /// Scopes granted and missing.
    pub scopes: Scopes,
    /// Where a person authorizes; present while one is awaited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorize_url: Option<String>,
    /// When that URL stops working.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorize_expires_at: Option<Timestamp>,
    /// Ages of the tokens, never the tokens.
    pub token: Option<Token>,
    /// CDR processing.
    pub cdr: Cdr,
    /// Directory sync.
    pub sync: Sync,
}

impl Noun for Account {
    const NOUN: &'static str = "account";
}

/// Who authorized the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizedBy {
    /// Zoom's user id.
    pub user_id: String,
    /// E-mail.
    pub email: String,
    /// `owner` or `admin`.
    pub role: String,
}

/// Ages of the tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// When the access token expires.
    pub access_expires_at: Timestamp,
    /// When it was last refreshed.
    pub refreshed_at: Timestamp,
}

/// Scopes granted, and those that something needs and nobody granted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scopes {
    /// As Zoom spelled them.
    pub granted: Vec<String>,
    /// What is missing, and which feature it disables.
    pub missing: Vec<MissingScope>,
}

/// A scope that nobody granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingScope {
    /// The granular name.
    pub scope: String,
    /// Names that would do as well.
    pub alternatives: Vec<String>,
    /// The feature it disables.
    pub needed_for: String,
}

/// `account scopes`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccountScopes {
    /// The account; absent when the table of required scopes itself was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// As Zoom spelled them.
    pub granted: Vec<String>,
    /// What is missing.
    pub missing: Vec<MissingScope>,
    /// All scopes that callsyncd uses.
    pub required: Vec<RequiredScope>,
}

impl Noun for AccountScopes {
    const NOUN: &'static str = "scopes";
}

/// A row of the table of required scopes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequiredScope {
    /// Granular name.
    pub scope: String,
    /// Classic names that would do as well.
    pub alternatives: Vec<String>,
    /// What it is for.
    pub needed_for: String,
    /// Nothing works without it.
    pub essential: bool,
}

/// `account test`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccountTest {
    /// The account.
    pub account: String,
    /// State after the test.
    pub state: String,
    /// The number Zoom reports.
    pub account_number: Option<i64>,
    /// How long Zoom took to answer, in seconds.
    pub round_trip_seconds: f64,
    /// Scopes that are missing.
    pub missing: Vec<MissingScope>,
}

impl Noun for AccountTest {
    const NOUN: &'static str = "account";
}

/// `POST /v1/accounts`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddAccount {
    /// Unique display name.
    pub name: String,
    /// An existing enterprise group.
    pub group: String,
    /// `oauth` (default) or `server-to-server`.
    #[serde(default)]
    pub auth: Option<String>,
    /// Needed for `server-to-server`; otherwise what the authorized account must be.
    #[serde(default)]
    pub zoom_account_id: Option<String>,
}

/// `POST /v1/accounts/{name}/authorize`: without a code it answers with the URL.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authorize {
    /// The code, or the whole redirected URL. A secret: never logged, never audited.
    #[serde(default)]
    pub code: Option<String>,
}

/// `PATCH /v1/accounts/{name}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenameAccount {
    /// The new name.
    pub name: String,
}

/// `POST /v1/accounts/{name}/confirm-deauthorization`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmDeauthorization {
    /// Whether the organisation meant it.
    pub intended: bool,
    /// Who says so.
    pub by: String,
    /// Further words.
    #[serde(default)]
    pub note: Option<String>,
}
