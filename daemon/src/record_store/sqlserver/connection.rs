//! One connection: how it is made, how long each kind of statement may take, and what its failures mean.

use std::{collections::HashSet, future::Future, time::Duration};

use secrecy::ExposeSecret;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel, Row, SqlBrowser};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

use super::{
    failure::{Kind, SqlFailure},
    value::Parameter,
};
use crate::config::model::{SqlServer, SqlServerEndpoint, Tls};

/// TCP connect, browser and name resolution.
const REACH: Duration = Duration::from_secs(10);
/// TLS and login.
const HANDSHAKE: Duration = Duration::from_secs(15);

/// Bytes of a TDS packet. The default of 4096 costs a bulk load a fifth of its speed.
const PACKET: u32 = 16_384;

/// How long a kind of statement may take before its connection is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// A few rows by key.
    Brief,
    /// A search or a count over a table.
    Search,
    /// A load, a merge or a commit.
    Write,
    /// Making databases, tables and indexes.
    Schema,
}

impl Patience {
    fn limit(self) -> Duration {
        Duration::from_secs(match self {
            Self::Brief => 20,
            Self::Search => 120,
            Self::Write => 180,
            Self::Schema => 900,
        })
    }
}

/// What every session is set to. A filtered index refuses writes from a session that has one of the ANSI options off;
/// XACT_ABORT undoes the whole transaction at the first error; a lock that is not had in half a minute is an error.
pub(super) const SESSION: &str = "\
SET XACT_ABORT ON;
SET NOCOUNT ON;
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
SET ANSI_PADDING ON;
SET ANSI_WARNINGS ON;
SET ARITHABORT ON;
SET CONCAT_NULL_YIELDS_NULL ON;
SET NUMERIC_ROUNDABORT OFF;
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
SET LOCK_TIMEOUT 30000;";

/// Begins a transaction and waits for its turn. A transaction of a connection that we gave up may still be running on
/// the server: this waits until the server has noticed, so that a repetition sees what became of it.
pub(super) const BEGIN: &str = "\
BEGIN TRANSACTION;
DECLARE @turn int;
EXEC @turn = sp_getapplock @Resource = N'callsync writer', @LockMode = N'Exclusive', @LockOwner = N'Transaction', @LockTimeout = 30000;
SELECT @turn;";

/// Begins a transaction without waiting: in a database that may not be ours yet.
pub(super) const BEGIN_ALONE: &str = "BEGIN TRANSACTION;";

/// Commits; a transaction that is still open afterwards would swallow the next work on this connection.
pub(super) const COMMIT: &str = "\
COMMIT TRANSACTION;
SELECT @@TRANCOUNT;";

/// An open connection. Dropping it ends it, and the server undoes what it had not committed: also when the work that
/// uses it is cancelled.
pub(super) struct Connection {
    client: Client<Compat<TcpStream>>,
    server: String,
    /// Staging tables that this session has.
    pub staged: HashSet<&'static str>,
}

/// Host and port, or host and instance, for people.
pub(in crate::record_store) fn location(server: &SqlServer) -> String {
    match &server.endpoint {
        SqlServerEndpoint::Port(port) => format!("{}:{port}", server.host),
        SqlServerEndpoint::Instance(instance) => format!("{}\\{instance}", server.host),
    }
}

fn driver_config(server: &SqlServer, database: Option<&str>) -> Config {
    let mut config = Config::new();
    config.host(&server.host);
    match &server.endpoint {
        SqlServerEndpoint::Port(port) => config.port(*port),
        SqlServerEndpoint::Instance(instance) => config.instance_name(instance),
    }
    if let Some(database) = database {
        config.database(database);
    }
    config.authentication(AuthMethod::sql_server(&server.user, server.password.expose_secret()));
    config.application_name("callsyncd");
    config.packet_size(PACKET);
    // The driver's own limit is one for everything and is fixed at the connection; ours depend on the statement.
    config.handshake_timeout(Some(HANDSHAKE));
    config.command_timeout(None);
    match server.tls {
        Tls::Verify => {
            config.encryption(EncryptionLevel::Required);
            if let Some(ca_file) = &server.ca_file {
                config.trust_cert_ca(ca_file.display());
            }
        }
        Tls::TrustServerCertificate => {
            config.encryption(EncryptionLevel::Required);
            config.trust_cert();
        }
        // `Off` of the driver still encrypts the login and verifies the certificate; this is plain text.
        Tls::Off => config.encryption(EncryptionLevel::NotSupported),
    }
    config
}

impl Connection {
    /// Connects and sets the session up.
    pub async fn open(server: &SqlServer, database: Option<&str>) -> Result<Self, SqlFailure> {
        let name = location(server);
        check_ca_file(server, &name)?;
        // Two providers are linked (the driver brings one of its own): the process uses ring. An error means that one
        // was chosen already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let config = driver_config(server, database);
        let reached = tokio::time::timeout(REACH, TcpStream::connect_named(&config)).await;
        let tcp = match reached {
            Ok(Ok(tcp)) => tcp,
            Ok(Err(error)) => return Err(SqlFailure::connecting(&name, server.tls, &error)),
            Err(_) => {
                let message = format!("no answer within {} s", REACH.as_secs());
                return Err(SqlFailure::new(&name, Kind::Unreachable, message));
            }
        };
        let connected = Client::connect(config, tcp.compat_write()).await;
        let client = connected.map_err(|error| SqlFailure::connecting(&name, server.tls, &error))?;
        let mut connection = Self {
            client,
            server: name,
            staged: HashSet::new(),
        };
        connection.batch(Patience::Brief, SESSION).await?;
        Ok(connection)
    }

    /// Host and port, for errors.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Runs statements with parameters; returns the rows of the first result.
    pub async fn rows(
        &mut self,
        patience: Patience,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, SqlFailure> {
        let bound: Vec<&dyn tiberius::ToSql> = parameters.iter().map(|one| one as &dyn tiberius::ToSql).collect();
        let client = &mut self.client;
        let all = async { client.query(sql, &bound).await?.into_results().await };
        let results = patient(&self.server, patience, false, all).await?;
        Ok(results.into_iter().next().unwrap_or_default())
    }

    /// Runs statements with parameters that return one row at most.
    pub async fn row(
        &mut self,
        patience: Patience,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Option<Row>, SqlFailure> {
        Ok(self.rows(patience, sql, parameters).await?.into_iter().next())
    }

    /// Runs statements without parameters in the session itself: what makes temporary tables or transactions must not
    /// run inside `sp_executesql`, whose scope ends with it.
    pub async fn batch(&mut self, patience: Patience, sql: &str) -> Result<Vec<Row>, SqlFailure> {
        self.send_batch(patience, false, sql).await
    }

    async fn send_batch(&mut self, patience: Patience, committing: bool, sql: &str) -> Result<Vec<Row>, SqlFailure> {
        let client = &mut self.client;
        let all = async { client.simple_query(sql).await?.into_results().await };
        let results = patient(&self.server, patience, committing, all).await?;
        Ok(results.into_iter().next().unwrap_or_default())
    }

    /// Begins a transaction that is the only one that writes.
    pub async fn begin(&mut self) -> Result<(), SqlFailure> {
        let answer = self.batch(Patience::Write, BEGIN).await?;
        let turn: i32 = answer.first().and_then(|row| row.get(0)).unwrap_or(-999);
        if turn < 0 {
            return Err(SqlFailure::new(
                &self.server,
                Kind::Busy,
                format!("another session of callsyncd is writing (sp_getapplock answered {turn})"),
            ));
        }
        Ok(())
    }

    /// Commits. If we die while this is under way the server decides, and the next start finds out by key and digest.
    pub async fn commit(&mut self) -> Result<(), SqlFailure> {
        let answer = self.send_batch(Patience::Write, true, COMMIT).await?;
        match answer.first().and_then(|row| row.get::<i32, _>(0)) {
            Some(0) => Ok(()),
            open => Err(SqlFailure::new(
                &self.server,
                Kind::OutcomeUnknown,
                format!("a transaction is still open after the commit ({open:?})"),
            )),
        }
    }

    /// The driver, for a bulk load.
    pub fn driver(&mut self) -> &mut Client<Compat<TcpStream>> {
        &mut self.client
    }
}

/// Waits for the server as long as the kind of statement deserves. Afterwards the statement may still be running there:
/// the connection must be dropped.
pub(super) async fn patient<T>(
    server: &str,
    patience: Patience,
    committing: bool,
    work: impl Future<Output = tiberius::Result<T>>,
) -> Result<T, SqlFailure> {
    match tokio::time::timeout(patience.limit(), work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(SqlFailure::statement(server, committing, &error)),
        Err(_) => {
            let kind = if committing {
                Kind::OutcomeUnknown
            } else {
                Kind::TimedOut
            };
            let message = format!("no answer within {} s", patience.limit().as_secs());
            Err(SqlFailure::new(server, kind, message))
        }
    }
}

/// The driver only says "no such file" about a path that it does not name.
fn check_ca_file(server: &SqlServer, name: &str) -> Result<(), SqlFailure> {
    let Some(path) = &server.ca_file else { return Ok(()) };
    let unusable = |reason: String| SqlFailure::new(name, Kind::CaFile, format!("{}: {reason}", path.display()));
    let text = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let known = path
        .extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| ["pem", "crt", "der"].contains(&extension.to_ascii_lowercase().as_str()));
    if !known {
        return Err(unusable("the name must end in .pem, .crt or .der".to_owned()));
    }
    if text.is_empty() {
        return Err(unusable("the file is empty".to_owned()));
    }
    Ok(())
}
