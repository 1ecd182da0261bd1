//! In-memory ports and a client over them, for tests.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp, civil::Date};
use url::Url;

use crate::{
    config::model::{Limit, Limits, Plan, Zoom},
    domain::{
        account::{Account, AccountId, AccountState, AuthKind, Cdr, CdrState},
        clock::{Clock as _, ManualClock},
        failure::{Cause, Failure, Fault, Outcome},
        settings::CdrSettings,
    },
    ports::{
        state::{Change, Group, QuotaBook, Registry, StoredTokens, TokenVault},
        zoom::Grant,
    },
    zoom::{Ports, Spawn, ZoomClient, retry::Patience, test_server::FakeZoom},
};

pub fn zoom(url: &str) -> Zoom {
    let fast = Limit {
        per_second: Some(5_000.0),
        per_day: None,
    };
    Zoom {
        client_id: Some("client-id".to_owned()),
        client_secret: Some("client-secret".into()),
        client_secret_source: None,
        redirect_uri: "http://127.0.0.1:8460/oauth/callback".to_owned(),
        oauth_url: Url::parse(url).expect("a url"),
        api_url: Some(Url::parse(&format!("{url}/v2")).expect("a url")),
        plan: Plan::Business,
        limits: Limits {
            heavy: fast,
            medium: fast,
            light: fast,
        },
        proxy: None,
    }
}

#[derive(Default)]
pub struct Book {
    used: Mutex<HashMap<(String, &'static str, Date), u64>>,
    writes: AtomicU64,
}

impl Book {
    pub fn value(&self, account: &str, label: &'static str) -> u64 {
        let used = self.used.lock().expect("a lock");
        used.iter()
            .filter(|((a, l, _), _)| a == account && *l == label)
            .map(|(_, used)| *used)
            .max()
            .unwrap_or(0)
    }

    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl QuotaBook for Book {
    async fn used(&self, account: &AccountId, label: &'static str, day: Date) -> Outcome<u64> {
        Ok(self
            .used
            .lock()
            .expect("a lock")
            .get(&(account.0.clone(), label, day))
            .copied()
            .unwrap_or(0))
    }

    async fn set_used(&self, account: &AccountId, label: &'static str, day: Date, used: u64) -> Outcome<()> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        self.used
            .lock()
            .expect("a lock")
            .insert((account.0.clone(), label, day), used);
        Ok(())
    }
}

/// Remembers in which order things were made durable.
#[derive(Default)]
pub struct Vault {
    pub tokens: Mutex<Option<StoredTokens>>,
    pub log: Arc<Mutex<Vec<String>>>,
    pub broken: AtomicBool,
}

#[async_trait]
impl TokenVault for Vault {
    async fn load(&self, _: &AccountId) -> Outcome<Option<StoredTokens>> {
        Ok(self.tokens.lock().expect("a lock").clone())
    }

    async fn begin_rotation(&self, _: &AccountId, at: Timestamp) -> Outcome<()> {
        self.log.lock().expect("a lock").push("intent".to_owned());
        if let Some(tokens) = self.tokens.lock().expect("a lock").as_mut() {
            tokens.rotation_begun_at = Some(at);
        }
        Ok(())
    }

    async fn save(&self, _: &AccountId, tokens: &StoredTokens) -> Outcome<()> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(Failure::Retry {
                fault: Fault::new(Cause::Internal, "state_store", "disk full"),
                after: None,
            });
        }
        self.log.lock().expect("a lock").push("save".to_owned());
        *self.tokens.lock().expect("a lock") = Some(tokens.clone());
        Ok(())
    }

    async fn forget(&self, _: &AccountId) -> Outcome<()> {
        *self.tokens.lock().expect("a lock") = None;
        Ok(())
    }
}

pub struct OneAccount(pub Mutex<Account>);

fn not_used<T>() -> Outcome<T> {
    Err(Fault::new(Cause::Internal, "not_used", "not used by the client").into())
}

#[async_trait]
impl Registry for OneAccount {
    async fn groups(&self) -> Outcome<Vec<Group>> {
        not_used()
    }
    async fn group(&self, _: &str) -> Outcome<Group> {
        not_used()
    }
    async fn add_group(&self, _: Group) -> Outcome<()> {
        not_used()
    }
    async fn change_group(&self, _: &str, _: Change<Group>) -> Outcome<Group> {
        not_used()
    }
    async fn remove_group(&self, _: &str) -> Outcome<()> {
        not_used()
    }
    async fn accounts(&self) -> Outcome<Vec<Account>> {
        Ok(vec![self.0.lock().expect("a lock").clone()])
    }
    async fn account(&self, _: &str) -> Outcome<Account> {
        not_used()
    }
    async fn account_by_id(&self, _: &AccountId) -> Outcome<Account> {
        Ok(self.0.lock().expect("a lock").clone())
    }
    async fn add_account(&self, _: Account) -> Outcome<()> {
        not_used()
    }
    async fn change_account(&self, _: &AccountId, change: Change<Account>) -> Outcome<Account> {
        let mut account = self.0.lock().expect("a lock");
        change(&mut account)?;
        Ok(account.clone())
    }
    async fn remove_account(&self, _: &AccountId) -> Outcome<()> {
        not_used()
    }
}

/// A client with one account, `a`, whose token lives for another hour.
pub struct Rig {
    pub client: Arc<ZoomClient>,
    pub vault: Arc<Vault>,
    pub book: Arc<Book>,
    pub accounts: Arc<OneAccount>,
    pub clock: ManualClock,
    pub config: Zoom,
}

pub fn id() -> AccountId {
    AccountId("a".to_owned())
}

/// An authorized account that collects.
pub fn account(created_at: Timestamp) -> Account {
    Account {
        id: id(),
        name: "Acme".to_owned(),
        group: "Sales".to_owned(),
        auth: AuthKind::OAuth,
        state: AccountState::Authorized,
        state_reason: None,
        zoom_account_id: Some("zoom-account".to_owned()),
        account_number: None,
        authorized_by: None,
        granted_scopes: Vec::new(),
        pending: None,
        cdr: Cdr {
            state: CdrState::Active,
            server: None,
            database: None,
            settings: CdrSettings::default(),
            lists_all: None,
        },
        created_at,
    }
}

pub fn spawner() -> Spawn {
    #[expect(clippy::disallowed_methods, reason = "stands for the supervisor")]
    let spawn: Spawn = Arc::new(|_, task| drop(tokio::spawn(task)));
    spawn
}

impl Rig {
    pub fn new(fake: &FakeZoom) -> Self {
        Self::with(zoom(&fake.url))
    }

    pub fn with(config: Zoom) -> Self {
        let clock = ManualClock::new("2026-03-01T10:00:00Z".parse().expect("a time"));
        let account = account(clock.now());
        let vault = Arc::new(Vault::default());
        *vault.tokens.lock().expect("a lock") = Some(StoredTokens {
            access_token: "access-0".into(),
            refresh_token: Some("refresh-0".into()),
            access_expires_at: clock.now() + SignedDuration::from_hours(1),
            refreshed_at: clock.now(),
            api_url: None,
            rotation_begun_at: None,
        });
        let (book, accounts) = (Arc::new(Book::default()), Arc::new(OneAccount(Mutex::new(account))));
        let mut rig = Self {
            client: Arc::new(client(&config, &vault, &book, &accounts, &clock)),
            vault,
            book,
            accounts,
            clock,
            config,
        };
        rig.restart();
        rig
    }

    /// A new client over the same state, as after a restart.
    pub fn restart(&mut self) {
        self.client = Arc::new(client(
            &self.config,
            &self.vault,
            &self.book,
            &self.accounts,
            &self.clock,
        ));
    }

    pub fn state(&self) -> AccountState {
        self.accounts.0.lock().expect("a lock").state
    }

    pub fn reason(&self) -> Option<String> {
        self.accounts.0.lock().expect("a lock").state_reason.clone()
    }

    pub fn change(&self, change: impl FnOnce(&mut Account)) {
        change(&mut self.accounts.0.lock().expect("a lock"));
    }

    pub fn change_tokens(&self, change: impl FnOnce(&mut StoredTokens)) {
        change(self.vault.tokens.lock().expect("a lock").as_mut().expect("tokens"));
    }

    /// The access token has expired.
    pub fn expire(&self) {
        self.clock.advance(SignedDuration::from_mins(61));
    }

    pub fn grant(&self) -> Grant {
        Grant {
            access_token: "access-9".into(),
            refresh_token: Some("refresh-9".into()),
            expires_at: self.clock.now() + SignedDuration::from_hours(1),
            scopes: Vec::new(),
            api_url: None,
        }
    }
}

fn client(
    config: &Zoom,
    vault: &Arc<Vault>,
    book: &Arc<Book>,
    accounts: &Arc<OneAccount>,
    clock: &ManualClock,
) -> ZoomClient {
    let ports = Ports {
        vault: Arc::clone(vault) as Arc<dyn TokenVault>,
        book: Arc::clone(book) as Arc<dyn QuotaBook>,
        registry: Arc::clone(accounts) as Arc<dyn Registry>,
        clock: Arc::new(clock.clone()),
        spawn: spawner(),
    };
    ZoomClient::new(config, ports)
        .expect("a client")
        .with_patience(Patience {
            tries: 4,
            base: Duration::from_millis(1),
            cap: Duration::from_millis(5),
            budget: Duration::from_secs(20),
        })
}
