//! `server test`: what the server is, and what the login may do there.

use std::{sync::Arc, time::Instant};

use super::{
    connection::{Connection, Patience, login},
    failure::{Kind, SqlFailure},
    pool::Pool,
    value,
};
use crate::{
    config::model::Tls,
    domain::clock::SharedClock,
    ports::records::{ServerFacts, ServerReport},
    record_store::error::Error,
};

/// Databases that are looked into for one where the login may work.
const LOOKED_INTO: usize = 32;

/// Data files of an Express edition end here.
const EXPRESS_CAP: u64 = 10 * 1024 * 1024 * 1024;

/// What the server says about itself.
pub(super) const SERVER: &str = "\
SELECT
  CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)),
  CAST(SERVERPROPERTY('Edition') AS nvarchar(128)),
  CAST(SERVERPROPERTY('EngineEdition') AS int),
  CAST(SERVERPROPERTY('BabelfishVersion') AS nvarchar(128)),
  CAST(SERVERPROPERTY('Collation') AS nvarchar(128)),
  SYSUTCDATETIME();";

/// Whether the login may make databases.
pub(super) const MAY_CREATE: &str = "SELECT HAS_PERMS_BY_NAME(NULL, NULL, 'CREATE ANY DATABASE');";

/// Whether the login may make tables in the database it is in, and empty them.
pub(super) const MAY_WORK: &str = "\
SELECT HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'CREATE TABLE'), HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'DELETE');";

/// Databases of users that the login may open. Babelfish says of no database of another owner who may, not even of the
/// login's own: there each is tried.
pub(super) const OPEN_DATABASES: &str = "\
SELECT name FROM sys.databases
WHERE name NOT IN (N'master', N'tempdb', N'msdb', N'model') 
  AND (HAS_DBACCESS(name) = 1 OR SERVERPROPERTY('BabelfishVersion') IS NOT NULL) ORDER BY name;";

/// A trivial statement.
pub(super) const TRIVIAL: &str = "SELECT 1;";

/// What the login may do.
#[derive(Default)]
struct Rights {
    create_database: bool,
    create_table: bool,
    delete: bool,
}

impl Rights {
    fn split(&self) -> (Vec<String>, Vec<String>) {
        let all = [
            ("create database", self.create_database),
            ("create table", self.create_table),
            ("delete", self.delete),
        ];
        let named = |held| {
            all.iter()
                .filter(|(_, has)| *has == held)
                .map(|(name, _)| (*name).to_owned())
                .collect()
        };
        (named(true), named(false))
    }
}

/// Asks the server. Connects anew: what a pool remembers is not what is the case now.
pub(super) async fn test(pool: &Arc<Pool>, clock: &SharedClock) -> Result<ServerReport, Error> {
    let mut connection = pool.open(None).await?;
    let asked = Instant::now();
    connection.batch(Patience::Brief, TRIVIAL).await?;
    let round_trip = asked.elapsed();
    let told = connection.row(Patience::Brief, SERVER, &[]).await?;
    let here = clock.now();
    let rights = rights(pool, &mut connection).await?;
    let (permissions, missing_permissions) = rights.split();
    if permissions.is_empty() {
        let message = format!(
            "the login \"{}\" may neither create a database nor work in an existing one (missing: {})",
            login(pool.server()),
            missing_permissions.join(", ")
        );
        return Err(SqlFailure::new(pool.location(), Kind::Permission, message).into());
    }
    let text = |column| told.as_ref().and_then(|row| value::text(row, column));
    let engine = told.as_ref().and_then(|row| value::integer(row, 2)).unwrap_or_default();
    let product = product(engine, text(3).is_some());
    let version = text(3).map_or_else(
        || format!("{product} {}", text(0).unwrap_or_default()),
        |babelfish| format!("{product} {babelfish} (as SQL Server {})", text(0).unwrap_or_default()),
    );
    let there = told.as_ref().and_then(|row| value::time(row, 5));
    Ok(ServerReport {
        version,
        permissions,
        missing_permissions,
        free_bytes: None,
        round_trip,
        facts: Some(ServerFacts {
            product: product.to_owned(),
            edition: text(1),
            size_limit_bytes: (engine == 4 && text(3).is_none()).then_some(EXPRESS_CAP),
            tls: tls(pool.server().tls).to_owned(),
            collation: text(4),
            clock_skew_seconds: there.map(|there| there.duration_since(here).as_secs_f64().round()),
        }),
    })
}

fn product(engine: i64, babelfish: bool) -> &'static str {
    match engine {
        _ if babelfish => "Babelfish for PostgreSQL",
        4 => "SQL Server Express",
        5 => "Azure SQL Database",
        8 => "Azure SQL Managed Instance",
        9 => "Azure SQL Edge",
        _ => "SQL Server",
    }
}

/// The connection was made that way, or not at all.
fn tls(configured: Tls) -> &'static str {
    match configured {
        Tls::Verify => "encrypted, certificate verified",
        Tls::TrustServerCertificate => "encrypted, certificate not verified",
        Tls::Off => "off: plain text",
    }
}

/// Who may make databases owns them, and may do everything there. Who may not needs one that was made for it.
async fn rights(pool: &Arc<Pool>, connection: &mut Connection) -> Result<Rights, Error> {
    let row = connection.row(Patience::Brief, MAY_CREATE, &[]).await?;
    if row.is_some_and(|row| value::count(&row, 0) == 1) {
        return Ok(Rights {
            create_database: true,
            create_table: true,
            delete: true,
        });
    }
    let mut rights = Rights::default();
    let databases = connection.rows(Patience::Brief, OPEN_DATABASES, &[]).await?;
    for database in databases.iter().filter_map(|row| value::text(row, 0)).take(LOOKED_INTO) {
        // One that cannot be opened after all gives no rights; the others may.
        let Ok(mut inside) = pool.open(Some(&database)).await else {
            continue;
        };
        let row = inside.row(Patience::Brief, MAY_WORK, &[]).await?;
        let held = row.map_or((false, false), |row| {
            (value::count(&row, 0) == 1, value::count(&row, 1) == 1)
        });
        rights.create_table |= held.0;
        rights.delete |= held.1 || held.0;
        if rights.create_table {
            break;
        }
    }
    Ok(rights)
}
