//! A second authorization of a Zoom account that is there: refused, and harmless to the account that is there.

use std::sync::atomic::Ordering;

use super::fakes::{GOOD_CODE, SCOPES, World, world};
use crate::{
    domain::{
        account::{Account, AccountState, AuthKind},
        failure::{Cause, Fault},
    },
    enrolment::NewAccount,
};

/// ACME is connected, ACME3 waits for its code.
async fn two() -> World {
    let world = world();
    for name in ["ACME", "ACME3"] {
        let new = NewAccount {
            name: name.into(),
            group: "Sales".into(),
            auth: AuthKind::OAuth,
            zoom_account_id: None,
        };
        world.enrolment.add_account(new, false).await.expect("an account");
    }
    let enrolment = &world.enrolment;
    enrolment
        .authorize("ACME", Some(GOOD_CODE), false)
        .await
        .expect("connected");
    world.zoom.exchanged.store(0, Ordering::SeqCst);
    world.zoom.adopted.lock().unwrap().clear();
    world
}

/// Authorizes ACME3 as the same Zoom account: the refusal.
async fn refused(world: &World) -> Fault {
    let failure = world
        .enrolment
        .authorize("ACME3", Some(GOOD_CODE), false)
        .await
        .expect_err("taken");
    let fault = failure.fault().expect("a fault").clone();
    assert_eq!((fault.cause, fault.code), (Cause::Conflict, "zoom_account_taken"));
    assert!(fault.hint.contains("open this new URL"), "{}", fault.hint);
    let asked = world.stored("ACME3").expect("an account");
    assert_eq!(
        (asked.state, asked.zoom_account_id),
        (AccountState::PendingAuthorization, None)
    );
    fault
}

fn acme(world: &World) -> Account {
    world.stored("ACME").expect("an account")
}

#[tokio::test]
async fn the_account_that_is_there_goes_on_with_the_new_tokens() {
    for state in [AccountState::Authorized, AccountState::ReauthorizationRequired] {
        let world = two().await;
        world.alter("ACME", |account| account.state = state);
        let fault = refused(&world).await;
        assert!(fault.hint.contains("it has the new ones now"), "{}", fault.hint);
        assert_eq!(*world.zoom.adopted.lock().unwrap(), [acme(&world).id]);
        assert_eq!(acme(&world).state, AccountState::Authorized);
        let entries = world.audit.entries.lock().unwrap().clone();
        assert_eq!(entries.len(), 1);
        assert_eq!(
            (entries[0].action.as_str(), entries[0].object.as_str(), entries[0].role),
            ("account.tokens-handed-over", "ACME", "system")
        );
        assert!(entries[0].after.as_ref().expect("a text").contains("ACME3"));
    }
}

#[tokio::test]
async fn tokens_that_cannot_serve_it_are_not_used_and_the_hint_says_to_authorize_it_again() {
    type Sabotage = fn(&World);
    let cases: [(Sabotage, &str); 3] = [
        (
            |world| *world.zoom.scopes.lock().unwrap() = SCOPES[..2].iter().map(|scope| (*scope).to_owned()).collect(),
            "group:read:admin",
        ),
        (
            |world| world.alter("ACME", |account| account.state = AccountState::Deauthorized),
            "deauthorized",
        ),
        (
            |world| {
                let full = Fault::new(Cause::Internal, "state_disk_full", "the disk is full").hint("df");
                *world.zoom.adopt.lock().unwrap() = Some(full.into());
            },
            "the disk is full",
        ),
    ];
    for (sabotage, why) in cases {
        let world = two().await;
        sabotage(&world);
        let before = acme(&world);
        let fault = refused(&world).await;
        assert!(fault.hint.contains(why), "{}", fault.hint);
        assert!(
            fault.hint.contains("callsyncctl account authorize ACME."),
            "{}",
            fault.hint
        );
        assert!(world.zoom.adopted.lock().unwrap().is_empty());
        assert_eq!(acme(&world), before);
        assert!(world.audit.entries.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn an_account_without_such_tokens_is_left_alone() {
    let world = two().await;
    world.alter("ACME", |account| account.auth = AuthKind::ServerToServer);
    let before = acme(&world);
    let fault = refused(&world).await;
    assert!(fault.hint.contains("callsyncctl account show ACME"), "{}", fault.hint);
    assert_eq!(acme(&world), before);
    assert!(world.zoom.adopted.lock().unwrap().is_empty());
}
