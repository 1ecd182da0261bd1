//! How fast the record store commits calls, on both engines; on a server over TDS beside the least that could possibly
//! be done there: bulk load into a temporary table, one set-based insert, the same rows, server, run and batches.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bench::{
    Outcome,
    sample::Sample,
    scale::Scale,
    seed::{self, Keys},
    tds::{self, ByHand, configured, owner, servers},
};
use callsyncd::{
    config::model::{ServerKind, SqlServer},
    domain::{
        call::CALL_HISTORY,
        table::{Kind, Row, Value},
    },
    ports::records::{CallBatch, RecordServers as _, RecordStore},
    record_store::Servers,
};
use jiff::Timestamp;

/// Rows of one commit: a window of backfill.
const BATCH: usize = 3_000;
const BATCHES: usize = 20;
const ROUNDS: usize = 3;
/// New calls of one commit into a full database.
const CROWD: usize = 10_000;

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
    let owner = owner();
    servers.create("bench", database, &owner, false).await?;
    Ok(servers.open("bench", database, &owner.account).await?)
}

#[expect(clippy::cast_precision_loss, reason = "a benchmark has no 2^52 rows")]
fn rate(sample: &Sample) -> f64 {
    (BATCH * BATCHES) as f64 / sample.median()
}

/// Prints the rates.
pub fn measure(scale: Scale) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        embedded().await?;
        crowded(scale.pick(2_000_000, 200_000)).await?;
        match configured() {
            Some(server) => over_tds(server).await,
            None => {
                println!("  over TDS: SKIPPED, {} is not set", tds::VARIABLE);
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
        "  embedded: {:.0} new calls/s, {:.0} unchanged calls/s",
        rate(&sample(times)),
        rate(&again)
    );
    Ok(())
}

/// What a full database makes of a commit of ten thousand new calls, whose keys begin with their day as Zoom's do, or
/// are random altogether: then each of them is at home on another page of the index.
async fn crowded(stored: usize) -> Outcome<()> {
    for keys in [Keys::Dated, Keys::Random] {
        let directory = std::env::temp_dir().join(format!("callsync-bench-crowd-{}", std::process::id()));
        let place = ServerKind::Sqlite {
            directory: directory.clone(),
        };
        let servers_before = servers(place.clone());
        let store = open(&servers_before, "crowd").await?;
        commit(&*store, &[vec![row(0, 0)]]).await?;
        servers_before.close_all().await;
        drop(store);
        seed::grow(&directory.join("crowd.db"), stored, 1_000, 1_760_000_000, keys)?;
        let servers = servers(place);
        let store = servers.open("bench", "crowd", &owner().account).await?;
        let mut times = Vec::new();
        for round in 0..ROUNDS {
            let calls = (0..CROWD).map(|number| {
                let number = stored + round * CROWD + number;
                let mut call = row(round, number);
                call.values[0] = Value::Text(keys.key(number as u64, "2025-10-09"));
                call
            });
            times.push(commit(&*store, &[calls.collect()]).await?);
        }
        servers.close_all().await;
        std::fs::remove_dir_all(directory)?;
        println!(
            "  embedded, {stored} stored, {CROWD} new calls, {keys:?} keys: {}",
            sample(times)
        );
    }
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
    tds::make_database(server, &names[1]).await?;
    let mut by_hand = ByHand::open(&names[1]).await?;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let batches = batches(round);
        let started = Instant::now();
        for batch in &batches {
            by_hand.rows(batch).await?;
        }
        bare.push(started.elapsed());
        ours.push(commit(&*store, &batches).await?);
    }
    let again = Sample::of(1, one(commit(&*store, &batches(0)).await?));
    drop(by_hand);
    servers.close_all().await;
    tds::drop_databases(&names).await?;
    let (ours, bare) = (sample(ours), sample(bare));
    println!(
        "  over TDS: {:.0} % of a bare bulk load and insert ({:.0} of {:.0} new calls/s); {:.0} unchanged calls/s",
        100.0 * rate(&ours) / rate(&bare),
        rate(&ours),
        rate(&bare),
        rate(&again)
    );
    Ok(())
}
