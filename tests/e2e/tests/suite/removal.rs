//! Lawful removal from outside: two users consent, everything of one account goes, the other stays byte for byte.

use std::{
    fs,
    path::{Path, PathBuf},
};

use e2e::{
    World, eventually, skipping,
    world::{prompt, small},
};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else if entry.path().is_file() {
            found.push(entry.path());
        }
    }
    found
}

/// What the collected calls of the account hold of people: numbers, names, addresses.
fn needles(database: &Path) -> Vec<String> {
    let connection = Connection::open(database).expect("the record database");
    let mut needles = Vec::new();
    for column in ["caller_did_number", "callee_did_number", "caller_email", "callee_email"] {
        let mut statement = connection
            .prepare(&format!(
                "SELECT DISTINCT {column} FROM call_history WHERE length({column}) > 8 LIMIT 20"
            ))
            .expect("a query");
        let values = statement.query_map([], |row| row.get::<_, String>(0)).expect("rows");
        needles.extend(values.flatten());
    }
    assert!(needles.len() > 5, "{needles:?}");
    needles
}

fn digest(database: &Path) -> Vec<u8> {
    Sha256::digest(fs::read(database).expect("a database")).to_vec()
}

#[test]
fn with_two_consents_everything_of_the_account_goes_and_nothing_of_the_other() {
    if !rustix::process::geteuid().is_root() {
        skipping::without_root("two users are needed, which only root can play");
        return;
    }
    let mut world = World::new(prompt(vec![small("acme"), small("other")]));
    // Every user of the test's groups is an administrator; the groups are those of the two users below.
    world.configuration.group = "daemon".to_owned();
    world.configuration.admin_group = "daemon".to_owned();
    world.start();
    for name in ["acme", "other"] {
        world.collect(name, &["--backfill", "31d"]);
        let _ = world.json(&["cdr", "deactivate", name, "--yes"]);
    }
    // What the account left behind is its own all the same.
    let _ = world.json(&["cdr", "set", "acme", "--database", "moved"]);
    assert_eq!(
        world.refused(7, &["account", "remove", "acme", "--yes"])["code"],
        "account_holds_data"
    );
    let _ = world.json(&["cdr", "create-database", "acme"]);
    let needles = needles(&world.database_file("acme"));
    // Opened and closed once more, so that the other account's file is at rest.
    world.daemon().stop();
    let other = digest(&world.database_file("other"));
    world.start();

    let letter = world.home().join("letter");
    fs::write(&letter, "we agree").expect("a letter");
    let letter = letter.to_string_lossy().into_owned();
    let consent = |role: &'static str, from: &'static str| {
        vec![
            "removal",
            "consent",
            "acme",
            "--role",
            role,
            "--file",
            letter.as_str(),
            "--from",
            from,
            "--json",
        ]
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<String>>()
    };
    let run = |words: &[String], user: Option<&str>| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let command = world.command(&words);
        match user {
            None => command.run(),
            Some(uid) => command
                .through(&["setpriv", &format!("--reuid={uid}"), "--regid=1", "--groups=1"])
                .run(),
        }
    };
    let _ = run(&consent("manager", "Mary Letterwriter"), None).ended_with(7);
    let _ = world.json(&["account", "deauthorize", "acme", "--yes"]);
    let _ = world.refused(7, &["removal", "run", "acme", "--yes-irreversible"]);
    let _ = world.refused(15, &["removal", "run", "acme", "--yes"]);
    let plan = world.json(&["removal", "plan", "acme"]);
    assert!(plan["classes"]["data"]["calls"].as_u64() >= Some(60), "{plan}");
    assert!(plan["zoom_deadline_at"].is_string(), "{plan}");
    assert_eq!(
        plan["classes"]["data"]["databases"],
        serde_json::json!(["local/moved", "local/acme"]),
        "{plan}"
    );
    let first = run(&consent("manager", "Mary Letterwriter"), None).ok().json();
    assert_eq!(
        first["consents"][0]["letter_sha256"],
        hex::encode(Sha256::digest("we agree"))
    );
    let _ = run(&consent("security", "Sam Letterwriter"), None).ended_with(6);
    let second = run(&consent("security", "Sam Letterwriter"), Some("1")).ok().json();
    assert_eq!(
        (&second["state"], &second["can_run"]),
        (&"removal_scheduled".into(), &true.into()),
        "{second}"
    );
    let job = world.json(&["removal", "run", "acme", "--yes-irreversible", "--wait"]);
    assert_eq!(job["state"], "succeeded", "{job}");

    let shown = world.json(&["removal", "show", "acme"]);
    assert_eq!(shown["state"], "removed", "{shown}");
    let certificate = shown["certificate"].to_string();
    assert!(certificate.contains("letter_sha256"), "{certificate}");
    assert!(
        !certificate.contains("Mary Letterwriter") && !certificate.contains("Sam Letterwriter"),
        "no personal data: {certificate}"
    );
    let _ = world.refused(8, &["calls", "list", "acme"]);
    let _ = world.ctl(&["audit", "verify"]).ok();
    let list = world.json(&["removal", "list"]);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
    assert_eq!(
        world.json(&["account", "show", "acme"])["authorized_by"],
        serde_json::Value::Null
    );

    // While the daemon runs: nothing waits in a write-ahead log either.
    assert!(!world.database_file("acme").exists() && !world.database_file("moved").exists());
    for path in files(world.home()) {
        // The other account's people are its own, and so is what this test wrote.
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("other.db") {
            continue;
        }
        let bytes = fs::read(&path).expect("a file");
        for needle in needles
            .iter()
            .map(String::as_str)
            .chain(["Mary Letterwriter", "Sam Letterwriter"])
        {
            let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
            assert!(!found, "{} holds {needle}", path.display());
        }
    }
    world.daemon().stop();
    assert_eq!(
        digest(&world.database_file("other")),
        other,
        "the other account is untouched"
    );
    world.start();
    assert_eq!(world.json(&["account", "show", "other"])["state"], "authorized");
    let _ = world.json(&["account", "remove", "acme", "--yes"]);
    eventually("the name is gone", || {
        (world.ctl(&["account", "show", "acme"]).code == 5).then_some(())
    });
}
