//! Retention: what a preview promises is what a run deletes, holds are kept, and a kill at any instant loses nothing.

use std::{
    fs,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use e2e::{
    World,
    database::Database,
    patience::within,
    world::{prompt, small},
};
use rusqlite::Connection;
use serde_json::Value;
use zoom_sim::AccountOptions;

const KILLS: u32 = 20;

/// Old calls that the kill tests work on; the variable scales them up, `1000000` is the promise.
const ROWS: &str = "CALLSYNC_E2E_RETENTION_ROWS";

fn rows() -> u64 {
    let asked = std::env::var(ROWS).ok().and_then(|text| text.parse().ok());
    let rows = asked.unwrap_or(12_000);
    let _ = writeln!(std::io::stderr(), "RAN with {rows} rows; {ROWS} scales it");
    rows
}

/// How long the rest of the work may take after the kills.
fn patience(rows: u64) -> Duration {
    Duration::from_secs(90 + rows / 500)
}

/// Calls that ended more than a year ago, each with an element, put in while no daemon runs.
fn grow(file: &Path, rows: u64) {
    let connection = Connection::open(file).expect("the database");
    connection
        .execute_batch(&format!(
            "BEGIN;
             WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {rows})
             INSERT INTO call_history (call_history_uuid, call_id, direction, start_time, end_time, duration,
               caller_did_number, callee_name, extra, content_digest, first_seen_at, changed_at)
             SELECT printf('old-%09d', n), n, 'inbound', at, at, n % 600, '+1415' || (1000000 + n % 5000),
               'Name ' || n, '{{\"kept\":' || n || '}}', randomblob(16), at, at
             FROM (SELECT n, strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-500 days', '+' || (n % 8000000) || ' seconds') AS at FROM n);
             INSERT INTO call_element (call_element_id, call_history_uuid, caller_did_number, content_digest, first_seen_at, changed_at)
             SELECT 'leg-' || call_history_uuid, call_history_uuid, caller_did_number, randomblob(16), end_time, end_time
             FROM call_history WHERE call_history_uuid LIKE 'old-%';
             UPDATE collection_counter SET value = (SELECT COUNT(*) FROM call_history) WHERE name = 'records';
             UPDATE collection_counter SET value = (SELECT COUNT(*) FROM call_element) WHERE name = 'elements';
             COMMIT;"
        ))
        .expect("old calls");
}

/// The instants of the kills; the same in every run.
struct Instants {
    state: u64,
    within_us: u64,
}

impl Instants {
    fn next(&mut self) -> Duration {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Duration::from_micros((self.state >> 33) % self.within_us)
    }

    fn wait(&mut self) {
        let until = Instant::now() + self.next();
        while Instant::now() < until {
            std::hint::spin_loop();
        }
    }
}

/// Old calls that are still in a database.
fn left_in(file: &Path) -> u64 {
    Database::open(file).count("call_history WHERE call_history_uuid LIKE 'old-%'")
}

/// Every other kill comes when the work has got on since the one before, however slow the machine is; the others come
/// whatever is under way.
fn await_progress(kill: u32, file: &Path, left: u64, at_the_end: u64) {
    if kill.is_multiple_of(2) {
        within(Duration::from_secs(120), "work between two kills", || {
            let now = left_in(file);
            (now < left || now == at_the_end).then_some(())
        });
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn sum(rows: &Value) -> u64 {
    rows.as_object().map_or(0, |rows| rows.values().map(number).sum())
}

/// A world whose account holds old calls.
fn aged(settings: &[&str], rows: u64) -> World {
    let mut world = World::started(prompt(vec![small("acme")]));
    let quiet = ["--backfill", "none", "--elements", "off", "--poll-interval", "24h"];
    world.collect("acme", &[&quiet, settings].concat());
    world.daemon().kill();
    grow(&world.database_file("acme"), rows);
    world.start();
    world
}

#[test]
fn a_purge_deletes_what_its_preview_says_and_nothing_that_is_held() {
    let world = World::started(prompt(vec![AccountOptions {
        calls: 400,
        ..small("acme")
    }]));
    world.collect(
        "acme",
        &["--retain", "calls=20d,elements=7d,directory=never,history=1d"],
    );
    let file = world.database_file("acme");
    let before = Database::open(&file);
    let preview = world.json(&["purge", "preview", "acme"]);
    assert_eq!(preview["schema"], "callsync/purge/v1", "{preview}");
    let cutoff = preview["cutoff"].as_str().expect("a cutoff").to_owned();
    let old = before.count(&format!("call_history WHERE end_time < '{cutoff}'"));
    assert!(old > 2, "the simulator has old calls");
    assert_eq!(preview["rows"]["calls"], old, "{preview}");
    assert_eq!(preview["held"], 0, "{preview}");

    // A number of an old call, and the calls that have it on either side.
    let held = before
        .cell(&format!(
            "SELECT caller_did_number FROM call_history WHERE end_time < '{cutoff}' AND caller_did_number <> '' LIMIT 1"
        ))
        .as_str()
        .expect("a number")
        .to_owned();
    let refused = world.refused(2, &["hold", "add", "acme", "--number", "1", "--reason", "x"]);
    assert_eq!(refused["code"], "person_invalid");
    let hold = world.json(&["hold", "add", "acme", "--number", &held, "--reason", "case 4711"]);
    assert_eq!(
        (&hold["schema"], &hold["number"]),
        (&"callsync/hold/v1".into(), &held.as_str().into())
    );
    let preview = world.json(&["purge", "run", "acme", "--dry-run"]);
    let kept = before.count(&format!(
        "call_history c WHERE end_time < '{cutoff}' AND ('{held}' IN (caller_did_number, callee_did_number)
           OR EXISTS (SELECT 1 FROM call_element e WHERE e.call_history_uuid = c.call_history_uuid
                      AND '{held}' IN (e.caller_did_number, e.callee_did_number)))"
    ));
    assert!(kept > 0 && number(&preview["held"]) >= kept, "{preview}");
    assert_eq!(number(&preview["rows"]["calls"]), old - kept, "{preview}");

    let _ = world.ctl(&["purge", "run", "acme"]).ended_with(15);
    let (calls, elements) = (before.count("call_history"), before.count("call_element"));
    let job = world.json(&["purge", "run", "acme", "--yes", "--wait"]);
    assert_eq!(job["state"], "succeeded", "{job}");
    assert_eq!(job["result"]["rows"], preview["rows"], "{job}");
    assert_eq!(job["result"]["held"], preview["held"], "{job}");
    let after = Database::open(&file);
    assert_eq!(calls - after.count("call_history"), number(&preview["rows"]["calls"]));
    assert_eq!(
        elements - after.count("call_element"),
        number(&preview["rows"]["elements"])
    );
    assert_eq!(after.count(&format!("call_history WHERE end_time < '{cutoff}'")), kept);
    assert!(
        after.count(&format!(
            "call_element e JOIN call_history c USING (call_history_uuid) WHERE c.end_time < '{cutoff}'"
        )) > 0,
        "a held call keeps its elements"
    );
    let shown = world.json(&["cdr", "show", "acme"]);
    assert_eq!(shown["records"], after.count("call_history"), "{shown}");
    assert_eq!(shown["elements"], after.count("call_element"), "{shown}");
    assert_eq!(shown["gaps"], 0, "purged windows are no gaps: {shown}");

    // A second run finds nothing; the first is on record.
    let again = world.json(&["purge", "run", "acme", "--yes", "--wait"]);
    assert_eq!(sum(&again["result"]["rows"]), 0, "{again}");
    let history = world.json(&["purge", "history", "acme"]);
    assert_eq!(history["items"].as_array().map(Vec::len), Some(2), "{history}");
    assert_eq!(history["items"][1]["rows"], preview["rows"], "{history}");
    assert!(history["items"][1]["finished_at"].is_string(), "{history}");

    // Zoom still has them; here their time is over.
    let _ = world.json(&["cdr", "backfill", "acme", "--from", &cutoff[..10], "--wait"]);
    let _ = world.json(&["cdr", "backfill", "acme", "--wait"]);
    assert_eq!(
        Database::open(&file).count(&format!("call_history WHERE end_time < '{cutoff}'")),
        kept,
        "a backfill does not bring back what was purged"
    );

    let id = hold["id"].as_str().expect("an id");
    let _ = world.ctl(&["hold", "release", id]).ended_with(15);
    let _ = world.json(&["hold", "release", id, "--yes"]);
    assert_eq!(world.json(&["hold", "list"])["items"], serde_json::json!([]));
    let _ = world.refused(5, &["hold", "release", id, "--yes"]);
    let last = world.json(&["purge", "run", "acme", "--yes", "--wait"]);
    assert_eq!(number(&last["result"]["rows"]["calls"]), kept, "{last}");
}

#[test]
fn a_purge_that_is_killed_again_and_again_deletes_exactly_what_it_promised() {
    let rows = rows();
    let mut world = aged(&["--retain", "calls=365d"], rows);
    let hold = ["hold", "add", "acme", "--number", "+14151000042", "--reason", "case"];
    let _ = world.json(&hold);
    let preview = world.json(&["purge", "preview", "acme"]);
    assert!(number(&preview["held"]) > 0, "{preview}");
    let _ = world.json(&["purge", "run", "acme", "--yes"]);
    let began = Instant::now();
    let mut instants = Instants {
        state: 7,
        // Over the whole of the work, also where there is much of it.
        within_us: (rows * 8).max(120_000),
    };
    let mut during = 0;
    let mut left = rows;
    // Each held call has one element.
    let held = number(&preview["held"]) / 2;
    for kill in 0..KILLS {
        await_progress(kill, &world.database_file("acme"), left, held);
        instants.wait();
        world.daemon().kill();
        let database = Database::open(&world.database_file("acme"));
        assert_eq!(database.integrity(), "ok");
        let run = database.rows("SELECT calls, elements, finished_at FROM disposal").pop();
        if let Some(run) = run {
            during += u32::from(run["finished_at"].is_null());
            left = database.count("call_history WHERE call_history_uuid LIKE 'old-%'");
            assert_eq!(number(&run["calls"]), rows - left, "the record is true at any instant");
        }
        drop(database);
        world.start();
    }
    let hits = format!("{during} of {KILLS} kills hit the purge");
    assert!(during > 0, "no kill hit the purge; raise {ROWS}");
    within(patience(rows), "the end of the purge", || {
        let history = world.json(&["purge", "history", "acme"]);
        history["items"][0]["finished_at"].is_string().then_some(())
    });
    let _ = writeln!(
        std::io::stderr(),
        "RAN {hits}; {rows} calls and as many elements purged within {:.1} s of looking on",
        began.elapsed().as_secs_f64()
    );
    let history = world.json(&["purge", "history", "acme"]);
    assert_eq!(history["items"].as_array().map(Vec::len), Some(1), "one run: {history}");
    assert_eq!(history["items"][0]["rows"], preview["rows"], "{history}");
    assert_eq!(history["items"][0]["held"], preview["held"], "{history}");
    let database = Database::open(&world.database_file("acme"));
    assert_eq!(database.integrity(), "ok");
    let held = database.count("call_history WHERE caller_did_number = '+14151000042'");
    assert!(held > 0);
    assert_eq!(
        database.count("call_history WHERE call_history_uuid LIKE 'old-%'"),
        held
    );
    assert_eq!(database.count("call_element WHERE call_element_id LIKE 'leg-%'"), held);
    let shown = world.json(&["cdr", "show", "acme"]);
    assert_eq!(shown["records"], database.count("call_history"), "{shown}");
}

/// Every row of both tables in a file, whole, as digests in order.
fn facts(file: &Path) -> Vec<[u8; 16]> {
    Database::open(file).row_digests(&["call_history", "call_element"])
}

/// What is in one of two files, or in both.
fn union(one: &[[u8; 16]], other: &[[u8; 16]]) -> Vec<[u8; 16]> {
    let mut all = [one, other].concat();
    all.sort_unstable();
    all.dedup();
    all
}

/// The newest calls, as many as there are in one list; the machine may have much else to do.
fn newest(world: &World, more: &[&str]) -> Value {
    let list = ["calls", "list", "acme", "--limit", "10000", "--timeout", "600"];
    world.json(&[&list, more].concat())
}

#[test]
fn an_archive_that_is_killed_again_and_again_loses_and_doubles_nothing() {
    let rows = rows() / 2;
    let archive = [
        "--archive-server",
        "second",
        "--archive-database",
        "old",
        "--archive-after",
        "365d",
    ];
    let mut world = aged(&archive, rows);
    let primary = world.database_file("acme");
    let second = world.home().join("more-databases/old.db");
    let before = facts(&primary);
    let listed = newest(&world, &[]);
    let status = world.json(&["archive", "run", "acme", "--dry-run"]);
    assert_eq!(status["schema"], "callsync/archive/v1", "{status}");
    assert_eq!(number(&status["waiting"]["calls"]), rows, "{status}");
    let _ = world.json(&["archive", "run", "acme"]);
    let mut instants = Instants {
        state: 11,
        // A copy is read back before anything goes: that takes longer than a batch of a purge.
        within_us: (rows * 16).max(900_000),
    };
    let began = Instant::now();
    let mut during = 0;
    let mut left = rows;
    for kill in 0..KILLS {
        await_progress(kill, &primary, left, 0);
        instants.wait();
        world.daemon().kill();
        left = left_in(&primary);
        during += u32::from(left > 0 && left < rows);
        if second.exists() {
            let both = union(&facts(&primary), &facts(&second));
            assert!(both == before, "every row is in one of the two, as it was");
            assert_eq!(Database::open(&primary).integrity(), "ok");
            assert_eq!(Database::open(&second).integrity(), "ok");
        }
        world.start();
    }
    let hits = format!("{during} of {KILLS} kills hit the archive");
    assert!(during > 0, "no kill hit the archive; raise {ROWS}");
    within(patience(rows), "the end of the archive", || {
        let status = world.json(&["archive", "status", "acme"]);
        status["last_run"]["finished_at"].is_string().then_some(())
    });
    let _ = writeln!(
        std::io::stderr(),
        "RAN {hits}; {rows} calls and as many elements archived within {:.1} s of looking on",
        began.elapsed().as_secs_f64()
    );
    let status = world.json(&["archive", "status", "acme"]);
    assert_eq!(number(&status["archived"]["calls"]), rows, "{status}");
    assert_eq!(number(&status["archived"]["elements"]), rows, "{status}");
    assert_eq!(number(&status["waiting"]["calls"]), 0, "{status}");
    let (here, there) = (facts(&primary), facts(&second));
    assert_eq!(here.len() + there.len(), before.len(), "nothing is in both");
    assert!(union(&here, &there) == before);

    let without = newest(&world, &[]);
    let with = newest(&world, &["--archive"]);
    assert_eq!(with["items"], listed["items"], "read as one, in the same order");
    assert!(without["items"].as_array().map(Vec::len) < with["items"].as_array().map(Vec::len));
    let file = world.home().join("all.ndjson").to_string_lossy().into_owned();
    let export = [
        "calls",
        "export",
        "acme",
        "--format",
        "ndjson",
        "--output",
        &file,
        "--archive",
    ];
    let _ = world.ctl(&export).ok();
    let lines = fs::read_to_string(&file).expect("an export").lines().count() as u64;
    assert_eq!(lines, Database::open(&primary).count("call_history") + rows);
    let _ = world.json(&["calls", "show", "acme", "old-000000001", "--archive"]);
    let _ = world.refused(5, &["calls", "show", "acme", "old-000000001"]);

    let job = world.json(&["archive", "restore", "acme"]);
    let id = job["id"].as_str().expect("an id");
    let job = within(patience(rows), "the end of the restore", || {
        let job = world.json(&["job", "show", id]);
        job["finished_at"].is_string().then_some(job)
    });
    assert_eq!(job["state"], "succeeded", "{job}");
    assert_eq!(number(&job["result"]["rows"]["calls"]), rows, "{job}");
    assert!(facts(&primary) == before, "everything is back as it was");
    assert_eq!(facts(&second).len(), 0);
    let shown = world.json(&["cdr", "show", "acme"]);
    assert_eq!(
        shown["records"],
        Database::open(&primary).count("call_history"),
        "{shown}"
    );
}

#[test]
fn a_corrupted_copy_is_noticed_and_nothing_is_deleted() {
    let archive = [
        "--archive-server",
        "second",
        "--archive-database",
        "old",
        "--archive-after",
        "365d",
    ];
    let world = aged(&archive, 500);
    let primary = world.database_file("acme");
    let second = world.home().join("more-databases/old.db");
    let before = facts(&primary);
    // The archive is there and empty; then something on its side spoils what is written.
    let _ = world.json(&["hold", "add", "acme", "--reason", "not yet"]);
    let held = world.json(&["archive", "run", "acme", "--wait"]);
    assert_eq!(sum(&held["result"]["rows"]), 0, "{held}");
    assert_eq!(number(&held["result"]["held"]), 1_000, "{held}");
    let id = world.json(&["hold", "list", "acme"])["items"][0]["id"].clone();
    let _ = world.json(&["hold", "release", id.as_str().expect("an id"), "--yes"]);
    let spoil = Connection::open(&second).expect("the archive");
    spoil
        .execute_batch(
            "CREATE TRIGGER spoil AFTER INSERT ON call_element WHEN NEW.call_history_uuid = 'old-000000007'
             BEGIN UPDATE call_element SET caller_did_number = '0' WHERE rowid = NEW.rowid; END",
        )
        .expect("a trigger");
    let failed = world
        .ctl(&["archive", "run", "acme", "--wait", "--json"])
        .ended_with(12);
    assert_eq!(failed.json()["error"]["code"], "copy_differs", "{failed:?}");
    let both = union(&facts(&primary), &facts(&second));
    assert!(
        before.iter().all(|row| both.binary_search(row).is_ok()),
        "nothing is lost"
    );
    let twice = world.ctl(&["archive", "run", "acme", "--wait"]);
    assert_eq!(twice.code, 12, "again: {twice:?}");
    assert!(Database::open(&primary).count("call_history WHERE call_history_uuid = 'old-000000007'") == 1);
    spoil.execute_batch("DROP TRIGGER spoil").expect("dropped");
    let job = world.json(&["archive", "run", "acme", "--wait"]);
    assert_eq!(job["state"], "succeeded", "{job}");
    assert!(union(&facts(&primary), &facts(&second)) == before);
}

#[test]
fn an_archive_that_cannot_be_opened_keeps_nothing_but_itself_from_being_purged() {
    let archive = [
        "--retain",
        "calls=400d",
        "--archive-server",
        "second",
        "--archive-database",
        "old",
        "--archive-after",
        "450d",
    ];
    let world = aged(&archive, 300);
    let second = world.home().join("more-databases/old.db");
    let foreign = Connection::open(&second).expect("a file");
    foreign.execute_batch("CREATE TABLE theirs (x)").expect("a table");
    drop(foreign);
    let failing = || {
        let listed = world.json(&["alert", "list"]);
        let items = listed["items"].as_array().cloned().unwrap_or_default();
        items.into_iter().find(|alert| alert["code"] == "purge_failing")
    };
    let partial = world
        .ctl(&["purge", "run", "acme", "--yes", "--wait", "--json"])
        .ended_with(14)
        .json();
    assert_eq!(partial["state"], "partial", "{partial}");
    assert_eq!(partial["error"]["code"], "archive_not_purged", "{partial}");
    assert_eq!(partial["result"]["rows"]["calls"], 300, "{partial}");
    let database = Database::open(&world.database_file("acme"));
    assert_eq!(database.count("call_history WHERE call_history_uuid LIKE 'old-%'"), 0);
    let history = world.json(&["cdr", "show", "acme"]);
    assert_eq!(history["records"], database.count("call_history"), "{history}");
    let _ = world.ctl(&["calls", "list", "acme"]).ok();
    let alert = within(Duration::from_secs(90), "the alert", failing);
    assert!(
        alert["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("callsyncctl purge run acme")),
        "{alert}"
    );
    fs::remove_file(&second).expect("removed");
    let job = world.json(&["purge", "run", "acme", "--yes", "--wait"]);
    assert_eq!(job["state"], "succeeded", "{job}");
    within(Duration::from_secs(90), "the end of the alert", || {
        failing().is_none().then_some(())
    });
}

#[test]
fn an_archive_is_never_somebody_elses_database() {
    let world = World::started(prompt(vec![small("acme"), small("beta")]));
    world.collect("acme", &["--backfill", "none", "--elements", "off"]);
    world.collect("beta", &["--backfill", "none", "--elements", "off"]);
    let set = |database: &str| {
        let archive = [
            "cdr",
            "set",
            "acme",
            "--archive-server",
            "local",
            "--archive-database",
            database,
        ];
        world.ctl(&[&archive[..], &["--archive-after", "30d", "--json"]].concat())
    };
    let _ = set("acme").ended_with(2);
    let _ = set("beta").ended_with(6);
    let refused = world.refused(7, &["archive", "status", "acme"]);
    assert_eq!(refused["code"], "archive_unconfigured");
    let foreign = Connection::open(world.database_file("foreign")).expect("a file");
    foreign.execute_batch("CREATE TABLE theirs (x)").expect("a table");
    let _ = set("foreign").ok();
    let refused = world.refused(6, &["archive", "run", "acme"]);
    assert_eq!(refused["code"], "foreign_database");
}

#[test]
fn an_archive_that_holds_calls_is_not_left_behind() {
    let set = |database: &'static str| {
        [
            "cdr",
            "set",
            "acme",
            "--archive-server",
            "second",
            "--archive-database",
            database,
            "--archive-after",
            "365d",
        ]
    };
    let world = aged(&set("old")[3..], 40);
    let job = world.json(&["archive", "run", "acme", "--wait"]);
    assert_eq!(number(&job["result"]["rows"]["calls"]), 40, "{job}");
    let refused = world.refused(7, &set("newer"));
    assert_eq!(refused["code"], "archive_holds_calls", "{refused}");
    let hint = refused["hint"].as_str().unwrap_or_default();
    assert!(hint.contains("callsyncctl archive restore acme"), "{refused}");
    assert_eq!(world.json(&["archive", "status", "acme"])["database"], "old");
    let _ = world.json(&["archive", "restore", "acme", "--wait"]);
    let _ = world.json(&set("newer"));
    let job = world.json(&["archive", "run", "acme", "--wait"]);
    assert_eq!(number(&job["result"]["rows"]["calls"]), 40, "{job}");
}

#[test]
fn an_erased_person_stays_erased() {
    let archive = [
        "--retain",
        "calls=900d",
        "--archive-server",
        "second",
        "--archive-database",
        "old",
        "--archive-after",
        "10d",
    ];
    let world = World::started(prompt(vec![AccountOptions {
        calls: 400,
        ..small("acme")
    }]));
    world.collect("acme", &archive);
    let primary = world.database_file("acme");
    let second = world.home().join("more-databases/old.db");
    let _ = world.json(&["archive", "run", "acme", "--wait"]);
    let email = Database::open(&primary)
        .cell(
            "SELECT u.email FROM zoom_user u JOIN call_history c ON c.callee_email = u.email OR c.caller_email = u.email
             WHERE EXISTS (SELECT 1 FROM phone_device d WHERE instr(d.assignees, u.id) > 0)
             GROUP BY u.email ORDER BY COUNT(*) DESC LIMIT 1",
        )
        .as_str()
        .expect("somebody who calls, from a phone of theirs")
        .to_owned();
    let id = Database::open(&primary)
        .cell(&format!("SELECT id FROM zoom_user WHERE email = '{email}'"))
        .as_str()
        .expect("an id")
        .to_owned();
    // Entries about something else that name the person.
    let mentioned = || {
        let database = Database::open(&primary);
        database.count(&format!(
            "phone_device WHERE instr(coalesce(assignee, '') || coalesce(assignees, ''), '{id}') > 0"
        )) + database.count(&format!(
            "phone_number WHERE instr(coalesce(assigned_list, '') || coalesce(assignee, ''), '{id}') > 0"
        )) + database.count(&format!("call_queue WHERE instr(coalesce(extra, ''), '{id}') > 0"))
    };
    assert!(mentioned() > 0);
    let named = |file: &Path| {
        let database = Database::open(file);
        ["call_history", "call_element"].map(|table| {
            database.count(&format!(
                "{table} WHERE lower(caller_email) = lower('{email}') OR lower(callee_email) = lower('{email}')"
            ))
        })
    };
    let (here, there) = (named(&primary), named(&second));
    let find = world.json(&["subject", "find", "acme", "--email", &email.to_uppercase()]);
    assert_eq!(find["schema"], "callsync/subject/v1", "{find}");
    assert!(number(&find["matches"]["calls"]) >= here[0] + there[0], "{find}");
    assert_eq!(number(&find["matches"]["elements"]), here[1] + there[1], "{find}");
    assert_eq!(number(&find["matches"]["users"]), 1, "{find}");
    let export = world
        .ctl(&["subject", "export", "acme", "--email", &email, "--output", "-"])
        .ok();
    let lines: Vec<Value> = export
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let of = |table: &str| lines.iter().filter(|line| line["table"] == table).count() as u64;
    assert_eq!(of("call_history"), number(&find["matches"]["calls"]));
    assert_eq!(of("call_element"), number(&find["matches"]["elements"]));
    assert_eq!(
        of("zoom_user") + of("phone_user"),
        2,
        "the user as Zoom and as Zoom Phone know it"
    );
    let counts = |file: &Path| {
        let database = Database::open(file);
        [
            "call_history",
            "call_element",
            "zoom_user",
            "phone_user",
            "phone_device",
            "phone_number",
        ]
        .map(|table| database.count(table))
    };
    let before = (counts(&primary), counts(&second));

    let hold = world.json(&["hold", "add", "acme", "--email", &email, "--reason", "case"]);
    let erase = ["subject", "erase", "acme", "--email", &email];
    let _ = world.ctl(&erase).ended_with(15);
    let _ = world.ctl(&[&erase[..], &["--yes"]].concat()).ended_with(15);
    let sure = [&erase[..], &["--yes-irreversible", "--wait"]].concat();
    assert_eq!(world.refused(8, &sure)["code"], "held");
    let _ = world.json(&["hold", "release", hold["id"].as_str().expect("an id"), "--yes"]);

    let job = world.json(&sure);
    assert_eq!(job["state"], "succeeded", "{job}");
    assert_eq!(job["kind"], "erase");
    assert!(
        !job.to_string().contains(&email),
        "the job does not name the person: {job}"
    );
    assert!(number(&job["result"]["rows"]["calls"]) > 0, "{job}");
    let blank = |when: &str| {
        assert_eq!((named(&primary), named(&second)), ([0, 0], [0, 0]), "{when}");
        assert_eq!((counts(&primary), counts(&second)), before, "{when}: counts stay true");
        let database = Database::open(&primary);
        for table in ["zoom_user", "phone_user", "zoom_group_member", "zoom_role_member"] {
            assert_eq!(
                database.count(&format!("{table} WHERE lower(email) = lower('{email}')")),
                0,
                "{when}: {table}"
            );
        }
        assert_eq!(mentioned(), 0, "{when}: as whose phone, number or queue");
        for table in [
            "call_history",
            "zoom_user",
            "phone_user",
            "zoom_role_member",
            "phone_device",
        ] {
            assert!(
                database.count(&format!("{table} WHERE erased_at IS NOT NULL")) > 0,
                "{when}: {table}"
            );
        }
    };
    blank("after the erasure");
    let _ = world.poll("acme");
    let _ = world.sync("acme");
    let _ = world.json(&["cdr", "backfill", "acme", "--from", "2020-01-01", "--wait"]);
    world.await_elements("acme");
    blank("after a poll, a sync and a backfill");
    let find = world.json(&["subject", "find", "acme", "--email", &email]);
    assert_eq!(find["matches"]["calls"], 0, "{find}");
    assert_eq!(find["matches"]["users"], 0, "{find}");

    // What the daemon keeps beside the databases does not name the person any more.
    let mut world = world;
    world.daemon().stop();
    let needle = email.to_lowercase().into_bytes();
    for entry in fs::read_dir(world.home().join("state")).expect("a directory").flatten() {
        let bytes = fs::read(entry.path()).expect("a file").to_ascii_lowercase();
        let found = bytes.windows(needle.len()).any(|window| window == needle);
        assert!(!found, "{} still names the person", entry.path().display());
    }
    assert!(!world.said().contains(&email));
}

#[test]
fn what_a_hold_keeps_of_an_erased_person_stays_when_zoom_sends_it_again() {
    let world = World::started(prompt(vec![AccountOptions {
        calls: 300,
        ..small("acme")
    }]));
    world.collect("acme", &["--backfill", "31d"]);
    let primary = world.database_file("acme");
    let one = |query: String| {
        Database::open(&primary)
            .cell(&query)
            .as_str()
            .expect("a text")
            .to_owned()
    };
    // Somebody whom several others call, and one of those.
    let email = one(
        "SELECT callee_email FROM call_history WHERE callee_email IS NOT NULL AND caller_did_number IS NOT NULL
         GROUP BY callee_email HAVING COUNT(DISTINCT caller_did_number) > 2 ORDER BY COUNT(*) DESC LIMIT 1"
            .to_owned(),
    );
    let caller = one(format!(
        "SELECT caller_did_number FROM call_history WHERE callee_email = '{email}' AND caller_did_number IS NOT NULL LIMIT 1"
    ));
    let theirs = format!(
        "lower(coalesce(caller_email, '')) = lower('{email}') OR lower(coalesce(callee_email, '')) = lower('{email}')"
    );
    let named = || Database::open(&primary).count(&format!("call_history WHERE {theirs}"));
    let before = named();
    let _ = world.json(&["hold", "add", "acme", "--number", &caller, "--reason", "case"]);
    let erase = [
        "subject",
        "erase",
        "acme",
        "--email",
        &email,
        "--yes-irreversible",
        "--wait",
    ];
    let job = world.json(&erase);
    let held = number(&job["result"]["held"]);
    let kept = named();
    assert!(
        kept > 0 && kept < before && held >= kept,
        "{kept} of {before} held: {job}"
    );
    let digests = || facts(&primary);
    let after = digests();
    let _ = world.json(&["cdr", "reconcile", "acme", "--wait"]);
    let _ = world.json(&["cdr", "backfill", "acme", "--from", "2020-01-01", "--wait"]);
    let _ = world.poll("acme");
    world.await_elements("acme");
    let _ = world.sync("acme");
    assert_eq!(named(), kept, "what is held names the person, the rest does not");
    assert!(digests() == after, "no call and no element changed");
}
