//! The listener: what the outside may reach over TCP, when a port is configured. `/webhook` for Zoom, `/oauth/callback`
//! for a person's browser, `/healthz` and `/metrics` for monitoring. Everything here comes from strangers.

pub mod callback;
pub mod counters;
pub mod errands;
pub mod intake;
pub mod serve;
pub mod signature;
pub mod wake;
pub mod webhook;

mod budget;
mod event;
#[cfg(test)]
mod hostile_tests;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    body::Body,
    http::{HeaderValue, Method, Request, Response, StatusCode, header},
};
use secrecy::SecretString;
use tokio::time::Instant;

pub use self::budget::Budget;
use self::{callback::Redirect, signature::Secret, webhook::Webhook};
use crate::{
    monitor::{Metrics, metrics::MEDIA_TYPE},
    ports::state::Registry,
};

/// Whether the daemon does its work.
#[async_trait]
pub trait Vitals: Send + Sync {
    /// The core tasks made progress and the state store answers.
    async fn is_well(&self) -> bool;
}

/// Answers are kept for a moment: asking often must not cost more than asking.
const FRESH: Duration = Duration::from_secs(1);

/// Everything behind the port.
pub struct Listener {
    webhook: Webhook,
    registry: Arc<dyn Registry>,
    vitals: Arc<dyn Vitals>,
    figures_of: Arc<dyn Metrics>,
    health: Mutex<Option<(Instant, bool)>>,
    figures: Mutex<Option<(Instant, String)>>,
}

impl Listener {
    /// Over these.
    #[must_use]
    pub fn new(
        webhook: Webhook,
        registry: Arc<dyn Registry>,
        vitals: Arc<dyn Vitals>,
        figures_of: Arc<dyn Metrics>,
    ) -> Self {
        Self {
            webhook,
            registry,
            vitals,
            figures_of,
            health: Mutex::default(),
            figures: Mutex::default(),
        }
    }

    /// Judges posts by another secret from now on.
    pub fn set_secret(&self, secret: Option<&SecretString>) {
        *self.webhook.secret.write().unwrap_or_else(PoisonError::into_inner) = secret.map(Secret::new);
    }

    /// Answers a request.
    pub async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        match (request.uri().path(), is_read) {
            ("/webhook", _) if request.method() == Method::POST => self.webhook.answer(request).await,
            ("/webhook", _) => only("POST"),
            ("/oauth/callback", true) => self.callback(request.uri().query().unwrap_or_default()).await,
            ("/healthz", true) => self.healthz().await,
            ("/metrics", true) => self.metrics().await,
            ("/oauth/callback" | "/healthz" | "/metrics", false) => only("GET, HEAD"),
            _ => plain(StatusCode::NOT_FOUND, "not found\n"),
        }
    }

    /// The page names the account only to whoever brings the `state` that was made for it.
    async fn callback(&self, query: &str) -> Response<Body> {
        let redirect = Redirect::read(query);
        let account = match &redirect.state {
            Some(state) => self.registry.accounts().await.ok().and_then(|accounts| {
                accounts
                    .into_iter()
                    .find(|account| account.pending.as_ref().is_some_and(|pending| pending.state == *state))
            }),
            None => None,
        };
        callback::page(&redirect, account.as_ref().map(|account| account.name.as_str()))
    }

    async fn healthz(&self) -> Response<Body> {
        let known = *self.health.lock().unwrap_or_else(PoisonError::into_inner);
        let well = match known {
            Some((at, well)) if at.elapsed() < FRESH => well,
            _ => {
                let well = self.vitals.is_well().await;
                *self.health.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), well));
                well
            }
        };
        if well {
            plain(StatusCode::OK, "ok\n")
        } else {
            plain(StatusCode::SERVICE_UNAVAILABLE, "not well; see callsyncctl health\n")
        }
    }

    async fn metrics(&self) -> Response<Body> {
        let known = self.figures.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let text = match known {
            Some((at, text)) if at.elapsed() < FRESH => text,
            _ => {
                let text = self.figures_of.openmetrics().await;
                *self.figures.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), text.clone()));
                text
            }
        };
        let mut response = Response::new(Body::from(text));
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        response
    }
}

fn only(methods: &'static str) -> Response<Body> {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n");
    response
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static(methods));
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
