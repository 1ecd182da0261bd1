//! A simulator with a manual clock, a signed-in owner and a plain HTTP client.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use serde_json::Value;
use zoom_sim::{AccountOptions, Clock, Options, Quirks, Simulator};

pub const NOW: &str = "2026-07-15T12:00:00Z";
pub const REDIRECT: &str = "http://127.0.0.1:8460/oauth/callback";

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// A manual clock at [`NOW`], one tidy account.
pub fn options() -> Options {
    Options {
        clock: Clock::manual(at(NOW)),
        accounts: vec![tidy("acme")],
        ..Options::default()
    }
}

/// An account whose records keep to the OpenAPI description.
pub fn tidy(name: &str) -> AccountOptions {
    AccountOptions {
        quirks: Quirks::NONE,
        ..AccountOptions::named(name)
    }
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn rows(&self, name: &str) -> &[Value] {
        self.body[name].as_array().map_or(&[], Vec::as_slice)
    }

    pub fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }
}

pub struct Platform {
    pub sim: Simulator,
    pub http: reqwest::Client,
    /// Access token of the owner of the first account.
    pub token: String,
    pub refresh_token: String,
}

pub fn client() -> reqwest::Client {
    // A build of the whole workspace gives reqwest the daemon's TLS, which then asks for a provider; nobody needs it here.
    // Fails only when another test was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    builder.build().expect("an HTTP client")
}

impl Platform {
    pub async fn start(options: Options) -> Self {
        let sim = Simulator::start(options).await.expect("a free port");
        let mut platform = Self {
            sim,
            http: client(),
            token: String::new(),
            refresh_token: String::new(),
        };
        let owner = platform.sim.account(0).owner_email();
        let reply = platform.sign_in(&owner).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        platform.token = reply.text("access_token").to_owned();
        platform.refresh_token = reply.text("refresh_token").to_owned();
        platform
    }

    pub fn authorize_url(&self, extra: &str) -> String {
        let client_id = self.sim.client_id();
        let base = self.sim.base_url();
        format!(
            "{base}/oauth/authorize?response_type=code&client_id={client_id}&redirect_uri={REDIRECT}&state=s1{extra}"
        )
    }

    pub async fn sign_in(&self, who: &str) -> Reply {
        let grant = self.sim.authorize(&self.authorize_url(""), who).expect("consent");
        self.token(&format!(
            "grant_type=authorization_code&code={}&redirect_uri={REDIRECT}",
            grant.code
        ))
        .await
    }

    /// A token request with the parameters in the query.
    pub async fn token(&self, query: &str) -> Reply {
        let url = format!("{}/oauth/token?{query}", self.sim.base_url());
        self.send(self.http.post(url).header("authorization", self.basic()))
            .await
    }

    pub async fn refresh(&self, refresh_token: &str) -> Reply {
        self.token(&format!("grant_type=refresh_token&refresh_token={refresh_token}"))
            .await
    }

    pub fn basic(&self) -> String {
        let pair = format!("{}:{}", self.sim.client_id(), self.sim.client_secret());
        format!("Basic {}", STANDARD.encode(pair))
    }

    /// A path under `/v2` with the owner's token.
    pub async fn get(&self, path: &str) -> Reply {
        self.get_as(&self.token, path).await
    }

    pub async fn get_as(&self, token: &str, path: &str) -> Reply {
        self.try_get(token, path).await.expect("an answer")
    }

    pub async fn try_get(&self, token: &str, path: &str) -> reqwest::Result<Reply> {
        let url = format!("{}/v2/{path}", self.sim.base_url());
        read(self.http.get(url).bearer_auth(token).send().await?).await
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let answer = request.send().await.expect("an answer");
        read(answer).await.expect("a whole answer")
    }

    /// A document of the control surface.
    pub async fn control(&self, path: &str) -> Value {
        let url = format!("{}/_sim/{path}", self.sim.base_url());
        self.send(self.http.get(url)).await.body
    }

    /// Every row of a listing.
    pub async fn walk(&self, path: &str, array: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut token = String::new();
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let suffix = if token.is_empty() {
                String::new()
            } else {
                format!("{joint}next_page_token={token}")
            };
            let reply = self.get(&format!("{path}{suffix}")).await;
            assert_eq!(reply.status, 200, "{path}: {:?}", reply.body);
            rows.extend(reply.rows(array).iter().cloned());
            token = reply.text("next_page_token").to_owned();
            if token.is_empty() {
                return rows;
            }
        }
    }
}

async fn read(answer: reqwest::Response) -> reqwest::Result<Reply> {
    let status = answer.status().as_u16();
    let headers = answer.headers().clone();
    let bytes = answer.bytes().await?;
    Ok(Reply {
        status,
        headers,
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    })
}
