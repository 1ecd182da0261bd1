//! What a simulated platform looks like before it starts: the app, its accounts, its limits, its oddities.

use crate::clock::Clock;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Everything has a default; a test names only what it is about.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port 0 picks a free one.
    pub listen: SocketAddr,
    pub seed: u64,
    /// The generated calls lie in `start..end`; the default is the last 30 days up to now.
    pub start: Option<Timestamp>,
    pub end: Option<Timestamp>,
    pub accounts: Vec<AccountOptions>,
    pub client_id: String,
    pub client_secret: String,
    pub app: AppKind,
    /// Registered redirect URIs, compared exactly (a loopback URI ignores its port). Empty: every absolute
    /// `https` URI and every loopback `http` URI counts as registered.
    pub redirect_uris: Vec<String>,
    pub clock: Clock,
    /// A record appears this long after its call ended.
    pub publish_lag: Duration,
    /// The detail of a record answers 404 for this long after the record appeared.
    pub detail_lag: Duration,
    pub rate_limits: RateLimits,
    pub rate_headers: RateHeaders,
    pub history_arrays: HistoryArrays,
    /// Take the documented default of `recording_status` ("recorded") at its word.
    pub recorded_by_default: bool,
    /// How far back `/phone/call_history` reaches. `None` lifts the limit, for replaying old samples.
    pub history_months: Option<u8>,
    pub paging: Paging,
    /// A scale model of a large account: a page of the call list never holds more rows than this, so that few records
    /// cost as many requests as many. Zoom has no such limit.
    pub page_cap: Option<usize>,
    /// Rows of the call list are kept as they were written for the first answer while their call is no older than this.
    /// Saves time, costs memory.
    pub keep_written: Duration,
    /// Leave the array out of a list answer that has no rows.
    pub omit_empty_lists: bool,
    pub access_token_life: Duration,
    pub refresh_token_life: Duration,
    pub refresh_error: RefreshError,
    /// 401 as documented, or 400 as some projects observed.
    pub bad_token_status: u16,
    /// Whether a new server-to-server token kills the one before (reported in 2022 and 2023).
    pub single_s2s_token: bool,
    /// Whether token answers carry `api_url` (older ones did not).
    pub api_url_in_token: bool,
    /// Where tokens and added calls outlive a restart; see the module `keeping`.
    pub state: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 1,
            start: None,
            end: None,
            accounts: vec![AccountOptions::default()],
            client_id: "zoomsim_client_id".into(),
            client_secret: "zoomsim_client_secret_not_a_real_one".into(),
            app: AppKind::Both,
            redirect_uris: Vec::new(),
            clock: Clock::default(),
            publish_lag: Duration::from_secs(60),
            detail_lag: Duration::from_secs(30),
            rate_limits: RateLimits::Documented,
            rate_headers: RateHeaders::Full,
            history_arrays: HistoryArrays::Both,
            recorded_by_default: false,
            history_months: Some(6),
            paging: Paging::Snapshot,
            page_cap: None,
            keep_written: Duration::MAX,
            omit_empty_lists: false,
            access_token_life: Duration::from_secs(3600),
            refresh_token_life: Duration::from_secs(90 * 86_400),
            refresh_error: RefreshError::InvalidGrant,
            bad_token_status: 401,
            single_s2s_token: false,
            api_url_in_token: true,
            state: None,
        }
    }
}

/// One Zoom account.
#[derive(Clone, Debug)]
pub struct AccountOptions {
    /// Also its mail domain: the owner of `acme` is `owner@acme.example.com`.
    pub name: String,
    pub users: usize,
    pub calls: usize,
    pub queues: usize,
    pub scopes: Scopes,
    pub plan: Plan,
    pub phone_licensed: bool,
    /// Default: 10010370036 plus the position of the account; it does not fit in 32 bits.
    pub account_number: Option<i64>,
    pub quirks: Quirks,
    pub lateness: Lateness,
    /// Records served as they are, beside the generated ones (see `AccountHandle::load_records`).
    pub records: Vec<Value>,
    /// Bodies of `/phone/call_history/{uuid}` by uuid (see `AccountHandle::load_details`).
    pub details: BTreeMap<String, Value>,
}

impl Default for AccountOptions {
    fn default() -> Self {
        Self {
            name: "acme".into(),
            users: 40,
            calls: 500,
            queues: 4,
            scopes: Scopes::Granular,
            plan: Plan::Business,
            phone_licensed: true,
            account_number: None,
            quirks: Quirks::default(),
            lateness: Lateness::default(),
            records: Vec::new(),
            details: BTreeMap::new(),
        }
    }
}

impl AccountOptions {
    pub fn named(name: &str) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }
}

/// Which scopes the installed app holds. An app has either classic or granular ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scopes {
    Classic,
    Granular,
    Custom(Vec<String>),
}

/// Which column of Zoom's rate-limit table applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    Pro,
    Business,
}

/// Which grants the app may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppKind {
    /// authorization_code and refresh_token.
    General,
    /// account_credentials only.
    ServerToServer,
    /// One pair of credentials for both, so that a test needs no second simulator.
    Both,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RateLimits {
    Off,
    /// The table of the account's plan.
    Documented,
    Custom(CustomLimits),
}

/// Requests per second by label, and the daily budget of Heavy and Resource-intensive together; for every family alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomLimits {
    pub light: u32,
    pub medium: u32,
    pub heavy: u32,
    pub heavy_daily: u32,
}

/// Which rate-limit headers an answer carries; sources differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateHeaders {
    Full,
    CategoryOnly,
    None,
}

/// Which of the twin arrays `/phone/call_history` answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryArrays {
    Both,
    CallHistoryOnly,
    CallLogsOnly,
}

/// What a page token remembers; Zoom does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paging {
    /// The rows that matched when the listing began.
    Snapshot,
    /// Only an offset: rows that appear meanwhile push others across a page border.
    LiveOffset,
}

/// The spelling of "this refresh token is dead"; all of them were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshError {
    InvalidGrant,
    InvalidRequest,
    Bare,
    /// With the numeric code of the documentation (4735, 4737, 4741).
    WithCode,
}

/// Which records appear later than the publish lag says. Zoom publishes no figure; a day is the longest that was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lateness {
    /// So many of a thousand.
    pub permille: u32,
    /// At most so much later, evenly spread.
    pub up_to: Duration,
}

/// How often, per thousand records, the generator departs from the tidy shape of the OpenAPI description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quirks {
    pub unknown_enums: u32,
    pub extra_fields: u32,
    pub missing_fields: u32,
    pub empty_strings: u32,
    /// Records without `call_history_uuid`.
    pub keyless: u32,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            unknown_enums: 10,
            extra_fields: 20,
            missing_fields: 30,
            empty_strings: 50,
            keyless: 0,
        }
    }
}

impl Quirks {
    pub const NONE: Self = Self {
        unknown_enums: 0,
        extra_fields: 0,
        missing_fields: 0,
        empty_strings: 0,
        keyless: 0,
    };
}
