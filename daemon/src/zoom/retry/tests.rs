//! Promises about what answers mean.

use super::*;
use crate::zoom::endpoint::{CALL_DETAIL, CALL_HISTORY, USERS, plan};

fn now() -> Timestamp {
    "2026-03-01T10:00:00Z".parse().expect("a time")
}

fn list() -> Request {
    Request::new(&CALL_HISTORY).page(Some("token"))
}

fn kind(status: u16, body: &str, request: &Request) -> &'static str {
    match classify(status, &HeaderMap::new(), body, request, now()) {
        ZoomError::TokenRejected(_) => "token",
        ZoomError::MissingScope { .. } => "scope",
        ZoomError::PhoneNotEnabled(_) => "phone",
        ZoomError::PageTokenExpired(_) => "page",
        ZoomError::EndpointGone { .. } => "gone",
        ZoomError::NotFound(_) => "not found",
        ZoomError::Refused(_) => "refused",
        ZoomError::Trouble(_) => "trouble",
        ZoomError::Lost(_) => "lost",
        ZoomError::RateLimited { .. } => "second",
        ZoomError::ZoomDailyLimit { .. } => "day",
        _ => "other",
    }
}

#[test]
fn answers_are_told_apart() {
    let first = Request::new(&CALL_HISTORY).page(None);
    let detail = Request::about(&CALL_DETAIL, "20260301-a");
    let numbers = plan(&crate::ports::zoom::Listing::Numbers).request.page(Some("t"));
    let cases: &[(u16, &str, &Request, &str)] = &[
        (
            401,
            r#"{"code":124,"message":"Invalid access token."}"#,
            &first,
            "token",
        ),
        (
            400,
            r#"{"code":124,"message":"Access token is expired."}"#,
            &first,
            "token",
        ),
        (
            400,
            r#"{"code":"124","message":"Invalid access token."}"#,
            &first,
            "token",
        ),
        (
            401,
            r#"{"code":124,"message":"Account does not exist: abc."}"#,
            &first,
            "refused",
        ),
        (
            400,
            r#"{"code":124,"message":"You do not have permission, because the current site"}"#,
            &first,
            "refused",
        ),
        (
            400,
            r#"{"code":4711,"message":"Invalid access token, does not contain scopes:[a:b]."}"#,
            &first,
            "scope",
        ),
        (
            400,
            r#"{"code":4700,"message":"Invalid access token, does not contain scopes."}"#,
            &first,
            "scope",
        ),
        (
            403,
            r#"{"code":2031,"message":"Zoom Phone has not been enabled for this account."}"#,
            &first,
            "phone",
        ),
        (
            400,
            r#"{"code":300,"message":"The next page token is invalid or expired."}"#,
            &list(),
            "page",
        ),
        (
            400,
            r#"{"code":400,"message":"The next page token is invalid or expired."}"#,
            &list(),
            "page",
        ),
        (
            400,
            r#"{"code":300,"message":"Validation Failed.","errors":[{"field":"next_page_token","message":"x"}]}"#,
            &list(),
            "page",
        ),
        (
            400,
            r#"{"code":1003100,"message":"The token has expired"}"#,
            &numbers,
            "page",
        ),
        (
            400,
            r#"{"code":300,"message":"The next page token is invalid or expired."}"#,
            &first,
            "refused",
        ),
        (
            400,
            r#"{"code":300,"message":"Validation Failed."}"#,
            &list(),
            "refused",
        ),
        (
            404,
            r#"{"code":2300,"message":"This API endpoint is not recognized."}"#,
            &first,
            "gone",
        ),
        (
            400,
            r#"{"code":2300,"message":"This API endpoint is not recognized."}"#,
            &first,
            "gone",
        ),
        (
            404,
            r#"{"code":2300,"message":"This API endpoint is not recognized."}"#,
            &detail,
            "gone",
        ),
        (
            404,
            r#"{"code":3001,"message":"Error retrieving call logs."}"#,
            &first,
            "gone",
        ),
        (
            404,
            r#"{"code":301,"message":"Call history does not exist"}"#,
            &detail,
            "not found",
        ),
        (404, "", &detail, "not found"),
        (404, "<html>", &detail, "not found"),
        (404, "<html>", &first, "lost"),
        (403, r#"{"code":200,"message":"No permission."}"#, &first, "refused"),
        (403, "<html>", &first, "lost"),
        (500, r#"{"code":500,"message":"oops"}"#, &first, "trouble"),
        (503, "", &first, "trouble"),
        (502, "<html>", &first, "lost"),
        (302, "", &first, "trouble"),
        (
            429,
            r#"{"code":429,"message":"You have reached the maximum per-second rate limit for this API."}"#,
            &first,
            "second",
        ),
        (
            429,
            r#"{"code":429,"message":"You have reached the maximum daily rate limit for this API."}"#,
            &first,
            "day",
        ),
        (429, "", &first, "second"),
        (429, "<html>", &first, "second"),
    ];
    for (status, body, request, expected) in cases {
        assert_eq!(kind(*status, body, request), *expected, "{status} {body}");
    }
}

#[test]
fn the_kind_of_limit_and_the_wait_come_from_headers_too() {
    let mut headers = HeaderMap::new();
    headers.insert("x-ratelimit-type", "Daily-limit".parse().expect("a header"));
    let request = Request::new(&USERS);
    match classify(429, &headers, "", &request, now()) {
        ZoomError::ZoomDailyLimit { after, label, .. } => {
            assert_eq!((after, label), (Duration::from_secs(50_400), "medium"));
        }
        other => panic!("{other:?}"),
    }
    headers.insert("retry-after", "2026-03-01T11:00:00Z".parse().expect("a header"));
    match classify(429, &headers, "", &request, now()) {
        ZoomError::ZoomDailyLimit { after, .. } => assert_eq!(after, Duration::from_secs(3_600)),
        other => panic!("{other:?}"),
    }
    headers.insert("x-ratelimit-type", "QPS".parse().expect("a header"));
    headers.insert("retry-after", "0".parse().expect("a header"));
    match classify(429, &headers, "", &request, now()) {
        ZoomError::RateLimited { after, .. } => assert_eq!(after, Duration::from_secs(1)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn messages_hold_the_code_the_words_and_the_tracking_id() {
    let mut headers = HeaderMap::new();
    headers.insert("x-zm-trackingid", "WEB_abc".parse().expect("a header"));
    let body = r#"{"code":300,"message":"Validation Failed.","errors":[{"field":"from","message":"bad"}]}"#;
    let text = classify(400, &headers, body, &Request::new(&USERS), now()).to_string();
    for part in ["300", "Validation Failed.", "from: bad", "WEB_abc", "HTTP 400"] {
        assert!(text.contains(part), "{text}");
    }
    let scope = classify(
        400,
        &headers,
        r#"{"code":4711,"message":"Invalid access token, does not contain scopes:[user:read:list_users:admin]."}"#,
        &Request::new(&USERS),
        now(),
    );
    assert!(
        scope.to_string().contains("lacks the scope user:read:list_users:admin"),
        "{scope}"
    );
}

#[test]
fn pauses_grow_with_jitter_up_to_the_cap() {
    let patience = Patience {
        tries: 9,
        base: Duration::from_secs(1),
        cap: Duration::from_secs(5),
        budget: Duration::MAX,
    };
    for (failures, longest) in [(1, 1), (2, 2), (3, 4), (4, 5), (40, 5)] {
        let longest = Duration::from_secs(longest);
        let pause = patience.pause(failures);
        assert!(pause >= longest / 2 && pause <= longest, "{failures}: {pause:?}");
    }
}
