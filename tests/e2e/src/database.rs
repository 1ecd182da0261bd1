//! A record database as a reporting tool sees it: read-only, beside the daemon.

use std::{collections::BTreeMap, path::Path};

use rusqlite::{Connection, OpenFlags, types::ValueRef};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// A row: numbers as numbers, text as text, blobs in hex.
pub type Row = Map<String, Value>;

/// A database that is open for reading.
#[derive(Debug)]
pub struct Database(Connection);

impl Database {
    /// Opens a file.
    ///
    /// # Panics
    /// When it cannot be opened.
    #[must_use]
    pub fn open(file: &Path) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(file, flags).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        connection
            .busy_timeout(std::time::Duration::from_secs(10))
            .expect("a busy timeout");
        Self(connection)
    }

    /// What a test has put together itself.
    #[must_use]
    pub fn of(connection: Connection) -> Self {
        Self(connection)
    }

    /// Every row of a query.
    ///
    /// # Panics
    /// When the query fails.
    #[must_use]
    pub fn rows(&self, query: &str) -> Vec<Row> {
        let mut statement = self.0.prepare(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([]).unwrap_or_else(|error| panic!("{query}: {error}"));
        let mut all = Vec::new();
        while let Some(row) = rows.next().unwrap_or_else(|error| panic!("{query}: {error}")) {
            let cells = names.iter().enumerate().map(|(position, name)| {
                let cell = row.get_ref(position).map(json).unwrap_or_default();
                (name.clone(), cell)
            });
            all.push(cells.collect());
        }
        all
    }

    /// The rows of a table by the text in one column.
    #[must_use]
    pub fn by_key(&self, table: &str, key: &str) -> BTreeMap<String, Row> {
        self.rows(&format!("SELECT * FROM \"{table}\""))
            .into_iter()
            .map(|row| (row[key].as_str().unwrap_or_default().to_owned(), row))
            .collect()
    }

    /// The only cell of the only row.
    #[must_use]
    pub fn cell(&self, query: &str) -> Value {
        let first = self.rows(query).into_iter().next().unwrap_or_default();
        first.into_iter().next().map(|(_, cell)| cell).unwrap_or_default()
    }

    /// `SELECT count(*)` of a table or a condition on it: `call_history WHERE …`.
    #[must_use]
    pub fn count(&self, what: &str) -> u64 {
        self.cell(&format!("SELECT count(*) FROM {what}"))
            .as_u64()
            .unwrap_or_default()
    }

    /// Moves whenever another connection commits a change.
    #[must_use]
    pub fn data_version(&self) -> Value {
        self.cell("PRAGMA data_version")
    }

    /// Names of the columns of a table.
    #[must_use]
    pub fn columns(&self, table: &str) -> Vec<String> {
        let info = self.rows(&format!("PRAGMA table_info(\"{table}\")"));
        info.iter()
            .map(|row| row["name"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Names of all tables.
    #[must_use]
    pub fn tables(&self) -> Vec<String> {
        let query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
        self.rows(query)
            .iter()
            .map(|row| row["name"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// One digest over every row of these tables, whatever their order in the file.
    #[must_use]
    pub fn digest(&self, tables: &[String]) -> String {
        let mut hash = Sha256::new();
        for table in tables {
            let mut rows: Vec<String> = self
                .rows(&format!("SELECT * FROM \"{table}\""))
                .into_iter()
                .map(|row| Value::Object(row).to_string())
                .collect();
            rows.sort();
            hash.update(format!("{table}\n{}\n", rows.join("\n")));
        }
        hex::encode(hash.finalize())
    }

    /// A digest of every row of these tables, whole, in order: millions of rows can be compared.
    ///
    /// # Panics
    /// When a table cannot be read.
    #[must_use]
    pub fn row_digests(&self, tables: &[&str]) -> Vec<[u8; 16]> {
        let mut all = Vec::new();
        for table in tables {
            let columns: Vec<String> = self
                .columns(table)
                .iter()
                .map(|column| format!("quote(\"{column}\")"))
                .collect();
            let query = format!("SELECT {} FROM \"{table}\"", columns.join(" || ',' || "));
            let mut statement = self
                .0
                .prepare(&query)
                .unwrap_or_else(|error| panic!("{query}: {error}"));
            let mut rows = statement.query([]).unwrap_or_else(|error| panic!("{query}: {error}"));
            while let Some(row) = rows.next().unwrap_or_else(|error| panic!("{query}: {error}")) {
                let text: &[u8] = match row.get_ref(0) {
                    Ok(ValueRef::Text(text)) => text,
                    _ => panic!("{table}: a row without a text"),
                };
                let hash = Sha256::new().chain_update(table).chain_update(text).finalize();
                all.extend(hash.first_chunk::<16>().copied());
            }
        }
        all.sort_unstable();
        all
    }

    /// What `PRAGMA integrity_check` says.
    #[must_use]
    pub fn integrity(&self) -> String {
        self.cell("PRAGMA integrity_check")
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

fn json(cell: ValueRef<'_>) -> Value {
    match cell {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned().into(),
        ValueRef::Blob(bytes) => hex::encode(bytes).into(),
    }
}
