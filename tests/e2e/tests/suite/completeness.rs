//! Everything the platform holds is in the database, field for field, and stays so at no cost.

use std::time::Duration;

use e2e::{
    World,
    database::Database,
    directory_truth::{assert_calls_equal, assert_directory_equal},
    world::prompt,
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use zoom_sim::{AccountHandle, AccountOptions, CallSpec, Container};

const NAMES: [&str; 2] = ["acme", "globex"];

fn large(name: &str) -> AccountOptions {
    AccountOptions {
        users: 200,
        calls: 20_000,
        queues: 6,
        ..AccountOptions::named(name)
    }
}

/// First-seen and changed stamps of every fact, and whatever else there is.
fn everything(database: &Database) -> String {
    database.digest(&database.tables())
}

#[test]
fn every_record_and_directory_entry_is_held_field_for_field_and_polling_again_writes_nothing() {
    let world = World::started(prompt(NAMES.map(large).into()));
    for name in NAMES {
        world.collect(name, &["--backfill", "31d", "--elements", "off"]);
    }
    for name in NAMES {
        let account = world.zoom_account(name);
        let database = Database::open(&world.database_file(name));
        assert_calls_equal(&account, &database);
        assert_directory_equal(&account, &database);
        let shown = world.json(&["cdr", "show", name]);
        assert_eq!(shown["records"], database.count("call_history"), "{shown}");
        assert_eq!(
            (&shown["gaps"], &shown["elements_pending"]),
            (&json!(0), &json!(0)),
            "{shown}"
        );
        nothing_is_written(&world, name, &database);
    }
    for name in NAMES {
        late_and_changed(&world, name);
    }
}

fn nothing_is_written(world: &World, name: &str, database: &Database) {
    // Once, so that whatever is due after the backfill has happened.
    let _ = world.poll(name);
    let _ = world.sync(name);
    let facts: Vec<String> = database
        .tables()
        .into_iter()
        .filter(|table| !["sync_run", "collection_watermark", "collection_window"].contains(&table.as_str()))
        .collect();
    let (before, version) = (database.digest(&facts), database.data_version());
    for _ in 0..2 {
        let job = world.poll(name);
        assert_eq!(job["state"], "succeeded", "{job}");
    }
    assert_eq!(
        database.digest(&facts),
        before,
        "rows of {name} changed although nothing did at Zoom"
    );
    assert_eq!(
        database.data_version(),
        version,
        "polls that found nothing new wrote to the database of {name}"
    );
    let _ = world.sync(name);
    assert_eq!(
        database.digest(&facts),
        before,
        "a sync changed rows of {name} although nothing did at Zoom"
    );
}

fn late_and_changed(world: &World, name: &str) {
    let account = world.zoom_account(name);
    let database = Database::open(&world.database_file(name));
    let before = everything(&database);
    assert_eq!(world.fresh_calls(name, 40).len(), 40);
    let changed = change_recent_records(world, &account);
    assert!(changed > 10, "there are calls of the last day to change");
    let now = world.zoom().clock().now();
    for hours in [1, 6, 12, 18, 23] {
        // Published only now, long after it ended.
        account.add_call(CallSpec {
            start: Some(now - SignedDuration::from_hours(hours) - SignedDuration::from_mins(2)),
            duration_seconds: Some(60),
            publish_at: Some(now),
            ..CallSpec::default()
        });
    }
    let job = world.poll(name);
    assert_eq!(job["state"], "succeeded", "{job}");
    assert_calls_equal(&account, &database);
    assert_ne!(everything(&database), before);
    let shown = world.json(&["cdr", "show", name]);
    assert_eq!(shown["gaps"], 0, "{shown}");
}

fn change_recent_records(world: &World, account: &AccountHandle) -> usize {
    let since = world.zoom().clock().now() - SignedDuration::from_hours(23);
    let recent = account.truth_calls().into_iter().filter(|record| {
        let end = record["end_time"]
            .as_str()
            .and_then(|end| end.parse::<jiff::Timestamp>().ok());
        end.is_some_and(|end| end > since)
    });
    let uuids: Vec<String> = recent
        .filter_map(|record| record["call_history_uuid"].as_str().map(str::to_owned))
        .take(60)
        .collect();
    for (number, uuid) in uuids.iter().enumerate() {
        let patch = match number % 3 {
            0 => json!({"recording_status": "recorded", "callee_name": format!("Renamed – 改名 {number}")}),
            1 => json!({"department": null, "call_result": "spoken_to_by_a_robot"}),
            _ => json!({"future": {"number": number}, "duration": 1_000_000 + number}),
        };
        assert!(account.change_record(uuid, patch));
    }
    uuids.len()
}

#[test]
fn a_row_that_did_not_change_keeps_its_stamps_and_one_that_did_keeps_its_first() {
    let world = World::small();
    world.collect("acme", &["--backfill", "31d", "--elements", "off"]);
    let database = Database::open(&world.database_file("acme"));
    let before = database.by_key("call_history", "call_history_uuid");
    let account = world.zoom_account("acme");
    let uuid = world.fresh_calls("acme", 1).remove(0);
    let _ = world.poll("acme");
    let added = database.by_key("call_history", "call_history_uuid")[&uuid].clone();
    // Stamps are in whole seconds.
    e2e::patience::within(Duration::from_secs(5), "the next second", || {
        (world.zoom().clock().now().to_string()[..19] > added["changed_at"].as_str().unwrap_or_default()[..19])
            .then_some(())
    });
    assert!(account.change_record(&uuid, json!({"callee_name": "Somebody Else"})));
    let _ = world.poll("acme");
    let after = database.by_key("call_history", "call_history_uuid");
    assert_eq!(after[&uuid]["callee_name"], "Somebody Else");
    assert_eq!(after[&uuid]["first_seen_at"], added["first_seen_at"]);
    assert_ne!(after[&uuid]["changed_at"], added["changed_at"]);
    assert_ne!(after[&uuid]["content_digest"], added["content_digest"]);
    for (uuid, row) in before {
        assert_eq!(after[&uuid], row, "a call that nobody changed");
    }
}

#[test]
fn the_directory_follows_joiners_movers_and_leavers_and_forgets_nobody() {
    let world = World::small();
    world.collect("acme", &["--backfill", "none"]);
    let account = world.zoom_account("acme");
    let database = Database::open(&world.database_file("acme"));
    assert_directory_equal(&account, &database);
    let people = account.truth("users");
    let members: Vec<&str> = people
        .iter()
        .filter(|user| user["role_id"] == "2" && user["status"] == "active")
        .filter_map(|user| user["id"].as_str())
        .collect();
    let (leaver, mover) = (members[0].to_owned(), members[1].to_owned());
    let queue = account.truth("call_queues")[0]["id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let group = account.truth("groups")[0]["id"].as_str().unwrap_or_default().to_owned();
    account.add_user("neu@acme.example.com", "Ærøskøbing", "新人");
    assert!(account.remove_user(&leaver));
    assert!(account.rename_user(&mover, "Renamed", "Mover"));
    assert!(account.set_department(&mover, "Brand New Department", "CC-999"));
    account.set_member(Container::CallQueue, &queue, &mover, true);
    account.set_member(Container::Group, &group, &mover, true);
    let job = world.sync("acme");
    assert_eq!(job["state"], "succeeded", "{job}");
    assert_directory_equal(&account, &database);
    let gone = &database.by_key("zoom_user", "id")[&leaver];
    assert!(gone["removed_at"].is_string(), "{gone:?}");
    let old = database.count(&format!(
        "zoom_role_member WHERE id = '{leaver}' AND valid_to IS NOT NULL"
    ));
    assert_eq!(old, 1, "the membership of a leaver ends and stays");
    let status = world.json(&["sync", "status", "acme"]);
    let users = &status["entities"]["users"];
    assert_eq!((&users["added"], &users["removed"]), (&json!(1), &json!(1)), "{status}");
    assert!(users["changed"].as_u64() >= Some(1), "{status}");
    assert_eq!(status["status"], Value::from("Enabled"));
}
