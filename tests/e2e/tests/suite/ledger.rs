//! The ledger proves that nothing is missing: reconciling, gaps, healing, what Zoom deleted.

use e2e::{
    World,
    database::Database,
    directory_truth::assert_calls_equal,
    eventually,
    world::{prompt, small},
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use zoom_sim::{AccountOptions, CallSpec, Effect, Fault, Options};

const HISTORY: &str = "/v2/phone/call_history";

fn few() -> Options {
    prompt(vec![AccountOptions {
        calls: 40,
        ..small("acme")
    }])
}

/// Calls of the last hours, several pages of 300 a day.
fn crowded() -> World {
    let world = World::started(few());
    let account = world.zoom_account("acme");
    let now = world.zoom().clock().now();
    for number in 0..1_300 {
        account.add_call(CallSpec {
            start: Some(now - SignedDuration::from_secs(3_600 + number * 11)),
            duration_seconds: Some(60),
            publish_at: Some(now),
            ..CallSpec::default()
        });
    }
    world
}

fn collected(world: &World) -> Database {
    world.collect("acme", &["--backfill", "31d", "--elements", "off"]);
    Database::open(&world.database_file("acme"))
}

/// `cdr reconcile --wait`; the answer is the result of the finished job.
fn reconcile(world: &World, more: &[&str]) -> Value {
    let job = world.json(&[&["cdr", "reconcile", "acme", "--wait"], more].concat());
    assert_eq!(
        (&job["kind"], &job["state"]),
        (&json!("reconcile"), &json!("succeeded")),
        "{job}"
    );
    assert_eq!(job["schema"], "callsync/job/v1", "{job}");
    assert_eq!(job["result"]["schema"], "callsync/reconcile/v1", "{job}");
    assert_eq!(job["completeness"], job["result"]["completeness"], "{job}");
    job["result"].clone()
}

fn assert_whole(world: &World, result: &Value) {
    let held = world.zoom_account("acme").truth_calls().len();
    assert_eq!(result["completeness"], 1.0, "{result}");
    assert_eq!(result["gaps"], json!([]), "{result}");
    assert_eq!(
        (&result["records_zoom"], &result["records_held"]),
        (&json!(held), &json!(held)),
        "{result}"
    );
    assert_eq!(result["windows_checked"], result["windows_complete"], "{result}");
    assert_calls_equal(
        &world.zoom_account("acme"),
        &Database::open(&world.database_file("acme")),
    );
}

#[test]
fn a_reconciliation_compares_every_window_and_says_so_to_people_and_scripts() {
    let world = crowded();
    let database = collected(&world);
    let result = reconcile(&world, &[]);
    assert_whole(&world, &result);
    assert!(result["windows_checked"].as_u64() > Some(31), "{result}");
    let windows = database.rows("SELECT * FROM collection_window ORDER BY window_from");
    assert!(
        windows.iter().all(|window| window["state"] == "complete"),
        "{windows:?}"
    );
    let lengths = "SELECT DISTINCT strftime('%s', window_to) - strftime('%s', window_from) AS length FROM collection_window ORDER BY 1";
    let lengths: Vec<Value> = database.rows(lengths).iter().map(|row| row["length"].clone()).collect();
    assert_eq!(lengths, [json!(3_600), json!(86_400)], "hours and days");
    let overlapping =
        "collection_window a JOIN collection_window b ON a.window_from < b.window_to AND b.window_from < a.window_to
         AND (a.window_from <> b.window_from OR a.window_to <> b.window_to)";
    assert_eq!(database.count(overlapping), 0);
    let text = world.ctl(&["cdr", "reconcile", "acme", "--wait"]).ok().stdout;
    assert!(text.contains("Completeness") && text.contains("100 %"), "{text}");
    let shown = world.json(&["cdr", "show", "acme"]);
    assert_eq!(
        (&shown["gaps"], &shown["completeness"]),
        (&json!(0), &json!(1.0)),
        "{shown}"
    );
    let gaps = world.json(&["cdr", "gaps", "acme"]);
    assert_eq!(gaps, json!({"schema": "callsync/gap-list/v1", "items": []}));
    let text = world.ctl(&["cdr", "gaps", "acme"]).ok().stdout;
    assert!(text.contains("No call is known to be missing"), "{text}");
}

#[test]
fn the_second_comparison_of_an_unchanged_window_costs_one_request() {
    let world = crowded();
    let _ = collected(&world);
    let first = reconcile(&world, &[]);
    let again = reconcile(&world, &[]);
    let windows = again["windows_checked"].as_u64().unwrap_or_default();
    let requests = again["requests"].as_u64().unwrap_or(u64::MAX);
    // The time that has not closed yet is read like a poll does.
    assert!(requests <= windows + 4, "{again} after {first}");
}

#[test]
fn calls_deleted_at_zoom_are_marked_and_their_windows_are_complete() {
    let world = crowded();
    let database = collected(&world);
    let _ = reconcile(&world, &[]);
    let account = world.zoom_account("acme");
    // Only closed hours are compared.
    let closed = world.zoom().clock().now() - SignedDuration::from_hours(2);
    let closed = closed.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let uuids: Vec<String> = account
        .truth_calls()
        .iter()
        .filter(|record| record["end_time"].as_str().is_some_and(|end| end < closed.as_str()))
        .filter_map(|record| record["call_history_uuid"].as_str().map(str::to_owned))
        .step_by(97)
        .collect();
    for uuid in &uuids {
        assert!(account.remove_record(uuid));
    }
    let held = database.count("call_history");
    let result = reconcile(&world, &[]);
    assert_whole(&world, &result);
    assert_eq!(result["deleted_at_zoom"], uuids.len(), "{result}");
    assert_eq!(database.count("call_history"), held, "no row is lost");
    let marked = database.by_key("call_history", "call_history_uuid");
    assert!(uuids.iter().all(|uuid| marked[uuid]["deleted_at"].is_string()));
    assert_eq!(
        database.count("call_history WHERE deleted_at IS NOT NULL"),
        uuids.len() as u64
    );
    let notes = database.count("collection_window WHERE note LIKE '%deleted at Zoom%' AND state = 'complete'");
    assert!(notes > 0);
    let again = reconcile(&world, &[]);
    assert_eq!(again["deleted_at_zoom"], 0, "{again}");
    assert_whole(&world, &again);
}

#[test]
fn every_fault_of_the_listing_is_counted_and_reconciling_ends_at_one() {
    for (effect, kind) in [
        (Effect::ShortPage { rows: 7 }, "short_readings"),
        (Effect::DuplicateRows { rows: 40 }, "duplicate_rows"),
        (Effect::RepeatPageToken, "repeated_tokens"),
        (Effect::RepeatPage, "repeated_pages"),
        (Effect::ClampRange { seconds: 400 }, "clamped_ranges"),
        (Effect::WrongTotal { delta: -5 }, "wrong_totals"),
    ] {
        let world = crowded();
        world.connect("acme");
        world.prepare("acme", "acme", &["--backfill", "31d", "--elements", "off"]);
        world.zoom().fault(Fault::new(HISTORY, 3, effect.clone()));
        let _ = world.json(&["cdr", "activate", "acme", "--wait"]);
        world.await_backfill("acme");
        // Once more for the comparison; what only happens between pages may not meet it while nothing changed.
        world.zoom().fault(Fault::new(HISTORY, 3, effect.clone()));
        let _ = world.ctl(&["cdr", "reconcile", "acme", "--wait"]);
        world.zoom().clear_faults();
        eventually("a complete ledger", || {
            (reconcile(&world, &[])["completeness"] == 1.0).then_some(())
        });
        let jobs = world.json(&["job", "list", "acme", "--limit", "200"]);
        let of_jobs = jobs["items"].as_array().into_iter().flatten();
        let counted: u64 = of_jobs
            .filter_map(|job| job["result"]["faults_by_kind"][kind].as_u64())
            .sum();
        assert!(counted > 0, "{effect:?} is counted nowhere: {jobs}");
        let last = reconcile(&world, &[]);
        assert_whole(&world, &last);
    }
}

#[test]
fn a_listing_that_stays_short_is_a_gap_with_a_clock_until_it_passes() {
    let world = World::started(few());
    let _ = collected(&world);
    let now = world.zoom().clock().now();
    let end = now - SignedDuration::from_hours(30);
    for number in 0..20 {
        let _ = world.zoom_account("acme").add_call(CallSpec {
            start: Some(end - SignedDuration::from_secs(60 + number)),
            duration_seconds: Some(60),
            publish_at: Some(now),
            ..CallSpec::default()
        });
    }
    let span = [(end - SignedDuration::from_hours(1)).to_string(), end.to_string()];
    let span = ["--from", span[0].as_str(), "--to", span[1].as_str()];
    world
        .zoom()
        .fault(Fault::new(HISTORY, 500, Effect::ShortPage { rows: 5 }));
    let job = world.json(&[&["cdr", "reconcile", "acme", "--wait"], &span[..]].concat());
    let result = &job["result"];
    assert!(result["completeness"].as_f64() < Some(1.0), "{job}");
    let gap = &result["gaps"][0];
    assert!(gap["held"].as_u64() < gap["zoom_total"].as_u64(), "{job}");
    let listed = world.json(&["cdr", "gaps", "acme"]);
    for field in ["from", "to", "zoom_total", "held", "unrecoverable_after"] {
        assert!(!listed["items"][0][field].is_null(), "{field}: {listed}");
    }
    let shown = world.json(&["cdr", "show", "acme"]);
    assert!(
        shown["gaps"].as_u64() > Some(0) && shown["completeness"].as_f64() < Some(1.0),
        "{shown}"
    );
    let text = world.ctl(&["cdr", "gaps", "acme"]).ok().stdout;
    assert!(text.contains("ZOOM KEEPS IT UNTIL") && text.contains("days"), "{text}");
    world.zoom().clear_faults();
    let healed = reconcile(&world, &span);
    assert!(healed["gaps_healed"].as_u64() > Some(0), "{healed}");
    assert_eq!(world.json(&["cdr", "gaps", "acme"])["items"], json!([]));
    let whole = reconcile(&world, &[]);
    assert_whole(&world, &whole);
}

#[test]
fn a_span_that_was_never_collected_is_collected_when_a_person_names_it() {
    let world = World::started(few());
    world.collect("acme", &["--backfill", "none", "--elements", "off"]);
    let month = (world.zoom().clock().now() - SignedDuration::from_hours(24 * 31)).to_string();
    let result = reconcile(&world, &["--from", &month]);
    assert_whole(&world, &result);
}

#[test]
fn what_cannot_be_compared_is_refused_with_its_exit_code() {
    let world = World::small();
    world.collect("acme", &["--backfill", "none", "--elements", "off"]);
    let _ = world.refused(5, &["cdr", "reconcile", "nobody"]);
    let _ = world.refused(5, &["cdr", "gaps", "nobody"]);
    let _ = world.refused(2, &["cdr", "reconcile", "acme", "--from", "soon"]);
    let job = world.json(&["cdr", "reconcile", "acme", "--dry-run"]);
    assert_eq!(
        (&job["kind"], &job["dry_run"]),
        (&json!("reconcile"), &json!(true)),
        "{job}"
    );
    let _ = world.json(&["cdr", "deactivate", "acme", "--yes"]);
    let _ = world.refused(7, &["cdr", "reconcile", "acme"]);
    assert_eq!(
        world.json(&["cdr", "gaps", "acme"])["items"],
        json!([]),
        "still to be seen"
    );
}
