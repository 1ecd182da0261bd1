//! Faults a test or a rehearsal injects: what goes wrong, for which requests, how often.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Applies to the next `times` requests whose path begins with `path_prefix`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Of the whole path, such as `/v2/phone/call_history` or `/oauth/token`; empty matches every path.
    #[serde(default)]
    pub path_prefix: String,
    #[serde(default = "once")]
    pub times: u32,
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
            account: None,
            effect,
        }
    }

    pub fn status(path_prefix: &str, status: u16, times: u32) -> Self {
        Self::new(path_prefix, times, Effect::Status { status, body: None })
    }

    pub fn for_account(mut self, name: &str) -> Self {
        self.account = Some(name.into());
        self
    }
}

/// The faults in force.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn list(&self) -> &[Fault] {
        &self.0
    }

    /// Takes one use of the first fault that `wanted` picks out.
    pub fn take<T>(&mut self, path: &str, account: Option<&str>, wanted: impl Fn(&Effect) -> Option<T>) -> Option<T> {
        let position = self.0.iter().position(|fault| {
            path.starts_with(&fault.path_prefix)
                && (fault.account.is_none() || fault.account.as_deref() == account)
                && wanted(&fault.effect).is_some()
        })?;
        let fault = &mut self.0[position];
        let found = wanted(&fault.effect);
        fault.times = fault.times.saturating_sub(1);
        if fault.times == 0 {
            self.0.remove(position);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::{Effect, Fault, Faults};

    #[test]
    fn a_fault_wears_out_and_keeps_to_its_path() {
        let mut faults = Faults::default();
        faults.add(Fault::status("/v2/phone", 503, 2));
        let status = |effect: &Effect| match effect {
            Effect::Status { status, .. } => Some(*status),
            _ => None,
        };
        assert_eq!(faults.take("/v2/users", None, status), None);
        assert_eq!(faults.take("/v2/phone/users", None, status), Some(503));
        assert_eq!(faults.take("/v2/phone/users", None, status), Some(503));
        assert_eq!(faults.take("/v2/phone/users", None, status), None);
    }

    #[test]
    fn the_json_form_is_flat() {
        let fault: Fault =
            serde_json::from_str(r#"{"effect":"latency","millis":5,"path_prefix":"/v2"}"#).expect("valid");
        assert_eq!(fault, Fault::new("/v2", 1, Effect::Latency { millis: 5 }));
    }
}
