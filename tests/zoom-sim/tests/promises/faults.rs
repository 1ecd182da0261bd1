//! What a test can make go wrong.

use crate::platform::{Platform, options};
use serde_json::Value;
use std::time::{Duration, Instant};
use zoom_sim::{CallSpec, Effect, Fault, Lateness, Options, RateLimits};

const HISTORY: &str = "/v2/phone/call_history";
const MONTH: &str = "phone/call_history?from=2026-06-20&to=2026-07-15&page_size=100";

async fn platform() -> Platform {
    Platform::start(Options {
        rate_limits: RateLimits::Off,
        ..options()
    })
    .await
}

fn fault(effect: Effect) -> Fault {
    Fault::new(HISTORY, 1, effect)
}

#[tokio::test]
async fn a_status_comes_as_often_as_asked_and_only_there() {
    let platform = platform().await;
    platform.sim.fault(Fault::status(HISTORY, 503, 2));
    assert_eq!(platform.get("users").await.status, 200);
    assert_eq!(platform.get("phone/call_history").await.status, 503);
    assert_eq!(platform.get("phone/call_history").await.status, 503);
    assert_eq!(platform.get("phone/call_history").await.status, 200);
    platform
        .sim
        .fault(Fault::status("", 500, 9).for_account("somebody else"));
    assert_eq!(platform.get("users").await.status, 200);
    assert_eq!(platform.sim.pending_faults().len(), 1);
    platform.sim.clear_faults();
}

#[tokio::test]
async fn latency_delays_one_request_and_holds_up_no_other() {
    let platform = platform().await;
    platform.sim.fault(fault(Effect::Latency { millis: 1500 }));
    let begun = Instant::now();
    let (slow, quick) = tokio::join!(platform.get("phone/call_history"), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let reply = platform.get("users").await;
        (reply.status, begun.elapsed())
    });
    assert_eq!((slow.status, quick.0), (200, 200));
    assert!(begun.elapsed() >= Duration::from_millis(1500));
    assert!(quick.1 < Duration::from_millis(1400), "{:?}", quick.1);
}

#[tokio::test]
async fn broken_bodies_and_connections() {
    let platform = platform().await;
    platform.sim.fault(fault(Effect::Truncate));
    let cut = platform
        .try_get(&platform.token, MONTH)
        .await
        .expect_err("the body ends early");
    assert!(cut.is_body() || cut.is_decode() || cut.is_request(), "{cut:?}");
    platform.sim.fault(fault(Effect::CutJson));
    let half = platform.get(MONTH).await;
    assert_eq!((half.status, half.body), (200, Value::Null));
    platform.sim.fault(fault(Effect::NotJson));
    let page = platform.get(MONTH).await;
    assert_eq!(page.header("content-type"), Some("text/html;charset=UTF-8"));
    assert_eq!(page.body, Value::Null);
    platform.sim.fault(fault(Effect::Reset));
    assert!(platform.try_get(&platform.token, MONTH).await.is_err());
    assert_eq!(platform.sim.requests().last().expect("logged").status, 0);
    assert_eq!(platform.get(MONTH).await.status, 200);
}

#[tokio::test]
async fn a_lost_token_answer_has_rotated_the_token() {
    let platform = platform().await;
    platform
        .sim
        .fault(Fault::new("/oauth/token", 1, Effect::LoseTokenAnswer));
    let url = format!(
        "{}/oauth/token?grant_type=refresh_token&refresh_token={}",
        platform.sim.base_url(),
        platform.refresh_token
    );
    let lost = platform
        .http
        .post(url)
        .header("authorization", platform.basic())
        .send()
        .await;
    assert!(lost.is_err());
    assert_eq!(platform.refresh(&platform.refresh_token).await.status, 400);
    // A reset before the exchange, on the other hand, leaves the token alone.
    let other = self::platform().await;
    other.sim.fault(Fault::new("/oauth/token", 1, Effect::Reset));
    let url = format!("{}/oauth/token", other.sim.base_url());
    assert!(other.http.post(url).send().await.is_err());
    assert_eq!(other.refresh(&other.refresh_token).await.status, 200);
}

#[tokio::test]
async fn paging_can_be_made_to_lie() {
    let platform = platform().await;
    let first = platform.get(MONTH).await;
    let token = first.text("next_page_token").to_owned();
    let next = format!("{MONTH}&next_page_token={token}");

    platform.sim.fault(fault(Effect::RepeatPageToken));
    assert_eq!(platform.get(&next).await.text("next_page_token"), token);

    platform.sim.fault(fault(Effect::RepeatPage));
    let repeated = platform.get(&next).await;
    assert_eq!(repeated.rows("call_history"), first.rows("call_history"));
    assert_ne!(repeated.text("next_page_token"), token);

    platform.sim.fault(fault(Effect::ShortPage { rows: 3 }));
    let short = platform.get(MONTH).await;
    assert_eq!(short.rows("call_history").len(), 97);
    assert_eq!(short.body["total_records"], first.body["total_records"]);

    platform.sim.fault(fault(Effect::DuplicateRows { rows: 2 }));
    let rows = platform.walk(MONTH, "call_history").await;
    assert_eq!(rows[100..102], rows[98..100]);

    platform.sim.fault(fault(Effect::WrongTotal { delta: -4 }));
    let wrong = platform.get(MONTH).await.body["total_records"]
        .as_i64()
        .expect("a number");
    assert_eq!(wrong + 4, first.body["total_records"].as_i64().expect("a number"));

    platform.sim.fault(fault(Effect::ExpirePageTokens));
    assert_eq!(platform.get(&next).await.status, 400);
}

#[tokio::test]
async fn the_range_can_be_clamped_at_will() {
    let platform = platform().await;
    platform.sim.fault(fault(Effect::ClampRange { seconds: 3600 }));
    let reply = platform
        .get("phone/call_history?from=2026-07-14T00:00:00Z&to=2026-07-15T00:00:00Z")
        .await;
    assert_eq!(reply.text("from"), "2026-07-14T23:00:00Z");
}

#[tokio::test]
async fn rate_limits_can_be_hit_at_will_with_any_retry_after() {
    let platform = platform().await;
    platform.sim.fault(fault(Effect::TooManyPerSecond));
    let reply = platform.get("phone/call_history").await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, None));
    platform.sim.fault(fault(Effect::TooManyDaily { retry_after: None }));
    let reply = platform.get("phone/call_history").await;
    assert_eq!(reply.header("retry-after"), Some("2026-07-16T00:00:00Z"));
    platform.sim.fault(fault(Effect::TooManyDaily {
        retry_after: Some("120".into()),
    }));
    assert_eq!(
        platform.get("phone/call_history").await.header("retry-after"),
        Some("120")
    );
}

#[tokio::test]
async fn a_fault_strikes_now_and_then_for_a_while_and_is_counted() {
    let platform = platform().await;
    let effect = Effect::WrongTotal { delta: 3 };
    platform.sim.fault(Fault::standing(HISTORY, 2, effect).lasting(600));
    let mut totals = Vec::new();
    for _ in 0..4 {
        totals.push(platform.get(MONTH).await.body["total_records"].as_i64().unwrap_or(0));
    }
    let right = totals[0];
    assert_eq!(totals, [right, right + 3, right, right + 3]);
    platform.sim.clock().advance(Duration::from_secs(600));
    for _ in 0..2 {
        assert_eq!(platform.get(MONTH).await.body["total_records"], right);
    }
    assert_eq!(platform.sim.faults_struck().get("wrong_total"), Some(&2));
    let listed = platform.control("faults").await;
    assert_eq!(listed["struck"]["wrong_total"], 2, "{listed}");
}

#[tokio::test]
async fn one_page_token_can_expire_before_its_time() {
    let platform = platform().await;
    platform.sim.fault(fault(Effect::ExpiredPageToken));
    let first = platform.get(MONTH).await;
    assert_eq!(first.status, 200, "the first page carries no token");
    let next = format!("{MONTH}&next_page_token={}", first.text("next_page_token"));
    assert_eq!(platform.get(&next).await.status, 400);
    assert_eq!(platform.get(&next).await.status, 200);
}

#[tokio::test]
async fn records_can_be_a_day_late_and_calls_can_last_five_hours() {
    let platform = platform().await;
    let account = platform.sim.account(0);
    let before = account.truth_calls().len();
    account.set_lateness(Lateness {
        permille: 1000,
        up_to: Duration::from_secs(86_400),
    });
    account.add_calls(40);
    let soon = account.truth_calls().len() - before;
    assert!(soon < 20, "{soon} of 40 are there at once");
    platform.sim.clock().advance(Duration::from_secs(86_400 + 120));
    assert_eq!(account.truth_calls().len(), before + 40);
    let uuid = account.add_call(CallSpec {
        duration_seconds: Some(5 * 3600),
        publish_at: Some(platform.sim.clock().now()),
        ..CallSpec::default()
    });
    let calls = account.truth_calls();
    let long = calls.iter().find(|call| call["call_history_uuid"] == uuid.as_str());
    let length = long.expect("there at once")["duration"].as_i64().unwrap_or(0);
    assert!(length > 5 * 3600 - 60, "{length} s without the ringing");
}

#[tokio::test]
async fn a_scale_model_has_small_pages_and_answers_without_a_socket_too() {
    let platform = platform().await;
    platform.sim.reconfigure(|options| options.page_cap = Some(7));
    let reply = platform.get(MONTH).await;
    assert_eq!(reply.rows("call_history").len(), 7);
    let bearer = format!("Bearer {}", platform.token);
    let direct = platform.sim.answer("GET", &format!("/v2/{MONTH}"), Some(&bearer), b"");
    let body: Value = serde_json::from_slice(&direct.body).expect("JSON");
    assert_eq!(
        (direct.status, &body["total_records"]),
        (200, &reply.body["total_records"])
    );
}
