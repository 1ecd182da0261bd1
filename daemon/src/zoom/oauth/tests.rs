//! Promises about the token endpoint.

use std::collections::HashMap;

use super::*;
use crate::{
    domain::{account::AuthKind, failure::Failure},
    ports::zoom::ZoomOAuth,
    zoom::{
        test_server::{FakeZoom, Reply, error, json},
        test_setup::{Rig, zoom},
    },
};

const GRANT: &str = r#"{"access_token":"eyJa","token_type":"bearer","refresh_token":"eyJr","expires_in":3599,
    "scope":"user:read:admin phone:read:admin","api_url":"https://api-eu.zoom.us"}"#;

fn code(failure: &Failure) -> &'static str {
    failure.fault().map_or("", |fault| fault.code)
}

#[test]
fn the_authorize_url_carries_state_and_a_pkce_challenge_of_the_verifier() {
    let config = zoom("https://zoom.us");
    let request = authorization_request(&config).expect("a request");
    let url = Url::parse(&request.url).expect("a url");
    let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
    assert_eq!((url.host_str(), url.path()), (Some("zoom.us"), "/oauth/authorize"));
    assert_eq!(query["response_type"], "code");
    assert_eq!(query["client_id"], "client-id");
    assert_eq!(query["redirect_uri"], "http://127.0.0.1:8460/oauth/callback");
    assert_eq!(query["state"], request.state);
    assert_eq!(query["code_challenge_method"], "S256");
    let verifier = oauth2::PkceCodeVerifier::new(request.verifier.clone());
    assert_eq!(
        query["code_challenge"],
        PkceCodeChallenge::from_code_verifier_sha256(&verifier).as_str()
    );
    assert!(!request.url.contains(&request.verifier));
    assert_ne!(authorization_request(&config).expect("a request").state, request.state);
}

#[tokio::test]
async fn without_a_client_id_the_key_to_set_is_named() {
    let mut config = zoom("http://127.0.0.1:9");
    config.client_id = None;
    let rig = Rig::with(config);
    let failure = rig.client.authorization_request().expect_err("no client");
    assert_eq!(code(&failure), "zoom_client_missing");
    assert!(failure.fault().expect("a fault").hint.contains("client_id"));
    assert_eq!(
        code(&rig.client.exchange("c", "v").await.expect_err("no client")),
        "zoom_client_missing"
    );
}

#[tokio::test]
async fn a_code_is_exchanged_with_the_verifier() {
    let fake = FakeZoom::start(|_| json(GRANT)).await;
    let rig = Rig::new(&fake);
    let grant = rig.client.exchange("the-code", "the-verifier").await.expect("a grant");
    assert_eq!(grant.scopes, ["user:read:admin", "phone:read:admin"]);
    assert_eq!(grant.api_url.as_deref(), Some("https://api-eu.zoom.us"));
    assert_eq!(grant.expires_at.to_string(), "2026-03-01T10:59:59Z");
    let seen = &fake.seen()[0];
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/oauth/token"));
    assert!(seen.query.is_empty());
    assert_eq!(seen.headers["authorization"], "Basic Y2xpZW50LWlkOmNsaWVudC1zZWNyZXQ=");
    assert!(seen.headers["user-agent"].starts_with("callsyncd/"));
    let expected = [
        ("grant_type", "authorization_code"),
        ("code", "the-code"),
        ("redirect_uri", "http://127.0.0.1:8460/oauth/callback"),
        ("code_verifier", "the-verifier"),
    ];
    assert_eq!(
        seen.form,
        expected
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect()
    );
}

#[tokio::test]
async fn a_public_client_names_itself_in_the_form() {
    let fake = FakeZoom::start(|_| json(GRANT)).await;
    let mut config = zoom(&fake.url);
    config.client_secret = None;
    let rig = Rig::with(config);
    rig.client.exchange("c", "v").await.expect("a grant");
    let seen = &fake.seen()[0];
    assert_eq!(seen.form["client_id"], "client-id");
    assert!(!seen.headers.contains_key("authorization"));
    assert_eq!(
        code(&rig.client.server_to_server("x").await.expect_err("no secret")),
        "zoom_client_missing"
    );
}

#[tokio::test]
async fn a_code_that_may_have_arrived_is_never_sent_twice() {
    for reply in [
        Reply::Gone,
        Reply::Truncated("{".to_owned()),
        json("<html>"),
        Reply::Json(503, "{}".to_owned()),
    ] {
        let fake = FakeZoom::start(move |_| reply.clone()).await;
        let rig = Rig::new(&fake);
        let failure = rig.client.exchange("the-code", "v").await.expect_err("a failure");
        assert!(matches!(failure, Failure::Permanent(_)));
        assert_eq!((code(&failure), fake.count()), ("zoom_unreachable", 1));
    }
}

#[tokio::test]
async fn refusals_are_told_in_plain_words_with_zooms_code() {
    let cases = [
        (
            400,
            r#"{"reason":"Invalid authorization code","error":"invalid_request","code":4734}"#,
            "authorization_code_invalid",
        ),
        (
            400,
            r#"{"reason":"Invalid Token!","error":"invalid_grant"}"#,
            "authorization_code_invalid",
        ),
        (400, r#"{"error":"invalid_request"}"#, "authorization_code_invalid"),
        (
            400,
            r#"{"reason":"expired","error":"invalid_grant","code":4733}"#,
            "authorization_code_expired",
        ),
        (
            400,
            r#"{"reason":"Redirect URI mismatch.","error":"invalid_request"}"#,
            "redirect_mismatch",
        ),
        (
            400,
            r#"{"reason":"Invalid redirect (4,709)","error":"x"}"#,
            "redirect_mismatch",
        ),
        (
            401,
            r#"{"reason":"Invalid client_id or client_secret","error":"invalid_client"}"#,
            "client_credentials_invalid",
        ),
        (
            400,
            r#"{"errorCode":4702,"errorMessage":"x"}"#,
            "client_credentials_invalid",
        ),
        (
            400,
            r#"{"reason":"unsupported grant type","error":"unsupported_grant_type"}"#,
            "grant_not_supported",
        ),
        (400, r#"{"code":4705}"#, "grant_not_supported"),
        (400, r#"{"code":4711,"message":"x"}"#, "scope_mismatch"),
        (400, r#"{"code":4717,"message":"x"}"#, "app_disabled"),
        (400, r#"{"reason":"Bad Request","error":"something_new"}"#, "zoom_error"),
    ];
    for (status, body, expected) in cases {
        let fake = FakeZoom::start(move |_| {
            Reply::With(status, vec![("x-zm-trackingid", "WEB_1".to_owned())], body.to_owned())
        })
        .await;
        let rig = Rig::new(&fake);
        let failure = rig.client.exchange("c", "v").await.expect_err("a refusal");
        assert_eq!(code(&failure), expected, "{body}");
        let fault = failure.fault().expect("a fault");
        assert_eq!(fault.cause, Cause::Zoom, "{body}");
        assert!(!fault.hint.is_empty() && fault.message.contains("WEB_1"), "{fault:?}");
        assert_eq!(fake.count(), 1);
    }
}

#[tokio::test]
async fn nothing_that_is_printed_holds_a_secret() {
    let body = r#"{"reason":"bad the-code and the-verifier for client-secret","error":"invalid_grant"}"#;
    let fake = FakeZoom::start(move |_| Reply::Json(400, body.to_owned())).await;
    let rig = Rig::new(&fake);
    let refused = rig
        .client
        .exchange("the-code", "the-verifier")
        .await
        .expect_err("a refusal");
    let unreachable = Rig::with(zoom("http://127.0.0.1:9"));
    let unsent = unreachable
        .client
        .exchange("the-code", "the-verifier")
        .await
        .expect_err("unreachable");
    assert!(matches!(unsent, Failure::Retry { .. }));
    let fake = FakeZoom::start(|_| json(r#"{"access_token":"eyJa","refresh_token":"eyJr"#)).await;
    let lost = Rig::new(&fake)
        .client
        .exchange("the-code", "the-verifier")
        .await
        .expect_err("lost");
    let fake = FakeZoom::start(|_| json(GRANT)).await;
    let grant = Rig::new(&fake)
        .client
        .exchange("the-code", "the-verifier")
        .await
        .expect("a grant");
    let printed = format!(
        "{refused:?} {refused} {unsent:?} {lost:?} {grant:?} {:?} {:?}",
        rig.client, rig.config
    );
    for secret in ["the-code", "the-verifier", "client-secret", "eyJa", "eyJr"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}

#[tokio::test]
async fn a_server_to_server_app_asks_by_account_id_and_never_for_me() {
    let fake = FakeZoom::start(|seen| match seen.path.as_str() {
        "/oauth/token" => json(r#"{"access_token":"t","token_type":"bearer","expires_in":3600,"scope":""}"#),
        "/v2/users" if seen.parameter("role_id") == Some("0") => json(r#"{"users":[{"id":"owner","email":"o@x"}]}"#),
        "/v2/users/owner" => {
            json(r#"{"id":"owner","email":"o@x","role_id":"0","account_id":"acc","account_number":"10010370036"}"#)
        }
        _ => error(400, 4700, "wrong"),
    })
    .await;
    let rig = Rig::new(&fake);
    let grant = rig.client.server_to_server("acc").await.expect("a grant");
    assert!(grant.refresh_token.is_none());
    let identity = rig
        .client
        .identify(&grant, AuthKind::ServerToServer)
        .await
        .expect("an identity");
    assert_eq!(
        (identity.user_id.as_str(), identity.account_number),
        ("owner", Some(10_010_370_036))
    );
    assert_eq!(fake.seen()[0].form["account_id"], "acc");
    assert!(fake.seen().iter().all(|seen| !seen.path.ends_with("/me")));
}

#[tokio::test]
async fn without_an_owner_in_the_list_any_user_tells_the_account_number() {
    let fake = FakeZoom::start(|seen| match seen.path.as_str() {
        "/v2/users" if seen.parameter("role_id").is_some() => json(r#"{"users":[]}"#),
        "/v2/users" => json(r#"{"users":[{"email":"pending@x"}]}"#),
        _ => json(r#"{"id":"u","email":"pending@x","account_number":10009239}"#),
    })
    .await;
    let rig = Rig::new(&fake);
    let identity = rig
        .client
        .identify(&rig.grant(), AuthKind::ServerToServer)
        .await
        .expect("an identity");
    assert_eq!(identity.account_number, Some(10_009_239));
    assert_eq!(fake.seen()[2].path, "/v2/users/pending@x");
}

#[tokio::test]
async fn an_authorizing_user_is_asked_for_as_me() {
    let fake = FakeZoom::start(|_| json(r#"{"id":"u","email":"e@x","role_id":"0","role_name":"Owner","account_id":"acc","account_number":10010370036}"#)).await;
    let rig = Rig::new(&fake);
    let identity = rig
        .client
        .identify(&rig.grant(), AuthKind::OAuth)
        .await
        .expect("an identity");
    assert_eq!(identity.role_name.as_deref(), Some("Owner"));
    assert_eq!(fake.seen()[0].path, "/v2/users/me");
    assert_eq!(fake.seen()[0].headers["authorization"], "Bearer access-9");
}
