//! A month of five accounts in simulated time, with late, changed and deleted calls and hours in which Zoom fails: complete
//! in the end, every record as Zoom has it, no memory that grows, no warning without a reason that is named here.
//!
//! `CALLSYNC_SOAK_DAYS=30` is the promise; a test run plays two days. It is played in a process of its own, so that its
//! memory and its log are its own.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::{task::spawn_blocking, time::sleep};
use tracing::{Event, Level, Subscriber, field::Visit};
use tracing_subscriber::{Layer, layer::Context, prelude::*};
use zoom_sim::{Effect, Fault, Lateness, RateLimits};

use super::{
    stage::{INTERVAL, SPAN_DAYS, Script, Stage},
    truth::{Compared, assert_equal},
};
use crate::{
    app::heap,
    config::model::Limits,
    domain::{
        ledger::WindowState,
        window::{Window, horizon},
    },
    ports::records::RecordStore,
};

const DAYS: &str = "CALLSYNC_SOAK_DAYS";
const FEW_DAYS: u64 = 2;
/// Set for the process that plays.
const PLAYS: &str = "CALLSYNC_SOAK_PLAYS";
const ACCOUNTS: usize = 5;
/// Hours.
const WEEK: u64 = 7 * 24;
const HOUR: Duration = Duration::from_secs(3_600);
const BETWEEN_CALLS: Duration = Duration::from_secs(37 * 60);
/// Calls appear so much late, and are deleted soon enough that the ledger looks once more before the end.
const LATEST: Duration = Duration::from_secs(6 * 3_600);
/// At the end nobody calls, so that all of this has come to rest.
const REST: SignedDuration = SignedDuration::from_hours(12);
/// Polls ask for the calls of so long again and again.
const KEEP_WRITTEN: Duration = Duration::from_secs(2 * 86_400);
/// Every so many hours all databases come to rest, as they do between the polls of a daemon, and memory is looked at. In
/// the first of these all of the past is collected.
const BETWEEN_RESTS: u64 = 6;
/// Real time for that.
const REST_TAKES: Duration = Duration::from_millis(600);
/// Of each week: the hour that begins so many hours after its start, and what Zoom does to each so-many-th request then.
const TROUBLES: [(u64, u32, Effect); 7] = [
    (
        15,
        1,
        Effect::Status {
            status: 503,
            body: None,
        },
    ),
    (17, 3, Effect::NotJson),
    (19, 3, Effect::CutJson),
    (21, 5, Effect::TooManyPerSecond),
    (23, 4, Effect::ShortPage { rows: 3 }),
    (25, 4, Effect::WrongTotal { delta: 2 }),
    (27, 4, Effect::ClampRange { seconds: 1_800 }),
];
/// Lines at warning or above that are expected, and the troubles that explain them, by the hour in which those begin: they
/// may be said until two hours later, when what failed has been tried again.
const EXPLAINED: [(&str, &[u64]); 3] = [
    // Rows that are missing or counted too many look like calls that we lack.
    ("gaps.found", &[15, 23, 25]),
    ("window.clamped", &[27]),
    ("Zoom's list lacks calls that Zoom still has", &[23]),
];
/// By how much the most of the second half may be above the most of the first: what the allocator keeps, and the calls of
/// a month in the simulator, which is a part of this process.
const SLACK_KIB: u64 = 8 * 1_024;

fn script() -> Script {
    Script {
        calls: 300,
        live: Duration::MAX,
        limits: Limits::default(),
        zoom: RateLimits::Documented,
        page_cap: None,
        keep_written: KEEP_WRITTEN,
        at_least: Duration::ZERO,
        at_most: Duration::MAX,
        troubled: true,
    }
}

/// Lines at warning or above, and in which hours each was said.
#[derive(Clone, Default)]
struct Loud {
    hour: Arc<AtomicU64>,
    said: Arc<Mutex<BTreeMap<String, BTreeSet<u64>>>>,
}

impl Loud {
    fn said(&self) -> BTreeMap<String, BTreeSet<u64>> {
        self.said.lock().expect("a lock").clone()
    }

    /// What no trouble of its hour explains.
    fn unexplained(&self) -> Vec<(String, u64)> {
        let is_explained = |line: &str, hour: u64| {
            EXPLAINED.iter().any(|(part, troubles)| {
                let since = |begins: &u64| (hour % WEEK).checked_sub(*begins);
                line.contains(part)
                    && troubles
                        .iter()
                        .any(|begins| since(begins).is_some_and(|hours| hours <= 2))
            })
        };
        let all = self.said().into_iter();
        let each = all.flat_map(|(line, hours)| hours.into_iter().map(move |hour| (line.clone(), hour)));
        each.filter(|(line, hour)| !is_explained(line, *hour)).collect()
    }
}

impl<S: Subscriber> Layer<S> for Loud {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() <= Level::WARN {
            let mut line = Line::default();
            event.record(&mut line);
            let hour = self.hour.load(Ordering::Relaxed);
            let mut said = self.said.lock().expect("a lock");
            said.entry(line.event.unwrap_or(line.words)).or_default().insert(hour);
        }
    }
}

/// What a line says: the name of its event, or its words where it is none.
#[derive(Default)]
struct Line {
    words: String,
    event: Option<String>,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        match field.name() {
            "event" => self.event = Some(format!("{value:?}")),
            "message" | "error" => self.words.push_str(&format!("{value:?} ")),
            // What tells accounts and spans apart would make many lines of one.
            _ => {}
        }
    }
}

/// Resident memory of this process, without the pages of its file: of a program for tests those are most of it.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the state of this process");
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let figure = line.and_then(|line| line.split_whitespace().nth(1));
    figure.and_then(|kib| kib.parse().ok()).expect("its resident memory")
}

/// What people at Zoom do until `until`: they call, correct what is known of a call, and delete. The answer, once they
/// rest, is the calls that were deleted.
async fn people(stage: &Stage, store: &dyn RecordStore, until: Timestamp) -> (u64, Vec<String>) {
    let account = stage.simulator.account(0);
    account.set_lateness(Lateness {
        permille: 100,
        up_to: LATEST,
    });
    let (mut changed, mut deleted) = (0, Vec::new());
    // Calls that people still know of, with their ends, oldest first.
    let mut recent: VecDeque<(Timestamp, String)> = VecDeque::new();
    for number in 1_u64.. {
        sleep(BETWEEN_CALLS).await;
        let now = stage.clock.now();
        if now >= until {
            break;
        }
        stage.simulator.clock().set(now);
        recent.extend(account.add_calls(1).into_iter().map(|uuid| (now, uuid)));
        if number % 9 != 0 {
            continue;
        }
        let ago = |hours: i64| now - SignedDuration::from_hours(hours);
        recent.retain(|(ended, _)| *ended > ago(4));
        let known = recent.iter().filter(|(ended, _)| *ended < ago(2));
        for (place, (_, uuid)) in known.take(2).enumerate() {
            if place == 0 {
                // One that is late to appear cannot be corrected yet.
                changed += u64::from(account.change_record(uuid, json!({"caller_name": format!("Changed {number}")})));
            } else if let Ok(Some((_, elements))) = store.call(uuid).await
                && !elements.is_empty()
            {
                assert!(account.remove_record(uuid));
                deleted.push(uuid.clone());
            }
        }
    }
    (changed, deleted)
}

/// Lets the hours pass; the answer is the resident memory at each rest.
async fn hours(stages: &[Stage], days: u64, loud: &Loud) -> Vec<u64> {
    let mut memory = Vec::new();
    for hour in 0..days * 24 {
        loud.hour.store(hour, Ordering::Relaxed);
        for (_, every, effect) in TROUBLES.iter().filter(|(begins, ..)| *begins == hour % WEEK) {
            for stage in stages {
                stage.simulator.clock().set(stage.clock.now());
                let fault = Fault::standing("/v2/", *every, effect.clone());
                stage.simulator.fault(fault.lasting(3_600));
            }
        }
        sleep(HOUR).await;
        if hour % BETWEEN_RESTS == BETWEEN_RESTS - 1 {
            stages.iter().for_each(|stage| stage.simulator.forget_the_past());
            // The runtime does not move its clock while a blocking task is at work.
            let rest = spawn_blocking(|| std::thread::sleep(REST_TAKES));
            rest.await.expect("it only waited");
            memory.push(resident_kib());
        }
    }
    memory
}

/// The ledger says that everything is held; the answer is what Zoom has and what we have, of compared windows.
async fn assert_complete(store: &dyn RecordStore, span: Window) -> (u64, u64) {
    assert_eq!(store.gaps(10).await.expect("read"), []);
    let windows = store.ledger(span).await.expect("the ledger");
    let (mut zoom, mut held) = (0, 0);
    for window in &windows {
        assert!(
            matches!(window.state, WindowState::Complete | WindowState::Pending),
            "{window:?}"
        );
        if window.state == WindowState::Complete {
            zoom += window.zoom_total.expect("a total");
            held += window.held;
        }
    }
    assert!(windows.len() > 30, "{} windows", windows.len());
    let summary = store.summary().await.expect("a summary");
    assert_eq!((summary.elements_pending, summary.rejected), (0, 0));
    (zoom, held)
}

async fn play(days: u64, loud: &Loud) {
    let began = std::time::Instant::now();
    let directories: Vec<_> = (0..ACCOUNTS)
        .map(|_| tempfile::tempdir().expect("a directory"))
        .collect();
    let script = script();
    let stages = join_all(
        directories
            .iter()
            .map(|directory| Stage::set(&script, directory.path())),
    )
    .await;
    let stores = join_all(stages.iter().map(Stage::begin)).await;
    let whole = SignedDuration::from_hours(i64::try_from(24 * days).expect("few"));
    let rest = stages[0].clock.now() + whole - REST;
    let lives = stages
        .iter()
        .zip(&stores)
        .map(|(stage, store)| people(stage, store.as_ref(), rest));
    let (memory, lives) = tokio::select! {
        played = async { tokio::join!(hours(&stages, days, loud), join_all(lives)) } => played,
        _ = join_all(stages.iter().map(Stage::work)) => unreachable!("work has no end"),
    };
    let (mut compared, mut ledger) = (Compared::default(), (0, 0));
    let (mut changed, mut deleted, mut polls, mut syncs) = (0, 0, 0, 0);
    for ((stage, store), (of_life, gone)) in stages.iter().zip(&stores).zip(&lives) {
        let now = stage.clock.now();
        let span = Window::new(
            horizon(now),
            now - SignedDuration::try_from(INTERVAL * 2).expect("short"),
        );
        let equal = assert_equal(stage, store.as_ref(), span).await;
        compared.calls += equal.calls;
        compared.elements += equal.elements;
        let (zoom, held) = assert_complete(store.as_ref(), span).await;
        ledger = (ledger.0 + zoom, ledger.1 + held);
        for uuid in gone {
            let (record, _) = store.call(uuid).await.expect("read").expect("kept");
            let marked = record.iter().find(|(name, _)| *name == "deleted_at");
            assert!(
                marked.is_some_and(|(_, at)| at.as_time().is_some()),
                "{uuid} was deleted at Zoom"
            );
        }
        changed += of_life;
        deleted += gone.len();
        polls += stage.polls.load(Ordering::Relaxed);
        syncs += stage.syncs.load(Ordering::Relaxed);
        let struck = stage.simulator.faults_struck();
        for (_, _, effect) in &TROUBLES {
            assert!(
                struck.contains_key(effect.name()),
                "{} never struck: {struck:?}",
                effect.name()
            );
        }
    }
    let (first, second) = memory[1..].split_at(memory.len() / 2);
    let most = |half: &[u64]| half.iter().copied().max().expect("rests");
    let (first, second) = (most(first), most(second));
    let said = loud.said();
    println!(
        "SOAK {days} days of {ACCOUNTS} accounts over {SPAN_DAYS} days of past in {:.0} s: {polls} polls, {syncs} syncs, {changed} \
         calls changed, {deleted} deleted; {} calls and {} elements equal Zoom's; ledger: {} of {} held; at most {first} KiB \
         resident in the first half, {second} KiB in the second; {} different lines at warning or above, and the hours of each: {said:#?}",
        began.elapsed().as_secs_f64(),
        compared.calls,
        compared.elements,
        ledger.1,
        ledger.0,
        said.len()
    );
    assert_eq!(ledger.1, ledger.0, "completeness 1.0");
    assert!(changed > 0 && deleted > 0, "{changed} changed, {deleted} deleted");
    assert!(second <= first + SLACK_KIB, "{memory:?}");
    assert_eq!(loud.unexplained(), [], "lines that nothing explains, and their hours");
}

#[test]
fn a_month_of_five_accounts_is_complete_quiet_and_flat() {
    let days = std::env::var(DAYS)
        .ok()
        .map_or(FEW_DAYS, |text| text.parse().expect("a number of days"));
    if std::env::var_os(PLAYS).is_some() {
        let loud = Loud::default();
        tracing_subscriber::registry().with(loud.clone()).init();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime");
        return runtime.block_on(play(days, &loud));
    }
    let name = "app::rehearsal::month::a_month_of_five_accounts_is_complete_quiet_and_flat";
    let played = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "--nocapture", name])
        .env(PLAYS, "1")
        // The heap that the daemon has.
        .envs(heap::SETTINGS)
        .output()
        .expect("started");
    let said = String::from_utf8_lossy(&played.stdout);
    let errors = String::from_utf8_lossy(&played.stderr);
    let figures = said.find("SOAK").map(|at| &said[at..]);
    println!("{}", figures.unwrap_or("nothing was played"));
    assert!(played.status.success() && figures.is_some(), "{said}\n{errors}");
}
