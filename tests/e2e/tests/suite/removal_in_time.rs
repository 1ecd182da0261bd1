//! Lawful removal by the calendar: the real daemon on a clock that jumps. Not a row before the term's end, nothing left
//! after it; what holds cover stays until they are released; the other account stays byte for byte.

use std::{
    fs,
    path::{Path, PathBuf},
};

use e2e::{
    World,
    database::Database,
    eventually,
    time_machine::TimeMachine,
    world::{prompt, small},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zoom_sim::CallSpec;

/// Planted in calls, elements, the directory and the records that are kept aside of the account that goes.
const NEEDLES: [&str; 5] = [
    "+15550001234",
    "Nadia Needleson",
    "nadia@needle.example",
    "Needleson",
    "x-needle-77",
];
/// Somebody whose calls a hold keeps.
const HELD: [&str; 2] = ["+15550009999", "Holda Keeper"];

const TABLES: [&str; 3] = ["call_history", "call_element", "zoom_user"];

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

/// Every file of the world that holds one of these, but for the other account's database.
fn holding(world: &World, needles: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for path in files(world.home()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("other.db") {
            continue;
        }
        let bytes = fs::read(&path).expect("a file");
        for needle in needles {
            if bytes.windows(needle.len()).any(|window| window == needle.as_bytes()) {
                found.push(format!("{} holds {needle}", path.display()));
            }
        }
    }
    found
}

fn digest(file: &Path) -> Vec<u8> {
    Sha256::digest(fs::read(file).expect("a database")).to_vec()
}

struct Stage {
    world: World,
    machine: TimeMachine,
    other: Vec<u8>,
}

impl Stage {
    /// Two accounts of a group whose term ends on 2027-06-30; `acme` has an archive and everything that is planted.
    fn new() -> Option<Self> {
        let start = at("2027-03-01T12:00:00Z");
        let options = prompt(vec![small("acme"), small("other")]);
        options.clock.set(start);
        let mut world = World::new(options);
        let machine = TimeMachine::at(&world, start)?;
        machine.start(&mut world);
        world.ensure_group();
        let _ = world.json(&["group", "set", "Everybody", "--term-end", "2027-06-30"]);
        let acme = world.zoom_account("acme");
        for (number, name, days) in [
            (NEEDLES[0], NEEDLES[1], 20),
            (NEEDLES[0], NEEDLES[1], 2),
            (HELD[0], HELD[1], 20),
            (HELD[0], HELD[1], 2),
        ] {
            let fields = json!({
                "direction": "inbound", "caller_did_number": number, "caller_name": name,
                "caller_email": "nadia@needle.example", "x_field": "x-needle-77",
            });
            let fields = if number == HELD[0] {
                json!({"direction": "inbound", "caller_did_number": number, "caller_name": name})
            } else {
                fields
            };
            let _ = acme.add_call(CallSpec {
                start: Some(start - jiff::SignedDuration::from_hours(24 * days)),
                duration_seconds: Some(60),
                fields: fields.as_object().cloned().unwrap_or_default(),
                ..CallSpec::default()
            });
        }
        let without_key = json!({"call_id": "1", "caller_name": NEEDLES[1], "end_time": "2027-02-28T12:00:00Z"});
        acme.load_records(vec![without_key]);
        let _ = acme.add_user(NEEDLES[2], "Nadia", NEEDLES[3]);
        let archive = [
            "--archive-server",
            "second",
            "--archive-database",
            "old",
            "--archive-after",
            "10d",
        ];
        world.collect("acme", &[&["--backfill", "60d"], &archive[..]].concat());
        world.collect("other", &["--backfill", "60d"]);
        let _ = world.sync("acme");
        let _ = world.json(&["archive", "run", "acme", "--wait"]);
        for name in ["acme", "other"] {
            let _ = world.json(&["cdr", "deactivate", name, "--yes"]);
        }
        let second = Database::open(&world.home().join("more-databases/old.db"));
        assert!(second.count("call_history") >= 2, "some are in the archive");
        // Opened and closed once more, so that the other account's file is at rest.
        world.daemon().stop();
        let other = digest(&world.database_file("other"));
        for needle in NEEDLES.iter().chain(&HELD) {
            assert!(!holding(&world, &[needle]).is_empty(), "{needle} is planted");
        }
        machine.start(&mut world);
        Some(Self { world, machine, other })
    }

    fn show(&self) -> Value {
        self.world.json(&["removal", "show", "acme"])
    }

    /// Every row of the account, wherever it is.
    fn rows(&self) -> Vec<[u8; 16]> {
        let primary = Database::open(&self.world.database_file("acme")).row_digests(&TABLES);
        let archive = Database::open(&self.second()).row_digests(&TABLES);
        [primary, archive].concat()
    }

    fn second(&self) -> PathBuf {
        self.world.home().join("more-databases/old.db")
    }

    fn travel(&self, to: &str) {
        self.machine.travel(&self.world, at(to));
    }

    fn assert_other_untouched(&mut self) {
        self.world.daemon().stop();
        assert!(
            digest(&self.world.database_file("other")) == self.other,
            "the other account is untouched, byte for byte"
        );
    }
}

#[test]
fn not_a_row_goes_before_the_term_ends_and_nothing_is_left_within_thirty_days_after() {
    let Some(mut stage) = Stage::new() else { return };
    let rows = stage.rows();
    let _ = stage.world.json(&["account", "deauthorize", "acme", "--yes"]);
    let plan = stage.world.json(&["removal", "plan", "acme"]);
    assert_eq!(
        (&plan["removal_at"], &plan["deadline_at"]),
        (&json!("2027-07-01T00:00:00Z"), &json!("2027-07-31T00:00:00Z")),
        "{plan}"
    );
    let calls = plan["classes"]["data"]["calls"].clone();
    for (day, warned) in [
        ("2027-06-01T01:00:00Z", 30),
        ("2027-06-17T01:00:00Z", 14),
        ("2027-06-24T01:00:00Z", 7),
        ("2027-06-30T01:00:00Z", 1),
    ] {
        stage.travel(day);
        eventually("the warning", || (stage.show()["warned_days"] == warned).then_some(()));
        let _ = stage
            .world
            .refused(7, &["removal", "run", "acme", "--yes-irreversible"]);
    }
    stage.travel("2027-06-30T23:50:00Z");
    stage.world.daemon().kill();
    stage.machine.start(&mut stage.world);
    let show = stage.show();
    assert_eq!(
        (&show["state"], &show["begun_at"]),
        (&json!("removal_scheduled"), &Value::Null)
    );
    assert!(stage.rows() == rows, "not a row is missing, none is changed");

    // Nobody types anything: the day has come.
    stage.travel("2027-07-01T00:00:30Z");
    let show = eventually("the removal", || {
        let show = stage.show();
        (show["state"] == "removed").then_some(show)
    });
    let certificate = &show["certificate"];
    assert_eq!(
        (&certificate["ground"], &certificate["complete"], &certificate["held"]),
        (&json!("term_end"), &json!(true), &Value::Null),
        "{certificate}"
    );
    assert_eq!(certificate["removed"]["data"]["calls"], calls, "{certificate}");
    assert_eq!(
        certificate["removed"]["data"]["databases"], 2,
        "primary and archive: {certificate}"
    );
    assert!(
        certificate["removed"]["data"]["rejected"].as_u64() >= Some(1),
        "{certificate}"
    );
    let finished: Timestamp = at(certificate["finished_at"].as_str().expect("a time"));
    assert!(
        finished >= at("2027-07-01T00:00:00Z") && finished < at("2027-07-31T00:00:00Z"),
        "{finished}"
    );
    let _ = stage.world.ctl(&["audit", "verify"]).ok();
    let _ = stage.world.refused(8, &["calls", "list", "acme"]);

    stage.assert_other_untouched();
    for file in [stage.world.database_file("acme"), stage.second()] {
        for ending in ["", "-wal", "-shm", "-journal"] {
            let path = PathBuf::from(format!("{}{ending}", file.display()));
            assert!(!path.exists(), "{}", path.display());
        }
    }
    let all: Vec<&str> = NEEDLES.into_iter().chain(HELD).collect();
    assert_eq!(holding(&stage.world, &all), Vec::<String>::new());
}

#[test]
fn what_a_hold_covers_stays_until_it_is_released_and_everything_else_goes() {
    let Some(mut stage) = Stage::new() else { return };
    let hold = ["hold", "add", "acme", "--number", HELD[0], "--reason", "case 4711"];
    let hold = stage.world.json(&hold)["id"].clone();
    let _ = stage.world.json(&["account", "deauthorize", "acme", "--yes"]);
    let plan = stage.world.json(&["removal", "plan", "acme"]);
    assert_eq!(plan["holds"], 1, "{plan}");
    assert!(plan["held"].as_u64() >= Some(2), "the plan says what stays: {plan}");
    assert_eq!(plan["classes"]["data"]["databases"], json!([]), "{plan}");
    stage.travel("2027-07-02T00:00:00Z");
    let show = eventually("the removal of what is not held", || {
        let show = stage.show();
        show["certificate"].is_object().then_some(show)
    });
    assert_eq!(
        (&show["state"], &show["held"], &show["can_run"]),
        (&json!("removal_scheduled"), &plan["held"], &json!(false)),
        "{show}"
    );
    let certificate = &show["certificate"];
    assert_eq!(certificate["complete"], false, "{certificate}");
    assert_eq!(
        (&certificate["held"]["holds"], &certificate["held"]["calls"]),
        (&json!(1), &json!(2)),
        "{certificate}"
    );
    assert_eq!(
        certificate["removed"]["data"]["calls"], plan["classes"]["data"]["calls"],
        "what was planned went: {certificate}"
    );
    // Only what is held is left, in the primary database and in the archive.
    for file in [stage.world.database_file("acme"), stage.second()] {
        let database = Database::open(&file);
        assert_eq!(
            (
                database.count("call_history"),
                database.count(&format!("call_history WHERE caller_did_number = '{}'", HELD[0]))
            ),
            (1, 1)
        );
        assert_eq!(database.count("rejected_record"), 0);
        assert_eq!(database.count("zoom_user"), 0);
        assert_eq!(database.integrity(), "ok");
    }
    let error = stage
        .world
        .refused(8, &["removal", "run", "acme", "--yes-irreversible"]);
    assert_eq!(error["code"], "held");
    assert_eq!(
        stage.world.json(&["account", "show", "acme"])["authorized_by"],
        Value::Null
    );
    stage.world.daemon().stop();
    assert_eq!(
        holding(&stage.world, &NEEDLES),
        Vec::<String>::new(),
        "not in free pages either"
    );
    stage.machine.start(&mut stage.world);

    // Released, the rest goes by itself, and the certificate is the one of the whole.
    let _ = stage
        .world
        .json(&["hold", "release", hold.as_str().expect("an id"), "--yes"]);
    let show = eventually("the end of the removal", || {
        let show = stage.show();
        (show["state"] == "removed").then_some(show)
    });
    assert_eq!(show["certificate"]["complete"], true, "{show}");
    assert_eq!(show["certificate"]["id"], certificate["id"]);
    assert_eq!(
        show["certificate"]["removed"]["data"]["calls"].as_u64(),
        certificate["removed"]["data"]["calls"].as_u64().map(|calls| calls + 2)
    );
    stage.assert_other_untouched();
    assert!(!stage.world.database_file("acme").exists() && !stage.second().exists());
    let all: Vec<&str> = NEEDLES.into_iter().chain(HELD).collect();
    assert_eq!(holding(&stage.world, &all), Vec::<String>::new());
}
