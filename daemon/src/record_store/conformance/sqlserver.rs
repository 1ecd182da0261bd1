//! The suite on a server that speaks TDS: SQL Server, Azure SQL or Babelfish.
//!
//! It needs a server, named in `CALLSYNC_TEST_SQLSERVER` as
//! `host=…;port=…;user=…;password=…;tls=verify|trust_server_certificate|off`, with a login that may create databases.
//! Without it every test here says SKIPPED and passes; `the_suite_ran_or_says_that_it_did_not` says it once more.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;

use super::{Fixture, at, owner};
use crate::{
    config::model::{SecretSource, Server, ServerKind, SqlLogin, SqlServer, SqlServerEndpoint, Tls},
    domain::{account::AccountId, clock::ManualClock, failure::Outcome},
    ports::records::{Created, Owner, RecordServers, RecordStore, ServerInfo, ServerReport},
    record_store::{
        Servers,
        sqlserver::testing::{execute, strings},
    },
};

/// Names the server to test against.
pub(super) const VARIABLE: &str = "CALLSYNC_TEST_SQLSERVER";

/// The server under test, when there is one.
pub(super) fn configured() -> Option<SqlServer> {
    let text = std::env::var(VARIABLE).ok().filter(|text| !text.trim().is_empty())?;
    let pairs = text.split(';').filter(|pair| !pair.trim().is_empty());
    let values: HashMap<&str, &str> = pairs
        .map(|pair| {
            pair.trim()
                .split_once('=')
                .expect("key=value;… in CALLSYNC_TEST_SQLSERVER")
        })
        .collect();
    let value = |key: &str| values.get(key).copied();
    let port = value("port").unwrap_or("1433").parse().expect("a port");
    Some(SqlServer {
        host: value("host").expect("host=").to_owned(),
        endpoint: SqlServerEndpoint::Port(port),
        login: login(value("user").expect("user="), value("password").expect("password=")),
        tls: match value("tls").unwrap_or("verify") {
            "verify" => Tls::Verify,
            "trust_server_certificate" => Tls::TrustServerCertificate,
            "off" => Tls::Off,
            other => panic!("tls={other}"),
        },
        ca_file: value("ca_file").map(Into::into),
    })
}

/// A SQL login.
pub(super) fn login(user: &str, password: &str) -> SqlLogin {
    SqlLogin::Sql {
        user: user.to_owned(),
        password: password.to_owned().into(),
        password_source: SecretSource::Credential("test".to_owned()),
    }
}

/// Says that a test did not run. The words go past the capture of the test harness.
pub(super) fn skipped(test: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {VARIABLE} is not set");
}

/// A server whose databases get a prefix of their own, and are dropped after the test.
pub(super) struct SqlServerFixture {
    clock: ManualClock,
    servers: Prefixed,
    killed: Mutex<Vec<Servers>>,
}

/// The suite uses the same names in every test; on a shared server each needs its own.
struct Prefixed {
    prefix: String,
    server: SqlServer,
    servers: Servers,
}

pub(super) fn servers(server: SqlServer, clock: &ManualClock) -> Servers {
    let server = Server {
        name: "test".to_owned(),
        kind: ServerKind::SqlServer(server),
    };
    Servers::new(vec![server], Arc::new(clock.clone()))
}

impl SqlServerFixture {
    pub fn new(server: SqlServer) -> Self {
        let clock = ManualClock::new(at("2026-06-01T12:00:00Z"));
        let id = uuid::Uuid::new_v4().simple().to_string();
        Self {
            servers: Prefixed {
                prefix: format!("cst_{}_", &id[..12]),
                servers: servers(server.clone(), &clock),
                server,
            },
            clock,
            killed: Mutex::default(),
        }
    }

    /// The name that a database has on the server.
    pub fn real_name(&self, database: &str) -> String {
        self.servers.real(database)
    }

    /// The server's configuration.
    pub fn server(&self) -> &SqlServer {
        &self.servers.server
    }

    /// Drops what the test made. Not in `Drop`: that cannot wait.
    pub async fn clean(&self) {
        self.servers.servers.close_all().await;
        let killed: Vec<Servers> = self.killed.lock().expect("not poisoned").drain(..).collect();
        for servers in killed {
            servers.close_all().await;
        }
        crate::record_store::sqlserver::testing::drop_databases(&self.servers.server, &self.servers.prefix).await;
    }
}

impl Prefixed {
    fn real(&self, database: &str) -> String {
        format!("{}{database}", self.prefix)
    }

    /// The prefix would make any name a possible one.
    fn checked(&self, server: &str, database: &str) -> Outcome<String> {
        self.servers.check_name(server, database)?;
        Ok(self.real(database))
    }
}

#[async_trait]
impl RecordServers for Prefixed {
    fn list(&self) -> Vec<ServerInfo> {
        self.servers.list()
    }
    async fn test(&self, server: &str) -> Outcome<ServerReport> {
        self.servers.test(server).await
    }
    fn check_name(&self, server: &str, database: &str) -> Outcome<()> {
        self.servers.check_name(server, database)
    }
    fn ddl(&self, server: &str, database: &str) -> Outcome<String> {
        self.servers.ddl(server, &self.checked(server, database)?)
    }
    async fn create(&self, server: &str, database: &str, owner: &Owner, adopt: bool) -> Outcome<Created> {
        let database = self.checked(server, database)?;
        self.servers.create(server, &database, owner, adopt).await
    }
    async fn open(&self, server: &str, database: &str, owner: &AccountId) -> Outcome<Arc<dyn RecordStore>> {
        let database = self.checked(server, database)?;
        self.servers.open(server, &database, owner).await
    }
    async fn close(&self, server: &str, database: &str) {
        self.servers.close(server, &self.real(database)).await;
    }
    async fn remove(&self, server: &str, database: &str, owner: &AccountId) -> Outcome<()> {
        let database = self.checked(server, database)?;
        self.servers.remove(server, &database, owner).await
    }
}

#[async_trait]
impl Fixture for SqlServerFixture {
    fn servers(&self) -> &dyn RecordServers {
        &self.servers
    }

    fn clock(&self) -> &ManualClock {
        &self.clock
    }

    async fn look(&self, sql: &str) -> Vec<String> {
        strings(self.server(), &self.real_name("calls"), sql).await
    }

    async fn alter(&self, statements: &[&str]) {
        execute(self.server(), &self.real_name("calls"), statements).await;
    }

    async fn after_kill(&self) -> Arc<dyn RecordStore> {
        // Another daemon that knows nothing of the first: what it finds is what the server has committed.
        let next = servers(self.servers.server.clone(), &self.clock);
        let database = self.real_name("calls");
        let store = next
            .open("test", &database, &owner("one").account)
            .await
            .expect("opened");
        self.killed.lock().expect("not poisoned").push(next);
        store
    }
}

/// Runs one test against the server, or says that it was skipped. A test that fails leaves its databases to be looked at.
async fn run(name: &str, test: impl AsyncFn(&dyn Fixture)) {
    match configured() {
        None => skipped(name),
        Some(server) => {
            let fixture = SqlServerFixture::new(server);
            test(&fixture).await;
            fixture.clean().await;
        }
    }
}

/// The suite's tests, each in a module of its chapter.
macro_rules! chapters {
    ($($module:ident { $($test:ident),+ $(,)? })+) => {
        $(mod $module {
            $(#[tokio::test]
            async fn $test() {
                let name = concat!(stringify!($module), "::", stringify!($test));
                super::run(name, async |fixture| super::super::$module::$test(fixture).await).await;
            })+
        })+

        /// How many tests the suite has.
        const CASES: usize = [$($(stringify!($test)),+),+].len();
    };
}
super::cases!(chapters);

#[test]
fn the_suite_ran_or_says_that_it_did_not() {
    use std::io::Write as _;
    let (word, why) = match configured() {
        Some(server) => ("RAN", format!("against {}", server.host)),
        None => ("SKIPPED", format!("{VARIABLE} is not set")),
    };
    let _ = writeln!(
        std::io::stderr(),
        "{word} {CASES} conformance tests of kind sqlserver: {why}"
    );
    const { assert!(CASES >= 49, "the suite lost tests") };
}
