//! Retention on a server: counting and walking, deleting in short transactions.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{
    SqlServerStore, attempt, bundles,
    connection::{Connection, Patience},
    counters,
    ddl::BINARY,
    disposal,
    identifier::quoted,
    rejects,
    value::{self, Parameter},
};
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

/// T-SQL. There is no function for the digits of a text: what people and Zoom put between them is taken out.
pub(super) struct Transact;

impl Dialect for Transact {
    fn table(&self, name: &str) -> String {
        format!("dbo.{name}")
    }
    fn parameter(&self, number: usize, bound: &Bound) -> String {
        match bound {
            Bound::Id(_) => format!("CAST(@P{number} AS varchar(255))"),
            Bound::Text(_) => format!("@P{number}"),
            Bound::Time(_) => format!("CAST(@P{number} AS datetime2(0))"),
        }
    }
    fn text(&self, column: &str) -> String {
        format!("COALESCE({column}, N'')")
    }
    fn digits(&self, text: &str) -> String {
        ["' '", "'+'", "'-'", "'('", "')'", "'.'", "'/'"]
            .iter()
            .fold(text.to_owned(), |text, between| {
                format!("REPLACE({text}, N{between}, N'')")
            })
    }
    fn folded_equals(&self, text: &str, folded: &str) -> String {
        format!("LOWER({text}) = {folded}")
    }
    fn contains(&self, text: &str, part: &str) -> String {
        format!("CHARINDEX({part}, LOWER({text})) > 0")
    }
    fn number(&self, column: &str) -> String {
        format!("COALESCE(CAST({column} AS nvarchar(40)), N'')")
    }
    fn exact(&self, text: &str) -> String {
        format!("{text} {BINARY}")
    }
}

pub(super) fn sent(values: &[Bound]) -> Vec<Parameter<'_>> {
    values
        .iter()
        .map(|bound| match bound {
            Bound::Id(text) => Parameter::id(text),
            Bound::Text(text) => Parameter::text(text),
            Bound::Time(time) => Parameter::Time(*time),
        })
        .collect()
}

/// How many calls and how many elements, on one walk; both with the same parameters.
pub(super) fn tally_of(conditions: &mut Conditions<'_>, which: &Selection, walk: Walk) -> [String; 2] {
    let place = conditions.calls(which, walk, None);
    [
        format!("SELECT COUNT_BIG(*) FROM dbo.call_history c WHERE {place};"),
        format!(
            "SELECT COUNT_BIG(*) FROM dbo.call_element l
WHERE l.call_history_uuid IN (SELECT c.call_history_uuid FROM dbo.call_history c WHERE {place});"
        ),
    ]
}

/// Keys on one walk.
pub(super) fn keys_of(
    conditions: &mut Conditions<'_>,
    which: &Selection,
    walk: Walk,
    after: Option<&CallCursor>,
    limit: usize,
) -> String {
    let place = conditions.calls(which, walk, after);
    format!(
        "SELECT TOP ({limit}) c.end_time, c.call_history_uuid FROM dbo.call_history c WHERE {place} ORDER BY {};",
        walk.order()
    )
}

/// Rows of a pile and how many of them are held.
pub(super) fn pile_of(conditions: &mut Conditions<'_>, pile: Pile, before: Timestamp, holds: &[Extent]) -> String {
    let old = conditions.pile(pile, before);
    let held = conditions.pile_held(pile, holds);
    format!(
        "SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN {held} THEN 1 ELSE 0 END), 0) FROM dbo.{} p WHERE {old};",
        quoted(pile_table(pile))
    )
}

/// Deletes rows of a pile. The parameters after those of the conditions are the run.
pub(super) fn clear_of(
    conditions: &mut Conditions<'_>,
    pile: Pile,
    before: Timestamp,
    holds: &[Extent],
    limit: usize,
) -> String {
    let old = conditions.pile(pile, before);
    let held = conditions.pile_held(pile, holds);
    let counter = pile_counter(pile);
    let placements = placement::clear(conditions, pile, before, holds)
        .map(|sql| format!("IF @gone < {limit}\n{sql}\n"))
        .unwrap_or_default();
    let rejected = if pile == Pile::Rejected {
        format!("SET @less = -@gone;\n{}\n", counters::add("rejected", "@less"))
    } else {
        String::new()
    };
    format!(
        "DECLARE @gone bigint, @less bigint;
DELETE TOP ({limit}) p FROM dbo.{table} p WHERE {old} AND NOT {held};
SET @gone = @@ROWCOUNT;
{rejected}{placements}UPDATE dbo.disposal SET {counter} = {counter} + @gone WHERE id = CAST(@P{run} AS varchar(255));
SELECT @gone;",
        table = quoted(pile_table(pile)),
        run = conditions.values.len() + 1,
    )
}

async fn tally(connection: &mut Connection, which: &Selection) -> Result<Tally, Error> {
    let mut all = Tally::default();
    for walk in [Walk::Dated, Walk::Undated] {
        let mut conditions = Conditions::new(&Transact);
        let [calls, elements] = tally_of(&mut conditions, which, walk);
        let values = sent(&conditions.values);
        let calls = connection.row(Patience::Search, &calls, &values).await?;
        let elements = connection.row(Patience::Search, &elements, &values).await?;
        let count = |row: Option<tiberius::Row>| row.map_or(0, |row| value::count(&row, 0));
        all += Tally {
            calls: count(calls),
            elements: count(elements),
        };
    }
    Ok(all)
}

async fn keys(
    connection: &mut Connection,
    which: &Selection,
    after: Option<&CallCursor>,
    limit: usize,
) -> Result<Vec<CallCursor>, Error> {
    let mut found: Vec<CallCursor> = Vec::new();
    for walk in [Walk::Dated, Walk::Undated] {
        if found.len() >= limit || (walk == Walk::Dated && matches!(after, Some((None, _)))) {
            continue;
        }
        let mut conditions = Conditions::new(&Transact);
        let sql = keys_of(&mut conditions, which, walk, after, limit - found.len());
        let rows = connection
            .rows(Patience::Search, &sql, &sent(&conditions.values))
            .await?;
        found.extend(
            rows.iter()
                .map(|row| (value::time(row, 0), value::text(row, 1).unwrap_or_default())),
        );
    }
    Ok(found)
}

async fn pile(
    connection: &mut Connection,
    which: Pile,
    before: Timestamp,
    holds: &[Extent],
) -> Result<(u64, u64), Error> {
    let mut conditions = Conditions::new(&Transact);
    let sql = pile_of(&mut conditions, which, before, holds);
    let row = connection
        .row(Patience::Search, &sql, &sent(&conditions.values))
        .await?;
    let (all, held) = row.map_or((0, 0), |row| (value::count(&row, 0), value::count(&row, 1)));
    Ok((all.saturating_sub(held), held))
}

async fn clear(
    connection: &mut Connection,
    which: Pile,
    before: Timestamp,
    holds: &[Extent],
    limit: usize,
    run: &str,
) -> Result<u64, Error> {
    let mut conditions = Conditions::new(&Transact);
    let sql = clear_of(&mut conditions, which, before, holds, limit);
    let mut values = sent(&conditions.values);
    values.push(Parameter::id(run));
    connection.begin().await?;
    let row = connection.row(Patience::Write, &sql, &values).await?;
    connection.commit().await?;
    Ok(row.map_or(0, |row| value::count(&row, 0)))
}

async fn add_history(connection: &mut Connection, run: &str, rows: u64) -> Result<(), Error> {
    connection.begin().await?;
    disposal::count_rows(connection, run, "history", rows).await?;
    Ok(connection.commit().await?)
}

#[async_trait]
impl Retained for SqlServerStore {
    async fn tally(&self, which: &Selection) -> Outcome<Tally> {
        Ok(attempt!(self, connection => tally(connection, which))?)
    }

    async fn keys(&self, which: &Selection, after: Option<CallCursor>, limit: usize) -> Outcome<Vec<CallCursor>> {
        Ok(attempt!(self, connection => keys(connection, which, after.as_ref(), limit))?)
    }

    async fn bundles(&self, keys: &[String]) -> Outcome<Vec<Bundle>> {
        Ok(attempt!(self, connection => bundles::read(connection, keys))?)
    }

    async fn put(&self, all: Vec<Bundle>, counted: Option<&str>, rewritten: bool) -> Outcome<()> {
        let _writing = self.writing.lock().await;
        Ok(attempt!(self, connection => bundles::put(connection, &all, counted, rewritten))?)
    }

    async fn delete(&self, what: Deletion, run: &str) -> Outcome<Tally> {
        let _writing = self.writing.lock().await;
        Ok(attempt!(self, connection => bundles::delete(connection, &what, run))?)
    }

    async fn pile(&self, which: Pile, before: Timestamp, holds: &[Extent]) -> Outcome<(u64, u64)> {
        Ok(attempt!(self, connection => pile(connection, which, before, holds))?)
    }

    async fn clear(&self, which: Pile, before: Timestamp, holds: &[Extent], limit: usize, run: &str) -> Outcome<u64> {
        let _writing = self.writing.lock().await;
        Ok(attempt!(self, connection => clear(connection, which, before, holds, limit, run))?)
    }

    async fn begin(&self, begun: &Disposal) -> Outcome<Disposal> {
        let _writing = self.writing.lock().await;
        let stored = attempt!(self, connection => disposal::begin(connection, begun))?;
        let mut floor = self.floor.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *floor = (*floor).max(disposal::taken_before(begun));
        Ok(stored)
    }

    async fn add_history(&self, run: &str, rows: u64) -> Outcome<()> {
        let _writing = self.writing.lock().await;
        Ok(attempt!(self, connection => add_history(connection, run, rows))?)
    }

    async fn end(&self, run: &str, held: u64) -> Outcome<Option<Disposal>> {
        let _writing = self.writing.lock().await;
        Ok(attempt!(self, connection => disposal::end(connection, run, held, self.clock.now()))?)
    }

    async fn disposals(&self, kind: &str, limit: usize) -> Outcome<Vec<Disposal>> {
        Ok(attempt!(self, connection => disposal::newest(connection, kind, limit))?)
    }

    async fn aside(&self, person: &Person, holds: &[Extent], after: i64, limit: usize) -> Outcome<Vec<Aside>> {
        Ok(attempt!(self, connection => rejects::about(connection, person, holds, after, limit))?)
    }

    async fn blank_aside(&self, ids: &[i64], json: &str, run: &str) -> Outcome<()> {
        let _writing = self.writing.lock().await;
        Ok(attempt!(self, connection => rejects::blank(connection, ids, json, run))?)
    }

    async fn replace(&self, entries: Vec<Replacement>, run: &str) -> Outcome<()> {
        let _writing = self.writing.lock().await;
        Ok(attempt!(self, connection => bundles::replace(connection, &entries, run))?)
    }
}
