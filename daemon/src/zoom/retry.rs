//! What an answer means, and how patient we are.

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::zoom::{
    endpoint::{Label, Request},
    error::{Refusal, ZoomError},
    retry_after,
    wire::scalar,
};

/// How often and how long a request is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Attempts in all.
    pub tries: u32,
    /// Wait before the second attempt; doubles each time, half of it is random.
    pub base: Duration,
    /// Longest wait.
    pub cap: Duration,
    /// Longest time from the first failure.
    pub budget: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries: 5,
            base: Duration::from_millis(750),
            cap: Duration::from_secs(20),
            budget: Duration::from_secs(60),
        }
    }
}

impl Patience {
    /// The wait after `failures` failed attempts.
    #[must_use]
    pub fn pause(&self, failures: u32) -> Duration {
        let full = self
            .base
            .saturating_mul(1_u32 << failures.saturating_sub(1).min(16))
            .min(self.cap);
        full.mul_f64(0.5 + 0.5 * chance())
    }
}

/// A random number in `[0, 1)`. Without randomness every waiter waits the same; that is bearable.
fn chance() -> f64 {
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    f64::from(random) / (f64::from(u32::MAX) + 1.0)
}

#[derive(Deserialize)]
struct ErrorBody<'a> {
    #[serde(borrow, default)]
    code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    errors: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    field: String,
    #[serde(default)]
    message: String,
}

/// Longest text of Zoom's that we repeat.
const LONGEST_MESSAGE: usize = 500;

/// Reads a refusal; absent when the body is something but no JSON object.
#[must_use]
pub fn refusal(status: u16, headers: &HeaderMap, body: &str) -> Option<Refusal> {
    let tracking_id = headers
        .get("x-zm-trackingid")
        .and_then(|id| id.to_str().ok())
        .map(str::to_owned);
    if body.trim().is_empty() {
        return Some(Refusal {
            status,
            code: None,
            message: String::new(),
            tracking_id,
        });
    }
    let parsed: ErrorBody<'_> = serde_json::from_str(body).ok()?;
    let mut message = parsed
        .message
        .and_then(|raw| scalar::string(raw.get()).map(String::from))
        .unwrap_or_default();
    let details: Vec<Detail> = parsed
        .errors
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default();
    for detail in details {
        message.push_str(&format!(" [{}: {}]", detail.field, detail.message));
    }
    if let Some((end, _)) = message.char_indices().nth(LONGEST_MESSAGE) {
        message.truncate(end);
    }
    Some(Refusal {
        status,
        code: parsed.code.and_then(|raw| scalar::lenient_integer(raw.get())),
        message,
        tracking_id,
    })
}

/// What an answer other than 2xx means for `request`.
#[must_use]
pub fn classify(status: u16, headers: &HeaderMap, body: &str, request: &Request, now: Timestamp) -> ZoomError {
    if status == 429 {
        return rate_limit(headers, body, request.endpoint.label, now);
    }
    let Some(refusal) = refusal(status, headers, body) else {
        // Zoom answers in JSON; anything else comes from something between us.
        return if status == 404 && request.endpoint.names_one_thing() {
            ZoomError::NotFound(Refusal {
                status,
                ..Refusal::default()
            })
        } else {
            ZoomError::Lost(format!("HTTP {status} with a body that is no JSON"))
        };
    };
    if status >= 500 || matches!(status, 408 | 425) || status < 400 {
        return ZoomError::Trouble(refusal);
    }
    let words = refusal.message.to_ascii_lowercase();
    if let Some(scopes) = missing_scopes(&refusal) {
        return ZoomError::MissingScope { scopes, refusal };
    }
    if is_token_rejected(&refusal, &words) {
        return ZoomError::TokenRejected(refusal);
    }
    if refusal.code == Some(2031) || words.contains("not been enabled") {
        return ZoomError::PhoneNotEnabled(refusal);
    }
    if request.continues() && is_page_token(&refusal, &words, request) {
        return ZoomError::PageTokenExpired(refusal);
    }
    if refusal.code == Some(2300) || words.contains("not recognized") {
        return ZoomError::EndpointGone {
            path: request.endpoint.path,
            refusal,
        };
    }
    match status {
        404 if request.endpoint.names_one_thing() => ZoomError::NotFound(refusal),
        404 | 410 => ZoomError::EndpointGone {
            path: request.endpoint.path,
            refusal,
        },
        _ => ZoomError::Refused(refusal),
    }
}

/// Code 124 also says "Account does not exist" and "You do not have permission": only its words tell.
fn is_token_rejected(refusal: &Refusal, words: &str) -> bool {
    match refusal.status {
        401 => {
            (matches!(refusal.code, None | Some(124)) || words.contains("token"))
                && !words.contains("does not exist")
                && !words.contains("permission")
        }
        400 => refusal.code == Some(124) && words.contains("token"),
        _ => false,
    }
}

fn is_page_token(refusal: &Refusal, words: &str, request: &Request) -> bool {
    let named = words.contains("page token") || words.contains("page_token");
    // The codes 300 and 400 stand for any bad parameter; the longer ones say exactly this.
    let exact = refusal
        .code
        .is_some_and(|code| code > 999 && Some(code) == request.endpoint.bad_page_token);
    named || exact
}

/// `Invalid access token, does not contain scopes:[user:read:list_users:admin].`
fn missing_scopes(refusal: &Refusal) -> Option<String> {
    let words = &refusal.message;
    if refusal.code != Some(4711) && !words.contains("does not contain scope") {
        return None;
    }
    let named = words
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'))
        .map(|(scopes, _)| scopes.trim());
    Some(
        named
            .filter(|scopes| !scopes.is_empty())
            .unwrap_or("that this request needs")
            .to_owned(),
    )
}

fn rate_limit(headers: &HeaderMap, body: &str, label: Label, now: Timestamp) -> ZoomError {
    let refusal = refusal(429, headers, body).unwrap_or(Refusal {
        status: 429,
        ..Refusal::default()
    });
    let kind = headers
        .get("x-ratelimit-type")
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let named = retry_after::wait(headers, now);
    let daily = kind.to_ascii_lowercase().contains("daily") || refusal.message.to_ascii_lowercase().contains("daily");
    if daily {
        let after = named
            .unwrap_or_else(|| retry_after::until_midnight(now))
            .max(LEAST_PAUSE);
        ZoomError::ZoomDailyLimit {
            label: label.as_str(),
            said: format!(": {refusal}"),
            after,
        }
    } else {
        ZoomError::RateLimited {
            refusal,
            after: named.unwrap_or_default().max(LEAST_PAUSE),
        }
    }
}

/// A per-second limit is over after a second.
const LEAST_PAUSE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
