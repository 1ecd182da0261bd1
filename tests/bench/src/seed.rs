//! Years of calls, put straight into a database file with our schema while the daemon is stopped.

use std::path::Path;

use rusqlite::{Connection, ToSql as _, types::Value};

use crate::Outcome;

/// Calls of one transaction.
const CHUNK: usize = 500_000;
/// Spreads keys within a day as random ones would be; any odd number of that size will do.
const SCATTER: u64 = 0x9E37_79B9_7F4A_7C15;

/// How keys look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// As Zoom's: the day, then something random.
    Dated,
    /// Random from the first character on.
    Random,
}

/// Makes a file hold `total` calls more than it was given by the daemon. They end
/// evenly spread over `days` until `until`, in seconds since 1970, and are copies of a collected call but for keys,
/// times and numbers.
///
/// # Errors
/// The file cannot be written, or holds no call to copy.
pub fn grow(file: &Path, total: usize, days: u32, until: i64, keys: Keys) -> Outcome<()> {
    let connection = Connection::open(file)?;
    // What a crash would cost here is a benchmark.
    connection.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;",
    )?;
    let mut template = connection.prepare(
        "SELECT * FROM call_history WHERE deleted_at IS NULL
         ORDER BY length(coalesce(caller_name, '')) + length(coalesce(callee_name, '')) DESC LIMIT 1",
    )?;
    let names: Vec<String> = template.column_names().map(str::to_owned).collect();
    let copied: Vec<Value> = template.query_row([], |row| (0..names.len()).map(|column| row.get(column)).collect())?;
    drop(template);
    let place = |name: &str| names.iter().position(|column| column == name).map(|at| at + 1);
    let places = [
        "call_history_uuid",
        "call_id",
        "start_time",
        "answer_time",
        "end_time",
        "duration",
        "caller_did_number",
        "caller_did_number_e164",
        "content_digest",
    ];
    let places: Vec<usize> = places.iter().filter_map(|name| place(name)).collect();
    let marks: Vec<String> = (1..=names.len()).map(|number| format!("?{number}")).collect();
    let mut insert = connection.prepare(&format!(
        "INSERT INTO call_history ({}) VALUES ({})",
        names.join(", "),
        marks.join(", ")
    ))?;
    for (column, value) in copied.iter().enumerate() {
        insert.raw_bind_parameter(column + 1, value)?;
    }
    let seconds = i64::from(days) * 86_400;
    let begin = until - seconds;
    for from in (0..total).step_by(CHUNK) {
        connection.execute_batch("BEGIN")?;
        for number in from..total.min(from + CHUNK) {
            let share = i128::from(seconds) * number as i128 / total as i128;
            let end = begin + i64::try_from(share)?;
            let varied = values(number as u64, end, keys)?;
            for (place, value) in places.iter().zip(&varied) {
                insert.raw_bind_parameter(*place, value.to_sql()?)?;
            }
            insert.raw_execute()?;
        }
        connection.execute_batch("COMMIT")?;
    }
    drop(insert);
    connection.execute(
        "UPDATE collection_counter SET value = value + ?1 WHERE name = 'records'",
        [i64::try_from(total)?],
    )?;
    connection.execute_batch("PRAGMA journal_mode = WAL;")?;
    Ok(())
}

impl Keys {
    /// The key of a call that ended then (RFC 3339).
    #[must_use]
    pub fn key(self, number: u64, ended: &str) -> String {
        let random = format!(
            "{:08x}-91ce-4df5-8495-{number:012x}",
            number.wrapping_mul(SCATTER) >> 32
        );
        match self {
            Self::Dated => format!("{}-{random}", ended.get(..10).unwrap_or_default().replace('-', "")),
            Self::Random => random,
        }
    }
}

/// In the order of the varied columns.
fn values(number: u64, end: i64, keys: Keys) -> Outcome<[Value; 9]> {
    let scattered = number.wrapping_mul(SCATTER);
    let time = |at: i64| -> Outcome<String> { Ok(jiff::Timestamp::from_second(at)?.to_string()) };
    let ended = time(end)?;
    let talk = i64::try_from(scattered % 600)?;
    let phone = format!("+1415{:07}", scattered % 10_000_000);
    let mut digest = scattered.to_le_bytes().to_vec();
    digest.extend(number.to_le_bytes());
    Ok([
        Value::Text(keys.key(number, &ended)),
        Value::Text(format!("7{:018}", scattered % 1_000_000_000_000_000_000)),
        Value::Text(time(end - talk - 8)?),
        Value::Text(time(end - talk)?),
        Value::Text(ended),
        Value::Integer(talk),
        Value::Text(phone.clone()),
        Value::Text(phone),
        Value::Blob(digest),
    ])
}
