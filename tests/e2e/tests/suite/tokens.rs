//! Tokens: rotated by one refresher, never lost silently, and silence once Zoom has refused them for good.

use std::time::Duration;

use e2e::{
    World,
    database::Database,
    directory_truth::assert_calls_equal,
    eventually, patience,
    world::{prompt, small},
};
use serde_json::Value;
use zoom_sim::{AccountOptions, AppKind, Effect, Fault, LoggedRequest, Options, RefreshError};

fn token_requests(world: &World) -> Vec<LoggedRequest> {
    world
        .zoom()
        .requests()
        .into_iter()
        .filter(|request| request.path == "/oauth/token")
        .collect()
}

fn collecting() -> World {
    let world = World::small();
    world.collect("acme", &["--backfill", "31d", "--elements", "off"]);
    world
}

fn state(world: &World) -> Value {
    world.json(&["account", "show", "acme"])["state"].clone()
}

#[test]
fn an_expired_access_token_is_refreshed_once_however_many_requests_meet_it() {
    let world = World::started(prompt(vec![AccountOptions {
        users: 60,
        queues: 30,
        ..small("acme")
    }]));
    world.collect("acme", &["--backfill", "31d"]);
    let before = world.json(&["account", "show", "acme"])["token"]["refreshed_at"].clone();
    world.zoom().clear_requests();
    world.zoom_account("acme").expire_access_tokens();
    // A sync asks for many listings at once, a poll runs beside it.
    let sync = world.json(&["sync", "run", "acme"]);
    let _ = world.poll("acme");
    let waited = world.json(&["job", "wait", sync["id"].as_str().unwrap_or_default()]);
    assert_eq!(waited["state"], "succeeded", "{waited}");
    assert_eq!(
        token_requests(&world).len(),
        1,
        "one refresher: {:?}",
        token_requests(&world)
    );
    let after = world.json(&["account", "show", "acme"])["token"].clone();
    assert!(
        after["refreshed_at"].as_str() >= before.as_str() && after["access_expires_at"].is_string(),
        "{after}"
    );
}

fn refreshed_at(world: &World) -> Value {
    world.json(&["account", "show", "acme"])["token"]["refreshed_at"].clone()
}

#[test]
fn a_rotated_token_survives_a_kill_right_after_the_rotation() {
    let mut world = collecting();
    for _ in 0..3 {
        world.zoom_account("acme").expire_access_tokens();
        world.zoom().clear_requests();
        let before = refreshed_at(&world);
        let _ = world.json(&["cdr", "run", "acme"]);
        // Not Zoom's side: between its answer and our disk no kill can be survived, and that is another promise.
        eventually("the refresh", || (refreshed_at(&world) != before).then_some(()));
        world.daemon().kill();
        world.start();
        let _ = world.ctl(&["account", "test", "acme"]).ok();
        assert_eq!(state(&world), "authorized");
        assert!(world.zoom_account("acme").has_live_refresh_token());
    }
}

#[test]
fn a_refresh_that_never_reached_zoom_is_simply_tried_again() {
    let world = collecting();
    world.zoom_account("acme").expire_access_tokens();
    world.zoom().clear_requests();
    world.zoom().fault(Fault::new("/oauth/token", 1, Effect::Reset));
    let job = world.poll("acme");
    assert_eq!(job["state"], "succeeded", "{job}");
    assert_eq!(state(&world), "authorized");
    assert_eq!(token_requests(&world).len(), 2);
}

#[test]
fn a_lost_answer_to_a_rotation_is_retried_once_and_then_says_what_happened() {
    let world = collecting();
    world.zoom_account("acme").expire_access_tokens();
    world.zoom().clear_requests();
    world
        .zoom()
        .fault(Fault::new("/oauth/token", 1, Effect::LoseTokenAnswer));
    let _ = world.ctl(&["cdr", "run", "acme", "--wait"]).ended_with(9);
    let shown = world.json(&["account", "show", "acme"]);
    assert_eq!(shown["state"], "reauthorization_required", "{shown}");
    let reason = shown["state_reason"].as_str().unwrap_or_default();
    assert!(
        reason.contains("lost") || reason.contains("answer"),
        "the cause is said: {reason}"
    );
    assert_eq!(
        token_requests(&world).len(),
        2,
        "once, and once more with the old token"
    );
}

#[test]
fn after_a_revocation_nothing_is_sent_until_a_person_authorizes_again() {
    let mut world = collecting();
    world.zoom_account("acme").revoke_app();
    let error = world.refused(9, &["account", "test", "acme"]);
    assert!(
        error["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("account authorize")),
        "{error}"
    );
    let shown = world.json(&["account", "show", "acme"]);
    assert_eq!(shown["state"], "reauthorization_required", "{shown}");
    assert!(shown["state_reason"].is_string());
    let status = world.json(&["sync", "status", "acme"]);
    assert_eq!(status["status"], "Blocked", "{status}");

    world.zoom().clear_requests();
    for verb in [
        &["cdr", "run", "acme", "--wait"][..],
        &["sync", "run", "acme", "--wait"],
    ] {
        let _ = world.ctl(verb).ended_with(9);
    }
    let _ = world
        .ctl(&[
            "cdr",
            "backfill",
            "acme",
            "--from",
            "2026-01-01",
            "--wait",
            "--timeout",
            "60",
        ])
        .ended_with(9);
    world.daemon().stop();
    world.start();
    let _ = world.ctl(&["cdr", "run", "acme", "--wait"]).ended_with(9);
    let stored = world.json(&["calls", "list", "acme"]);
    assert!(
        stored["items"].as_array().is_some_and(|items| !items.is_empty()),
        "stored data stays readable"
    );
    assert_eq!(world.zoom().requests(), Vec::new(), "not one request");

    let _ = world.fresh_calls("acme", 5);
    let _ = world.json(&["account", "authorize", "acme"]);
    let owner = world.zoom_account("acme").owner_email();
    let _ = world.authorize_as("acme", &owner).ok();
    assert_eq!(state(&world), "authorized");
    let _ = world.poll("acme");
    assert_calls_equal(
        &world.zoom_account("acme"),
        &Database::open(&world.database_file("acme")),
    );
}

#[test]
fn every_spelling_of_a_dead_refresh_token_ends_the_same_way() {
    for spelling in [RefreshError::InvalidRequest, RefreshError::Bare, RefreshError::WithCode] {
        let world = World::started(Options {
            refresh_error: spelling,
            bad_token_status: 400,
            ..prompt(vec![small("acme")])
        });
        world.connect("acme");
        world.zoom_account("acme").revoke_app();
        let _ = world.ctl(&["account", "test", "acme"]).ended_with(9);
        assert_eq!(state(&world), "reauthorization_required", "{spelling:?}");
    }
}

#[test]
fn a_server_to_server_account_connects_and_collects_without_a_person() {
    let world = World::started(Options {
        app: AppKind::ServerToServer,
        ..prompt(vec![small("acme")])
    });
    world.ensure_group();
    let id = world.zoom_account("acme").account_id();
    let add = [
        "account",
        "add",
        "acme",
        "--group",
        e2e::steps::GROUP,
        "--auth",
        "server-to-server",
    ];
    let missing = world.ctl(&add).ended_with(2);
    assert!(missing.stderr.contains("--zoom-account-id"), "{missing:?}");
    let added = world.json(&[&add[..], &["--zoom-account-id", &id]].concat());
    assert_eq!(
        (&added["state"], &added["auth"]),
        (&"authorized".into(), &"server-to-server".into()),
        "{added}"
    );
    assert_eq!(added["zoom_account_id"], id);
    world.prepare("acme", "acme", &["--backfill", "31d", "--elements", "off"]);
    let _ = world.json(&["cdr", "activate", "acme", "--wait"]);
    world.await_backfill("acme");
    world.zoom_account("acme").expire_access_tokens();
    let _ = world.fresh_calls("acme", 5);
    let _ = world.poll("acme");
    assert_calls_equal(
        &world.zoom_account("acme"),
        &Database::open(&world.database_file("acme")),
    );
    let wrong = [
        &add[..2],
        &[
            "other",
            "--group",
            e2e::steps::GROUP,
            "--auth",
            "server-to-server",
            "--zoom-account-id",
            "x",
        ],
    ];
    let outcome = world.ctl(&wrong.concat());
    assert_eq!(outcome.code, 10, "{outcome:?}");
}

#[test]
fn the_api_url_of_the_token_answer_is_used_unless_one_is_configured() {
    let mut world = World::new(prompt(vec![small("acme")]));
    world.configuration.api_url = None;
    world.start();
    world.connect("acme");
    let _ = world.ctl(&["account", "test", "acme"]).ok();
    world.daemon().stop();
    // Nobody listens on the discard port; only the configuration can have sent the daemon there.
    world.configuration.api_url = Some("http://127.0.0.1:9/v2".to_owned());
    world.start();
    world.zoom().clear_requests();
    let error = world.refused(10, &["account", "test", "acme"]);
    assert_eq!(error["code"], "zoom_unreachable", "{error}");
    assert!(
        world
            .zoom()
            .requests()
            .iter()
            .all(|request| !request.path.starts_with("/v2"))
    );
}

#[test]
fn an_answer_about_one_account_does_not_stop_another() {
    let world = World::started(prompt(vec![small("acme"), small("globex")]));
    for name in ["acme", "globex"] {
        world.collect(name, &["--backfill", "31d", "--elements", "off"]);
    }
    world.zoom_account("acme").revoke_app();
    let _ = world.ctl(&["cdr", "run", "acme", "--wait"]).ended_with(9);
    let _ = world.fresh_calls("globex", 3);
    let job = world.poll("globex");
    assert_eq!(job["state"], "succeeded", "{job}");
    let status = world.json(&["status"]);
    let states: Vec<&Value> = status["accounts"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|account| &account["state"])
        .collect();
    assert_eq!(states, ["reauthorization_required", "authorized"], "{status}");
    assert!(
        status["notices"].to_string().contains("acme"),
        "what needs a person is said: {status}"
    );
    patience::within(Duration::from_secs(5), "status for people", || {
        world
            .ctl(&["status"])
            .ok()
            .stdout
            .contains("reauthorization")
            .then_some(())
    });
}
