//! OAuth: every grant, every documented refusal.

use crate::platform::{Platform, REDIRECT, client, options};
use std::time::Duration;
use zoom_sim::{AppKind, Options, RefreshError, SimError};

// The pair of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn redeem(code: &str) -> String {
    format!("grant_type=authorization_code&code={code}&redirect_uri={REDIRECT}")
}

#[tokio::test]
async fn the_consent_page_redirects_with_code_and_state() {
    let platform = Platform::start(options()).await;
    let answer = client()
        .get(platform.authorize_url(""))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 302);
    let location = answer.headers()["location"].to_str().expect("text");
    assert!(location.starts_with(REDIRECT) && location.contains("code=") && location.contains("state=s1"));
    let owner = platform.sim.account(0).owner_email();
    let declined = platform
        .sim
        .decline(&platform.authorize_url(""), &owner)
        .expect("a redirect");
    assert!(declined.redirect_url.contains("error=access_denied") && declined.code.is_empty());
}

#[tokio::test]
async fn an_unregistered_redirect_uri_is_shown_not_followed() {
    let registered = vec!["https://app.example.com/cb".to_owned(), REDIRECT.to_owned()];
    let platform = Platform::start(Options {
        redirect_uris: registered,
        ..options()
    })
    .await;
    let owner = platform.sim.account(0).owner_email();
    let url = platform
        .authorize_url("")
        .replace(REDIRECT, "https://evil.example.com/cb");
    match platform.sim.authorize(&url, &owner) {
        Err(SimError::Refused { status: 400, body }) => assert!(body.contains("4709"), "{body}"),
        other => panic!("{other:?}"),
    }
    assert!(platform.sim.authorize("http://127.0.0.1:1/elsewhere", &owner).is_err());
}

#[tokio::test]
async fn a_token_answer_has_the_documented_shape() {
    let platform = Platform::start(options()).await;
    let reply = platform.sign_in(&platform.sim.account(0).owner_email()).await;
    assert_eq!(reply.text("token_type"), "bearer");
    assert_eq!(reply.body["expires_in"], 3600);
    assert!(
        reply
            .text("scope")
            .split(' ')
            .any(|scope| scope == "phone:read:list_call_logs:admin")
    );
    assert_eq!(reply.text("api_url"), platform.sim.base_url());
    assert!(reply.text("access_token").starts_with("eyJ") && reply.text("access_token").len() > 700);
    assert!(reply.header("x-zm-trackingid").is_some());
}

#[tokio::test]
async fn parameters_may_come_in_the_form_body() {
    let platform = Platform::start(options()).await;
    let url = format!("{}/oauth/token", platform.sim.base_url());
    let body = format!("grant_type=refresh_token&refresh_token={}", platform.refresh_token);
    let request = platform
        .http
        .post(url)
        .header("authorization", platform.basic())
        .body(body);
    assert_eq!(platform.send(request).await.status, 200);
}

#[tokio::test]
async fn wrong_credentials_are_an_invalid_client() {
    let platform = Platform::start(options()).await;
    let url = format!("{}/oauth/token?grant_type=refresh_token", platform.sim.base_url());
    let reply = platform
        .send(platform.http.post(&url).basic_auth("nobody", Some("x")))
        .await;
    assert_eq!((reply.status, reply.text("error")), (401, "invalid_client"));
    assert_eq!(reply.text("reason"), "Invalid client_id or client_secret");
    assert_eq!(platform.send(platform.http.post(&url)).await.status, 401);
}

#[tokio::test]
async fn a_code_is_good_once_and_for_five_minutes() {
    let platform = Platform::start(options()).await;
    let owner = platform.sim.account(0).owner_email();
    let grant = platform
        .sim
        .authorize(&platform.authorize_url(""), &owner)
        .expect("consent");
    assert_eq!(platform.token(&redeem(&grant.code)).await.status, 200);
    let again = platform.token(&redeem(&grant.code)).await;
    assert_eq!((again.status, &again.body["code"]), (400, &4734.into()));

    let late = platform
        .sim
        .authorize(&platform.authorize_url(""), &owner)
        .expect("consent");
    platform.sim.clock().advance(Duration::from_secs(301));
    let reply = platform.token(&redeem(&late.code)).await;
    assert_eq!((reply.status, &reply.body["code"]), (400, &4733.into()));
}

#[tokio::test]
async fn the_redirect_uri_must_be_that_of_the_authorize_request() {
    let platform = Platform::start(options()).await;
    let owner = platform.sim.account(0).owner_email();
    let grant = platform
        .sim
        .authorize(&platform.authorize_url(""), &owner)
        .expect("consent");
    let reply = platform.token(&redeem(&grant.code).replace("callback", "other")).await;
    assert_eq!((reply.status, &reply.body["code"]), (400, &4709.into()));
    assert_eq!(reply.text("reason"), "Redirect URI mismatch.");
}

#[tokio::test]
async fn pkce_is_enforced_for_s256_and_plain() {
    let platform = Platform::start(options()).await;
    let owner = platform.sim.account(0).owner_email();
    for (challenge, method) in [
        (CHALLENGE, "&code_challenge_method=S256"),
        (VERIFIER, "&code_challenge_method=plain"),
    ] {
        let url = platform.authorize_url(&format!("&code_challenge={challenge}{method}"));
        let grant = platform.sim.authorize(&url, &owner).expect("consent");
        let none = platform.token(&redeem(&grant.code)).await;
        assert_eq!((none.status, none.text("error")), (400, "invalid_grant"), "{method}");
        let wrong = platform
            .token(&format!("{}&code_verifier={}", redeem(&grant.code), "x".repeat(43)))
            .await;
        assert_eq!(wrong.status, 400, "{method}");
        let right = platform
            .token(&format!("{}&code_verifier={VERIFIER}", redeem(&grant.code)))
            .await;
        assert_eq!(right.status, 200, "{method}");
    }
}

#[tokio::test]
async fn a_refresh_token_dies_on_use() {
    let platform = Platform::start(options()).await;
    let first = platform.refresh(&platform.refresh_token).await;
    assert_eq!(first.status, 200);
    assert_ne!(first.text("refresh_token"), platform.refresh_token);
    let again = platform.refresh(&platform.refresh_token).await;
    assert_eq!(again.status, 400);
    assert_eq!(
        again.body,
        serde_json::json!({"reason": "Invalid Token!", "error": "invalid_grant"})
    );
    assert_eq!(platform.refresh(first.text("refresh_token")).await.status, 200);
}

#[tokio::test]
async fn a_dead_refresh_token_has_every_spelling_that_was_seen() {
    for (spelling, error, coded) in [
        (RefreshError::InvalidRequest, "invalid_request", false),
        (RefreshError::Bare, "invalid_grant", false),
        (RefreshError::WithCode, "invalid_grant", true),
    ] {
        let platform = Platform::start(Options {
            refresh_error: spelling,
            ..options()
        })
        .await;
        let reply = platform.refresh("nonsense").await;
        assert_eq!((reply.status, reply.text("error")), (400, error));
        assert_eq!(reply.body["code"].is_number(), coded);
    }
}

#[tokio::test]
async fn refresh_tokens_age_too() {
    let life = Duration::from_secs(3600 * 24 * 90);
    let platform = Platform::start(options()).await;
    platform.sim.clock().advance(life);
    assert_eq!(platform.refresh(&platform.refresh_token).await.status, 400);
}

#[tokio::test]
async fn authorizing_again_ends_the_earlier_tokens() {
    let platform = Platform::start(options()).await;
    let owner = platform.sim.account(0).owner_email();
    assert_eq!(platform.get("users/me").await.status, 200);
    let second = platform.sign_in(&owner).await;
    let old = platform.get("users/me").await;
    assert_eq!((old.status, &old.body["code"]), (401, &124.into()));
    assert_eq!(
        platform.get_as(second.text("access_token"), "users/me").await.status,
        200
    );
}

#[tokio::test]
async fn an_expired_access_token_is_401_code_124() {
    let platform = Platform::start(options()).await;
    platform.sim.clock().advance(Duration::from_secs(3600));
    let reply = platform.get("users/me").await;
    assert_eq!((reply.status, reply.text("message")), (401, "Access token is expired."));
    let other = Platform::start(Options {
        bad_token_status: 400,
        ..options()
    })
    .await;
    let reply = other.get_as("nonsense", "users/me").await;
    assert_eq!((reply.status, reply.text("message")), (400, "Invalid access token."));
}

#[tokio::test]
async fn revoking_ends_every_token_of_the_person() {
    let platform = Platform::start(options()).await;
    let url = format!("{}/oauth/revoke?token={}", platform.sim.base_url(), platform.token);
    let reply = platform
        .send(platform.http.post(&url).header("authorization", platform.basic()))
        .await;
    assert_eq!((reply.status, reply.text("status")), (200, "success"));
    assert_eq!(platform.get("users/me").await.status, 401);
    assert_eq!(platform.refresh(&platform.refresh_token).await.status, 400);
    let again = platform
        .send(platform.http.post(&url).header("authorization", platform.basic()))
        .await;
    assert_eq!(again.status, 400);
}

#[tokio::test]
async fn removing_the_app_ends_everything() {
    let platform = Platform::start(options()).await;
    platform.sim.account("acme").revoke_app();
    assert_eq!(platform.get("phone/call_history").await.status, 401);
    assert_eq!(platform.refresh(&platform.refresh_token).await.status, 400);
    assert!(!platform.sim.account("acme").has_live_refresh_token());
}

#[tokio::test]
async fn server_to_server_tokens_have_no_refresh_token_and_no_me() {
    let platform = Platform::start(options()).await;
    let account = platform.sim.account(0);
    let query = format!("grant_type=account_credentials&account_id={}", account.account_id());
    let reply = platform.token(&query).await;
    assert_eq!(reply.status, 200);
    assert!(reply.body.get("refresh_token").is_none());
    let token = reply.text("access_token").to_owned();
    let me = platform.get_as(&token, "users/me").await;
    assert_eq!((me.status, &me.body["code"]), (400, &4700.into()));
    let owner = platform
        .get_as(&token, &format!("users/{}", account.owner_email()))
        .await;
    assert_eq!(owner.body["account_number"], account.account_number());
    let unknown = platform.token("grant_type=account_credentials&account_id=nobody").await;
    assert_eq!((unknown.status, unknown.text("error")), (400, "invalid_request"));
}

#[tokio::test]
async fn a_grant_the_app_may_not_use_is_unsupported() {
    let general = Platform::start(Options {
        app: AppKind::General,
        ..options()
    })
    .await;
    let query = format!(
        "grant_type=account_credentials&account_id={}",
        general.sim.account(0).account_id()
    );
    let reply = general.token(&query).await;
    assert_eq!((reply.status, reply.text("error")), (400, "unsupported_grant_type"));
    assert_eq!(reply.text("reason"), "unsupported grant type");
}

#[tokio::test]
async fn somebody_who_left_takes_their_tokens_along() {
    let platform = Platform::start(options()).await;
    let account = platform.sim.account(0);
    let reply = platform.sign_in(&account.admin_email()).await;
    let (access, refresh) = (
        reply.text("access_token").to_owned(),
        reply.text("refresh_token").to_owned(),
    );
    assert_eq!(platform.get_as(&access, "users/me").await.status, 200);
    assert!(account.set_active(&account.admin_email(), false));
    assert_eq!(platform.get_as(&access, "users/me").await.status, 401);
    assert_eq!(platform.refresh(&refresh).await.status, 400);
    assert!(
        platform
            .sim
            .authorize(&platform.authorize_url(""), &account.admin_email())
            .is_err()
    );
}
