//! Upgrades: state and records as schema version 1 wrote them are brought up to date with nothing lost; what a newer
//! version wrote is refused with a clear message and left as it is.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use e2e::{
    World,
    configuration::write_secret,
    daemon::Launch,
    database::Database,
    eventually,
    world::{prompt, small},
};
use rusqlite::Connection;

/// The account of the fixtures.
const ACCOUNT: &str = "Old & Co";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../installed/fixtures")
        .join(name)
}

fn load(name: &str, file: &Path) {
    let sql = fs::read_to_string(fixture(name)).expect("a fixture");
    Connection::open(file)
        .and_then(|connection| connection.execute_batch(&sql))
        .expect("the fixture as a database");
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("its mode");
}

/// Everything as the first version left it, and no daemon.
fn left_by_the_first_version() -> World {
    let world = World::new(prompt(vec![small("acme")]));
    let state = world.home().join("state");
    fs::create_dir(&state).expect("a directory");
    fs::set_permissions(&state, fs::Permissions::from_mode(0o700)).expect("its mode");
    load("state-1.sql", &state.join("state.db"));
    load("records-1.sql", &world.database_file("old"));
    let key = fs::read_to_string(fixture("master.key")).expect("a key");
    write_secret(&state.join("master.key"), &key);
    world
}

/// The rows of a table in the columns that its first version had.
fn rows(file: &Path, table: &str, columns: &[String]) -> Vec<String> {
    let names: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
    let database = Database::open(file);
    let mut rows: Vec<String> = database
        .rows(&format!("SELECT {} FROM \"{table}\"", names.join(",")))
        .into_iter()
        .map(|row| serde_json::Value::Object(row).to_string())
        .collect();
    rows.sort();
    rows
}

fn version(file: &Path) -> i64 {
    let cell = Database::open(file).cell("PRAGMA user_version");
    cell.as_i64().expect("a version")
}

#[test]
fn state_and_records_of_the_first_version_are_brought_up_to_date_with_nothing_lost() {
    // What a new installation has.
    let mut new = World::small();
    new.collect("acme", &["--backfill", "none", "--elements", "off"]);
    let newest = version(&new.home().join("state/state.db"));
    new.daemon().stop();

    let mut world = left_by_the_first_version();
    let (state, records) = (world.home().join("state/state.db"), world.database_file("old"));
    assert_eq!(version(&state), 1);
    let collected = [
        "call_history",
        "call_element",
        "zoom_user",
        "phone_user",
        "call_queue_member",
    ];
    let before: Vec<_> = collected
        .iter()
        .map(|table| {
            let columns = Database::open(&records).columns(table);
            (*table, rows(&records, table, &columns), columns)
        })
        .collect();
    assert_eq!(before[0].1.len(), 6, "the fixture has calls");

    world.start();
    // Reading opens, and so upgrades, the account's database.
    let listed = world.json(&["calls", "list", ACCOUNT, "--limit", "100"]);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(6), "{listed}");
    assert_eq!(version(&state), newest);
    let said = world.said();
    for line in [
        format!("the state store was brought from schema 1 to {newest}"),
        "the record database was brought from schema 1 to ".to_owned(),
    ] {
        assert!(said.contains(&line), "{line}:\n{said}");
    }
    for (table, rows_before, columns) in &before {
        assert_eq!(&rows(&records, table, columns), rows_before, "{table}");
    }
    // The upgraded file has the tables and columns of a new one.
    let (old, fresh) = (Database::open(&records), Database::open(&new.database_file("acme")));
    assert_eq!(old.tables(), fresh.tables());
    for table in old.tables() {
        let sorted = |database: &Database| {
            let mut columns = database.columns(&table);
            columns.sort();
            columns
        };
        assert_eq!(sorted(&old), sorted(&fresh), "{table}");
    }
    assert_eq!(old.integrity(), "ok");

    let group = world.json(&["group", "show", "Sales"]);
    assert_eq!(
        (group["main_contact"].as_str(), group["term_end"].as_str()),
        (Some("boss@example.com"), Some("2031-12-31")),
        "{group}"
    );
    let shown = world.json(&["cdr", "show", ACCOUNT]);
    assert_eq!(
        (shown["state"].as_str(), shown["records"].as_u64()),
        (Some("active"), Some(6)),
        "{shown}"
    );
    let audit = world.ctl(&["audit", "verify"]).ok();
    assert!(
        world.json(&["audit", "list"])["items"]
            .as_array()
            .is_some_and(|items| items.len() >= 7),
        "{audit:?}"
    );
    // This Zoom never gave the old tokens. That they could be opened shows in its refusal; a person authorizes again, and
    // it goes on.
    eventually("the refusal of the old tokens", || {
        (world.json(&["account", "show", ACCOUNT])["state"] == "reauthorization_required").then_some(())
    });
}

#[test]
fn state_of_a_newer_version_is_refused_with_the_way_out_and_left_alone() {
    let mut world = World::small();
    world.collect("acme", &["--backfill", "none", "--elements", "off"]);
    world.daemon().stop();
    let state = world.home().join("state/state.db");
    let set = |number: i64| {
        Connection::open(&state)
            .and_then(|connection| connection.pragma_update(None, "user_version", number))
            .expect("the version");
    };
    let known = version(&state);
    set(99);
    let mut daemon = Launch::new(world.home()).spawn();
    let status = daemon.wait_end(Duration::from_secs(60));
    assert_eq!(status.code(), Some(78));
    let said = daemon.said();
    assert!(
        said.contains("was written by a newer callsyncd: its schema is 99")
            && said.contains("install that version again"),
        "{said}"
    );
    assert_eq!(version(&state), 99, "left alone");
    set(known);
    world.start();
    assert_eq!(world.json(&["account", "show", "acme"])["state"], "authorized");
}
