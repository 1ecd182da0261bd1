//! The webhook channel: a signed post of one alert.

use std::time::Duration;

use crate::{
    config::{self, model::AlertWebhook},
    notify::{
        message::Message,
        refusal::{Refusal, chain},
        signature::{SIGNATURE_HEADER, TIMESTAMP_HEADER, sign},
    },
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A receiver that takes longer has not accepted it. Shorter than the time a stopping daemon has.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Posts one alert.
///
/// # Errors
/// Anything but a 2xx answer.
pub async fn post(webhook: &AlertWebhook, message: &Message, now: i64) -> Result<(), Refusal> {
    let body = message.document().to_string();
    let mut request = client()?
        .post(&webhook.url)
        .header("Content-Type", "application/json")
        .header(TIMESTAMP_HEADER, now.to_string());
    if let Some(source) = &webhook.secret {
        // Read now: the file may have been renewed since the start.
        let secret = config::read(source).map_err(|error| Refusal::channel(error.to_string()))?;
        request = request.header(SIGNATURE_HEADER, sign(&secret, now, &body));
    }
    let answer = request
        .body(body)
        .send()
        .await
        // Without the URL: its path may be a secret.
        .map_err(|error| Refusal::channel(chain(&error.without_url())))?;
    let status = answer.status();
    if status.is_success() {
        Ok(())
    } else {
        Err(Refusal::channel(format!("the receiver answered {status}")))
    }
}

/// A connection for one post: alerts are rare, and an idle one would be closed by the receiver anyway.
fn client() -> Result<reqwest::Client, Refusal> {
    // An error only says that a provider is installed already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let builder = || {
        reqwest::Client::builder()
            .user_agent(concat!("callsyncd/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
    };
    // Without system roots no HTTPS host can be trusted, but plain HTTP on loopback still works.
    builder()
        .build()
        .or_else(|_| builder().tls_certs_only(std::iter::empty()).build())
        .map_err(|error| Refusal::channel(chain(&error)))
}

/// Where it goes, for people: without the path, which may be a secret.
#[must_use]
pub fn target(webhook: &AlertWebhook) -> String {
    url::Url::parse(&webhook.url).map_or_else(|_| "webhook".to_owned(), |url| url.origin().ascii_serialization())
}
