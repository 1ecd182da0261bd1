//! Faults a test or a rehearsal injects: what goes wrong, for which requests, how often.

use crate::clock::shift;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// Applies to the next `times` requests whose path begins with `path_prefix` and that it can happen to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Of the whole path, such as `/v2/phone/call_history` or `/oauth/token`; empty matches every path.
    #[serde(default)]
    pub path_prefix: String,
    #[serde(default = "once")]
    pub times: u32,
    /// Strikes only each so-many-th of those requests: a platform that is wrong now and then.
    #[serde(default = "once")]
    pub every: u32,
    /// Over this many seconds after it was injected, by the simulator's clock, whether used up or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasts_seconds: Option<i64>,
    /// Only requests of this account.
    #[serde(default)]
    pub account: Option<String>,
    #[serde(flatten)]
    pub effect: Effect,
}

fn once() -> u32 {
    1
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// Answer with this status; the request is not carried out.
    Status {
        status: u16,
        #[serde(default)]
        body: Option<Value>,
    },
    /// Wait before answering.
    Latency { millis: u64 },
    /// Announce the whole length, send half, close.
    Truncate,
    /// Send half of the JSON as if that were all.
    CutJson,
    /// An HTML page with status 200.
    NotJson,
    /// Close with a TCP reset instead of an answer; the request is not carried out.
    Reset,
    /// Carry out a token request, then reset: the refresh token has rotated and nobody has the new one.
    LoseTokenAnswer,
    /// At once, not for a number of requests: every page token issued so far is expired.
    ExpirePageTokens,
    /// Refuse the page token that was sent as expired; only a request that carries one.
    ExpiredPageToken,
    /// Hand out the page token that was sent.
    RepeatPageToken,
    /// Serve the page before once more, with a fresh token.
    RepeatPage,
    /// Leave the last `rows` rows of a page out; the total still counts them.
    ShortPage { rows: usize },
    /// Begin the next page `rows` rows too early, so that rows come twice.
    DuplicateRows { rows: usize },
    /// Add `delta` to `total_records`.
    WrongTotal { delta: i64 },
    /// The per-second 429.
    TooManyPerSecond,
    /// The daily 429; `retry_after` replaces the ISO 8601 instant, for example by seconds or an HTTP date.
    TooManyDaily {
        #[serde(default)]
        retry_after: Option<String>,
    },
    /// Silently move `from` of a call-history query to `seconds` before its `to`.
    ClampRange { seconds: i64 },
}

impl Fault {
    pub fn new(path_prefix: &str, times: u32, effect: Effect) -> Self {
        Self {
            path_prefix: path_prefix.into(),
            times,
            every: 1,
            lasts_seconds: None,
            account: None,
            effect,
        }
    }

    /// For as long as the simulator runs, each `every`th request that it can happen to.
    pub fn standing(path_prefix: &str, every: u32, effect: Effect) -> Self {
        Self {
            every,
            ..Self::new(path_prefix, u32::MAX, effect)
        }
    }

    pub fn lasting(mut self, seconds: i64) -> Self {
        self.lasts_seconds = Some(seconds);
        self
    }

    pub fn status(path_prefix: &str, status: u16, times: u32) -> Self {
        Self::new(path_prefix, times, Effect::Status { status, body: None })
    }

    pub fn for_account(mut self, name: &str) -> Self {
        self.account = Some(name.into());
        self
    }
}

impl Effect {
    /// As it is spelled in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Latency { .. } => "latency",
            Self::Truncate => "truncate",
            Self::CutJson => "cut_json",
            Self::NotJson => "not_json",
            Self::Reset => "reset",
            Self::LoseTokenAnswer => "lose_token_answer",
            Self::ExpirePageTokens => "expire_page_tokens",
            Self::ExpiredPageToken => "expired_page_token",
            Self::RepeatPageToken => "repeat_page_token",
            Self::RepeatPage => "repeat_page",
            Self::ShortPage { .. } => "short_page",
            Self::DuplicateRows { .. } => "duplicate_rows",
            Self::WrongTotal { .. } => "wrong_total",
            Self::TooManyPerSecond => "too_many_per_second",
            Self::TooManyDaily { .. } => "too_many_daily",
            Self::ClampRange { .. } => "clamp_range",
        }
    }
}

/// The faults in force, and how often each effect has struck since the start.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    waiting: Vec<Waiting>,
    struck: BTreeMap<&'static str, u64>,
}

#[derive(Debug)]
struct Waiting {
    fault: Fault,
    /// Requests it could have happened to.
    seen: u32,
    ends: Option<Timestamp>,
}

impl Faults {
    pub fn add(&mut self, fault: Fault, now: Timestamp) {
        let ends = fault
            .lasts_seconds
            .map(|seconds| shift(now, Duration::from_secs(seconds.unsigned_abs())));
        self.waiting.push(Waiting { fault, seen: 0, ends });
    }

    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    pub fn list(&self) -> Vec<Fault> {
        self.waiting.iter().map(|waiting| waiting.fault.clone()).collect()
    }

    /// How often each effect has struck, by its name.
    pub fn struck(&self) -> &BTreeMap<&'static str, u64> {
        &self.struck
    }

    pub fn note(&mut self, effect: &Effect) {
        *self.struck.entry(effect.name()).or_default() += 1;
    }

    /// Takes one use of the first fault that `wanted` picks out and whose turn it is.
    pub fn take<T>(
        &mut self,
        path: &str,
        account: Option<&str>,
        now: Timestamp,
        wanted: impl Fn(&Effect) -> Option<T>,
    ) -> Option<T> {
        self.waiting
            .retain(|waiting| waiting.ends.is_none_or(|ends| now < ends));
        let mut found = None;
        for (position, waiting) in self.waiting.iter_mut().enumerate() {
            let Waiting { fault, seen, .. } = waiting;
            let meant = path.starts_with(&fault.path_prefix)
                && (fault.account.is_none() || fault.account.as_deref() == account);
            let Some(effect) = meant.then(|| wanted(&fault.effect)).flatten() else {
                continue;
            };
            *seen = seen.wrapping_add(1);
            if seen.is_multiple_of(fault.every.max(1)) {
                found = Some((position, effect));
                break;
            }
        }
        let (position, effect) = found?;
        let fault = &mut self.waiting[position].fault;
        // What lasts for ever does not wear out.
        if fault.times != u32::MAX {
            fault.times = fault.times.saturating_sub(1);
        }
        let over = fault.times == 0;
        let struck = fault.effect.clone();
        self.note(&struck);
        if over {
            self.waiting.remove(position);
        }
        Some(effect)
    }
}

#[cfg(test)]
mod tests {
    use super::{Effect, Fault, Faults};
    use jiff::{SignedDuration, Timestamp};

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    fn status(effect: &Effect) -> Option<u16> {
        match effect {
            Effect::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    #[test]
    fn a_fault_wears_out_and_keeps_to_its_path() {
        let mut faults = Faults::default();
        faults.add(Fault::status("/v2/phone", 503, 2), START);
        assert_eq!(faults.take("/v2/users", None, START, status), None);
        assert_eq!(faults.take("/v2/phone/users", None, START, status), Some(503));
        assert_eq!(faults.take("/v2/phone/users", None, START, status), Some(503));
        assert_eq!(faults.take("/v2/phone/users", None, START, status), None);
        assert_eq!(faults.struck().get("status"), Some(&2));
    }

    #[test]
    fn a_standing_fault_strikes_each_so_many_th_request_for_its_while() {
        let mut faults = Faults::default();
        let effect = Effect::Status {
            status: 500,
            body: None,
        };
        faults.add(Fault::standing("/v2", 3, effect).lasting(60), START);
        let mut hits = |at| {
            (0..6)
                .filter(|_| faults.take("/v2/users", None, at, status).is_some())
                .count()
        };
        assert_eq!(hits(START), 2);
        assert_eq!(hits(START + SignedDuration::from_secs(59)), 2);
        assert_eq!(hits(START + SignedDuration::from_secs(60)), 0);
    }

    #[test]
    fn the_json_form_is_flat() {
        let fault: Fault =
            serde_json::from_str(r#"{"effect":"latency","millis":5,"path_prefix":"/v2"}"#).expect("valid");
        assert_eq!(fault, Fault::new("/v2", 1, Effect::Latency { millis: 5 }));
        let named = serde_json::to_value(&fault).expect("valid");
        assert_eq!(named["effect"], fault.effect.name());
    }
}
