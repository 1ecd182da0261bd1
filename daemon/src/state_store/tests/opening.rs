//! Opening: one daemon, the right key, a schema we know, files that are private.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use rusqlite::Connection;

use super::{group, key, open, with_group};
use crate::{
    config::{MasterKey, SealedState},
    domain::failure::{Cause, Failure},
    ports::state::Registry,
    state_store::{StateDirectory, StateError, StateStore},
};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("there").permissions().mode() & 0o7777
}

#[tokio::test]
async fn everything_in_the_state_directory_is_private() {
    let outer = tempfile::tempdir().expect("a directory");
    let path = outer.path().join("a/state");
    let store = with_group(&path).await;
    assert_eq!(mode(&path), 0o700);
    for name in ["state.db", "state.db-wal", "state.db-shm", "lock"] {
        assert_eq!(mode(&path.join(name)), 0o600, "{name}");
    }
    drop(store);
    // What a careless copy made of it.
    fs::set_permissions(path.join("state.db"), fs::Permissions::from_mode(0o644)).expect("set");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).expect("set");
    drop(open(&path));
    assert_eq!((mode(&path), mode(&path.join("state.db"))), (0o750, 0o600));
}

#[test]
fn a_directory_of_somebody_else_is_not_locked_up() {
    let outer = tempfile::tempdir().expect("a directory");
    fs::write(outer.path().join("theirs"), "").expect("written");
    fs::set_permissions(outer.path(), fs::Permissions::from_mode(0o1777)).expect("set");
    let error = StateDirectory::lock(outer.path()).expect_err("everybody may write there");
    assert!(
        matches!(error, StateError::DirectoryOpen { mode: 0o1777, .. }),
        "{error}"
    );
    assert!(error.into_fault().hint.contains("chmod 0750"));
    assert_eq!(mode(outer.path()), 0o1777);
}

#[test]
fn a_second_daemon_is_refused_and_told_who_has_it() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = open(outer.path());
    let error = StateDirectory::lock(outer.path()).expect_err("in use");
    assert!(
        matches!(error, StateError::Locked { pid: Some(pid), .. } if pid == std::process::id()),
        "{error}"
    );
    let fault = error.into_fault();
    assert_eq!((fault.cause, fault.code), (Cause::Conflict, "state_locked"));
    assert!(
        fault.message.contains(&format!("(pid {})", std::process::id())),
        "{fault}"
    );
    drop(store);
    StateDirectory::lock(outer.path()).expect("free again");
}

#[tokio::test]
async fn closing_gives_the_directory_back_and_later_calls_fail() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_group(outer.path()).await;
    let other = store.clone();
    store.close().await.expect("closed");
    assert!(!outer.path().join("state.db-wal").exists(), "the log is in the file");
    let Err(Failure::Permanent(fault)) = other.groups().await else {
        panic!("closed")
    };
    assert_eq!(fault.code, "state_store");
    assert!(other.add_group(group("Ops")).await.is_err());
    let again = open(outer.path());
    assert_eq!(again.groups().await.expect("read").len(), 1);
}

#[tokio::test]
async fn another_master_key_is_noticed_at_start() {
    let outer = tempfile::tempdir().expect("a directory");
    drop(with_group(outer.path()).await);
    let directory = StateDirectory::lock(outer.path()).expect("locked");
    let Err(error) = StateStore::open(directory, &MasterKey::from_bytes([8; 32])) else {
        panic!("another key")
    };
    let fault = error.into_fault();
    assert_eq!((fault.cause, fault.code), (Cause::Config, "master_key_wrong"));
    assert!(fault.hint.contains("put the old key back"), "{}", fault.hint);
    // Nothing was spoiled by the attempt.
    assert_eq!(open(outer.path()).groups().await.expect("read").len(), 1);
}

#[test]
fn whether_a_key_is_in_use_is_known_before_there_is_one() {
    let outer = tempfile::tempdir().expect("a directory");
    let directory = StateDirectory::lock(outer.path()).expect("locked");
    assert_eq!(directory.sealed().expect("read"), SealedState::Absent);
    // A death right after the file was made.
    fs::write(directory.database(), "").expect("written");
    assert_eq!(directory.sealed().expect("read"), SealedState::Absent);
    drop(StateStore::open(directory, &key()).expect("opened"));
    let directory = StateDirectory::lock(outer.path()).expect("locked");
    assert_eq!(directory.sealed().expect("read"), SealedState::Present);
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let outer = tempfile::tempdir().expect("a directory");
    drop(open(outer.path()));
    let file = outer.path().join("state.db");
    Connection::open(&file)
        .expect("opened")
        .pragma_update(None, "user_version", 99)
        .expect("set");
    let directory = StateDirectory::lock(outer.path()).expect("locked");
    let Err(error) = StateStore::open(directory, &key()) else {
        panic!("newer")
    };
    assert!(matches!(error, StateError::Newer { found: 99, .. }), "{error}");
    let fault = error.into_fault();
    assert_eq!((fault.cause, fault.code), (Cause::Config, "state_newer"));
    assert!(fault.message.contains("schema is 99"), "{fault}");
}

#[test]
fn a_database_of_something_else_is_refused() {
    let outer = tempfile::tempdir().expect("a directory");
    let connection = Connection::open(outer.path().join("state.db")).expect("opened");
    connection.execute_batch("CREATE TABLE theirs (x)").expect("made");
    drop(connection);
    let directory = StateDirectory::lock(outer.path()).expect("locked");
    assert!(matches!(
        StateStore::open(directory, &key()),
        Err(StateError::Foreign { .. })
    ));
    let garbage = tempfile::tempdir().expect("a directory");
    fs::write(garbage.path().join("state.db"), "x".repeat(5_000)).expect("written");
    let directory = StateDirectory::lock(garbage.path()).expect("locked");
    assert!(StateStore::open(directory, &key()).is_err());
}

#[tokio::test]
async fn a_full_disk_is_told_apart_and_passes() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_group(outer.path()).await;
    let limit = |pages: i64| {
        store.desk.maintain(move |connection| {
            Ok(connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?)
        })
    };
    limit(1).await.expect("limited to what it has");
    let mut big = group("Ops");
    big.main_contact = Some("x".repeat(1_000_000));
    let Err(Failure::Retry { fault, .. }) = store.add_group(big.clone()).await else {
        panic!("full")
    };
    assert_eq!((fault.cause, fault.code), (Cause::Internal, "state_disk_full"));
    assert!(!fault.hint.is_empty());
    limit(1_000_000).await.expect("room again");
    store.add_group(big).await.expect("added");
    assert_eq!(store.groups().await.expect("read").len(), 2);
}
