//! Proof that what runs at every poll, status and drain costs the same at ten million rows as at ten.

use rusqlite::Connection;

use super::{backlog, ledger, migrate, row, upkeep};
use crate::domain::call::{CALL_ELEMENT, CALL_HISTORY};

fn database() -> Connection {
    let connection = Connection::open_in_memory().expect("memory");
    for migration in migrate::migrations() {
        connection.execute_batch(&migration.sql).expect("the schema");
    }
    connection
}

fn plan(connection: &Connection, query: &str) -> String {
    let mut statement = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {query}"))
        .expect("prepared");
    let nulls = vec![rusqlite::types::Null; statement.parameter_count()];
    let rows = statement
        .query_map(rusqlite::params_from_iter(nulls), |row| row.get::<_, String>(3))
        .expect("queried");
    rows.collect::<Result<Vec<_>, _>>().expect("read").join("; ")
}

#[test]
fn hot_queries_walk_an_index_and_sort_nothing() {
    let connection = database();
    let find = |table| row::sql(table).expect("described").find.as_str();
    for (query, index) in [
        (find(&CALL_HISTORY), "sqlite_autoindex_call_history_1"),
        (find(&CALL_ELEMENT), "sqlite_autoindex_call_element_1"),
        (ledger::HELD, "COVERING INDEX call_history_by_end"),
        (upkeep::NEWEST, "COVERING INDEX call_history_by_end"),
        (ledger::GAPS, "collection_window_gaps"),
        (ledger::GAPS, "collection_window_lost"),
        (ledger::DUE, "collection_window_due"),
        (ledger::NEXT, "collection_window_due"),
        (backlog::DUE, "element_backlog_newest"),
        (backlog::NEXT_DUE, "element_backlog_due"),
        (
            "SELECT * FROM call_history WHERE end_time >= ?1 AND end_time < ?2 ORDER BY end_time DESC",
            "call_history_by_end",
        ),
        (
            "SELECT * FROM call_element WHERE call_history_uuid = ?1",
            "call_element_by_call",
        ),
    ] {
        let plan = plan(&connection, query);
        assert!(plan.contains(index), "{query}: {plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{query}: {plan}");
    }
}

#[test]
fn a_report_looks_each_call_up_and_walks_no_table() {
    let plan = plan(
        &database(),
        "SELECT * FROM v_call WHERE end_time >= ?1 AND end_time < ?2",
    );
    for index in [
        "call_history_by_end",
        "directory_placement_by_entry",
        "directory_placement_by_extension",
        "zoom_role_member_by_member",
        "zoom_group_member_by_member",
    ] {
        assert!(plan.contains(index), "{index}: {plan}");
    }
    assert!(!plan.contains("SCAN"), "{plan}");
    assert!(!plan.contains("MATERIALIZE"), "{plan}");
}
