//! Promises about tokens: one refresher, stored before use, no request after a terminal error.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use jiff::SignedDuration;
use secrecy::ExposeSecret;

use crate::{
    domain::{
        account::{AccountState, AuthKind},
        failure::{Cause, Failure, Fault},
    },
    ports::zoom::{Listing, ZoomData, ZoomOAuth},
    zoom::{
        test_server::{FakeZoom, Reply, Seen, error, json},
        test_setup::{Rig, id},
    },
};

const ROLES: &str = r#"{"roles":[]}"#;
const ENDED: &str = r#"{"reason":"Invalid Token!","error":"invalid_grant"}"#;

fn token(number: u32) -> Reply {
    json(&format!(
        r#"{{"access_token":"access-{number}","token_type":"bearer","refresh_token":"refresh-{number}","expires_in":3600,"scope":"a b"}}"#
    ))
}

async fn call(rig: &Rig) -> Result<(), Failure> {
    rig.client.list(&id(), &Listing::Roles, None).await.map(drop)
}

fn code(failure: &Failure) -> &'static str {
    failure.fault().map_or("", |fault| fault.code)
}

fn bearer(seen: &Seen) -> &str {
    seen.headers.get("authorization").map_or("", String::as_str)
}

/// Answers token requests from a list, in order, and everything else well.
async fn zoom_with_tokens(answers: Vec<Reply>) -> FakeZoom {
    let mut answers = answers.into_iter();
    FakeZoom::start(move |seen| {
        if seen.is_token() {
            answers.next().unwrap_or(Reply::Gone)
        } else {
            json(ROLES)
        }
    })
    .await
}

#[tokio::test]
async fn a_token_is_renewed_early_with_an_intent_before_and_a_save_after() {
    let fake = zoom_with_tokens(vec![token(1)]).await;
    let rig = Rig::new(&fake);
    rig.clock.advance(SignedDuration::from_mins(54));
    call(&rig).await.expect("an answer");
    assert_eq!(fake.tokens(), 0, "renewed too early");
    rig.clock.advance(SignedDuration::from_mins(2));
    call(&rig).await.expect("an answer");
    let seen = fake.seen();
    assert_eq!(bearer(&seen[0]), "Bearer access-0");
    assert_eq!(seen[1].form.get("refresh_token").map(String::as_str), Some("refresh-0"));
    assert_eq!(
        seen[1].form.get("grant_type").map(String::as_str),
        Some("refresh_token")
    );
    assert_eq!(bearer(&seen[1]), "Basic Y2xpZW50LWlkOmNsaWVudC1zZWNyZXQ=");
    assert_eq!(bearer(&seen[2]), "Bearer access-1");
    assert_eq!(*rig.vault.log.lock().expect("a lock"), ["intent", "save"]);
    let stored = rig.vault.tokens.lock().expect("a lock").clone().expect("tokens");
    assert_eq!(stored.refresh_token.expect("one").expose_secret(), "refresh-1");
    assert_eq!(stored.rotation_begun_at, None);
}

#[tokio::test]
async fn many_callers_with_an_expired_token_cause_one_request() {
    let fake = zoom_with_tokens(vec![token(1)]).await;
    let rig = Rig::new(&fake);
    rig.expire();
    let calls = (0..20).map(|_| call(&rig));
    for result in futures_util::future::join_all(calls).await {
        result.expect("an answer");
    }
    assert_eq!(fake.tokens(), 1);
    assert!(
        fake.seen()
            .iter()
            .filter(|seen| !seen.is_token())
            .all(|seen| bearer(seen) == "Bearer access-1")
    );
}

#[tokio::test]
async fn many_callers_with_a_rejected_token_cause_one_request() {
    let fake = FakeZoom::start(|seen| {
        if seen.is_token() {
            token(1)
        } else if bearer(seen) == "Bearer access-0" {
            error(401, 124, "Invalid access token.")
        } else {
            json(ROLES)
        }
    })
    .await;
    let rig = Rig::new(&fake);
    for result in futures_util::future::join_all((0..10).map(|_| call(&rig))).await {
        result.expect("an answer");
    }
    assert_eq!(fake.tokens(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_once_with_the_old_token() {
    for lost in [
        Reply::Gone,
        Reply::Truncated(r#"{"access_token":"acc"#.to_owned()),
        json(r#"{"access_token":"acc"#),
        json("<html>"),
        Reply::Json(502, "<html>".to_owned()),
        Reply::Json(500, "{}".to_owned()),
    ] {
        let fake = zoom_with_tokens(vec![lost.clone(), token(1)]).await;
        let rig = Rig::new(&fake);
        rig.expire();
        call(&rig).await.expect("an answer");
        assert_eq!(fake.tokens(), 2, "{lost:?}");
        assert!(
            fake.seen()[..2]
                .iter()
                .all(|seen| seen.form["refresh_token"] == "refresh-0")
        );
        assert_eq!(rig.state(), AccountState::Authorized);
    }
}

#[tokio::test]
async fn a_lost_answer_to_a_done_rotation_needs_a_person_and_says_why() {
    let fake = zoom_with_tokens(vec![Reply::Gone, Reply::Json(400, ENDED.to_owned())]).await;
    let rig = Rig::new(&fake);
    rig.expire();
    let failure = call(&rig).await.expect_err("a failure");
    assert_eq!(code(&failure), "reauthorization_required");
    assert_eq!(rig.state(), AccountState::ReauthorizationRequired);
    assert!(
        rig.reason()
            .expect("a reason")
            .contains("answer of the last token refresh was lost")
    );
    let before = fake.count();
    assert_eq!(before, 2);
    call(&rig).await.expect_err("a failure");
    assert_eq!(fake.count(), before, "a request after a terminal error");
}

#[tokio::test]
async fn twice_lost_is_trouble_that_passes_and_the_intent_stays() {
    let fake = zoom_with_tokens(vec![Reply::Gone, Reply::Gone, Reply::Json(400, ENDED.to_owned())]).await;
    let rig = Rig::new(&fake);
    rig.expire();
    let failure = call(&rig).await.expect_err("a failure");
    assert!(matches!(failure, Failure::Retry { .. }), "{failure:?}");
    assert!(
        rig.vault
            .tokens
            .lock()
            .expect("a lock")
            .as_ref()
            .expect("tokens")
            .rotation_begun_at
            .is_some()
    );
    call(&rig).await.expect_err("too early");
    assert_eq!(fake.tokens(), 2, "asked again without back-off");
    rig.clock.advance(SignedDuration::from_mins(1));
    call(&rig).await.expect_err("spent");
    assert!(rig.reason().expect("a reason").contains("lost"));
}

#[tokio::test]
async fn an_intent_left_by_a_crash_is_named_when_the_refresh_token_is_spent() {
    let fake = zoom_with_tokens(vec![Reply::Json(400, ENDED.to_owned())]).await;
    let rig = Rig::new(&fake);
    rig.change_tokens(|tokens| tokens.rotation_begun_at = Some(tokens.refreshed_at));
    call(&rig).await.expect("the old access token still serves");
    assert_eq!(fake.tokens(), 0);
    rig.expire();
    call(&rig).await.expect_err("spent");
    assert_eq!(fake.tokens(), 1);
    assert!(rig.reason().expect("a reason").contains("lost"));
}

#[tokio::test]
async fn terminal_errors_stop_every_later_request() {
    for body in [
        ENDED,
        r#"{"reason":"Invalid Token!","error":"invalid_request"}"#,
        r#"{"error":"invalid_grant"}"#,
        r#"{"reason":"x","error":"e","code":4735}"#,
        r#"{"reason":"x","error":"e","code":4737}"#,
        r#"{"reason":"x","error":"e","code":"4738"}"#,
        r#"{"code":4741,"message":"revoked"}"#,
    ] {
        let fake = zoom_with_tokens(vec![Reply::Json(400, body.to_owned())]).await;
        let mut rig = Rig::new(&fake);
        rig.expire();
        let failure = call(&rig).await.expect_err("a failure");
        assert_eq!(
            failure.fault().map(|fault| fault.cause),
            Some(Cause::Reauthorization),
            "{body}"
        );
        assert_eq!(rig.state(), AccountState::ReauthorizationRequired, "{body}");
        for _ in 0..3 {
            assert_eq!(code(&call(&rig).await.expect_err("closed")), "reauthorization_required");
        }
        rig.client.refresh_token(&id()).await.expect_err("closed");
        rig.client.whoami(&id()).await.expect_err("closed");
        rig.restart();
        call(&rig).await.expect_err("closed after a restart too");
        assert_eq!(fake.count(), 1, "{body}");
    }
}

#[tokio::test]
async fn a_rejected_access_token_is_renewed_once_and_the_call_repeated() {
    for status in [401, 400] {
        let fake = FakeZoom::start(move |seen| match (seen.is_token(), bearer(seen)) {
            (true, _) => token(1),
            (_, "Bearer access-0") => error(status, 124, "Access token is expired."),
            _ => json(ROLES),
        })
        .await;
        let rig = Rig::new(&fake);
        call(&rig).await.expect("an answer");
        assert_eq!((fake.tokens(), fake.count()), (1, 3));
    }
}

#[tokio::test]
async fn a_fresh_token_that_is_rejected_ends_the_authorization() {
    let fake = FakeZoom::start(|seen| {
        if seen.is_token() {
            token(1)
        } else {
            error(401, 124, "Invalid access token.")
        }
    })
    .await;
    let rig = Rig::new(&fake);
    assert_eq!(
        code(&call(&rig).await.expect_err("a failure")),
        "reauthorization_required"
    );
    assert_eq!(rig.state(), AccountState::ReauthorizationRequired);
    assert_eq!(fake.count(), 3);
    call(&rig).await.expect_err("closed");
    assert_eq!(fake.count(), 3);
}

#[tokio::test]
async fn a_wrong_client_secret_is_not_the_accounts_fault_and_heals_with_the_configuration() {
    let refused = Reply::Json(
        401,
        r#"{"reason":"Invalid client_id or client_secret","error":"invalid_client"}"#.to_owned(),
    );
    let fake = zoom_with_tokens(vec![refused, token(1)]).await;
    let rig = Rig::new(&fake);
    rig.expire();
    let failure = call(&rig).await.expect_err("a failure");
    assert_eq!(
        (code(&failure), failure.fault().map(|fault| fault.cause)),
        ("client_credentials_invalid", Some(Cause::Config))
    );
    call(&rig).await.expect_err("still");
    assert_eq!((fake.count(), rig.state()), (1, AccountState::Authorized));
    assert_eq!(
        rig.vault
            .tokens
            .lock()
            .expect("a lock")
            .as_ref()
            .expect("tokens")
            .rotation_begun_at,
        None
    );
    rig.client.reconfigure(&rig.config).expect("a configuration");
    call(&rig).await.expect("an answer");
    assert_eq!(fake.tokens(), 2);
}

#[tokio::test]
async fn while_zoom_issues_no_tokens_the_present_one_serves_until_it_expires() {
    let fake = zoom_with_tokens(vec![Reply::Gone, Reply::Gone]).await;
    let rig = Rig::new(&fake);
    rig.clock.advance(SignedDuration::from_mins(57));
    call(&rig).await.expect("the present token");
    call(&rig).await.expect("the present token");
    assert_eq!(fake.tokens(), 2, "no back-off");
    rig.expire();
    call(&rig).await.expect_err("expired");
}

#[tokio::test]
async fn tokens_that_cannot_be_stored_are_not_used_and_not_lost() {
    let fake = zoom_with_tokens(vec![token(1)]).await;
    let rig = Rig::new(&fake);
    rig.expire();
    rig.vault.broken.store(true, Ordering::SeqCst);
    call(&rig).await.expect_err("not stored");
    call(&rig).await.expect_err("not stored");
    assert_eq!(fake.count(), 1, "used before it was stored, or asked for again");
    rig.vault.broken.store(false, Ordering::SeqCst);
    call(&rig).await.expect("an answer");
    assert_eq!((fake.tokens(), bearer(&fake.seen()[1])), (1, "Bearer access-1"));
}

#[tokio::test]
async fn a_cancelled_caller_does_not_lose_the_answer() {
    let signal = Arc::new(tokio::sync::Notify::new());
    let fake = zoom_with_tokens(vec![Reply::After(Arc::clone(&signal), Box::new(token(1)))]).await;
    let rig = Rig::new(&fake);
    rig.expire();
    tokio::select! {
        biased;
        result = call(&rig) => panic!("{result:?}"),
        () = async { while fake.count() == 0 { tokio::task::yield_now().await } } => {}
    }
    signal.notify_one();
    call(&rig).await.expect("an answer");
    assert_eq!(fake.tokens(), 1, "asked for again");
}

#[tokio::test]
async fn trying_again_reopens_what_works_and_leaves_closed_what_does_not() {
    let mut answers = vec![
        Reply::Json(400, ENDED.to_owned()),
        Reply::Json(400, ENDED.to_owned()),
        token(2),
    ]
    .into_iter();
    let fake = FakeZoom::start(move |seen| match seen.path.as_str() {
        "/oauth/token" => answers.next().unwrap_or(Reply::Gone),
        "/v2/users/me" => json(r#"{"id":"u","email":"e@x","account_number":10010370036}"#),
        _ => json(ROLES),
    })
    .await;
    let rig = Rig::new(&fake);
    rig.expire();
    call(&rig).await.expect_err("ended");
    let failure = rig.client.retry_authorization(&id()).await.expect_err("still ended");
    assert_eq!(code(&failure), "reauthorization_required");
    assert_eq!((fake.count(), rig.state()), (2, AccountState::ReauthorizationRequired));
    call(&rig).await.expect_err("closed");
    assert_eq!(fake.count(), 2);
    let identity = rig.client.retry_authorization(&id()).await.expect("an identity");
    assert_eq!(identity.account_number, Some(10_010_370_036));
    assert_eq!((rig.state(), rig.reason()), (AccountState::Authorized, None));
    call(&rig).await.expect("an answer");
    assert_eq!(bearer(fake.seen().last().expect("a request")), "Bearer access-2");
}

#[tokio::test]
async fn a_second_refusal_has_the_cause_of_the_first() {
    let ended = || Reply::Json(400, ENDED.to_owned());
    for (first, cause) in [
        (vec![ended()], "Zoom refused the refresh token"),
        // Here the answer really was lost, and stays the cause.
        (vec![Reply::Gone, ended()], "answer of the last token refresh was lost"),
    ] {
        let fake = zoom_with_tokens(first.into_iter().chain([ended(), ended()]).collect()).await;
        let mut rig = Rig::new(&fake);
        rig.expire();
        call(&rig).await.expect_err("ended");
        let told = rig.reason().expect("a reason");
        assert!(told.contains(cause), "{told}");
        rig.client.retry_authorization(&id()).await.expect_err("still ended");
        assert_eq!(rig.reason().as_ref(), Some(&told));
        rig.restart();
        rig.client.retry_authorization(&id()).await.expect_err("still ended");
        assert_eq!(rig.reason().as_ref(), Some(&told));
    }
}

#[tokio::test]
async fn trying_again_is_not_a_way_around_a_withdrawn_consent() {
    let fake = zoom_with_tokens(Vec::new()).await;
    let rig = Rig::new(&fake);
    for (state, expected) in [
        (AccountState::Deauthorized, "deauthorized"),
        (AccountState::Retained, "deauthorized"),
        (AccountState::PendingAuthorization, "account_not_authorized"),
    ] {
        rig.change(|account| account.state = state);
        assert_eq!(
            code(&rig.client.retry_authorization(&id()).await.expect_err("refused")),
            expected
        );
    }
    assert_eq!(code(&call(&rig).await.expect_err("refused")), "account_not_authorized");
    assert_eq!(fake.count(), 0);
}

#[tokio::test]
async fn adopting_stores_before_use_and_reopens() {
    let fake = zoom_with_tokens(vec![Reply::Json(400, ENDED.to_owned())]).await;
    let rig = Rig::new(&fake);
    rig.expire();
    call(&rig).await.expect_err("ended");
    rig.vault.broken.store(true, Ordering::SeqCst);
    rig.client.adopt(&id(), rig.grant()).await.expect_err("not stored");
    call(&rig).await.expect_err("still closed");
    rig.vault.broken.store(false, Ordering::SeqCst);
    rig.client.adopt(&id(), rig.grant()).await.expect("adopted");
    call(&rig).await.expect("an answer");
    assert_eq!(bearer(fake.seen().last().expect("a request")), "Bearer access-9");
    assert_eq!(fake.tokens(), 1);
}

#[tokio::test]
async fn a_forgotten_or_closed_account_sends_nothing() {
    let fake = zoom_with_tokens(Vec::new()).await;
    let rig = Rig::new(&fake);
    call(&rig).await.expect("an answer");
    let fault = Fault::new(Cause::Blocked, "deauthorized", "withdrawn");
    rig.client.close(&id(), Failure::Permanent(fault));
    assert_eq!(code(&call(&rig).await.expect_err("closed")), "deauthorized");
    rig.change(|account| account.state = AccountState::Deauthorized);
    rig.client.forget(&id()).await.expect("forgotten");
    assert!(rig.vault.tokens.lock().expect("a lock").is_none());
    assert_eq!(code(&call(&rig).await.expect_err("closed")), "deauthorized");
    assert_eq!(fake.count(), 1);
}

#[tokio::test]
async fn server_to_server_tokens_are_asked_for_when_needed() {
    let answer = r#"{"access_token":"s2s","token_type":"bearer","expires_in":3600,"scope":"a"}"#;
    let fake = zoom_with_tokens(vec![Reply::Gone, json(answer)]).await;
    let rig = Rig::new(&fake);
    rig.change(|account| account.auth = AuthKind::ServerToServer);
    *rig.vault.tokens.lock().expect("a lock") = None;
    call(&rig).await.expect("an answer");
    call(&rig).await.expect("an answer");
    let seen = fake.seen();
    assert_eq!(fake.tokens(), 2);
    assert_eq!(seen[1].form["grant_type"], "account_credentials");
    assert_eq!(seen[1].form["account_id"], "zoom-account");
    assert_eq!(bearer(&seen[3]), "Bearer s2s");
    assert!(!rig.vault.log.lock().expect("a lock").contains(&"intent".to_owned()));
}

#[tokio::test]
async fn a_forced_refresh_is_done_whatever_the_age() {
    let fake = zoom_with_tokens(vec![token(1), token(2)]).await;
    let rig = Rig::new(&fake);
    rig.client.refresh_token(&id()).await.expect("renewed");
    rig.client.refresh_token(&id()).await.expect("renewed");
    assert_eq!(fake.tokens(), 2);
    assert_eq!(fake.seen()[1].form["refresh_token"], "refresh-1");
}

#[tokio::test]
async fn an_unreachable_zoom_spends_nothing() {
    let rig = Rig::with(crate::zoom::test_setup::zoom("http://127.0.0.1:9"));
    rig.expire();
    let failure = tokio::time::timeout(Duration::from_secs(20), call(&rig))
        .await
        .expect("in time")
        .expect_err("none");
    assert!(matches!(failure, Failure::Retry { .. }));
    assert_eq!(code(&failure), "zoom_unreachable");
    assert_eq!(
        rig.vault
            .tokens
            .lock()
            .expect("a lock")
            .as_ref()
            .expect("tokens")
            .rotation_begun_at,
        None
    );
    assert_eq!(rig.state(), AccountState::Authorized);
}
