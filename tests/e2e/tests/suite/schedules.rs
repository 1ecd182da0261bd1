//! Schedules: one line adds one, the preview tells what comes, and what a stop missed is made up once.

use e2e::{
    World,
    daemon::Launch,
    eventually, faketime,
    world::{prompt, small},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

const SEED: [&str; 12] = [
    "schedule",
    "add",
    "sync",
    "acme",
    "--days",
    "mon-fri",
    "--at",
    "06:00",
    "--at",
    "17:00",
    "--timezone",
    "America/New_York",
];

fn items(document: &Value) -> &Vec<Value> {
    document["items"].as_array().expect("items")
}

fn time(value: &Value) -> Timestamp {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| panic!("no time: {value}"))
}

#[test]
fn one_line_adds_a_schedule_and_the_preview_tells_what_comes() {
    let world = World::started(prompt(vec![small("acme"), small("other")]));
    world.connect("acme");
    world.connect("other");

    let dry = world.json(&[&SEED[..], &["--dry-run"]].concat());
    assert_eq!(dry["dry_run"], true);
    assert!(items(&world.json(&["schedule", "list"])).is_empty());

    let added = world.json(&SEED);
    assert_eq!(added["schema"], "callsync/schedule/v1");
    let id = added["id"].as_str().expect("an id").to_owned();
    assert_eq!(added["at"], serde_json::json!(["06:00", "17:00"]));
    assert_eq!(world.refused(6, &SEED)["code"], "schedule_exists");

    let preview = world.json(&["schedule", "preview", &id, "-n", "5000"]);
    assert_eq!(preview["schema"], "callsync/schedule-preview-list/v1");
    assert_eq!(items(&preview).len(), 5_000);
    let mut before = Timestamp::MIN;
    for item in items(&preview) {
        assert_eq!(
            (&item["schedule_id"], &item["timezone"]),
            (&added["id"], &"America/New_York".into())
        );
        let (local, utc) = (item["local"].as_str().expect("a local time"), time(&item["utc"]));
        assert_eq!(local.parse::<Timestamp>().ok(), Some(utc), "{item}");
        assert!(local.contains("T06:00:00-0") || local.contains("T17:00:00-0"), "{item}");
        assert!(utc > before, "{item}");
        before = utc;
    }
    assert_eq!(time(&added["next_run"]), time(&items(&preview)[0]["utc"]));

    // An account's preview holds all of its schedules and nobody else's.
    let _ = world.json(&[
        "schedule",
        "add",
        "purge",
        "acme",
        "--days",
        "daily",
        "--at",
        "03:00",
        "--timezone",
        "UTC",
    ]);
    let _ = world.json(&[
        "schedule",
        "add",
        "archive",
        "other",
        "--days",
        "sat,sun",
        "--at",
        "00:15",
        "--timezone",
        "Asia/Tokyo",
    ]);
    let both = world.json(&["schedule", "preview", "acme", "-n", "40"]);
    assert_eq!(items(&both).len(), 40);
    assert!(items(&both).iter().all(|item| item["timezone"] != "Asia/Tokyo"));
    assert!(items(&both).iter().any(|item| item["timezone"] == "UTC"));
    assert_eq!(items(&world.json(&["schedule", "list"])).len(), 3);
    assert_eq!(items(&world.json(&["schedule", "list", "other"])).len(), 1);

    let _ = world.json(&["schedule", "remove", &id, "--dry-run"]);
    assert_eq!(items(&world.json(&["schedule", "list", "acme"])).len(), 2);
    let removed = world.json(&["schedule", "remove", &id]);
    assert_eq!(removed["id"], added["id"]);
    assert_eq!(
        world.refused(5, &["schedule", "remove", &id])["code"],
        "schedule_not_found"
    );
    assert_eq!(items(&world.json(&["schedule", "list", "acme"])).len(), 1);

    let audit = world.json(&["audit", "list"]);
    let actions: Vec<&str> = items(&audit)
        .iter()
        .filter_map(|entry| entry["action"].as_str())
        .collect();
    let count = |action: &str| actions.iter().filter(|known| **known == action).count();
    // Three were added, one was refused; one was removed, once there was nothing to remove.
    assert_eq!((count("schedule.add"), count("schedule.remove")), (4, 2));
}

#[test]
fn what_is_typed_wrong_is_told_with_the_flag_and_exit_code_2() {
    let world = World::small();
    world.connect("acme");
    let add = |days: &str, at: &str, zone: &str| {
        let all = [
            "schedule",
            "add",
            "sync",
            "acme",
            "--days",
            days,
            "--at",
            at,
            "--timezone",
            zone,
        ];
        world.refused(2, &all)["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert!(add("funday", "06:00", "UTC").contains("--days"));
    assert!(add("daily", "25:00", "UTC").contains("--at"));
    assert!(add("daily", "06:00", "Mars/Olympus").contains("--timezone"));
    for incomplete in [
        &["schedule", "add", "sync", "acme"][..],
        &[
            "schedule",
            "add",
            "sync",
            "acme",
            "--days",
            "daily",
            "--timezone",
            "UTC",
        ],
        &[
            "schedule",
            "add",
            "polls",
            "acme",
            "--days",
            "daily",
            "--at",
            "06:00",
            "--timezone",
            "UTC",
        ],
        &["schedule", "preview", "acme", "-n", "0"],
        &["schedule", "preview", "acme", "-n", "5001"],
    ] {
        let _ = world.ctl(incomplete).ended_with(2);
    }
    for unknown in [
        &[
            "schedule",
            "add",
            "sync",
            "nobody",
            "--days",
            "daily",
            "--at",
            "06:00",
            "--timezone",
            "UTC",
        ][..],
        &["schedule", "list", "nobody"],
        &["schedule", "preview", "nobody"],
    ] {
        let _ = world.ctl(unknown).ended_with(5);
    }
    assert!(items(&world.json(&["schedule", "list"])).is_empty());
}

/// The daemon is down when a sync is due; its next start, some hours later, makes it up, and the one after does not.
#[test]
fn run_missed_by_a_stop_runs_once_on_start() {
    let Some(library) = faketime::library() else { return };
    let mut world = World::small();
    world.collect("acme", &["--backfill", "none"]);
    let syncs = |world: &World| {
        let jobs = world.json(&["job", "list", "acme", "--limit", "1000"]);
        items(&jobs).iter().filter(|job| job["kind"] == "sync").count()
    };
    eventually("the first sync", || {
        (world.json(&["sync", "status", "acme"])["status"] == "Enabled").then_some(())
    });
    let before = syncs(&world);
    let due = world.zoom().clock().now() + SignedDuration::from_hours(2);
    let at = due.strftime("%H:%M").to_string();
    let added = world.json(&[
        "schedule",
        "add",
        "sync",
        "acme",
        "--days",
        "daily",
        "--at",
        &at,
        "--timezone",
        "UTC",
    ]);
    let next = time(&added["next_run"]);
    eventually("the next run in the status", || {
        (world.json(&["sync", "status", "acme"])["next_run"] == added["next_run"]).then_some(())
    });
    for offset in ["+3h", "+4h"] {
        world.daemon().stop();
        let mut daemon = Launch::new(world.home())
            .variable("LD_PRELOAD", library)
            .variable("FAKETIME", offset)
            .variable("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .spawn();
        daemon.wait_ready(&world.socket());
        world.adopt(daemon);
        let last = eventually("the missed run", || {
            let listed = world.json(&["schedule", "list", "acme"]);
            let last = items(&listed)[0]["last_run"].clone();
            last.is_object().then_some(last)
        });
        assert_eq!((&last["outcome"], time(&last["due"])), (&"late".into(), next), "{last}");
        eventually("the end of the missed run", || {
            let job = world.json(&["job", "show", last["job"].as_str().expect("a job")]);
            (job["state"] == "succeeded").then_some(())
        });
        let status = world.json(&["sync", "status", "acme"]);
        assert_eq!(time(&status["next_run"]), next + SignedDuration::from_hours(24));
        assert_eq!(syncs(&world), before + 1, "after {offset}");
    }
}
