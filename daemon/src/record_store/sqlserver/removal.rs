//! Removing a database for good: the whole of it, or only our tables where others have theirs beside them or the login
//! may not drop databases.

use std::sync::Arc;

use super::{
    connection::Patience,
    ddl::{VIEWS, drop_views},
    failure::Kind,
    identifier::quoted,
    place,
    pool::Pool,
    value,
};
use crate::{
    domain::account::AccountId,
    record_store::{error::Error, schema},
};

/// Where databases are dropped from.
const MASTER: &str = "master";

/// Tables and views that we did not make.
pub(super) fn strangers() -> String {
    let ours: Vec<String> = schema::tables()
        .iter()
        .map(|table| table.name)
        .chain(VIEWS)
        .map(|name| format!("N'{name}'"))
        .collect();
    format!(
        "SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA <> N'dbo' OR TABLE_NAME NOT IN ({});",
        ours.join(", ")
    )
}

/// Ends other people's connections; refused where the dialect does not know it, which does no harm.
pub(super) fn lock_out(quoted: &str) -> String {
    format!("ALTER DATABASE {quoted} SET SINGLE_USER WITH ROLLBACK IMMEDIATE;")
}

/// Drops the database.
pub(super) fn drop_database(quoted: &str) -> String {
    format!("DROP DATABASE {quoted};")
}

/// Drops what is ours; the table that says whose it is goes last, so that a repeated attempt finds it.
pub(super) fn drop_ours() -> Vec<String> {
    let (identity, others): (Vec<_>, Vec<_>) = schema::tables()
        .iter()
        .partition(|table| table.name == "database_identity");
    let tables = others.into_iter().chain(identity);
    drop_views()
        .chain(tables.map(|table| format!("DROP TABLE IF EXISTS dbo.{};", quoted(table.name))))
        .collect()
}

/// Removes the database. Dying in between, the next attempt goes on.
pub(super) async fn remove(pool: &Arc<Pool>, database: &str, owner: &AccountId) -> Result<(), Error> {
    let Some(mut lease) = place::belongs(pool, database, owner).await? else {
        return Ok(());
    };
    let found = lease.row(Patience::Brief, &strangers(), &[]).await?;
    let has_strangers = found.is_some_and(|row| value::count(&row, 0) > 0);
    if !has_strangers {
        drop(lease);
        pool.release(database);
        match drop_whole(pool, database).await {
            Err(Error::SqlServer(failure)) if failure.kind == Kind::Permission => {}
            other => return other,
        }
        let Some(again) = place::belongs(pool, database, owner).await? else {
            return Ok(());
        };
        lease = again;
    }
    for statement in drop_ours() {
        lease.batch(Patience::Schema, &statement).await?;
    }
    lease.give_back();
    Ok(())
}

async fn drop_whole(pool: &Arc<Pool>, database: &str) -> Result<(), Error> {
    let mut master = pool.take(MASTER).await?;
    let quoted = place::spelled(&mut master, database).await?;
    if let Err(error) = master.batch(Patience::Schema, &lock_out(&quoted)).await {
        tracing::debug!(%database, %error, "others may still be connected to a database that is dropped");
        // A failed connection is dropped, never repaired.
        drop(master);
        master = pool.take(MASTER).await?;
    }
    master.batch(Patience::Schema, &drop_database(&quoted)).await?;
    master.give_back();
    Ok(())
}
