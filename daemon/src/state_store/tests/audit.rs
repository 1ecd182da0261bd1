//! The audit log: a chain without holes that shows every change.

use futures_util::future::join_all;
use rusqlite::Connection;

use super::{account, id, open, time, with_group};
use crate::{
    ports::state::{AuditLog, AuditRecord, Registry},
    state_store::{GENESIS, chain_hash},
};

fn record(action: &str, at: &str) -> AuditRecord {
    AuditRecord {
        at: time(at),
        uid: 1000,
        user: "ada".to_owned(),
        pid: 42,
        role: "admin",
        action: action.to_owned(),
        object: "Acme".to_owned(),
        outcome: "ok",
        before: None,
        after: Some(r#"{"name":"Acme"}"#.to_owned()),
    }
}

#[tokio::test]
async fn entries_form_a_chain_from_one_without_holes() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = open(outer.path());
    let appended = join_all((0..20).map(|n| store.append(record(&format!("a{n}"), "2026-01-01T00:00:00Z")))).await;
    assert!(appended.iter().all(Result::is_ok));
    drop(store);
    let store = open(outer.path());
    store
        .append(record("after a restart", "2026-01-02T00:00:00Z"))
        .await
        .expect("appended");
    let entries = store.entries(None, 100).await.expect("read");
    let mut before = GENESIS.to_owned();
    for (entry, seq) in entries.iter().zip(1..) {
        assert_eq!(entry.seq, seq);
        assert_eq!(entry.hash, chain_hash(&before, seq, &entry.record));
        before.clone_from(&entry.hash);
    }
    assert_eq!(entries.len(), 21);
    let verified = store.verify().await.expect("read");
    assert_eq!((verified.good, verified.broken), (21, None));
    assert_eq!(verified.head, Some(before));
    let since = store
        .entries(Some(time("2026-01-02T00:00:00Z")), 100)
        .await
        .expect("read");
    assert_eq!(since.len(), 1);
    assert_eq!(since[0].record, record("after a restart", "2026-01-02T00:00:00Z"));
    assert_eq!(store.entries(None, 2).await.expect("read")[1].seq, 2);
}

#[test]
fn the_hash_is_the_documented_one() {
    // printf '%064d{"seq":1,…}' 0 | sha256sum
    let canonical = concat!(
        r#"{"seq":1,"at":"2026-01-01T00:00:00Z","uid":1000,"user":"ada","pid":42,"role":"admin","#,
        r#""action":"account.add","object":"Acme","outcome":"ok","before_sha256":null,"after_sha256":"#,
        r#""2e52492792c2f947fdc5ae0e84eaf1f9c30e49cb0cccd9d9246f2fd81e6cbaa3"}"#
    );
    let digest = <sha2::Sha256 as sha2::Digest>::digest(format!("{GENESIS}{canonical}"));
    assert_eq!(
        chain_hash(GENESIS, 1, &record("account.add", "2026-01-01T00:00:00Z")),
        hex::encode(digest)
    );
}

#[tokio::test]
async fn entries_cannot_be_changed_and_a_forged_one_is_found() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = open(outer.path());
    for number in 0..5 {
        store
            .append(record(&format!("a{number}"), "2026-01-01T00:00:00Z"))
            .await
            .expect("appended");
    }
    drop(store);
    let connection = Connection::open(outer.path().join("state.db")).expect("opened");
    assert!(
        connection
            .execute("UPDATE audit SET user = 'eve' WHERE seq = 3", [])
            .is_err()
    );
    assert!(connection.execute("DELETE FROM audit WHERE seq = 3", []).is_err());
    connection
        .execute_batch("DROP TRIGGER audit_is_never_changed; UPDATE audit SET user = 'eve' WHERE seq = 3")
        .expect("forged");
    drop(connection);
    assert_eq!(broken(outer.path()).await, (2, Some(3)));
    let connection = Connection::open(outer.path().join("state.db")).expect("opened");
    connection
        .execute_batch(
            "UPDATE audit SET user = 'ada' WHERE seq = 3; DROP TRIGGER audit_is_never_deleted;
            DELETE FROM audit WHERE seq = 4",
        )
        .expect("forged");
    drop(connection);
    assert_eq!(broken(outer.path()).await, (3, Some(4)));
}

async fn broken(path: &std::path::Path) -> (u64, Option<u64>) {
    let verified = open(path).verify().await.expect("read");
    (verified.good, verified.broken.map(|broken| broken.seq))
}

#[tokio::test]
async fn entries_cut_off_the_end_and_entries_that_changed_places_are_found() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = open(outer.path());
    for number in 0..6 {
        store
            .append(record(&format!("a{number}"), "2026-01-01T00:00:00Z"))
            .await
            .expect("appended");
    }
    drop(store);
    let forge = |text: &str| {
        let connection = Connection::open(outer.path().join("state.db")).expect("opened");
        connection.execute_batch(text).expect("forged");
    };
    forge("DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_deleted");
    forge("DELETE FROM audit WHERE seq = 6");
    assert_eq!(broken(outer.path()).await, (5, Some(6)));
    forge(
        "UPDATE audit SET seq = -2 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3;
        UPDATE audit SET seq = 3 WHERE seq = -2",
    );
    assert_eq!(broken(outer.path()).await, (1, Some(2)));
}

#[tokio::test]
async fn only_texts_can_be_cleared_and_that_is_found_when_no_removal_did_it() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = open(outer.path());
    for number in 0..3 {
        store
            .append(record(&format!("a{number}"), "2026-01-01T00:00:00Z"))
            .await
            .expect("appended");
    }
    drop(store);
    let connection = Connection::open(outer.path().join("state.db")).expect("opened");
    let change = |text: &str| connection.execute(text, []);
    assert!(change("UPDATE audit SET before = NULL, after = NULL WHERE seq = 2").is_ok());
    assert!(change("UPDATE audit SET after = '{}' WHERE seq = 2").is_err());
    assert!(change("UPDATE audit SET before = NULL, after = NULL, user = 'eve' WHERE seq = 2").is_err());
    drop(connection);
    let verified = open(outer.path()).verify().await.expect("read");
    assert_eq!((verified.good, verified.redacted), (1, 1));
    assert_eq!(verified.broken.map(|broken| broken.seq), Some(2));
}

#[tokio::test]
async fn our_own_next_entry_does_not_cover_up_what_was_done_to_the_end() {
    for (tampering, expected) in [
        ("DELETE FROM audit WHERE seq > 3", (3, Some(4))),
        ("DELETE FROM audit_head", (5, Some(6))),
        ("UPDATE audit_head SET sealed_head = x'00'", (5, Some(6))),
    ] {
        let outer = tempfile::tempdir().expect("a directory");
        let store = open(outer.path());
        for number in 0..5 {
            let entry = record(&format!("a{number}"), "2026-01-01T00:00:00Z");
            store.append(entry).await.expect("appended");
        }
        drop(store);
        let connection = Connection::open(outer.path().join("state.db")).expect("opened");
        connection
            .execute_batch(&format!("DROP TRIGGER audit_is_never_deleted; {tampering}"))
            .expect("forged");
        drop(connection);
        let store = open(outer.path());
        store
            .append(record("later", "2026-01-02T00:00:00Z"))
            .await
            .expect("appended");
        drop(store);
        assert_eq!(broken(outer.path()).await, expected, "{tampering}");
    }
}

#[tokio::test]
async fn the_audit_log_outlives_the_account() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_group(outer.path()).await;
    store.add_account(account("a", "Acme")).await.expect("added");
    store
        .append(record("account.add", "2026-01-01T00:00:00Z"))
        .await
        .expect("appended");
    store.remove_account(&id("a")).await.expect("removed");
    assert_eq!(store.entries(None, 10).await.expect("read").len(), 1);
}
