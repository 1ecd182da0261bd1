//! Scopes and rate limits.

use crate::platform::{Platform, options, tidy};
use std::time::Duration;
use zoom_sim::{AccountOptions, CustomLimits, Options, Plan, RateHeaders, RateLimits, Scopes};

fn custom(scopes: &[&str]) -> Options {
    let list = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let account = AccountOptions {
        scopes: Scopes::Custom(list),
        ..tidy("acme")
    };
    Options {
        accounts: vec![account],
        ..options()
    }
}

#[tokio::test]
async fn a_missing_scope_is_400_code_4711_and_named() {
    let platform = Platform::start(custom(&["user:read:user:admin"])).await;
    let reply = platform.get("users").await;
    assert_eq!((reply.status, &reply.body["code"]), (400, &4711.into()));
    assert_eq!(
        reply.text("message"),
        "Invalid access token, does not contain scopes:[user:read:list_users:admin]."
    );
    assert_eq!(platform.get("users/me").await.status, 200);
}

#[tokio::test]
async fn classic_scopes_open_the_same_doors() {
    let account = AccountOptions {
        scopes: Scopes::Classic,
        ..tidy("acme")
    };
    let platform = Platform::start(Options {
        accounts: vec![account],
        ..options()
    })
    .await;
    for path in [
        "users",
        "groups",
        "roles",
        "phone/users",
        "phone/call_history",
        "number_management/numbers",
    ] {
        assert_eq!(platform.get(path).await.status, 200, "{path}");
    }
    let few = Platform::start(custom(&["user:read:admin"])).await;
    let reply = few.get("phone/users").await;
    assert!(
        reply.text("message").contains("[phone:read:admin]"),
        "{}",
        reply.text("message")
    );
}

#[tokio::test]
async fn new_scopes_take_effect_with_the_next_token() {
    let platform = Platform::start(custom(&["user:read:user:admin"])).await;
    platform.sim.account(0).set_granted_scopes(Scopes::Granular);
    assert_eq!(platform.get("users").await.status, 400);
    let token = platform
        .refresh(&platform.refresh_token)
        .await
        .text("access_token")
        .to_owned();
    assert_eq!(platform.get_as(&token, "users").await.status, 200);
}

#[tokio::test]
async fn the_phone_column_of_the_plan_applies_per_second() {
    for (plan, heavy, medium, light) in [(Plan::Pro, 5, 10, 20), (Plan::Business, 10, 20, 40)] {
        let account = AccountOptions { plan, ..tidy("acme") };
        let platform = Platform::start(Options {
            accounts: vec![account],
            ..options()
        })
        .await;
        for (path, allowed) in [
            ("phone/call_history", heavy),
            ("phone/users", medium),
            ("phone/settings", light),
        ] {
            for _ in 0..allowed {
                assert_eq!(platform.get(path).await.status, 200, "{plan:?} {path}");
            }
            let refused = platform.get(path).await;
            assert_eq!(
                (refused.status, &refused.body["code"]),
                (429, &429.into()),
                "{plan:?} {path}"
            );
            assert_eq!(
                refused.text("message"),
                "You have reached the maximum per-second rate limit for this API. Try again later."
            );
            assert_eq!(refused.header("x-ratelimit-type"), Some("QPS"));
            assert_eq!(refused.header("retry-after"), None);
        }
        platform.sim.clock().advance(Duration::from_secs(1));
        assert_eq!(platform.get("phone/call_history").await.status, 200);
    }
}

#[tokio::test]
async fn a_label_is_shared_by_its_endpoints_and_by_all_tokens_of_the_account() {
    let platform = Platform::start(options()).await;
    let query = format!(
        "grant_type=account_credentials&account_id={}",
        platform.sim.account(0).account_id()
    );
    let app = platform.token(&query).await.text("access_token").to_owned();
    for number in 0..20 {
        let path = if number % 2 == 0 { "phone/users" } else { "phone/sites" };
        let token = if number % 3 == 0 { &app } else { &platform.token };
        assert_eq!(platform.get_as(token, path).await.status, 200);
    }
    assert_eq!(platform.get("phone/rooms").await.status, 429);
    assert_eq!(platform.get("users").await.status, 200, "the general limits are others");
}

#[tokio::test]
async fn the_daily_budget_ends_with_an_iso_8601_retry_after() {
    let limits = CustomLimits {
        light: 100,
        medium: 100,
        heavy: 100,
        heavy_daily: 3,
    };
    let platform = Platform::start(Options {
        rate_limits: RateLimits::Custom(limits),
        ..options()
    })
    .await;
    for left in ["2", "1", "0"] {
        let reply = platform.get("phone/call_history").await;
        assert_eq!(reply.header("x-ratelimit-remaining"), Some(left));
        assert_eq!(reply.header("x-ratelimit-category"), Some("Heavy"));
    }
    let refused = platform.get("phone/call_history").await;
    assert_eq!(refused.status, 429);
    assert!(
        refused.text("message").contains("maximum daily rate limit"),
        "{}",
        refused.text("message")
    );
    assert_eq!(refused.header("x-ratelimit-type"), Some("Daily-limit"));
    assert_eq!(refused.header("retry-after"), Some("2026-07-16T00:00:00Z"));
    assert_eq!(platform.get("phone/users").await.status, 200);
    platform.sim.clock().advance(Duration::from_secs(12 * 3600));
    let query = "grant_type=refresh_token&refresh_token=";
    let token = platform.token(&format!("{query}{}", platform.refresh_token)).await;
    assert_eq!(
        platform
            .get_as(token.text("access_token"), "phone/call_history")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn strangers_use_the_same_budget() {
    let platform = Platform::start(options()).await;
    platform.sim.account(0).spend_heavy_quota(30_000);
    assert_eq!(platform.get("phone/call_history").await.status, 429);
}

#[tokio::test]
async fn limits_and_headers_can_be_turned_off() {
    let off = Options {
        rate_limits: RateLimits::Off,
        ..options()
    };
    let platform = Platform::start(off).await;
    for _ in 0..50 {
        let reply = platform.get("phone/call_history?page_size=1").await;
        assert_eq!((reply.status, reply.header("x-ratelimit-category")), (200, None));
    }
    let some = Platform::start(Options {
        rate_headers: RateHeaders::CategoryOnly,
        ..options()
    })
    .await;
    let reply = some.get("users").await;
    assert_eq!(reply.header("x-ratelimit-category"), Some("Medium"));
    assert_eq!(reply.header("x-ratelimit-limit"), None);
}
