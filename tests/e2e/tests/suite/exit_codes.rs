//! Every exit code that can be reached has its case; the numbers never change.

use std::fs;

use e2e::{
    World,
    control_program::CommandLine,
    eventually,
    programs::programs,
    world::{prompt, small},
};
use zoom_sim::{AccountOptions, Scopes};

#[test]
fn usage_unreachable_not_found_conflict_wrong_state_and_refused() {
    let mut world = World::started(prompt(vec![small("acme"), small("globex")]));
    let code = |world: &World, arguments: &[&str]| world.ctl(arguments).code;
    assert_eq!(code(&world, &["status"]), 0);
    assert_eq!(code(&world, &["--help"]), 0);
    assert_eq!(code(&world, &["status", "--timeout", "zero"]), 2);
    assert_eq!(code(&world, &["account", "show", "nobody"]), 5);
    assert_eq!(code(&world, &["job", "show", "no-such-job"]), 5);
    assert_eq!(code(&world, &["server", "test", "no-such-server"]), 5);
    world.connect("acme");
    world.connect("globex");
    assert_eq!(code(&world, &["group", "add", e2e::steps::GROUP]), 6);
    assert_eq!(code(&world, &["group", "remove", e2e::steps::GROUP, "--yes"]), 6);
    assert_eq!(
        code(&world, &["account", "add", "acme", "--group", e2e::steps::GROUP]),
        6
    );
    assert_eq!(code(&world, &["cdr", "activate", "acme"]), 7);
    assert_eq!(code(&world, &["cdr", "run", "acme"]), 7);
    world.prepare("acme", "calls", &["--backfill", "none"]);
    let taken = world.ctl(&[
        "cdr",
        "set",
        "globex",
        "--server",
        "local",
        "--database",
        "calls",
        "--enable",
    ]);
    assert_eq!(taken.code, 6, "{taken:?}");
    assert_eq!(
        code(
            &world,
            &[
                "cdr",
                "set",
                "globex",
                "--server",
                "local",
                "--database",
                "../escape",
                "--enable"
            ]
        ),
        2
    );
    assert_eq!(code(&world, &["cdr", "set", "globex", "--poll-interval", "9s"]), 2);
    fs::write(world.database_file("foreign"), b"").expect("a file");
    rusqlite::Connection::open(world.database_file("foreign"))
        .and_then(|connection| connection.execute_batch("CREATE TABLE precious (x)"))
        .expect("a foreign database");
    let _ = world.json(&[
        "cdr",
        "set",
        "globex",
        "--server",
        "local",
        "--database",
        "foreign",
        "--enable",
    ]);
    assert_eq!(code(&world, &["cdr", "create-database", "globex"]), 6);
    let _ = world.json(&["cdr", "activate", "acme", "--wait"]);
    assert_eq!(code(&world, &["cdr", "activate", "acme"]), 0);
    assert_eq!(code(&world, &["calls", "list", "acme", "--number", ""]), 2);
    assert_eq!(code(&world, &["calls", "list", "acme", "--limit", "10001"]), 2);
    let backwards = ["calls", "list", "acme", "--from", "2026-03-02", "--to", "2026-03-01"];
    assert_eq!(code(&world, &backwards), 2);
    assert_eq!(code(&world, &["cdr", "deactivate", "acme"]), 15);
    assert_eq!(code(&world, &["account", "remove", "acme"]), 15);
    assert_eq!(code(&world, &["account", "remove", "acme", "--yes"]), 7);
    assert_eq!(code(&world, &["cdr", "deactivate", "acme", "--yes"]), 0);
    assert_eq!(world.json(&["cdr", "show", "acme"])["state"], "paused");
    world.daemon().stop();
    assert_eq!(code(&world, &["status"]), 3);
    let nowhere = CommandLine::new(&programs().control, &world.home().join("nowhere.sock"), &["status"]).run();
    assert_eq!(nowhere.code, 3, "{nowhere:?}");
}

#[test]
fn a_database_that_cannot_be_used_is_12_and_collection_resumes_by_itself() {
    let world = World::small();
    world.collect(
        "acme",
        &["--backfill", "7d", "--elements", "off", "--poll-interval", "10s"],
    );
    let _ = world.json(&["cdr", "set", "acme", "--poll-interval", "10s"]);
    // Whoever holds the write lock for long makes the database unusable for others.
    let locker = rusqlite::Connection::open(world.database_file("acme")).expect("the database");
    locker.execute_batch("BEGIN IMMEDIATE").expect("the write lock");
    let _ = world.fresh_calls("acme", 3);
    // A poll that was already under way when the calls came may answer first, and well: it had nothing to write.
    eventually("a poll that has to write", || {
        let outcome = world.ctl(&["cdr", "run", "acme", "--wait", "--timeout", "120"]);
        assert!([0, 12].contains(&outcome.code), "{outcome:?}");
        (outcome.code == 12).then_some(())
    });
    let status = world.ctl(&["status"]).ok();
    assert!(status.stdout.contains("acme"), "{status:?}");
    // Active already is no reason to say that it works without having looked.
    assert_eq!(world.ctl(&["cdr", "activate", "acme"]).code, 12);
    locker.execute_batch("ROLLBACK").expect("the lock is given back");
    drop(locker);
    eventually("the poll after the lock", || {
        (world.json(&["cdr", "show", "acme"]).get("last_error").is_none()).then_some(())
    });
    let shown = world.json(&["cdr", "show", "acme"]);
    assert_eq!(shown["state"], "active", "{shown}");
}

#[test]
fn a_sync_that_misses_a_listing_is_14_and_keeps_the_rest() {
    let world = World::small();
    let _ = world.add_account("acme");
    let all = world.json(&["account", "scopes"])["required"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let granted: Vec<String> = all
        .iter()
        .filter_map(|scope| scope["scope"].as_str())
        .filter(|scope| *scope != "phone:read:list_devices:admin")
        .map(str::to_owned)
        .collect();
    world.zoom_account("acme").set_granted_scopes(Scopes::Custom(granted));
    let owner = world.zoom_account("acme").owner_email();
    let _ = world.authorize_as("acme", &owner).ok();
    world.prepare("acme", "acme", &["--backfill", "none"]);
    let _ = world.ctl(&["cdr", "activate", "acme", "--wait"]).ended_with(14);
    let outcome = world.ctl(&["sync", "run", "acme", "--wait"]).ended_with(14);
    assert!(
        outcome.stderr.contains("devices") && outcome.stderr.contains("scopes"),
        "{outcome:?}"
    );
    let status = world.json(&["sync", "status", "acme"]);
    assert_eq!(status["status"], "Partial", "{status}");
    assert!(status["entities"]["users"]["total"].as_u64() > Some(0), "{status}");
}

#[test]
fn patience_that_ends_is_13_and_the_job_goes_on() {
    let mut world = World::new(prompt(vec![AccountOptions {
        calls: 600,
        ..small("acme")
    }]));
    world.configuration.limits = "    heavy: {per_second: 3, per_day: 100000}\n".to_owned();
    world.start();
    world.connect("acme");
    let _ = world.activate("acme", "acme", &["--backfill", "31d", "--elements", "off"]);
    let outcome = world
        .ctl(&["cdr", "backfill", "acme", "--wait", "--timeout", "1", "--json"])
        .ended_with(13);
    let hint = outcome.error()["hint"].as_str().unwrap_or_default().to_owned();
    let id = hint
        .split_whitespace()
        .last()
        .unwrap_or_default()
        .trim_end_matches('.')
        .to_owned();
    let job = world.json(&["job", "show", &id]);
    assert!(job["state"] == "running" || job["state"] == "queued", "{job}");
}
