//! What came to the webhook and what became of it, counted.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::http::StatusCode;
use jiff::Timestamp;

use crate::domain::account::AccountId;

macro_rules! verdicts {
    ($($(#[$doc:meta])* $verdict:ident = $name:literal, $status:ident;)+) => {
        /// What became of a post.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Verdict { $($(#[$doc])* $verdict),+ }

        impl Verdict {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$verdict),+];

            /// Name in metrics and in the journal.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$verdict => $name),+ }
            }

            /// What Zoom, or whoever it was, hears.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$verdict => StatusCode::$status),+ }
            }
        }
    };
}

verdicts! {
    /// It was acted upon.
    Acted = "acted", OK;
    /// A check of the URL was answered.
    Challenge = "challenge", OK;
    /// Zoom repeated what had come before.
    Repeated = "repeated", OK;
    /// An event that does not concern us.
    UnknownEvent = "unknown_event", OK;
    /// An account that is not ours.
    UnknownAccount = "unknown_account", OK;
    /// The very same post came before.
    Replayed = "replayed", CONFLICT;
    /// It carries no signature.
    Unsigned = "unsigned", UNAUTHORIZED;
    /// Its signature is not of our secret.
    Forged = "wrong_signature", UNAUTHORIZED;
    /// Its timestamp is more than five minutes away from our clock.
    Old = "old", UNAUTHORIZED;
    /// It is signed and no event.
    Malformed = "malformed", BAD_REQUEST;
    /// Its body is too long.
    Oversized = "oversized", PAYLOAD_TOO_LARGE;
    /// Its body did not arrive in time.
    Slow = "slow", REQUEST_TIMEOUT;
    /// It could not be made durable; Zoom comes again.
    NotKept = "not_kept", SERVICE_UNAVAILABLE;
    /// No secret is configured to judge it by.
    NoSecret = "no_secret", SERVICE_UNAVAILABLE;
}

impl Verdict {
    /// Whether nothing came of it.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        self.status() != StatusCode::OK
    }
}

/// Posts by verdict, and when each account was last heard of, since the start.
#[derive(Debug, Default)]
pub struct Counters {
    posts: [AtomicU64; Verdict::ALL.len()],
    heard: Mutex<HashMap<AccountId, Timestamp>>,
}

impl Counters {
    pub(super) fn count(&self, verdict: Verdict) {
        self.posts[verdict as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn hear(&self, account: &AccountId, at: Timestamp) {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(account.clone(), at);
    }

    /// When a signed event last told something of an account.
    #[must_use]
    pub fn last_heard(&self, account: &AccountId) -> Option<Timestamp> {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(account)
            .copied()
    }

    /// Each verdict's name and number.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        Verdict::ALL
            .iter()
            .map(|verdict| (verdict.as_str(), self.posts[*verdict as usize].load(Ordering::Relaxed)))
    }
}
