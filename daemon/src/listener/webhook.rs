//! `/webhook`: what Zoom posts, judged before anything acts on it, and durable before it is answered.

use std::{
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody, to_bytes},
    http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header},
};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use tokio::{sync::Notify, time::Instant};

use super::{
    budget::{Budget, TOLD_EVERY},
    counters::{Counters, Verdict},
    event::{self, Event, Happening},
    intake::Intake,
    signature::Secret,
    wake::Wakes,
};
use crate::{
    domain::{account::Account, clock::SharedClock, event::Event as Notable, failure::Outcome},
    ports::{
        state::Registry,
        webhook::{Errand, NewEntry, Received, Reception, WebhookBook},
    },
    removal::Removal,
};

/// Longest body, in bytes. Zoom's are a few thousand.
pub const LONGEST_BODY: usize = 128 << 10;
/// Time in which a body must have arrived.
pub const BODY_PATIENCE: Duration = Duration::from_secs(5);
/// How far Zoom's clock and ours may be apart, and how long a post may be under way.
const WINDOW: SignedDuration = SignedDuration::from_mins(5);
/// Zoom waits three seconds; we answer in one, and let it come again when the disk is slower.
const ANSWER_PATIENCE: Duration = Duration::from_millis(900);

/// Judges posts and acts on those that are Zoom's.
pub struct Webhook {
    /// The app's secret token; without one nothing can be judged.
    pub secret: RwLock<Option<Secret>>,
    /// Accounts.
    pub registry: Arc<dyn Registry>,
    /// De-authorization.
    pub removal: Removal,
    /// What was seen.
    pub book: Arc<dyn WebhookBook>,
    /// Makes posts durable.
    pub intake: Intake,
    /// Asks for polls.
    pub wakes: Wakes,
    /// Wakes whoever applies what waits.
    pub errands: Arc<Notify>,
    /// The clock.
    pub clock: SharedClock,
    /// What came and what became of it.
    pub counters: Arc<Counters>,
    /// How much garbage is explained.
    pub budget: Budget,
    /// When the journal was last told of refusals, and how many there were since.
    pub told: Mutex<(Option<Instant>, u64)>,
}

impl Webhook {
    /// Answers a post.
    pub async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let signed = Signed::of(&parts.headers);
        if signed.is_none() && self.budget.is_empty() {
            return self.refuse(Verdict::Unsigned);
        }
        let body = match read(body).await {
            Ok(body) => body,
            Err(verdict) => return self.refuse(verdict),
        };
        let verdict = match self.judge(signed.as_ref(), &body) {
            Ok(Judged::Challenge(answer)) => {
                self.counters.count(Verdict::Challenge);
                return json(&answer);
            }
            // What was kept and not done when the time was up is an errand.
            Ok(Judged::Event(event)) => {
                match tokio::time::timeout(ANSWER_PATIENCE, self.act(event, signed.as_ref(), &body)).await {
                    Ok(Ok(verdict)) => verdict,
                    Ok(Err(failure)) => {
                        tracing::warn!(error = %failure, "a webhook post could not be kept; Zoom sends it again");
                        Verdict::NotKept
                    }
                    Err(_) => {
                        self.errands.notify_one();
                        Verdict::NotKept
                    }
                }
            }
            Err(verdict) => verdict,
        };
        if verdict.is_refusal() {
            return self.refuse(verdict);
        }
        self.counters.count(verdict);
        empty(verdict.status())
    }

    fn judge(&self, signed: Option<&Signed>, body: &Bytes) -> Result<Judged, Verdict> {
        let secret = self.secret.read().unwrap_or_else(PoisonError::into_inner);
        let Some(secret) = secret.as_ref() else {
            return Err(Verdict::NoSecret);
        };
        if let Some(signed) = signed {
            let age = self.clock.now().duration_since(signed.at);
            if age.abs() > WINDOW {
                return Err(Verdict::Old);
            }
            if !secret.signs(&signed.timestamp, body, &signed.signature) {
                return Err(Verdict::Forged);
            }
        }
        let event = event::read(body);
        match (event, signed) {
            // Whether Zoom signs its challenge is not documented; the answer proves that we know the secret.
            (
                Some(Event {
                    happening: Happening::Challenge(token),
                    ..
                }),
                _,
            ) => {
                let encrypted = secret.answer(&token).ok_or(Verdict::Malformed)?;
                Ok(Judged::Challenge(
                    serde_json::json!({ "plainToken": token, "encryptedToken": encrypted }),
                ))
            }
            (_, None) => Err(Verdict::Unsigned),
            (None, Some(_)) => Err(Verdict::Malformed),
            (Some(event), Some(_)) => Ok(Judged::Event(event)),
        }
    }

    /// Acts on an event that is Zoom's.
    async fn act(&self, event: Event, signed: Option<&Signed>, body: &Bytes) -> Outcome<Verdict> {
        let Some(account) = self.account(&event).await? else {
            return Ok(Verdict::UnknownAccount);
        };
        self.counters.hear(&account.id, self.clock.now());
        let errand = match &event.happening {
            Happening::Challenge(_) | Happening::Other => return Ok(Verdict::UnknownEvent),
            Happening::CallCompleted => None,
            Happening::Deauthorized { user, may_keep } => Some(Errand::Deauthorized {
                user: user.clone(),
                may_keep: *may_keep,
            }),
            Happening::CallsDeleted(keys) => Some(Errand::CallsDeleted(keys.clone())),
            Happening::ElementsDeleted(keys) => Some(Errand::ElementsDeleted(keys.clone())),
        };
        let (signature, timestamp) = signed.map_or(("", ""), |signed| (&signed.signature, &signed.timestamp));
        // An event without a date cannot be told from the next one of its kind: then each post is one.
        let dated_by = if event.is_dated { "" } else { timestamp };
        let received = Received {
            post: digest(&[b"post", signature.as_bytes(), timestamp.as_bytes()]),
            event: digest(&[b"event", dated_by.as_bytes(), body]),
            at: self.clock.now(),
            entry: errand.clone().map(|errand| NewEntry {
                account: account.id.clone(),
                errand,
            }),
        };
        let entry = match self.intake.receive(received).await? {
            Reception::Replayed => return Ok(Verdict::Replayed),
            Reception::Repeated => return Ok(Verdict::Repeated),
            Reception::New(entry) => entry,
        };
        match errand {
            None => self.wakes.wake(&account.id),
            Some(Errand::Deauthorized { user, may_keep }) => {
                // If we die before this, the entry is found at the next start.
                self.removal.deauthorized_at_zoom(&account.id, user, may_keep).await?;
                if let Some(entry) = entry {
                    self.book.applied(entry).await?;
                }
            }
            Some(Errand::CallsDeleted(_) | Errand::ElementsDeleted(_)) => self.errands.notify_one(),
        }
        Ok(Verdict::Acted)
    }

    async fn account(&self, event: &Event) -> Outcome<Option<Account>> {
        let Some(id) = &event.zoom_account_id else {
            return Ok(None);
        };
        let accounts = self.registry.accounts().await?;
        Ok(accounts
            .into_iter()
            .find(|account| account.zoom_account_id.as_ref() == Some(id)))
    }

    /// Says why not, while the budget lasts; then only that it is too much.
    pub(super) fn refuse(&self, verdict: Verdict) -> Response<Body> {
        self.counters.count(verdict);
        let is_garbage = !matches!(verdict, Verdict::NotKept | Verdict::NoSecret | Verdict::Replayed);
        if is_garbage {
            self.tell(verdict);
        }
        if is_garbage && !self.budget.take() {
            let mut response = empty(StatusCode::TOO_MANY_REQUESTS);
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            return response;
        }
        let mut response = empty(verdict.status());
        if matches!(verdict, Verdict::Oversized | Verdict::Slow) {
            // The rest of the body is not waited for.
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// Tells the journal, once a minute at most, so that garbage does not fill it either.
    fn tell(&self, verdict: Verdict) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.1 += 1;
        if told.0.is_none_or(|last| last.elapsed() >= TOLD_EVERY) {
            Notable::WebhookRefused {
                reason: verdict.as_str(),
                posts: told.1,
            }
            .log(None, None);
            *told = (Some(Instant::now()), 0);
        }
    }
}

/// A post that may be Zoom's.
enum Judged {
    Challenge(serde_json::Value),
    Event(Event),
}

/// The two headers of a signed post.
struct Signed {
    timestamp: String,
    at: Timestamp,
    signature: String,
}

impl Signed {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let timestamp = text("x-zm-request-timestamp")?.to_owned();
        let at = Timestamp::from_second(timestamp.parse().ok()?).ok()?;
        Some(Self {
            timestamp,
            at,
            signature: text("x-zm-signature")?.to_owned(),
        })
    }
}

async fn read(body: Body) -> Result<Bytes, Verdict> {
    // Told before it is read: a client that waits for `100 Continue` then never sends it.
    if HttpBody::size_hint(&body).lower() > LONGEST_BODY as u64 {
        return Err(Verdict::Oversized);
    }
    match tokio::time::timeout(BODY_PATIENCE, to_bytes(body, LONGEST_BODY)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) => {
            let limit = std::error::Error::source(&error).is_some_and(|source| source.to_string().contains("limit"));
            Err(if limit { Verdict::Oversized } else { Verdict::Malformed })
        }
        Err(_) => Err(Verdict::Slow),
    }
}

fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

fn json(value: &serde_json::Value) -> Response<Body> {
    let mut response = Response::new(Body::from(value.to_string()));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
