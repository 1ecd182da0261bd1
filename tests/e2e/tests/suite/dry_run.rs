//! `--dry-run` of every verb that changes something changes nothing.

use std::{collections::BTreeMap, fs};

use e2e::{World, database::Database, world::prompt, world::small};

/// Digests of the daemon's state and of every record database, and the names of all files.
fn everything(world: &World) -> (BTreeMap<String, String>, Vec<String>) {
    let mut digests = BTreeMap::new();
    let mut names = Vec::new();
    for directory in ["state", "databases", "more-databases"] {
        for entry in fs::read_dir(world.home().join(directory))
            .into_iter()
            .flatten()
            .flatten()
        {
            let name = format!("{directory}/{}", entry.file_name().to_string_lossy());
            // Journals of SQLite come and go with readers.
            if name.ends_with("-wal") || name.ends_with("-shm") {
                continue;
            }
            if name.ends_with(".db") || name.ends_with(".sqlite") {
                let database = Database::open(&entry.path());
                // Requests that a check sends to Zoom count like any other.
                for table in database.tables().into_iter().filter(|table| table != "quota_use") {
                    digests.insert(format!("{name}:{table}"), database.digest(std::slice::from_ref(&table)));
                }
            }
            names.push(name);
        }
    }
    names.sort();
    (digests, names)
}

#[test]
fn a_dry_run_of_every_changing_verb_changes_nothing() {
    let world = World::started(prompt(vec![small("acme"), small("globex")]));
    world.collect("acme", &["--backfill", "7d"]);
    let _ = world.add_account("waiting");
    let _ = world.ctl(&["group", "add", "Empty"]).ok();
    world.connect("globex");
    world.prepare("globex", "globex", &["--backfill", "7d"]);
    let _ = world.add_account("bare");
    let _ = world.ctl(&["sync", "run", "acme", "--wait"]).ok();
    let grant = world
        .zoom()
        .authorize(
            &world.authorize_url("waiting"),
            &world.zoom_account("acme").owner_email(),
        )
        .expect("consent");
    let pasted = world.home().join("pasted");
    e2e::configuration::write_secret(&pasted, &grant.redirect_url);
    let pasted = pasted.to_string_lossy().into_owned();
    let jobs = world.json(&["job", "list", "acme"]);
    let job = jobs["items"][0]["id"].as_str().unwrap_or_default().to_owned();
    let verbs: Vec<Vec<&str>> = vec![
        vec!["group", "add", "Another"],
        vec!["group", "rename", "Empty", "Full"],
        vec![
            "group",
            "set",
            "Empty",
            "--main-contact",
            "a@example.com",
            "--term-end",
            "2030-01-01",
        ],
        vec!["group", "remove", "Empty"],
        vec!["account", "add", "New", "--group", "Empty"],
        vec!["account", "authorize", "waiting"],
        vec!["account", "authorize", "waiting", "--code-file", &pasted],
        vec!["account", "rename", "acme", "renamed"],
        vec!["account", "remove", "bare"],
        vec![
            "cdr",
            "set",
            "acme",
            "--poll-interval",
            "11m",
            "--backfill",
            "none",
            "--elements",
            "off",
        ],
        vec![
            "cdr",
            "set",
            "bare",
            "--server",
            "second",
            "--database",
            "new",
            "--enable",
        ],
        vec!["cdr", "create-database", "acme"],
        vec!["cdr", "activate", "globex"],
        vec!["cdr", "deactivate", "acme"],
        vec!["cdr", "run", "acme"],
        vec!["cdr", "backfill", "acme", "--from", "2026-01-01"],
        vec!["cdr", "reconcile", "acme"],
        vec!["sync", "run", "acme"],
        vec!["job", "cancel", &job],
    ];
    let before = everything(&world);
    assert!(
        before.0.len() > 30,
        "there is something to change: {:?}",
        before.0.keys()
    );
    for verb in verbs {
        let outcome = world.ctl(&[&verb[..], &["--dry-run"]].concat());
        // A finished job cannot be cancelled, which a dry run may say.
        assert!(outcome.code == 0 || verb[0] == "job", "{outcome:?}");
        let json = world.ctl(&[&verb[..], &["--dry-run", "--json"]].concat());
        if json.code == 0 {
            let document = json.json();
            let is_plan = document["schema"] == "callsync/cdr-plan/v1";
            assert!(
                is_plan || document["dry_run"] == true,
                "it says that it was a dry run: {document}"
            );
        }
        let after = everything(&world);
        assert_eq!(after.1, before.1, "files after {verb:?}");
        for (table, digest) in &before.0 {
            assert_eq!(after.0.get(table), Some(digest), "{table} after {verb:?} --dry-run");
        }
    }
    // The code is still good: a dry run does not spend what works only once.
    let error = world.ctl(&["account", "authorize", "waiting", "--code-file", &pasted, "--json"]);
    assert_eq!(error.code, 6, "the same Zoom account, asked for real: {error:?}");
}

#[test]
fn the_ddl_of_a_dry_run_makes_the_same_database() {
    let world = World::small();
    world.connect("acme");
    let _ = world.json(&[
        "cdr",
        "set",
        "acme",
        "--server",
        "local",
        "--database",
        "acme",
        "--enable",
    ]);
    let ddl = world.ctl(&["cdr", "create-database", "acme", "--dry-run"]).ok().stdout;
    assert!(!world.database_file("acme").exists());
    let by_hand = rusqlite::Connection::open_in_memory().expect("a database");
    by_hand
        .execute_batch(&ddl)
        .unwrap_or_else(|error| panic!("{error} in:\n{ddl}"));
    let _ = world.json(&["cdr", "create-database", "acme"]);
    let made = Database::open(&world.database_file("acme"));
    let mut statement = by_hand
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name",
        )
        .expect("a query");
    let names = statement.query_map([], |row| row.get::<_, String>(0)).expect("names");
    let names: Vec<String> = names.flatten().collect();
    let query =
        "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let real: Vec<String> = made
        .rows(query)
        .iter()
        .map(|row| row["name"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(names, real);
    for table in [
        "call_history",
        "call_element",
        "rejected_record",
        "collection_window",
        "element_backlog",
        "zoom_user",
        "zoom_group",
        "zoom_group_member",
        "zoom_role",
        "zoom_role_member",
        "phone_user",
        "phone_site",
        "call_queue",
        "call_queue_member",
        "auto_receptionist",
        "common_area",
        "shared_line_group",
        "phone_device",
        "phone_number",
        "department",
        "cost_center",
        "sync_run",
        "schema_migration",
        "v_call",
        "v_call_daily",
        "v_user_daily",
        "v_queue_daily",
    ] {
        assert!(names.iter().any(|name| name == table), "{table} is promised");
    }
}
