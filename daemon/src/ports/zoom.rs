//! What the use cases need of Zoom.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::domain::{
    account::{AccountId, AuthKind},
    failure::Outcome,
    quota::{Budget, Purpose},
    table::{Digest, Parsed},
    window::Window,
};

/// Which calls to list. Every page of a walk uses the same query: Zoom binds page tokens to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallQuery {
    /// By end time. Sent as `from` and `to`; whether Zoom's `to` is inclusive is undocumented, so callers drop
    /// records outside the half-open window or upsert them harmlessly.
    pub window: Window,
    /// `recorded` or `non_recorded`; absent = unfiltered.
    pub recording_status: Option<&'static str>,
    /// Decides who goes first, and what of the day's share it may use.
    pub purpose: Purpose,
}

/// One page of calls.
#[derive(Debug, Clone, PartialEq)]
pub struct CallPage {
    /// Records in Zoom's order.
    pub parsed: Parsed,
    /// How many records the whole query has, when Zoom says so.
    pub total_records: Option<u64>,
    /// Token of the next page; absent on the last.
    pub next: Option<String>,
    /// Set when the echoed span is narrower than the asked one: Zoom clamped it silently. What it really covers.
    pub clamped_to: Option<Window>,
    /// Digest over the page's records, to detect a repeated page.
    pub digest: Digest,
}

/// A list of directory entities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// `/users` with a status: `active`, `inactive`, `pending`.
    Users(&'static str),
    /// `/groups`.
    Groups,
    /// `/groups/{id}/members`.
    GroupMembers(String),
    /// `/roles`.
    Roles,
    /// `/roles/{id}/members`.
    RoleMembers(String),
    /// `/phone/users`.
    PhoneUsers,
    /// `/phone/sites`.
    Sites,
    /// `/phone/call_queues`.
    CallQueues,
    /// `/phone/call_queues/{id}`, one row with department and cost centre.
    CallQueue(String),
    /// `/phone/call_queues/{id}/members`.
    CallQueueMembers(String),
    /// `/phone/auto_receptionists`.
    AutoReceptionists,
    /// `/phone/common_areas`.
    CommonAreas,
    /// `/phone/shared_line_groups`.
    SharedLineGroups,
    /// `/phone/devices?type=assigned` or `unassigned`.
    Devices(&'static str),
    /// `/number_management/numbers`.
    Numbers,
    /// `/phone/numbers?type=all`, deprecated, for accounts without the newer one.
    OldNumbers,
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct ListPage {
    /// Rows of the listing's table. Member listings carry the parent's id in their first column.
    pub parsed: Parsed,
    /// How many there are in all, when Zoom says so.
    pub total_records: Option<u64>,
    /// Token of the next page; absent on the last.
    pub next: Option<String>,
    /// Digest over the page's records.
    pub digest: Digest,
}

/// Zoom's data, for an authorized account. Rate limits, retries and token refresh happen behind it.
#[async_trait]
pub trait ZoomData: Send + Sync {
    /// One page of calls; `token` absent = the first.
    async fn call_page(&self, account: &AccountId, query: &CallQuery, token: Option<&str>) -> Outcome<CallPage>;

    /// The elements of a call. [`Failure::NotFound`](crate::domain::failure::Failure::NotFound) while Zoom has not
    /// prepared them, or when they aged out.
    async fn call_elements(&self, account: &AccountId, call_history_uuid: &str) -> Outcome<Parsed>;

    /// One page of a listing; `token` absent = the first.
    async fn list(&self, account: &AccountId, listing: &Listing, token: Option<&str>) -> Outcome<ListPage>;

    /// Asks Zoom who we are, with the account's own token; clears nothing and stores nothing.
    async fn whoami(&self, account: &AccountId) -> Outcome<Identity>;

    /// Tries the stored tokens of an account in `reauthorization_required` once. On success its state is
    /// `authorized` again.
    async fn retry_authorization(&self, account: &AccountId) -> Outcome<Identity>;

    /// Whether Zoom Phone answers for the account; a permanent failure with code `phone_not_enabled` if not licensed.
    async fn probe_phone(&self, account: &AccountId) -> Outcome<()>;

    /// Refreshes the account's token now, whatever its age.
    async fn refresh_token(&self, account: &AccountId) -> Outcome<()>;

    /// Requests sent today and allowed, by label.
    async fn quota(&self, account: &AccountId) -> Vec<QuotaUse>;
}

/// Use of one rate-limit label since 00:00 UTC.
#[derive(Debug, Clone, PartialEq)]
pub struct QuotaUse {
    /// `heavy`, `medium`, `light`.
    pub label: &'static str,
    /// Requests sent today.
    pub used_today: u64,
    /// Our share of the daily limit; absent when Zoom has none.
    pub per_day: Option<u64>,
    /// Our share of the limit a second.
    pub per_second: f64,
    /// Requests a day that fresh calls take at the present pace.
    pub fresh_per_day: f64,
    /// Zoom said that its own daily limit is used up: it allows nothing more until then.
    pub blocked_until: Option<Timestamp>,
}

impl QuotaUse {
    /// The budget that this use belongs to; nothing is left of it while Zoom allows nothing.
    #[must_use]
    pub const fn budget(&self) -> Budget {
        let used = match (self.per_day, self.blocked_until) {
            (Some(per_day), Some(_)) if self.used_today < per_day => per_day,
            _ => self.used_today,
        };
        Budget {
            per_day: self.per_day,
            per_second: self.per_second,
            used,
            fresh_per_day: self.fresh_per_day,
        }
    }
}

/// Tokens as Zoom granted them.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Bearer token.
    pub access_token: SecretString,
    /// Single-use; absent for server-to-server.
    pub refresh_token: Option<SecretString>,
    /// When the access token expires.
    pub expires_at: Timestamp,
    /// As Zoom spelled them.
    pub scopes: Vec<String>,
    /// Host of the account's region, when Zoom names one.
    pub api_url: Option<String>,
}

/// Who the authorizing user is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Zoom's user id.
    pub user_id: String,
    /// E-mail.
    pub email: String,
    /// Zoom's role id: `0` owner, `1` admin, others as the account defines them.
    pub role_id: Option<String>,
    /// Zoom's role name, when it says so.
    pub role_name: Option<String>,
    /// Zoom's opaque account id.
    pub account_id: Option<String>,
    /// The number the admin portal shows.
    pub account_number: Option<i64>,
}

/// A fresh authorization request.
#[derive(Debug, Clone)]
pub struct AuthorizationRequest {
    /// Where a person goes.
    pub url: String,
    /// What the redirect must carry back.
    pub state: String,
    /// PKCE verifier (secret).
    pub verifier: String,
}

/// How long we accept a code for an authorize URL. Zoom's code itself lives five minutes from consent.
pub const AUTHORIZATION_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// Getting access to an account.
#[async_trait]
pub trait ZoomOAuth: Send + Sync {
    /// A fresh URL with `state` and PKCE S256.
    ///
    /// # Errors
    /// The configuration has no client id.
    fn authorization_request(&self) -> Outcome<AuthorizationRequest>;

    /// Exchanges a code. Never retried blindly: a code is single-use.
    async fn exchange(&self, code: &str, verifier: &str) -> Outcome<Grant>;

    /// Asks for a server-to-server token.
    async fn server_to_server(&self, zoom_account_id: &str) -> Outcome<Grant>;

    /// Who granted it. Uses the grant's token, before anything is stored.
    async fn identify(&self, grant: &Grant, auth: AuthKind) -> Outcome<Identity>;

    /// Whether Zoom Phone answers with this grant; permanent failure `phone_not_enabled` if not licensed.
    async fn probe_phone(&self, grant: &Grant) -> Outcome<()>;

    /// Uses this grant for the account from now on: seals and persists it before first use, reopens the gate.
    async fn adopt(&self, account: &AccountId, grant: Grant) -> Outcome<()>;

    /// Sends nothing more for the account from now on, whatever is running.
    fn shut(&self, account: &AccountId);

    /// Tells Zoom that we give the account's tokens up. Asked once; the tokens are useless afterwards.
    async fn revoke(&self, account: &AccountId) -> Outcome<()>;

    /// Forgets everything about the account, in memory and in the vault.
    async fn forget(&self, account: &AccountId) -> Outcome<()>;
}

/// Requests of one kind since the daemon started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestCount {
    /// `heavy`, `medium`, `light`.
    pub label: &'static str,
    /// HTTP status, `unreachable` or `lost`.
    pub code: String,
    /// How many.
    pub requests: u64,
}

/// What was sent to Zoom.
pub trait ZoomTraffic: Send + Sync {
    /// Counts by label and outcome, in a fixed order.
    fn requests(&self) -> Vec<RequestCount>;
}
