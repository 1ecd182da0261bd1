//! De-authorization: silence towards Zoom, exit code 8 everywhere, and everything back after authorizing again.

use e2e::{
    World, eventually,
    webhook::{Port, now},
    world::{prompt, small},
};
use serde_json::{Value, json};

fn collecting() -> (World, Port) {
    let mut world = World::new(prompt(vec![small("acme")]));
    let port = world.listen("");
    world.start();
    world.collect("acme", &["--backfill", "31d"]);
    (world, port)
}

fn deauthorized(world: &World) -> String {
    json!({
        "event": "app_deauthorized",
        "payload": {
            "account_id": world.zoom_account("acme").account_id(),
            "user_id": "abcD3ojfdbjfg",
            "deauthorization_time": "2020-06-17T13:52:28.632Z",
            "client_id": "ABCDEFGHIJKLMNOPQRST!V",
            "event_ts": now().to_string(),
        },
    })
    .to_string()
}

/// Every verb on an account but showing, authorizing and removing.
const REFUSED: &[&[&str]] = &[
    &["account", "rename", "acme", "other"],
    &["account", "test", "acme"],
    &["account", "scopes", "acme"],
    &["account", "deauthorize", "acme", "--yes"],
    &["account", "remove", "acme", "--yes"],
    &["cdr", "set", "acme", "--poll-interval", "1h"],
    &["cdr", "create-database", "acme"],
    &["cdr", "activate", "acme"],
    &["cdr", "deactivate", "acme", "--yes"],
    &["cdr", "run", "acme"],
    &["cdr", "backfill", "acme"],
    &["sync", "run", "acme"],
    &["calls", "list", "acme"],
    &["calls", "export", "acme", "--format", "csv", "--output", "/dev/null"],
    &["directory", "list", "acme"],
    &["directory", "search", "acme", "a"],
    &["cdr", "reconcile", "acme"],
    &["cdr", "gaps", "acme"],
    &["schedule", "list", "acme"],
    &["schedule", "preview", "acme"],
    &[
        "schedule",
        "add",
        "sync",
        "acme",
        "--days",
        "daily",
        "--at",
        "06:00",
        "--timezone",
        "UTC",
    ],
    &["purge", "preview", "acme"],
    &["purge", "history", "acme"],
    &["purge", "run", "acme", "--yes"],
    &["archive", "status", "acme"],
    &["archive", "run", "acme"],
    &["archive", "restore", "acme"],
    &["hold", "add", "acme", "--reason", "x"],
    &["hold", "list", "acme"],
    &["subject", "find", "acme", "--number", "5550000"],
    &[
        "subject",
        "export",
        "acme",
        "--number",
        "5550000",
        "--output",
        "/dev/null",
    ],
    &["subject", "erase", "acme", "--number", "5550000", "--yes-irreversible"],
    &["job", "list", "acme"],
];

fn assert_blocked(world: &World) {
    for verb in REFUSED {
        let error = world.refused(8, verb);
        assert_eq!(error["code"], "deauthorized", "one code everywhere: {verb:?}");
        assert!(
            error["hint"].as_str().is_some_and(|hint| hint.contains("callsyncctl")),
            "{verb:?}: {error}"
        );
    }
    let shown = world.json(&["account", "show", "acme"]);
    assert_eq!(shown["state"], "deauthorized", "{shown}");
    assert_eq!(shown["cdr"]["state"], "blocked", "{shown}");
    assert_eq!(shown["token"], Value::Null, "{shown}");
    let _ = world.ctl(&["status"]).ok();
}

#[test]
fn the_signed_event_silences_everything_and_authorizing_again_restores_it() {
    let (mut world, port) = collecting();
    let held = world.json(&["cdr", "show", "acme"])["records"].clone();
    let event = deauthorized(&world);
    // A job is under way when the event comes.
    let _ = world.json(&["sync", "run", "acme"]);
    assert_eq!(port.post(&event), 200);
    eventually("the end of its jobs", || {
        let running = world.json(&["status"])["running_jobs"].clone();
        running.as_array().is_some_and(Vec::is_empty).then_some(())
    });
    world.zoom().clear_requests();
    assert_blocked(&world);
    assert_eq!(port.post(&deauthorized(&world)), 200, "once more is no surprise");
    world.daemon().kill();
    world.start();
    assert_blocked(&world);
    assert_eq!(world.zoom().requests(), [], "nothing was sent to Zoom");
    let audit = world.json(&["audit", "list"]);
    let entries = audit["items"].as_array().expect("entries");
    let noticed = entries
        .iter()
        .filter(|entry| entry["action"] == "account.deauthorized")
        .collect::<Vec<_>>();
    assert_eq!(noticed.len(), 1, "{audit}");
    assert_eq!(noticed[0]["role"], "system");

    let url = world.json(&["account", "authorize", "acme"])["authorize_url"].clone();
    assert!(url.is_string());
    let outcome = world
        .authorize_as("acme", &world.zoom_account("acme").owner_email())
        .ok();
    let shown = outcome.json();
    assert_eq!(
        (&shown["state"], &shown["cdr"]["state"]),
        (&json!("authorized"), &json!("active")),
        "{shown}"
    );
    let _ = world.fresh_calls("acme", 2);
    // A poll that was under way already may have asked before the calls came.
    eventually("the new calls", || {
        assert_eq!(world.poll("acme")["state"], "succeeded");
        let now_held = world.json(&["cdr", "show", "acme"])["records"].as_u64();
        (now_held == held.as_u64().map(|held| held + 2)).then_some(())
    });
    let _ = world.ctl(&["calls", "list", "acme"]).ok();
}

#[test]
fn dead_tokens_leave_data_readable_until_a_person_confirms_that_it_was_meant() {
    let (world, _) = collecting();
    world.zoom_account("acme").revoke_app();
    let _ = world.ctl(&["cdr", "run", "acme", "--wait"]).ended_with(9);
    world.zoom().clear_requests();
    assert_eq!(
        world.json(&["account", "show", "acme"])["state"],
        "reauthorization_required"
    );
    let _ = world.refused(9, &["sync", "run", "acme"]);
    let _ = world.ctl(&["calls", "list", "acme"]).ok();
    let no = [
        "account",
        "confirm-deauthorization",
        "acme",
        "--intended",
        "no",
        "--by",
        "Jane",
    ];
    assert_eq!(world.json(&no)["state"], "reauthorization_required");
    let yes = [
        "account",
        "confirm-deauthorization",
        "acme",
        "--intended",
        "yes",
        "--by",
        "Jane",
        "--note",
        "over",
    ];
    assert_eq!(
        world.json(&[&yes[..], &["--dry-run"]].concat())["state"],
        "deauthorized"
    );
    let _ = world.ctl(&["calls", "list", "acme"]).ok();
    assert_eq!(world.json(&yes)["state"], "deauthorized");
    assert_blocked(&world);
    assert_eq!(world.zoom().requests(), []);
}

#[test]
fn an_administrator_ends_the_connection_and_the_tokens_die_at_zoom() {
    let (world, _) = collecting();
    let _ = world.refused(15, &["account", "deauthorize", "acme"]);
    let dry = world.json(&["account", "deauthorize", "acme", "--dry-run"]);
    assert_eq!((&dry["dry_run"], &dry["state"]), (&json!(true), &json!("authorized")));
    assert_eq!(
        world.json(&["account", "deauthorize", "acme", "--yes"])["state"],
        "deauthorized"
    );
    assert!(!world.zoom_account("acme").has_live_refresh_token(), "given up at Zoom");
    world.zoom().clear_requests();
    assert_blocked(&world);
    assert_eq!(world.zoom().requests(), []);
}
