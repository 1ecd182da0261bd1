//! Retention on the embedded engine: counting and walking on a reader, deleting in short transactions of the writer.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, ToSql, params_from_iter, types::ToSqlOutput};

use super::{SqliteStore, bundles, counters::Counted, disposal, rejects, row, writer::WriteSide};
use crate::{
    domain::{
        failure::Outcome,
        retention::{Extent, Person},
    },
    ports::{
        records::CallCursor,
        retention::{Aside, Bundle, Deletion, Disposal, Pile, Replacement, Retained, Selection, Tally},
    },
    record_store::{
        error::Error,
        placement,
        selection::{Bound, Conditions, Dialect, Walk, pile_counter, pile_table},
    },
};

/// SQLite, with the functions of `connection`.
pub(super) struct Sqlite;

impl Dialect for Sqlite {
    fn table(&self, name: &str) -> String {
        name.to_owned()
    }
    fn parameter(&self, number: usize, _: &Bound) -> String {
        format!("?{number}")
    }
    fn text(&self, column: &str) -> String {
        format!("COALESCE({column}, '')")
    }
    fn digits(&self, text: &str) -> String {
        format!("digits({text})")
    }
    fn folded_equals(&self, text: &str, folded: &str) -> String {
        format!("fold_equals({text}, {folded})")
    }
    fn contains(&self, text: &str, part: &str) -> String {
        format!("fold_contains({text}, {part})")
    }
    fn number(&self, column: &str) -> String {
        format!("COALESCE(CAST({column} AS TEXT), '')")
    }
    fn exact(&self, text: &str) -> String {
        text.to_owned()
    }
}

pub(super) struct Sent<'a>(&'a Bound);

impl ToSql for Sent<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Bound::Id(text) | Bound::Text(text) => ToSqlOutput::from(text.as_str()),
            Bound::Time(time) => ToSqlOutput::from(row::time_text(*time)),
        })
    }
}

pub(super) fn sent(values: &[Bound]) -> impl Iterator<Item = Sent<'_>> {
    values.iter().map(Sent)
}

fn tally(connection: &Connection, which: &Selection) -> rusqlite::Result<Tally> {
    let mut all = Tally::default();
    for walk in [Walk::Dated, Walk::Undated] {
        let mut conditions = Conditions::new(&Sqlite);
        let place = conditions.calls(which, walk, None);
        let sql = format!(
            "SELECT COUNT(*), COALESCE(SUM((SELECT COUNT(*) FROM call_element l WHERE l.call_history_uuid = c.call_history_uuid)), 0)
             FROM call_history c WHERE {place}"
        );
        let (calls, elements): (i64, i64) = connection
            .prepare(&sql)?
            .query_row(params_from_iter(sent(&conditions.values)), |found| {
                Ok((found.get(0)?, found.get(1)?))
            })?;
        all += Tally {
            calls: u64::try_from(calls).unwrap_or(0),
            elements: u64::try_from(elements).unwrap_or(0),
        };
    }
    Ok(all)
}

/// The statement of a walk.
pub(super) fn walk_sql(
    conditions: &mut Conditions<'_>,
    which: &Selection,
    walk: Walk,
    after: Option<&CallCursor>,
) -> String {
    let place = conditions.calls(which, walk, after);
    format!(
        "SELECT c.end_time, c.call_history_uuid FROM call_history c WHERE {place} ORDER BY {} LIMIT ",
        walk.order()
    )
}

fn keys(
    connection: &Connection,
    which: &Selection,
    after: Option<&CallCursor>,
    limit: usize,
) -> rusqlite::Result<Vec<CallCursor>> {
    let mut found: Vec<CallCursor> = Vec::new();
    for walk in [Walk::Dated, Walk::Undated] {
        if found.len() >= limit || (walk == Walk::Dated && matches!(after, Some((None, _)))) {
            continue;
        }
        let mut conditions = Conditions::new(&Sqlite);
        let sql = walk_sql(&mut conditions, which, walk, after) + &(limit - found.len()).to_string();
        let mut statement = connection.prepare(&sql)?;
        let rows = statement.query_map(params_from_iter(sent(&conditions.values)), |stored| {
            Ok((row::time(stored, 0)?, stored.get(1)?))
        })?;
        for row in rows {
            found.push(row?);
        }
    }
    Ok(found)
}

fn pile(connection: &Connection, pile: Pile, before: Timestamp, holds: &[Extent]) -> rusqlite::Result<(u64, u64)> {
    let mut conditions = Conditions::new(&Sqlite);
    let old = conditions.pile(pile, before);
    let held = conditions.pile_held(pile, holds);
    let sql = format!(
        "SELECT COUNT(*), COALESCE(SUM({held}), 0) FROM {} p WHERE {old}",
        pile_table(pile)
    );
    let (all, held): (i64, i64) = connection
        .prepare(&sql)?
        .query_row(params_from_iter(sent(&conditions.values)), |found| {
            Ok((found.get(0)?, found.get(1)?))
        })?;
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    Ok((count(all - held), count(held)))
}

fn clear(
    side: &mut WriteSide,
    pile: Pile,
    before: Timestamp,
    holds: &[Extent],
    limit: usize,
    run: &str,
) -> Result<u64, Error> {
    side.transaction(|writing| {
        let all = || -> rusqlite::Result<u64> {
            let mut conditions = Conditions::new(&Sqlite);
            let old = conditions.pile(pile, before);
            let held = conditions.pile_held(pile, holds);
            let table = pile_table(pile);
            let gone = writing
                .transaction
                .prepare(&format!(
                    "DELETE FROM {table} WHERE rowid IN
                       (SELECT p.rowid FROM {table} p WHERE {old} AND NOT {held} LIMIT {limit})"
                ))?
                .execute(params_from_iter(sent(&conditions.values)))?;
            disposal::count_rows(writing, run, pile_counter(pile), gone as u64)?;
            if gone < limit {
                let mut conditions = Conditions::new(&Sqlite);
                if let Some(sql) = placement::clear(&mut conditions, pile, before, holds) {
                    let mut statement = writing.transaction.prepare(&sql)?;
                    statement.execute(params_from_iter(sent(&conditions.values)))?;
                }
            }
            Ok(gone as u64)
        };
        let gone = all().map_err(writing.failed())?;
        if pile == Pile::Rejected {
            let rejected = -i64::try_from(gone).unwrap_or(i64::MAX);
            Counted {
                rejected,
                ..Counted::default()
            }
            .store(writing)?;
        }
        Ok(gone)
    })
}

#[async_trait]
impl Retained for SqliteStore {
    async fn tally(&self, which: &Selection) -> Outcome<Tally> {
        let which = which.clone();
        Ok(self.readers.run(move |reading| tally(reading, &which)).await?)
    }

    async fn keys(&self, which: &Selection, after: Option<CallCursor>, limit: usize) -> Outcome<Vec<CallCursor>> {
        let which = which.clone();
        Ok(self
            .readers
            .run(move |reading| keys(reading, &which, after.as_ref(), limit))
            .await?)
    }

    async fn bundles(&self, keys: &[String]) -> Outcome<Vec<Bundle>> {
        let keys = keys.to_vec();
        Ok(self.readers.run(move |reading| bundles::read(reading, &keys)).await?)
    }

    async fn put(&self, all: Vec<Bundle>, counted: Option<&str>, rewritten: bool) -> Outcome<()> {
        let run = counted.map(str::to_owned);
        Ok(self
            .writer
            .run(move |side| {
                if rewritten {
                    side.without_trace(|side| bundles::put(side, &all, run.as_deref(), true))
                } else {
                    bundles::put(side, &all, run.as_deref(), false)
                }
            })
            .await?)
    }

    async fn delete(&self, what: Deletion, run: &str) -> Outcome<Tally> {
        let run = run.to_owned();
        Ok(self.writer.run(move |side| bundles::delete(side, &what, &run)).await?)
    }

    async fn pile(&self, which: Pile, before: Timestamp, holds: &[Extent]) -> Outcome<(u64, u64)> {
        let holds = holds.to_vec();
        Ok(self
            .readers
            .run(move |reading| pile(reading, which, before, &holds))
            .await?)
    }

    async fn clear(&self, which: Pile, before: Timestamp, holds: &[Extent], limit: usize, run: &str) -> Outcome<u64> {
        let (holds, run) = (holds.to_vec(), run.to_owned());
        Ok(self
            .writer
            .run(move |side| clear(side, which, before, &holds, limit, &run))
            .await?)
    }

    async fn forget_deleted(&self) -> Outcome<()> {
        Ok(self.writer.run(WriteSide::rebuild).await?)
    }

    async fn begin(&self, disposal: &Disposal) -> Outcome<Disposal> {
        let disposal = disposal.clone();
        Ok(self.writer.run(move |side| disposal::begin(side, &disposal)).await?)
    }

    async fn add_history(&self, run: &str, rows: u64) -> Outcome<()> {
        let run = run.to_owned();
        Ok(self
            .writer
            .run(move |side| {
                side.transaction(|writing| {
                    disposal::count_rows(writing, &run, "history", rows).map_err(writing.failed())
                })
            })
            .await?)
    }

    async fn end(&self, run: &str, held: u64) -> Outcome<Option<Disposal>> {
        let run = run.to_owned();
        Ok(self.writer.run(move |side| disposal::end(side, &run, held)).await?)
    }

    async fn disposals(&self, kind: &str, limit: usize) -> Outcome<Vec<Disposal>> {
        let kind = kind.to_owned();
        Ok(self
            .readers
            .run(move |reading| disposal::newest(reading, &kind, limit))
            .await?)
    }

    async fn aside(&self, person: &Person, holds: &[Extent], after: i64, limit: usize) -> Outcome<Vec<Aside>> {
        let (person, holds) = (person.clone(), holds.to_vec());
        Ok(self
            .readers
            .run(move |reading| rejects::about(reading, &person, &holds, after, limit))
            .await?)
    }

    async fn blank_aside(&self, ids: &[i64], json: &str, run: &str) -> Outcome<()> {
        let (ids, json, run) = (ids.to_vec(), json.to_owned(), run.to_owned());
        Ok(self
            .writer
            .run(move |side| side.without_trace(|side| rejects::blank(side, &ids, &json, &run)))
            .await?)
    }

    async fn replace(&self, entries: Vec<Replacement>, run: &str) -> Outcome<()> {
        let run = run.to_owned();
        Ok(self
            .writer
            .run(move |side| side.without_trace(|side| bundles::replace(side, &entries, &run)))
            .await?)
    }
}
