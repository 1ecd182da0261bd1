//! Records without a key: kept aside as they came, each once.

use jiff::Timestamp;

use super::{
    connection::{Connection, Patience},
    counters, disposal,
    retention::{Transact, sent},
    value::{self, Parameter},
};
use crate::{
    domain::{
        retention::{Extent, Person},
        table::Rejected,
    },
    ports::retention::{Aside, Pile},
    record_store::{error::Error, selection::Conditions},
};

/// Keeps a record that is not kept yet, and counts it.
pub(super) fn keep_one() -> String {
    format!(
        "DECLARE @kept bigint;
INSERT INTO dbo.rejected_record (entity, reason, json, digest, first_seen_at)
SELECT @P1, @P2, @P3, @P4, @P5
WHERE NOT EXISTS (SELECT 1 FROM dbo.rejected_record WHERE digest = @P4);
SET @kept = @@ROWCOUNT;
{}
SELECT @kept;",
        counters::add("rejected", "@kept")
    )
}

/// Keeps what is not kept yet; returns how many were new.
pub(super) async fn keep(
    connection: &mut Connection,
    rejected: impl Iterator<Item = &Rejected>,
    now: Timestamp,
) -> Result<u64, Error> {
    let mut added = 0;
    for record in rejected {
        let reason: String = record.reason.chars().take(value::TEXT_LIMIT / 2).collect();
        let values = [
            Parameter::id(record.table),
            Parameter::text(&reason),
            Parameter::text(&record.json),
            Parameter::Digest(&record.digest),
            Parameter::Time(now),
        ];
        let kept = connection.row(Patience::Write, &keep_one(), &values).await?;
        added += kept.map_or(0, |row| value::count(&row, 0));
    }
    Ok(added)
}

/// Records that may name a person, in the order of their ids.
pub(super) fn about_of(
    conditions: &mut Conditions<'_>,
    person: &Person,
    holds: &[Extent],
    after: i64,
    limit: usize,
) -> String {
    let names = conditions.aside(person);
    let held = conditions.pile_held(Pile::Rejected, holds);
    format!(
        "SELECT TOP ({limit}) p.id, p.entity, p.reason, p.json, p.first_seen_at, CASE WHEN {held} THEN 1 ELSE 0 END
FROM dbo.rejected_record p WHERE p.id > {after} AND {names} ORDER BY p.id;"
    )
}

/// Reads them.
pub(super) async fn about(
    connection: &mut Connection,
    person: &Person,
    holds: &[Extent],
    after: i64,
    limit: usize,
) -> Result<Vec<Aside>, Error> {
    let mut conditions = Conditions::new(&Transact);
    let sql = about_of(&mut conditions, person, holds, after, limit);
    let rows = connection
        .rows(Patience::Search, &sql, &sent(&conditions.values))
        .await?;
    let aside = rows.iter().map(|row| Aside {
        id: value::integer(row, 0).unwrap_or_default(),
        entity: value::text(row, 1).unwrap_or_default(),
        reason: value::text(row, 2).unwrap_or_default(),
        json: value::text(row, 3).unwrap_or_default(),
        first_seen_at: value::time(row, 4),
        is_held: value::integer(row, 5) == Some(1),
    });
    Ok(aside.collect())
}

/// Puts a text in the place of what a record was.
pub(super) const BLANK: &str = "UPDATE dbo.rejected_record SET json = @P2 WHERE id = @P1;";

/// Puts `json` in the place of what records were.
pub(super) async fn blank(connection: &mut Connection, ids: &[i64], json: &str, run: &str) -> Result<(), Error> {
    connection.begin().await?;
    for id in ids {
        let values = [Parameter::Integer(*id), Parameter::text(json)];
        connection.rows(Patience::Write, BLANK, &values).await?;
    }
    disposal::count_rows(connection, run, "rejected", ids.len() as u64).await?;
    Ok(connection.commit().await?)
}
