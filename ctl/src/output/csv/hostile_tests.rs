//! Hostile calls as CSV: every cell comes back as it was, and none begins like a formula.

use hostile::Target;
use serde_json::{Map, Value};

use super::CsvRows;

/// What spreadsheets take for the beginning of a formula, or skip before one.
const DANGEROUS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

fn is_signed_number(cell: &str) -> bool {
    let digits = cell.strip_prefix(['+', '-']).unwrap_or_default();
    digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.ends_with(|last: char| last.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
        && digits.matches('.').count() <= 1
}

#[test]
fn hostile_cells_survive_and_no_spreadsheet_runs_them() {
    let target = Target::new("csv")
        .seed(r#"[{"caller_name":"=1+1","callee_name":"+cmd|' /C calc'!A0","n":-3,"x":{"a":"@SUM(A1)"}}]"#)
        .seed(
            r#"[{"a":"\t=1","b":"\r=1","c":"\n=1","d":"＝1"},{"a":"x,\"y\"\nz","b":null,"c":true,"d":"+14155550111"}]"#,
        )
        .seed(r#"[{"=1+1":"-2","":"é"},{"=1+1":1.5e300}]"#)
        .brief(1_500);
    target.attack(|input| {
        let Ok(rows) = serde_json::from_slice::<Vec<Map<String, Value>>>(input) else {
            return;
        };
        let Some(columns) = rows.first().map(|first| first.keys().cloned().collect::<Vec<String>>()) else {
            return;
        };
        let mut writer = CsvRows::new(Vec::new());
        let mut written = Vec::new();
        for row in &rows {
            if writer.write(row).is_ok() {
                written.push(row);
            }
        }
        if columns.is_empty() {
            return;
        }
        let text = writer.finish().unwrap_or_else(|_| panic!("a file in memory"));
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(text.as_slice());
        let read: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("CSV")).collect();
        assert_eq!(read.len(), written.len() + 1);
        for cell in read.iter().flatten() {
            assert!(!cell.starts_with(DANGEROUS) || is_signed_number(cell), "{cell:?}");
        }
        for (row, record) in written.iter().zip(&read[1..]) {
            for (column, cell) in columns.iter().zip(record) {
                let sent = match row.get(column).unwrap_or(&Value::Null) {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                assert!(
                    cell == sent || cell.strip_prefix('\'') == Some(&sent),
                    "{cell:?} was {sent:?}"
                );
            }
        }
    });
}
