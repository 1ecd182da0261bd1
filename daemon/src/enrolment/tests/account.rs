//! Adding, renaming, removing and testing accounts.

use std::sync::atomic::Ordering;

use super::fakes::{World, why, world};
use crate::{
    domain::{
        account::{Account, AccountState, AuthKind, CdrState},
        failure::{Cause, Fault, Outcome},
    },
    enrolment::NewAccount,
};

fn new(name: &str, auth: AuthKind, zoom_account_id: Option<&str>) -> NewAccount {
    NewAccount {
        name: name.into(),
        group: "sales".into(),
        auth,
        zoom_account_id: zoom_account_id.map(Into::into),
    }
}

async fn add(world: &World, name: &str) -> Outcome<Account> {
    world
        .enrolment
        .add_account(new(name, AuthKind::OAuth, None), false)
        .await
}

#[tokio::test]
async fn added_account_waits_with_a_url() {
    let world = world();
    let account = add(&world, " ACME ").await.expect("an account");
    assert_eq!((account.name.as_str(), account.group.as_str()), ("ACME", "Sales"));
    assert_eq!(account.state, AccountState::PendingAuthorization);
    let pending = account.pending.expect("a URL");
    assert!(pending.url.contains("state=S1"));
    assert_eq!(pending.expires_at.to_string(), "2026-03-01T13:00:00Z");
    assert_eq!(
        uuid::Uuid::parse_str(account.id.as_str()).map(|id| id.get_version_num()),
        Ok(7)
    );
}

#[tokio::test]
async fn what_cannot_be_added_is_refused_and_leaves_nothing() {
    let world = world();
    add(&world, "ACME").await.expect("an account");
    world.alter("ACME", |account| account.zoom_account_id = Some("zoom-9".into()));
    let writes = world.writes();
    for dry_run in [true, false] {
        let refused = async |new| why(world.enrolment.add_account(new, dry_run).await);
        assert_eq!(
            refused(new("acme", AuthKind::OAuth, None)).await,
            (Cause::Conflict, "account_exists")
        );
        assert_eq!(
            refused(new("\n", AuthKind::OAuth, None)).await,
            (Cause::Usage, "invalid_name")
        );
        assert_eq!(
            refused(new("B", AuthKind::OAuth, Some("zoom-9"))).await,
            (Cause::Conflict, "zoom_account_taken")
        );
        assert_eq!(
            refused(new("B", AuthKind::ServerToServer, None)).await,
            (Cause::Usage, "zoom_account_id_missing")
        );
        let elsewhere = NewAccount {
            group: "Nowhere".into(),
            ..new("B", AuthKind::OAuth, None)
        };
        assert_eq!(refused(elsewhere).await, (Cause::NotFound, "group_not_found"));
    }
    assert_eq!(world.writes(), writes);
}

#[tokio::test]
async fn server_to_server_account_is_connected_at_once() {
    let world = world();
    let account = world
        .enrolment
        .add_account(new("S", AuthKind::ServerToServer, Some("zoom-1")), false)
        .await
        .expect("connected");
    assert_eq!(account.state, AccountState::Authorized);
    assert_eq!(account.account_number, Some(10_010_370_036));
    assert_eq!(*world.zoom.adopted.lock().unwrap(), [account.id]);
}

#[tokio::test]
async fn server_to_server_account_that_fails_leaves_no_half_account() {
    for step in ["exchange", "identify", "phone", "adopt", "change"] {
        let world = world();
        let failure = Fault::new(Cause::Zoom, "zoom_unreachable", "unreachable").hint("check");
        match step {
            "exchange" => *world.zoom.exchange.lock().unwrap() = Some(failure.into()),
            "identify" => *world.zoom.identify.lock().unwrap() = Some(failure.into()),
            "phone" => *world.zoom.phone.lock().unwrap() = Some(failure.into()),
            "adopt" => *world.zoom.adopt.lock().unwrap() = Some(failure.into()),
            _ => world.registry.broken.store(true, Ordering::SeqCst),
        }
        assert!(
            world
                .enrolment
                .add_account(new("S", AuthKind::ServerToServer, Some("zoom-1")), false)
                .await
                .is_err(),
            "{step}"
        );
        assert_eq!(world.stored("S"), None, "{step}");
        assert_eq!(
            world.zoom.adopted.lock().unwrap().len(),
            world.zoom.forgotten.lock().unwrap().len(),
            "{step}: no tokens left"
        );
    }
}

#[tokio::test]
async fn server_to_server_account_must_be_the_one_asked_for() {
    let world = world();
    let outcome = world
        .enrolment
        .add_account(new("S", AuthKind::ServerToServer, Some("zoom-2")), false)
        .await;
    assert_eq!(why(outcome), (Cause::Conflict, "zoom_account_differs"));
    assert_eq!(world.stored("S"), None);
}

#[tokio::test]
async fn dry_runs_change_nothing() {
    let world = world();
    let draft = world
        .enrolment
        .add_account(new("A", AuthKind::OAuth, None), true)
        .await
        .expect("a dry run");
    assert_eq!(draft.pending, None, "a URL that nobody waits for would mislead");
    let draft = world
        .enrolment
        .add_account(new("S", AuthKind::ServerToServer, Some("zoom-1")), true)
        .await
        .expect("a dry run");
    assert_eq!(draft.state, AccountState::Authorized);
    add(&world, "ACME").await.expect("an account");
    let writes = world.writes();
    assert_eq!(
        world
            .enrolment
            .rename_account("ACME", "B", true)
            .await
            .map(|(_, after)| after.name),
        Ok("B".into())
    );
    assert!(world.enrolment.remove_account("ACME", true).await.is_ok());
    assert!(world.enrolment.authorize("ACME", Some("good-code"), true).await.is_ok());
    assert_eq!(world.writes(), writes);
    assert!(world.zoom.adopted.lock().unwrap().is_empty() && world.zoom.forgotten.lock().unwrap().is_empty());
    assert_eq!(
        world.zoom.exchanged.load(Ordering::SeqCst),
        0,
        "a code can be taken only once"
    );
}

#[tokio::test]
async fn rename_keeps_names_unique() {
    let world = world();
    add(&world, "A").await.expect("an account");
    add(&world, "B").await.expect("an account");
    assert_eq!(
        why(world.enrolment.rename_account("A", "b", false).await),
        (Cause::Conflict, "account_exists")
    );
    assert_eq!(
        world
            .enrolment
            .rename_account("A", "a", false)
            .await
            .map(|(_, after)| after.name),
        Ok("a".into())
    );
}

#[tokio::test]
async fn only_an_account_without_data_can_be_removed() {
    let world = world();
    let account = add(&world, "A").await.expect("an account");
    let at = |state| world.alter("A", |account| account.cdr.state = state);
    for state in [CdrState::Active, CdrState::Paused, CdrState::Blocked] {
        at(state);
        assert_eq!(
            why(world.enrolment.remove_account("A", false).await),
            (Cause::WrongState, "account_holds_data")
        );
    }
    at(CdrState::DatabaseReady);
    world.holds.0.store(true, Ordering::SeqCst);
    assert_eq!(
        why(world.enrolment.remove_account("A", false).await),
        (Cause::WrongState, "account_holds_data")
    );
    world.holds.0.store(false, Ordering::SeqCst);
    assert_eq!(
        world
            .enrolment
            .remove_account("A", false)
            .await
            .map(|account| account.name),
        Ok("A".into())
    );
    assert_eq!(world.stored("A"), None);
    assert_eq!(*world.zoom.forgotten.lock().unwrap(), [account.id]);
}

#[tokio::test]
async fn test_asks_only_accounts_that_may_be_asked() {
    let world = world();
    add(&world, "A").await.expect("an account");
    assert_eq!(
        why(world.enrolment.test_account("A").await),
        (Cause::WrongState, "pending_authorization")
    );
    world.alter("A", |account| account.state = AccountState::Deauthorized);
    assert_eq!(
        why(world.enrolment.test_account("A").await),
        (Cause::Blocked, "deauthorized")
    );
    assert_eq!(
        why(world.enrolment.rename_account("A", "B", false).await),
        (Cause::Blocked, "deauthorized")
    );
    assert_eq!(
        why(world.enrolment.remove_account("A", false).await),
        (Cause::Blocked, "deauthorized")
    );
}

#[tokio::test]
async fn test_finds_missing_scopes_and_missing_phone() {
    let world = world();
    add(&world, "A").await.expect("an account");
    world.alter("A", |account| {
        account.state = AccountState::Authorized;
        account.granted_scopes = vec!["phone:read:admin".into(), "user:read:admin".into()];
    });
    let report = world.enrolment.test_account("A").await.expect("a report");
    assert!(report.missing.iter().any(|scope| scope.needed_for == "groups"));
    assert_eq!(report.account_number, Some(10_010_370_036));
    *world.zoom.phone.lock().unwrap() = Some(
        Fault::new(Cause::Zoom, "phone_not_enabled", "no phone")
            .hint("license")
            .into(),
    );
    assert_eq!(
        why(world.enrolment.test_account("A").await),
        (Cause::Zoom, "phone_not_enabled")
    );
}

#[tokio::test]
async fn good_test_reconnects_an_account_that_waited_for_a_person() {
    let world = world();
    add(&world, "A").await.expect("an account");
    world.alter("A", |account| {
        account.state = AccountState::ReauthorizationRequired;
        account.state_reason = Some("invalid_grant".into());
    });
    *world.zoom.whoami.lock().unwrap() = Some(
        Fault::new(Cause::Reauthorization, "invalid_grant", "dead")
            .hint("authorize")
            .into(),
    );
    assert_eq!(why(world.enrolment.test_account("A").await).0, Cause::Reauthorization);
    assert_eq!(
        world.stored("A").map(|account| account.state),
        Some(AccountState::ReauthorizationRequired)
    );
    *world.zoom.whoami.lock().unwrap() = None;
    let report = world.enrolment.test_account("A").await.expect("a report");
    assert_eq!(
        (report.account.state, report.account.state_reason),
        (AccountState::Authorized, None)
    );
    assert_eq!(
        world.zoom.retried.load(Ordering::SeqCst),
        2,
        "never the ordinary way, which is closed"
    );
}
