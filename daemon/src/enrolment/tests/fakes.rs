//! Ports in memory: a registry that keeps the rules of the real one, and a Zoom that does as it is told.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Notify;

use super::memory_audit::MemoryAudit;
use crate::{
    domain::{
        account::{Account, AccountId, AuthKind},
        clock::ManualClock,
        failure::{Cause, Failure, Fault, Outcome},
        table::Parsed,
    },
    enrolment::{Enrolment, HeldData},
    ports::{
        state::{Change, Group, Registry},
        zoom::{
            AuthorizationRequest, CallPage, CallQuery, Grant, Identity, ListPage, Listing, QuotaUse, ZoomData,
            ZoomOAuth,
        },
    },
};

pub(crate) const NOW: &str = "2026-03-01T12:00:00Z";
pub(crate) const GOOD_CODE: &str = "good-code";
pub(crate) const SCOPES: &[&str] = &[
    "phone:read:admin",
    "user:read:admin",
    "group:read:admin",
    "role:read:admin",
    "number_management_numbers:read:admin",
];

fn fault(cause: Cause, code: &'static str) -> Failure {
    Fault::new(cause, code, code).hint("a hint").into()
}

pub(crate) fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

#[derive(Default)]
pub(crate) struct MemoryRegistry {
    pub(crate) groups: Mutex<Vec<Group>>,
    pub(crate) accounts: Mutex<Vec<Account>>,
    /// The next change of an account fails.
    pub(crate) broken: AtomicBool,
    pub(crate) writes: AtomicUsize,
}

impl MemoryRegistry {
    fn wrote(&self) {
        self.writes.fetch_add(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Registry for MemoryRegistry {
    async fn groups(&self) -> Outcome<Vec<Group>> {
        Ok(self.groups.lock().unwrap().clone())
    }
    async fn group(&self, name: &str) -> Outcome<Group> {
        let groups = self.groups.lock().unwrap();
        groups
            .iter()
            .find(|group| same(&group.name, name))
            .cloned()
            .ok_or_else(|| fault(Cause::NotFound, "group_not_found"))
    }
    async fn add_group(&self, group: Group) -> Outcome<()> {
        self.wrote();
        self.groups.lock().unwrap().push(group);
        Ok(())
    }
    async fn change_group(&self, name: &str, change: Change<Group>) -> Outcome<Group> {
        self.wrote();
        let mut groups = self.groups.lock().unwrap();
        let group = groups
            .iter_mut()
            .find(|group| same(&group.name, name))
            .expect("a group");
        let old = group.name.clone();
        let mut changed = group.clone();
        change(&mut changed)?;
        *group = changed.clone();
        for account in self
            .accounts
            .lock()
            .unwrap()
            .iter_mut()
            .filter(|account| same(&account.group, &old))
        {
            account.group.clone_from(&changed.name);
        }
        Ok(changed)
    }
    async fn remove_group(&self, name: &str) -> Outcome<()> {
        self.wrote();
        self.groups.lock().unwrap().retain(|group| !same(&group.name, name));
        Ok(())
    }
    async fn accounts(&self) -> Outcome<Vec<Account>> {
        Ok(self.accounts.lock().unwrap().clone())
    }
    async fn account(&self, name: &str) -> Outcome<Account> {
        let accounts = self.accounts.lock().unwrap();
        accounts
            .iter()
            .find(|account| same(&account.name, name))
            .cloned()
            .ok_or_else(|| fault(Cause::NotFound, "account_not_found"))
    }
    async fn account_by_id(&self, id: &AccountId) -> Outcome<Account> {
        let accounts = self.accounts.lock().unwrap();
        accounts
            .iter()
            .find(|account| account.id == *id)
            .cloned()
            .ok_or_else(|| fault(Cause::NotFound, "account_not_found"))
    }
    async fn add_account(&self, account: Account) -> Outcome<()> {
        self.wrote();
        self.accounts.lock().unwrap().push(account);
        Ok(())
    }
    async fn change_account(&self, id: &AccountId, change: Change<Account>) -> Outcome<Account> {
        if self.broken.swap(false, Ordering::SeqCst) {
            return Err(fault(Cause::Internal, "state_store_failed"));
        }
        self.wrote();
        let mut accounts = self.accounts.lock().unwrap();
        let account = accounts
            .iter_mut()
            .find(|account| account.id == *id)
            .expect("an account");
        change(account)?;
        Ok(account.clone())
    }
    async fn remove_account(&self, id: &AccountId) -> Outcome<()> {
        self.wrote();
        self.accounts.lock().unwrap().retain(|account| account.id != *id);
        Ok(())
    }
}

/// A Zoom that grants [`GOOD_CODE`] and fails where it is told to.
pub(crate) struct ScriptedZoom {
    pub(crate) exchange: Mutex<Option<Failure>>,
    pub(crate) identify: Mutex<Option<Failure>>,
    pub(crate) phone: Mutex<Option<Failure>>,
    pub(crate) adopt: Mutex<Option<Failure>>,
    pub(crate) whoami: Mutex<Option<Failure>>,
    pub(crate) identity: Mutex<Identity>,
    pub(crate) scopes: Mutex<Vec<String>>,
    pub(crate) adopted: Mutex<Vec<AccountId>>,
    pub(crate) forgotten: Mutex<Vec<AccountId>>,
    pub(crate) exchanged: AtomicUsize,
    pub(crate) retried: AtomicUsize,
    pub(crate) urls: AtomicUsize,
    /// While set, an exchange says that it has begun and waits to be let go.
    pub(crate) gate: Mutex<Option<Arc<Gate>>>,
}

#[derive(Default)]
pub(crate) struct Gate {
    pub(crate) begun: Notify,
    pub(crate) go: Notify,
}

fn told(what: &Mutex<Option<Failure>>) -> Outcome<()> {
    what.lock().unwrap().clone().map_or(Ok(()), Err)
}

#[async_trait]
impl ZoomOAuth for ScriptedZoom {
    fn authorization_request(&self) -> Outcome<AuthorizationRequest> {
        let number = self.urls.fetch_add(1, Ordering::SeqCst) + 1;
        Ok(AuthorizationRequest {
            url: format!("https://zoom.example/oauth/authorize?state=S{number}"),
            state: format!("S{number}"),
            verifier: format!("verifier-{number}"),
        })
    }
    async fn exchange(&self, code: &str, verifier: &str) -> Outcome<Grant> {
        let gate = self.gate.lock().unwrap().clone();
        if let Some(gate) = gate {
            gate.begun.notify_one();
            gate.go.notified().await;
        }
        told(&self.exchange)?;
        assert!(verifier.starts_with("verifier-"), "the verifier of the waiting URL");
        if code != GOOD_CODE || self.exchanged.load(Ordering::SeqCst) > 0 {
            // The adapter's word for Zoom's invalid_grant.
            return Err(fault(Cause::Reauthorization, "invalid_grant"));
        }
        self.exchanged.fetch_add(1, Ordering::SeqCst);
        Ok(self.grant())
    }
    async fn server_to_server(&self, _: &str) -> Outcome<Grant> {
        told(&self.exchange)?;
        Ok(self.grant())
    }
    async fn identify(&self, _: &Grant, _: AuthKind) -> Outcome<Identity> {
        told(&self.identify)?;
        Ok(self.identity.lock().unwrap().clone())
    }
    async fn probe_phone(&self, _: &Grant) -> Outcome<()> {
        told(&self.phone)
    }
    async fn adopt(&self, account: &AccountId, _: Grant) -> Outcome<()> {
        told(&self.adopt)?;
        self.adopted.lock().unwrap().push(account.clone());
        Ok(())
    }
    fn shut(&self, _: &AccountId) {}
    async fn revoke(&self, _: &AccountId) -> Outcome<()> {
        Ok(())
    }
    async fn forget(&self, account: &AccountId) -> Outcome<()> {
        self.forgotten.lock().unwrap().push(account.clone());
        Ok(())
    }
}

impl ScriptedZoom {
    fn grant(&self) -> Grant {
        Grant {
            access_token: "access-token".to_owned().into(),
            refresh_token: Some("refresh-token".to_owned().into()),
            expires_at: NOW.parse().expect("a time"),
            scopes: self.scopes.lock().unwrap().clone(),
            api_url: None,
        }
    }
}

#[async_trait]
impl ZoomData for ScriptedZoom {
    async fn call_page(&self, _: &AccountId, _: &CallQuery, _: Option<&str>) -> Outcome<CallPage> {
        unreachable!("enrolment lists no calls")
    }
    async fn call_elements(&self, _: &AccountId, _: &str) -> Outcome<Parsed> {
        unreachable!("enrolment lists no calls")
    }
    async fn list(&self, _: &AccountId, _: &Listing, _: Option<&str>) -> Outcome<ListPage> {
        unreachable!("enrolment lists nothing")
    }
    async fn whoami(&self, _: &AccountId) -> Outcome<Identity> {
        told(&self.whoami)?;
        Ok(self.identity.lock().unwrap().clone())
    }
    async fn retry_authorization(&self, account: &AccountId) -> Outcome<Identity> {
        self.retried.fetch_add(1, Ordering::SeqCst);
        self.whoami(account).await
    }
    async fn probe_phone(&self, _: &AccountId) -> Outcome<()> {
        told(&self.phone)
    }
    async fn refresh_token(&self, _: &AccountId) -> Outcome<()> {
        Ok(())
    }
    async fn quota(&self, _: &AccountId) -> Vec<QuotaUse> {
        Vec::new()
    }
}

pub(crate) struct Holds(pub(crate) AtomicBool);

#[async_trait]
impl HeldData for Holds {
    async fn holds_data(&self, _: &Account) -> Outcome<bool> {
        Ok(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) struct World {
    pub(crate) registry: Arc<MemoryRegistry>,
    pub(crate) zoom: Arc<ScriptedZoom>,
    pub(crate) holds: Arc<Holds>,
    pub(crate) audit: Arc<MemoryAudit>,
    pub(crate) clock: ManualClock,
    pub(crate) enrolment: Enrolment,
}

impl World {
    pub(crate) fn enrolment(&self) -> Enrolment {
        Enrolment::new(
            Arc::<MemoryRegistry>::clone(&self.registry),
            Arc::<ScriptedZoom>::clone(&self.zoom),
            Arc::<ScriptedZoom>::clone(&self.zoom),
            Arc::<Holds>::clone(&self.holds),
            Arc::<MemoryAudit>::clone(&self.audit),
            Arc::new(self.clock.clone()),
        )
    }

    pub(crate) fn writes(&self) -> usize {
        self.registry.writes.load(Ordering::SeqCst)
    }

    pub(crate) fn stored(&self, name: &str) -> Option<Account> {
        self.registry
            .accounts
            .lock()
            .unwrap()
            .iter()
            .find(|account| account.name == name)
            .cloned()
    }

    pub(crate) fn alter(&self, name: &str, change: impl FnOnce(&mut Account)) {
        let mut accounts = self.registry.accounts.lock().unwrap();
        change(
            accounts
                .iter_mut()
                .find(|account| account.name == name)
                .expect("an account"),
        );
    }
}

/// A world with the group `Sales`.
pub(crate) fn world() -> World {
    let now: Timestamp = NOW.parse().expect("a time");
    let registry = Arc::new(MemoryRegistry::default());
    registry.groups.lock().unwrap().push(Group {
        name: "Sales".into(),
        main_contact: None,
        technical_contact: None,
        security_contact: None,
        term_end: None,
        created_at: now,
    });
    let zoom = Arc::new(ScriptedZoom {
        exchange: Mutex::default(),
        identify: Mutex::default(),
        phone: Mutex::default(),
        adopt: Mutex::default(),
        whoami: Mutex::default(),
        identity: Mutex::new(Identity {
            user_id: "user-1".into(),
            email: "owner@example.com".into(),
            role_id: Some("0".into()),
            role_name: Some("Owner".into()),
            account_id: Some("zoom-1".into()),
            account_number: Some(10_010_370_036),
        }),
        scopes: Mutex::new(SCOPES.iter().map(|scope| (*scope).to_owned()).collect()),
        adopted: Mutex::default(),
        forgotten: Mutex::default(),
        exchanged: AtomicUsize::new(0),
        retried: AtomicUsize::new(0),
        urls: AtomicUsize::new(0),
        gate: Mutex::default(),
    });
    let holds = Arc::new(Holds(AtomicBool::new(false)));
    let audit = Arc::new(MemoryAudit::default());
    let clock = ManualClock::new(now);
    let enrolment = Enrolment::new(
        Arc::<MemoryRegistry>::clone(&registry),
        Arc::<ScriptedZoom>::clone(&zoom),
        Arc::<ScriptedZoom>::clone(&zoom),
        Arc::<Holds>::clone(&holds),
        Arc::<MemoryAudit>::clone(&audit),
        Arc::new(clock.clone()),
    );
    World {
        registry,
        zoom,
        holds,
        audit,
        clock,
        enrolment,
    }
}

/// Cause and code of a failure.
pub(crate) fn why<T: std::fmt::Debug>(outcome: Outcome<T>) -> (Cause, &'static str) {
    let failure = outcome.expect_err("a failure");
    let fault = failure.fault().expect("a fault");
    assert!(!fault.hint.is_empty(), "every fault has a next step: {fault:?}");
    (fault.cause, fault.code)
}
