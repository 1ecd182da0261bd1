//! What only the embedded engine promises: files, their owners and modes, and that nothing is written needlessly.

use std::os::unix::fs::PermissionsExt;

use jiff::SignedDuration;
use rusqlite::Connection;

use super::{Fixture, at, batch, call, code, element, owner, row, sqlite::Sqlite, text};
use crate::{
    domain::{clock::Clock as _, directory::ZOOM_USER, window::Window},
    ports::records::{CallBatch, ElementsFetched, Proof, Snapshot, SyncRun},
};

/// Everything that would move if a commit wrote: the log's size, and the counter that tells other connections.
fn footprint(fixture: &Sqlite, watcher: &Connection) -> (u64, i64) {
    let log = fixture.file().with_extension("db-wal");
    let version = watcher
        .pragma_query_value(None, "data_version", |row| row.get(0))
        .expect("a version");
    (std::fs::metadata(log).map(|file| file.len()).unwrap_or(0), version)
}

#[tokio::test]
async fn a_commit_that_changes_nothing_writes_nothing() {
    let fixture = Sqlite::new();
    let store = fixture.store().await;
    let start = at("2026-06-01T11:00:00Z");
    let commit = |minutes: i64| CallBatch {
        want_elements: true,
        rejected: vec![super::rejected("{}")],
        proves: vec![Proof::Watermark(start + SignedDuration::from_mins(minutes))],
        ..batch(vec![
            call("a", "2026-06-01T11:30:00Z", &[]),
            call("b", "2026-06-01T11:30:00Z", &[]),
        ])
    };
    let user = || Snapshot {
        table: &ZOOM_USER,
        rows: vec![row(&ZOOM_USER, &[("id", text("u")), ("email", text("u@example.com"))])],
        rejected: vec![super::rejected("{}")],
        complete: true,
    };
    store.commit_calls(commit(0)).await.expect("committed");
    store.apply_snapshot(user()).await.expect("applied");
    let watcher = fixture.outside();
    let before = footprint(&fixture, &watcher);
    for minutes in [5, 10, 59] {
        fixture.clock().advance(SignedDuration::from_mins(5));
        store.commit_calls(commit(minutes)).await.expect("committed");
        store.apply_snapshot(user()).await.expect("applied");
    }
    assert_eq!(footprint(&fixture, &watcher), before);
    store.commit_calls(commit(60)).await.expect("committed");
    assert_ne!(
        footprint(&fixture, &watcher),
        before,
        "the watermark is due, so this test can see a write"
    );
}

#[tokio::test]
async fn files_are_not_for_everybody() {
    let fixture = Sqlite::new();
    fixture.store().await.probe_write().await.expect("written");
    let mode = |path: &std::path::Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&fixture.databases()) & !0o750, 0);
    for file in [fixture.file(), fixture.file().with_extension("db-wal")] {
        assert_eq!(mode(&file) & !0o640, 0, "{}", file.display());
    }
}

#[tokio::test]
async fn closing_leaves_one_file() {
    let fixture = Sqlite::new();
    let store = fixture.store().await;
    store
        .commit_calls(batch(vec![call("a", "", &[])]))
        .await
        .expect("committed");
    store.summary().await.expect("a reader was open");
    fixture.servers().close("test", "calls").await;
    let files: Vec<_> = std::fs::read_dir(fixture.databases())
        .expect("read")
        .flatten()
        .map(|file| file.file_name())
        .collect();
    assert_eq!(files, ["calls.db"]);
}

#[tokio::test]
async fn a_file_moved_away_is_noticed_and_opened_again_when_it_is_back() {
    let fixture = Sqlite::new();
    let store = fixture.store().await;
    let aside = fixture.databases().join("aside");
    std::fs::rename(fixture.file(), &aside).expect("moved");
    assert_eq!(
        code(store.commit_calls(batch(vec![call("a", "", &[])])).await),
        "database_missing"
    );
    std::fs::copy(&aside, fixture.file()).expect("replaced");
    assert_eq!(
        code(store.commit_calls(batch(vec![call("a", "", &[])])).await),
        "database_missing",
        "not the same file"
    );
    std::fs::remove_file(fixture.file()).expect("removed");
    assert_eq!(
        code(fixture.servers().open("test", "calls", &owner("one").account).await),
        "database_missing"
    );
    std::fs::rename(&aside, fixture.file()).expect("moved back");
    fixture
        .store()
        .await
        .commit_calls(batch(vec![call("a", "", &[])]))
        .await
        .expect("committed");
}

#[tokio::test]
async fn a_lock_held_by_another_program_is_busy_and_passes() {
    let fixture = Sqlite::new();
    let store = fixture.store().await;
    let outside = fixture.outside();
    outside.execute_batch("BEGIN IMMEDIATE").expect("locked");
    assert_eq!(code(store.probe_write().await), "database_busy");
    outside.execute_batch("ROLLBACK").expect("released");
    store.probe_write().await.expect("written");
}

#[tokio::test]
async fn a_damaged_file_is_called_corrupt() {
    let fixture = Sqlite::new();
    fixture.store().await;
    fixture.servers().close("test", "calls").await;
    let mut bytes = std::fs::read(fixture.file()).expect("read");
    bytes[100..].fill(0xa5);
    std::fs::write(fixture.file(), bytes).expect("written");
    assert_eq!(
        code(fixture.servers().open("test", "calls", &owner("one").account).await),
        "database_corrupt"
    );
}

#[tokio::test]
async fn an_erased_person_does_not_come_back() {
    let fixture = Sqlite::new();
    let store = fixture.store().await;
    let named = |name: &str| call("a", "2026-06-01T11:30:00Z", &[("caller_name", text(name))]);
    store
        .commit_calls(CallBatch {
            want_elements: true,
            ..batch(vec![named("Ann")])
        })
        .await
        .expect("committed");
    fixture
        .outside()
        .execute(
            "UPDATE call_history SET caller_name = NULL, erased_at = '2026-06-01T12:00:00Z'",
            [],
        )
        .expect("erased");
    let receipt = store
        .commit_calls(batch(vec![named("Ann Other")]))
        .await
        .expect("committed");
    assert_eq!(receipt.unchanged, 1);
    let rows = vec![element("e", &[("caller_name", text("Ann"))])];
    let fetched = ElementsFetched::Rows {
        call_history_uuid: "a".to_owned(),
        rows,
        rejected: vec![],
    };
    store.commit_elements(vec![fetched]).await.expect("committed");
    let (record, elements) = store.call("a").await.expect("read").expect("there");
    assert_eq!(super::field(&record, "caller_name"), crate::domain::table::Value::Null);
    assert!(elements.is_empty());
    assert_eq!(store.summary().await.expect("a summary").elements_pending, 0);
}

#[tokio::test]
async fn a_call_deleted_at_zoom_that_reappears_is_present() {
    let fixture = Sqlite::new();
    let store = fixture.store().await;
    let one = || batch(vec![call("a", "2026-06-01T11:30:00Z", &[])]);
    let hour = Window::new(at("2026-06-01T11:00:00Z"), at("2026-06-01T12:00:00Z"));
    store.commit_calls(one()).await.expect("committed");
    fixture
        .outside()
        .execute("UPDATE call_history SET deleted_at = '2026-06-01T12:00:00Z'", [])
        .expect("marked");
    assert_eq!(store.held(hour).await, Ok(0));
    assert_eq!(store.commit_calls(one()).await.expect("committed").changed, 1);
    assert_eq!(store.held(hour).await, Ok(1));
}

#[tokio::test]
async fn the_newest_thousand_runs_of_sync_are_kept() {
    let fixture = Sqlite::new();
    let store = fixture.store().await;
    for number in 0..1003 {
        fixture.clock().advance(SignedDuration::from_secs(1));
        let now = fixture.clock().now();
        let (id, entities) = (format!("run-{number}"), "{}".to_owned());
        let run = SyncRun {
            id,
            started_at: now,
            finished_at: now,
            outcome: "partial",
            entities,
            error: None,
        };
        store.record_sync_run(run).await.expect("kept");
    }
    let kept: (i64, i64) = fixture
        .outside()
        .query_row(
            "SELECT COUNT(*), SUM(id IN ('run-0', 'run-1', 'run-2')) FROM sync_run",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .expect("read");
    assert_eq!(kept, (1000, 0));
}

/// Whether this process has the file open.
fn is_open(file: &std::path::Path) -> bool {
    let handles = std::fs::read_dir("/proc/self/fd").expect("listed");
    handles
        .flatten()
        .any(|handle| std::fs::read_link(handle.path()).is_ok_and(|target| target == *file))
}

/// Waits until nobody has the file open.
async fn at_rest(file: &std::path::Path) {
    let resting = async {
        while is_open(file) {
            tokio::task::yield_now().await;
        }
    };
    let long = std::time::Duration::from_secs(60);
    tokio::time::timeout(long, resting).await.expect("it came to rest");
}

#[tokio::test]
async fn the_counts_of_a_database_at_rest_are_known_without_opening_it() {
    let fixture = Sqlite::new();
    let store = fixture.store().await;
    let file = std::fs::canonicalize(fixture.file()).expect("a file");
    for (round, uuid) in (1..).zip(["a", "b"]) {
        let sent = batch(vec![call(uuid, "2026-06-01T11:30:00Z", &[])]);
        store.commit_calls(sent).await.expect("committed");
        let at_work = store.summary().await.expect("a summary");
        assert_eq!(at_work.records, round);
        at_rest(&file).await;
        let log = file.with_extension("db-wal");
        assert!(!log.exists(), "the last connection wrote the log back");
        let aside = file.with_extension("aside");
        std::fs::rename(&file, &aside).expect("moved away");
        let resting = store.summary().await.expect("a summary");
        std::fs::rename(&aside, &file).expect("moved back");
        assert_eq!(resting, at_work);
    }
}

#[tokio::test]
async fn a_database_without_work_is_closed_and_carries_on_when_there_is_some() {
    let fixture = Sqlite::new();
    let store = fixture.store().await;
    let file = std::fs::canonicalize(fixture.file()).expect("a file");
    for round in ["a", "b", "c"] {
        let sent = batch(vec![call(round, "2026-06-01T11:30:00Z", &[])]);
        assert_eq!(store.commit_calls(sent.clone()).await.expect("committed").added, 1);
        assert!(store.call(round).await.expect("read").is_some());
        at_rest(&file).await;
        assert_eq!(
            store.commit_calls(sent).await.expect("committed").unchanged,
            1,
            "{round}"
        );
    }
    assert_eq!(store.summary().await.expect("a summary").records, 3);
}
