//! Promises about requests: what is sent, what is repeated, what is given up.

use std::{collections::HashSet, time::Duration};

use crate::{
    domain::{
        failure::{Cause, Failure},
        window::Window,
    },
    ports::zoom::{CallQuery, Listing, ZoomData, ZoomOAuth},
    zoom::{
        test_server::{FakeZoom, Reply, error, json},
        test_setup::{Rig, id, zoom},
    },
};

const CALLS: &str = r#"{"call_history":[{"call_history_uuid":"a"},{"call_history_uuid":"b"}],"total_records":2,"next_page_token":"next"}"#;

fn query() -> CallQuery {
    let window = Window::new(
        "2026-03-01T08:00:00Z".parse().expect("a time"),
        "2026-03-01T09:00:00Z".parse().expect("a time"),
    );
    CallQuery {
        window,
        recording_status: None,
        purpose: crate::domain::quota::Purpose::Fresh,
    }
}

fn code(failure: &Failure) -> &'static str {
    failure.fault().map_or("", |fault| fault.code)
}

async fn answers(replies: Vec<Reply>) -> FakeZoom {
    let mut replies = replies.into_iter();
    FakeZoom::start(move |_| replies.next().unwrap_or(Reply::Gone)).await
}

#[tokio::test]
async fn a_page_of_calls_is_asked_for_by_end_time_with_full_times() {
    let fake = answers(vec![json(CALLS), json(r#"{"next_page_token":""}"#)]).await;
    let rig = Rig::new(&fake);
    let page = rig.client.call_page(&id(), &query(), None).await.expect("a page");
    assert_eq!(
        (page.parsed.rows.len(), page.total_records, page.next.as_deref()),
        (2, Some(2), Some("next"))
    );
    assert_eq!(page.clamped_to, None);
    let recorded = CallQuery {
        recording_status: Some("recorded"),
        ..query()
    };
    let last = rig
        .client
        .call_page(&id(), &recorded, Some("next"))
        .await
        .expect("a page");
    assert_eq!((last.next, last.parsed.rows.len()), (None, 0));
    let seen = fake.seen();
    let sent = |position: usize| -> HashSet<(String, String)> { seen[position].query.iter().cloned().collect() };
    let pairs = |pairs: &[(&str, &str)]| -> HashSet<(String, String)> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    };
    let common = [
        ("from", "2026-03-01T08:00:00Z"),
        ("to", "2026-03-01T09:00:00Z"),
        ("time_type", "end_time"),
        ("page_size", "300"),
    ];
    assert_eq!(seen[0].path, "/v2/phone/call_history");
    assert_eq!(sent(0), pairs(&common));
    let mut second = common.to_vec();
    second.extend([("recording_status", "recorded"), ("next_page_token", "next")]);
    assert_eq!(sent(1), pairs(&second));
}

#[tokio::test]
async fn every_listing_asks_for_its_own_endpoint_with_its_largest_page() {
    let id_of = |text: &str| text.to_owned();
    let cases = [
        (
            Listing::Users("active"),
            "/v2/users",
            vec![("status", "active"), ("page_size", "300")],
        ),
        (
            Listing::Users("pending"),
            "/v2/users",
            vec![("status", "pending"), ("page_size", "300")],
        ),
        (Listing::Groups, "/v2/groups", vec![("page_size", "300")]),
        (
            Listing::GroupMembers(id_of("g/1")),
            "/v2/groups/g%2F1/members",
            vec![("page_size", "300")],
        ),
        (Listing::Roles, "/v2/roles", vec![]),
        (
            Listing::RoleMembers(id_of("0")),
            "/v2/roles/0/members",
            vec![("page_size", "300")],
        ),
        (Listing::PhoneUsers, "/v2/phone/users", vec![("page_size", "100")]),
        (Listing::Sites, "/v2/phone/sites", vec![("page_size", "300")]),
        (Listing::CallQueues, "/v2/phone/call_queues", vec![("page_size", "100")]),
        (Listing::CallQueue(id_of("q")), "/v2/phone/call_queues/q", vec![]),
        (
            Listing::CallQueueMembers(id_of("q")),
            "/v2/phone/call_queues/q/members",
            vec![],
        ),
        (
            Listing::AutoReceptionists,
            "/v2/phone/auto_receptionists",
            vec![("page_size", "100")],
        ),
        (
            Listing::CommonAreas,
            "/v2/phone/common_areas",
            vec![("page_size", "100")],
        ),
        (
            Listing::SharedLineGroups,
            "/v2/phone/shared_line_groups",
            vec![("page_size", "300")],
        ),
        (
            Listing::Devices("unassigned"),
            "/v2/phone/devices",
            vec![("type", "unassigned"), ("page_size", "300")],
        ),
        (
            Listing::Numbers,
            "/v2/number_management/numbers",
            vec![("page_size", "200")],
        ),
        (
            Listing::OldNumbers,
            "/v2/phone/numbers",
            vec![("type", "all"), ("page_size", "100")],
        ),
    ];
    let fake = FakeZoom::start(|_| json(r#"{"id":"q"}"#)).await;
    let rig = Rig::new(&fake);
    for (position, (listing, path, parameters)) in cases.iter().enumerate() {
        rig.client.list(&id(), listing, None).await.expect("a page");
        let seen = &fake.seen()[position];
        assert_eq!(seen.path, *path);
        let sent: Vec<(&str, &str)> = seen.query.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(sent, *parameters, "{path}");
    }
}

#[tokio::test]
async fn trouble_that_passes_is_waited_out() {
    for trouble in [
        Reply::Gone,
        Reply::Truncated(CALLS.to_owned()),
        json("<html>busy</html>"),
        json(&CALLS[..40]),
        Reply::Json(500, "{}".to_owned()),
        Reply::Json(503, "<html>".to_owned()),
        Reply::Json(200, String::new()),
    ] {
        let fake = answers(vec![trouble.clone(), trouble.clone(), json(CALLS)]).await;
        let rig = Rig::new(&fake);
        let page = rig.client.call_page(&id(), &query(), None).await.expect("a page");
        assert_eq!((page.parsed.rows.len(), fake.count()), (2, 3), "{trouble:?}");
    }
}

#[tokio::test]
async fn patience_ends() {
    let fake = FakeZoom::start(|_| {
        Reply::With(
            500,
            vec![("x-zm-trackingid", "WEB_5".to_owned())],
            r#"{"code":5,"message":"oops"}"#.to_owned(),
        )
    })
    .await;
    let rig = Rig::new(&fake);
    let failure = rig.client.call_page(&id(), &query(), None).await.expect_err("trouble");
    assert!(matches!(failure, Failure::Retry { .. }));
    assert_eq!((code(&failure), fake.count()), ("zoom_unreachable", 4));
    assert!(failure.to_string().contains("oops") && failure.to_string().contains("WEB_5"));
}

#[tokio::test]
async fn refusals_are_not_repeated() {
    let fake = FakeZoom::start(|_| error(403, 200, "No permission.")).await;
    let rig = Rig::new(&fake);
    let failure = rig
        .client
        .list(&id(), &Listing::Groups, None)
        .await
        .expect_err("refused");
    assert!(matches!(failure, Failure::Permanent(_)));
    assert_eq!((code(&failure), fake.count()), ("zoom_error", 1));
    for part in ["No permission.", "200", "403", "WEB_track"] {
        assert!(failure.to_string().contains(part), "{failure}");
    }
}

#[tokio::test]
async fn an_expired_page_token_restarts_the_listing() {
    let fake = answers(vec![
        error(400, 400, "The next page token is invalid or expired."),
        error(400, 300, "The next page token is invalid or expired."),
    ])
    .await;
    let rig = Rig::new(&fake);
    assert_eq!(
        rig.client.call_page(&id(), &query(), Some("t")).await,
        Err(Failure::PageTokenExpired)
    );
    assert_eq!(
        rig.client
            .list(&id(), &Listing::Users("active"), Some("t"))
            .await
            .map(drop),
        Err(Failure::PageTokenExpired)
    );
}

#[tokio::test]
async fn what_does_not_exist_is_told_from_what_zoom_took_away() {
    let fake = FakeZoom::start(|_| error(404, 301, "Call history does not exist.")).await;
    let rig = Rig::new(&fake);
    assert_eq!(
        rig.client.call_elements(&id(), "20260301-a").await,
        Err(Failure::NotFound)
    );
    let failure = rig
        .client
        .list(&id(), &Listing::OldNumbers, None)
        .await
        .expect_err("gone");
    assert_eq!(code(&failure), "endpoint_gone");
    assert!(failure.to_string().contains("/phone/numbers"));
    assert_eq!(fake.count(), 2);
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let fake = FakeZoom::start(|_| {
        error(
            400,
            4711,
            "Invalid access token, does not contain scopes:[group:read:list_groups:admin].",
        )
    })
    .await;
    let rig = Rig::new(&fake);
    let failure = rig
        .client
        .list(&id(), &Listing::Groups, None)
        .await
        .expect_err("refused");
    assert_eq!((code(&failure), fake.tokens()), ("missing_scope", 0));
    assert!(failure.to_string().contains("group:read:list_groups:admin"));
}

#[tokio::test]
async fn a_per_second_limit_is_waited_out() {
    let limited = error(
        429,
        429,
        "You have reached the maximum per-second rate limit for this API. Try again later.",
    );
    let fake = answers(vec![limited, json(CALLS)]).await;
    let rig = Rig::new(&fake);
    let started = tokio::time::Instant::now();
    rig.client.call_page(&id(), &query(), None).await.expect("a page");
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(fake.count(), 2);
}

#[tokio::test]
async fn a_daily_limit_stops_the_label_until_zoom_says_so() {
    let headers = vec![
        ("x-ratelimit-type", "Daily-limit".to_owned()),
        ("retry-after", "2026-03-02T00:00:00Z".to_owned()),
    ];
    let body = r#"{"code":429,"message":"You have reached the maximum daily rate limit for this API."}"#;
    let fake = FakeZoom::start(move |seen| {
        if seen.path.ends_with("call_history") {
            Reply::With(429, headers.clone(), body.to_owned())
        } else {
            json("{}")
        }
    })
    .await;
    let rig = Rig::new(&fake);
    for _ in 0..3 {
        match rig.client.call_page(&id(), &query(), None).await {
            Err(Failure::Retry {
                fault,
                after: Some(after),
            }) => {
                assert_eq!((fault.code, fault.cause), ("quota_exhausted", Cause::RateLimit));
                assert!(after > Duration::from_secs(14 * 3_600 - 60) && after <= Duration::from_secs(14 * 3_600));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(fake.count(), 1, "asked again before the time");
    rig.client
        .list(&id(), &Listing::Groups, None)
        .await
        .expect("another label goes on");
}

#[tokio::test]
async fn our_daily_share_is_kept_and_shown() {
    let fake = FakeZoom::start(|_| json(CALLS)).await;
    let mut config = zoom(&fake.url);
    config.limits.heavy.per_day = Some(2);
    let rig = Rig::with(config);
    for _ in 0..2 {
        rig.client.call_page(&id(), &query(), None).await.expect("a page");
    }
    match rig.client.call_page(&id(), &query(), None).await {
        Err(Failure::Retry {
            fault,
            after: Some(after),
        }) => {
            assert_eq!(
                (fault.code, after),
                ("quota_exhausted", Duration::from_secs(14 * 3_600))
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(fake.count(), 2);
    let quota = rig.client.quota(&id()).await;
    assert_eq!(
        (quota[0].label, quota[0].used_today, quota[0].per_day),
        ("heavy", 2, Some(2))
    );
    rig.client.flush().await;
    assert_eq!(rig.book.value("a", "heavy"), 2);
    let mut more = rig.config.clone();
    more.limits.heavy.per_day = Some(3);
    rig.client.reconfigure(&more).expect("a configuration");
    rig.client
        .call_page(&id(), &query(), None)
        .await
        .expect("a page under the new limit");
}

#[tokio::test]
async fn the_host_that_the_token_names_is_used_unless_the_configuration_names_one() {
    let fake = FakeZoom::start(|_| json(CALLS)).await;
    let mut config = zoom("http://127.0.0.1:9");
    config.api_url = None;
    let rig = Rig::with(config);
    let region = fake.url.clone();
    rig.change_tokens(|tokens| tokens.api_url = Some(region));
    rig.client
        .call_page(&id(), &query(), None)
        .await
        .expect("a page of the region");
    assert_eq!(fake.seen()[0].path, "/v2/phone/call_history");
    let rig = Rig::new(&fake);
    rig.change_tokens(|tokens| tokens.api_url = Some("http://127.0.0.1:9".to_owned()));
    rig.client
        .call_page(&id(), &query(), None)
        .await
        .expect("a page of the configured host");
    assert_eq!(fake.count(), 2);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let fake = FakeZoom::start(|_| Reply::With(302, vec![("location", "/elsewhere".to_owned())], String::new())).await;
    let rig = Rig::new(&fake);
    let failure = rig
        .client
        .list(&id(), &Listing::Roles, None)
        .await
        .expect_err("refused");
    assert_eq!(code(&failure), "zoom_unreachable");
    assert!(fake.seen().iter().all(|seen| seen.path == "/v2/roles"));
}

#[tokio::test]
async fn a_missing_phone_licence_is_told_from_a_missing_scope() {
    let disabled = || error(403, 2031, "Zoom Phone has not been enabled for this account.");
    let scope = || {
        error(
            400,
            4711,
            "Invalid access token, does not contain scopes:[phone:read:settings:admin].",
        )
    };
    let cases = [
        (vec![json("{}")], Ok(()), 1),
        (vec![disabled()], Err("phone_not_enabled"), 1),
        (vec![scope(), json(CALLS)], Ok(()), 2),
        (vec![scope(), disabled()], Err("phone_not_enabled"), 2),
        (vec![scope(), scope()], Err("missing_scope"), 2),
        (vec![error(404, 2300, "not recognized"), json(CALLS)], Ok(()), 2),
    ];
    for (replies, expected, requests) in cases {
        let fake = answers(replies).await;
        let rig = Rig::new(&fake);
        let result = ZoomData::probe_phone(&*rig.client, &id()).await;
        assert_eq!(result.as_ref().copied().map_err(code), expected);
        assert_eq!(fake.count(), requests);
    }
    let fake = answers(vec![disabled()]).await;
    let rig = Rig::new(&fake);
    let failure = ZoomOAuth::probe_phone(&*rig.client, &rig.grant())
        .await
        .expect_err("not licensed");
    assert_eq!(code(&failure), "phone_not_enabled");
}

#[tokio::test]
async fn no_error_carries_the_token_or_the_address() {
    let rig = Rig::with(zoom("http://127.0.0.1:9"));
    let failure = rig
        .client
        .call_page(&id(), &query(), Some("page-token"))
        .await
        .expect_err("unreachable");
    let printed = format!("{failure:?} {failure}");
    for secret in ["access-0", "page-token", "call_history"] {
        assert!(!printed.contains(secret), "{printed}");
    }
    assert_eq!(code(&failure), "zoom_unreachable");
}
