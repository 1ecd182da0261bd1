//! Calls as CSV that a spreadsheet opens without executing anything.

use std::{borrow::Cow, io::Write};

use serde_json::{Map, Value};

use crate::error::Failure;

/// Writes objects as rows. The first object names the columns.
pub struct CsvRows<W: Write> {
    writer: csv::Writer<W>,
    columns: Vec<String>,
}

impl<W: Write> CsvRows<W> {
    /// Rows into `target`.
    pub fn new(target: W) -> Self {
        Self {
            writer: csv::Writer::from_writer(target),
            columns: Vec::new(),
        }
    }

    /// Adds a row.
    ///
    /// A column that the first row lacked cannot be added once the header is written; leaving its value out would
    /// lose data without a word, so it is an error.
    pub fn write(&mut self, row: &Map<String, Value>) -> Result<(), Failure> {
        if self.columns.is_empty() {
            self.columns = row.keys().cloned().collect();
            let header = self.columns.iter().map(|name| harmless(name));
            self.writer
                .write_record(header.map(|name| name.into_owned()))
                .map_err(|error| failed(&error))?;
        }
        let known = self.columns.iter().filter(|column| row.contains_key(*column)).count();
        if known < row.len() {
            let stranger = row.keys().find(|name| !self.columns.contains(name));
            return Err(Failure::local(
                "unexpected_column",
                format!(
                    "A call has the column {}, which the first call of the export lacks; CSV cannot hold it. Nothing was lost: export with --format ndjson.",
                    stranger.map_or("?", String::as_str)
                ),
            ));
        }
        for column in &self.columns {
            let cell = cell(row.get(column).unwrap_or(&Value::Null));
            self.writer
                .write_field(cell.as_bytes())
                .map_err(|error| failed(&error))?;
        }
        self.writer.write_record(None::<&[u8]>).map_err(|error| failed(&error))
    }

    /// Ends the file and gives the target back.
    pub fn finish(self) -> Result<W, Failure> {
        self.writer
            .into_inner()
            .map_err(|error| Failure::written(error.error()))
    }
}

fn failed(error: &csv::Error) -> Failure {
    match error.kind() {
        csv::ErrorKind::Io(error) => Failure::written(error),
        _ => Failure::local("export_failed", format!("cannot write CSV: {error}")),
    }
}

/// A value as the text of a cell.
fn cell(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => harmless(text),
        other => Cow::Owned(other.to_string()),
    }
}

/// Spreadsheets run cells that begin like a formula; a leading apostrophe makes them text.
fn harmless(text: &str) -> Cow<'_, str> {
    // The wide forms are the same signs to a spreadsheet in Chinese, Japanese or Korean.
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if formula && !is_number(text) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// A plain signed number, or a phone number in E.164: digits after one sign, at most one point between them.
fn is_number(text: &str) -> bool {
    let Some(digits) = text.strip_prefix(['+', '-']) else {
        return false;
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole) && all_digits(fraction)
}

#[cfg(test)]
mod hostile_tests;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{CsvRows, harmless};

    fn rows(values: &[Value]) -> Result<String, ()> {
        let mut rows = CsvRows::new(Vec::new());
        for value in values {
            rows.write(value.as_object().unwrap()).map_err(|_| ())?;
        }
        Ok(String::from_utf8(rows.finish().map_err(|_| ())?).unwrap())
    }

    #[test]
    fn formulas_are_disarmed_and_phone_numbers_stay() {
        for formula in [
            "=1+1",
            "+cmd|' /C calc'!A0",
            "-2+3",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "+",
            "-",
            "+1.2.3",
            "+1 415",
            "\n=1",
            "＝1+1",
        ] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        for plain in ["+14155550111", "-5", "+1.5", "", "Jane", "1+1", "'=1"] {
            assert_eq!(harmless(plain), plain);
        }
    }

    #[test]
    fn cells_keep_commas_quotes_line_ends_and_scripts() {
        let text =
            rows(&[json!({"a": "x,\"y\"\nz", "b": null, "c": -3, "d": true, "e": {"k": 1}, "f": "李"})]).unwrap();
        assert_eq!(text, "a,b,c,d,e,f\n\"x,\"\"y\"\"\nz\",,-3,true,\"{\"\"k\"\":1}\",李\n");
    }

    #[test]
    fn missing_field_is_empty_and_strange_column_is_an_error() {
        assert_eq!(
            rows(&[json!({"a": 1, "b": 2}), json!({"b": 3})]).unwrap(),
            "a,b\n1,2\n,3\n"
        );
        assert!(rows(&[json!({"a": 1}), json!({"a": 2, "b": 3})]).is_err());
    }
}
