//! Hostile answers of the token endpoint and hostile refusals: read or not, but never quoted.

use ::hostile::Target;
use http::{HeaderMap, HeaderValue};

use super::*;
use crate::zoom::{endpoint::OWN_USER, identity, retry_after};

const TOKEN: &str = "eyJ-a-token-that-nobody-may-see";

#[test]
fn a_hostile_answer_to_a_token_request_is_never_quoted() {
    let now: Timestamp = "2026-03-01T10:00:00Z".parse().expect("a time");
    let target = Target::new("tokens")
        .seed(format!(
            r#"{{"access_token":"{TOKEN}","token_type":"bearer","refresh_token":"{TOKEN}","expires_in":3599,"scope":"phone:read:list_call_logs:admin user:read","api_url":"https://api-us.zoom.us"}}"#
        ))
        .seed(r#"{"reason":"Invalid Token!","error":"invalid_grant"}"#)
        .seed(r#"{"error_description":"4735: gone","errorCode":4735,"code":124,"message":"Invalid access token."}"#)
        .brief(2_000);
    target.attack(|input| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        match read_grant(text, now) {
            Ok(grant) => assert!(grant.expires_at > now),
            Err(error) => assert!(!error.to_string().contains("eyJ-a-token"), "{error}"),
        }
        let answer = Answer {
            status: 400,
            headers: HeaderMap::new(),
            body: text.to_owned(),
        };
        let token = SecretString::from(TOKEN);
        let mut error = refuse(&answer, &GrantRequest::Refresh(&token), now);
        let zoom = crate::zoom::test_setup::zoom("https://zoom.us");
        scrub(&mut error, &GrantRequest::Refresh(&token), &zoom);
        assert!(!error.to_string().contains(TOKEN), "{error}");
    });
}

#[test]
fn a_hostile_refusal_of_a_request_is_classified_and_bounded() {
    let now: Timestamp = "2026-03-01T10:00:00Z".parse().expect("a time");
    let target = Target::new("refusals")
        .seed(r#"{"code":429,"message":"You have reached the maximum per-second rate limit for this API."}"#)
        .seed(r#"{"code":300,"message":"The next page token is invalid or expired."}"#)
        .seed(r#"{"code":124,"message":"Access token is expired."}"#)
        .seed(r#"{"code":200,"errors":[{"field":"x","message":"y"}],"message":"No permission."}"#)
        .seed("<html>502</html>")
        .seed("Sun, 01 Mar 2026 10:01:00 GMT")
        .seed("2026-03-02T00:00:00Z")
        .seed("86400.5")
        .seed(r#"{"id":"u","email":"a@example.com","account_id":"A","account_number":10010370036,"role_name":"Owner","users":[{"id":"u"}]}"#)
        .brief(2_000);
    target.attack(|input| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(http::header::RETRY_AFTER, value);
        }
        if let Some(wait) = retry_after::wait(&headers, now) {
            assert!(wait.as_secs() <= 2 * 86_400, "{wait:?}");
        }
        let probe = crate::zoom::endpoint::Request::new(&OWN_USER);
        for status in [400, 401, 403, 404, 429, 500, 503] {
            let error = retry::classify(status, &headers, text, &probe, now);
            assert!(error.to_string().len() < 2_048, "{} bytes", error.to_string().len());
        }
        let _ = (identity::read(text), identity::first_user(text));
    });
}
