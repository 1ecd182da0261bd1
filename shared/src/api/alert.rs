//! Alerts: conditions that a person should hear of, and the channels that tell of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Noun;

/// An item of `alert list`. What a webhook receives is the same without `muted_until` and `deliveries`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Id: the same at the beginning and the end.
    pub id: String,
    /// `no_cdr`, `deauthorized`, `reauthorization_required`, `database_unavailable`, `zoom_unreachable`,
    /// `quota_exhausted`, `completeness`, `gap_horizon`, `sync_failing`, `removal_due`, `webhook_silent`, `disk_low`,
    /// `purge_failing`.
    pub code: String,
    /// `warning` or `critical`.
    pub severity: String,
    /// `firing` or `resolved`.
    pub state: String,
    /// The account; absent when it is about the daemon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// What is wrong.
    pub summary: String,
    /// Why.
    pub cause: String,
    /// What to type or check next.
    pub hint: String,
    /// When it was first seen.
    pub since: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
    /// Nobody is told before then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<Timestamp>,
    /// What became of its notifications.
    pub deliveries: Vec<Delivery>,
}

impl Noun for Alert {
    const NOUN: &'static str = "alert";
}

/// A notification over one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// `email` or `webhook`.
    pub channel: String,
    /// `firing` or `resolved`: what it tells.
    pub occasion: String,
    /// `pending`, `delivered`, `failed`.
    pub state: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub next_attempt_at: Option<Timestamp>,
    /// When the channel accepted it.
    pub delivered_at: Option<Timestamp>,
    /// Why the last try failed, or whom the channel refused.
    pub last_error: Option<String>,
}

/// `alert test`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertTest {
    /// Every channel that was tried.
    pub channels: Vec<ChannelTest>,
    /// What is worth knowing of the configured channels although they work.
    pub warnings: Vec<String>,
}

impl Noun for AlertTest {
    const NOUN: &'static str = "alert";
}

/// How a channel took the test message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelTest {
    /// `email` or `webhook`.
    pub channel: String,
    /// Where it leads.
    pub target: String,
    /// Whether it took the message, for everybody.
    pub accepted: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Request of `alert test`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestAlerts {
    /// Only this channel.
    pub channel: Option<String>,
}

/// Request of `alert mute`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MuteAlerts {
    /// Code of the alert.
    pub code: String,
    /// `90s`, `30m`, `8h`, `2d`; `0s` ends a mute.
    #[serde(rename = "for")]
    pub duration: String,
    /// Only of this account.
    pub account: Option<String>,
}

/// `alert mute`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertMute {
    /// Code of the alert.
    pub code: String,
    /// Of this account; absent = of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Until when nobody is told of new ones.
    pub until: Timestamp,
}

impl Noun for AlertMute {
    const NOUN: &'static str = "alert";
}
