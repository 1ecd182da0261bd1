//! What stands for the rest of the daemon in a rehearsal: clock, way to Zoom, alarm, books.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use base64::Engine as _;
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};
use zoom_sim::Simulator;

use crate::{
    domain::{
        account::AccountId,
        clock::{Clock, SharedClock},
        failure::Outcome,
    },
    ports::{
        jobs::{Alarm, Progress},
        state::{Activity, ActivityBook, JobKind, StoredTokens},
    },
    zoom::{
        error::ZoomError,
        transport::{Answer, Carrier, Letter},
    },
};

/// One way between us and Zoom.
const WAY: Duration = Duration::from_millis(60);

/// The runtime's own clock as wall-clock time. Threads outside the runtime see what was last read within.
pub struct Simulated {
    start: Timestamp,
    origin: Instant,
    last: Mutex<Timestamp>,
}

impl Simulated {
    pub fn starting(start: Timestamp) -> Self {
        Self {
            start,
            origin: Instant::now(),
            last: Mutex::new(start),
        }
    }
}

impl Clock for Simulated {
    fn now(&self) -> Timestamp {
        let mut last = self.last.lock().expect("a lock");
        if tokio::runtime::Handle::try_current().is_ok() {
            let passed = SignedDuration::try_from(self.origin.elapsed()).expect("days");
            *last = self.start + passed;
        }
        *last
    }
}

/// Answers requests without a socket, after the time they would have been on the way.
pub struct NoSocket {
    pub simulator: Arc<Simulator>,
    pub clock: SharedClock,
}

impl NoSocket {
    fn deliver(&self, letter: &Letter) -> zoom_sim::Direct {
        self.simulator.clock().set(self.clock.now());
        let target = match letter.url.query() {
            Some(query) => format!("{}?{query}", letter.url.path()),
            None => letter.url.path().to_owned(),
        };
        let authorization = letter.authorization.as_ref().and_then(|value| value.to_str().ok());
        let (method, body) = match &letter.form {
            Some(form) => ("POST", form.as_str()),
            None => ("GET", ""),
        };
        self.simulator.answer(method, &target, authorization, body.as_bytes())
    }
}

#[async_trait]
impl Carrier for NoSocket {
    async fn carry(&self, letter: Letter) -> Result<Answer, ZoomError> {
        sleep(WAY).await;
        let direct = self.deliver(&letter);
        sleep(WAY).await;
        let mut headers = HeaderMap::new();
        for (name, value) in &direct.headers {
            headers.insert(*name, value.parse().expect("a header"));
        }
        Ok(Answer {
            status: direct.status,
            headers,
            // A body that breaks off may break off within a character.
            body: String::from_utf8_lossy(&direct.body).into_owned(),
        })
    }
}

/// Wakes the collectors.
#[derive(Default)]
pub struct Bells {
    due: Mutex<HashMap<JobKind, Timestamp>>,
    rung: Notify,
}

impl Alarm for Bells {
    fn every(&self, _: &AccountId, _: JobKind, _: Duration) {}

    fn at(&self, _: &AccountId, kind: JobKind, at: Timestamp) {
        let mut due = self.due.lock().expect("a lock");
        let at = due.get(&kind).map_or(at, |present| at.min(*present));
        due.insert(kind, at);
        self.rung.notify_waiters();
    }

    fn disarm(&self, _: &AccountId) {}

    fn next(&self, _: &AccountId, kind: JobKind) -> Option<Timestamp> {
        self.due.lock().expect("a lock").get(&kind).copied()
    }
}

impl Bells {
    /// Waits until the alarm of a kind is due, and takes it.
    pub async fn wait(&self, account: &AccountId, kind: JobKind, clock: &SharedClock) {
        loop {
            let rung = self.rung.notified();
            let now = clock.now();
            match self.next(account, kind) {
                Some(due) if due <= now => {
                    self.due.lock().expect("a lock").remove(&kind);
                    return;
                }
                Some(due) => {
                    let wait = Duration::try_from(due.duration_since(now)).unwrap_or_default();
                    // A little longer, as a timer is no finer than a millisecond.
                    let wait = wait + Duration::from_millis(1);
                    tokio::select! { () = rung => {}, () = sleep(wait) => {} }
                }
                None => rung.await,
            }
        }
    }
}

pub struct Quiet;

impl Progress for Quiet {
    fn set(&self, _: u64, _: Option<u64>) {}
    fn finish(&self, _: u64, _: Option<u64>) {}
    fn is_cancelled(&self) -> bool {
        false
    }
}

#[derive(Default)]
pub struct Forgetful;

#[async_trait]
impl ActivityBook for Forgetful {
    async fn activity(&self, _: &AccountId, _: JobKind) -> Outcome<Activity> {
        Ok(Activity::default())
    }
    async fn save_activity(&self, _: &AccountId, _: JobKind, _: &Activity) -> Outcome<()> {
        Ok(())
    }
}

/// Consents as the owner and exchanges the code.
pub fn sign_in(simulator: &Simulator, now: Timestamp) -> StoredTokens {
    let redirect = "http://127.0.0.1:8460/oauth/callback";
    let url = format!(
        "{}/oauth/authorize?response_type=code&client_id={}&redirect_uri={redirect}&state=s",
        simulator.base_url(),
        simulator.client_id()
    );
    let grant = simulator
        .authorize(&url, &simulator.account(0).owner_email())
        .expect("consent");
    let form = format!(
        "grant_type=authorization_code&code={}&redirect_uri={redirect}",
        grant.code
    );
    let pair = format!("{}:{}", simulator.client_id(), simulator.client_secret());
    let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
    let answer = simulator.answer("POST", "/oauth/token", Some(&basic), form.as_bytes());
    let tokens: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    let text = |name: &str| tokens[name].as_str().unwrap_or_else(|| panic!("{tokens}")).to_owned();
    StoredTokens {
        access_token: text("access_token").into(),
        refresh_token: Some(text("refresh_token").into()),
        access_expires_at: now + SignedDuration::from_secs(3_600),
        refreshed_at: now,
        api_url: None,
        rotation_begun_at: None,
    }
}
