//! Which rows: a selection of calls, or of what lies beside them, as conditions in the words of an engine.
//!
//! Every comparison is true or false, never NULL: what a hold covers must not slip through because a column is empty.

use jiff::Timestamp;

use crate::{
    domain::{
        call::{CALL_ELEMENT, CALL_HISTORY, PARTIES},
        directory::is_membership,
        retention::{Extent, Person},
        table::{Kind, Table},
    },
    ports::{
        records::CallCursor,
        retention::{Pile, Selection, Side},
    },
    record_store::{schema, search::fold},
};

/// A bound value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bound {
    /// A key, compared byte by byte.
    Id(String),
    /// Text.
    Text(String),
    /// An instant.
    Time(Timestamp),
}

/// How an engine says what all of them mean.
pub(super) trait Dialect: Sync {
    /// A table by its name.
    fn table(&self, name: &str) -> String;
    /// The parameter of a number, from 1, as what it holds.
    fn parameter(&self, number: usize, bound: &Bound) -> String;
    /// A column of text, or an empty text where it is NULL.
    fn text(&self, column: &str) -> String;
    /// Only the digits of a text.
    fn digits(&self, text: &str) -> String;
    /// Whether a text is a folded one, without regard to case.
    fn folded_equals(&self, text: &str, folded: &str) -> String;
    /// Whether a text has a part.
    fn contains(&self, text: &str, part: &str) -> String;
    /// A column of a number as text, or an empty text where it is NULL.
    fn number(&self, column: &str) -> String;
    /// A text as it is compared character by character.
    fn exact(&self, text: &str) -> String;
}

/// Conditions in the making, with what is bound in them. They name calls `c` and elements `e`.
pub(super) struct Conditions<'d> {
    dialect: &'d dyn Dialect,
    /// Bound values in the order of their numbers.
    pub values: Vec<Bound>,
}

/// Where a walk over calls has to go: along the index of end times, or over the few calls without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Walk {
    /// Calls with an end time.
    Dated,
    /// Calls without one; they are as old as our first sight of them.
    Undated,
}

impl Walk {
    /// The column that is the age of a call.
    pub const fn age(self) -> &'static str {
        match self {
            Self::Dated => "end_time",
            Self::Undated => "first_seen_at",
        }
    }

    /// Columns that a walk is in the order of.
    pub const fn order(self) -> &'static str {
        match self {
            Self::Dated => "c.end_time, c.call_history_uuid",
            Self::Undated => "c.call_history_uuid",
        }
    }
}

impl<'d> Conditions<'d> {
    pub fn new(dialect: &'d dyn Dialect) -> Self {
        Self {
            dialect,
            values: Vec::new(),
        }
    }

    fn bind(&mut self, value: Bound) -> String {
        let number = self.values.iter().position(|known| *known == value).unwrap_or_else(|| {
            self.values.push(value.clone());
            self.values.len() - 1
        });
        self.dialect.parameter(number + 1, &value)
    }

    /// A table by its name.
    pub fn table(&self, name: &str) -> String {
        self.dialect.table(name)
    }

    /// An instant, bound.
    pub fn time(&mut self, time: Timestamp) -> String {
        self.bind(Bound::Time(time))
    }

    /// The calls of a selection on one walk, after a cursor.
    pub fn calls(&mut self, which: &Selection, walk: Walk, after: Option<&CallCursor>) -> String {
        let mut clauses = vec![match walk {
            Walk::Dated => "c.end_time IS NOT NULL".to_owned(),
            Walk::Undated => "c.end_time IS NULL".to_owned(),
        }];
        if let Some(from) = which.from {
            let from = self.time(from);
            clauses.push(format!("c.{} >= {from}", walk.age()));
        }
        if let Some(before) = which.before {
            let before = self.time(before);
            clauses.push(format!("c.{} < {before}", walk.age()));
        }
        match (walk, after) {
            (Walk::Dated, Some((Some(end), key))) => {
                let (end, key) = (self.time(*end), self.bind(Bound::Id(key.clone())));
                clauses.push(format!(
                    "c.end_time >= {end} AND (c.end_time > {end} OR c.call_history_uuid > {key})"
                ));
            }
            (Walk::Undated, Some((None, key))) => {
                let key = self.bind(Bound::Id(key.clone()));
                clauses.push(format!("c.call_history_uuid > {key}"));
            }
            _ => {}
        }
        if let Some(person) = &which.person {
            clauses.push(self.takes_part(person));
        }
        match which.side {
            Side::Both => {}
            Side::Free if which.holds.is_empty() => {}
            Side::Free => {
                let held = self.held(&which.holds);
                clauses.push(format!("NOT {held}"));
            }
            Side::Held => clauses.push(self.held(&which.holds)),
        }
        let exists = |table: &str, more: &str| {
            let table = self.dialect.table(table);
            format!("EXISTS (SELECT 1 FROM {table} x WHERE x.call_history_uuid = c.call_history_uuid{more})")
        };
        if which.settled {
            clauses.push(format!("NOT {}", exists("element_backlog", " AND x.state = 'pending'")));
        }
        if which.with_elements {
            clauses.push(exists(CALL_ELEMENT.name, ""));
        }
        clauses.join(" AND ")
    }

    /// Whether a hold covers a call.
    fn held(&mut self, holds: &[Extent]) -> String {
        let covers: Vec<String> = holds.iter().map(|hold| self.covers(hold)).collect();
        if covers.is_empty() {
            return "(1 = 0)".to_owned();
        }
        format!("({})", covers.join(" OR "))
    }

    fn covers(&mut self, hold: &Extent) -> String {
        let mut clauses = vec!["1 = 1".to_owned()];
        // A call without an end may lie in any range.
        if let Some(from) = hold.from {
            let from = self.time(from);
            clauses.push(format!("(c.end_time IS NULL OR c.end_time >= {from})"));
        }
        if let Some(to) = hold.to {
            let to = self.time(to);
            clauses.push(format!("(c.end_time IS NULL OR c.end_time < {to})"));
        }
        if let Some(person) = &hold.person {
            clauses.push(self.takes_part(person));
        }
        format!("({})", clauses.join(" AND "))
    }

    /// Whether a person takes part in a call, by the call itself or by one of its elements.
    fn takes_part(&mut self, person: &Person) -> String {
        let call = self.party("c", &CALL_HISTORY, person);
        let element = self.party("e", &CALL_ELEMENT, person);
        format!(
            "({call} OR EXISTS (SELECT 1 FROM {} e WHERE e.call_history_uuid = c.call_history_uuid AND {element}))",
            self.dialect.table(CALL_ELEMENT.name)
        )
    }

    /// Whether a person is a party of a call or element.
    fn party(&mut self, alias: &str, table: &Table, person: &Person) -> String {
        let mut any = vec!["1 = 0".to_owned()];
        for side in PARTIES {
            for part in ["did_number", "ext_number", "email"] {
                let name = format!("{side}_{part}");
                if table.position(&name).is_none() {
                    continue;
                }
                let column = self.dialect.text(&format!("{alias}.{name}"));
                match (person, part) {
                    (Person::Number(_), "did_number") => {
                        let digits = self.bind(Bound::Text(person.normal()));
                        any.push(format!("{} = {digits}", self.dialect.digits(&column)));
                    }
                    (Person::Number(number), "ext_number") => {
                        let typed = self.bind(Bound::Text(number.trim().to_owned()));
                        any.push(format!("{column} = {typed}"));
                    }
                    (Person::Extension(_), "ext_number") => {
                        let extension = self.bind(Bound::Text(person.normal()));
                        any.push(format!("{column} = {extension}"));
                    }
                    (Person::Email(email), "email") => {
                        let folded = self.bind(Bound::Text(fold(email.trim())));
                        any.push(self.dialect.folded_equals(&column, &folded));
                    }
                    _ => {}
                }
            }
        }
        format!("({})", any.join(" OR "))
    }

    /// Rows of a pile that are older, named `p`.
    pub fn pile(&mut self, pile: Pile, before: Timestamp) -> String {
        match pile {
            Pile::Rejected => format!("p.first_seen_at < {}", self.time(before)),
            Pile::Directory(table) => format!("p.{} < {}", schema::gone_column(table), self.time(before)),
            Pile::Entries(_) => "1 = 1".to_owned(),
            Pile::SyncRuns => format!("p.finished_at < {}", self.time(before)),
            Pile::Backfills => format!(
                "p.changed_at < {} AND p.state IN ('done', 'cancelled')",
                self.time(before)
            ),
        }
    }

    /// Whether a hold covers a row of a pile.
    pub fn pile_held(&mut self, pile: Pile, holds: &[Extent]) -> String {
        let covers: Vec<String> = holds.iter().filter_map(|hold| self.pile_covers(pile, hold)).collect();
        if covers.is_empty() {
            return "(1 = 0)".to_owned();
        }
        format!("({})", covers.join(" OR "))
    }

    fn pile_covers(&mut self, pile: Pile, hold: &Extent) -> Option<String> {
        let (start, end) = match pile {
            Pile::Rejected => ("first_seen_at", "first_seen_at"),
            // An entry tells who somebody was while it was valid: a range keeps what was valid in it.
            Pile::Directory(table) | Pile::Entries(table) if is_membership(table) => ("valid_from", "valid_to"),
            Pile::Directory(table) | Pile::Entries(table) => ("first_seen_at", schema::gone_column(table)),
            // What we did is no record of a person: only a hold on everything keeps it.
            Pile::SyncRuns | Pile::Backfills => return hold.is_everything().then(|| "(1 = 1)".to_owned()),
        };
        let mut clauses = vec!["1 = 1".to_owned()];
        if let Some(from) = hold.from {
            let from = self.time(from);
            clauses.push(match pile {
                // Who is present was there at any time since.
                Pile::Entries(_) => format!("(p.{end} IS NULL OR p.{end} >= {from})"),
                _ => format!("p.{end} >= {from}"),
            });
        }
        if let Some(to) = hold.to {
            let to = self.time(to);
            clauses.push(format!("p.{start} < {to}"));
        }
        if let Some(person) = &hold.person {
            clauses.push(match pile {
                Pile::Directory(table) | Pile::Entries(table) => self.entry(table, person),
                _ => self.within("json", person),
            });
        }
        Some(format!("({})", clauses.join(" AND ")))
    }

    /// Whether a directory entry is about a person.
    fn entry(&mut self, table: &Table, person: &Person) -> String {
        let mut any = vec!["1 = 0".to_owned()];
        for column in table.columns {
            let name = format!("p.{}", column.name);
            match (person, column.name, column.kind) {
                (Person::Email(email), "email", _) => {
                    let folded = self.bind(Bound::Text(fold(email.trim())));
                    any.push(self.dialect.folded_equals(&self.dialect.text(&name), &folded));
                }
                (Person::Number(_), "number", _) => {
                    let digits = self.bind(Bound::Text(person.normal()));
                    any.push(format!("{} = {digits}", self.dialect.digits(&self.dialect.text(&name))));
                }
                (Person::Number(_), "phone_numbers", Kind::Json)
                | (Person::Email(_) | Person::Number(_), "assignee" | "assignees", Kind::Json) => {
                    any.push(self.within(column.name, person));
                }
                (Person::Extension(_), "extension_number", _) => {
                    let extension = self.bind(Bound::Text(person.normal()));
                    any.push(format!("{} = {extension}", self.dialect.number(&name)));
                }
                _ => {}
            }
        }
        format!("({})", any.join(" OR "))
    }

    /// Whether a record that is kept aside may name a person.
    pub fn aside(&mut self, person: &Person) -> String {
        self.within("json", person)
    }

    /// Whether JSON that nobody looked into names a person; in doubt it does.
    fn within(&mut self, column: &str, person: &Person) -> String {
        let column = self.dialect.text(&format!("p.{column}"));
        let text = match person {
            Person::Number(_) => self.dialect.digits(&column),
            Person::Email(_) | Person::Extension(_) | Person::User(_) => column,
        };
        let part = match person {
            Person::Number(_) | Person::Extension(_) | Person::User(_) => person.normal(),
            Person::Email(email) => fold(email.trim()),
        };
        let part = self.bind(Bound::Text(part));
        self.dialect.contains(&text, &part)
    }
}

/// The table of a pile.
pub(super) fn pile_table(pile: Pile) -> &'static str {
    match pile {
        Pile::Rejected => "rejected_record",
        Pile::Directory(table) | Pile::Entries(table) => table.name,
        Pile::SyncRuns => "sync_run",
        Pile::Backfills => "backfill_request",
    }
}

/// The counter of a run that a pile belongs to.
pub(super) fn pile_counter(pile: Pile) -> &'static str {
    match pile {
        Pile::Rejected => "rejected",
        Pile::Directory(_) | Pile::Entries(_) => "directory",
        Pile::SyncRuns | Pile::Backfills => "history",
    }
}

/// Every pile.
#[cfg(test)]
pub(super) fn piles() -> impl Iterator<Item = Pile> {
    use crate::domain::directory::{TABLES, ZOOM_GROUP_MEMBER, ZOOM_USER};
    let all = [&ZOOM_USER, &ZOOM_GROUP_MEMBER].map(Pile::Entries);
    TABLES
        .into_iter()
        .map(Pile::Directory)
        .chain(all)
        .chain([Pile::Rejected, Pile::SyncRuns, Pile::Backfills])
}
