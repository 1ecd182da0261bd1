//! Statements that take staged rows into their table: what is new, what changed, by key and digest.

use super::{ddl::BINARY, identifier::quoted, staging::brought};
use crate::{
    domain::{
        call::{CALL_ELEMENT, CALL_HISTORY},
        directory::is_membership,
        table::Table,
    },
    record_store::schema::{self, placements::moving_column},
};

/// Calls and elements; directory entries otherwise.
pub(super) fn is_call(table: &Table) -> bool {
    table.name == CALL_HISTORY.name || table.name == CALL_ELEMENT.name
}

/// The column that is NULL while a row is present.
pub(super) fn gone(table: &Table) -> &'static str {
    if is_call(table) {
        "deleted_at"
    } else {
        schema::gone_column(table)
    }
}

/// How a staged row finds its stored one.
pub(super) fn same_key(table: &Table) -> String {
    let parts: Vec<String> = table
        .key()
        .iter()
        .map(|key| format!("t.{0} = s.{0}", quoted(key.name)))
        .collect();
    parts.join(" AND ")
}

/// One who left and returns starts a new row: only the current row of a membership is compared.
fn current(table: &Table) -> &'static str {
    if is_membership(table) && !is_call(table) {
        " AND t.valid_to IS NULL"
    } else {
        ""
    }
}

/// Whether a current membership goes on in a new row; one that began this very second is rewritten instead.
fn moves(table: &Table) -> String {
    moving_column(table).map_or_else(String::new, |column| {
        let exact = |alias: &str| format!("COALESCE({alias}.{}, N'') {BINARY}", quoted(column));
        format!(" WHEN {} <> {} AND t.valid_from < @P1 THEN 3", exact("t"), exact("s"))
    })
}

/// Decides the fates of all staged rows. A person's erased record stays empty, whatever Zoom still says.
pub(super) fn decide(table: &Table) -> String {
    let key = quoted(table.columns[0].name);
    let gone = gone(table);
    let kept = if is_call(table) { "t.erased_at IS NULL AND " } else { "" };
    format!(
        "INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.{key} IS NULL THEN 1{moves} ELSE 2 END
FROM #{name} s LEFT JOIN dbo.{name} t ON {same}{current}
WHERE t.{key} IS NULL OR ({kept}(t.{gone} IS NOT NULL OR t.content_digest <> s.content_digest));",
        name = table.name,
        moves = moves(table),
        same = same_key(table),
        current = current(table),
    )
}

fn assignments(table: &Table) -> String {
    let mut set: Vec<String> = brought(table)
        .iter()
        .skip(table.key_columns)
        .map(|name| format!("{0} = s.{0}", quoted(name)))
        .collect();
    set.push("changed_at = @P1".to_owned());
    set.push(format!("{} = NULL", gone(table)));
    set.join(", ")
}

/// Rewrites the rows that changed; they are present afterwards. `@P1` is the time.
pub(super) fn update(table: &Table) -> String {
    format!(
        "UPDATE t SET {set}
FROM dbo.{name} t JOIN #{name} s ON {same} JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2{current};",
        set = assignments(table),
        name = table.name,
        same = same_key(table),
        current = current(table),
    )
}

/// Adds the rows that are new. `@P1` is the time.
pub(super) fn insert(table: &Table) -> String {
    let brought: Vec<String> = brought(table).iter().map(|name| quoted(name)).collect();
    let staged: Vec<String> = brought.iter().map(|name| format!("s.{name}")).collect();
    let (since, now, absent) = if is_membership(table) && !is_call(table) {
        let absent = format!(
            " AND NOT EXISTS (SELECT 1 FROM dbo.{} t WHERE {} AND t.valid_from = @P1)",
            table.name,
            same_key(table)
        );
        (", valid_from", ", @P1", absent)
    } else {
        ("", "", String::new())
    };
    let fates = if moving_column(table).is_some() {
        "IN (1, 3)"
    } else {
        "= 1"
    };
    format!(
        "INSERT INTO dbo.{name} ({columns}, first_seen_at, changed_at{since})
SELECT {staged}, @P1, @P1{now}
FROM #{name} s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate {fates}{absent};",
        name = table.name,
        columns = brought.join(", "),
        staged = staged.join(", "),
    )
}

/// Ends the rows of memberships that go on in a new one. `@P1` is the time.
pub(super) fn end_moved(table: &Table) -> Option<String> {
    moving_column(table)?;
    Some(format!(
        "UPDATE t SET valid_to = @P1
FROM dbo.{name} t JOIN #{name} s ON {same} JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 3{current};",
        name = table.name,
        same = same_key(table),
        current = current(table),
    ))
}

/// Makes the row of this very second current again: somebody left and came back within it. `@P1` is the time.
pub(super) fn revive(table: &Table) -> String {
    format!(
        "UPDATE t SET {set}
FROM dbo.{name} t JOIN #{name} s ON {same} JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1 AND t.valid_from = @P1;",
        set = assignments(table),
        name = table.name,
        same = same_key(table),
    )
}
