//! The database: whether it is there, whose it is, making it, and refusing what is not ours.

use std::sync::Arc;

use super::{
    connection::{BEGIN_ALONE, Connection, Patience, login},
    failure::{Kind, SqlFailure},
    identifier::{double_quoted, quoted},
    migrate,
    pool::{Lease, Pool},
    value::{self, Parameter},
};
use crate::{
    domain::{account::AccountId, clock::SharedClock},
    ports::records::{Created, Owner},
    record_store::error::{Error, Place},
};

/// Where every login may look whether a database exists.
const MASTER: &str = "master";

/// Whether a database exists; names are compared as the server does.
pub(super) const EXISTS: &str = "SELECT COUNT(*) FROM sys.databases WHERE name = @P1;";

/// Tables, views and routines of whomever (Azure SQL lists one of its own, in `sys`), and how many of the two tables that mark a database as ours.
pub(super) const CONTENT: &str = "\
SELECT
  (SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA <> N'sys')
    + (SELECT COUNT(*) FROM INFORMATION_SCHEMA.ROUTINES WHERE ROUTINE_SCHEMA <> N'sys'),
  (SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = N'dbo' AND TABLE_NAME IN (N'database_identity', N'schema_migration'));";

/// Whose database it is.
pub(super) const IDENTITY: &str = "SELECT owner_account, zoom_account_id FROM dbo.database_identity;";

/// Writes whose database it is.
pub(super) const SIGN: &str = "\
INSERT INTO dbo.database_identity (id, owner_account, zoom_account_id, created_at, owned_since)
VALUES (1, @P1, NULLIF(@P2, N''), @P3, @P3);";

/// Writes who has it from now on.
pub(super) const TAKE_OVER: &str = "\
UPDATE dbo.database_identity SET zoom_account_id = COALESCE(NULLIF(@P2, N''), zoom_account_id),
  owned_since = CASE WHEN owner_account = @P1 THEN owned_since ELSE @P3 END, owner_account = @P1;";

/// What a database turned out to be.
enum Content {
    /// Without any table: what a crash during creation leaves, or an administrator prepared.
    Nothing,
    /// A database of ours.
    Own(Identity),
    /// A database with other tables.
    Foreign,
}

/// The row of `database_identity`.
struct Identity {
    account: String,
    zoom_account_id: Option<String>,
}

/// The place of a database, for errors.
pub(super) fn place(pool: &Pool, database: &str) -> Place {
    Place::Database {
        name: database.to_owned(),
        server: pool.location().to_owned(),
    }
}

async fn content(connection: &mut Connection) -> Result<Content, Error> {
    let found = connection.row(Patience::Brief, CONTENT, &[]).await?;
    let (objects, own) = found.map_or((0, 0), |row| (value::count(&row, 0), value::count(&row, 1)));
    if objects == 0 {
        return Ok(Content::Nothing);
    }
    if own != 2 {
        return Ok(Content::Foreign);
    }
    let identity = connection.row(Patience::Brief, IDENTITY, &[]).await?;
    Ok(identity.map_or(Content::Foreign, |row| {
        Content::Own(Identity {
            account: value::text(&row, 0).unwrap_or_default(),
            zoom_account_id: value::text(&row, 1),
        })
    }))
}

/// The name of a database as this server reads it in a statement.
pub(super) async fn spelled(master: &mut Connection, database: &str) -> Result<String, SqlFailure> {
    let with_quotes = database.contains(']') && master.is_babelfish().await?;
    Ok(if with_quotes {
        double_quoted(database)
    } else {
        quoted(database)
    })
}

async fn exists(pool: &Arc<Pool>, database: &str) -> Result<bool, Error> {
    let mut master = pool.take(MASTER).await?;
    let found = master
        .row(Patience::Brief, EXISTS, &[Parameter::text(database)])
        .await?;
    master.give_back();
    Ok(found.is_some_and(|row| value::count(&row, 0) > 0))
}

/// A connection to a database that is there; the server has one error for a missing one and one that the login may not
/// open, so a refusal is looked into.
async fn enter(pool: &Arc<Pool>, database: &str) -> Result<Lease, Error> {
    match pool.take(database).await {
        Err(failure) if failure.kind == Kind::NoAccess && !exists(pool, database).await? => Err(Error::Missing {
            place: place(pool, database),
        }),
        other => Ok(other?),
    }
}

fn foreign(pool: &Pool, database: &str, reason: impl Into<String>, adoptable: bool) -> Error {
    Error::Foreign {
        place: place(pool, database),
        reason: reason.into(),
        adoptable,
    }
}

/// Creates the database for `owner`, or finds that it is there already.
pub(super) async fn create(
    pool: &Arc<Pool>,
    database: &str,
    owner: &Owner,
    adopt: bool,
    clock: &SharedClock,
) -> Result<Created, Error> {
    if !exists(pool, database).await? {
        make(pool, database).await?;
    }
    let mut lease = enter(pool, database).await?;
    let created = match content(&mut lease).await? {
        Content::Nothing => build(&mut lease, pool, database, owner, clock, true).await?,
        Content::Foreign if adopt => build(&mut lease, pool, database, owner, clock, false).await?,
        Content::Foreign => {
            return Err(foreign(
                pool,
                database,
                "the database holds tables that are not ours",
                true,
            ));
        }
        Content::Own(identity) => take_over(&mut lease, pool, database, owner, adopt, clock, &identity).await?,
    };
    lease.give_back();
    Ok(created)
}

/// Makes an empty database. If we die here the next attempt finds it empty and goes on.
async fn make(pool: &Arc<Pool>, database: &str) -> Result<(), Error> {
    let mut master = pool.take(MASTER).await?;
    let quoted = spelled(&mut master, database).await?;
    let [create, versions] = migrate::database(&quoted);
    if let Err(failure) = master.batch(Patience::Schema, &create).await {
        // Made by somebody else this very moment, or there all along and hidden from the login: entering it tells.
        if failure.kind == Kind::Exists {
            return Ok(());
        }
        if failure.kind != Kind::Permission {
            return Err(failure.into());
        }
        let message = format!(
            "the login \"{}\" may not create databases: {}. The administrator can run:\n{}",
            login(pool.server()),
            failure.message,
            migrate::administrator_script(&quoted, login(pool.server())),
        );
        return Err(SqlFailure::new(pool.location(), Kind::CreateDenied, message).into());
    }
    master.batch(Patience::Schema, &versions).await?;
    master.give_back();
    Ok(())
}

/// Makes every table and names the owner in one transaction: a crash before its end leaves [`Content::Nothing`].
async fn build(
    lease: &mut Lease,
    pool: &Pool,
    database: &str,
    owner: &Owner,
    clock: &SharedClock,
    empty: bool,
) -> Result<Created, Error> {
    lease.batch(Patience::Brief, BEGIN_ALONE).await?;
    let mut schema_version = 0;
    for migration in migrate::migrations() {
        migrate::apply(lease, migration).await.map_err(|error| match error {
            Error::SqlServer(failure) if !empty && failure.kind == Kind::Refused => {
                let reason = format!("our tables do not fit beside those that are there: {}", failure.message);
                foreign(pool, database, reason, false)
            }
            other => other,
        })?;
        schema_version = migration.version;
    }
    let signed = [
        Parameter::id(owner.account.as_str()),
        owner
            .zoom_account_id
            .as_deref()
            .map_or(Parameter::NoText, Parameter::id),
        Parameter::Time(clock.now()),
    ];
    lease.rows(Patience::Brief, SIGN, &signed).await?;
    lease.commit().await?;
    Ok(Created {
        created: true,
        schema_version,
    })
}

async fn take_over(
    lease: &mut Lease,
    pool: &Pool,
    database: &str,
    owner: &Owner,
    adopt: bool,
    clock: &SharedClock,
    identity: &Identity,
) -> Result<Created, Error> {
    let own = identity.account == owner.account.as_str();
    if !own && !adopt {
        let lost = identity.zoom_account_id.is_some() && identity.zoom_account_id == owner.zoom_account_id;
        return Err(Error::Taken {
            place: place(pool, database),
            lost,
        });
    }
    let schema_version = migrate::upgrade(lease, &place(pool, database), migrate::migrations()).await?;
    let learned = owner.zoom_account_id.is_some() && owner.zoom_account_id != identity.zoom_account_id;
    if !own || learned {
        let signed = [
            Parameter::id(owner.account.as_str()),
            owner
                .zoom_account_id
                .as_deref()
                .map_or(Parameter::NoText, Parameter::id),
            Parameter::Time(clock.now()),
        ];
        lease.rows(Patience::Brief, TAKE_OVER, &signed).await?;
    }
    Ok(Created {
        created: false,
        schema_version,
    })
}

/// A connection to the database of `owner`, if there is one; one that is not his is an error.
pub(super) async fn belongs(pool: &Arc<Pool>, database: &str, owner: &AccountId) -> Result<Option<Lease>, Error> {
    if !exists(pool, database).await? {
        return Ok(None);
    }
    let mut lease = enter(pool, database).await?;
    match content(&mut lease).await? {
        Content::Nothing => Ok(None),
        Content::Foreign => Err(foreign(
            pool,
            database,
            "the database holds tables that are not ours",
            false,
        )),
        Content::Own(identity) if identity.account != owner.as_str() => Err(Error::Taken {
            place: place(pool, database),
            lost: false,
        }),
        Content::Own(_) => Ok(Some(lease)),
    }
}

/// Checks that the database is there and belongs to `owner`, and brings its schema up to date.
pub(super) async fn open(pool: &Arc<Pool>, database: &str, owner: &AccountId) -> Result<Lease, Error> {
    let mut lease = enter(pool, database).await?;
    match content(&mut lease).await? {
        // A crash during creation: nothing was promised yet, so it is as if it were not there.
        Content::Nothing => Err(Error::Missing {
            place: place(pool, database),
        }),
        Content::Foreign => Err(foreign(
            pool,
            database,
            "the database holds tables that are not ours",
            true,
        )),
        Content::Own(identity) if identity.account != owner.as_str() => Err(Error::Taken {
            place: place(pool, database),
            lost: false,
        }),
        Content::Own(_) => {
            migrate::upgrade(&mut lease, &place(pool, database), migrate::migrations()).await?;
            Ok(lease)
        }
    }
}
