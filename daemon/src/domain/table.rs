//! A record as a row of a described table. One description serves the parser, both SQL engines and the views.

use jiff::Timestamp;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An id or code: compared byte by byte.
    Id,
    /// Text for people.
    Text,
    /// An instant, second precision, UTC.
    Time,
    /// A whole number of 64 bits.
    Integer,
    /// True or false.
    Boolean,
    /// A nested array or object, kept as JSON text.
    Json,
}

/// One column and where Zoom puts its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Name in the database, which is Zoom's own where Zoom has one.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Accepted spellings in Zoom's answers, best first; `site.id` is `id` within the object `site`.
    pub wire: &'static [&'static str],
}

/// A table of Zoom's facts. Bookkeeping columns (`extra`, `content_digest`, `first_seen_at` …) belong to the store.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Name in the database.
    pub name: &'static str,
    /// Columns in order; the key columns come first.
    pub columns: &'static [Column],
    /// How many of the first columns form the key.
    pub key_columns: usize,
    /// Columns from which an additional `<name>_e164` is derived.
    pub e164: &'static [&'static str],
}

impl Table {
    /// Position of a column.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The columns that identify a row.
    #[must_use]
    pub fn key(&self) -> &'static [Column] {
        &self.columns[..self.key_columns]
    }
}

/// A value of a column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Value {
    /// Absent, null, or of a type the column cannot hold (then it is in `extra`).
    #[default]
    Null,
    /// Id, text or JSON.
    Text(String),
    /// Second precision.
    Time(Timestamp),
    /// Whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
}

impl Value {
    /// The text, when it is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The instant, when it is one.
    #[must_use]
    pub fn as_time(&self) -> Option<Timestamp> {
        match self {
            Self::Time(time) => Some(*time),
            _ => None,
        }
    }
}

/// One record: values in the order of its table's columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// One value a column.
    pub values: Vec<Value>,
    /// What had no column or the wrong type: a JSON object, keys sorted.
    pub extra: Option<String>,
    /// Digest of values and extra; equal digests mean an unchanged record.
    pub digest: Digest,
}

impl Row {
    /// A value by column name.
    #[must_use]
    pub fn get(&self, table: &Table, name: &str) -> &Value {
        table
            .position(name)
            .map_or(&Value::Null, |position| &self.values[position])
    }

    /// The first key column, which is always text.
    #[must_use]
    pub fn key(&self) -> &str {
        self.values.first().and_then(Value::as_text).unwrap_or_default()
    }
}

/// First 16 bytes of a SHA-256.
pub type Digest = [u8; 16];

/// A record that cannot be stored because it has no key. It is kept aside, never dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Table it was meant for.
    pub table: &'static str,
    /// Why.
    pub reason: String,
    /// Equal for records that say the same in whatever order: such a record is kept once.
    pub digest: Digest,
    /// The record as Zoom sent it.
    pub json: String,
}

/// Rows of one answer, in Zoom's order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Records with a key.
    pub rows: Vec<Row>,
    /// Records without.
    pub rejected: Vec<Rejected>,
}
