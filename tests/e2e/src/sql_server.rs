//! A database server over TDS for tests, when one is named in the environment, and its databases as a reporting tool
//! would see them.

use std::{collections::HashMap, path::Path, process::Command};

use jiff::Timestamp;
use rusqlite::{Connection, params_from_iter, types::Value as Cell};
use tiberius::{AuthMethod, Client, ColumnData, Config, EncryptionLevel, Row};
use tokio::{net::TcpStream, runtime::Runtime};
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt as _};

use crate::{configuration::write_secret, database::Database, skipping::skip, world::World};

/// Names the server: `host=…;port=…;user=…;password=…;tls=…`.
const SERVER: &str = "CALLSYNC_TEST_SQLSERVER";
/// Program that ends the server as a power cut would, and the one that starts it again.
const CRASH: &str = "CALLSYNC_TEST_SQLSERVER_CRASH";
const START: &str = "CALLSYNC_TEST_SQLSERVER_START";

/// Seconds from 0001-01-01 to 1970-01-01.
const EPOCH: i64 = 719_162 * 86_400;

/// The server under test.
#[derive(Debug)]
pub struct SqlServer {
    values: HashMap<String, String>,
    runtime: Runtime,
}

impl SqlServer {
    /// The server, or `None` after saying that the test is skipped.
    ///
    /// # Panics
    /// When the variable makes no sense.
    #[must_use]
    pub fn configured() -> Option<Self> {
        let Some(text) = std::env::var(SERVER).ok().filter(|text| !text.trim().is_empty()) else {
            skip(&format!("{SERVER} is not set"));
            return None;
        };
        let pairs = text.split(';').filter(|pair| !pair.trim().is_empty());
        let values = pairs.map(|pair| {
            let (key, value) = pair.trim().split_once('=').expect("key=value");
            (key.to_owned(), value.to_owned())
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Some(Self {
            values: values.collect(),
            runtime: runtime.expect("a runtime"),
        })
    }

    fn value(&self, key: &str) -> &str {
        self.values.get(key).map_or("", String::as_str)
    }

    /// Makes the server the one that new databases of a world go to, under the name `sql1`.
    pub fn put_into(&self, world: &mut World) {
        let line = self.entry(world, "sql1", self.value("user"), self.value("password"));
        world.configuration.servers = line;
        world.configuration.primary = "sql1";
    }

    /// The server under another name and with another login, as an entry of `servers:`.
    #[must_use]
    pub fn entry(&self, world: &World, name: &str, user: &str, password: &str) -> String {
        let file = world.home().join(format!("{name}-password"));
        write_secret(&file, password);
        let tls = self.values.get("tls").map_or("verify", String::as_str);
        format!(
            "  - {{name: {name}, kind: sqlserver, host: {}, port: {}, user: {user}, password: {{file: {}}}, tls: {tls}}}\n",
            self.value("host"),
            self.value("port"),
            file.display()
        )
    }

    /// Runs a batch as the administrator. Babelfish cannot make two databases at the same instant, and sees a login whose
    /// last connection just ended as logged in still: that passes.
    ///
    /// # Panics
    /// When the server refuses it.
    pub fn execute(&self, database: &str, batch: &str) {
        let mut done = self.runtime.block_on(self.ask(database, batch));
        let passes = |said: String| {
            ["concurrently", "timeout", "currently logged in"]
                .iter()
                .any(|one| said.contains(one))
        };
        for _ in 0..200 {
            match done {
                Err(error) if passes(error.to_string()) => {
                    done = self.runtime.block_on(self.ask(database, batch));
                }
                _ => break,
            }
        }
        done.unwrap_or_else(|error| panic!("{batch}: {error}"));
    }

    /// The one number that a statement answers.
    #[must_use]
    pub fn number(&self, database: &str, sql: &str) -> i64 {
        let rows = self.rows(database, sql);
        match rows.first().and_then(|row| row.cells().next()) {
            Some((_, ColumnData::I64(Some(number)))) => *number,
            Some((_, ColumnData::I32(Some(number)))) => i64::from(*number),
            other => panic!("{sql}: {other:?}"),
        }
    }

    /// Makes a login that may do nothing yet.
    pub fn login(&self, name: &str, password: &str) {
        self.execute("master", &format!("CREATE LOGIN [{name}] WITH PASSWORD = '{password}'"));
    }

    /// Gives a database back to the administrator, and forgets the login that had it.
    pub fn forget_login(&self, name: &str, databases: &[String]) {
        for database in databases {
            let back = format!(
                "ALTER AUTHORIZATION ON DATABASE::[{database}] TO [{}]",
                self.value("user")
            );
            self.execute("master", &back);
        }
        self.execute("master", &format!("DROP LOGIN [{name}]"));
    }

    async fn connect(&self, database: &str) -> tiberius::Result<Client<Compat<TcpStream>>> {
        let mut config = Config::new();
        config.host(self.value("host"));
        config.port(self.value("port").parse().unwrap_or(1433));
        // Babelfish executes what follows a closing bracket in the name of the login packet.
        let enter_later = database.contains(']');
        config.database(if enter_later { "master" } else { database });
        config.authentication(AuthMethod::sql_server(self.value("user"), self.value("password")));
        if self.value("tls") == "off" {
            config.encryption(EncryptionLevel::NotSupported);
        } else {
            config.trust_cert();
        }
        let tcp = TcpStream::connect(config.get_addr()).await?;
        tcp.set_nodelay(true)?;
        let mut client = Client::connect(config, tcp.compat_write()).await?;
        if enter_later {
            let enter = format!("SET QUOTED_IDENTIFIER ON; USE \"{database}\"");
            client.simple_query(enter).await?.into_results().await?;
        }
        Ok(client)
    }

    async fn ask(&self, database: &str, sql: &str) -> tiberius::Result<Vec<Row>> {
        let mut client = self.connect(database).await?;
        client.simple_query(sql).await?.into_first_result().await
    }

    fn rows(&self, database: &str, sql: &str) -> Vec<Row> {
        self.runtime
            .block_on(self.ask(database, sql))
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Drops databases that a test made; one that is in use stays.
    pub fn drop_databases(&self, names: &[String]) {
        for name in names {
            // In double quotes, because Babelfish does not know a closing bracket within brackets.
            let drop = format!("SET QUOTED_IDENTIFIER ON; DROP DATABASE \"{name}\"");
            let _ = self.runtime.block_on(self.ask("master", &drop));
        }
    }

    /// Every table of a database, with the values that the embedded engine would hold.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn mirror(&self, database: &str) -> Database {
        let mirror = Connection::open_in_memory().expect("memory");
        let tables =
            "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'dbo' AND TABLE_TYPE = 'BASE TABLE'";
        for table in self.rows(database, tables) {
            let table: &str = table.get(0).expect("a name");
            let listed = format!(
                "SELECT COLUMN_NAME FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = '{table}' ORDER BY ORDINAL_POSITION"
            );
            let columns: Vec<String> = self
                .rows(database, &listed)
                .iter()
                .map(|row| row.get::<&str, _>(0).expect("a name").to_owned())
                .collect();
            let named = |left: &str, right: &str| {
                let all: Vec<String> = columns.iter().map(|name| format!("{left}{name}{right}")).collect();
                all.join(", ")
            };
            let create = format!("CREATE TABLE \"{table}\" ({}); BEGIN", named("\"", "\""));
            mirror.execute_batch(&create).expect("a table");
            let marks = vec!["?"; columns.len()].join(", ");
            let mut insert = mirror
                .prepare(&format!("INSERT INTO \"{table}\" VALUES ({marks})"))
                .expect("prepared");
            for row in self.rows(database, &format!("SELECT {} FROM dbo.[{table}]", named("[", "]"))) {
                insert
                    .execute(params_from_iter(row.cells().map(|(_, cell)| plain(cell))))
                    .expect("a row");
            }
            drop(insert);
            mirror.execute_batch("COMMIT").expect("committed");
        }
        Database::of(mirror)
    }

    /// Programs that end and start the server, or `None` after saying that the test is skipped.
    #[must_use]
    pub fn breaker(&self) -> Option<(String, String)> {
        let programs = std::env::var(CRASH).ok().zip(std::env::var(START).ok());
        if programs.is_none() {
            skip(&format!("{CRASH} and {START} are not set"));
        }
        programs
    }
}

/// Runs a program of [`SqlServer::breaker`].
///
/// # Panics
/// When it fails.
pub fn run(program: &str) {
    let done = Command::new(Path::new(program)).output().expect("started");
    assert!(done.status.success(), "{program}: {done:?}");
}

fn plain(cell: &ColumnData<'_>) -> Cell {
    match cell {
        ColumnData::String(Some(text)) => Cell::Text(text.to_string()),
        ColumnData::I64(Some(number)) => Cell::Integer(*number),
        ColumnData::I32(Some(number)) => Cell::Integer(i64::from(*number)),
        ColumnData::Bit(Some(value)) => Cell::Integer(i64::from(*value)),
        ColumnData::Binary(Some(bytes)) => Cell::Blob(bytes.to_vec()),
        ColumnData::DateTime2(Some(time)) => {
            let scale = 10_u64.pow(u32::from(time.time().scale()));
            let of_day = i64::try_from(time.time().increments() / scale).unwrap_or_default();
            let seconds = i64::from(time.date().days()) * 86_400 + of_day - EPOCH;
            Timestamp::from_second(seconds).map_or(Cell::Null, |time| Cell::Text(time.to_string()))
        }
        _ => Cell::Null,
    }
}
