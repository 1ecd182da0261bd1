//! How Zoom fails, and the one place where that becomes a failure a use case understands.

use std::time::Duration;

use crate::domain::failure::{Cause, Failure, Fault};

/// What Zoom said when it refused: its code, its words and the id under which its support finds the request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Zoom's own code.
    pub code: Option<i64>,
    /// Zoom's words, with the details of `errors[]`.
    pub message: String,
    /// `x-zm-trackingid`.
    pub tracking_id: Option<String>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = if self.message.is_empty() {
            "no reason given"
        } else {
            &self.message
        };
        write!(f, "{words} (HTTP {}", self.status)?;
        if let Some(code) = self.code {
            write!(f, ", code {code}")?;
        }
        if let Some(id) = &self.tracking_id {
            write!(f, ", tracking id {id}")?;
        }
        f.write_str(")")
    }
}

/// A failure of the Zoom adapter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZoomError {
    /// The configuration has no client id.
    #[error("no Zoom client id is configured")]
    NoClientId,
    /// The configuration has no client secret, and this grant needs one.
    #[error("no Zoom client secret is configured, and a server-to-server app needs one")]
    NoClientSecret,
    /// The HTTP client cannot be built from the configuration.
    #[error("the HTTP client cannot be set up: {0}")]
    Setup(String),
    /// No connection: Zoom has not seen the request.
    #[error("Zoom cannot be reached: {0}")]
    Unreachable(String),
    /// The answer was lost, cut off or no JSON: Zoom may have acted on the request.
    #[error("Zoom's answer was lost: {0}")]
    Lost(String),
    /// 5xx.
    #[error("Zoom has trouble: {0}")]
    Trouble(Refusal),
    /// Too many requests a second, for too long.
    #[error("Zoom's rate limit: {refusal}")]
    RateLimited {
        /// What Zoom said.
        refusal: Refusal,
        /// How long to wait.
        after: Duration,
    },
    /// Zoom's daily limit is used up.
    #[error("Zoom's daily limit for {label} requests is used up{said}")]
    ZoomDailyLimit {
        /// Label.
        label: &'static str,
        /// What Zoom said, after a colon; empty when it said it earlier.
        said: String,
        /// Until the next day, or what Zoom named.
        after: Duration,
    },
    /// Our share of the daily limit is used up.
    #[error("our share of Zoom's daily limit, {per_day} {label} requests, is used up until 00:00 UTC")]
    DailyShare {
        /// Label.
        label: &'static str,
        /// Our share.
        per_day: u64,
        /// Until the next day.
        after: Duration,
    },
    /// What is left of our share of the daily limit is kept for fresher calls.
    #[error("what is left of today's {per_day} {label} requests is kept for fresh calls")]
    KeptForFresh {
        /// Label.
        label: &'static str,
        /// Our share.
        per_day: u64,
        /// Until some of it is set free.
        after: Duration,
    },
    /// The access token is not accepted.
    #[error("Zoom rejected the access token: {0}")]
    TokenRejected(Refusal),
    /// The page token is not accepted.
    #[error("the page token expired: {0}")]
    PageTokenExpired(Refusal),
    /// No such thing.
    #[error("{0}")]
    NotFound(Refusal),
    /// The token does not hold a scope.
    #[error("the app lacks the scope {scopes}: {refusal}")]
    MissingScope {
        /// As Zoom names them.
        scopes: String,
        /// What Zoom said.
        refusal: Refusal,
    },
    /// No licence.
    #[error("Zoom Phone is not enabled for this account: {0}")]
    PhoneNotEnabled(Refusal),
    /// Zoom has no such endpoint any more.
    #[error("Zoom no longer answers {path}: {refusal}")]
    EndpointGone {
        /// Path template.
        path: &'static str,
        /// What Zoom said.
        refusal: Refusal,
    },
    /// Any other refusal.
    #[error("Zoom refused: {0}")]
    Refused(Refusal),
    /// The token endpoint refused.
    #[error("{0}")]
    Grant(#[from] crate::zoom::oauth::GrantRefusal),
    /// A person must authorize again.
    #[error("a person must authorize again: {0}")]
    Reauthorization(String),
    /// The account may not call Zoom in its present state, or a port of ours failed.
    #[error("{0}")]
    Other(Failure),
}

impl From<Failure> for ZoomError {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

impl From<crate::zoom::wire::Malformed> for ZoomError {
    fn from(malformed: crate::zoom::wire::Malformed) -> Self {
        Self::Lost(malformed.to_string())
    }
}

impl ZoomError {
    /// Whether the same request may succeed in a moment.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Lost(_) | Self::Trouble(_))
    }
}

impl From<ZoomError> for Failure {
    fn from(error: ZoomError) -> Self {
        let message = error.to_string();
        let fault = |cause, code, hint: &str| Fault::new(cause, code, message.clone()).hint(hint);
        let later = |code, hint| Self::Retry {
            fault: fault(Cause::Zoom, code, hint),
            after: None,
        };
        match error {
            ZoomError::Other(failure) => failure,
            ZoomError::NoClientId => Self::Permanent(fault(
                Cause::Config,
                "zoom_client_missing",
                "set zoom: client_id (and client_secret) in /etc/callsyncd/callsyncd.yaml, then: systemctl reload callsyncd",
            )),
            ZoomError::NoClientSecret => Self::Permanent(fault(
                Cause::Config,
                "zoom_client_missing",
                "set zoom: client_secret in /etc/callsyncd/callsyncd.yaml, then: systemctl reload callsyncd",
            )),
            ZoomError::Setup(_) => Self::Permanent(fault(
                Cause::Config,
                "zoom_client_setup",
                "check zoom: proxy and zoom: oauth_url in /etc/callsyncd/callsyncd.yaml",
            )),
            ZoomError::Unreachable(_) => later(
                "zoom_unreachable",
                "check the network, DNS, firewall and zoom: proxy; it is tried again by itself",
            ),
            ZoomError::Lost(_) => later(
                "zoom_unreachable",
                "check proxies between this host and Zoom, and https://status.zoom.us; it is tried again by itself",
            ),
            ZoomError::Trouble(_) => later(
                "zoom_unreachable",
                "see https://status.zoom.us; it is tried again by itself",
            ),
            ZoomError::RateLimited { after, .. } => Self::Retry {
                fault: fault(
                    Cause::RateLimit,
                    "rate_limited",
                    "other apps of this Zoom account use the same limit; lower zoom: limits if it happens often",
                ),
                after: Some(after),
            },
            ZoomError::ZoomDailyLimit { after, .. } => Self::Retry {
                fault: fault(
                    Cause::RateLimit,
                    "quota_exhausted",
                    "other apps of this Zoom account use the same limit; it goes on by itself when Zoom allows it",
                ),
                after: Some(after),
            },
            ZoomError::DailyShare { after, .. } => Self::Retry {
                fault: fault(
                    Cause::RateLimit,
                    "quota_exhausted",
                    "it goes on by itself after 00:00 UTC; zoom: limits sets our share",
                ),
                after: Some(after),
            },
            ZoomError::KeptForFresh { after, .. } => Self::Retry {
                fault: fault(
                    Cause::RateLimit,
                    "quota_kept",
                    "it goes on by itself as the day goes by, at the latest after 00:00 UTC; zoom: limits sets our share",
                ),
                after: Some(after),
            },
            ZoomError::PageTokenExpired(_) => Self::PageTokenExpired,
            ZoomError::NotFound(_) => Self::NotFound,
            ZoomError::MissingScope { .. } => Self::Permanent(fault(
                Cause::Zoom,
                "missing_scope",
                "add the scope to the app at marketplace.zoom.us, then: callsyncctl account authorize NAME",
            )),
            ZoomError::PhoneNotEnabled(_) => Self::Permanent(fault(
                Cause::Zoom,
                "phone_not_enabled",
                "enable Zoom Phone for the account at zoom.us, then: callsyncctl account test NAME",
            )),
            ZoomError::EndpointGone { .. } => Self::Permanent(fault(
                Cause::Zoom,
                "endpoint_gone",
                "check zoom: api_url, and whether a newer callsyncd is available",
            )),
            ZoomError::TokenRejected(_) | ZoomError::Refused(_) => Self::Permanent(fault(
                Cause::Zoom,
                "zoom_error",
                "look up the code at developers.zoom.us; give Zoom's support the tracking id",
            )),
            ZoomError::Grant(refusal) => {
                let (cause, code, hint) = refusal.kind.explain();
                Self::Permanent(fault(cause, code, hint))
            }
            ZoomError::Reauthorization(_) => Self::Permanent(fault(
                Cause::Reauthorization,
                "reauthorization_required",
                "callsyncctl account test NAME tries once more; else: callsyncctl account authorize NAME",
            )),
        }
    }
}
