//! The simulator as a test holds it.

use crate::account_handle::AccountHandle;
use crate::answer::Delivery;
use crate::clock::Clock;
use crate::dispatch;
use crate::fault::{Effect, Fault};
use crate::keeping;
use crate::oauth::authorize::{self, Decision};
use crate::options::Options;
use crate::request::{Params, Request};
use crate::request_log::LoggedRequest;
use crate::server::{self, Shared, lock};
use crate::world::World;
use bytes::Bytes;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

/// Why the simulator could not do what a test asked.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    #[error("cannot listen on {address}: {source}; choose another address or port 0")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("{}: {reason}", path.display())]
    State { path: PathBuf, reason: String },
    #[error("{url} is no authorize URL of this simulator; expected …/oauth/authorize?…")]
    NotAuthorizeUrl { url: String },
    /// What the consent page would show instead of redirecting.
    #[error("the consent page refused with {status}: {body}")]
    Refused { status: u16, body: String },
}

/// What a person's browser ends up with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// Empty when the person declined.
    pub code: String,
    pub redirect_url: String,
}

/// An answer that went over no socket.
#[derive(Clone, Debug)]
pub struct Direct {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

/// A running simulator. Dropping it stops it.
#[derive(Debug)]
pub struct Simulator {
    world: Shared,
    address: SocketAddr,
    clock: Clock,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Generates the accounts, binds, and serves on the current Tokio runtime.
    #[allow(
        clippy::disallowed_methods,
        reason = "the one task; its handle lives as long as the simulator"
    )]
    pub async fn start(mut options: Options) -> Result<Self, SimError> {
        let kept = keeping::read(&mut options)?;
        let wanted = options.listen;
        let refused = |source| SimError::Listen {
            address: wanted,
            source,
        };
        let listener = TcpListener::bind(wanted).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let clock = options.clock.clone();
        let mut world = World::new(options, format!("http://{address}"));
        if let Some(kept) = kept {
            kept.restore(&mut world);
        }
        keeping::write(&world)?;
        let world = Arc::new(Mutex::new(world));
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(server::serve(listener, Arc::clone(&world), stopped));
        Ok(Self {
            world,
            address,
            clock,
            stop,
            task: Some(task),
        })
    }

    /// Keeps what `Options::state` says, as of now.
    pub fn keep_state(&self) -> Result<(), SimError> {
        keeping::write(&lock(&self.world))
    }

    /// Ends every connection and waits until the port is free.
    pub async fn stop(mut self) {
        // The server may have gone already, which is what is wanted.
        let _ = self.stop.send(true);
        if let Some(task) = self.task.take() {
            let _ = task.await;
        }
    }

    /// `http://127.0.0.1:PORT`: the OAuth URL; the API URL is this plus `/v2`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn client_id(&self) -> String {
        lock(&self.world).options.client_id.clone()
    }

    pub fn client_secret(&self) -> String {
        lock(&self.world).options.client_secret.clone()
    }

    /// Opens the authorize URL as this person (an e-mail address of any account) and allows.
    pub fn authorize(&self, authorize_url: &str, who: &str) -> Result<Grant, SimError> {
        consent(&self.world, authorize_url, who, Decision::Allow)
    }

    /// The same, but the person declines: the redirect carries `error=access_denied`.
    pub fn decline(&self, authorize_url: &str, who: &str) -> Result<Grant, SimError> {
        consent(&self.world, authorize_url, who, Decision::Decline)
    }

    /// By position or by name.
    ///
    /// # Panics
    /// When there is no such account: a mistake in the test.
    pub fn account(&self, which: impl Into<AccountKey>) -> AccountHandle {
        let position = match which.into() {
            AccountKey::Position(position) => Some(position),
            AccountKey::Name(name) => lock(&self.world).account_named(&name),
        };
        let known = lock(&self.world).accounts.len();
        let position = position.filter(|position| *position < known);
        AccountHandle::new(Arc::clone(&self.world), position.expect("an account of this simulator"))
    }

    pub fn account_names(&self) -> Vec<String> {
        lock(&self.world)
            .accounts
            .iter()
            .map(|account| account.name.clone())
            .collect()
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Answers a request without a socket, for tests that own the clock: a socket would make them wait in real time.
    /// Effects on the connection itself show only as their status, a reset as 0; latency does nothing.
    pub fn answer(&self, method: &str, target: &str, authorization: Option<&str>, body: &[u8]) -> Direct {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            params: Params::parse(query.as_bytes()),
            query: query.to_owned(),
            authorization: authorization.map(str::to_owned),
            body: body.to_vec(),
        };
        let answer = dispatch::dispatch(&mut lock(&self.world), &request);
        let lost = answer.delivery == Delivery::Reset;
        Direct {
            status: if lost { 0 } else { answer.status },
            headers: answer.headers,
            body: answer.body,
        }
    }

    pub fn requests(&self) -> Vec<LoggedRequest> {
        lock(&self.world).log.clone()
    }

    pub fn clear_requests(&self) {
        lock(&self.world).log.clear();
    }

    /// Drops what only serves whoever looks back: logged requests, tokens that ended, rows written for old calls. So that
    /// memory in a long play is that of the collector.
    pub fn forget_the_past(&self) {
        let mut world = lock(&self.world);
        let now = world.now();
        world.log = Vec::new();
        world.grants.forget_ended(now);
        let kept = world.options.keep_written;
        for account in &mut world.accounts {
            let all = 0..account.calls.len();
            account.calls.forget_written(all, now, kept);
        }
    }

    pub fn fault(&self, fault: Fault) {
        inject(&mut lock(&self.world), fault);
    }

    pub fn clear_faults(&self) {
        lock(&self.world).faults.clear();
    }

    /// Faults that are still waiting for requests.
    pub fn pending_faults(&self) -> Vec<Fault> {
        lock(&self.world).faults.list()
    }

    /// How often each effect has struck since the start, by its name in JSON.
    pub fn faults_struck(&self) -> BTreeMap<&'static str, u64> {
        lock(&self.world).faults.struck().clone()
    }

    /// Changes options that are read with every request, such as `recorded_by_default` or `rate_limits`. Clock,
    /// address, seed and accounts are fixed at the start.
    pub fn reconfigure(&self, change: impl FnOnce(&mut Options)) {
        change(&mut lock(&self.world).options);
    }
}

/// Which account is meant.
#[derive(Clone, Debug)]
pub enum AccountKey {
    Position(usize),
    Name(String),
}

impl From<usize> for AccountKey {
    fn from(position: usize) -> Self {
        Self::Position(position)
    }
}

impl From<&str> for AccountKey {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

pub(crate) fn inject(world: &mut World, fault: Fault) {
    if fault.effect == Effect::ExpirePageTokens {
        world.bookmarks.expire_all();
        world.faults.note(&fault.effect);
    } else if fault.times > 0 {
        let now = world.now();
        world.faults.add(fault, now);
    }
}

fn consent(world: &Shared, authorize_url: &str, who: &str, decision: Decision) -> Result<Grant, SimError> {
    sign_in(&mut lock(world), authorize_url, who, decision)
}

pub(crate) fn sign_in(
    world: &mut World,
    authorize_url: &str,
    who: &str,
    decision: Decision,
) -> Result<Grant, SimError> {
    let not_ours = || SimError::NotAuthorizeUrl {
        url: authorize_url.to_owned(),
    };
    let url = Url::parse(authorize_url).map_err(|_| not_ours())?;
    if url.path() != "/oauth/authorize" {
        return Err(not_ours());
    }
    let params = Params::parse(url.query().unwrap_or_default().as_bytes());
    let redirect_url = authorize::decide(world, &params, who, decision).map_err(|answer| SimError::Refused {
        status: answer.status,
        body: String::from_utf8_lossy(&answer.body).into_owned(),
    })?;
    let code = Url::parse(&redirect_url).ok().and_then(|url| {
        url.query_pairs()
            .find(|(name, _)| name == "code")
            .map(|(_, code)| code.into_owned())
    });
    Ok(Grant {
        code: code.unwrap_or_default(),
        redirect_url,
    })
}
