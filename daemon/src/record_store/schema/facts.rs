//! Tables of Zoom's facts: calls, elements and directory entities with their bookkeeping columns.

use super::{ColumnModel, IndexModel, Storage, TableModel, column, later};
use crate::domain::{
    call::{CALL_ELEMENT, CALL_HISTORY},
    directory::{self, is_membership},
    table::Table,
};

/// Calls, elements, then the directory in the order in which a sync applies it.
pub(super) fn tables() -> Vec<TableModel> {
    let mut tables = vec![calls(), elements()];
    tables.extend(directory::TABLES.iter().map(|table| entity(table)));
    tables
}

/// Described columns, E.164 forms, and what has no column of its own.
fn described(table: &Table) -> Vec<ColumnModel> {
    let mut columns: Vec<ColumnModel> = table
        .columns
        .iter()
        .enumerate()
        .map(|(position, described)| {
            column(
                described.name,
                Storage::Fact(described.kind),
                position < table.key_columns,
            )
        })
        .collect();
    columns.extend(
        table
            .e164
            .iter()
            .map(|name| column(&format!("{name}_e164"), Storage::ID, false)),
    );
    columns.push(column("extra", Storage::JSON, false));
    columns.push(column("content_digest", Storage::Digest, true));
    columns.push(column("first_seen_at", Storage::TIME, true));
    columns.push(column("changed_at", Storage::TIME, true));
    columns
}

fn keys(table: &Table) -> Vec<&'static str> {
    table.key().iter().map(|column| column.name).collect()
}

fn calls() -> TableModel {
    let mut columns = described(&CALL_HISTORY);
    columns.push(column("deleted_at", Storage::TIME, false));
    columns.push(column("erased_at", Storage::TIME, false));
    TableModel {
        name: CALL_HISTORY.name,
        purpose: "One row a call. call_id is shared by transferred calls and never a key.",
        columns,
        key: keys(&CALL_HISTORY),
        clustered: false,
        since: 1,
        indexes: vec![IndexModel {
            name: "call_history_by_end".to_owned(),
            columns: &["end_time", "deleted_at"],
            unique: false,
            only: None,
            // There is deliberately none on numbers, names or sites: new calls have them in random order, so each
            // such index would dirty about one page a call, more than the row itself costs. Those filters walk
            // this index newest first and stop at the limit.
            reason: "Ranges and newest-first pages by end time; deleted_at lets a window be counted from the index alone.",
            since: 1,
        }],
    }
}

fn elements() -> TableModel {
    let mut columns = described(&CALL_ELEMENT);
    columns.push(column("deleted_at", Storage::TIME, false));
    columns.push(column("erased_at", Storage::TIME, false));
    TableModel {
        name: CALL_ELEMENT.name,
        purpose: "One row a leg of a call.",
        columns,
        key: keys(&CALL_ELEMENT),
        clustered: false,
        since: 1,
        indexes: vec![IndexModel {
            name: "call_element_by_call".to_owned(),
            columns: &["call_history_uuid"],
            unique: false,
            only: None,
            reason: "The legs of one call: read with the call and replaced as a whole.",
            since: 1,
        }],
    }
}

fn entity(table: &'static Table) -> TableModel {
    let mut columns = described(table);
    let mut key = keys(table);
    let mut indexes = Vec::new();
    if is_membership(table) {
        columns.push(column("valid_from", Storage::TIME, true));
        columns.push(column("valid_to", Storage::TIME, false));
        key.push("valid_from");
        indexes.push(IndexModel {
            name: format!("{}_by_member", table.name),
            columns: &["id", "valid_from"],
            unique: false,
            only: None,
            reason: "What a person belonged to at the time of a call.",
            since: 1,
        });
    } else {
        columns.push(column("removed_at", Storage::TIME, false));
        if table.position("extension_id").is_some() {
            indexes.push(IndexModel {
                name: format!("{}_by_extension", table.name),
                columns: &["extension_id"],
                unique: false,
                only: None,
                reason: "Calls name their parties by extension id.",
                since: 1,
            });
        }
    }
    columns.push(later("erased_at", Storage::TIME, 4));
    let purpose = if is_membership(table) {
        "Memberships; a row is current while valid_to is NULL, and a return starts a new row."
    } else {
        "One row an entry; removed_at is set when Zoom no longer lists it."
    };
    TableModel {
        name: table.name,
        purpose,
        columns,
        key,
        clustered: false,
        since: 1,
        indexes,
    }
}
