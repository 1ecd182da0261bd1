//! The schema model as SQLite statements. What is executed and what `create-database --dry-run` prints is the same text.

use std::fmt::Write as _;

use crate::{
    domain::table::Kind,
    record_store::schema::{self, ColumnModel, IndexModel, Storage, TableModel},
};

/// Type of a column. Not a STRICT table: the sqlite3 shell of RHEL 9 (3.34) could not read the file.
fn type_of(storage: Storage) -> &'static str {
    match storage {
        Storage::Fact(Kind::Id | Kind::Text | Kind::Time | Kind::Json) => "TEXT",
        Storage::Fact(Kind::Integer | Kind::Boolean) => "INTEGER",
        Storage::Digest => "BLOB",
        Storage::RowNumber => "INTEGER PRIMARY KEY AUTOINCREMENT",
    }
}

/// What the type alone does not say.
fn remark(storage: Storage) -> &'static str {
    match storage {
        Storage::Fact(Kind::Time) => "-- UTC, YYYY-MM-DDTHH:MM:SSZ",
        Storage::Fact(Kind::Boolean) => "-- 0 or 1",
        Storage::Fact(Kind::Json) => "-- JSON",
        Storage::Digest => "-- first 16 bytes of a SHA-256",
        Storage::Fact(Kind::Id | Kind::Text | Kind::Integer) | Storage::RowNumber => "",
    }
}

fn column(column: &ColumnModel, comma: &str) -> String {
    let required = if column.required && column.storage != Storage::RowNumber {
        " NOT NULL"
    } else {
        ""
    };
    let line = format!(
        "  {} {}{required}{comma} {}",
        column.name,
        type_of(column.storage),
        remark(column.storage)
    );
    format!("{}\n", line.trim_end())
}

fn table(table: &TableModel) -> String {
    let mut sql = format!("CREATE TABLE {} (\n  -- {}\n", table.name, table.purpose);
    let numbered = table.columns.iter().any(|column| column.storage == Storage::RowNumber);
    let last = table.columns.len() - 1;
    for (position, described) in table.columns.iter().enumerate() {
        let comma = if position == last && numbered { "" } else { "," };
        sql.push_str(&column(described, comma));
    }
    if !numbered {
        let _ = writeln!(sql, "  PRIMARY KEY ({})", table.key.join(", "));
    }
    sql.push_str(if table.clustered { ") WITHOUT ROWID;\n" } else { ");\n" });
    sql
}

fn index(table: &TableModel, index: &IndexModel) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let only = index
        .only
        .map(|(column, value)| format!(" WHERE {column} = '{value}'"))
        .unwrap_or_default();
    format!(
        "-- {}\nCREATE {unique}INDEX {} ON {} ({}){only};\n",
        index.reason,
        index.name,
        table.name,
        index.columns.join(", "),
    )
}

/// Tables and indexes.
pub(super) fn tables(tables: &[TableModel]) -> String {
    let mut sql = String::new();
    for described in tables {
        sql.push_str(&table(described));
        for described_index in &described.indexes {
            sql.push_str(&index(described, described_index));
        }
        sql.push('\n');
    }
    sql
}

/// What a later version adds to the tables of earlier ones.
pub(super) fn additions(version: u32) -> String {
    let mut sql = String::new();
    for (table, column) in schema::columns_of(version) {
        let remark = remark(column.storage);
        let line = format!(
            "ALTER TABLE {} ADD COLUMN {} {}; {remark}",
            table.name,
            column.name,
            type_of(column.storage)
        );
        sql.push_str(line.trim_end());
        sql.push('\n');
    }
    for (table, added) in schema::indexes_of(version) {
        sql.push_str(&index(table, added));
    }
    sql
}
