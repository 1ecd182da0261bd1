//! One person: what is held about them, in the database, the archive and the directory.

use std::{collections::HashSet, sync::Arc};

use jiff::Timestamp;

use super::{Databases, Retention, aside, blank, mention, refuse_withdrawn, transfer::MOST};
use crate::{
    domain::{
        account::Account,
        call::{CALL_ELEMENT, CALL_HISTORY},
        directory::{CALL_QUEUE_MEMBER, PHONE_USER, ZOOM_GROUP_MEMBER, ZOOM_ROLE_MEMBER, ZOOM_USER},
        failure::Outcome,
        retention::Person,
        table::{Table, Value},
    },
    ports::{
        records::{CallCursor, DirectoryFilter, Record, RecordStore},
        retention::{Selection, Side},
    },
};

/// Directory tables that are about people.
pub(super) const PEOPLE: [&Table; 5] = [
    &ZOOM_USER,
    &PHONE_USER,
    &ZOOM_GROUP_MEMBER,
    &ZOOM_ROLE_MEMBER,
    &CALL_QUEUE_MEMBER,
];

/// Directory entries of one person at most.
const ENTRIES: usize = 10_000;

/// What is held about a person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Matches {
    /// Calls in which the person takes part.
    pub calls: u64,
    /// Elements that name the person.
    pub elements: u64,
    /// Zoom users who are the person.
    pub users: u64,
    /// Directory entries of those users, memberships among them, and entries that mention them.
    pub entries: u64,
    /// Records without a key that name the person.
    pub rejected: u64,
    /// Of the calls, those in the archive.
    pub archived: u64,
    /// Of the calls, those that holds keep.
    pub held: u64,
}

/// One record about a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// `primary`, `archive`, or `former`: one that another took the place of.
    pub database: &'static str,
    /// Its table.
    pub table: &'static Table,
    /// Every column.
    pub record: Record,
}

/// Records about a person, one page after the other.
pub struct Export {
    stores: Vec<(&'static str, Arc<dyn RecordStore>)>,
    person: Person,
    after: Option<CallCursor>,
    entries: Vec<Found>,
}

/// All calls of a person.
pub(super) fn of_person(person: &Person) -> Selection {
    Selection {
        person: Some(person.clone()),
        ..Selection::default()
    }
}

impl Retention {
    /// Counts what is held about a person.
    ///
    /// # Errors
    /// The account is withdrawn, or a database does not answer.
    pub async fn find(&self, account: &Account, person: &Person) -> Outcome<Matches> {
        refuse_withdrawn(account)?;
        let databases = self.databases(account).await?;
        let mut matches = Matches::default();
        let mut export = Export::new(&databases, person);
        while let Some(page) = export.next_calls().await? {
            for found in page {
                if found.table.name == CALL_HISTORY.name {
                    matches.calls += 1;
                    matches.archived += u64::from(found.database == "archive");
                } else {
                    matches.elements += 1;
                }
            }
        }
        let holds = self.extents(&account.id).await?;
        if !holds.is_empty() {
            let held = Selection {
                holds,
                side: Side::Held,
                ..of_person(person)
            };
            for store in databases.all() {
                matches.held += store.tally(&held).await?.calls;
            }
        }
        let mut known = HashSet::new();
        for store in databases.all() {
            let people = entries(store.as_ref(), person).await?;
            known.extend(users(&people));
            let mentions = mentions(store.as_ref(), person, &people).await?;
            matches.entries += (people.len() + mentions.len()) as u64;
            matches.rejected += aside::about(store.as_ref(), person, &[]).await?.len() as u64;
        }
        matches.users = known.len() as u64;
        Ok(matches)
    }

    /// Everything that is held about a person.
    ///
    /// # Errors
    /// The account is withdrawn, or a database does not answer.
    pub async fn export(&self, account: &Account, person: &Person) -> Outcome<Export> {
        refuse_withdrawn(account)?;
        let databases = self.databases(account).await?;
        let mut export = Export::new(&databases, person);
        for (database, store) in export.stores.clone() {
            let people = entries(store.as_ref(), person).await?;
            let mentions = mentions(store.as_ref(), person, &people).await?;
            let found = people.into_iter().chain(mentions);
            export.entries.extend(found.map(|(table, record)| Found {
                database,
                table,
                record,
            }));
            let rejected = aside::about(store.as_ref(), person, &[]).await?;
            export.entries.extend(rejected.into_iter().map(|found| Found {
                database,
                table: &aside::REJECTED_RECORD,
                record: aside::record(found),
            }));
        }
        Ok(export)
    }
}

impl Export {
    fn new(databases: &Databases, person: &Person) -> Self {
        let mut stores = vec![("primary", Arc::clone(&databases.primary))];
        stores.extend(databases.archive.iter().map(|store| ("archive", Arc::clone(store))));
        stores.extend(databases.former.iter().map(|store| ("former", Arc::clone(store))));
        // Taken from the end: the archive first, so that what is moved meanwhile is seen twice rather than never.
        Self {
            stores,
            person: person.clone(),
            after: None,
            entries: Vec::new(),
        }
    }

    /// The next page; nothing at the end.
    ///
    /// # Errors
    /// A database does not answer.
    pub async fn next(&mut self) -> Outcome<Option<Vec<Found>>> {
        if let Some(page) = self.next_calls().await? {
            return Ok(Some(page));
        }
        let entries = std::mem::take(&mut self.entries);
        Ok((!entries.is_empty()).then_some(entries))
    }

    async fn next_calls(&mut self) -> Outcome<Option<Vec<Found>>> {
        let which = of_person(&self.person);
        while let Some((database, store)) = self.stores.last().cloned() {
            let keys = store.keys(&which, self.after.take(), MOST).await?;
            let Some(last) = keys.last() else {
                self.stores.pop();
                continue;
            };
            self.after = Some(last.clone());
            let keys: Vec<String> = keys.into_iter().map(|(_, key)| key).collect();
            let mut page = Vec::new();
            for bundle in store.bundles(&keys).await? {
                page.push(Found {
                    database,
                    table: &CALL_HISTORY,
                    record: bundle.call,
                });
                let theirs = bundle
                    .elements
                    .into_iter()
                    .filter(|leg| blank::names(leg, &self.person));
                page.extend(theirs.map(|record| Found {
                    database,
                    table: &CALL_ELEMENT,
                    record,
                }));
            }
            return Ok(Some(page));
        }
        Ok(None)
    }
}

/// Directory entries of a person: those that are found by what the person is known by, and those of the same user.
pub(super) async fn entries(store: &dyn RecordStore, person: &Person) -> Outcome<Vec<(&'static Table, Record)>> {
    let mut found = Vec::new();
    for table in PEOPLE {
        search(store, table, &person.normal(), &mut found, |record| {
            is_entry(record, person)
        })
        .await?;
    }
    for user in users(&found) {
        for table in PEOPLE {
            search(store, table, &user, &mut found, |record| {
                blank::text(record, "id") == Some(&user)
            })
            .await?;
        }
    }
    Ok(found)
}

/// Directory entries that are about something else and mention a person, whose own entries these are.
pub(super) async fn mentions(
    store: &dyn RecordStore,
    person: &Person,
    people: &[(&'static Table, Record)],
) -> Outcome<Vec<(&'static Table, Record)>> {
    let known = mention::known_by(person, people);
    let is_theirs = |other: &Person| {
        known
            .contains(&(other.kind(), other.normal()))
            .then_some(Timestamp::UNIX_EPOCH)
    };
    let mut found = Vec::new();
    for table in mention::MENTIONING {
        for (_, text) in &known {
            search(store, table, text, &mut found, |record| {
                mention::without(table, record, &is_theirs).is_some()
            })
            .await?;
        }
    }
    Ok(found)
}

/// Adds entries that hold a text somewhere and are wanted, each once.
async fn search(
    store: &dyn RecordStore,
    table: &'static Table,
    text: &str,
    found: &mut Vec<(&'static Table, Record)>,
    is_wanted: impl Fn(&Record) -> bool,
) -> Outcome<()> {
    let filter = DirectoryFilter {
        table: Some(table.name),
        text: Some(text.to_owned()),
        removed: true,
        nested: mention::MENTIONING.contains(&table),
    };
    for (_, record) in store.directory(&filter, ENTRIES).await? {
        let entry = (table, record);
        if is_wanted(&entry.1) && !found.contains(&entry) {
            found.push(entry);
        }
    }
    Ok(())
}

/// Ids of the users among entries.
pub(super) fn users(entries: &[(&'static Table, Record)]) -> HashSet<String> {
    entries
        .iter()
        .filter(|(table, _)| PEOPLE.contains(table) && table.key_columns == 1)
        .filter_map(|(_, record)| blank::text(record, "id"))
        .map(str::to_owned)
        .collect()
}

/// Whether an entry is found by what a person is known by.
pub(super) fn is_entry(record: &Record, person: &Person) -> bool {
    let wanted = person.normal();
    match person {
        Person::Email(_) => blank::text(record, "email").is_some_and(|email| email.trim().to_lowercase() == wanted),
        Person::Extension(_) => record.iter().any(|(name, value)| {
            *name == "extension_number"
                && match value {
                    Value::Integer(number) => number.to_string() == wanted,
                    other => other.as_text() == Some(&wanted),
                }
        }),
        Person::User(_) => blank::text(record, "id") == Some(&wanted),
        Person::Number(_) => numbers(blank::text(record, "phone_numbers").unwrap_or_default()).contains(&wanted),
    }
}

/// The digits of every text in a JSON array of numbers.
pub(super) fn numbers(json: &str) -> Vec<String> {
    fn collect(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) => found.push(text.chars().filter(char::is_ascii_digit).collect()),
            serde_json::Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
            serde_json::Value::Object(members) => members.values().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    if let Ok(value) = serde_json::from_str(json) {
        collect(&value, &mut found);
    }
    found.retain(|digits| !digits.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_address_extension_and_number() {
        let record: Record = vec![
            ("email", Value::Text("Jane@Example.com".into())),
            ("extension_number", Value::Integer(1012)),
            (
                "phone_numbers",
                Value::Text(r#"[{"id":"x","number":"+1 415 555 0111"}]"#.into()),
            ),
        ];
        for (person, is_found) in [
            (Person::Email("jane@example.com".into()), true),
            (Person::Email("ane@example.com".into()), false),
            (Person::Extension("1012".into()), true),
            (Person::Extension("101".into()), false),
            (Person::Number("+14155550111".into()), true),
            (Person::Number("5550111".into()), false),
        ] {
            assert_eq!(is_entry(&record, &person), is_found, "{person:?}");
        }
    }
}
