//! Zoom's limits and failures: obeyed, outlasted, never a lost record.

use e2e::{
    World,
    database::Database,
    directory_truth::{assert_calls_equal, assert_directory_equal},
    eventually,
    world::{prompt, small},
};
use zoom_sim::{AccountOptions, CustomLimits, Effect, Fault, LoggedRequest, Options, RateHeaders, RateLimits};

const HISTORY: &str = "/v2/phone/call_history";

fn history_requests(world: &World) -> Vec<LoggedRequest> {
    world
        .zoom()
        .requests()
        .into_iter()
        .filter(|request| request.path == HISTORY)
        .collect()
}

fn equal(world: &World) {
    assert_calls_equal(
        &world.zoom_account("acme"),
        &Database::open(&world.database_file("acme")),
    );
}

#[test]
fn a_storm_of_429_is_obeyed_and_nothing_is_lost() {
    let tight = CustomLimits {
        light: 30,
        medium: 10,
        heavy: 4,
        heavy_daily: 1_000_000,
    };
    let options = Options {
        rate_limits: RateLimits::Custom(tight),
        rate_headers: RateHeaders::None,
        ..prompt(vec![AccountOptions {
            calls: 600,
            ..small("acme")
        }])
    };
    // The daemon believes in far more than Zoom grants: others use the account too.
    let world = World::started(options);
    world.collect("acme", &["--backfill", "31d", "--elements", "off"]);
    equal(&world);
    assert_directory_equal(
        &world.zoom_account("acme"),
        &Database::open(&world.database_file("acme")),
    );
    let requests = world.zoom().requests();
    let refused = requests.iter().filter(|request| request.status == 429).count();
    assert!(refused > 0, "the storm took place");
    assert!(
        refused * 3 < requests.len(),
        "{refused} of {} requests ran into a limit it had been told of",
        requests.len()
    );
}

#[test]
fn the_configured_share_of_a_second_is_never_exceeded() {
    let mut world = World::new(prompt(vec![AccountOptions {
        calls: 400,
        ..small("acme")
    }]));
    world.configuration.limits =
        "    heavy: {per_second: 5, per_day: 100000}\n    medium: {per_second: 20}\n    light: {per_second: 40}\n"
            .to_owned();
    world.start();
    world.collect("acme", &["--backfill", "31d"]);
    equal(&world);
    let times: Vec<_> = history_requests(&world)
        .iter()
        .map(|request| request.at.as_millisecond())
        .collect();
    let busiest = times
        .iter()
        .map(|start| times.iter().filter(|at| (0..1000).contains(&(**at - start))).count())
        .max();
    // Requests that were paced reach the simulator with the jitter of a busy machine.
    assert!(
        busiest <= Some(7),
        "{busiest:?} heavy requests within a second, 5 are allowed"
    );
}

#[test]
fn the_configured_day_is_never_exceeded_not_even_across_restarts() {
    let mut world = World::new(prompt(vec![AccountOptions {
        calls: 400,
        ..small("acme")
    }]));
    world.configuration.limits =
        "    heavy: {per_second: 500, per_day: 8}\n    medium: {per_second: 500}\n    light: {per_second: 2000}\n"
            .to_owned();
    world.start();
    world.connect("acme");
    let _ = world.activate("acme", "acme", &["--backfill", "31d", "--elements", "off"]);
    let used = |world: &World| {
        let status = world.json(&["status"]);
        let quota = status["accounts"][0]["quota"].as_array().cloned().unwrap_or_default();
        let heavy = quota
            .into_iter()
            .find(|quota| quota["label"] == "heavy")
            .unwrap_or_default();
        assert_eq!(heavy["per_day"], 8, "{status}");
        heavy["used_today"].as_u64().unwrap_or_default()
    };
    // The backfill leaves what polls may need: they use up the rest.
    eventually("the day's share to be used up", || {
        let _ = world.ctl(&["cdr", "run", "acme", "--wait", "--timeout", "60"]);
        (used(&world) >= 8).then_some(())
    });
    let status = world.json(&["status"]);
    let heavy = &status["accounts"][0]["quota"][0];
    assert_eq!(
        (&heavy["label"], &heavy["left_today"]),
        (&"heavy".into(), &0.into()),
        "{status}"
    );
    assert!(
        heavy["resets_at"].as_str().is_some_and(|at| at.ends_with("T00:00:00Z")),
        "{status}"
    );
    assert!(
        heavy["backlog_requests"].as_u64() > Some(0) && heavy["backlog_seconds"].as_u64() > Some(0),
        "{status}"
    );
    let error = world.refused(11, &["cdr", "run", "acme", "--wait", "--timeout", "60"]);
    assert!(error["message"].is_string(), "{error}");
    for _ in 0..2 {
        world.daemon().kill();
        world.start();
        let _ = world
            .ctl(&["cdr", "run", "acme", "--wait", "--timeout", "60"])
            .ended_with(11);
    }
    assert!(
        history_requests(&world).len() <= 8,
        "{} heavy requests",
        history_requests(&world).len()
    );
    // A killed daemon may count some requests too many, never one too few.
    assert!(used(&world) >= 8);
    let shown = world.json(&["cdr", "show", "acme"]);
    assert!(
        shown["backfill"]["state"] != "done" && shown["backfill"]["state"] != "cancelled",
        "{shown}"
    );
    // More is allowed: what waited goes on by itself.
    world.daemon().stop();
    world.configuration.limits = e2e::configuration::GENEROUS.to_owned();
    world.start();
    world.await_backfill("acme");
    let _ = world.poll("acme");
    equal(&world);
}

#[test]
fn zooms_own_daily_limit_stops_heavy_requests_until_it_says() {
    let daily = CustomLimits {
        light: 5_000,
        medium: 5_000,
        heavy: 5_000,
        heavy_daily: 200,
    };
    let world = World::started(Options {
        rate_limits: RateLimits::Custom(daily),
        ..prompt(vec![small("acme")])
    });
    world.collect("acme", &["--backfill", "31d", "--elements", "off"]);
    world.zoom_account("acme").spend_heavy_quota(200);
    let _ = world
        .ctl(&["cdr", "run", "acme", "--wait", "--timeout", "60"])
        .ended_with(11);
    world.zoom().clear_requests();
    for _ in 0..3 {
        let _ = world
            .ctl(&["cdr", "run", "acme", "--wait", "--timeout", "60"])
            .ended_with(11);
    }
    assert_eq!(history_requests(&world), Vec::new(), "Zoom said when to come back");
    let job = world.sync("acme");
    assert_eq!(
        job["state"], "succeeded",
        "light and medium requests have no such limit: {job}"
    );
    let status = world.json(&["status"]);
    assert!(status["accounts"][0]["last_error"].is_string(), "{status}");
}

#[test]
fn every_form_of_retry_after_is_understood() {
    for (form, text) in [("seconds", Some("2")), ("none", None)] {
        let world = World::small();
        world.collect("acme", &["--backfill", "31d", "--elements", "off"]);
        if let Some(text) = text {
            let effect = Effect::TooManyDaily {
                retry_after: Some(text.to_owned()),
            };
            world.zoom().fault(Fault::new(HISTORY, 1, effect));
        } else {
            world.zoom().fault(Fault::new(HISTORY, 3, Effect::TooManyPerSecond));
        }
        let _ = world.fresh_calls("acme", 2);
        let first = world.ctl(&["cdr", "run", "acme", "--wait", "--timeout", "60"]);
        assert!(matches!(first.code, 0 | 11), "{form}: {first:?}");
        eventually("polls to go on", || {
            (world.ctl(&["cdr", "run", "acme", "--wait"]).code == 0).then_some(())
        });
        equal(&world);
    }
}

#[test]
fn server_errors_resets_and_broken_bodies_are_retried() {
    let broken: [(&str, Effect); 7] = [
        (
            "500",
            Effect::Status {
                status: 500,
                body: None,
            },
        ),
        (
            "502",
            Effect::Status {
                status: 502,
                body: None,
            },
        ),
        (
            "503",
            Effect::Status {
                status: 503,
                body: None,
            },
        ),
        ("reset", Effect::Reset),
        ("truncated", Effect::Truncate),
        ("half a document", Effect::CutJson),
        ("a page for people", Effect::NotJson),
    ];
    let world = World::started(prompt(vec![AccountOptions {
        calls: 100,
        ..small("acme")
    }]));
    world.collect("acme", &["--backfill", "31d"]);
    for (what, effect) in broken {
        let _ = world.fresh_calls("acme", 2);
        for path in [HISTORY, "/v2/phone/users", "/v2/users"] {
            world.zoom().fault(Fault::new(path, 1, effect.clone()));
        }
        let job = world.poll("acme");
        assert_eq!(job["state"], "succeeded", "{what}: {job}");
        let job = world.sync("acme");
        assert_eq!(job["state"], "succeeded", "{what}: {job}");
        assert!(world.zoom().pending_faults().is_empty(), "{what} struck");
    }
    world.await_elements("acme");
    equal(&world);
    assert_directory_equal(
        &world.zoom_account("acme"),
        &Database::open(&world.database_file("acme")),
    );
}

#[test]
fn a_zoom_that_stays_away_is_a_condition_and_collection_resumes_by_itself() {
    let world = World::small();
    world.collect(
        "acme",
        &["--backfill", "31d", "--elements", "off", "--poll-interval", "10s"],
    );
    world.zoom().fault(Fault::status(HISTORY, 503, 1_000));
    let outcome = world.ctl(&["cdr", "run", "acme", "--wait", "--timeout", "120"]);
    assert_eq!(outcome.code, 10, "{outcome:?}");
    let shown = world.json(&["cdr", "show", "acme"]);
    assert!(shown["last_error"].is_string() && shown["state"] == "active", "{shown}");
    let _ = world.fresh_calls("acme", 4);
    world.zoom().clear_faults();
    eventually("a poll that nobody asked for", || {
        let shown = world.json(&["cdr", "show", "acme"]);
        shown.get("last_error").is_none().then_some(())
    });
    equal(&world);
}
