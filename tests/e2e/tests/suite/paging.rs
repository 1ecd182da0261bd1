//! Paging defends itself: whatever the listing does, the database ends up equal to the platform.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use e2e::{
    World,
    database::Database,
    directory_truth::{assert_calls_equal, assert_directory_equal},
    eventually,
    world::{prompt, small},
};
use jiff::SignedDuration;
use zoom_sim::{AccountOptions, CallSpec, Effect, Fault, Options, Paging};

const HISTORY: &str = "/v2/phone/call_history";

/// Enough calls within one day for several pages of 300.
fn crowded(options: Options) -> World {
    let world = World::started(options);
    let account = world.zoom_account("acme");
    let now = world.zoom().clock().now();
    for number in 0..1_300 {
        account.add_call(CallSpec {
            start: Some(now - SignedDuration::from_secs(3_600 + number * 11)),
            duration_seconds: Some(60),
            publish_at: Some(now),
            ..CallSpec::default()
        });
    }
    world
}

fn few() -> Options {
    prompt(vec![AccountOptions {
        calls: 40,
        ..small("acme")
    }])
}

fn collected_and_healed(world: &World) {
    world.await_backfill("acme");
    eventually("gaps to heal", || {
        let _ = world.ctl(&["cdr", "run", "acme", "--wait"]);
        (world.json(&["cdr", "show", "acme"])["gaps"] == 0).then_some(())
    });
    assert_calls_equal(
        &world.zoom_account("acme"),
        &Database::open(&world.database_file("acme")),
    );
}

fn collected_in_spite_of(effects: &[Effect]) {
    let world = crowded(few());
    world.connect("acme");
    world.prepare("acme", "acme", &["--backfill", "31d", "--elements", "off"]);
    for effect in effects {
        world.zoom().fault(Fault::new(HISTORY, 2, effect.clone()));
    }
    let _ = world.json(&["cdr", "activate", "acme", "--wait"]);
    collected_and_healed(&world);
    assert!(
        world.zoom().pending_faults().is_empty(),
        "{:?} never happened",
        world.zoom().pending_faults()
    );
}

#[test]
fn a_repeated_page_token_or_page_is_detected() {
    collected_in_spite_of(&[Effect::RepeatPageToken]);
    collected_in_spite_of(&[Effect::RepeatPage]);
}

#[test]
fn rows_that_come_twice_are_held_once() {
    collected_in_spite_of(&[Effect::DuplicateRows { rows: 40 }]);
}

#[test]
fn rows_that_were_left_out_of_a_page_are_noticed_and_fetched() {
    collected_in_spite_of(&[Effect::ShortPage { rows: 7 }]);
}

#[test]
fn a_total_that_was_wrong_for_a_moment_leaves_no_gap() {
    collected_in_spite_of(&[Effect::WrongTotal { delta: 5 }]);
}

#[test]
fn a_range_that_zoom_silently_clamped_is_noticed_and_collected_all_the_same() {
    collected_in_spite_of(&[Effect::ClampRange { seconds: 4_000 }]);
}

#[test]
fn page_tokens_that_expire_on_the_way_restart_the_window() {
    let world = crowded(few());
    world.connect("acme");
    world.prepare("acme", "acme", &["--backfill", "31d", "--elements", "off"]);
    world
        .zoom()
        .fault(Fault::new(HISTORY, 40, Effect::Latency { millis: 30 }));
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..12 {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                world.zoom().fault(Fault::new("", 1, Effect::ExpirePageTokens));
                thread::sleep(Duration::from_millis(70));
            }
        });
        let _ = world.json(&["cdr", "activate", "acme", "--wait"]);
        world.await_backfill("acme");
        over.store(true, Ordering::Relaxed);
    });
    collected_and_healed(&world);
    let refused = world
        .zoom()
        .requests()
        .into_iter()
        .filter(|request| request.path == HISTORY && request.status == 400);
    assert!(refused.count() > 0, "tokens expired while they were in use");
}

#[test]
fn calls_that_appear_while_pages_shift_are_neither_lost_nor_doubled() {
    let world = crowded(Options {
        paging: Paging::LiveOffset,
        ..few()
    });
    world.connect("acme");
    world.prepare("acme", "acme", &["--backfill", "31d", "--elements", "off"]);
    let account = world.zoom_account("acme");
    world
        .zoom()
        .fault(Fault::new(HISTORY, 30, Effect::Latency { millis: 20 }));
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..30 {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                account.add_calls(3);
                thread::sleep(Duration::from_millis(25));
            }
        });
        let _ = world.json(&["cdr", "activate", "acme", "--wait"]);
        world.await_backfill("acme");
        over.store(true, Ordering::Relaxed);
    });
    collected_and_healed(&world);
}

#[test]
fn directory_listings_defend_themselves_too() {
    let world = World::started(prompt(vec![AccountOptions {
        users: 450,
        ..small("acme")
    }]));
    world.collect("acme", &["--backfill", "none"]);
    for effect in [Effect::RepeatPage, Effect::RepeatPageToken] {
        world.zoom().fault(Fault::new("/v2/phone/users", 1, effect));
    }
    let _ = world.ctl(&["sync", "run", "acme", "--wait"]);
    assert_directory_equal(
        &world.zoom_account("acme"),
        &Database::open(&world.database_file("acme")),
    );
}

#[test]
fn a_listing_that_shrinks_or_breaks_removes_nobody_and_is_reported_as_partial() {
    let world = World::started(prompt(vec![AccountOptions {
        users: 60,
        ..small("acme")
    }]));
    world.collect("acme", &["--backfill", "none"]);
    let database = Database::open(&world.database_file("acme"));
    let held = database.count("phone_user WHERE removed_at IS NULL");
    let body = serde_json::json!({"next_page_token": "", "page_size": 100, "total_records": 1, "users": []});
    world.zoom().fault(Fault::new(
        "/v2/phone/users",
        1,
        Effect::Status {
            status: 200,
            body: Some(body),
        },
    ));
    let outcome = world.ctl(&["sync", "run", "acme", "--wait", "--json"]).ended_with(14);
    assert_eq!(outcome.json()["state"], "partial", "{outcome:?}");
    assert_eq!(database.count("phone_user WHERE removed_at IS NULL"), held);
    let status = world.json(&["sync", "status", "acme"]);
    assert_eq!(status["status"], "Partial", "{status}");
    assert!(status["entities"]["phone_users"]["error"].is_string(), "{status}");
    let job = world.sync("acme");
    assert_eq!(job["state"], "succeeded", "{job}");
    assert_eq!(world.json(&["sync", "status", "acme"])["status"], "Enabled");
}

#[test]
fn a_listing_that_really_shrank_is_believed_when_a_person_says_so() {
    let world = World::started(prompt(vec![small("acme")]));
    world.collect("acme", &["--backfill", "none"]);
    let database = Database::open(&world.database_file("acme"));
    let present = || database.count("call_queue WHERE removed_at IS NULL");
    assert_eq!(present(), 2);
    let body = serde_json::json!({"next_page_token": "", "page_size": 100, "total_records": 0, "call_queues": []});
    let nothing = Effect::Status {
        status: 200,
        body: Some(body),
    };
    world.zoom().fault(Fault::new("/v2/phone/call_queues", 2, nothing));
    let job = world
        .ctl(&["sync", "run", "acme", "--wait", "--json"])
        .ended_with(14)
        .json();
    let error = job["error"].to_string();
    assert!(error.contains("--accept-removals"), "it says what to type: {job}");
    assert_eq!(present(), 2, "nobody was removed");
    let job = world.json(&["sync", "run", "acme", "--accept-removals", "--wait"]);
    assert_eq!(job["state"], "succeeded", "{job}");
    assert_eq!(present(), 0);
}
