//! One connection: how it is made, what its session is set to, and how statements are sent through it.

use std::{collections::HashSet, time::Duration};

use secrecy::ExposeSecret;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel, Row, SqlBrowser};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

pub(super) use super::patience::Patience;
use super::{
    failure::{Kind, SqlFailure},
    identifier::double_quoted,
    patience::{Limits, no_answer, patient},
    value::{self, Parameter},
};
use crate::config::{
    check_ca_file as readable,
    model::{SqlLogin, SqlServer, SqlServerEndpoint, Tls},
};

/// Bytes of a TDS packet. The default of 4096 costs a bulk load a fifth of its speed.
const PACKET: u32 = 16_384;

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

/// Whether the server is Babelfish.
pub(super) const IS_BABELFISH: &str = "SELECT COUNT(*) WHERE SERVERPROPERTY('BabelfishVersion') IS NOT NULL;";

/// An open connection. Dropping it ends it, and the server undoes what it had not committed: also when the work that
/// uses it is cancelled.
pub(super) struct Connection {
    client: Client<Compat<TcpStream>>,
    server: String,
    limits: Limits,
    /// Staging tables that this session has.
    pub staged: HashSet<&'static str>,
}

/// Name of the login, for people and for the administrator's script.
pub(super) fn login(server: &SqlServer) -> &str {
    match &server.login {
        SqlLogin::Sql { user, .. } => user,
        #[cfg(feature = "kerberos")]
        SqlLogin::Kerberos => "DOMAIN\\the principal of callsyncd",
    }
}

/// Host and port, or host and instance, for people.
pub(in crate::record_store) fn location(server: &SqlServer) -> String {
    match &server.endpoint {
        SqlServerEndpoint::Port(port) => format!("{}:{port}", server.host),
        SqlServerEndpoint::Instance(instance) => format!("{}\\{instance}", server.host),
    }
}

fn driver_config(server: &SqlServer, database: Option<&str>, handshake: Duration) -> Config {
    let mut config = Config::new();
    config.host(&server.host);
    match &server.endpoint {
        SqlServerEndpoint::Port(port) => config.port(*port),
        SqlServerEndpoint::Instance(instance) => config.instance_name(instance),
    }
    if let Some(database) = database {
        config.database(database);
    }
    config.authentication(match &server.login {
        SqlLogin::Sql { user, password, .. } => AuthMethod::sql_server(user, password.expose_secret()),
        #[cfg(feature = "kerberos")]
        SqlLogin::Kerberos => AuthMethod::Integrated,
    });
    config.application_name("callsyncd");
    config.packet_size(PACKET);
    // The driver's own limit is one for everything and is fixed at the connection; ours depend on the statement.
    config.handshake_timeout(Some(handshake));
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
    ///
    /// Babelfish puts the database that a login names into a `USE` of its own without doubling brackets: a name with a
    /// closing bracket would be executed. There such a database is entered after the login, by a statement of ours.
    pub async fn open(server: &SqlServer, database: Option<&str>, limits: Limits) -> Result<Self, SqlFailure> {
        if let Some(name) = database.filter(|name| name.contains(']')) {
            let mut connection = Self::log_in(server, None, limits).await?;
            if connection.is_babelfish().await? {
                let enter = format!("USE {};", double_quoted(name));
                connection.batch(Patience::Brief, &enter).await?;
                return Ok(connection);
            }
        }
        Self::log_in(server, database, limits).await
    }

    async fn log_in(server: &SqlServer, database: Option<&str>, limits: Limits) -> Result<Self, SqlFailure> {
        let name = location(server);
        check_ca_file(server, &name)?;
        // Two providers are linked (the driver brings one of its own): the process uses ring. An error means that one
        // was chosen already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let config = driver_config(server, database, limits.handshake);
        let reached = tokio::time::timeout(limits.reach, TcpStream::connect_named(&config)).await;
        let tcp = match reached {
            Ok(Ok(tcp)) => tcp,
            Ok(Err(error)) => return Err(SqlFailure::connecting(&name, server.tls, &error)),
            Err(_) => return Err(SqlFailure::new(&name, Kind::Unreachable, no_answer(limits.reach))),
        };
        let connected = Client::connect(config, tcp.compat_write()).await;
        let client = connected.map_err(|error| SqlFailure::connecting(&name, server.tls, &error))?;
        let mut connection = Self {
            client,
            server: name,
            limits,
            staged: HashSet::new(),
        };
        connection.batch(Patience::Brief, SESSION).await?;
        Ok(connection)
    }

    /// Host and port, for errors.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// How long a kind of statement may take.
    pub fn limit(&self, patience: Patience) -> Duration {
        self.limits.of(patience)
    }

    /// Whether the server is Babelfish.
    pub async fn is_babelfish(&mut self) -> Result<bool, SqlFailure> {
        let row = self.row(Patience::Brief, IS_BABELFISH, &[]).await?;
        Ok(row.is_some_and(|row| value::count(&row, 0) > 0))
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
        let results = patient(&self.server, self.limits.of(patience), false, all).await?;
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
        let results = patient(&self.server, self.limits.of(patience), committing, all).await?;
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

/// The driver only says "no such file" about a path that it does not name.
fn check_ca_file(server: &SqlServer, name: &str) -> Result<(), SqlFailure> {
    let Some(path) = &server.ca_file else { return Ok(()) };
    let unusable = |reason: String| SqlFailure::new(name, Kind::CaFile, format!("{}: {reason}", path.display()));
    readable(path).map_err(unusable)
}
