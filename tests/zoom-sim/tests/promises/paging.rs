//! Page sizes, page tokens, and what they are bound to.

use crate::platform::{Platform, options, tidy};
use std::time::Duration;
use zoom_sim::{AccountOptions, Options, Paging, RateLimits};

const MONTH: &str = "from=2026-06-20T00:00:00Z&to=2026-07-15T12:00:00Z";

async fn busy() -> Platform {
    let account = AccountOptions {
        users: 130,
        calls: 900,
        ..tidy("acme")
    };
    Platform::start(Options {
        accounts: vec![account],
        rate_limits: RateLimits::Off,
        ..options()
    })
    .await
}

#[tokio::test]
async fn every_list_has_its_own_largest_page() {
    let platform = busy().await;
    let group = platform.sim.account(0).truth("groups")[0]["id"]
        .as_str()
        .expect("id")
        .to_owned();
    for (path, max) in [
        ("users", 2000),
        ("groups", 300),
        (&*format!("groups/{group}/members"), 2000),
        ("roles/2/members", 300),
        ("phone/users", 100),
        ("phone/sites", 300),
        ("phone/call_queues", 100),
        ("phone/auto_receptionists", 100),
        ("phone/common_areas", 100),
        ("phone/shared_line_groups", 300),
        ("phone/devices?type=assigned", 300),
        ("phone/rooms", 100),
        ("phone/numbers", 100),
        ("number_management/numbers", 200),
        ("phone/call_history", 300),
    ] {
        let joint = if path.contains('?') { '&' } else { '?' };
        let fits = platform.get(&format!("{path}{joint}page_size={max}")).await;
        assert_eq!(fits.status, 200, "{path}");
        for bad in [(max + 1).to_string(), "0".into(), "-1".into(), "many".into()] {
            let reply = platform.get(&format!("{path}{joint}page_size={bad}")).await;
            assert_eq!((reply.status, &reply.body["code"]), (400, &300.into()), "{path} {bad}");
            assert_eq!(reply.body["errors"][0]["field"], "page_size");
        }
    }
}

#[tokio::test]
async fn walking_the_pages_gives_every_row_once() {
    let platform = busy().await;
    let account = platform.sim.account(0);
    let mut calls = platform
        .walk(&format!("phone/call_history?{MONTH}&page_size=70"), "call_history")
        .await;
    let inside: Vec<_> = account
        .truth_calls()
        .into_iter()
        .filter(|call| call["start_time"].as_str() >= Some("2026-06-20T00:00:00Z"))
        .collect();
    assert_eq!(calls, inside);
    calls.dedup_by_key(|call| call["call_history_uuid"].to_string());
    assert_eq!(calls.len(), inside.len());

    let mut phones = platform.walk("phone/users?page_size=7", "users").await;
    let mut truth = account.truth("phone_users");
    for list in [&mut phones, &mut truth] {
        list.sort_by_key(|row| row["id"].to_string());
    }
    assert_eq!(phones, truth);
    let numbers = platform.walk("number_management/numbers?page_size=11", "numbers").await;
    assert_eq!(numbers.len(), account.truth("numbers").len());
}

#[tokio::test]
async fn a_page_token_is_bound_to_its_query() {
    let platform = busy().await;
    let first = platform.get(&format!("phone/call_history?{MONTH}&page_size=50")).await;
    let token = first.text("next_page_token").to_owned();
    assert!(!token.is_empty());
    let same = platform
        .get(&format!(
            "phone/call_history?page_size=50&next_page_token={token}&{MONTH}"
        ))
        .await;
    assert_eq!(same.status, 200);
    for other in [
        format!("phone/call_history?{MONTH}&page_size=51&next_page_token={token}"),
        format!("phone/call_history?page_size=50&next_page_token={token}"),
        format!("phone/call_history?{MONTH}&page_size=50&time_type=end_time&next_page_token={token}"),
    ] {
        let reply = platform.get(&other).await;
        assert_eq!((reply.status, &reply.body["code"]), (400, &300.into()), "{other}");
    }
    let users = platform.get(&format!("phone/users?next_page_token={token}")).await;
    assert_eq!((users.status, &users.body["code"]), (400, &400.into()));
    assert_eq!(users.text("message"), "The next page token is invalid or expired.");
    let numbers = platform.get("number_management/numbers?next_page_token=nonsense").await;
    assert_eq!(numbers.body["code"], 1_003_100);
}

#[tokio::test]
async fn a_page_token_lives_for_15_minutes() {
    let platform = busy().await;
    let token = platform
        .get("users?page_size=10")
        .await
        .text("next_page_token")
        .to_owned();
    let path = format!("users?page_size=10&next_page_token={token}");
    platform.sim.clock().advance(Duration::from_secs(15 * 60));
    assert_eq!(platform.get(&path).await.status, 200);
    platform.sim.clock().advance(Duration::from_secs(1));
    let late = platform.get(&path).await;
    assert_eq!((late.status, &late.body["code"]), (400, &300.into()));
}

#[tokio::test]
async fn a_listing_in_progress_is_not_disturbed_by_new_rows() {
    let platform = busy().await;
    let account = platform.sim.account(0);
    let path = format!("phone/call_history?{MONTH}&page_size=100");
    let first = platform.get(&path).await;
    let total = first.body["total_records"].clone();
    account.add_calls(5);
    platform.sim.clock().advance(Duration::from_secs(60));
    let token = first.text("next_page_token");
    let second = platform.get(&format!("{path}&next_page_token={token}")).await;
    assert_eq!(second.body["total_records"], total);
    assert_ne!(first.rows("call_history").last(), second.rows("call_history").first());
}

#[tokio::test]
async fn with_live_offsets_new_rows_push_old_ones_across_the_border() {
    let platform = busy().await;
    platform.sim.reconfigure(|options| options.paging = Paging::LiveOffset);
    let path = format!("phone/call_history?{MONTH}&page_size=100");
    let first = platform.get(&path).await;
    let total = first.body["total_records"].as_u64().expect("a number");
    let fresh = serde_json::json!({"call_history_uuid": "20260715-new", "start_time": "2026-07-15T12:00:00Z"});
    platform.sim.account(0).load_records(vec![fresh]);
    let second = platform
        .get(&format!("{path}&next_page_token={}", first.text("next_page_token")))
        .await;
    assert_eq!(second.body["total_records"], total + 1);
    assert_eq!(first.rows("call_history").last(), second.rows("call_history").first());
}

#[tokio::test]
async fn an_empty_list_may_lack_its_array() {
    let platform = Platform::start(Options {
        omit_empty_lists: true,
        ..options()
    })
    .await;
    let reply = platform.get("phone/call_history?from=2026-03-01&to=2026-03-02").await;
    assert_eq!((reply.status, &reply.body["total_records"]), (200, &0.into()));
    assert!(reply.body.get("call_history").is_none() && reply.body.get("call_logs").is_none());
}
