//! The record database as every engine has it: tables, keys and indexes, without a word of SQL.
//!
//! Tables of Zoom's facts are generated from the descriptions in `domain`; an engine turns this model into its own
//! statements, so that column names and their order cannot drift apart between engines.

pub(crate) mod bookkeeping;
mod facts;
pub(crate) mod placements;

use std::sync::LazyLock;

use crate::domain::table::{Kind, Table};

/// What a column is stored as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    /// As the description says.
    Fact(Kind),
    /// Sixteen bytes of a digest.
    Digest,
    /// A row number that the database gives out, never reused.
    RowNumber,
}

impl Storage {
    /// An id or code.
    const ID: Self = Self::Fact(Kind::Id);
    /// Text for people.
    const TEXT: Self = Self::Fact(Kind::Text);
    /// An instant.
    const TIME: Self = Self::Fact(Kind::Time);
    /// A whole number.
    const INTEGER: Self = Self::Fact(Kind::Integer);
    /// True or false.
    const BOOLEAN: Self = Self::Fact(Kind::Boolean);
    /// JSON text.
    const JSON: Self = Self::Fact(Kind::Json);
}

/// One column.
#[derive(Debug, Clone)]
pub(crate) struct ColumnModel {
    /// Name.
    pub name: String,
    /// What it is stored as.
    pub storage: Storage,
    /// Never NULL. A column of a later version never is: rows of before do not have it.
    pub required: bool,
    /// The version of the schema that brought it.
    pub since: u32,
}

/// One index and why it is worth its writes.
#[derive(Debug, Clone)]
pub(crate) struct IndexModel {
    /// Name, unique in the database.
    pub name: String,
    /// Columns in order.
    pub columns: &'static [&'static str],
    /// No two rows share a value.
    pub unique: bool,
    /// Only rows with this text in this column are in it.
    pub only: Option<(&'static str, &'static str)>,
    /// Why it exists.
    pub reason: &'static str,
    /// The version of the schema that brought it.
    pub since: u32,
}

/// One table.
#[derive(Debug, Clone)]
pub(crate) struct TableModel {
    /// Name.
    pub name: &'static str,
    /// What it holds, for a person who reads the schema.
    pub purpose: &'static str,
    /// Columns in order.
    pub columns: Vec<ColumnModel>,
    /// Columns that identify a row.
    pub key: Vec<&'static str>,
    /// Narrow rows that are only ever looked up by key: stored in the order of the key.
    pub clustered: bool,
    /// Indexes beside the key.
    pub indexes: Vec<IndexModel>,
    /// The version of the schema that brought it.
    pub since: u32,
}

impl TableModel {
    /// Names of all columns.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }
}

static TABLES: LazyLock<Vec<TableModel>> = LazyLock::new(|| {
    let mut tables = facts::tables();
    tables.extend(bookkeeping::tables());
    tables.push(placements::table());
    tables
});

/// Every table, facts first.
pub(crate) fn tables() -> &'static [TableModel] {
    &TABLES
}

/// The tables as the first version made them; what came later is added by the versions after it.
pub(crate) fn first_version() -> Vec<TableModel> {
    let as_first = |table: &TableModel| TableModel {
        columns: table
            .columns
            .iter()
            .filter(|column| column.since == 1)
            .cloned()
            .collect(),
        indexes: table.indexes.iter().filter(|index| index.since == 1).cloned().collect(),
        ..table.clone()
    };
    let first = tables().iter().filter(|table| table.since == 1);
    first.map(as_first).collect()
}

/// Tables that a later version adds.
pub(crate) fn tables_of(version: u32) -> Vec<TableModel> {
    let added = tables().iter().filter(|table| table.since == version);
    added.cloned().collect()
}

/// Columns that a later version adds, with the table they belong to.
pub(crate) fn columns_of(version: u32) -> impl Iterator<Item = (&'static TableModel, &'static ColumnModel)> {
    tables().iter().flat_map(move |table| {
        let added = table.columns.iter().filter(move |column| column.since == version);
        added.map(move |column| (table, column))
    })
}

/// Indexes that a later version adds, with the table they belong to.
pub(crate) fn indexes_of(version: u32) -> impl Iterator<Item = (&'static TableModel, &'static IndexModel)> {
    tables().iter().flat_map(move |table| {
        let added = table.indexes.iter().filter(move |index| index.since == version);
        added.map(move |index| (table, index))
    })
}

/// The stored form of a described table.
pub(crate) fn model(table: &Table) -> Option<&'static TableModel> {
    tables().iter().find(|model| model.name == table.name)
}

/// Name of the column that tells whether a row is present: NULL while it is.
pub(crate) fn gone_column(table: &Table) -> &'static str {
    if crate::domain::directory::is_membership(table) {
        "valid_to"
    } else {
        "removed_at"
    }
}

/// A column of a table, by its names.
fn column(name: &str, storage: Storage, required: bool) -> ColumnModel {
    ColumnModel {
        name: name.to_owned(),
        storage,
        required,
        since: 1,
    }
}

/// A column that a later version adds at the end of its table.
fn later(name: &str, storage: Storage, since: u32) -> ColumnModel {
    ColumnModel {
        since,
        ..column(name, storage, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{call, directory},
        ports::records::SCHEMA_VERSION,
    };

    #[test]
    fn every_described_column_is_stored_under_its_name_and_in_its_order() {
        for table in directory::TABLES
            .iter()
            .copied()
            .chain([&call::CALL_HISTORY, &call::CALL_ELEMENT])
        {
            let stored = model(table).expect("every described table is stored");
            let names: Vec<&str> = stored.names().take(table.columns.len()).collect();
            let described: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(names, described, "{}", table.name);
        }
    }

    #[test]
    fn later_columns_come_last_and_may_be_absent() {
        for table in tables() {
            let versions: Vec<u32> = table.columns.iter().map(|column| column.since).collect();
            assert!(
                versions.is_sorted(),
                "{}: an added column is the last of its table",
                table.name
            );
            let late = table.columns.iter().filter(|column| column.since > table.since);
            assert!(late.clone().all(|column| !column.required), "{}", table.name);
            assert!(
                late.clone().all(|column| column.since <= SCHEMA_VERSION),
                "{}",
                table.name
            );
        }
    }

    #[test]
    fn no_table_has_a_column_twice_and_indexes_name_columns_that_exist() {
        let mut indexes = std::collections::HashSet::new();
        for table in tables() {
            let mut seen = std::collections::HashSet::new();
            assert!(table.names().all(|name| seen.insert(name.to_owned())), "{}", table.name);
            for index in &table.indexes {
                assert!(indexes.insert(index.name.clone()), "{} twice", index.name);
                assert!(index.columns.iter().all(|name| seen.contains(*name)), "{}", index.name);
            }
            assert!(table.key.iter().all(|name| seen.contains(*name)), "{}", table.name);
        }
    }
}
