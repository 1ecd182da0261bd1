//! What tests need of a server beside the ports: a look from outside, and tidying up.

use super::{
    connection::{Connection, Patience, login},
    failure::{Kind, SqlFailure},
    patience::Limits,
    place::spelled,
    removal::drop_database,
    value,
};
use crate::config::model::SqlServer;

/// Name of the login of a server.
pub(in crate::record_store) fn name_of(server: &SqlServer) -> &str {
    login(server)
}

/// Drops every database whose name begins so.
pub(in crate::record_store) async fn drop_databases(server: &SqlServer, prefix: &str) {
    for name in strings(server, "master", "SELECT name FROM sys.databases").await {
        if name.starts_with(prefix) {
            drop_one(server, &name).await;
        }
    }
}

/// Babelfish refuses to drop a database at the instant at which another test makes one: that passes.
async fn drop_one(server: &SqlServer, name: &str) {
    for _ in 0..100 {
        let mut connection = Connection::open(server, None, Limits::default())
            .await
            .expect("connected");
        let quoted = spelled(&mut connection, name).await.expect("asked");
        match connection.batch(Patience::Schema, &drop_database(&quoted)).await {
            Err(failure) if failure.kind == Kind::Busy || failure.message.contains("currently in use") => {}
            dropped => return drop(dropped.expect("dropped")),
        }
    }
    panic!("{name} could not be dropped");
}

/// Runs statements as the administrator would.
pub(in crate::record_store) async fn execute(server: &SqlServer, database: &str, batches: &[&str]) {
    let mut connection = Connection::open(server, Some(database), Limits::default())
        .await
        .expect("connected");
    for batch in batches {
        let mut done = connection.batch(Patience::Schema, batch).await;
        for _ in 0..100 {
            match done {
                Err(failure) if failure.kind == Kind::Busy => done = connection.batch(Patience::Schema, batch).await,
                _ => break,
            }
        }
        done.expect("executed");
    }
}

/// Runs one statement on a connection of its own.
pub(in crate::record_store) async fn attempt(server: &SqlServer, database: &str, sql: &str) -> Result<(), SqlFailure> {
    let mut connection = Connection::open(server, Some(database), Limits::default()).await?;
    connection.batch(Patience::Schema, sql).await.map(drop)
}

/// The first column of what a statement answers, as text.
pub(in crate::record_store) async fn strings(server: &SqlServer, database: &str, sql: &str) -> Vec<String> {
    let mut connection = Connection::open(server, Some(database), Limits::default())
        .await
        .expect("connected");
    let rows = connection.batch(Patience::Search, sql).await.expect("answered");
    let cell = |row| value::text(row, 0).or_else(|| value::integer(row, 0).map(|number| number.to_string()));
    rows.iter().filter_map(cell).collect()
}

/// A session of somebody else.
pub(in crate::record_store) struct Session {
    connection: Connection,
    id: i64,
}

impl Session {
    /// Connects.
    pub async fn open(server: &SqlServer, database: &str) -> Self {
        let mut connection = Connection::open(server, Some(database), Limits::default())
            .await
            .expect("connected");
        let rows = connection
            .batch(Patience::Brief, "SELECT @@SPID")
            .await
            .expect("answered");
        let id = rows.first().and_then(|row| value::integer(row, 0)).expect("an id");
        Self { connection, id }
    }

    /// Runs statements.
    pub async fn run(&mut self, sql: &str) -> Result<(), SqlFailure> {
        self.connection.batch(Patience::Search, sql).await.map(drop)
    }

    /// Returns once another session waits for a lock of this one.
    pub async fn wait_until_it_blocks(&self, server: &SqlServer) {
        let blocked = format!("SELECT COUNT(*) FROM sys.sysprocesses WHERE blocked = {}", self.id);
        for _ in 0..2000 {
            if strings(server, "master", &blocked).await != ["0"] {
                return;
            }
        }
        panic!("nobody waits");
    }
}
