//! Database servers of the configuration.

use serde::{Deserialize, Serialize};

use super::Noun;

/// An item of `server list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Unique name.
    pub name: String,
    /// `sqlite` or `sqlserver`.
    pub kind: String,
    /// Directory of an embedded server, `host:port` or `host\instance` of another.
    pub location: String,
    /// Accounts whose primary database is on it, sorted.
    pub accounts: Vec<String>,
}

impl Noun for Server {
    const NOUN: &'static str = "server";
}

/// `server test`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerTest {
    /// Name of the server.
    pub name: String,
    /// `sqlite` or `sqlserver`.
    pub kind: String,
    /// It can be used.
    pub ok: bool,
    /// Engine and version.
    pub version: String,
    /// What may be done there, for example `create database`.
    pub permissions: Vec<String>,
    /// What is missing.
    pub missing_permissions: Vec<String>,
    /// Free space in bytes, where the engine tells.
    pub free_bytes: Option<u64>,
    /// Duration of a trivial statement, in seconds.
    pub round_trip_seconds: f64,
    /// What kind of server answers: `SQL Server`, `SQL Server Express`, `Azure SQL Database`, `Babelfish for PostgreSQL` …;
    /// with this and the following only for a server over the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Edition as the server names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// Bytes that the data files of one database may have, where the edition limits them (Express: 10 GB).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_limit_bytes: Option<u64>,
    /// How the connection is protected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<String>,
    /// Default collation of the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// How far the server's clock is ahead of the daemon's, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_skew_seconds: Option<f64>,
}

impl Noun for ServerTest {
    const NOUN: &'static str = "server-test";
}
