//! Whatever a person types or Zoom sends is data: it is no statement, no path, no terminal command and no log line.

use std::{collections::BTreeMap, fs, path::Path};

use e2e::{
    World,
    database::Database,
    directory_truth::{assert_calls_equal, assert_directory_equal, assert_elements_equal},
    world::{prompt, small},
};
use jiff::SignedDuration;
use serde_json::json;
use zoom_sim::AccountOptions;

/// What breaks out of a statement, a path, a URL, a shell, a terminal, a log line, a format, a page or a cell.
const HOSTILE: [&str; 14] = [
    "'; DROP TABLE call_history; --",
    "\" OR \"1\"=\"1",
    "a]b;--",
    "../../../../etc/passwd",
    "/etc/passwd",
    "..%2f..%2fv2%2fusers",
    "x?account=other&limit=1#",
    "$(touch injected); `touch injected`",
    "\u{1b}]0;owned\u{7}\u{1b}[2J",
    "line\r\nERROR forged entry",
    "%s%n{0}{{7*7}}",
    "<script>alert(1)</script>",
    "=HYPERLINK(\"http://x\")",
    "%_\\*?[a-z]",
];

/// Places where a person's text goes: `X` stands for it.
const TYPED: [&str; 36] = [
    "account show X",
    "account test X",
    "account authorize X --code-file /dev/null",
    "account deauthorize X --yes --dry-run",
    "account remove X --yes",
    "group remove X --yes",
    "group rename X X",
    "cdr show X",
    "cdr set X --enable",
    "cdr set acme --server X",
    "cdr set acme --database X",
    "cdr set acme --archive-server X --archive-database X",
    "cdr set acme --retain X",
    "cdr set acme --no-cdr-days X",
    "cdr set acme --no-cdr-timezone X",
    "cdr backfill acme --from X",
    "cdr run X",
    "calls list acme --from X",
    "calls list acme --number X",
    "calls list acme --user X",
    "calls list acme --queue X --site X --result X",
    "calls show acme X",
    "calls show X X",
    "directory list acme --entity X",
    "server test X",
    "schedule add sync acme --days X --at 03:00 --timezone UTC",
    "schedule add sync acme --days daily --at 03:00 --timezone X",
    "schedule remove X --yes",
    "purge preview X",
    "subject find acme --number X",
    "subject find acme --email X",
    "hold release X --yes",
    "job show X",
    "job cancel X",
    "alert mute X --for 1h",
    "events --since X",
];

/// Exit codes that tell a person what was wrong; 1 and a signal do not.
const EXPLAINED: [i32; 9] = [0, 2, 4, 5, 6, 7, 10, 12, 15];

/// Every file below a directory with its size, without those that grow by themselves.
fn files(directory: &Path, found: &mut BTreeMap<String, u64>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_none_or(|extension| extension != "log") {
            found.insert(path.display().to_string(), 0);
        }
    }
}

fn shown_safely(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || !c.is_control())
}

#[test]
fn what_a_person_types_is_data_in_every_verb() {
    let mut world = World::small();
    world.collect("acme", &["--backfill", "7d", "--elements", "off"]);
    let tables = |world: &World| {
        let held = Database::open(&world.database_file("acme"));
        let mut tables = held.tables();
        tables.retain(|table| table != "sync_run" && !table.starts_with("collection_"));
        (tables.clone(), held.digest(&tables))
    };
    let before = tables(&world);
    let mut files_before = BTreeMap::new();
    files(world.home(), &mut files_before);
    let settings = world.json(&["cdr", "show", "acme"])["settings"].clone();
    for text in HOSTILE {
        for typed in TYPED {
            let words: Vec<&str> = typed
                .split(' ')
                .map(|word| if word == "X" { text } else { word })
                .collect();
            let outcome = world.ctl(&words);
            assert!(EXPLAINED.contains(&outcome.code), "{outcome:?}");
            assert!(!outcome.stderr.contains("panicked"), "{outcome:?}");
            assert!(
                shown_safely(&outcome.stdout) && shown_safely(&outcome.stderr),
                "{outcome:?}"
            );
        }
        assert!(world.daemon().runs(), "{text:?} ended the daemon");
    }
    assert_eq!(world.json(&["cdr", "show", "acme"])["settings"], settings);
    assert_eq!(tables(&world), before, "the database is as it was");
    let mut files_after = BTreeMap::new();
    files(world.home(), &mut files_after);
    assert_eq!(files_after, files_before, "no file came or went");
    assert!(!Path::new("injected").exists() && !world.home().join("injected").exists());
    let said = world.said();
    assert!(
        said.lines().all(|line| !line.starts_with("ERROR forged")),
        "a line of the log was forged: {said}"
    );
    assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{said}");
    let _ = world.json(&["audit", "verify"]);
}

#[test]
fn what_zoom_sends_is_data_also_as_a_key_and_in_a_url() {
    let world = World::started(prompt(vec![AccountOptions {
        calls: 0,
        ..small("acme")
    }]));
    let account = world.zoom_account("acme");
    let end = world.zoom().clock().now() - SignedDuration::from_hours(20);
    let records = HOSTILE.iter().enumerate().map(|(number, text)| {
        json!({
            "call_history_uuid": text, "call_id": text, "direction": "inbound",
            "start_time": (end - SignedDuration::from_secs(60)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "end_time": end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "caller_name": text, "caller_did_number": text, "callee_email": text, "department": text,
            "future_field": {*text: number},
        })
    });
    assert_eq!(account.load_records(records.collect()), HOSTILE.len());
    for (number, text) in HOSTILE.iter().enumerate() {
        let _ = account.add_user(&format!("user{number}@example.com"), text, text);
    }
    world.collect("acme", &["--backfill", "7d"]);
    let held = Database::open(&world.database_file("acme"));
    assert_calls_equal(&account, &held);
    assert_elements_equal(&account, &held);
    assert_directory_equal(&account, &held);
    for text in HOSTILE {
        let shown = world.json(&["calls", "show", "acme", text]);
        assert_eq!(shown["call_history_uuid"], text, "{shown}");
        let listed = world.json(&["calls", "list", "acme", "--user", text]);
        // Part of a name is asked for, and one of the names is part of another.
        let named = HOSTILE.iter().filter(|name| name.contains(text)).count();
        assert_eq!(
            listed["items"].as_array().map(Vec::len),
            Some(named),
            "{text:?}: {listed}"
        );
    }
    for verb in [
        &["calls", "list", "acme"][..],
        &["calls", "show", "acme", HOSTILE[8]],
        &["directory", "list", "acme"],
        &["status"],
    ] {
        let human = world.ctl(verb).ok();
        assert!(shown_safely(&human.stdout), "{human:?}");
    }
    let said = world.said();
    assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{said}");
}
