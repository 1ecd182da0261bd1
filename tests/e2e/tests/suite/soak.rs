//! Everything at once: a platform that lies in every way it is known to, and a daemon that is killed every few seconds.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use e2e::{
    World,
    database::Database,
    directory_truth::{assert_calls_equal, assert_elements_equal},
    eventually,
    world::{prompt, small},
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use zoom_sim::{AccountOptions, CallSpec, Effect, Fault, Lateness, Options};

const HISTORY: &str = "/v2/phone/call_history";
const KILLS: u32 = 10;
const BETWEEN_KILLS: Duration = Duration::from_millis(2_500);

/// Each so many requests one of each kind, as long as the storm lasts.
fn storm(world: &World) {
    let faults = [
        (4, Effect::ShortPage { rows: 5 }),
        (5, Effect::DuplicateRows { rows: 30 }),
        (6, Effect::ExpiredPageToken),
        (7, Effect::RepeatPageToken),
        (8, Effect::RepeatPage),
        (9, Effect::ClampRange { seconds: 5_000 }),
        (
            11,
            Effect::Status {
                status: 503,
                body: None,
            },
        ),
        (13, Effect::Reset),
        (17, Effect::CutJson),
    ];
    for (every, effect) in faults {
        world.zoom().fault(Fault::standing(HISTORY, every, effect));
    }
    // Wrong for a while only: a total that stays wrong is the truth as far as anybody can tell.
    world
        .zoom()
        .fault(Fault::standing(HISTORY, 3, Effect::WrongTotal { delta: 4 }).lasting(15));
}

/// What happens to the account while it is collected; the answer is the keys of the calls that were changed.
fn life(world: &World, round: u32) -> Vec<String> {
    let account = world.zoom_account("acme");
    let _ = account.add_calls(5);
    // Some of them appear up to a day late, one after five hours of talk.
    account.set_lateness(Lateness {
        permille: 500,
        up_to: Duration::from_secs(86_400),
    });
    let _ = account.add_calls(5);
    account.set_lateness(Lateness::default());
    let _ = account.add_call(CallSpec {
        duration_seconds: Some(5 * 3_600),
        ..CallSpec::default()
    });
    let known = account.truth_calls();
    let mut changed = Vec::new();
    for number in 0..3 {
        let position = (round as usize * 37 + number * 11) % known.len().min(400);
        let Some(uuid) = known[position]["call_history_uuid"].as_str() else {
            continue;
        };
        assert!(account.change_record(uuid, json!({"caller_name": format!("Changed {round}.{number}")})));
        changed.push(uuid.to_owned());
    }
    // One is deleted by its owner; it ended so long ago that its hour has closed, as only closed hours are compared.
    let closed = (world.zoom().clock().now() - SignedDuration::from_hours(2)).strftime("%Y-%m-%dT%H:%M:%SZ");
    let closed = closed.to_string();
    if let Some(uuid) = known
        .iter()
        .filter(|call| call["end_time"].as_str().is_some_and(|end| end < closed.as_str()))
        .nth(7 + round as usize)
        .and_then(|call| call["call_history_uuid"].as_str())
    {
        assert!(account.remove_record(uuid));
    }
    changed
}

fn options() -> Options {
    prompt(vec![AccountOptions {
        calls: 3_000,
        ..small("acme")
    }])
}

#[test]
fn a_lying_platform_and_a_daemon_killed_every_few_seconds_end_equal_to_the_truth() {
    let mut world = World::new(options());
    // Slow enough that the kills and the storm hit the work.
    world.configuration.limits =
        "    heavy: {per_second: 15, per_day: 5000000}\n    medium: {per_second: 200}\n    light: {per_second: 300}\n"
            .to_owned();
    world.start();
    world.connect("acme");
    world.prepare("acme", "acme", &["--backfill", "31d", "--poll-interval", "10s"]);
    let _ = world.json(&["cdr", "activate", "acme"]);
    storm(&world);
    for round in 0..KILLS {
        let until = Instant::now() + BETWEEN_KILLS;
        let _ = life(&world, round);
        while Instant::now() < until {
            // People look while it works.
            let _ = world.ctl(&["cdr", "show", "acme", "--json"]);
            thread::sleep(Duration::from_millis(100));
        }
        world.daemon().kill();
        assert_eq!(Database::open(&world.database_file("acme")).integrity(), "ok");
        world.start();
    }
    let struck = world.zoom().faults_struck();
    for kind in [
        "short_page",
        "duplicate_rows",
        "expired_page_token",
        "repeat_page_token",
        "repeat_page",
        "clamp_range",
        "status",
        "reset",
        "cut_json",
        "wrong_total",
    ] {
        assert!(
            struck.get(kind).is_some_and(|times| *times > 0),
            "{kind} never struck: {struck:?}"
        );
    }
    world.zoom().clear_faults();
    // The late ones have appeared; the daemon's own clock has not moved.
    world.zoom().clock().advance(Duration::from_secs(86_400 + 60));
    world.await_backfill("acme");
    let account = world.zoom_account("acme");
    eventually("every call of the platform", || {
        let _ = world.ctl(&["cdr", "run", "acme", "--wait"]);
        let held = Database::open(&world.database_file("acme")).by_key("call_history", "call_history_uuid");
        let all = account.truth_calls().iter().all(|call| {
            call["call_history_uuid"]
                .as_str()
                .is_some_and(|uuid| held.contains_key(uuid))
        });
        all.then_some(())
    });
    // Windows that the storm left wrong are compared on demand, as they would be by themselves within the week.
    let reconciled = eventually("a complete ledger", || {
        let job = world.json(&["cdr", "reconcile", "acme", "--wait"]);
        (job["completeness"] == 1.0 && job["gaps"] == json!([])).then_some(job)
    });
    assert!(reconciled["windows_checked"].as_u64() > Some(0), "{reconciled}");
    eventually("the elements of every call that is still there", || {
        // Those of a deleted call answer 404 and are asked for ever more rarely; it is known to be deleted once its
        // hour has closed.
        let waiting = Database::open(&world.database_file("acme")).by_key("element_backlog", "call_history_uuid");
        let there = account.truth_calls();
        let waiting = there
            .iter()
            .filter_map(|call| waiting.get(call["call_history_uuid"].as_str()?))
            .filter(|row| row["state"] == "pending")
            .count();
        (waiting == 0).then_some(())
    });
    let database = Database::open(&world.database_file("acme"));
    assert_calls_equal(&account, &database);
    assert_elements_equal(&account, &database);
    assert_eq!(database.integrity(), "ok");
    let twice = database.cell("SELECT COUNT(*) - COUNT(DISTINCT call_history_uuid) FROM call_history");
    assert_eq!(twice, 0);
    println!("struck: {struck:?}; counted: {:?}", counted(&world));
}

/// What the daemon counted, over all jobs that it still knows.
fn counted(world: &World) -> BTreeMap<String, u64> {
    let jobs = world.json(&["job", "list", "acme"]);
    let mut sum = BTreeMap::new();
    for job in jobs["items"].as_array().into_iter().flatten() {
        for (kind, count) in job["result"]["faults_by_kind"].as_object().into_iter().flatten() {
            *sum.entry(kind.clone()).or_insert(0) += count.as_u64().unwrap_or(0);
        }
    }
    sum
}

#[test]
fn each_fault_of_paging_is_made_good_and_counted() {
    let world = World::started(options());
    let account = world.zoom_account("acme");
    let now = world.zoom().clock().now();
    for number in 0..1_300 {
        let _ = account.add_call(CallSpec {
            start: Some(now - SignedDuration::from_secs(3_600 + number * 11)),
            duration_seconds: Some(60),
            publish_at: Some(now),
            ..CallSpec::default()
        });
    }
    world.collect("acme", &["--backfill", "none", "--elements", "off"]);
    let kinds = [
        (Effect::ExpiredPageToken, "expired_tokens"),
        (Effect::RepeatPageToken, "repeated_tokens"),
        (Effect::RepeatPage, "repeated_pages"),
        (Effect::DuplicateRows { rows: 40 }, "duplicate_rows"),
        (Effect::ShortPage { rows: 7 }, "short_readings"),
        (Effect::ClampRange { seconds: 4_000 }, "clamped_ranges"),
    ];
    for (effect, kind) in kinds {
        world.zoom().fault(Fault::new(HISTORY, 1, effect.clone()));
        let job = world.json(&["cdr", "run", "acme", "--wait"]);
        assert_eq!(job["state"], "succeeded", "{job}");
        assert!(
            job["result"]["faults_by_kind"][kind].as_u64() >= Some(1),
            "{effect:?}: {job}"
        );
        assert!(world.zoom().pending_faults().is_empty(), "{effect:?} struck");
    }
    let calm: Value = world.json(&["cdr", "run", "acme", "--wait"]);
    assert_eq!(calm["result"]["faults_by_kind"], json!({}), "{calm}");
    let day_ago = (now - SignedDuration::from_hours(20))
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string();
    let truth = account.truth_calls();
    let recent = truth
        .iter()
        .filter(|call| call["end_time"].as_str() >= Some(day_ago.as_str()));
    let held = format!("call_history WHERE end_time >= '{day_ago}'");
    assert_eq!(
        Database::open(&world.database_file("acme")).count(&held),
        recent.count() as u64
    );
}
