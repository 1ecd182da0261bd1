//! What a row must hold when Zoom sent a record: written down here on its own, not taken from the daemon.
//!
//! Every field is in the column of its name or in `extra`; every other column is NULL; times are
//! `YYYY-MM-DDTHH:MM:SSZ`, booleans 0 or 1, `""` is kept except as a time.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::database::{Database, Row};

/// Columns that are ours and not Zoom's.
const BOOKKEEPING: &[&str] = &[
    "extra",
    "content_digest",
    "first_seen_at",
    "changed_at",
    "removed_at",
    "deleted_at",
    "erased_at",
    "valid_from",
    "valid_to",
];

/// Other spellings of a column, by table; an empty table name is every table.
const SPELLINGS: &[(&str, &str, &str)] = &[
    ("call_history", "id", "call_history_uuid"),
    ("call_element", "id", "call_element_id"),
    ("call_element", "wait_time", "waiting_time"),
    ("", "caller_acconut_code", "caller_account_code"),
];

/// Columns that hold an instant although their names do not end in `_time`.
const INSTANTS: &[&str] = &["created_at", "user_created_at"];
/// Columns that end in `_time` and hold seconds.
const SECONDS: &[&str] = &["hold_time", "waiting_time"];

/// How one table of Zoom's facts is compared.
#[derive(Clone, Debug)]
pub struct Comparison {
    table: String,
    columns: Vec<String>,
}

/// A row as it must be.
#[derive(Debug, Default)]
pub struct Expected {
    cells: Map<String, Value>,
    extra: Map<String, Value>,
}

impl Comparison {
    /// For a table of this database.
    #[must_use]
    pub fn of(database: &Database, table: &str) -> Self {
        Self {
            table: table.to_owned(),
            columns: database.columns(table),
        }
    }

    fn column<'a>(&self, field: &'a str) -> Option<&'a str> {
        let other = SPELLINGS
            .iter()
            .find(|(table, spelling, _)| (table.is_empty() || *table == self.table) && *spelling == field)
            .map(|(_, _, column)| *column);
        let known = |name: &&str| self.columns.iter().any(|column| column == name) && !BOOKKEEPING.contains(name);
        [Some(field), other].into_iter().flatten().find(known)
    }

    /// What the row of this record must hold.
    #[must_use]
    pub fn expect(&self, record: &Map<String, Value>) -> Expected {
        let mut expected = Expected::default();
        for (name, value) in record {
            match (self.column(name), value) {
                (_, Value::Null) => {}
                (Some(column), value) => expected.settle(column, name, value),
                (None, Value::Object(inner)) => self.nested(name, inner, &mut expected),
                (None, value) => drop(expected.extra.insert(name.clone(), value.clone())),
            }
        }
        expected
    }

    /// `site: {id, name}` becomes `site_id` and `site_name`; what has no such column stays under `site`.
    fn nested(&self, outer: &str, inner: &Map<String, Value>, expected: &mut Expected) {
        let mut rest = Map::new();
        let mut placed = false;
        for (name, value) in inner {
            let joined = if name.starts_with(&format!("{outer}_")) {
                name.clone()
            } else {
                format!("{outer}_{name}")
            };
            match self.column(&joined) {
                Some(column) => {
                    placed = true;
                    expected.settle(column, name, value);
                }
                None => drop(rest.insert(name.clone(), value.clone())),
            }
        }
        if !placed || !rest.is_empty() {
            expected.extra.insert(outer.to_owned(), Value::Object(rest));
        }
    }

    /// Differences between a row and what it must be; empty when there are none.
    #[must_use]
    pub fn differences(&self, expected: &Expected, row: &Row) -> Vec<String> {
        let mut differences = Vec::new();
        for column in self
            .columns
            .iter()
            .filter(|column| !BOOKKEEPING.contains(&column.as_str()))
        {
            let found = row.get(column).unwrap_or(&Value::Null);
            if let Some(number) = column.strip_suffix("_e164") {
                differences.extend(wrong_e164(column, row.get(number).unwrap_or(&Value::Null), found));
                continue;
            }
            let wanted = expected.cells.get(column).unwrap_or(&Value::Null);
            if !same(wanted, found) {
                differences.push(format!("{column} is {found}, must be {wanted}"));
            }
        }
        let extra = parsed(row.get("extra")).unwrap_or(Value::Object(Map::new()));
        if extra != Value::Object(expected.extra.clone()) {
            differences.push(format!(
                "extra is {extra}, must be {}",
                Value::Object(expected.extra.clone())
            ));
        }
        for stamp in ["first_seen_at", "changed_at"] {
            if row
                .get(stamp)
                .and_then(Value::as_str)
                .is_none_or(|time| instant(time).as_deref() != Some(time))
            {
                differences.push(format!("{stamp} is {:?}", row.get(stamp)));
            }
        }
        differences
    }

    /// Compares a record with its row.
    ///
    /// # Panics
    /// When they differ.
    pub fn assert_same(&self, record: &Map<String, Value>, row: Option<&Row>) {
        let Some(row) = row else {
            panic!("{}: there is no row of {record:?}", self.table)
        };
        let differences = self.differences(&self.expect(record), row);
        assert!(
            differences.is_empty(),
            "{}: {differences:#?}\nrecord: {}\nrow: {}",
            self.table,
            Value::Object(record.clone()),
            Value::Object(row.clone())
        );
    }
}

impl Expected {
    /// Puts a key there that Zoom did not send.
    #[must_use]
    pub fn with(mut self, column: &str, value: impl Into<Value>) -> Self {
        self.cells.insert(column.to_owned(), value.into());
        self
    }

    /// Takes a column out of the comparison of this row: whatever it holds is right.
    #[must_use]
    pub fn whatever(mut self, column: &str, row: &Row) -> Self {
        self.cells
            .insert(column.to_owned(), row.get(column).cloned().unwrap_or_default());
        self
    }

    /// Whatever else is in `extra` is right, as long as what was sent is there too.
    #[must_use]
    pub fn more_extra(mut self, row: &Row) -> Self {
        if let Some(Value::Object(found)) = parsed(row.get("extra")) {
            for (name, value) in found {
                self.extra.entry(name).or_insert(value);
            }
        }
        self
    }

    fn settle(&mut self, column: &str, name: &str, value: &Value) {
        let is_instant = INSTANTS.contains(&column) || (column.ends_with("_time") && !SECONDS.contains(&column));
        let cell = match value {
            Value::Null => return,
            Value::String(text) if is_instant && text.is_empty() => return,
            Value::String(text) if is_instant => match instant(text) {
                Some(time) => Value::from(time),
                None => {
                    self.extra.insert(name.to_owned(), value.clone());
                    return;
                }
            },
            Value::Bool(truth) => Value::from(u8::from(*truth)),
            other => other.clone(),
        };
        self.cells.insert(column.to_owned(), cell);
    }
}

/// Lists and objects are stored as JSON text, in whatever spacing.
fn same(wanted: &Value, found: &Value) -> bool {
    match wanted {
        Value::Array(_) | Value::Object(_) => parsed(Some(found)).as_ref() == Some(wanted),
        _ => wanted == found,
    }
}

fn parsed(cell: Option<&Value>) -> Option<Value> {
    serde_json::from_str(cell?.as_str()?).ok()
}

/// The stored form of an instant.
fn instant(text: &str) -> Option<String> {
    let time: Timestamp = text.parse().ok()?;
    Timestamp::from_second(time.as_second())
        .ok()
        .map(|time| time.to_string())
}

/// A number that was sent in E.164 has that form; any other has it or has none.
fn wrong_e164(column: &str, sent: &Value, found: &Value) -> Option<String> {
    let is_e164 = |text: &str| {
        let digits = text.strip_prefix('+').unwrap_or_default();
        (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0')
    };
    let right = match (sent.as_str(), found) {
        (Some(sent), Value::String(found)) if is_e164(sent) => found == sent,
        (Some(sent), Value::Null) => !is_e164(sent),
        (Some(_), Value::String(found)) => is_e164(found),
        (None, Value::Null) => true,
        _ => false,
    };
    (!right).then(|| format!("{column} is {found} for the number {sent}"))
}

/// An object, whatever it was.
#[must_use]
pub fn fields(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Comparison, fields};
    use serde_json::json;

    fn calls() -> Comparison {
        let columns = [
            "call_history_uuid",
            "answer_time",
            "international",
            "site_id",
            "site_name",
            "number",
            "number_e164",
        ];
        Comparison {
            table: "call_history".into(),
            columns: columns
                .iter()
                .chain(super::BOOKKEEPING)
                .map(|&name| name.to_owned())
                .collect(),
        }
    }

    fn differences(record: serde_json::Value, row: serde_json::Value) -> Vec<String> {
        let mut row = fields(&row);
        for stamp in ["first_seen_at", "changed_at"] {
            row.insert(stamp.into(), json!("2026-01-01T00:00:00Z"));
        }
        calls().differences(&calls().expect(&fields(&record)), &row)
    }

    #[test]
    fn a_faithful_row_has_no_differences() {
        let record = json!({
            "id": "a", "answer_time": "2026-01-01T01:00:00.5+01:00", "international": true, "number": "+14155550100",
            "site": {"id": "s", "name": "", "zip": 1}, "new": [1],
        });
        let row = json!({
            "call_history_uuid": "a", "answer_time": "2026-01-01T00:00:00Z", "international": 1, "number": "+14155550100",
            "number_e164": "+14155550100", "site_id": "s", "site_name": "", "extra": "{\"new\":[1],\"site\":{\"zip\":1}}",
        });
        assert_eq!(differences(record, row), Vec::<String>::new());
    }

    #[test]
    fn every_kind_of_difference_is_seen() {
        let row = json!({"call_history_uuid": "a"});
        for record in [
            json!({"id": "b"}),
            json!({"id": "a", "international": false}),
            json!({"id": "a", "site": {"name": ""}}),
            json!({"id": "a", "new": 0}),
            json!({"id": "a", "answer_time": "2026-01-01T00:00:00Z"}),
        ] {
            assert_eq!(differences(record.clone(), row.clone()).len(), 1, "{record}");
        }
        assert_eq!(
            differences(json!({"id": "a", "answer_time": ""}), row.clone()),
            Vec::<String>::new()
        );
        let too_much = json!({"call_history_uuid": "a", "site_id": "", "extra": "{\"x\":1}", "number_e164": "+1"});
        assert_eq!(differences(json!({"id": "a"}), too_much).len(), 3);
    }
}
