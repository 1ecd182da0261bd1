//! A daemon that is killed at any instant loses nothing and repeats nothing.

use std::time::{Duration, Instant};

use e2e::{
    World,
    database::{Database, Row},
    directory_truth::{assert_calls_equal, assert_directory_equal, assert_elements_equal},
    eventually,
    world::{prompt, small},
};
use zoom_sim::{AccountOptions, Options, Quirks};

const KILLS: u32 = 20;

fn options() -> Options {
    let quirks = Quirks {
        keyless: 5,
        ..Quirks::default()
    };
    prompt(vec![AccountOptions {
        calls: 1_500,
        quirks,
        ..small("acme")
    }])
}

/// The instants of the kills; the same in every run.
struct Instants(u64);

impl Instants {
    fn next(&mut self) -> Duration {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Duration::from_micros((self.0 >> 33) % 250_000)
    }
}

/// Facts without the moments at which we saw them.
fn facts(database: &Database, table: &str, key: &str) -> Vec<Row> {
    let numbered = table == "rejected_record";
    let rows = database.by_key(table, key).into_values().map(|mut row| {
        if numbered {
            row.remove("id");
        }
        for stamp in ["first_seen_at", "changed_at"] {
            row.remove(stamp);
        }
        row
    });
    rows.collect()
}

#[test]
fn killed_at_any_instant_it_carries_on_and_the_result_is_the_same() {
    let mut world = World::new(options());
    // Slow enough that the kills hit the work and not the rest after it.
    world.configuration.limits =
        "    heavy: {per_second: 12, per_day: 5000000}\n    medium: {per_second: 100}\n    light: {per_second: 400}\n"
            .to_owned();
    world.start();
    world.connect("acme");
    let _ = world.activate("acme", "acme", &["--backfill", "31d"]);
    let mut instants = Instants(2026);
    let mut during_backfill = 0;
    for _ in 0..KILLS {
        let wait = instants.next();
        let until = Instant::now() + wait;
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        world.daemon().kill();
        let database = Database::open(&world.database_file("acme"));
        assert_eq!(database.integrity(), "ok");
        let state = database.cell("SELECT state FROM backfill_request ORDER BY id DESC LIMIT 1");
        during_backfill += u32::from(state != "done" && !state.is_null());
        drop(database);
        world.start();
    }
    assert!(
        during_backfill >= KILLS / 2,
        "only {during_backfill} kills hit the backfill"
    );
    world.await_backfill("acme");
    world.await_elements("acme");
    let _ = world.poll("acme");
    let _ = world.sync("acme");
    let account = world.zoom_account("acme");
    let survivor = Database::open(&world.database_file("acme"));
    assert_calls_equal(&account, &survivor);
    assert_elements_equal(&account, &survivor);
    assert_directory_equal(&account, &survivor);
    assert_eq!(survivor.integrity(), "ok");
    let shown = world.json(&["cdr", "show", "acme"]);
    assert_eq!(shown["gaps"], 0, "{shown}");
    assert_eq!(shown["records"], survivor.count("call_history"), "{shown}");
    assert_eq!(shown["elements"], survivor.count("call_element"), "{shown}");

    // The same platform, collected anew without a disturbance.
    drop(survivor);
    let before = world.start_afresh();
    let survivor = Database::open(&before.join("databases/acme.db"));
    world.collect("acme", &["--backfill", "31d"]);
    let calm = Database::open(&world.database_file("acme"));
    for (table, key) in [
        ("call_history", "call_history_uuid"),
        ("call_element", "call_element_id"),
        ("rejected_record", "digest"),
        ("zoom_user", "id"),
        ("phone_user", "id"),
        ("phone_number", "id"),
    ] {
        let (disturbed, calm) = (facts(&survivor, table, key), facts(&calm, table, key));
        assert!(!calm.is_empty(), "{table}");
        assert!(disturbed == calm, "{table} differs from an undisturbed run");
    }
}

#[test]
fn a_killed_daemon_keeps_what_it_was_told() {
    let mut world = World::small();
    world.connect("acme");
    world.daemon().kill();
    world.start();
    assert_eq!(world.json(&["account", "show", "acme"])["state"], "authorized");
    world.prepare("acme", "acme", &["--poll-interval", "10m", "--backfill", "none"]);
    world.daemon().kill();
    world.start();
    let shown = world.json(&["cdr", "show", "acme"]);
    assert_eq!(
        (&shown["state"], &shown["poll_interval_seconds"]),
        (&"database_ready".into(), &600.into()),
        "{shown}"
    );
    let activated = world.json(&["cdr", "activate", "acme"]);
    assert_eq!(activated["state"], "active", "{activated}");
    world.daemon().kill();
    world.start();
    let _ = world.poll("acme");
    // One that the kill interrupted just after its last commit runs once more.
    eventually("the first sync after the restart", || {
        let status = world.json(&["sync", "status", "acme"]);
        (status["last_sync_success"].is_string() && status["status"] == "Enabled").then_some(())
    });
    let interrupted = world.json(&["job", "list", "acme"]);
    let known = ["queued", "running", "succeeded", "interrupted", "partial", "cancelled"];
    let states = interrupted["items"].as_array().cloned().unwrap_or_default();
    assert!(
        states
            .iter()
            .all(|job| known.iter().any(|state| job["state"] == *state)),
        "{interrupted}"
    );
}
