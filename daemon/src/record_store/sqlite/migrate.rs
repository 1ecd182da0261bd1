//! Versions of the SQLite schema: what each does, and bringing an older database up to date.

use std::{path::Path, sync::LazyLock};

use rusqlite::{Connection, TransactionBehavior};

use super::{ddl, first_view::FIRST_CALL, retention::Sqlite, views};
use crate::{
    crash_points::{CrashPoint, reach},
    record_store::{error::Error, placement, schema},
};

/// Marks a file as ours (`CSYN`) in its header, for `file` and the like; not written into an adopted database.
pub(super) const MARK: &str = "PRAGMA application_id = 1129535822;\n";

/// One version of the schema. A released one never changes; a change is a new version at the end of the list.
pub(super) struct Migration {
    /// From 1, without holes.
    pub version: u32,
    /// What it does, for `schema_migration`.
    pub description: &'static str,
    /// The statements.
    pub sql: String,
}

static MIGRATIONS: LazyLock<Vec<Migration>> = LazyLock::new(|| {
    vec![
        Migration {
            version: 1,
            description: "calls, elements, directory, ledger, reporting views",
            sql: first(),
        },
        Migration {
            version: 2,
            description: "the ledger knows what is compared next",
            sql: format!("{}{LEDGER}", ddl::additions(2)),
        },
        Migration {
            version: 3,
            description: "runs that dispose of rows",
            sql: ddl::tables(&schema::tables_of(3)),
        },
        Migration {
            version: 4,
            description: "directory entries tell when a person was erased from them",
            sql: ddl::additions(4),
        },
        Migration {
            version: 5,
            description: "calls of the past keep the names, sites and departments of then",
            sql: placements(),
        },
    ]
});

/// What was collected before is compared once, and accounted for from the watermark on.
const LEDGER: &str = "\
UPDATE collection_watermark SET accounted_from = seen_until;
UPDATE collection_window SET stage = 0, next_compare_at = compared_at, attempts = 0, deleted = 0,
  state = CASE state WHEN 'superseded' THEN 'pending' ELSE state END;
";

fn first() -> String {
    let mut sql = ddl::tables(&schema::first_version());
    sql.push_str("INSERT INTO collection_counter (name, value) VALUES ('records', 0), ('elements', 0), ('elements_pending', 0), ('rejected', 0);\n\n");
    sql.push_str(FIRST_CALL);
    sql.push_str(views::SUMS);
    sql
}

/// What is known of the directory today becomes its history so far.
fn placements() -> String {
    let mut sql = ddl::tables(&schema::tables_of(5));
    sql.push_str(&placement::fill(&Sqlite).join("\n"));
    sql.push_str("\n\nDROP VIEW IF EXISTS v_call;\n");
    sql.push_str(views::CALL);
    sql
}

/// Every version, oldest first.
pub(super) fn migrations() -> &'static [Migration] {
    &MIGRATIONS
}

/// Version of the schema of an own database.
pub(super) fn version(connection: &Connection, path: &Path) -> Result<u32, Error> {
    connection
        .query_row("SELECT COALESCE(MAX(version), 0) FROM schema_migration", [], |row| {
            row.get(0)
        })
        .map_err(Error::sqlite(path))
}

/// Brings the schema up to the newest of `list`; each version in a transaction of its own, so that a crash leaves
/// either the version before or the version after.
///
/// # Errors
/// The database is newer than the list, or SQLite's.
pub(super) fn upgrade(connection: &mut Connection, path: &Path, list: &[Migration], now: &str) -> Result<u32, Error> {
    let known = list.last().map_or(0, |migration| migration.version);
    let found = version(connection, path)?;
    if found > known {
        return Err(Error::SchemaNewer {
            place: path.into(),
            found,
            known,
        });
    }
    for migration in list.iter().filter(|migration| migration.version > found) {
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(Error::sqlite(path))?;
        apply(&transaction, path, migration, now)?;
        reach(CrashPoint::RecordSchemaWritten);
        transaction.commit().map_err(Error::sqlite(path))?;
        reach(CrashPoint::RecordSchemaCommitted);
    }
    if found < known {
        tracing::info!(path = %path.display(), "the record database was brought from schema {found} to {known}");
    }
    Ok(known)
}

/// Executes one version inside the caller's transaction.
pub(super) fn apply(connection: &Connection, path: &Path, migration: &Migration, now: &str) -> Result<(), Error> {
    connection.execute_batch(&migration.sql).map_err(Error::sqlite(path))?;
    connection
        .execute(
            "INSERT INTO schema_migration (version, applied_at, description) VALUES (?1, ?2, ?3)",
            (migration.version, now, migration.description),
        )
        .map_err(Error::sqlite(path))?;
    Ok(())
}

/// The script that creates a database: exactly the statements that [`apply`] executes, in their order.
pub(super) fn script(path: &Path) -> String {
    let mut sql = format!(
        "-- {}\n-- created with: PRAGMA journal_mode = WAL; everything below in one transaction.\n\nBEGIN IMMEDIATE;\n\n",
        path.display(),
    );
    for migration in migrations() {
        sql.push_str(&format!(
            "-- version {}: {}\n{}\n",
            migration.version, migration.description, migration.sql
        ));
        sql.push_str(&format!(
            "INSERT INTO schema_migration (version, applied_at, description) VALUES ({}, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), '{}');\n\n",
            migration.version, migration.description,
        ));
    }
    sql.push_str(MARK);
    sql.push_str("-- The row of database_identity that names the owning account is written here.\n\nCOMMIT;\n");
    sql
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    fn migration(version: u32, sql: &str) -> Migration {
        Migration {
            version,
            description: "a step",
            sql: sql.to_owned(),
        }
    }

    fn database() -> Connection {
        let connection = Connection::open_in_memory().expect("memory");
        connection
            .execute_batch(
                "CREATE TABLE schema_migration (version INTEGER PRIMARY KEY, applied_at TEXT, description TEXT)",
            )
            .expect("a table");
        connection
    }

    #[test]
    fn versions_have_no_holes_and_the_last_is_the_schema_version() {
        let versions: Vec<u32> = migrations().iter().map(|migration| migration.version).collect();
        let expected: Vec<u32> = (1..=crate::ports::records::SCHEMA_VERSION).collect();
        assert_eq!(versions, expected);
    }

    #[test]
    fn a_released_version_never_changes() {
        let digest = |migration: &Migration| hex::encode(&Sha256::digest(&migration.sql)[..8]);
        let digests: Vec<String> = migrations().iter().map(digest).collect();
        assert_eq!(
            digests,
            [
                "b7148f5886e1089a",
                "ab659a6e99281e35",
                "8bf30812ca8ec997",
                "2bfa05803be89dc5",
                "da9f3f97d21b44e7"
            ],
            "versions are generated from the table descriptions: until the first release write the new digest here, \
             after it keep the old text and add a version that alters the tables",
        );
    }

    #[test]
    fn an_older_database_gets_only_what_it_lacks() {
        let mut connection = database();
        let path = Path::new("x.db");
        let first = [migration(1, "CREATE TABLE a (x)")];
        assert_eq!(upgrade(&mut connection, path, &first, "t").ok(), Some(1));
        let both = [
            migration(1, "CREATE TABLE a (x)"),
            migration(2, "ALTER TABLE a ADD COLUMN y"),
        ];
        assert_eq!(upgrade(&mut connection, path, &both, "t").ok(), Some(2));
        assert_eq!(
            upgrade(&mut connection, path, &both, "t").ok(),
            Some(2),
            "again: nothing to do"
        );
        connection
            .execute("INSERT INTO a (x, y) VALUES (1, 2)", [])
            .expect("both columns");
    }

    #[test]
    fn a_failing_step_leaves_the_version_before() {
        let mut connection = database();
        let steps = [
            migration(1, "CREATE TABLE a (x)"),
            migration(2, "CREATE TABLE b (x); CREATE TABLE a (x)"),
        ];
        assert!(upgrade(&mut connection, Path::new("x.db"), &steps, "t").is_err());
        assert_eq!(version(&connection, Path::new("x.db")).ok(), Some(1));
        assert!(
            connection.prepare("SELECT * FROM b").is_err(),
            "the half step is undone"
        );
    }

    #[test]
    fn a_newer_database_is_refused() {
        let mut connection = database();
        let steps = [migration(1, "SELECT 1"), migration(2, "SELECT 1")];
        upgrade(&mut connection, Path::new("x.db"), &steps, "t").expect("two versions");
        let refused = upgrade(&mut connection, Path::new("x.db"), &steps[..1], "t");
        assert!(matches!(refused, Err(Error::SchemaNewer { found: 2, known: 1, .. })));
    }
}
