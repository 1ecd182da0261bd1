//! The least that could possibly collect, as a process of its own: fetch a page, parse it with `serde_json`, insert its
//! rows, in large transactions. It keeps no books, repeats nothing, recovers from nothing.

use std::{
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rusqlite::{Connection, params_from_iter, types::Value as Cell};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Outcome,
    process::{memory, processor_time},
    tds::ByHand,
};

/// The argument that makes a program of this package the bare one.
pub const ARGUMENT: &str = "bare";
/// Rows of one transaction.
const LARGE: usize = 30_000;
const PAGE: &str = "300";

/// What to fetch, as whom, and where to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// Of the simulator.
    pub base_url: String,
    /// Of the app.
    pub client_id: String,
    /// Of the app.
    pub client_secret: String,
    /// At Zoom.
    pub account_id: String,
    /// First and last day of each listing.
    pub spans: Vec<(String, String)>,
    /// Where the rows go.
    pub target: Target,
}

/// Where rows go.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Target {
    /// Nowhere: only so that the simulator has written every record once.
    Nowhere,
    /// A new SQLite file with these columns, the first of which is the key.
    Sqlite { file: PathBuf, columns: Vec<String> },
    /// The calls of a database with our schema, on the server that the environment names.
    SqlServer { database: String },
}

/// What was done and what it took.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Run {
    /// Rows.
    pub records: usize,
    /// From the first request to the last commit.
    pub took: Duration,
    /// Processor time of the process.
    pub processor: Duration,
    /// Most memory of the process, in MiB.
    pub peak: f64,
}

impl Run {
    /// Records a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a benchmark has no 2^52 records")]
        let records = self.records as f64;
        records / self.took.as_secs_f64()
    }
}

impl Order {
    /// Has it carried out by another process of this program.
    ///
    /// # Errors
    /// It failed.
    pub fn carry_out(&self) -> Outcome<Run> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut input = child.stdin.take().ok_or("no stdin")?;
        input.write_all(serde_json::to_string(self)?.as_bytes())?;
        drop(input);
        let output = child.wait_with_output()?;
        if !output.status.success() {
            return Err(format!("the bare program ended with {}", output.status).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

/// The bare program: an order on stdin, what it took on stdout.
///
/// # Errors
/// It could not be carried out.
pub fn program() -> Outcome<()> {
    let order: Order = serde_json::from_reader(std::io::stdin())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let run = runtime.block_on(collect(&order))?;
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&run)?)?;
    Ok(())
}

async fn collect(order: &Order) -> Outcome<Run> {
    let source = Source::open(order).await?;
    let started = Instant::now();
    let mut sink = Sink::open(&order.target).await?;
    let mut records = 0;
    for (from, to) in &order.spans {
        let mut next = String::new();
        loop {
            let page = source.page(from, to, &next).await?;
            let rows = page["call_history"].as_array().map_or(&[][..], Vec::as_slice);
            records += rows.len();
            sink.take(rows).await?;
            page["next_page_token"]
                .as_str()
                .unwrap_or_default()
                .clone_into(&mut next);
            if next.is_empty() {
                break;
            }
        }
    }
    sink.finish().await?;
    let pid = std::process::id();
    Ok(Run {
        records,
        took: started.elapsed(),
        processor: processor_time(pid),
        peak: memory(pid, "VmHWM"),
    })
}

struct Source {
    http: reqwest::Client,
    api: String,
    token: String,
}

impl Source {
    /// Asks the simulator for a server-to-server token.
    async fn open(order: &Order) -> Outcome<Self> {
        // Fails when the process has a provider already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder().no_proxy().build()?;
        let url = format!(
            "{}/oauth/token?grant_type=account_credentials&account_id={}",
            order.base_url, order.account_id
        );
        let answer = http
            .post(url)
            .basic_auth(&order.client_id, Some(&order.client_secret))
            .send()
            .await?
            .error_for_status()?;
        let body: Value = serde_json::from_slice(&answer.bytes().await?)?;
        let token = body["access_token"].as_str().ok_or("no access token")?.to_owned();
        let api = format!("{}/v2/phone/call_history", order.base_url);
        Ok(Self { http, api, token })
    }

    async fn page(&self, from: &str, to: &str, next: &str) -> Outcome<Value> {
        let mut url = format!("{}?page_size={PAGE}&from={from}&to={to}&time_type=end_time", self.api);
        if !next.is_empty() {
            url = format!("{url}&next_page_token={next}");
        }
        let answer = self
            .http
            .get(url)
            .bearer_auth(&self.token)
            .send()
            .await?
            .error_for_status()?;
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }
}

enum Sink {
    Nowhere,
    Sqlite(Embedded),
    SqlServer(Box<OverTds>),
}

struct Embedded {
    connection: Connection,
    columns: Vec<String>,
    insert: String,
    pending: usize,
}

struct OverTds {
    load: ByHand,
    pending: Vec<Value>,
}

impl Sink {
    async fn open(target: &Target) -> Outcome<Self> {
        Ok(match target {
            Target::Nowhere => Self::Nowhere,
            Target::Sqlite { file, columns } => {
                let connection = Connection::open(file)?;
                connection.pragma_update(None, "journal_mode", "wal")?;
                connection.pragma_update(None, "synchronous", "normal")?;
                let key = columns.first().ok_or("no columns")?;
                let quoted = columns.join("\", \"");
                connection.execute_batch(&format!(
                    "CREATE TABLE call_history (\"{quoted}\", PRIMARY KEY (\"{key}\")); BEGIN"
                ))?;
                let marks = vec!["?"; columns.len()].join(", ");
                Self::Sqlite(Embedded {
                    connection,
                    columns: columns.clone(),
                    insert: format!("INSERT OR REPLACE INTO call_history VALUES ({marks})"),
                    pending: 0,
                })
            }
            Target::SqlServer { database } => Self::SqlServer(Box::new(OverTds {
                load: ByHand::open(database).await?,
                pending: Vec::new(),
            })),
        })
    }

    async fn take(&mut self, rows: &[Value]) -> Outcome<()> {
        match self {
            Self::Nowhere => Ok(()),
            Self::Sqlite(embedded) => embedded.take(rows),
            Self::SqlServer(over_tds) => {
                over_tds.pending.extend_from_slice(rows);
                if over_tds.pending.len() >= LARGE {
                    over_tds.commit().await?;
                }
                Ok(())
            }
        }
    }

    async fn finish(self) -> Outcome<()> {
        match self {
            Self::Nowhere => Ok(()),
            Self::Sqlite(embedded) => Ok(embedded.connection.execute_batch("COMMIT")?),
            Self::SqlServer(mut over_tds) => over_tds.commit().await,
        }
    }
}

impl Embedded {
    fn take(&mut self, rows: &[Value]) -> Outcome<()> {
        let mut insert = self.connection.prepare_cached(&self.insert)?;
        for row in rows {
            insert.execute(params_from_iter(
                self.columns.iter().map(|column| cell(row.get(column))),
            ))?;
        }
        self.pending += rows.len();
        if self.pending >= LARGE {
            self.connection.execute_batch("COMMIT; BEGIN")?;
            self.pending = 0;
        }
        Ok(())
    }
}

impl OverTds {
    async fn commit(&mut self) -> Outcome<()> {
        self.load.json(&self.pending).await?;
        self.pending.clear();
        Ok(())
    }
}

fn cell(value: Option<&Value>) -> Cell {
    match value {
        None | Some(Value::Null) => Cell::Null,
        Some(Value::Bool(truth)) => Cell::Integer(i64::from(*truth)),
        Some(Value::Number(number)) => number.as_i64().map_or(Cell::Null, Cell::Integer),
        Some(Value::String(text)) => Cell::Text(text.clone()),
        Some(other) => Cell::Text(other.to_string()),
    }
}
