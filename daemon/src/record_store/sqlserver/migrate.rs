//! Versions of the SQL Server schema: what each does, and bringing an older database up to date.

use std::sync::LazyLock;

use super::{
    connection::{Connection, Patience},
    ddl,
    first_view::FIRST_CALL,
    identifier::{literal, quoted},
    retention::Transact,
    value, views,
};
use crate::record_store::{
    error::{Error, Place},
    placement, schema,
};

/// One version of the schema. A released one never changes; a change is a new version at the end of the list.
pub(super) struct Migration {
    /// From 1, without holes.
    pub version: u32,
    /// What it does, for `schema_migration`.
    pub description: &'static str,
    /// The statements, each a batch of its own.
    pub batches: Vec<String>,
}

static MIGRATIONS: LazyLock<Vec<Migration>> = LazyLock::new(|| {
    vec![
        Migration {
            version: 1,
            description: "calls, elements, directory, ledger, reporting views",
            batches: first(),
        },
        Migration {
            version: 2,
            description: "the ledger knows what is compared next",
            batches: ledger(),
        },
        Migration {
            version: 3,
            description: "runs that dispose of rows",
            batches: disposal(),
        },
        Migration {
            version: 4,
            description: "directory entries tell when a person was erased from them",
            batches: ddl::additions(4),
        },
        Migration {
            version: 5,
            description: "calls of the past keep the names, sites and departments of then",
            batches: placements(),
        },
    ]
});

/// What was collected before is compared once, and accounted for from the watermark on.
fn ledger() -> Vec<String> {
    let mut batches = ddl::additions(2);
    batches.push("UPDATE dbo.collection_watermark SET accounted_from = seen_until;".to_owned());
    batches.push(
        "UPDATE dbo.collection_window SET stage = 0, next_compare_at = compared_at, attempts = 0, [deleted] = 0,\n  \
         state = CASE state WHEN 'superseded' THEN 'pending' ELSE state END;"
            .to_owned(),
    );
    batches
}

fn disposal() -> Vec<String> {
    let tables = schema::tables_of(3);
    let mut batches = ddl::tables(&tables);
    batches.extend(ddl::grants(&tables));
    batches
}

/// What is known of the directory today becomes its history so far. The views lose their rights with their old text; where
/// the reporting role was not to have them, the daemon takes them away again when it starts.
fn placements() -> Vec<String> {
    let tables = schema::tables_of(5);
    let mut batches = ddl::tables(&tables);
    batches.extend(ddl::grants(&tables));
    batches.extend(placement::fill(&Transact));
    batches.extend(ddl::drop_views());
    batches.push(views::CALL.to_owned());
    batches.extend(views::SUMS.map(str::to_owned));
    batches.extend(ddl::view_grants());
    batches
}

fn first() -> Vec<String> {
    let tables = schema::first_version();
    let mut batches = ddl::tables(&tables);
    batches.push(
        "INSERT INTO dbo.collection_counter (name, value) VALUES ('records', 0), ('elements', 0), ('elements_pending', 0), ('rejected', 0);"
            .to_owned(),
    );
    batches.push(FIRST_CALL.to_owned());
    batches.extend(views::SUMS.map(str::to_owned));
    batches.extend(ddl::roles(&tables));
    batches
}

/// Every version, oldest first.
pub(super) fn migrations() -> &'static [Migration] {
    &MIGRATIONS
}

/// Version of the schema of an own database.
pub(super) const VERSION: &str = "SELECT COALESCE(MAX(version), 0) FROM dbo.schema_migration;";

/// Enters a version.
pub(super) fn entry(migration: &Migration) -> String {
    format!(
        "INSERT INTO dbo.schema_migration (version, applied_at, description) VALUES ({}, SYSUTCDATETIME(), {});",
        migration.version,
        literal(migration.description),
    )
}

/// Brings the schema up to the newest of `list`; each version in a transaction of its own, so that a crash leaves
/// either the version before or the version after.
///
/// # Errors
/// The database is newer than the list, or the server's.
pub(super) async fn upgrade(connection: &mut Connection, place: &Place, list: &[Migration]) -> Result<u32, Error> {
    let known = list.last().map_or(0, |migration| migration.version);
    let found = connection.row(Patience::Brief, VERSION, &[]).await?;
    let found = found.and_then(|row| value::integer(&row, 0)).unwrap_or(0);
    let found = u32::try_from(found).unwrap_or(u32::MAX);
    if found > known {
        return Err(Error::SchemaNewer {
            place: place.clone(),
            found,
            known,
        });
    }
    for migration in list.iter().filter(|migration| migration.version > found) {
        connection.begin().await?;
        apply(connection, migration).await?;
        connection.commit().await?;
    }
    if found < known {
        tracing::info!(%place, "the record database was brought from schema {found} to {known}");
    }
    Ok(known)
}

/// Executes one version inside the caller's transaction.
pub(super) async fn apply(connection: &mut Connection, migration: &Migration) -> Result<(), Error> {
    for batch in &migration.batches {
        connection.batch(Patience::Schema, batch).await?;
    }
    connection.batch(Patience::Schema, &entry(migration)).await?;
    Ok(())
}

/// Makes the database. Readers of reports must not wait for collection nor it for them: with row versions they read
/// past each other. Babelfish and Azure SQL are like that already, and Babelfish has no such statement.
pub(super) fn database(quoted: &str) -> [String; 2] {
    let set = literal(&format!("ALTER DATABASE {quoted} SET READ_COMMITTED_SNAPSHOT ON"));
    [
        format!("CREATE DATABASE {quoted};"),
        format!("IF SERVERPROPERTY('BabelfishVersion') IS NULL EXEC sp_executesql {set};"),
    ]
}

/// The script that creates a database: exactly the statements that are executed, in their order, as a client that knows
/// `GO` runs them.
pub(super) fn script(name: &str, server: &str) -> String {
    let mut sql = format!("-- {} on {server}\n\n", quoted(name));
    let go = |sql: &mut String, batch: &str| {
        sql.push_str(batch);
        sql.push_str("\nGO\n\n");
    };
    for batch in database(&quoted(name)) {
        go(&mut sql, &batch);
    }
    go(&mut sql, &format!("USE {};", quoted(name)));
    go(&mut sql, "SET XACT_ABORT ON;\nBEGIN TRANSACTION;");
    for migration in migrations() {
        sql.push_str(&format!(
            "-- version {}: {}\n",
            migration.version, migration.description
        ));
        for batch in &migration.batches {
            go(&mut sql, batch);
        }
        go(&mut sql, &entry(migration));
    }
    sql.push_str("-- The row of dbo.database_identity that names the owning account is written here.\n\n");
    go(&mut sql, "COMMIT TRANSACTION;");
    sql
}

/// What the administrator runs when the daemon's login may not create databases. The login becomes the owner: the only
/// way to give it what it needs that SQL Server, Azure SQL and Babelfish share.
pub(super) fn administrator_script(database_quoted: &str, login: &str) -> String {
    let [create, versions] = database(database_quoted);
    format!(
        "{create}\nGO\n{versions}\nGO\nALTER AUTHORIZATION ON DATABASE::{database_quoted} TO {};\nGO\n",
        quoted(login)
    )
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn versions_have_no_holes_and_the_last_is_the_schema_version() {
        let versions: Vec<u32> = migrations().iter().map(|migration| migration.version).collect();
        let expected: Vec<u32> = (1..=crate::ports::records::SCHEMA_VERSION).collect();
        assert_eq!(versions, expected);
    }

    #[test]
    fn a_released_version_never_changes() {
        let digest = |migration: &Migration| hex::encode(&Sha256::digest(migration.batches.join("\n"))[..8]);
        let digests: Vec<String> = migrations().iter().map(digest).collect();
        assert_eq!(
            digests,
            [
                "f46e8fcbfa48eb3d",
                "6f1bb8bde1144031",
                "bbb28f1465aa680a",
                "36a4518c2961be68",
                "f80b774960e07549"
            ],
            "versions are generated from the table descriptions: until the first release write the new digest here, \
             after it keep the old text and add a version that alters the tables",
        );
    }

    #[test]
    fn a_hostile_name_stays_a_name() {
        let script = script("a]b;--", "s");
        assert!(script.contains("CREATE DATABASE [a]]b;--];"));
        assert!(!script.contains("[a]b"));
        assert!(script.contains("EXEC sp_executesql N'ALTER DATABASE [a]]b;--] SET"));
        let quote = administrator_script(&quoted("it's"), "o]x");
        assert!(quote.contains("EXEC sp_executesql N'ALTER DATABASE [it''s] SET"));
        assert!(quote.contains("DATABASE::[it's] TO [o]]x]"));
    }
}
