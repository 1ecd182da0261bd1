//! Which column each of Zoom's field names belongs to, computed once per table.

use std::{collections::HashMap, sync::LazyLock};

use crate::domain::{
    call::{CALL_ELEMENT, CALL_HISTORY},
    directory::TABLES,
    table::Table,
};

/// A column, and how good this spelling of it is (0 = best).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// Position of the column.
    pub column: usize,
    /// Position among the column's spellings.
    pub rank: usize,
}

/// Where a field of a record belongs.
#[derive(Debug)]
pub enum Place {
    /// The value of a column.
    Column(Spot),
    /// An object whose fields are columns: `site.id`.
    Object(HashMap<&'static str, Spot>),
}

/// Every spelling of a table.
pub type Spellings = HashMap<&'static str, Place>;

static ALL: LazyLock<HashMap<&'static str, Spellings>> = LazyLock::new(|| {
    [&CALL_HISTORY, &CALL_ELEMENT]
        .into_iter()
        .chain(TABLES)
        .map(|table| (table.name, spell(table)))
        .collect()
});

static NONE: LazyLock<Spellings> = LazyLock::new(HashMap::new);

/// The spellings of a table of the domain.
#[must_use]
pub fn of(table: &Table) -> &'static Spellings {
    ALL.get(table.name).unwrap_or_else(|| &NONE)
}

fn spell(table: &'static Table) -> Spellings {
    let mut places = Spellings::new();
    for (column, description) in table.columns.iter().enumerate() {
        for (rank, name) in description.wire.iter().enumerate() {
            let spot = Spot { column, rank };
            match name.split_once('.') {
                None => {
                    places.insert(name, Place::Column(spot));
                }
                Some((outer, inner)) => {
                    if let Place::Object(fields) = places.entry(outer).or_insert_with(|| Place::Object(HashMap::new()))
                    {
                        fields.insert(inner, spot);
                    }
                }
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_every_table_finds_its_column() {
        for table in [&CALL_HISTORY, &CALL_ELEMENT].into_iter().chain(TABLES) {
            let places = of(table);
            for (column, description) in table.columns.iter().enumerate() {
                for (rank, name) in description.wire.iter().enumerate() {
                    let found = match name.split_once('.') {
                        None => match places.get(name) {
                            Some(Place::Column(spot)) => Some(*spot),
                            _ => None,
                        },
                        Some((outer, inner)) => match places.get(outer) {
                            Some(Place::Object(fields)) => fields.get(inner).copied(),
                            _ => None,
                        },
                    };
                    assert_eq!(found, Some(Spot { column, rank }), "{}.{name}", table.name);
                }
            }
        }
    }
}
