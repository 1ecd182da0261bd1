//! Watching: silence is an alert, metrics are whole, doctor ends in commands, health answers whatever is down. What each
//! fault does to the checks is in `faults`.

use std::{fs, os::unix::fs::PermissionsExt as _};

use e2e::{World, eventually};
use serde_json::Value;
use zoom_sim::{Effect, Fault};

/// Collecting every ten seconds, with everything there was collected.
fn collecting() -> World {
    let world = World::small();
    world.collect(
        "acme",
        &["--backfill", "none", "--elements", "off", "--poll-interval", "10s"],
    );
    world
}

fn checks(world: &World) -> Vec<Value> {
    let outcome = world.ctl(&["health", "--json"]);
    let health = outcome.json();
    assert_eq!(health["schema"], "callsync/health/v1");
    assert_eq!(outcome.code, i32::from(health["state"] != "ok"), "{outcome:?}");
    health["checks"].as_array().cloned().unwrap_or_default()
}

fn await_well(world: &World) {
    eventually("all checks to be well", || {
        checks(world).iter().all(|check| check["state"] == "ok").then_some(())
    });
}

fn firing(world: &World) -> Vec<String> {
    let listed = world.json(&["alert", "list"]);
    let items = listed["items"].as_array().cloned().unwrap_or_default();
    items
        .iter()
        .map(|alert| alert["code"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn silence_at_zoom_is_an_alert_that_names_its_cause_and_ends_with_a_call() {
    let world = World::small();
    world.connect("acme");
    let rule = [
        "--backfill",
        "none",
        "--elements",
        "off",
        "--poll-interval",
        "10s",
        "--no-cdr-after",
        "1s",
        "--no-cdr-days",
        "daily",
        "--no-cdr-hours",
        "00:00-00:00",
        "--no-cdr-timezone",
        "UTC",
    ];
    world.prepare("acme", "acme", &rule);
    let _ = world.json(&["cdr", "activate", "acme", "--wait"]);
    let alert = eventually("the alert", || {
        let listed = world.json(&["alert", "list"]);
        listed["items"]
            .as_array()?
            .iter()
            .find(|alert| alert["code"] == "no_cdr")
            .cloned()
    });
    assert_eq!(
        (alert["cause"].as_str(), alert["account"].as_str()),
        (Some("no_calls_at_zoom"), Some("acme")),
        "{alert}"
    );
    assert!(
        alert["hint"].as_str().is_some_and(|hint| hint.contains("callsyncctl")),
        "{alert}"
    );
    // From now on a day may pass.
    let _ = world.json(&["cdr", "set", "acme", "--no-cdr-after", "1d"]);
    let _ = world.fresh_calls("acme", 3);
    let _ = world.poll("acme");
    eventually("the end of the alert", || firing(&world).is_empty().then_some(()));
}

#[test]
fn the_metrics_are_whole_and_the_file_is_replaced_as_a_whole() {
    let world = collecting();
    await_well(&world);
    let printed = world.ctl(&["metrics"]).ok().stdout;
    assert!(printed.ends_with("# EOF\n"), "{printed}");
    assert_eq!(
        world
            .ctl(&["health", "--format", "openmetrics"])
            .ok()
            .stdout
            .lines()
            .next(),
        printed.lines().next()
    );
    for sample in [
        "callsync_cdr_records_total{account=\"acme\"} ",
        "callsync_last_success_timestamp_seconds{account=\"acme\",job=\"cdr\"} ",
        "callsync_api_requests_total{label=\"heavy\",code=\"200\"} ",
        "callsync_health{check=\"zoom_api\",account=\"acme\"} 0",
        "callsync_quota_used{account=\"acme\",label=\"heavy\"} ",
    ] {
        assert!(
            printed.lines().any(|line| line.starts_with(sample)),
            "{sample} in:\n{printed}"
        );
    }
    let file = world.home().join("callsync.prom");
    let path = file.to_string_lossy().into_owned();
    let _ = world.ctl(&["metrics", "--write", &path]).ok();
    let _ = world.ctl(&["metrics", "--write", &path]).ok();
    assert!(fs::read_to_string(&file).expect("written").ends_with("# EOF\n"));
    assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o644);
    let _ = world.refused(2, &["metrics"]);
}

#[test]
fn doctor_ends_every_finding_with_a_command_and_works_without_the_daemon() {
    let mut world = collecting();
    let outcome = world.ctl(&["doctor", "--json"]).ok();
    let doctor = outcome.json();
    assert_eq!(
        (doctor["schema"].as_str(), doctor["state"].as_str()),
        (Some("callsync/doctor/v1"), Some("ok")),
        "{doctor}"
    );
    let findings = doctor["findings"].as_array().cloned().unwrap_or_default();
    for name in [
        "socket",
        "configuration",
        "server",
        "zoom",
        "database",
        "cdr_lag",
        "disk",
    ] {
        assert!(
            findings.iter().any(|finding| finding["name"] == name),
            "{name}: {doctor}"
        );
    }
    for finding in &findings {
        let command = finding["command"].as_str().unwrap_or_default();
        assert!(
            ["callsync", "systemctl", "journalctl", "df"]
                .iter()
                .any(|word| command.starts_with(word)),
            "{finding}"
        );
    }
    world.zoom().fault(Fault::new("/v2/", 100_000, Effect::Reset));
    let sick = world.ctl(&["doctor", "--json"]).ended_with(1).json();
    assert_eq!(sick["state"], "critical", "{sick}");
    world.zoom().clear_faults();

    world.daemon().stop();
    let down = world.ctl(&["doctor", "--json"]).ended_with(3).json();
    assert_eq!(down["findings"][0]["state"], "critical", "{down}");
    assert!(
        down["findings"][0]["command"]
            .as_str()
            .is_some_and(|command| command.contains("callsyncd")),
        "{down}"
    );
    let nagios = world.ctl(&["health", "--format", "nagios"]).ended_with(2);
    assert!(nagios.stdout.starts_with("CALLSYNC CRITICAL - "), "{nagios:?}");
    let _ = world.refused(3, &["health"]);
}

#[test]
fn health_is_answered_while_zoom_and_the_database_are_down() {
    let mut world = collecting();
    await_well(&world);
    world.daemon().stop();
    fs::rename(world.database_file("acme"), world.home().join("aside.db")).expect("moved");
    world.cut_zoom();
    world.start();
    let outcome = world.command(&["health", "--timeout", "8", "--json"]).run();
    assert!(matches!(outcome.code, 0 | 1), "{outcome:?}");
    // Nobody hangs: the next answer comes while jobs wait for both.
    let _ = world.ctl(&["health", "--format", "nagios", "--timeout", "8"]);
    assert_eq!(outcome.json()["schema"], "callsync/health/v1");
}
