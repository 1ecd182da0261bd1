//! The least that could possibly collect: fetch a page, parse it, insert its rows, in large transactions.

use std::{
    error::Error,
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{Connection, params_from_iter, types::Value as Cell};
use serde_json::{Map, Value};

/// Rows of one transaction.
const LARGE: usize = 30_000;
const PAGE: &str = "300";

/// Where to fetch and as whom.
#[derive(Debug)]
pub struct Source {
    http: reqwest::Client,
    api: String,
    token: String,
}

/// What was done and how long it took.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub records: usize,
    pub took: Duration,
}

impl Source {
    /// Asks the simulator for a server-to-server token.
    ///
    /// # Errors
    /// The simulator does not give one.
    pub async fn open(base_url: &str, client: (&str, &str), account_id: &str) -> Result<Self, Box<dyn Error>> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let url = format!("{base_url}/oauth/token?grant_type=account_credentials&account_id={account_id}");
        let answer = http
            .post(url)
            .basic_auth(client.0, Some(client.1))
            .send()
            .await?
            .error_for_status()?;
        let body: Value = serde_json::from_slice(&answer.bytes().await?)?;
        let token = body["access_token"].as_str().ok_or("no access token")?.to_owned();
        Ok(Self {
            http,
            api: format!("{base_url}/v2/phone/call_history"),
            token,
        })
    }

    async fn page(&self, from: &str, to: &str, next: &str) -> Result<Value, Box<dyn Error>> {
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

    /// Fetches every page of these spans and does `with` each row.
    ///
    /// # Errors
    /// A page could not be had.
    pub async fn fetch(
        &self,
        spans: &[(String, String)],
        mut with: impl FnMut(&Map<String, Value>) -> Result<(), Box<dyn Error>>,
    ) -> Result<(), Box<dyn Error>> {
        for (from, to) in spans {
            let mut next = String::new();
            loop {
                let page = self.page(from, to, &next).await?;
                for row in page["call_history"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_object)
                {
                    with(row)?;
                }
                page["next_page_token"]
                    .as_str()
                    .unwrap_or_default()
                    .clone_into(&mut next);
                if next.is_empty() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Collects the spans into a new database with these columns, the first of which is the key.
    ///
    /// # Errors
    /// A page or a row failed.
    pub async fn collect(
        &self,
        spans: &[(String, String)],
        columns: &[String],
        file: &Path,
    ) -> Result<Run, Box<dyn Error>> {
        let started = Instant::now();
        let connection = Connection::open(file)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "normal")?;
        let key = columns.first().ok_or("no columns")?;
        connection.execute_batch(&format!(
            "CREATE TABLE call_history (\"{}\", PRIMARY KEY (\"{key}\")); BEGIN",
            columns.join("\", \"")
        ))?;
        let marks = vec!["?"; columns.len()].join(", ");
        let mut insert = connection.prepare(&format!("INSERT OR REPLACE INTO call_history VALUES ({marks})"))?;
        let mut records = 0;
        self.fetch(spans, |row| {
            insert.execute(params_from_iter(columns.iter().map(|column| cell(row.get(column)))))?;
            records += 1;
            if records % LARGE == 0 {
                connection.execute_batch("COMMIT; BEGIN")?;
            }
            Ok(())
        })
        .await?;
        connection.execute_batch("COMMIT")?;
        Ok(Run {
            records,
            took: started.elapsed(),
        })
    }
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

fn cell(value: Option<&Value>) -> Cell {
    match value {
        None | Some(Value::Null) => Cell::Null,
        Some(Value::Bool(truth)) => Cell::Integer(i64::from(*truth)),
        Some(Value::Number(number)) => number.as_i64().map_or(Cell::Null, Cell::Integer),
        Some(Value::String(text)) => Cell::Text(text.clone()),
        Some(other) => Cell::Text(other.to_string()),
    }
}
