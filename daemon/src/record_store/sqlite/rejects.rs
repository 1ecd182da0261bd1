//! Records without a key: kept aside as they came, each once.

use rusqlite::{Connection, params_from_iter};

use super::{
    disposal,
    retention::{Sqlite, sent},
    row,
    writer::{WriteSide, Writing},
};
use crate::{
    domain::{
        retention::{Extent, Person},
        table::Rejected,
    },
    ports::retention::{Aside, Pile},
    record_store::{error::Error, selection::Conditions},
};

/// Keeps what is not kept yet; returns how many were new.
pub(super) fn keep(writing: &Writing<'_>, rejected: &[Rejected]) -> Result<u64, Error> {
    keep_all(writing, rejected).map_err(writing.failed())
}

fn keep_all(writing: &Writing<'_>, rejected: &[Rejected]) -> rusqlite::Result<u64> {
    let mut added = 0;
    if rejected.is_empty() {
        return Ok(added);
    }
    let mut find = writing
        .transaction
        .prepare_cached("SELECT 1 FROM rejected_record WHERE digest = ?1")?;
    let mut insert = writing.transaction.prepare_cached(
        "INSERT INTO rejected_record (entity, reason, json, digest, first_seen_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for record in rejected {
        let digest = record.digest.as_slice();
        if !find.exists([digest])? {
            insert.execute((record.table, &record.reason, &record.json, digest, &writing.now_text))?;
            added += 1;
        }
    }
    Ok(added)
}

/// Records that may name a person, in the order of their ids.
pub(super) fn about(
    connection: &Connection,
    person: &Person,
    holds: &[Extent],
    after: i64,
    limit: usize,
) -> rusqlite::Result<Vec<Aside>> {
    let mut conditions = Conditions::new(&Sqlite);
    let names = conditions.aside(person);
    let held = conditions.pile_held(Pile::Rejected, holds);
    connection
        .prepare(&format!(
            "SELECT p.id, p.entity, p.reason, p.json, p.first_seen_at, {held} FROM rejected_record p
             WHERE p.id > {after} AND {names} ORDER BY p.id LIMIT {limit}"
        ))?
        .query_map(params_from_iter(sent(&conditions.values)), |found| {
            Ok(Aside {
                id: found.get(0)?,
                entity: found.get(1)?,
                reason: found.get(2)?,
                json: found.get(3)?,
                first_seen_at: row::time(found, 4)?,
                is_held: found.get(5)?,
            })
        })?
        .collect()
}

/// Puts `json` in the place of what records were.
pub(super) fn blank(side: &mut WriteSide, ids: &[i64], json: &str, run: &str) -> Result<(), Error> {
    side.transaction(|writing| {
        let all = || -> rusqlite::Result<()> {
            let mut blank = writing
                .transaction
                .prepare_cached("UPDATE rejected_record SET json = ?2 WHERE id = ?1")?;
            let mut blanked = 0;
            for id in ids {
                blanked += blank.execute((id, json))? as u64;
            }
            disposal::count_rows(writing, run, "rejected", blanked)
        };
        all().map_err(writing.failed())
    })
}
