//! Authorizing: what each failure says, and what it leaves behind.

use std::sync::atomic::Ordering;

use jiff::SignedDuration;

use super::fakes::{GOOD_CODE, World, why, world};
use crate::{
    domain::{
        account::{Account, AccountState, AuthKind},
        failure::{Cause, Failure, Fault, Outcome},
    },
    enrolment::NewAccount,
};

async fn waiting() -> World {
    let world = world();
    let new = NewAccount {
        name: "ACME".into(),
        group: "Sales".into(),
        auth: AuthKind::OAuth,
        zoom_account_id: None,
    };
    world.enrolment.add_account(new, false).await.expect("an account");
    world
}

async fn authorize(world: &World, pasted: &str) -> Outcome<Account> {
    world.enrolment.authorize("ACME", Some(pasted), false).await
}

fn url_of(world: &World) -> String {
    world
        .stored("ACME")
        .and_then(|account| account.pending)
        .expect("a URL")
        .url
}

/// The account is as it was before anybody tried, but for its URL.
fn assert_untouched(world: &World) {
    let account = world.stored("ACME").expect("the account");
    assert_eq!(account.state, AccountState::PendingAuthorization);
    assert_eq!(
        (account.zoom_account_id, account.account_number, account.authorized_by),
        (None, None, None)
    );
    assert!(account.granted_scopes.is_empty());
    assert_eq!(
        world.zoom.adopted.lock().unwrap().len(),
        world.zoom.forgotten.lock().unwrap().len()
    );
}

fn unreachable() -> Failure {
    Failure::Retry {
        fault: Fault::new(Cause::Zoom, "zoom_unreachable", "no route").hint("check the network"),
        after: None,
    }
}

#[tokio::test]
async fn code_connects_the_account() {
    let world = waiting().await;
    let account = authorize(&world, GOOD_CODE).await.expect("connected");
    assert_eq!(account.state, AccountState::Authorized);
    assert_eq!(account.account_number, Some(10_010_370_036));
    assert_eq!(account.zoom_account_id.as_deref(), Some("zoom-1"));
    assert_eq!(account.authorized_by.map(|by| by.role), Some("owner".into()));
    assert_eq!(account.pending, None);
    assert_eq!(*world.zoom.adopted.lock().unwrap(), [account.id]);
}

#[tokio::test]
async fn redirected_url_connects_the_account() {
    let world = waiting().await;
    let url = format!("http://127.0.0.1:8460/oauth/callback?code={GOOD_CODE}&state=S1\n");
    assert_eq!(
        authorize(&world, &url).await.map(|account| account.state),
        Ok(AccountState::Authorized)
    );
}

#[tokio::test]
async fn wrong_code_keeps_the_url() {
    let world = waiting().await;
    assert_eq!(why(authorize(&world, "wrong").await), (Cause::Zoom, "invalid_grant"));
    assert_untouched(&world);
    assert!(url_of(&world).contains("state=S1"));
    assert!(
        authorize(&world, GOOD_CODE).await.is_ok(),
        "the URL still takes a good code"
    );
}

#[tokio::test]
async fn used_code_is_a_zoom_error_and_leaves_the_connection() {
    let world = waiting().await;
    authorize(&world, GOOD_CODE).await.expect("connected");
    assert_eq!(why(authorize(&world, GOOD_CODE).await), (Cause::Zoom, "code_used"));
    assert_eq!(
        world.stored("ACME").map(|account| account.state),
        Some(AccountState::Authorized)
    );
}

#[tokio::test]
async fn pasted_url_with_another_state_is_refused_before_zoom_is_asked() {
    let world = waiting().await;
    for url in ["http://x/?code=good-code", "http://x/?code=good-code&state=other"] {
        assert_eq!(why(authorize(&world, url).await), (Cause::Refused, "state_mismatch"));
    }
    assert_eq!(world.zoom.exchanged.load(Ordering::SeqCst), 0);
    assert!(url_of(&world).contains("state=S1"));
}

#[tokio::test]
async fn declined_consent_is_not_permitted() {
    let world = waiting().await;
    assert_eq!(
        why(authorize(&world, "http://x/?error=access_denied&state=S1").await),
        (Cause::NotPermitted, "access_denied")
    );
    assert_eq!(
        why(authorize(&world, "http://x/?error=server_error&state=S1").await),
        (Cause::Zoom, "authorization_refused")
    );
    assert_untouched(&world);
}

#[tokio::test]
async fn failure_before_the_code_is_taken_keeps_the_url() {
    let world = waiting().await;
    *world.zoom.exchange.lock().unwrap() = Some(unreachable());
    let failure = authorize(&world, GOOD_CODE).await.expect_err("unreachable");
    assert!(
        matches!(&failure, Failure::Retry { fault, .. } if fault.code == "zoom_unreachable" && fault.message.contains("asking Zoom for tokens")),
        "{failure:?}"
    );
    assert!(url_of(&world).contains("state=S1"));
}

/// Each check after the code is taken: what it fails with, the step it names, and that a new URL is told.
#[tokio::test]
async fn failure_after_the_code_is_taken_replaces_the_url_and_tells_it() {
    type Sabotage = fn(&World);
    let cases: &[(Sabotage, Cause, &str, &str)] = &[
        (
            |world| *world.zoom.identify.lock().unwrap() = Some(unreachable()),
            Cause::Zoom,
            "zoom_unreachable",
            "who authorized",
        ),
        (
            |world| {
                let mut identity = world.zoom.identity.lock().unwrap();
                identity.role_id = Some("2".into());
                identity.role_name = Some("Member".into());
            },
            Cause::NotPermitted,
            "not_admin",
            "owner or admin",
        ),
        (
            |world| *world.zoom.scopes.lock().unwrap() = vec!["user:read:admin".into()],
            Cause::Zoom,
            "missing_scope",
            "the scopes",
        ),
        (
            |world| {
                *world.zoom.phone.lock().unwrap() = Some(
                    Fault::new(Cause::Zoom, "phone_not_enabled", "no phone")
                        .hint("license")
                        .into(),
                );
            },
            Cause::Zoom,
            "phone_not_enabled",
            "Zoom Phone answers",
        ),
        (
            |world| world.zoom.identity.lock().unwrap().account_id = None,
            Cause::Zoom,
            "zoom_account_unknown",
            "which Zoom account",
        ),
        (
            |world| {
                let mut other = world.stored("ACME").expect("the account");
                other.id.0 = "other".into();
                other.name = "Other".into();
                other.zoom_account_id = Some("zoom-1".into());
                world.registry.accounts.lock().unwrap().push(other);
            },
            Cause::Conflict,
            "zoom_account_taken",
            "which Zoom account",
        ),
        (
            |world| {
                *world.zoom.adopt.lock().unwrap() = Some(
                    Fault::new(Cause::Internal, "vault_failed", "disk full")
                        .hint("df")
                        .into(),
                );
            },
            Cause::Internal,
            "vault_failed",
            "storing the tokens",
        ),
        (
            |world| world.registry.broken.store(true, Ordering::SeqCst),
            Cause::Internal,
            "state_store_failed",
            "recording the account",
        ),
    ];
    for (sabotage, cause, code, step) in cases {
        let world = waiting().await;
        sabotage(&world);
        let failure = authorize(&world, GOOD_CODE).await.expect_err(code);
        let Failure::Permanent(fault) = &failure else {
            panic!("{code}: repeating cannot help: {failure:?}")
        };
        assert_eq!((fault.cause, fault.code), (*cause, *code));
        assert!(fault.message.contains(step), "{code} names its step: {}", fault.message);
        let url = url_of(&world);
        assert!(
            url.contains("state=S2") && fault.hint.contains(&url),
            "{code} tells the new URL: {}",
            fault.hint
        );
        assert!(!fault.message.contains(GOOD_CODE) && !fault.hint.contains(GOOD_CODE));
        assert_untouched(&world);
    }
}

#[tokio::test]
async fn missing_lesser_scope_is_no_obstacle() {
    let world = waiting().await;
    *world.zoom.scopes.lock().unwrap() = vec!["phone:read:admin".into(), "user:read:admin".into()];
    assert_eq!(
        authorize(&world, GOOD_CODE)
            .await
            .map(|account| account.granted_scopes.len()),
        Ok(2)
    );
}

#[tokio::test]
async fn account_id_given_at_add_must_be_the_one_authorized() {
    let world = world();
    let new = NewAccount {
        name: "ACME".into(),
        group: "Sales".into(),
        auth: AuthKind::OAuth,
        zoom_account_id: Some("zoom-2".into()),
    };
    world.enrolment.add_account(new, false).await.expect("an account");
    assert_eq!(
        why(authorize(&world, GOOD_CODE).await),
        (Cause::Conflict, "zoom_account_differs")
    );
}

#[tokio::test]
async fn expired_url_is_renewed_and_told() {
    let world = waiting().await;
    world.clock.advance(SignedDuration::from_hours(1));
    let failure = authorize(&world, GOOD_CODE).await.expect_err("expired");
    let fault = failure.fault().expect("a fault");
    assert_eq!((fault.cause, fault.code), (Cause::Zoom, "authorization_expired"));
    assert!(fault.hint.contains("state=S2"), "{}", fault.hint);
    assert_eq!(world.zoom.exchanged.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn without_a_code_the_waiting_url_is_kept_until_it_expires() {
    let world = waiting().await;
    let ask = async || {
        world
            .enrolment
            .authorize("ACME", None, false)
            .await
            .expect("a URL")
            .pending
            .expect("a URL")
            .url
    };
    assert!(ask().await.contains("state=S1"));
    world.clock.advance(SignedDuration::from_mins(59));
    assert!(ask().await.contains("state=S1"));
    world.clock.advance(SignedDuration::from_mins(1));
    assert!(ask().await.contains("state=S2"));
}

#[tokio::test]
async fn connected_account_can_start_over_without_losing_its_connection() {
    let world = waiting().await;
    authorize(&world, GOOD_CODE).await.expect("connected");
    let account = world.enrolment.authorize("ACME", None, false).await.expect("a URL");
    assert_eq!(account.state, AccountState::Authorized);
    assert!(account.pending.is_some());
    assert!(world.zoom.forgotten.lock().unwrap().is_empty());
    // A failed attempt leaves the connection, too.
    world.zoom.exchanged.store(0, Ordering::SeqCst);
    world.zoom.identity.lock().unwrap().account_id = Some("zoom-7".into());
    assert_eq!(
        why(authorize(&world, GOOD_CODE).await),
        (Cause::Conflict, "zoom_account_differs")
    );
    let account = world.stored("ACME").expect("the account");
    assert_eq!(
        (account.state, account.zoom_account_id.as_deref()),
        (AccountState::Authorized, Some("zoom-1"))
    );
}

#[tokio::test]
async fn authorizing_again_ends_every_state_that_waits_for_it() {
    for state in [
        AccountState::ReauthorizationRequired,
        AccountState::Deauthorized,
        AccountState::Authorized,
    ] {
        let world = waiting().await;
        world.alter("ACME", |account| {
            account.state = state;
            account.state_reason = Some("because".into());
        });
        let account = authorize(&world, GOOD_CODE).await.expect("connected");
        assert_eq!((account.state, account.state_reason), (AccountState::Authorized, None));
    }
}

#[tokio::test]
async fn server_to_server_account_takes_no_code() {
    let world = world();
    let new = NewAccount {
        name: "ACME".into(),
        group: "Sales".into(),
        auth: AuthKind::ServerToServer,
        zoom_account_id: Some("zoom-1".into()),
    };
    world.enrolment.add_account(new, false).await.expect("connected");
    assert_eq!(
        why(authorize(&world, GOOD_CODE).await),
        (Cause::Usage, "code_not_needed")
    );
    world.alter("ACME", |account| account.state = AccountState::ReauthorizationRequired);
    let account = world
        .enrolment
        .authorize("ACME", None, false)
        .await
        .expect("connected again");
    assert_eq!(account.state, AccountState::Authorized);
}

#[tokio::test]
async fn two_people_at_once_connect_it_once() {
    let world = waiting().await;
    let (one, two) = tokio::join!(authorize(&world, GOOD_CODE), authorize(&world, GOOD_CODE));
    assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|ok| **ok).count(), 1);
    assert_eq!(
        world.stored("ACME").map(|account| account.state),
        Some(AccountState::Authorized)
    );
    assert_eq!(world.zoom.adopted.lock().unwrap().len(), 1);
}
