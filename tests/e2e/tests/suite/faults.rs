//! Faults: each one turns exactly its own check, with the right next command, and it clears. The whole board is compared
//! before, during and after, and Nagios, the metrics and the alerts say the same (`e2e::board`).

use std::fs;

use e2e::{
    World,
    board::Turn,
    configuration::GENEROUS,
    daemon::Launch,
    eventually,
    faketime::{self, MovableClock},
    small_disk::SmallDisk,
    webhook::{SECRET, now, signed},
    world::{prompt, small},
};
use jiff::SignedDuration;
use rustix::process::Signal;
use serde_json::json;
use zoom_sim::{Effect, Fault};

/// Every check of the manual.
const CHECKS: [&str; 16] = [
    "alerts",
    "cdr_lag",
    "completeness",
    "control",
    "daemon",
    "database",
    "disk",
    "elements_backlog",
    "purge",
    "quota",
    "schedule",
    "state_store",
    "sync",
    "token",
    "webhook",
    "zoom_api",
];

/// Settings under which everything there is comes at once and polls are frequent.
const FREQUENT: [&str; 6] = ["--backfill", "none", "--elements", "off", "--poll-interval", "10s"];
/// Polls only when asked: for tests that move the clock.
const RARE: [&str; 6] = ["--backfill", "none", "--elements", "off", "--poll-interval", "24h"];

/// Collecting every ten seconds, with everything there was collected.
fn collecting(world: &mut World) {
    world.start();
    world.collect("acme", &FREQUENT);
}

fn one_account() -> World {
    World::new(prompt(vec![small("acme")]))
}

#[test]
fn every_check_of_the_manual_is_on_the_board() {
    let mut world = one_account();
    collecting(&mut world);
    let board = world.well_board();
    let names: Vec<&str> = board.keys().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, CHECKS);
}

#[test]
fn zoom_down_turns_zoom_api_alone_and_clears() {
    let mut world = one_account();
    collecting(&mut world);
    let before = world.well_board();
    world.zoom().fault(Fault::new("/", 100_000, Effect::Reset));
    world.await_turn(
        &before,
        Turn {
            check: "zoom_api",
            account: "acme",
            state: "critical",
            hint: "callsyncctl account test acme",
            alerts: &["zoom_unreachable"],
        },
    );
    // The hinted command finds the same, and afterwards that it is gone.
    let _ = world.ctl(&["account", "test", "acme"]).ended_with(10);
    world.zoom().clear_faults();
    let _ = world.ctl(&["account", "test", "acme"]).ok();
    world.await_cleared(&before);
}

#[test]
fn a_revoked_authorization_turns_token_alone_and_clears() {
    let mut world = World::new(prompt(vec![small("acme"), small("globex")]));
    collecting(&mut world);
    // Another account beside it stays as it is.
    world.collect("globex", &FREQUENT);
    let before = world.well_board();
    world.zoom_account("acme").revoke_app();
    world.await_turn(
        &before,
        Turn {
            check: "token",
            account: "acme",
            state: "critical",
            hint: "callsyncctl account authorize acme",
            alerts: &["reauthorization_required"],
        },
    );
    // The hinted command, then what it asks for.
    let _ = world.json(&["account", "authorize", "acme"]);
    let _ = world
        .authorize_as("acme", &world.zoom_account("acme").owner_email())
        .ok();
    world.await_cleared(&before);
}

#[test]
fn a_database_that_is_gone_turns_database_alone_and_clears() {
    let mut world = one_account();
    collecting(&mut world);
    let before = world.well_board();
    world.daemon().stop();
    let (file, aside) = (world.database_file("acme"), world.home().join("aside.db"));
    fs::rename(&file, &aside).expect("moved");
    world.start();
    world.await_turn(
        &before,
        Turn {
            check: "database",
            account: "acme",
            state: "critical",
            hint: "callsyncctl server test local",
            alerts: &["database_unavailable"],
        },
    );
    fs::rename(&aside, &file).expect("moved back");
    let _ = world.ctl(&["server", "test", "local"]).ok();
    world.await_cleared(&before);
}

#[test]
fn a_full_disk_turns_disk_alone_and_clears() {
    let mut world = one_account();
    let Some(disk) = SmallDisk::mount(world.home().join("small")) else {
        return;
    };
    world.configuration.servers = format!(
        "  - {{name: small, kind: sqlite, directory: {}}}\n",
        disk.path().display()
    );
    world.configuration.primary = "small";
    collecting(&mut world);
    let before = world.well_board();
    // Nothing is left: not even a commit can be written.
    disk.fill();
    let keys = world.fresh_calls("acme", 5);
    world.await_turn(
        &before,
        Turn {
            check: "disk",
            account: "",
            state: "critical",
            hint: "df -h",
            alerts: &["disk_low"],
        },
    );
    disk.make_room();
    world.await_cleared(&before);
    // What came meanwhile was left at Zoom, and is held now.
    eventually("the calls that came meanwhile", || {
        let held = world.json(&["calls", "list", "acme", "--limit", "1000"]).to_string();
        keys.iter().all(|key| held.contains(key)).then_some(())
    });
}

#[test]
fn a_used_up_quota_turns_quota_alone_and_clears_with_a_larger_share() {
    let mut world = one_account();
    world.configuration.limits =
        "    heavy: {per_second: 50, per_day: 25}\n    medium: {per_second: 500}\n    light: {per_second: 500}\n"
            .to_owned();
    collecting(&mut world);
    let before = world.well_board();
    // Other work of the day takes what is left.
    for _ in 0..25 {
        let _ = world.ctl(&["cdr", "run", "acme", "--wait"]);
    }
    world.await_turn(
        &before,
        Turn {
            check: "quota",
            account: "acme",
            state: "critical",
            hint: "callsyncctl status",
            alerts: &["quota_exhausted"],
        },
    );
    // Midnight would clear it; so does what the documentation offers.
    world.configuration.limits = GENEROUS.to_owned();
    world.configuration.write(world.home());
    world.daemon().signal(Signal::HUP);
    world.await_cleared(&before);
}

/// The daemon is down when a sync is due: the check tells of it until the run is made up for.
#[test]
fn a_missed_schedule_turns_schedule_alone_and_clears_once_made_up_for() {
    let Some(library) = faketime::library() else { return };
    let mut world = one_account();
    world.start();
    world.collect("acme", &RARE);
    eventually("the first sync", || {
        (world.json(&["sync", "status", "acme"])["status"] == "Enabled").then_some(())
    });
    let due = world.zoom().clock().now() + SignedDuration::from_hours(2);
    let at = due.strftime("%H:%M").to_string();
    let schedule = [
        "schedule",
        "add",
        "sync",
        "acme",
        "--days",
        "daily",
        "--timezone",
        "UTC",
    ];
    let _ = world.json(&[&schedule[..], &["--at", &at]].concat());
    let before = world.well_board();
    world.daemon().stop();
    // Slow, so that the run is seen while it is at work.
    world
        .zoom()
        .fault(Fault::new("/v2/users", 100_000, Effect::Latency { millis: 1_500 }));
    let mut daemon = Launch::new(world.home())
        .variable("LD_PRELOAD", library)
        .variable("FAKETIME", "+3h")
        .variable("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .spawn();
    daemon.wait_ready(&world.socket());
    world.adopt(daemon);
    world.await_turn(
        &before,
        Turn {
            check: "schedule",
            account: "acme",
            state: "warning",
            hint: "callsyncctl job list acme",
            alerts: &[],
        },
    );
    let jobs = world.json(&["job", "list", "acme"]);
    assert!(
        jobs["items"]
            .as_array()
            .is_some_and(|jobs| jobs.iter().any(|job| job["kind"] == "sync")),
        "the hinted command shows the run: {jobs}"
    );
    world.zoom().clear_faults();
    world.await_cleared(&before);
}

/// Calls go on and Zoom's webhook tells nothing of them any more.
#[test]
fn a_silent_webhook_turns_webhook_alone_and_clears_with_the_next_event() {
    let mut world = one_account();
    let port = world.listen("");
    let Some(clock) = MovableClock::new(world.home()) else {
        return;
    };
    world.configuration.write(world.home());
    let mut daemon = clock.shown_to(Launch::new(world.home()), false).spawn();
    daemon.wait_ready(&world.socket());
    world.adopt(daemon);
    world.collect("acme", &RARE);
    let event = |number: u32, at: i64| {
        let body = json!({
            "event": "phone.callee_call_history_completed",
            "event_ts": at * 1_000,
            "payload": {
                "account_id": world.zoom_account("acme").account_id(),
                "object": {"call_logs": [{"call_id": number.to_string()}]},
            },
        })
        .to_string();
        assert_eq!(port.post_with(&signed(SECRET, at, &body), &body).status, 200);
    };
    event(1, now());
    let before = world.well_board();

    let later = SignedDuration::from_hours(2);
    clock.advance(later);
    world.zoom().clock().advance(later.unsigned_abs());
    let _ = world.fresh_calls("acme", 3);
    let _ = world.poll("acme");
    world.await_turn(
        &before,
        Turn {
            check: "webhook",
            account: "acme",
            state: "warning",
            hint: "callsyncctl doctor",
            alerts: &["webhook_silent"],
        },
    );
    let doctor = world.ctl(&["doctor", "--json"]).ended_with(1).json();
    let findings = doctor["findings"].as_array().cloned().unwrap_or_default();
    assert!(
        findings
            .iter()
            .any(|finding| finding["name"] == "webhook" && finding["state"] == "warning"),
        "{doctor}"
    );
    event(2, now() + later.as_secs());
    world.await_cleared(&before);
}
