//! Placements: what entries of the directory were called and where they belonged, from when to when.

use super::{ColumnModel, IndexModel, Storage, TableModel, column};
use crate::domain::{
    directory::{CALL_QUEUE, PHONE_SITE, PHONE_USER, ZOOM_GROUP, ZOOM_ROLE_MEMBER, ZOOM_USER},
    table::Table,
};

/// Name of the table.
pub(crate) const PLACEMENT: &str = "directory_placement";

/// The version of the schema that brought it.
const SINCE: u32 = 5;

/// Entries whose placements are kept: those that the views ask what held when a call ended.
pub(crate) struct Placed {
    /// Their table.
    pub table: &'static Table,
    /// Columns of a placement, each with the column of the entry that it is a copy of. Addresses are not among them: a
    /// report may show today's, and erasing a person has less to find.
    pub columns: &'static [(&'static str, &'static str)],
}

static PLACED: [Placed; 5] = [
    Placed {
        table: &PHONE_USER,
        columns: &[
            ("extension_id", "extension_id"),
            ("name", "name"),
            ("site_id", "site_id"),
            ("site_name", "site_name"),
            ("department", "department"),
            ("cost_center", "cost_center"),
        ],
    },
    Placed {
        table: &ZOOM_USER,
        columns: &[("department", "dept")],
    },
    Placed {
        table: &CALL_QUEUE,
        columns: &[("extension_id", "extension_id"), ("name", "name")],
    },
    Placed {
        table: &PHONE_SITE,
        columns: &[("name", "name")],
    },
    Placed {
        table: &ZOOM_GROUP,
        columns: &[("name", "name")],
    },
];

/// All of them.
pub(crate) fn all() -> &'static [Placed] {
    &PLACED
}

/// Those of a table, if its entries have placements.
pub(crate) fn of(table: &Table) -> Option<&'static Placed> {
    PLACED.iter().find(|placed| placed.table.name == table.name)
}

/// The column of a membership that starts a new row when it changes, as a return does: what it was stays in the old one.
pub(crate) fn moving_column(table: &Table) -> Option<&'static str> {
    (table.name == ZOOM_ROLE_MEMBER.name).then_some("department")
}

fn described(name: &str, storage: Storage, required: bool) -> ColumnModel {
    ColumnModel {
        since: SINCE,
        ..column(name, storage, required)
    }
}

/// The table.
pub(super) fn table() -> TableModel {
    let index = |name: &str, columns, reason| IndexModel {
        name: name.to_owned(),
        columns,
        unique: false,
        only: None,
        reason,
        since: SINCE,
    };
    TableModel {
        name: PLACEMENT,
        purpose: "What entries of the directory (entity: their table) were called and where they belonged; current while \
                  valid_to is NULL.",
        columns: vec![
            described("placement", Storage::RowNumber, true),
            described("entity", Storage::ID, true),
            described("id", Storage::ID, true),
            described("valid_from", Storage::TIME, true),
            described("valid_to", Storage::TIME, false),
            described("extension_id", Storage::ID, false),
            described("name", Storage::TEXT, false),
            described("site_id", Storage::ID, false),
            described("site_name", Storage::TEXT, false),
            described("department", Storage::TEXT, false),
            described("cost_center", Storage::TEXT, false),
        ],
        key: vec!["placement"],
        clustered: false,
        indexes: vec![
            index(
                "directory_placement_by_entry",
                &["entity", "id", "valid_from"],
                "What held of an entry when a call ended.",
            ),
            index(
                "directory_placement_by_extension",
                &["entity", "extension_id", "valid_from", "id"],
                "Who had an extension when a call ended.",
            ),
        ],
        since: SINCE,
    }
}
