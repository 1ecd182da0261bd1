//! The schema model as T-SQL. What is executed and what `create-database --dry-run` prints is the same text.
//!
//! Which column order the pages of a table have (the clustered key) is decided here, for three kinds of access: ranges
//! of end time, upsert by key, and purge from the old end.

use super::{
    identifier::quoted,
    value::{ID_LIMIT, TEXT_LIMIT},
};
use crate::{
    domain::{
        call::{CALL_ELEMENT, CALL_HISTORY},
        table::Kind,
    },
    record_store::schema::{self, ColumnModel, IndexModel, Storage, TableModel},
};

/// Byte by byte; both SQL Server and Babelfish have it. The collations that end in `_UTF8` are unknown to SQL Server
/// 2017 and to Babelfish.
pub(super) const BINARY: &str = "COLLATE Latin1_General_100_BIN2";

/// Rights of the daemon on its tables, for whoever runs it under a login that does not own the database.
pub(super) const WRITER: &str = "callsync_writer";
/// Rights of reporting tools: the views and nothing else.
pub(super) const READER: &str = "callsync_reader";

/// The reporting views, in an order in which each finds what it reads.
pub(super) const VIEWS: [&str; 4] = ["v_call", "v_call_daily", "v_user_daily", "v_queue_daily"];

/// Type of a column. Keys of text are compared byte by byte too: two departments that differ in case are two.
pub(super) fn type_of(storage: Storage, in_key: bool) -> String {
    match storage {
        Storage::Fact(Kind::Id) => format!("varchar({ID_LIMIT}) {BINARY}"),
        Storage::Fact(Kind::Text) if in_key => format!("nvarchar({TEXT_LIMIT}) {BINARY}"),
        Storage::Fact(Kind::Text) => format!("nvarchar({TEXT_LIMIT})"),
        Storage::Fact(Kind::Json) => "nvarchar(max)".to_owned(),
        Storage::Fact(Kind::Time) => "datetime2(0)".to_owned(),
        Storage::Fact(Kind::Integer) => "bigint".to_owned(),
        Storage::Fact(Kind::Boolean) => "bit".to_owned(),
        Storage::Digest => "varbinary(16)".to_owned(),
        Storage::RowNumber => "bigint IDENTITY(1,1)".to_owned(),
    }
}

/// How the rows of a table lie.
enum Layout {
    /// In the order of the key.
    Key,
    /// In the order of an index of the model, which then carries the key as its last column.
    Index(&'static str),
    /// In the order of the key, after the columns of an index of the model, which is then not needed.
    LedKey(&'static str),
}

/// Small tables and directories are read by key, and lie by key.
///
/// Calls lie by end time: a window, a report, a page of the newest and a purge are each one run of neighbouring pages,
/// and new calls are appended at the end. By key they would lie where their ids fall, and a purge of a day would touch
/// every page of the table. The key is an index beside it; an upsert looks it up there, and the calls of one batch are
/// neighbours anyway.
///
/// Elements lie by call: the legs of a call are read, replaced and purged together, and the call is part of their key.
fn layout(table: &TableModel) -> Layout {
    if table.name == CALL_HISTORY.name {
        Layout::Index("call_history_by_end")
    } else if table.name == CALL_ELEMENT.name {
        Layout::LedKey("call_element_by_call")
    } else {
        Layout::Key
    }
}

/// Columns of the key in the order in which the key has them.
fn key_columns(table: &TableModel) -> Vec<&'static str> {
    let mut key = table.key.clone();
    if let Layout::LedKey(name) = layout(table)
        && let Some(index) = table.indexes.iter().find(|index| index.name == name)
    {
        key.sort_by_key(|column| !index.columns.contains(column));
    }
    key
}

fn column(table: &TableModel, column: &ColumnModel) -> String {
    let in_key = table.key.contains(&column.name.as_str());
    let required = if column.required { "NOT NULL" } else { "NULL" };
    format!(
        "  {} {} {required},\n",
        quoted(&column.name),
        type_of(column.storage, in_key)
    )
}

fn names(columns: &[&str]) -> String {
    columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

fn table_text(table: &TableModel) -> String {
    let clustered = match layout(table) {
        Layout::Key | Layout::LedKey(_) => "CLUSTERED",
        Layout::Index(_) => "NONCLUSTERED",
    };
    let mut sql = format!("-- {}\nCREATE TABLE dbo.{} (\n", table.purpose, quoted(table.name));
    for described in &table.columns {
        sql.push_str(&column(table, described));
    }
    sql.push_str(&format!(
        "  CONSTRAINT {} PRIMARY KEY {clustered} ({})\n);",
        quoted(&format!("pk_{}", table.name)),
        names(&key_columns(table)),
    ));
    sql
}

fn index_text(table: &TableModel, index: &IndexModel) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let clustered = matches!(layout(table), Layout::Index(name) if name == index.name);
    let mut columns: Vec<&str> = index.columns.to_vec();
    if clustered {
        // Unique without the hidden row number that SQL Server adds otherwise. Tombstones are few: a count reads them.
        columns.retain(|name| *name != "deleted_at");
        columns.extend(table.key.iter().filter(|key| !index.columns.contains(key)));
    }
    let only = index
        .only
        .map(|(column, value)| format!(" WHERE {} = '{value}'", quoted(column)))
        .unwrap_or_default();
    format!(
        "-- {}\nCREATE {unique}{}INDEX {} ON dbo.{} ({}){only};",
        index.reason,
        if clustered { "CLUSTERED " } else { "" },
        quoted(&index.name),
        quoted(table.name),
        names(&columns),
    )
}

/// Tables and indexes, one statement each. A clustered index comes before the others: they point by it.
pub(super) fn tables(tables: &[TableModel]) -> Vec<String> {
    let mut statements = Vec::new();
    for table in tables {
        statements.push(table_text(table));
        let needless = |index: &&IndexModel| matches!(layout(table), Layout::LedKey(name) if name == index.name);
        let indexes = table.indexes.iter().filter(|index| !needless(index));
        statements.extend(indexes.map(|index| index_text(table, index)));
    }
    statements
}

/// What a later version adds to the tables of earlier ones, one statement each.
pub(super) fn additions(version: u32) -> Vec<String> {
    let columns = schema::columns_of(version).map(|(table, column)| {
        let (table, name) = (quoted(table.name), quoted(&column.name));
        format!(
            "ALTER TABLE dbo.{table} ADD {name} {} NULL;",
            type_of(column.storage, false)
        )
    });
    columns
        .chain(schema::indexes_of(version).map(|(table, index)| index_text(table, index)))
        .collect()
}

/// What the daemon's role may do with tables. By table, not by schema: in an adopted database there are tables beside ours.
pub(super) fn grants(tables: &[TableModel]) -> Vec<String> {
    let grant = |table: &TableModel| {
        let name = quoted(table.name);
        format!("GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.{name} TO {WRITER};")
    };
    tables.iter().map(grant).collect()
}

/// Roles and their rights.
pub(super) fn roles(tables: &[TableModel]) -> Vec<String> {
    let mut statements = Vec::new();
    for role in [WRITER, READER] {
        statements.push(format!(
            "IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'{role}') CREATE ROLE {role};"
        ));
    }
    statements.extend(grants(tables));
    statements.extend(view_grants());
    statements
}

/// Rights on the views.
pub(super) fn view_grants() -> Vec<String> {
    let grant = |view: &&str| [WRITER, READER].map(|role| format!("GRANT SELECT ON dbo.{} TO {role};", quoted(view)));
    VIEWS.iter().flat_map(grant).collect()
}

/// Drops the views, those first that read others.
pub(super) fn drop_views() -> impl Iterator<Item = String> {
    let drop = |view: &&str| format!("DROP VIEW IF EXISTS dbo.{};", quoted(view));
    VIEWS.iter().rev().map(drop)
}
