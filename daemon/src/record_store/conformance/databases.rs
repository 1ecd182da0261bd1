//! Creating, opening and owning databases.

use super::{Fixture, batch, call, code, owner};

pub(super) async fn creating_twice_finds_the_first(fixture: &dyn Fixture) {
    let servers = fixture.servers();
    let first = servers
        .create("test", "Sales 2026", &owner("one"), false)
        .await
        .expect("created");
    let second = servers
        .create("test", "Sales 2026", &owner("one"), false)
        .await
        .expect("found");
    assert!(first.created && !second.created);
    assert_eq!(first.schema_version, second.schema_version);
    let cased = servers
        .create("test", "sales 2026", &owner("one"), false)
        .await
        .expect("found");
    assert!(!cased.created, "names differ in case only");
}

pub(super) async fn another_accounts_database_is_not_taken_unless_adopted(fixture: &dyn Fixture) {
    let servers = fixture.servers();
    let store = fixture.store().await;
    store
        .commit_calls(batch(vec![call("a", "2026-01-01T00:00:00Z", &[])]))
        .await
        .expect("committed");
    assert_eq!(
        code(servers.create("test", "calls", &owner("two"), false).await),
        "database_taken"
    );
    assert_eq!(
        code(servers.open("test", "calls", &owner("two").account).await),
        "database_taken"
    );
    let adopted = servers
        .create("test", "calls", &owner("two"), true)
        .await
        .expect("adopted");
    assert!(!adopted.created);
    let store = servers
        .open("test", "calls", &owner("two").account)
        .await
        .expect("it is theirs now");
    assert_eq!(store.summary().await.expect("a summary").records, 1, "records stay");
    assert_eq!(
        code(servers.open("test", "calls", &owner("one").account).await),
        "database_taken"
    );
}

pub(super) async fn lost_state_is_recognised_by_the_zoom_account(fixture: &dyn Fixture) {
    fixture.store().await;
    let mut again = owner("two");
    again.zoom_account_id = owner("one").zoom_account_id;
    let refused = fixture
        .servers()
        .create("test", "calls", &again, false)
        .await
        .expect_err("refused");
    let fault = refused.fault().expect("a fault");
    assert_eq!(fault.code, "database_taken");
    assert!(
        fault.hint.contains("state was lost") && fault.hint.contains("--adopt"),
        "{}",
        fault.hint
    );
}

pub(super) async fn an_open_database_is_shared_and_not_given_to_others(fixture: &dyn Fixture) {
    let first = fixture.store().await;
    let second = fixture
        .servers()
        .open("test", "CALLS", &owner("one").account)
        .await
        .expect("opened");
    assert!(std::sync::Arc::ptr_eq(&first, &second));
    assert_eq!(
        code(fixture.servers().open("test", "calls", &owner("two").account).await),
        "database_taken"
    );
}

pub(super) async fn a_missing_database_says_how_to_create_it(fixture: &dyn Fixture) {
    let missing = fixture
        .servers()
        .open("test", "nowhere", &owner("one").account)
        .await
        .err()
        .expect("missing");
    let fault = missing.fault().expect("a fault");
    assert_eq!(fault.code, "database_missing");
    assert!(fault.hint.contains("callsyncctl cdr create-database"), "{}", fault.hint);
}

pub(super) async fn unknown_servers_and_impossible_names_are_refused(fixture: &dyn Fixture) {
    let servers = fixture.servers();
    assert_eq!(code(servers.test("elsewhere").await), "server_not_found");
    assert_eq!(code(servers.check_name("elsewhere", "calls")), "server_not_found");
    for name in ["", "a\0b", "a\nGO", &"n".repeat(124)] {
        assert_eq!(
            code(servers.check_name("test", name)),
            "database_name_invalid",
            "{name}"
        );
        assert_eq!(code(servers.ddl("test", name)), "database_name_invalid", "{name}");
        assert_eq!(
            code(servers.create("test", name, &owner("one"), true).await),
            "database_name_invalid",
            "{name}"
        );
        assert_eq!(
            code(servers.open("test", name, &owner("one").account).await),
            "database_name_invalid",
            "{name}"
        );
    }
}

pub(super) async fn a_closed_database_is_opened_again_with_everything_in_it(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    store
        .commit_calls(batch(vec![call("a", "2026-01-01T00:00:00Z", &[])]))
        .await
        .expect("committed");
    fixture.servers().close("test", "calls").await;
    assert_eq!(code(store.summary().await), "database_closed");
    assert_eq!(
        code(store.commit_calls(batch(vec![call("b", "", &[])])).await),
        "database_closed"
    );
    let store = fixture
        .servers()
        .open("test", "calls", &owner("one").account)
        .await
        .expect("opened again");
    assert_eq!(store.summary().await.expect("a summary").records, 1);
    fixture.servers().close("test", "never-opened").await;
}

pub(super) async fn a_server_can_be_tested(fixture: &dyn Fixture) {
    let report = fixture.servers().test("test").await.expect("a report");
    assert!(report.missing_permissions.is_empty(), "{report:?}");
    assert!(
        report
            .permissions
            .iter()
            .any(|permission| permission == "create database"),
        "{report:?}"
    );
    assert!(!report.version.is_empty());
}
