//! Backfill: a durable request that is planned, resumed, cancelled, and bounded as asked.

use std::time::Duration;

use e2e::{
    World,
    database::Database,
    directory_truth::assert_calls_equal,
    eventually,
    patience::within,
    world::{prompt, small},
};
use jiff::{SignedDuration, Timestamp};
use zoom_sim::{AccountOptions, Effect, Fault};

fn many() -> World {
    let mut world = World::new(prompt(vec![AccountOptions {
        calls: 2_000,
        ..small("acme")
    }]));
    world.configuration.limits =
        "    heavy: {per_second: 6, per_day: 5000000}\n    light: {per_second: 500}\n".to_owned();
    world
}

#[test]
fn a_plan_says_what_it_would_take_and_starts_nothing() {
    let world = World::small();
    world.collect("acme", &["--backfill", "none", "--elements", "off"]);
    world.zoom().clear_requests();
    let plan = world.json(&["cdr", "backfill", "acme", "--from", "2020-01-01", "--dry-run"]);
    assert_eq!(plan["schema"], "callsync/cdr-plan/v1");
    assert!(
        plan["windows"].as_u64() > Some(0) && plan["requests"].as_u64() >= plan["windows"].as_u64(),
        "{plan}"
    );
    assert!(
        plan["days_of_quota"].as_f64() > Some(0.0) && plan["eta_seconds"].is_u64(),
        "{plan}"
    );
    let from: Timestamp = plan["from"]
        .as_str()
        .and_then(|from| from.parse().ok())
        .expect("a start");
    let days = from.duration_until(world.zoom().clock().now()).as_hours() / 24;
    assert!((179..=186).contains(&days), "Zoom answers for six months: {plan}");
    assert_eq!(world.zoom().requests(), Vec::new());
    assert_eq!(world.json(&["cdr", "show", "acme"])["backfill"]["state"], "none");
    let human = world.ctl(&["cdr", "backfill", "acme", "--dry-run"]).ok();
    assert!(human.stdout.to_lowercase().contains("windows"), "{human:?}");
}

#[test]
fn an_activation_shows_what_its_six_months_take_before_it_starts() {
    let world = World::small();
    world.connect("acme");
    world.prepare("acme", "acme", &[]);
    let dry = world.json(&["cdr", "activate", "acme", "--dry-run"]);
    assert_eq!(dry["state"], "database_ready", "{dry}");
    let plan = &dry["plan"];
    assert!(
        plan["windows"].as_u64() > Some(0) && plan["requests"].as_u64() > Some(0),
        "{dry}"
    );
    assert!(
        plan["calls"].as_u64() > Some(100) && plan["eta_seconds"].is_u64() && plan["days_of_quota"].is_f64(),
        "60 calls of the last month stand for six months: {dry}"
    );
    assert_eq!(world.json(&["cdr", "show", "acme"])["backfill"]["state"], "none");
    let human = world.ctl(&["cdr", "activate", "acme", "--dry-run"]).ok();
    assert!(human.stdout.contains("Estimated time"), "{human:?}");
    let activated = world.json(&["cdr", "activate", "acme"]);
    assert_eq!(activated["plan"]["windows"], plan["windows"], "{activated}");
    world.await_backfill("acme");
    let shown = world.json(&["cdr", "show", "acme"]);
    assert_eq!(shown["backfill"]["from"], activated["plan"]["from"], "{shown}");
}

/// Processing is switched off, and three days go by as far as the database can tell.
fn paused_for_days(settings: &[&str]) -> World {
    let mut world = World::started(prompt(vec![AccountOptions {
        calls: 300,
        ..small("acme")
    }]));
    world.collect("acme", &[settings, &["--elements", "off"]].concat());
    let off = world.json(&["cdr", "deactivate", "acme", "--yes"]);
    assert_eq!(off["state"], "paused", "{off}");
    world.daemon().stop();
    let long_ago = world.zoom().clock().now() - SignedDuration::from_hours(72);
    let long_ago = long_ago.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let file = rusqlite::Connection::open(world.database_file("acme")).expect("the database");
    for statement in [
        format!("UPDATE collection_watermark SET seen_until = '{long_ago}'"),
        format!("DELETE FROM call_history WHERE end_time >= '{long_ago}'"),
    ] {
        file.execute_batch(&statement).expect("as if it had been off");
    }
    drop(file);
    world.start();
    world
}

#[test]
fn what_a_pause_missed_is_collected_by_a_backfill_of_its_own() {
    let world = paused_for_days(&["--backfill", "31d"]);
    let dry = world.json(&["cdr", "activate", "acme", "--dry-run"]);
    assert!(
        dry["missed"]["from"].is_string() && dry["plan"]["requests"].is_u64(),
        "{dry}"
    );
    let activated = world.json(&["cdr", "activate", "acme"]);
    let missed = &activated["missed"];
    assert_eq!(missed["collected"], true, "{activated}");
    let jobs = activated["jobs"].as_array().cloned().unwrap_or_default();
    assert!(jobs.iter().any(|job| job["kind"] == "backfill"), "{activated}");
    world.await_backfill("acme");
    let shown = world.json(&["cdr", "show", "acme"]);
    assert_eq!(
        (&shown["backfill"]["from"], &shown["backfill"]["to"]),
        (&missed["from"], &missed["to"]),
        "{shown}"
    );
    let _ = world.poll("acme");
    assert_calls_equal(
        &world.zoom_account("acme"),
        &Database::open(&world.database_file("acme")),
    );
}

#[test]
fn where_no_backfill_is_wanted_the_command_that_collects_a_pause_is_shown() {
    let world = paused_for_days(&["--backfill", "31d"]);
    let _ = world.json(&["cdr", "set", "acme", "--backfill", "none"]);
    let human = world.ctl(&["cdr", "activate", "acme"]).ok();
    let command = human
        .stderr
        .lines()
        .find_map(|line| line.trim().strip_prefix("callsyncctl cdr backfill acme --from "))
        .unwrap_or_else(|| panic!("no command: {human:?}"));
    let words: Vec<&str> = command.split_whitespace().collect();
    let [from, "--to", to] = words[..] else {
        panic!("{command}")
    };
    let job = world.json(&["cdr", "backfill", "acme", "--from", from, "--to", to, "--wait"]);
    assert_eq!(job["state"], "succeeded", "{job}");
    let _ = world.poll("acme");
    assert_calls_equal(
        &world.zoom_account("acme"),
        &Database::open(&world.database_file("acme")),
    );
}

#[test]
fn a_backfill_that_met_a_limit_comes_back_by_itself() {
    let world = World::small();
    world.collect("acme", &["--backfill", "none", "--elements", "off"]);
    let refusal = Effect::TooManyDaily {
        retry_after: Some("6".to_owned()),
    };
    world.zoom().fault(Fault::new("/v2/phone/call_history", 1, refusal));
    let outcome = world
        .ctl(&["cdr", "backfill", "acme", "--wait", "--timeout", "60", "--json"])
        .ended_with(11);
    let job = outcome.json();
    assert_eq!(
        (&job["state"], &job["error"]["code"]),
        (&"failed".into(), &"quota_exhausted".into()),
        "{job}"
    );
    let shown = world.json(&["cdr", "show", "acme"]);
    assert_eq!(shown["backfill"]["state"], "paused", "{shown}");
    assert!(shown["backfill"]["eta_seconds"].is_u64(), "{shown}");
    world.await_backfill("acme");
}

#[test]
fn a_backfill_of_a_span_collects_that_span_and_nothing_else() {
    let world = World::small();
    world.collect("acme", &["--backfill", "none", "--elements", "off"]);
    let now = world.zoom().clock().now();
    let day = |days: i64| {
        (now - SignedDuration::from_hours(24 * days))
            .strftime("%Y-%m-%d")
            .to_string()
    };
    let (from, to) = (day(20), day(10));
    let job = world.json(&["cdr", "backfill", "acme", "--from", &from, "--to", &to, "--wait"]);
    assert_eq!(
        (&job["state"], &job["kind"]),
        (&"succeeded".into(), &"backfill".into()),
        "{job}"
    );
    let database = Database::open(&world.database_file("acme"));
    let account = world.zoom_account("acme");
    let wanted = account
        .truth_calls()
        .iter()
        .filter_map(|call| call["end_time"].as_str().map(str::to_owned))
        .filter(|end| (from.as_str()..to.as_str()).contains(&end.as_str()))
        .count() as u64;
    assert!(wanted > 5);
    let span = format!("call_history WHERE end_time >= '{from}' AND end_time < '{to}'");
    assert_eq!(database.count(&span), wanted);
    let before = format!("call_history WHERE end_time < '{from}'");
    assert_eq!(database.count(&before), 0);
    let shown = world.json(&["cdr", "show", "acme"]);
    assert_eq!(shown["backfill"]["state"], "done", "{shown}");
    assert!(
        shown["backfill"]["from"]
            .as_str()
            .is_some_and(|start| start.starts_with(&from)),
        "{shown}"
    );
    assert_eq!(shown["backfill"]["done_until"], shown["backfill"]["from"]);
    for bad in [&["--from", "yesterday"][..], &["--from", &to, "--to", &from]] {
        let _ = world.ctl(&[&["cdr", "backfill", "acme"], bad].concat()).ended_with(2);
    }
}

#[test]
fn a_restart_resumes_where_it_was_newest_first() {
    let mut world = many();
    world.start();
    world.connect("acme");
    let activated = world.activate("acme", "acme", &["--backfill", "31d", "--elements", "off"]);
    assert!(
        activated["jobs"]
            .as_array()
            .is_some_and(|jobs| jobs.iter().any(|job| job["kind"] == "backfill")),
        "{activated}"
    );
    let halfway = eventually("half of the backfill", || {
        let shown = world.json(&["cdr", "show", "acme"]);
        let done = shown["backfill"]["done_until"].as_str()?.parse::<Timestamp>().ok()?;
        let from = shown["backfill"]["from"].as_str()?.parse::<Timestamp>().ok()?;
        let to = shown["backfill"]["to"].as_str()?.parse::<Timestamp>().ok()?;
        (done.duration_until(to) > from.duration_until(to) / 4).then_some(done)
    });
    world.daemon().stop();
    world.zoom().clear_requests();
    world.start();
    world.await_backfill("acme");
    let again = world.zoom().requests().into_iter().filter(|request| {
        let from = request
            .query
            .split('&')
            .find_map(|part| part.strip_prefix("from="))
            .unwrap_or_default();
        let from = from.replace("%3A", ":").parse::<Timestamp>();
        // The poll after the start re-reads the last days anyway.
        let recent = halfway.max(world.zoom().clock().now() - SignedDuration::from_hours(49));
        request.path == "/v2/phone/call_history" && from.is_ok_and(|from| from >= recent && from < halfway)
    });
    assert_eq!(
        again.count(),
        0,
        "what was collected before the restart is not fetched again"
    );
    let _ = world.poll("acme");
    assert_calls_equal(
        &world.zoom_account("acme"),
        &Database::open(&world.database_file("acme")),
    );
}

#[test]
fn a_cancelled_backfill_stops_stays_stopped_and_can_be_asked_for_again() {
    let mut world = many();
    world.start();
    world.connect("acme");
    let activated = world.activate("acme", "acme", &["--backfill", "31d", "--elements", "off"]);
    let jobs = activated["jobs"].as_array().cloned().unwrap_or_default();
    let job = jobs
        .iter()
        .find(|job| job["kind"] == "backfill")
        .and_then(|job| job["id"].as_str());
    let job = job.unwrap_or_else(|| panic!("no backfill in {activated}")).to_owned();
    eventually("the backfill to run", || {
        (world.json(&["cdr", "show", "acme"])["backfill"]["state"] == "running").then_some(())
    });
    let cancelled = world.json(&["job", "cancel", &job]);
    assert_eq!(cancelled["id"].as_str(), Some(job.as_str()));
    let ended = eventually("the end of the job", || {
        let shown = world.json(&["job", "show", &job]);
        shown["finished_at"].is_string().then_some(shown)
    });
    assert_eq!(ended["state"], "cancelled", "{ended}");
    let shown = || world.json(&["cdr", "show", "acme"])["backfill"]["state"].clone();
    within(Duration::from_secs(5), "the request to be cancelled too", || {
        (shown() == "cancelled").then_some(())
    });
    let _ = world.ctl(&["job", "wait", &job]).ended_with(1);
    world.daemon().stop();
    world.configuration.limits = e2e::configuration::GENEROUS.to_owned();
    world.start();
    assert_eq!(
        world.json(&["cdr", "show", "acme"])["backfill"]["state"],
        "cancelled",
        "a restart does not revive it"
    );
    let job = world.json(&["cdr", "backfill", "acme", "--wait"]);
    assert_eq!(job["state"], "succeeded", "{job}");
    let _ = world.poll("acme");
    assert_calls_equal(
        &world.zoom_account("acme"),
        &Database::open(&world.database_file("acme")),
    );
}

#[test]
fn asking_for_a_job_that_runs_answers_with_that_job() {
    let mut world = many();
    world.start();
    world.connect("acme");
    let activated = world.activate("acme", "acme", &["--backfill", "31d", "--elements", "off"]);
    let jobs = activated["jobs"].as_array().cloned().unwrap_or_default();
    let first = jobs
        .iter()
        .find(|job| job["kind"] == "backfill")
        .map(|job| job["id"].clone());
    let again = world.json(&["cdr", "backfill", "acme"]);
    assert_eq!(Some(&again["id"]), first.as_ref(), "{again}");
    let waited = world
        .ctl(&["cdr", "backfill", "acme", "--wait", "--timeout", "0.3", "--json"])
        .ended_with(13);
    assert!(
        waited.error()["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("job wait")),
        "{waited:?}"
    );
}
