//! Removal under a clock that the test owns, over the real state store and real databases.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, RwLock},
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::{Ports, Removal, consent::GivenConsent, timeline::Policy};
use crate::{
    config::{
        MasterKey,
        model::{Server, ServerKind},
    },
    domain::{
        account::{Account, AccountId, AccountState, AuthKind, AuthorizedBy, Cdr, CdrState},
        alert::{AlertCode, Channel, Condition, Occasion},
        call::CALL_HISTORY,
        clock::{Clock as _, ManualClock, SharedClock},
        failure::Outcome,
        settings::CdrSettings,
        table::{Row, Value},
    },
    enrolment::tests::fakes,
    jobs::{Jobs, Timers},
    ports::{
        alerts::{AlertBook, Alerts},
        jobs::{Executor, JobEnd, JobQueue, Progress},
        primary::Primary,
        records::{CallBatch, Owner, RecordServers},
        state::{Activity, ActivityBook, AuditLog, AuditRecord, Group, Job, JobKind, Registry},
        withdrawal::WithdrawalBook,
    },
    record_store::Servers,
    state_store::{StateDirectory, StateStore},
};

/// What must not be found anywhere afterwards.
const NEEDLES: [&str; 4] = ["+15550001234", "Nadia Needle", "nadia@needle.example", "ZOOMUSERNEEDLE"];
pub(super) struct Bench {
    directory: TempDir,
    pub(super) state: Arc<StateStore>,
    pub(super) servers: Arc<Servers>,
    pub(super) jobs: Jobs,
    pub(super) clock: ManualClock,
    pub(super) removal: Removal,
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// As long as a real one: entries that hold it are about the account.
pub(super) fn id(text: &str) -> AccountId {
    AccountId(format!("0193-account-{text}"))
}

pub(super) fn account(id_text: &str, name: &str) -> Account {
    Account {
        id: id(id_text),
        name: name.to_owned(),
        group: "Sales".to_owned(),
        auth: AuthKind::OAuth,
        state: AccountState::Authorized,
        state_reason: None,
        zoom_account_id: Some(format!("zoom-{id_text}")),
        account_number: Some(7),
        authorized_by: Some(AuthorizedBy {
            user_id: "ZOOMUSERNEEDLE".to_owned(),
            email: "nadia@needle.example".to_owned(),
            role: "owner".to_owned(),
        }),
        granted_scopes: vec!["a".to_owned()],
        pending: None,
        cdr: Cdr {
            state: CdrState::Active,
            server: Some("local".to_owned()),
            database: Some(id_text.to_owned()),
            settings: CdrSettings::default(),
            lists_all: None,
        },
        created_at: at("2026-01-01T00:00:00Z"),
    }
}

fn call(key: &str) -> Row {
    let mut values = vec![Value::Null; CALL_HISTORY.columns.len()];
    for (name, value) in [
        ("call_history_uuid", key),
        ("caller_did_number", "+15550001234"),
        ("caller_name", "Nadia Needle"),
        ("caller_email", "nadia@needle.example"),
    ] {
        values[CALL_HISTORY.position(name).expect("a column")] = Value::Text(value.to_owned());
    }
    Row {
        values,
        extra: None,
        digest: [1; 16],
    }
}

impl Bench {
    /// Two accounts of a group whose term ends on the last day of June, each with two calls.
    pub(super) async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let clock = ManualClock::new(at("2026-03-01T12:00:00Z"));
        let shared: SharedClock = Arc::new(clock.clone());
        let locked = StateDirectory::lock(&directory.path().join("state")).expect("locked");
        let state = Arc::new(StateStore::open(locked, &MasterKey::from_bytes([7; 32])).expect("opened"));
        let local = Server {
            name: "local".to_owned(),
            kind: ServerKind::Sqlite {
                directory: directory.path().join("databases"),
            },
        };
        let servers = Arc::new(Servers::new(vec![local], Arc::clone(&shared)));
        let group = Group {
            name: "Sales".to_owned(),
            main_contact: None,
            technical_contact: None,
            security_contact: None,
            term_end: Some("2026-06-30".parse().expect("a day")),
            created_at: at("2026-01-01T00:00:00Z"),
        };
        state.add_group(group).await.expect("added");
        let jobs = Jobs::new(Arc::clone(&state) as _, Arc::clone(&shared));
        for (id_text, name) in [("a", "Acme"), ("b", "Beta")] {
            state.add_account(account(id_text, name)).await.expect("added");
            let owner = Owner {
                account: id(id_text),
                zoom_account_id: None,
            };
            servers.create("local", id_text, &owner, false).await.expect("created");
            let store = servers.open("local", id_text, &owner.account).await.expect("opened");
            let batch = CallBatch {
                calls: vec![call("1"), call("2")],
                ..CallBatch::default()
            };
            store.commit_calls(batch).await.expect("stored");
            let job = jobs
                .enqueue(JobKind::Sync, &id(id_text), r#"{"who":"Nadia Needle"}"#.to_owned())
                .await
                .expect("queued");
            jobs.cancel(&job.id).await.expect("cancelled");
            let activity = Activity {
                last_error: Some("about nadia@needle.example".to_owned()),
                ..Activity::default()
            };
            state
                .save_activity(&id(id_text), JobKind::Cdr, &activity)
                .await
                .expect("saved");
            let record = AuditRecord {
                at: at("2026-03-01T00:00:00Z"),
                uid: 0,
                user: "root".to_owned(),
                pid: 1,
                role: "admin",
                action: "account.authorize".to_owned(),
                object: name.to_owned(),
                outcome: "ok",
                before: Some(r#"{"caller":"+15550001234"}"#.to_owned()),
                after: Some(r#"{"email":"nadia@needle.example"}"#.to_owned()),
            };
            state.append(record).await.expect("appended");
        }
        servers.close("local", "b").await;
        let removal = Removal::new(Ports {
            registry: Arc::clone(&state) as _,
            book: Arc::clone(&state) as _,
            oauth: Arc::clone(&fakes::world().zoom) as _,
            primary: Primary::new(Arc::clone(&state) as _, Arc::clone(&servers) as _),
            jobs: Arc::new(jobs.clone()),
            alarm: Arc::new(Timers::new(Arc::clone(&shared))),
            audit: Arc::clone(&state) as _,
            alerts: Arc::new(ByMail(Arc::clone(&state), clock.clone())),
            holds: Arc::clone(&state) as _,
            clock: shared,
            policy: RwLock::new(Policy::Agreement),
            wake: tokio::sync::Notify::new(),
            tried: Mutex::default(),
            announced: Mutex::default(),
            settling: tokio::sync::Mutex::default(),
        });
        Self {
            directory,
            state,
            servers,
            jobs,
            clock,
            removal,
        }
    }

    async fn deauthorize(&self) {
        let user = Some("ZOOMUSERNEEDLE".to_owned());
        assert!(
            self.removal
                .deauthorized_at_zoom(&id("a"), user, None)
                .await
                .expect("noticed")
        );
        self.removal.review().await;
    }

    pub(super) async fn state_of(&self, id_text: &str) -> AccountState {
        self.state.account_by_id(&id(id_text)).await.expect("an account").state
    }

    fn file(&self, database: &str) -> PathBuf {
        self.directory.path().join("databases").join(format!("{database}.db"))
    }

    pub(super) fn queued(&self) -> Option<Job> {
        self.jobs.unfinished(JobKind::Removal, &id("a"))
    }

    pub(super) async fn run(&self, job: &Job) -> JobEnd {
        Executor::run(&self.removal, job, &Silent, &CancellationToken::new()).await
    }

    /// Every file below the directory that holds one of the needles, but the other account's database.
    async fn needles(&self) -> Vec<String> {
        let mut found = Vec::new();
        look(self.directory.path(), &mut |path, bytes| {
            if path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("b.db"))
            {
                return;
            }
            for needle in NEEDLES {
                if bytes.windows(needle.len()).any(|window| window == needle.as_bytes()) {
                    found.push(format!("{} holds {needle}", path.display()));
                }
            }
        });
        found
    }
}

fn look(directory: &Path, each: &mut impl FnMut(&Path, &[u8])) {
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        if entry.path().is_dir() {
            look(&entry.path(), each);
        } else {
            match fs::read(entry.path()) {
                Ok(bytes) => each(&entry.path(), &bytes),
                // A database that is closing takes its log along.
                Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{error}"),
            }
        }
    }
}

fn digest(path: &Path) -> Vec<u8> {
    Sha256::digest(fs::read(path).expect("a file")).to_vec()
}

/// Tells nobody.
pub(crate) struct NoAlerts;

#[async_trait]
impl Alerts for NoAlerts {
    async fn raise(&self, _: Condition) -> Outcome<bool> {
        Ok(true)
    }
    async fn resolve(&self, _: AlertCode, _: Option<&AccountId>) -> Outcome<bool> {
        Ok(true)
    }
}

/// Keeps alerts as the daemon does, with a channel that takes nothing.
struct ByMail(Arc<StateStore>, ManualClock);

#[async_trait]
impl Alerts for ByMail {
    async fn raise(&self, condition: Condition) -> Outcome<bool> {
        let raised = AlertBook::raise(self.0.as_ref(), condition, vec![Channel::Email], self.1.now()).await?;
        Ok(raised.is_some())
    }
    async fn resolve(&self, code: AlertCode, account: Option<&AccountId>) -> Outcome<bool> {
        let ended = AlertBook::resolve(self.0.as_ref(), code, account, self.1.now()).await?;
        Ok(ended.is_some())
    }
}

struct Silent;

impl Progress for Silent {
    fn set(&self, _: u64, _: Option<u64>) {}
    fn finish(&self, _: u64, _: Option<u64>) {}
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Stops the run once it is so far.
struct StopAt(u64, CancellationToken);

impl Progress for StopAt {
    fn set(&self, done: u64, _: Option<u64>) {
        if done == self.0 {
            self.1.cancel();
        }
    }
    fn finish(&self, _: u64, _: Option<u64>) {}
    fn is_cancelled(&self) -> bool {
        false
    }
}

pub(super) fn letter(role: &str, uid: u32, from: &str) -> GivenConsent {
    GivenConsent {
        role: role.to_owned(),
        from: from.to_owned(),
        letter_sha256: "ab".repeat(32),
        uid,
        user: format!("u{uid}"),
    }
}

fn code<T: std::fmt::Debug>(outcome: Outcome<T>) -> &'static str {
    outcome.expect_err("refused").fault().expect("a fault").code
}

#[tokio::test]
async fn not_a_row_goes_before_the_term_ends_and_everything_within_thirty_days_after() {
    let bench = Bench::new().await;
    let other = digest(&bench.file("b"));
    // The other account's audit entry and rows hold the same needles; they are its own.
    let others_entry = |entries: Vec<crate::ports::state::AuditEntry>| {
        entries
            .into_iter()
            .find(|entry| entry.record.object == "Beta")
            .and_then(|entry| entry.record.after)
    };
    bench.deauthorize().await;
    assert_eq!(bench.state_of("a").await, AccountState::Deauthorized);
    let mut warnings = Vec::new();
    while bench.clock_now() < at("2026-07-01T00:00:00Z") {
        bench.removal.review().await;
        assert_eq!(bench.queued(), None, "{}", bench.clock_now());
        let standing = bench.removal.standing("Acme").await.expect("a standing");
        let warned = standing.withdrawal.expect("a withdrawal").warned_days;
        if warnings.last() != Some(&warned) {
            warnings.push(warned);
        }
        bench.clock.advance(SignedDuration::from_hours(6));
    }
    assert_eq!(warnings, [None, Some(30), Some(14), Some(7), Some(1)]);
    assert_eq!(bench.state_of("a").await, AccountState::RemovalScheduled);
    let store = bench.servers.open("local", "a", &id("a")).await.expect("opened");
    assert_eq!(
        store.summary().await.expect("counted").records,
        2,
        "not a row is missing"
    );
    drop(store);

    bench.clock.set(at("2026-07-01T00:00:00Z"));
    bench.removal.review().await;
    let job = bench.queued().expect("the removal");
    let end = bench.run(&job).await;
    assert!(matches!(end, JobEnd::Succeeded(_)), "{end:?}");
    assert_eq!(bench.state_of("a").await, AccountState::Removed);
    for ending in ["", "-wal", "-shm", "-journal"] {
        let path = PathBuf::from(format!("{}{ending}", bench.file("a").display()));
        assert!(!path.exists(), "{}", path.display());
    }
    let kept = bench.state.account_by_id(&id("b")).await.expect("the other account");
    assert_eq!(kept, account("b", "Beta"), "the other account is as it was");
    assert_eq!(digest(&bench.file("b")), other, "byte for byte");
    assert!(others_entry(bench.state.entries(None, 100).await.expect("entries")).is_some());
    let verified = bench.state.verify().await.expect("verified");
    assert_eq!(verified.broken, None);
    assert!(verified.redacted > 0);

    let certificates = bench.state.certificates().await.expect("certificates");
    let document: serde_json::Value = serde_json::from_str(&certificates[0].document).expect("a document");
    assert_eq!(document["removed"]["data"]["calls"], 2);
    assert_eq!(document["ground"], "term_end");
    let file = bench
        .directory
        .path()
        .join("state/certificates")
        .join(format!("{}.json", certificates[0].id));
    assert_eq!(
        fs::read_to_string(file).expect("the file").trim_end(),
        certificates[0].document
    );

    // Whoever was told of it is told that it is over; nobody is kept for that but the group's contacts.
    let alerts = bench.state.alerts(true, 10).await.expect("read");
    let told: Vec<_> = alerts
        .iter()
        .map(|alert| (alert.condition.code, alert.resolved_at.is_some()))
        .collect();
    assert_eq!(told, [(AlertCode::RemovalDue, true), (AlertCode::Deauthorized, true)]);
    for alert in &alerts {
        let last = alert.deliveries.last().map(|delivery| delivery.occasion);
        assert_eq!(last, Some(Occasion::Resolved), "{alert:?}");
        assert_eq!(alert.condition.recipients, Vec::<String>::new());
    }

    // Without the other account nothing may be left of the needles at all.
    bench.state.remove_account(&id("b")).await.expect("removed");
    let others = bench.needles().await;
    let audit_of_the_other = |line: &String| !line.contains("state.db");
    assert!(others.iter().all(|line| !audit_of_the_other(line)), "{others:?}");
}

#[tokio::test]
async fn no_needle_is_left_in_database_state_directory_or_audit_log() {
    let bench = Bench::new().await;
    // The account alone: what the other one holds is its own.
    bench.state.remove_account(&id("b")).await.expect("removed");
    let mut before = bench.needles().await;
    before.sort();
    assert!(!before.is_empty(), "the needles are planted");
    bench.deauthorize().await;
    for (role, uid, from) in [("manager", 1, "Nadia Needle"), ("security", 2, "Sam")] {
        bench
            .removal
            .consent("Acme", letter(role, uid, from), false)
            .await
            .expect("consented");
    }
    let (_, job) = bench.removal.begin("Acme", 0, false).await.expect("begun");
    let end = bench.run(&job.expect("a job")).await;
    assert!(matches!(end, JobEnd::Succeeded(_)), "{end:?}");
    let left: Vec<String> = bench.needles().await;
    let of_beta = bench.state.entries(None, 100).await.expect("entries");
    let beta_has_texts = of_beta
        .iter()
        .any(|entry| entry.record.object == "Beta" && entry.record.after.is_some());
    assert!(beta_has_texts, "another account's entries are not redacted");
    // The one entry about the other account is the only place.
    assert!(left.iter().all(|line| line.contains("state.db")), "{left:?}");
    assert!(
        !left
            .iter()
            .any(|line| line.contains("Nadia Needle") || line.contains("ZOOMUSERNEEDLE")),
        "{left:?}"
    );
    assert_eq!(bench.state.verify().await.expect("verified").broken, None);
}

#[tokio::test]
async fn two_different_persons_must_consent() {
    let bench = Bench::new().await;
    assert_eq!(
        code(bench.removal.consent("Acme", letter("manager", 1, "Mary"), false).await),
        "not_deauthorized"
    );
    bench.deauthorize().await;
    assert_eq!(code(bench.removal.begin("Acme", 0, false).await), "removal_not_due");
    bench
        .removal
        .consent("Acme", letter("manager", 1, "Mary"), false)
        .await
        .expect("the first");
    for (given, expected) in [
        (letter("manager", 2, "Sam"), "consent_given"),
        (letter("security", 1, "Sam"), "consent_same_user"),
        (letter("security", 2, " mary "), "consent_same_user"),
        (letter("boss", 2, "Sam"), "invalid_consent"),
    ] {
        assert_eq!(code(bench.removal.consent("Acme", given, false).await), expected);
    }
    assert_eq!(code(bench.removal.begin("Acme", 0, false).await), "removal_not_due");
    bench
        .removal
        .consent("Acme", letter("security", 2, "Sam"), false)
        .await
        .expect("the second");
    assert_eq!(bench.state_of("a").await, AccountState::RemovalScheduled);
    bench.removal.review().await;
    assert_eq!(bench.queued(), None, "consent allows it, a person runs it");
    bench.removal.cancel("Acme", false).await.expect("cancelled");
    assert_eq!(bench.state_of("a").await, AccountState::Retained);
    assert_eq!(code(bench.removal.begin("Acme", 0, false).await), "removal_not_due");
}

#[tokio::test]
async fn a_removal_that_is_stopped_anywhere_is_carried_through_by_the_next() {
    for step in 0..=4 {
        let bench = Bench::new().await;
        bench.deauthorize().await;
        bench.clock.set(at("2026-07-02T00:00:00Z"));
        bench.removal.review().await;
        let job = bench.queued().expect("the removal");
        let stop = CancellationToken::new();
        let first = Executor::run(&bench.removal, &job, &StopAt(step, stop.clone()), &stop).await;
        // The next start knows nothing of the first one but what is on disk.
        let begun = bench
            .state
            .withdrawal(&id("a"))
            .await
            .expect("read")
            .expect("a withdrawal")
            .begun_at;
        assert!(begun.is_some(), "{step}");
        let second = bench.run(&job).await;
        assert!(matches!(second, JobEnd::Succeeded(_)), "{step}: {first:?} {second:?}");
        assert_eq!(bench.state_of("a").await, AccountState::Removed, "{step}");
        assert!(!bench.file("a").exists(), "{step}");
        let certificates = bench.state.certificates().await.expect("certificates");
        assert_eq!(certificates.len(), 1, "{step}");
        assert!(
            certificates[0].document.contains("\"calls\":2"),
            "{step}: {}",
            certificates[0].document
        );
    }
}

#[tokio::test]
async fn a_longer_term_unschedules_and_zooms_ten_days_act_when_the_policy_says_so() {
    let bench = Bench::new().await;
    bench.deauthorize().await;
    bench.clock.set(at("2026-06-20T00:00:00Z"));
    bench.removal.review().await;
    assert_eq!(bench.state_of("a").await, AccountState::RemovalScheduled);
    let later = Box::new(|group: &mut Group| {
        group.term_end = "2027-06-30".parse().ok();
        Ok(())
    });
    bench.state.change_group("Sales", later).await.expect("changed");
    bench.removal.review().await;
    assert_eq!(bench.state_of("a").await, AccountState::Retained);
    bench.removal.set_policy(Policy::ZoomTenDays);
    bench.removal.review().await;
    assert!(bench.queued().is_some(), "Zoom's ten days are long over");
}

#[tokio::test]
async fn nothing_but_a_removal_can_be_queued_for_an_account_without_consent() {
    let bench = Bench::new().await;
    bench.deauthorize().await;
    let refused = bench.jobs.enqueue(JobKind::Cdr, &id("a"), "{}".to_owned()).await;
    assert_eq!(code(refused), "deauthorized");
    let account = bench.state.account_by_id(&id("a")).await.expect("an account");
    assert_eq!(account.cdr.state, CdrState::Blocked);
    // Authorized again: everything is where it was.
    let change = Box::new(|account: &mut Account| {
        account.state = AccountState::Authorized;
        Ok(())
    });
    let account = bench.state.change_account(&account.id, change).await.expect("changed");
    let restored = bench.removal.reauthorized(&account).await.expect("restored");
    assert_eq!(restored.cdr.state, CdrState::Active);
    assert_eq!(bench.state.withdrawal(&id("a")).await.expect("read"), None);
    assert!(
        bench
            .jobs
            .enqueue(JobKind::Cdr, &id("a"), "{}".to_owned())
            .await
            .is_ok()
    );
}

impl Bench {
    pub(super) fn clock_now(&self) -> Timestamp {
        crate::domain::clock::Clock::now(&self.clock)
    }
}
