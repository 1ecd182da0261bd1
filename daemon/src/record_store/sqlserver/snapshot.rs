//! Applying a snapshot of a directory table: upsert by digest, tombstones, validity of memberships and placements.

use jiff::Timestamp;

use super::{
    connection::{Connection, Patience},
    identifier::quoted,
    merge, rejects,
    retention::Transact,
    staging,
    value::{self, Parameter},
};
use crate::{
    domain::{directory::is_membership, table::Table},
    ports::records::{Snapshot, SnapshotReceipt},
    record_store::{error::Error, placement, schema::placements},
};

/// Takes the staged rows in; `complete` also marks what is not among them. Answers how many were added, changed,
/// removed, and how many are present now.
pub(super) fn take_in(table: &Table, complete: bool) -> String {
    let gone = quoted(merge::gone(table));
    let revive = if is_membership(table) {
        format!("{}\nSET @revived = @@ROWCOUNT;", merge::revive(table))
    } else {
        String::new()
    };
    let remove = if complete {
        format!(
            "UPDATE t SET {gone} = @P1 FROM dbo.{name} t
WHERE t.{gone} IS NULL AND NOT EXISTS (SELECT 1 FROM #{name} s WHERE {same});
SET @removed = @@ROWCOUNT;",
            name = table.name,
            same = merge::same_key(table),
        )
    } else {
        String::new()
    };
    let end_moved = merge::end_moved(table)
        .map(|sql| format!("{sql}\nSET @moved = @@ROWCOUNT;\n"))
        .unwrap_or_default();
    let placements = placements::of(table)
        .map(|placed| placement::keep(&Transact, placed).join("\n") + "\n")
        .unwrap_or_default();
    format!(
        "DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
{decide}
{update}
SET @changed = @@ROWCOUNT;
{revive}
{end_moved}{insert}
SET @added = @@ROWCOUNT;
{remove}
{placements}SELECT @total = COUNT_BIG(*) FROM dbo.{name} WHERE {gone} IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;",
        decide = merge::decide(table),
        update = merge::update(table),
        insert = merge::insert(table),
        name = table.name,
    )
}

/// Applies a snapshot in one transaction. One that changes nothing writes nothing.
pub(super) async fn apply(
    connection: &mut Connection,
    snapshot: &Snapshot,
    now: Timestamp,
) -> Result<SnapshotReceipt, Error> {
    let table = snapshot.table;
    let rows = staging::last_of_each(&snapshot.rows, table);
    let (rows, unfit) = staging::fitting(rows, table);
    staging::prepare(connection, table).await?;
    connection.begin().await?;
    rejects::keep(connection, snapshot.rejected.iter().chain(&unfit), now).await?;
    if !rows.is_empty() {
        staging::load(connection, table, &rows).await?;
    }
    let sql = take_in(table, snapshot.complete);
    let answer = connection.row(Patience::Write, &sql, &[Parameter::Time(now)]).await?;
    connection.commit().await?;
    Ok(answer.map_or_else(SnapshotReceipt::default, |counts| SnapshotReceipt {
        added: value::count(&counts, 0),
        changed: value::count(&counts, 1),
        removed: value::count(&counts, 2),
        total: value::count(&counts, 3),
    }))
}
