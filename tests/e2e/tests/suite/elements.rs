//! The legs of a call: a durable backlog that is drained, also when the detail comes late.

use std::time::Duration;

use e2e::{
    World,
    database::Database,
    directory_truth::{assert_calls_equal, assert_elements_equal},
    eventually,
    world::{prompt, small},
};
use zoom_sim::{AccountOptions, Effect, Fault, Options};

fn detail_requests(world: &World, uuid: &str) -> Vec<u16> {
    let requests = world.zoom().requests().into_iter();
    requests
        .filter(|request| request.path.ends_with(uuid))
        .map(|request| request.status)
        .collect()
}

#[test]
fn every_leg_of_every_call_is_held_field_for_field() {
    let world = World::started(prompt(vec![AccountOptions {
        calls: 400,
        ..small("acme")
    }]));
    world.collect("acme", &["--backfill", "31d"]);
    let account = world.zoom_account("acme");
    let database = Database::open(&world.database_file("acme"));
    assert_calls_equal(&account, &database);
    assert_elements_equal(&account, &database);
    let shown = world.json(&["cdr", "show", "acme"]);
    assert_eq!(shown["elements"], database.count("call_element"), "{shown}");
    let uuid = account.truth_calls()[0]["call_history_uuid"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let call = world.json(&["calls", "show", "acme", &uuid]);
    let legs = account.truth_detail(&uuid).unwrap_or_default()["call_elements"]
        .as_array()
        .map_or(0, Vec::len);
    assert_eq!(call["elements"].as_array().map(Vec::len), Some(legs), "{call}");
}

#[test]
fn a_detail_that_is_not_there_right_after_the_call_is_fetched_later() {
    let world = World::started(Options {
        detail_lag: Duration::from_secs(4),
        ..prompt(vec![small("acme")])
    });
    world.collect("acme", &["--backfill", "none"]);
    let uuid = world.fresh_calls("acme", 1).remove(0);
    let _ = world.poll("acme");
    eventually("the first 404", || {
        (!detail_requests(&world, &uuid).is_empty()).then_some(())
    });
    assert_eq!(world.json(&["cdr", "show", "acme"])["elements_pending"], 1);
    world.zoom().clock().advance(Duration::from_secs(5));
    world.await_elements("acme");
    let asked = detail_requests(&world, &uuid);
    assert_eq!((asked.first(), asked.last()), (Some(&404), Some(&200)), "{asked:?}");
    assert!(asked.len() < 12, "with back-off: {asked:?}");
    let database = Database::open(&world.database_file("acme"));
    assert!(database.count(&format!("call_element WHERE call_history_uuid = '{uuid}'")) > 0);
}

#[test]
fn the_backlog_survives_a_kill() {
    let mut world = World::new(prompt(vec![AccountOptions {
        calls: 500,
        ..small("acme")
    }]));
    world.configuration.limits = "    heavy: {per_second: 100}\n    light: {per_second: 60}\n".to_owned();
    world.start();
    world.connect("acme");
    world.prepare("acme", "acme", &["--backfill", "31d"]);
    let _ = world.json(&["cdr", "activate", "acme"]);
    world.await_backfill("acme");
    let waiting = world.json(&["cdr", "show", "acme"])["elements_pending"]
        .as_u64()
        .unwrap_or_default();
    assert!(waiting > 50, "only {waiting} calls wait for their elements");
    world.daemon().kill();
    world.configuration.limits = e2e::configuration::GENEROUS.to_owned();
    world.start();
    world.await_elements("acme");
    assert_elements_equal(
        &world.zoom_account("acme"),
        &Database::open(&world.database_file("acme")),
    );
}

#[test]
fn details_that_fail_do_not_hold_up_the_others() {
    let world = World::started(prompt(vec![AccountOptions {
        calls: 100,
        ..small("acme")
    }]));
    world.connect("acme");
    world.prepare("acme", "acme", &["--backfill", "31d"]);
    for effect in [
        Effect::Status {
            status: 500,
            body: None,
        },
        Effect::CutJson,
        Effect::Reset,
    ] {
        world.zoom().fault(Fault::new("/v2/phone/call_history/", 3, effect));
    }
    let _ = world.json(&["cdr", "activate", "acme", "--wait"]);
    world.await_backfill("acme");
    world.await_elements("acme");
    assert_elements_equal(
        &world.zoom_account("acme"),
        &Database::open(&world.database_file("acme")),
    );
}

#[test]
fn switched_off_no_detail_is_asked_for() {
    let world = World::small();
    world.collect("acme", &["--backfill", "31d", "--elements", "off"]);
    let details = world
        .zoom()
        .requests()
        .into_iter()
        .filter(|request| request.path.starts_with("/v2/phone/call_history/"));
    assert_eq!(details.count(), 0);
    assert_eq!(
        Database::open(&world.database_file("acme")).count("element_backlog WHERE state = 'pending'"),
        0
    );
}

#[test]
fn switched_off_on_the_way_the_backlog_rests_and_switched_on_it_goes_on() {
    let mut world = World::new(prompt(vec![AccountOptions {
        calls: 900,
        ..small("acme")
    }]));
    world.configuration.limits = "    heavy: {per_second: 100}\n    light: {per_second: 100}\n".to_owned();
    world.start();
    world.connect("acme");
    world.prepare("acme", "acme", &["--backfill", "31d"]);
    let _ = world.json(&["cdr", "activate", "acme"]);
    world.await_backfill("acme");
    let pending = |world: &World| {
        world.json(&["cdr", "show", "acme"])["elements_pending"]
            .as_u64()
            .unwrap_or(0)
    };
    let off = world.json(&["cdr", "set", "acme", "--elements", "off"]);
    assert_eq!(off["settings"]["elements"], false, "{off}");
    eventually("the end of the job that drains", || {
        let jobs = world.json(&["job", "list", "acme"]);
        let busy = jobs["items"].as_array().is_some_and(|jobs| {
            jobs.iter()
                .any(|job| job["kind"] == "elements" && job["finished_at"].is_null())
        });
        (!busy).then_some(())
    });
    let left = pending(&world);
    assert!(left > 0, "nothing was left to rest");
    world.zoom().clear_requests();
    let _ = world.poll("acme");
    let details = world.zoom().requests().into_iter();
    assert_eq!(
        details
            .filter(|request| request.path.starts_with("/v2/phone/call_history/"))
            .count(),
        0
    );
    assert_eq!(pending(&world), left);
    let _ = world.json(&["cdr", "set", "acme", "--elements", "on"]);
    world.await_elements("acme");
    assert_elements_equal(
        &world.zoom_account("acme"),
        &Database::open(&world.database_file("acme")),
    );
}

#[test]
fn the_legs_of_a_call_that_changed_are_fetched_again() {
    let world = World::small();
    world.collect("acme", &["--backfill", "31d"]);
    let account = world.zoom_account("acme");
    let uuid = account.truth_calls()[0]["call_history_uuid"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let mut detail = account.truth_detail(&uuid).unwrap_or_default();
    detail["call_elements"][0]["client_code"] = "edited later".into();
    account.load_details([(uuid.clone(), detail)].into());
    assert!(account.change_record(&uuid, serde_json::json!({"caller_name": "Edited Later"})));
    let _ = world.poll("acme");
    world.await_elements("acme");
    let database = Database::open(&world.database_file("acme"));
    assert_calls_equal(&account, &database);
    assert_elements_equal(&account, &database);
}
