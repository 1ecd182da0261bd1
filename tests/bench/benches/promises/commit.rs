//! How fast the record store commits calls, on both engines; on a server over TDS beside the least that could possibly
//! be done there: bulk load into a temporary table, one set-based insert, the same rows, server, run and batches.

use std::{
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use bench::sample::Sample;
use callsyncd::{
    config::model::{SecretSource, Server, ServerKind, SqlLogin, SqlServer, SqlServerEndpoint, Tls},
    domain::{
        account::AccountId,
        call::CALL_HISTORY,
        clock::SystemClock,
        table::{Kind, Row, Value},
    },
    ports::records::{CallBatch, Owner, RecordServers as _, RecordStore},
    record_store::Servers,
};
use jiff::Timestamp;
use tiberius::{AuthMethod, Client, ColumnData, Config, EncryptionLevel, TokenRow, time};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt as _};

/// Rows of one commit: a window of backfill.
const BATCH: usize = 3_000;
const BATCHES: usize = 20;
const ROUNDS: usize = 3;
const SERVER: &str = "CALLSYNC_TEST_SQLSERVER";

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A call with three columns of four filled, about 500 bytes.
fn row(round: usize, number: usize) -> Row {
    let end = 1_760_000_000 + i64::try_from(number).unwrap_or_default();
    let values = CALL_HISTORY
        .columns
        .iter()
        .enumerate()
        .map(|(position, column)| match column.kind {
            _ if position == 0 => Value::Text(format!("2026{round:04}-{number:08x}-91ce-4df5-8495-7c9e33d10869")),
            _ if position % 4 == 3 => Value::Null,
            Kind::Id | Kind::Text | Kind::Json => Value::Text(format!("{} {}", column.name, number % 1000)),
            Kind::Time => Timestamp::from_second(end).map_or(Value::Null, Value::Time),
            Kind::Integer => Value::Integer(i64::try_from(number).unwrap_or_default()),
            Kind::Boolean => Value::Boolean(number.is_multiple_of(2)),
        });
    let values: Vec<Value> = values.collect();
    let mut digest = [0; 16];
    digest[..8].copy_from_slice(&number.to_le_bytes());
    digest[8] = 1;
    Row {
        values,
        extra: None,
        digest,
    }
}

fn batches(round: usize) -> Vec<Vec<Row>> {
    let numbers = |batch: usize| batch * BATCH..(batch + 1) * BATCH;
    (0..BATCHES)
        .map(|batch| numbers(batch).map(|number| row(round, number)).collect())
        .collect()
}

async fn commit(store: &dyn RecordStore, batches: &[Vec<Row>]) -> Outcome<Duration> {
    let ready: Vec<CallBatch> = batches
        .iter()
        .map(|calls| CallBatch {
            calls: calls.clone(),
            ..CallBatch::default()
        })
        .collect();
    let started = Instant::now();
    for batch in ready {
        store.commit_calls(batch).await?;
    }
    Ok(started.elapsed())
}

async fn open(servers: &Servers, database: &str) -> Outcome<Arc<dyn RecordStore>> {
    let owner = Owner {
        account: AccountId("bench".to_owned()),
        zoom_account_id: None,
    };
    servers.create("bench", database, &owner, false).await?;
    Ok(servers.open("bench", database, &owner.account).await?)
}

fn servers(kind: ServerKind) -> Servers {
    let server = Server {
        name: "bench".to_owned(),
        kind,
    };
    Servers::new(vec![server], Arc::new(SystemClock))
}

#[expect(clippy::cast_precision_loss, reason = "a benchmark has no 2^52 rows")]
fn rate(sample: &Sample) -> f64 {
    (BATCH * BATCHES) as f64 / sample.median()
}

/// Prints the rates.
pub fn measure() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        embedded().await?;
        match configured() {
            Some(server) => over_tds(server).await,
            None => {
                println!("commit on a server over TDS: SKIPPED, {SERVER} is not set");
                Ok(())
            }
        }
    })
}

async fn embedded() -> Outcome<()> {
    let directory = std::env::temp_dir().join(format!("callsync-bench-{}", std::process::id()));
    let servers = servers(ServerKind::Sqlite {
        directory: directory.clone(),
    });
    let store = open(&servers, "commit").await?;
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        times.push(commit(&*store, &batches(round)).await?);
    }
    let again = Sample::of(1, one(commit(&*store, &batches(0)).await?));
    servers.close_all().await;
    std::fs::remove_dir_all(directory)?;
    println!(
        "commit, embedded: {:.0} new calls/s, {:.0} unchanged calls/s",
        rate(&sample(times)),
        rate(&again)
    );
    Ok(())
}

fn sample(times: Vec<Duration>) -> Sample {
    let mut times = times.into_iter();
    Sample::of(times.len(), || times.next().unwrap_or_default())
}

fn one(time: Duration) -> impl FnMut() -> Duration {
    move || time
}

async fn over_tds(server: SqlServer) -> Outcome<()> {
    let servers = servers(ServerKind::SqlServer(server.clone()));
    let id = std::process::id();
    let names = [format!("bench_store_{id}"), format!("bench_bare_{id}")];
    let store = open(&servers, &names[0]).await?;
    // The same table with the same keys and indexes, filled by hand.
    open(&servers, &names[1]).await?;
    let mut client = connect(&server, &names[1]).await?;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let batches = batches(round);
        bare.push(by_hand(&mut client, &batches).await?);
        ours.push(commit(&*store, &batches).await?);
    }
    let again = Sample::of(1, one(commit(&*store, &batches(0)).await?));
    drop(client);
    servers.close_all().await;
    let mut master = connect(&server, "master").await?;
    for name in names {
        master
            .simple_query(format!("DROP DATABASE [{name}]"))
            .await?
            .into_results()
            .await?;
    }
    let (ours, bare) = (sample(ours), sample(bare));
    println!(
        "commit over TDS: {:.0} % of a bare bulk load and insert ({:.0} of {:.0} new calls/s); {:.0} unchanged calls/s",
        100.0 * rate(&ours) / rate(&bare),
        rate(&ours),
        rate(&bare),
        rate(&again)
    );
    Ok(())
}

fn configured() -> Option<SqlServer> {
    let text = std::env::var(SERVER).ok().filter(|text| !text.trim().is_empty())?;
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

async fn connect(server: &SqlServer, database: &str) -> Outcome<Client<Compat<TcpStream>>> {
    let mut config = Config::new();
    config.host(&server.host);
    if let SqlServerEndpoint::Port(port) = server.endpoint {
        config.port(port);
    }
    config.database(database);
    config.packet_size(16_384);
    let text = std::env::var(SERVER)?;
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

fn value<'a>(text: &'a str, key: &str) -> &'a str {
    text.split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == key)
        .map_or("", |(_, value)| value)
}

fn cell(value: &Value, kind: Kind) -> ColumnData<'_> {
    match (value, kind) {
        (Value::Text(text), _) => ColumnData::String(Some(text.into())),
        (Value::Integer(number), _) => ColumnData::I64(Some(*number)),
        (Value::Boolean(value), _) => ColumnData::Bit(Some(*value)),
        (Value::Time(at), _) => {
            let (days, seconds) = (at.as_second() / 86_400 + 719_162, at.as_second() % 86_400);
            let date = time::Date::new(u32::try_from(days).unwrap_or_default());
            let clock = time::Time::new(u64::try_from(seconds).unwrap_or_default(), 0);
            ColumnData::DateTime2(Some(time::DateTime2::new(date, clock)))
        }
        (Value::Null, Kind::Time) => ColumnData::DateTime2(None),
        (Value::Null, Kind::Integer) => ColumnData::I64(None),
        (Value::Null, Kind::Boolean) => ColumnData::Bit(None),
        (Value::Null, _) => ColumnData::String(None),
    }
}

/// A transaction a batch: bulk load, then `INSERT … SELECT … WHERE NOT EXISTS`.
async fn by_hand(client: &mut Client<Compat<TcpStream>>, batches: &[Vec<Row>]) -> Outcome<Duration> {
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
    let started = Instant::now();
    for batch in batches {
        client.simple_query("BEGIN TRANSACTION").await?.into_results().await?;
        let mut load = client.bulk_insert("#bare").await?;
        for row in batch {
            let mut cells = TokenRow::with_capacity(row.values.len() + 1);
            for (value, column) in row.values.iter().zip(CALL_HISTORY.columns) {
                cells.push(cell(value, column.kind));
            }
            cells.push(ColumnData::Binary(Some(row.digest.as_slice().into())));
            load.send(cells).await?;
        }
        load.finalize().await?;
        client.simple_query(insert.as_str()).await?.into_results().await?;
    }
    let took = started.elapsed();
    client.simple_query("DROP TABLE #bare").await?.into_results().await?;
    Ok(took)
}
