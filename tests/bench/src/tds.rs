//! The least that could possibly be done over TDS: bulk load into a temporary table, one set-based insert, a
//! transaction a batch.

use callsyncd::{
    config::model::{SecretSource, Server, ServerKind, SqlLogin, SqlServer, SqlServerEndpoint, Tls},
    domain::{
        account::AccountId,
        call::CALL_HISTORY,
        table::{Kind, Row, Value},
    },
    ports::records::{Owner, RecordServers as _},
    record_store::Servers,
};
use tiberius::{AuthMethod, Client, ColumnData, Config, EncryptionLevel, TokenRow, time};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt as _};

use crate::Outcome;

/// Names the server: `host=…;port=…;user=…;password=…;tls=…`.
pub const VARIABLE: &str = "CALLSYNC_TEST_SQLSERVER";

/// The server that the environment names.
#[must_use]
pub fn configured() -> Option<SqlServer> {
    let text = std::env::var(VARIABLE).ok().filter(|text| !text.trim().is_empty())?;
    let value = |key: &str| value(&text, key).to_owned();
    Some(SqlServer {
        host: value("host"),
        endpoint: SqlServerEndpoint::Port(value("port").parse().unwrap_or(1433)),
        login: SqlLogin::Sql {
            user: value("user"),
            password: value("password").into(),
            password_source: SecretSource::Credential("bench".to_owned()),
        },
        tls: if value("tls") == "off" {
            Tls::Off
        } else {
            Tls::TrustServerCertificate
        },
        ca_file: None,
    })
}

fn value<'a>(text: &'a str, key: &str) -> &'a str {
    text.split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == key)
        .map_or("", |(_, value)| value)
}

/// One server of our record store.
#[must_use]
pub fn servers(kind: ServerKind) -> Servers {
    let server = Server {
        name: "bench".to_owned(),
        kind,
    };
    Servers::new(vec![server], std::sync::Arc::new(callsyncd::domain::clock::SystemClock))
}

/// Whose databases of a benchmark are.
#[must_use]
pub fn owner() -> Owner {
    Owner {
        account: AccountId("bench".to_owned()),
        zoom_account_id: None,
    }
}

/// Makes a database with our schema: the same keys and indexes, to be filled by hand.
///
/// # Errors
/// The server refuses.
pub async fn make_database(server: SqlServer, name: &str) -> Outcome<()> {
    let servers = servers(ServerKind::SqlServer(server));
    servers.create("bench", name, &owner(), false).await?;
    servers.close_all().await;
    Ok(())
}

/// Takes databases away again.
///
/// # Errors
/// The server refuses.
pub async fn drop_databases(names: &[String]) -> Outcome<()> {
    let mut master = connect("master").await?;
    for name in names {
        master
            .simple_query(format!("DROP DATABASE [{name}]"))
            .await?
            .into_results()
            .await?;
    }
    Ok(())
}

/// Connects to a database of the server that the environment names.
///
/// # Errors
/// None is named, or it does not answer.
pub async fn connect(database: &str) -> Outcome<Client<Compat<TcpStream>>> {
    let server = configured().ok_or("no server is named")?;
    let mut config = Config::new();
    config.host(&server.host);
    if let SqlServerEndpoint::Port(port) = server.endpoint {
        config.port(port);
    }
    config.database(database);
    config.packet_size(16_384);
    let text = std::env::var(VARIABLE)?;
    config.authentication(AuthMethod::sql_server(value(&text, "user"), value(&text, "password")));
    if server.tls == Tls::Off {
        config.encryption(EncryptionLevel::NotSupported);
    } else {
        config.trust_cert();
    }
    let tcp = TcpStream::connect(config.get_addr()).await?;
    tcp.set_nodelay(true)?;
    Ok(Client::connect(config, tcp.compat_write()).await?)
}

/// Calls going into a database with our schema.
pub struct ByHand {
    client: Client<Compat<TcpStream>>,
    insert: String,
}

impl ByHand {
    /// Connects and makes the temporary table.
    ///
    /// # Errors
    /// The server does not answer or refuses.
    pub async fn open(database: &str) -> Outcome<Self> {
        let mut client = connect(database).await?;
        let columns: Vec<String> = CALL_HISTORY
            .columns
            .iter()
            .map(|column| format!("[{}]", column.name))
            .collect();
        let columns = format!("{}, content_digest", columns.join(", "));
        let stage = format!("SELECT {columns} INTO #bare FROM dbo.call_history WHERE 1 = 0");
        client.simple_query(stage).await?.into_results().await?;
        let insert = format!(
            "INSERT INTO dbo.call_history ({columns}, first_seen_at, changed_at)
             SELECT {columns}, SYSUTCDATETIME(), SYSUTCDATETIME() FROM #bare s
             WHERE NOT EXISTS (SELECT 1 FROM dbo.call_history t WHERE t.call_history_uuid = s.call_history_uuid);
             COMMIT TRANSACTION; TRUNCATE TABLE #bare"
        );
        Ok(Self { client, insert })
    }

    /// Commits rows of our own.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn rows(&mut self, rows: &[Row]) -> Outcome<()> {
        fn cells(row: &Row) -> Vec<ColumnData<'_>> {
            let Row { values, digest, .. } = row;
            let values = values.iter().zip(CALL_HISTORY.columns);
            let mut cells: Vec<ColumnData<'_>> = values.map(|(value, column)| typed(value, column.kind)).collect();
            cells.push(ColumnData::Binary(Some(digest.as_slice().into())));
            cells
        }
        self.batch(rows.iter().map(cells)).await
    }

    /// Commits rows as Zoom sends them.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn json(&mut self, rows: &[serde_json::Value]) -> Outcome<()> {
        fn cells(row: &serde_json::Value) -> Vec<ColumnData<'_>> {
            let columns = CALL_HISTORY.columns.iter();
            let mut cells: Vec<ColumnData<'_>> = columns.map(|column| sent(row, column.name, column.kind)).collect();
            cells.push(ColumnData::Binary(Some([0_u8; 16].to_vec().into())));
            cells
        }
        self.batch(rows.iter().map(cells)).await
    }

    async fn batch<'r>(&mut self, rows: impl Iterator<Item = Vec<ColumnData<'r>>>) -> Outcome<()> {
        self.client
            .simple_query("BEGIN TRANSACTION")
            .await?
            .into_results()
            .await?;
        let mut load = self.client.bulk_insert("#bare").await?;
        for row in rows {
            let mut cells = TokenRow::with_capacity(row.len());
            for cell in row {
                cells.push(cell);
            }
            load.send(cells).await?;
        }
        load.finalize().await?;
        self.client
            .simple_query(self.insert.as_str())
            .await?
            .into_results()
            .await?;
        Ok(())
    }
}

fn typed(value: &Value, kind: Kind) -> ColumnData<'_> {
    match value {
        Value::Text(text) => ColumnData::String(Some(text.into())),
        Value::Integer(number) => ColumnData::I64(Some(*number)),
        Value::Boolean(value) => ColumnData::Bit(Some(*value)),
        Value::Time(at) => instant(*at),
        Value::Null => nothing(kind),
    }
}

fn sent<'r>(row: &'r serde_json::Value, name: &str, kind: Kind) -> ColumnData<'r> {
    use serde_json::Value as Json;
    match (&row[name], kind) {
        (Json::String(text), Kind::Time) => text.parse().map_or_else(|_| nothing(kind), instant),
        (Json::String(text), Kind::Id | Kind::Text) => ColumnData::String(Some(text.as_str().into())),
        (Json::Number(number), Kind::Integer) => ColumnData::I64(number.as_i64()),
        (Json::Bool(value), Kind::Boolean) => ColumnData::Bit(Some(*value)),
        _ => nothing(kind),
    }
}

fn instant<'r>(at: jiff::Timestamp) -> ColumnData<'r> {
    let (days, seconds) = (at.as_second() / 86_400 + 719_162, at.as_second() % 86_400);
    let date = time::Date::new(u32::try_from(days).unwrap_or_default());
    let clock = time::Time::new(u64::try_from(seconds).unwrap_or_default(), 0);
    ColumnData::DateTime2(Some(time::DateTime2::new(date, clock)))
}

fn nothing<'r>(kind: Kind) -> ColumnData<'r> {
    match kind {
        Kind::Time => ColumnData::DateTime2(None),
        Kind::Integer => ColumnData::I64(None),
        Kind::Boolean => ColumnData::Bit(None),
        Kind::Id | Kind::Text | Kind::Json => ColumnData::String(None),
    }
}
