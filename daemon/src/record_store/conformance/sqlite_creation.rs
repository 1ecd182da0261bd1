//! Making databases of the embedded engine: what is printed, what is refused, what a crash leaves.

use rusqlite::Connection;

use super::{Fixture, batch, call, code, owner, sqlite::Sqlite};

#[tokio::test]
async fn what_is_printed_is_what_is_executed() {
    let fixture = Sqlite::new();
    fixture.store().await;
    let script = fixture.servers().ddl("test", "calls").expect("a script");
    let by_hand = Connection::open_in_memory().expect("memory");
    by_hand.execute_batch(&script).expect("the script runs as printed");
    let schema = |connection: &Connection| -> Vec<(String, Option<String>)> {
        let mut statement = connection
            .prepare("SELECT name, sql FROM sqlite_master ORDER BY name")
            .expect("prepared");
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .expect("queried");
        rows.collect::<Result<_, _>>().expect("read")
    };
    assert_eq!(schema(&by_hand), schema(&fixture.outside()));
    for table in [
        "call_history",
        "element_backlog",
        "cost_center",
        "sync_run",
        "v_queue_daily",
    ] {
        assert!(script.contains(table), "{table}");
    }
}

#[tokio::test]
async fn a_foreign_database_is_refused_untouched_and_adopted_beside_what_is_there() {
    let fixture = Sqlite::new();
    std::fs::create_dir_all(fixture.databases()).expect("made");
    fixture
        .outside()
        .execute_batch("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)")
        .expect("made");
    let before = std::fs::read(fixture.file()).expect("read");
    let servers = fixture.servers();
    assert_eq!(
        code(servers.create("test", "calls", &owner("one"), false).await),
        "foreign_database"
    );
    assert_eq!(
        code(servers.open("test", "calls", &owner("one").account).await),
        "foreign_database"
    );
    assert_eq!(
        std::fs::read(fixture.file()).expect("read"),
        before,
        "not a byte was changed"
    );
    assert!(
        servers
            .create("test", "calls", &owner("one"), true)
            .await
            .expect("adopted")
            .created
    );
    let store = servers
        .open("test", "calls", &owner("one").account)
        .await
        .expect("opened");
    store
        .commit_calls(batch(vec![call("a", "", &[])]))
        .await
        .expect("committed");
    let theirs: i64 = fixture
        .outside()
        .query_row("SELECT x FROM theirs", [], |row| row.get(0))
        .expect("still there");
    assert_eq!(theirs, 1);
}

#[tokio::test]
async fn a_name_that_could_leave_the_directory_is_refused() {
    let fixture = Sqlite::new();
    for name in ["a]b;--", "../x", ".x", "a/b"] {
        let created = fixture.servers().create("test", name, &owner("one"), true).await;
        assert_eq!(code(created), "database_name_invalid", "{name}");
    }
}

#[tokio::test]
async fn a_foreign_table_with_a_name_of_ours_is_never_touched() {
    let fixture = Sqlite::new();
    std::fs::create_dir_all(fixture.databases()).expect("made");
    fixture
        .outside()
        .execute_batch("CREATE TABLE call_element (x)")
        .expect("made");
    assert_eq!(
        code(fixture.servers().create("test", "calls", &owner("one"), true).await),
        "foreign_database"
    );
    let tables: i64 = fixture
        .outside()
        .query_row("SELECT COUNT(*) FROM sqlite_master", [], |row| row.get(0))
        .expect("read");
    assert_eq!(tables, 1, "nothing of ours is left behind");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_never_overwritten() {
    let fixture = Sqlite::new();
    std::fs::create_dir_all(fixture.databases()).expect("made");
    for content in ["my thesis", "SQLite format 2 with a longer text"] {
        std::fs::write(fixture.file(), content).expect("written");
        for adopt in [false, true] {
            let refused = fixture.servers().create("test", "calls", &owner("one"), adopt).await;
            assert_eq!(code(refused), "foreign_database");
        }
        assert_eq!(std::fs::read_to_string(fixture.file()).expect("read"), content);
    }
}

#[tokio::test]
async fn a_half_made_file_can_be_created_again() {
    let fixture = Sqlite::new();
    std::fs::create_dir_all(fixture.databases()).expect("made");
    // Killed after the file was made, and killed before the transaction with all tables was committed.
    std::fs::write(fixture.file(), "").expect("written");
    assert_eq!(
        code(fixture.servers().open("test", "calls", &owner("one").account).await),
        "database_missing"
    );
    let half = fixture.outside();
    half.pragma_update(None, "journal_mode", "WAL").expect("set");
    half.execute_batch("BEGIN; CREATE TABLE call_history (x); ROLLBACK")
        .expect("undone");
    drop(half);
    assert!(
        fixture
            .servers()
            .create("test", "calls", &owner("one"), false)
            .await
            .expect("created")
            .created
    );
    fixture.store().await.probe_write().await.expect("it works");
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let fixture = Sqlite::new();
    fixture.store().await;
    fixture.servers().close("test", "calls").await;
    fixture
        .outside()
        .execute(
            "INSERT INTO schema_migration VALUES (99, 'later', 'from the future')",
            [],
        )
        .expect("set");
    assert_eq!(
        code(fixture.servers().open("test", "calls", &owner("one").account).await),
        "schema_newer"
    );
    assert_eq!(
        code(fixture.servers().create("test", "calls", &owner("one"), true).await),
        "schema_newer"
    );
}
