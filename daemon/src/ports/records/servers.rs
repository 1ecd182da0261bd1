//! Database servers, and whose a database is.

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;

use super::RecordStore;
use crate::domain::{account::AccountId, failure::Outcome};

/// Every configured database server.
#[async_trait]
pub trait RecordServers: Send + Sync {
    /// Name, kind, location.
    fn list(&self) -> Vec<ServerInfo>;

    /// Whether it can be used.
    async fn test(&self, server: &str) -> Outcome<ServerReport>;

    /// Checks that `database` is a possible name on `server`.
    ///
    /// # Errors
    /// No such server, or the name is not allowed there.
    fn check_name(&self, server: &str, database: &str) -> Outcome<()>;

    /// The statements that create the database; needs no server.
    fn ddl(&self, server: &str, database: &str) -> Outcome<String>;

    /// Creates the database for `owner`, or finds that it is there already. Idempotent.
    async fn create(&self, server: &str, database: &str, owner: &Owner, adopt: bool) -> Outcome<Created>;

    /// Opens the database of `owner`; migrates an older schema. Cached: the same store is returned while it is open.
    async fn open(&self, server: &str, database: &str, owner: &AccountId) -> Outcome<Arc<dyn RecordStore>>;

    /// Closes the database if it is open: checkpoints and releases its files.
    async fn close(&self, server: &str, database: &str);

    /// Removes the database of `owner` for good; where others have tables beside ours, only ours go. Repeating it is
    /// harmless, and one that is gone is removed.
    ///
    /// # Errors
    /// It is another account's or not ours at all, or the server failed.
    async fn remove(&self, server: &str, database: &str, owner: &AccountId) -> Outcome<()>;
}

/// Whose database it is. Written into the database, so that it can never be taken for another account's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Our own id.
    pub account: AccountId,
    /// Zoom's account id, when known; it recognises a database whose daemon state was lost.
    pub zoom_account_id: Option<String>,
}

/// A configured server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// Unique name.
    pub name: String,
    /// `sqlite` or `sqlserver`.
    pub kind: &'static str,
    /// Directory, or host and port.
    pub location: String,
}

/// Result of `server test`.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerReport {
    /// Engine and version.
    pub version: String,
    /// What may be done.
    pub permissions: Vec<String>,
    /// What is missing.
    pub missing_permissions: Vec<String>,
    /// Free space in bytes.
    pub free_bytes: Option<u64>,
    /// How long a trivial statement took.
    pub round_trip: Duration,
    /// What only a server over the network can tell.
    pub facts: Option<ServerFacts>,
}

/// What a database server over the network tells about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerFacts {
    /// `SQL Server`, `SQL Server Express`, `Azure SQL Database`, `Babelfish for PostgreSQL` …
    pub product: String,
    /// Edition as the server names it.
    pub edition: Option<String>,
    /// Bytes that the data files of one database may have, where the edition limits them.
    pub size_limit_bytes: Option<u64>,
    /// How the connection is protected.
    pub tls: String,
    /// Default collation of the server.
    pub collation: Option<String>,
    /// How far its clock is ahead of ours, in seconds.
    pub clock_skew_seconds: Option<f64>,
}

/// Result of [`RecordServers::create`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// False when it was there already.
    pub created: bool,
    /// Version of its schema.
    pub schema_version: u32,
}

/// Where the embedded server keeps a database.
#[must_use]
pub fn sqlite_path(directory: &std::path::Path, database: &str) -> PathBuf {
    directory.join(format!("{database}.db"))
}
