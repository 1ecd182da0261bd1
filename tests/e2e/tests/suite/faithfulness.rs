//! What Zoom sends is what is stored, however odd it is.

use e2e::{
    World,
    comparison::fields,
    database::Database,
    directory_truth::{assert_calls_equal, assert_elements_equal},
    world::{prompt, small},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use zoom_sim::{AccountOptions, HistoryArrays, Options, Quirks, samples};

fn empty(name: &str) -> AccountOptions {
    AccountOptions {
        calls: 0,
        ..small(name)
    }
}

fn yesterday(world: &World) -> Timestamp {
    let noon = world.zoom().clock().now() - SignedDuration::from_hours(20);
    Timestamp::from_second(noon.as_second()).unwrap_or(noon)
}

/// A call with this key that ended yesterday, with other fields laid over it.
fn call(world: &World, uuid: &str, more: &Value) -> Value {
    let end = yesterday(world);
    let mut record = json!({
        "call_history_uuid": uuid, "call_id": "7", "direction": "inbound",
        "start_time": (end - SignedDuration::from_secs(60)).to_string(), "end_time": end.to_string(),
    });
    for (name, value) in fields(more) {
        record[name] = value;
    }
    record
}

fn held(world: &World, uuid: &str) -> e2e::database::Row {
    let database = Database::open(&world.database_file("acme"));
    let rows = database.by_key("call_history", "call_history_uuid");
    rows.get(uuid).unwrap_or_else(|| panic!("{uuid} is not held")).clone()
}

#[test]
fn an_account_number_beyond_32_bits_is_told_in_full() {
    let world = World::small();
    let account = world.zoom_account("acme");
    assert!(account.account_number() > i64::from(u32::MAX));
    let _ = world.add_account("acme");
    let grant = world
        .zoom()
        .authorize(&world.authorize_url("acme"), &account.owner_email())
        .expect("consent");
    let outcome = world
        .command(&["account", "authorize", "acme", "--code-file", "-"])
        .stdin(grant.code)
        .run()
        .ok();
    let line = format!("Connected. Zoom account number {}", account.account_number());
    assert!(outcome.stdout.contains(&line), "{outcome:?}");
    let shown = world.json(&["account", "show", "acme"]);
    assert_eq!(shown["account_number"], account.account_number());
    assert_eq!(shown["zoom_account_id"], account.account_id());
}

#[test]
fn ids_that_look_like_numbers_stay_text() {
    let world = World::started(prompt(vec![empty("acme")]));
    let odd = json!({
        "call_id": "00071234567890123456789", "caller_ext_number": "007", "site_id": "1e5", "group_id": "0x10",
        "caller_did_number": "+0012", "callee_did_number": "anonymous", "callee_ext_id": "9007199254740993",
    });
    world
        .zoom_account("acme")
        .load_records(vec![call(&world, "20260101-1", &odd)]);
    world.collect("acme", &["--backfill", "7d", "--elements", "off"]);
    let row = held(&world, "20260101-1");
    for (name, value) in fields(&odd) {
        assert_eq!(row[&name], value, "{name}");
    }
    let listed = world.json(&["calls", "list", "acme"]);
    assert_eq!(listed["items"][0]["call_id"], odd["call_id"], "{listed}");
}

#[test]
fn names_of_every_script_arrive_unharmed() {
    let world = World::started(prompt(vec![empty("acme")]));
    let names = [
        "Zoë O’Neil–Łukasiewicz",
        "株式会社サンプル",
        "محمد بن سلمان",
        "👩🏽‍💻 e\u{301}quipe",
        "\u{202e}rtl override",
        "=HYPERLINK(\"http://x\")",
        "tab\tand\nnewline",
        "quote ' \" ` \\ ; -- %00",
        "",
        " leading and trailing ",
    ];
    let records = names.iter().enumerate().map(|(number, name)| {
        call(
            &world,
            &format!("u-{number}"),
            &json!({"caller_name": name, "department": name, "site_name": name}),
        )
    });
    world.zoom_account("acme").load_records(records.collect());
    world.collect("acme", &["--backfill", "7d", "--elements", "off"]);
    for (number, name) in names.iter().enumerate() {
        let row = held(&world, &format!("u-{number}"));
        assert_eq!((&row["caller_name"], &row["department"]), (&json!(name), &json!(name)));
    }
    let shown = world.json(&["calls", "show", "acme", "u-3"]);
    assert_eq!(shown["caller_name"], names[3]);
    let human = world.ctl(&["calls", "list", "acme"]).ok();
    assert!(
        !human.stdout.contains('\u{202e}'),
        "what a caller is called must not rearrange a terminal: {human:?}"
    );
}

#[test]
fn a_record_without_a_key_is_kept_aside_and_counted() {
    let world = World::started(prompt(vec![empty("acme")]));
    let mut without = call(&world, "", &json!({"caller_name": "No Key"}));
    let empty_key = without.clone();
    without.as_object_mut().map(|record| record.remove("call_history_uuid"));
    let account = world.zoom_account("acme");
    account.load_records(vec![without.clone(), empty_key, call(&world, "with-key", &json!({}))]);
    world.collect("acme", &["--backfill", "7d", "--elements", "off"]);
    let database = Database::open(&world.database_file("acme"));
    let rejected = database.rows("SELECT * FROM rejected_record");
    assert_eq!(rejected.len(), 2, "{rejected:?}");
    let kept: Vec<Value> = rejected
        .iter()
        .filter_map(|row| serde_json::from_str(row["json"].as_str().unwrap_or_default()).ok())
        .collect();
    assert!(kept.contains(&without), "as Zoom sent it: {kept:?}");
    assert!(rejected.iter().all(|row| {
        row["reason"]
            .as_str()
            .is_some_and(|reason| reason.contains("call_history_uuid"))
    }));
    let shown = world.json(&["cdr", "show", "acme"]);
    assert_eq!(
        (&shown["rejected"], &shown["records"]),
        (&json!(2), &json!(1)),
        "{shown}"
    );
    let _ = world.poll("acme");
    let shown = world.json(&["cdr", "show", "acme"]);
    assert_eq!(shown["rejected"], 2, "the same record is rejected once: {shown}");
}

#[test]
fn unknown_enums_and_unknown_fields_are_kept() {
    let world = World::started(prompt(vec![empty("acme")]));
    let odd = json!({
        "call_result": "taken_by_a_ghost", "direction": "sideways", "connect_type": "",
        "hologram": {"depth": 3, "tags": ["a", null, {"b": 9_007_199_254_740_993_i64}]}, "ratio": 0.75, "flag": false,
    });
    world.zoom_account("acme").load_records(vec![call(&world, "odd", &odd)]);
    world.collect("acme", &["--backfill", "7d", "--elements", "off"]);
    assert_calls_equal(
        &world.zoom_account("acme"),
        &Database::open(&world.database_file("acme")),
    );
    let row = held(&world, "odd");
    assert_eq!(
        (&row["call_result"], &row["direction"]),
        (&json!("taken_by_a_ghost"), &json!("sideways"))
    );
    let extra: Value = serde_json::from_str(row["extra"].as_str().unwrap_or_default()).expect("JSON in extra");
    assert_eq!(
        extra,
        json!({"hologram": odd["hologram"], "ratio": 0.75, "flag": false})
    );
}

#[test]
fn a_value_of_the_wrong_type_leaves_its_column_empty_and_is_kept_beside() {
    let world = World::started(prompt(vec![empty("acme")]));
    let wrong = json!({
        "duration": "12", "international": "true", "caller_name": 5, "answer_time": "yesterday", "site_id": {"id": "s"},
        "hide_caller_id": 1, "department": ["a"],
    });
    let times = json!({"answer_time": "", "duration": null});
    world
        .zoom_account("acme")
        .load_records(vec![call(&world, "wrong", &wrong), call(&world, "no-answer", &times)]);
    world.collect("acme", &["--backfill", "7d", "--elements", "off"]);
    let row = held(&world, "wrong");
    let extra: Value = serde_json::from_str(row["extra"].as_str().unwrap_or_default()).expect("JSON in extra");
    assert_eq!(extra, wrong);
    for (name, _) in fields(&wrong) {
        assert_eq!(row[&name], Value::Null, "{name}");
    }
    let row = held(&world, "no-answer");
    assert_eq!(
        (&row["answer_time"], &row["duration"], &row["extra"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
}

/// Samples are of past years; Zoom answers for six months. Every time in them moves by the same whole seconds.
fn moved(value: &Value, by: SignedDuration) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| moved(item, by)).collect(),
        Value::Object(object) => object
            .iter()
            .map(|(name, value)| {
                let time = value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
                let shifted = time.map(|time| Value::from((time + by).to_string()));
                (name.clone(), shifted.unwrap_or_else(|| moved(value, by)))
            })
            .collect(),
        other => other.clone(),
    }
}

fn samples_are_collected(records: Vec<Value>, details: std::collections::BTreeMap<String, Value>) {
    let world = World::started(prompt(vec![empty("acme")]));
    let newest = records
        .iter()
        .filter_map(|record| record["end_time"].as_str()?.parse::<Timestamp>().ok())
        .max();
    let by = newest
        .map(|newest| newest.duration_until(yesterday(&world)))
        .unwrap_or_default();
    let account = world.zoom_account("acme");
    let records: Vec<Value> = records.iter().map(|record| moved(record, by)).collect();
    let count = account.load_records(records);
    assert!(count > 0);
    account.load_details(
        details
            .into_iter()
            .map(|(uuid, body)| (uuid, moved(&body, by)))
            .collect(),
    );
    world.collect("acme", &["--backfill", "6mo"]);
    let database = Database::open(&world.database_file("acme"));
    assert_calls_equal(&account, &database);
    assert_elements_equal(&account, &database);
    let calls = database.count("call_history") + database.count("rejected_record WHERE entity = 'call_history'");
    assert_eq!(calls, account.truth_calls().len() as u64);
}

#[test]
fn the_official_sample_answers_are_stored_field_by_field_with_their_elements() {
    samples_are_collected(samples::official_records(), samples::official_details());
}

#[test]
fn the_synthetic_samples_with_every_oddity_are_stored_field_by_field_with_their_elements() {
    samples_are_collected(samples::synthetic_records(), samples::synthetic_details());
}

#[test]
fn a_platform_full_of_oddities_is_still_equal() {
    let quirks = Quirks {
        unknown_enums: 300,
        extra_fields: 300,
        missing_fields: 400,
        empty_strings: 500,
        keyless: 50,
    };
    let options = Options {
        history_arrays: HistoryArrays::CallLogsOnly,
        omit_empty_lists: true,
        ..prompt(vec![AccountOptions {
            calls: 300,
            quirks,
            ..small("acme")
        }])
    };
    let world = World::started(options);
    world.collect("acme", &["--backfill", "31d", "--elements", "off"]);
    assert_calls_equal(
        &world.zoom_account("acme"),
        &Database::open(&world.database_file("acme")),
    );
}

#[test]
fn recorded_and_other_calls_are_both_collected_when_zoom_lists_only_recorded_ones_unasked() {
    let options = Options {
        recorded_by_default: true,
        ..prompt(vec![AccountOptions {
            calls: 200,
            ..small("acme")
        }])
    };
    let world = World::started(options);
    world.collect("acme", &["--backfill", "31d", "--elements", "off"]);
    let database = Database::open(&world.database_file("acme"));
    assert_calls_equal(&world.zoom_account("acme"), &database);
    assert!(database.count("call_history WHERE recording_status = 'non_recorded'") > 0);
}
