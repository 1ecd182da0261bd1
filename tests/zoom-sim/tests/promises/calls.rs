//! Call records: their range, lag, shape, and where they come from.

use crate::platform::{NOW, Platform, at, options, tidy};
use serde_json::{Value, json};
use std::time::Duration;
use zoom_sim::{AccountOptions, CallSpec, Clock, HistoryArrays, Options, Quirks, RateLimits, Simulator};

#[tokio::test]
async fn the_range_is_clamped_silently_and_echoed() {
    let platform = Platform::start(options()).await;
    let reply = platform.get("phone/call_history?from=2026-02-01&to=2026-07-15").await;
    assert_eq!(
        (reply.status, reply.text("from"), reply.text("to")),
        (200, "2026-06-15", "2026-07-15")
    );
    let old = platform.get("phone/call_history?from=2025-01-01&to=2025-01-10").await;
    assert_eq!((old.status, &old.body["total_records"]), (200, &0.into()));
    for bad in [
        "from=2026-07-01",
        "to=2026-07-01",
        "from=2026-07-01&to=2026-07-02T00:00:00Z",
        "from=x&to=y",
    ] {
        let reply = platform.get(&format!("phone/call_history?{bad}")).await;
        assert_eq!((reply.status, &reply.body["code"]), (400, &300.into()), "{bad}");
        assert_eq!(reply.text("message"), "Validation Failed.");
    }
}

#[tokio::test]
async fn both_ends_of_the_range_are_included_and_time_type_decides() {
    let platform = Platform::start(options()).await;
    let account = platform.sim.account(0);
    let start = at("2026-07-01T03:00:00Z");
    let uuid = account.add_call(CallSpec {
        start: Some(start),
        duration_seconds: Some(7200),
        ..CallSpec::default()
    });
    let has = async |query: &str| {
        let rows = platform
            .walk(&format!("phone/call_history?page_size=300&{query}"), "call_history")
            .await;
        rows.iter().any(|row| row["call_history_uuid"] == uuid.as_str())
    };
    assert!(has("from=2026-07-01T03:00:00Z&to=2026-07-01T03:00:00Z").await);
    assert!(!has("from=2026-07-01T03:00:01Z&to=2026-07-01T06:00:00Z").await);
    assert!(has("from=2026-07-01T05:00:00Z&to=2026-07-01T05:00:00Z&time_type=end_time").await);
    assert!(!has("from=2026-07-01T03:00:00Z&to=2026-07-01T04:59:59Z&time_type=end_time").await);
    assert!(has("from=2026-07-01&to=2026-07-01").await);
}

#[tokio::test]
async fn a_record_appears_after_the_lag_and_its_detail_later_still() {
    let platform = Platform::start(options()).await;
    let account = platform.sim.account(0);
    let uuid = account.add_call(CallSpec::default());
    let detail = format!("phone/call_history/{uuid}");
    let listed = async || {
        let reply = platform.get("phone/call_history?page_size=300").await;
        reply
            .rows("call_history")
            .iter()
            .any(|row| row["call_history_uuid"] == uuid.as_str())
    };
    assert!(!listed().await);
    platform.sim.clock().advance(Duration::from_secs(59));
    assert!(!listed().await);
    platform.sim.clock().advance(Duration::from_secs(1));
    assert!(listed().await);
    assert_eq!(platform.get(&detail).await.status, 404);
    platform.sim.clock().advance(Duration::from_secs(30));
    let body = platform.get(&detail).await;
    assert_eq!((body.status, body.text("call_history_uuid")), (200, uuid.as_str()));
    let element = body.rows("call_elements")[0].clone();
    let id = element["call_element_id"].as_str().expect("id");
    assert_eq!(body.rows("call_path")[0]["id"], id);
    let one = platform.get(&format!("phone/call_element/{id}")).await;
    assert_eq!((one.status, one.text("call_history_uuid")), (200, uuid.as_str()));
    assert_eq!(platform.get("phone/call_element/nothing").await.status, 404);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_calls() {
    let make = async |seed| {
        let options = Options { seed, ..options() };
        let sim = Simulator::start(options).await.expect("a free port");
        (sim.account(0).truth_calls(), sim.account(0).truth("users"))
    };
    let (one, two, other) = (make(7).await, make(7).await, make(8).await);
    assert_eq!(one, two);
    assert_ne!(one, other);
}

#[tokio::test]
async fn both_arrays_carry_the_same_calls_and_either_can_be_left_out() {
    let platform = Platform::start(options()).await;
    let path = "phone/call_history?from=2026-07-01&to=2026-07-10&page_size=50";
    let both = platform.get(path).await;
    let ids = |array: &str, key: &str| -> Vec<Value> { both.rows(array).iter().map(|row| row[key].clone()).collect() };
    assert_eq!(ids("call_history", "call_history_uuid"), ids("call_logs", "id"));
    assert!(!both.rows("call_history").is_empty());
    platform
        .sim
        .reconfigure(|options| options.history_arrays = HistoryArrays::CallLogsOnly);
    let old = platform.get(path).await;
    assert!(old.body.get("call_history").is_none() && !old.rows("call_logs").is_empty());
    platform
        .sim
        .reconfigure(|options| options.history_arrays = HistoryArrays::CallHistoryOnly);
    assert!(platform.get(path).await.body.get("call_logs").is_none());
}

#[tokio::test]
async fn the_recording_filter_and_its_disputed_default() {
    let platform = Platform::start(options()).await;
    let total = async |extra: &str| {
        let reply = platform
            .get(&format!("phone/call_history?from=2026-06-20&to=2026-07-15{extra}"))
            .await;
        reply.body["total_records"].as_u64().expect("a number")
    };
    let (all, with, without) = (
        total("").await,
        total("&recording_status=recorded").await,
        total("&recording_status=non_recorded").await,
    );
    assert!(with > 0 && without > 0);
    assert_eq!(all, with + without);
    platform.sim.reconfigure(|options| options.recorded_by_default = true);
    assert_eq!(total("").await, with);
}

#[tokio::test]
async fn filters_narrow_the_list() {
    let platform = Platform::start(options()).await;
    let month = "from=2026-06-20&to=2026-07-15&page_size=300";
    let inbound = platform
        .walk(
            &format!("phone/call_history?{month}&directions=inbound"),
            "call_history",
        )
        .await;
    assert!(!inbound.is_empty() && inbound.iter().all(|row| row["direction"] == "inbound"));
    let two = platform
        .walk(
            &format!("phone/call_history?{month}&call_results=voicemail&call_results=busy"),
            "call_history",
        )
        .await;
    assert!(
        two.iter()
            .all(|row| row["call_result"] == "voicemail" || row["call_result"] == "busy")
    );
    let call_id = inbound[0]["call_id"].as_str().expect("id");
    let one = platform
        .walk(
            &format!("phone/call_history?{month}&call_ids={call_id}"),
            "call_history",
        )
        .await;
    assert_eq!(one, [inbound[0].clone()]);
    let bad = platform
        .get(&format!("phone/call_history?{month}&directions=sideways"))
        .await;
    assert_eq!(
        (bad.status, &bad.body["errors"][0]["field"]),
        (400, &"directions".into())
    );
}

#[tokio::test]
async fn the_generator_makes_the_awkward_cases() {
    let quirks = Quirks {
        keyless: 20,
        ..Quirks::default()
    };
    let account = AccountOptions {
        calls: 3000,
        quirks,
        ..AccountOptions::default()
    };
    let sim = Simulator::start(Options {
        accounts: vec![account],
        ..options()
    })
    .await
    .expect("a free port");
    let calls = sim.account(0).truth_calls();
    let any = |test: &dyn Fn(&Value) -> bool| calls.iter().any(test);
    assert!(any(&|call| call["duration"].as_i64() > Some(3600)), "long calls");
    assert!(
        any(&|call| call["call_id"].as_str().is_some_and(|id| id.ends_with("_1"))),
        "transfers"
    );
    assert!(any(&|call| call["callee_ext_type"] == "call_queue"), "queues");
    assert!(any(&|call| call["call_result"] == "voicemail"), "voicemail");
    assert!(
        any(&|call| call["callee_number_type"] == "some_future_number_type"),
        "unknown values"
    );
    assert!(any(&|call| call.get("future_feature").is_some()), "undocumented fields");
    assert!(any(&|call| call.get("site_name").is_none()), "missing fields");
    assert!(any(&|call| call["answer_time"] == ""), "empty strings");
    assert!(
        any(&|call| call.get("call_history_uuid").is_none()),
        "records without a key"
    );
    assert!(calls.iter().any(|call| call.to_string().contains("München")), "unicode");
}

#[tokio::test]
async fn records_can_be_added_changed_moved_and_removed() {
    let platform = Platform::start(options()).await;
    let account = platform.sim.account(0);
    let fields = json!({"caller_name": "Zoë", "site_id": null});
    let spec = CallSpec {
        publish_at: Some(at(NOW)),
        fields: fields.as_object().cloned().expect("an object"),
        ..CallSpec::default()
    };
    let uuid = account.add_call(spec);
    let row = |uuid: &str| {
        account
            .truth_calls()
            .into_iter()
            .find(|row| row["call_history_uuid"] == uuid)
    };
    let added = row(&uuid).expect("published at once");
    assert_eq!(added["caller_name"], "Zoë");
    assert!(added.get("site_id").is_none());
    let generated = account.truth_calls()[5]["call_history_uuid"]
        .as_str()
        .expect("id")
        .to_owned();
    let before = account.truth_detail(&generated).expect("a detail");
    assert!(account.change_record(&generated, json!({"call_result": "rejected"})));
    assert_eq!(row(&generated).expect("still there")["call_result"], "rejected");
    let after = account.truth_detail(&generated).expect("a detail");
    assert_eq!(after["call_elements"], before["call_elements"]);
    assert!(account.remove_record(&uuid) && !account.remove_record(&uuid));
    assert!(row(&uuid).is_none());
    account.add_record(
        json!({"call_history_uuid": "20260715-x", "start_time": NOW}),
        at("2026-07-15T13:00:00Z"),
    );
    assert!(row("20260715-x").is_none());
    platform.sim.clock().advance(Duration::from_secs(3600));
    assert!(row("20260715-x").is_some());
}

#[tokio::test]
async fn the_old_call_log_is_gone() {
    let platform = Platform::start(options()).await;
    let reply = platform.get("phone/call_logs").await;
    assert_eq!((reply.status, &reply.body["code"]), (404, &3001.into()));
    let unknown = platform.get("phone/nothing").await;
    assert_eq!((unknown.status, &unknown.body["code"]), (400, &2300.into()));
}

#[tokio::test]
async fn twenty_thousand_calls_in_two_accounts_are_ready_and_served_quickly() {
    let account = |name| AccountOptions {
        users: 200,
        calls: 20_000,
        ..tidy(name)
    };
    let begun = std::time::Instant::now();
    let options = Options {
        accounts: vec![account("acme"), account("globex")],
        rate_limits: RateLimits::Off,
        clock: Clock::manual(at(NOW)),
        ..options()
    };
    let platform = Platform::start(options).await;
    let generated = begun.elapsed();
    let rows = platform
        .walk(
            "phone/call_history?page_size=300&from=2026-06-15T12:00:00Z&to=2026-07-15T12:00:00Z",
            "call_history",
        )
        .await;
    println!(
        "generated in {generated:?}, {} rows walked in {:?}",
        rows.len(),
        begun.elapsed() - generated
    );
    assert_eq!(rows.len(), platform.sim.account("acme").truth_calls().len());
    assert!(generated < Duration::from_secs(4), "{generated:?}");
}
