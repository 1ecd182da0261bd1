//! The list itself. A statement that is sent and not listed here would be caught by `connection`'s callers only; so each
//! module's statements are constants or functions, and all of them are named below.

use super::super::{
    backfill, backlog, bundles,
    call_search::{self, Conditions},
    calls, connection, deletion, directory_search, disposal, elements,
    identifier::quoted,
    ledger, migrate, place, proofs, rejects, removal, report, reporting,
    retention::{self, Transact},
    snapshot, staging, upkeep, verbatim,
};
use crate::{
    domain::{
        call::{CALL_ELEMENT, CALL_HISTORY},
        directory,
        retention::{Extent, Person},
        table::Kind,
    },
    ports::{
        records::{CallCursor, CallFilter},
        retention::{Pile, Replacement, Selection, Side},
    },
    record_store::{
        placement,
        schema::{self, placements},
        selection::{Conditions as Chosen, Walk, pile_counter, piles},
    },
};

/// One statement or batch.
pub(super) struct Statement {
    /// File of the committed text.
    pub file: &'static str,
    /// What it is.
    pub name: String,
    /// Its text.
    pub sql: String,
}

/// Forms of T-SQL that the parser lacks, and what stands for them while it parses the rest.
pub(super) const UNKNOWN_TO_THE_PARSER: &[(&str, &str)] = &[
    ("CREATE CLUSTERED INDEX", "CREATE INDEX"),
    ("DELETE TOP (100) p FROM", "DELETE p FROM"),
    ("EXEC @turn = sp_getapplock", "EXEC sp_getapplock"),
    (
        "ALTER DATABASE [calls] SET SINGLE_USER WITH ROLLBACK IMMEDIATE",
        "DROP DATABASE [calls]",
    ),
];

struct List(Vec<Statement>);

impl List {
    fn add(&mut self, file: &'static str, name: impl Into<String>, sql: impl Into<String>) {
        self.0.push(Statement {
            file,
            name: name.into(),
            sql: sql.into(),
        });
    }
}

/// Every statement that the store can send. Names of databases and limits are examples; everything else is as sent.
pub(super) fn catalogue() -> Vec<Statement> {
    let mut list = List(Vec::new());
    schema_statements(&mut list);
    session(&mut list);
    calls_and_elements(&mut list);
    directories(&mut list);
    searches(&mut list);
    retention(&mut list);
    list.0
}

fn schema_statements(list: &mut List) {
    const FILE: &str = "schema.sql";
    for (number, batch) in migrate::database(&quoted("a]b;--")).into_iter().enumerate() {
        list.add(FILE, format!("database {number}"), batch);
    }
    for migration in migrate::migrations() {
        for (number, batch) in migration.batches.iter().enumerate() {
            list.add(FILE, format!("version {} batch {number}", migration.version), batch);
        }
        list.add(
            FILE,
            format!("version {} entry", migration.version),
            migrate::entry(migration),
        );
    }
    list.add(FILE, "version", migrate::VERSION);
}

fn session(list: &mut List) {
    const FILE: &str = "session.sql";
    for (name, sql) in [
        ("session", connection::SESSION),
        ("begin", connection::BEGIN),
        ("begin alone", connection::BEGIN_ALONE),
        ("commit", connection::COMMIT),
        ("database exists", place::EXISTS),
        ("is babelfish", connection::IS_BABELFISH),
        ("content", place::CONTENT),
        ("identity", place::IDENTITY),
        ("sign", place::SIGN),
        ("take over", place::TAKE_OVER),
        ("about the server", report::SERVER),
        ("may create", report::MAY_CREATE),
        ("may work", report::MAY_WORK),
        ("open databases", report::OPEN_DATABASES),
        ("trivial", report::TRIVIAL),
    ] {
        list.add(FILE, name, sql);
    }
}

fn calls_and_elements(list: &mut List) {
    const FILE: &str = "calls.sql";
    for table in [&CALL_HISTORY, &CALL_ELEMENT] {
        staged(list, FILE, table);
    }
    list.add(FILE, "leave old calls", calls::LEAVE_OLD);
    list.add(FILE, "take in calls", calls::take_in(false));
    list.add(FILE, "take in calls and queue elements", calls::take_in(true));
    list.add(FILE, "keep a rejected record", rejects::keep_one());
    list.add(FILE, "take in elements", elements::take_in());
    list.add(FILE, "give elements up", elements::give_up());
    list.add(FILE, "mark as deleted", deletion::mark());
    list.add(FILE, "delete for good", deletion::delete());
    list.add(FILE, "queue missing elements", backlog::queue_chunk());
    for (name, sql) in [
        ("fate", staging::FATE),
        ("clear fate", staging::CLEAR_FATE),
        ("fetched", elements::FETCHED),
        ("clear fetched", elements::CLEAR_FETCHED),
        ("postpone elements", elements::POSTPONE),
        ("due elements", backlog::DUE),
        ("next elements due", backlog::NEXT_DUE),
        ("end of a chunk", backlog::CHUNK_END),
        ("watermark", proofs::WATERMARK),
        ("move watermark", proofs::MOVE_WATERMARK),
        ("held", ledger::HELD),
        ("keys held", ledger::HELD_KEYS),
        ("accounted from", ledger::ACCOUNTED_FROM),
        ("ledger", ledger::WITHIN),
        ("gaps", ledger::GAPS),
        ("due comparisons", ledger::DUE),
        ("next comparison", ledger::NEXT),
        ("ledger in numbers", ledger::TOTALS),
        ("window compared", ledger::COMPARED),
        ("remove window", ledger::REMOVE),
        ("enter window", ledger::ENTER),
        ("expire windows", ledger::EXPIRE),
        ("gone calls", deletion::GONE_CALLS),
        ("clear gone calls", deletion::CLEAR_CALLS),
        ("gone elements", deletion::GONE_ELEMENTS),
        ("clear gone elements", deletion::CLEAR_ELEMENTS),
        ("move backfill", proofs::MOVE_BACKFILL),
        ("newest backfill", backfill::NEWEST),
        ("same backfill", backfill::SAME),
        ("cancel backfill", backfill::CANCEL),
        ("ask for backfill", backfill::ASK),
        ("state of backfill", backfill::SET_STATE),
        ("summary", upkeep::SUMMARY),
        ("probe", upkeep::PROBE),
        ("unprobe", upkeep::UNPROBE),
    ] {
        list.add(FILE, name, sql);
    }
}

fn staged(list: &mut List, file: &'static str, table: &crate::domain::table::Table) {
    let name = table.name;
    list.add(
        file,
        format!("stage {name}"),
        staging::create(table).expect("described"),
    );
    list.add(file, format!("clear {name}"), staging::clear(table));
    let long = table
        .columns
        .iter()
        .filter(|column| column.kind == Kind::Json)
        .map(|column| column.name);
    for column in long.chain(["extra"]) {
        list.add(file, format!("patch {name} {column}"), staging::patch(table, column));
    }
}

fn directories(list: &mut List) {
    const FILE: &str = "directory.sql";
    for table in directory::TABLES {
        let (name, model) = (table.name, schema::model(table).expect("described"));
        staged(list, FILE, table);
        for complete in [false, true] {
            list.add(
                FILE,
                format!("take in {name}, complete {complete}"),
                snapshot::take_in(table, complete),
            );
        }
        for (removed, after) in [(false, false), (false, true), (true, false), (true, true)] {
            let sql = directory_search::page(table, model, removed, after, 1000);
            list.add(FILE, format!("page of {name}, removed {removed}, after {after}"), sql);
        }
        list.add(FILE, format!("count {name}"), directory_search::present(table));
        for column in table.columns {
            let sql = directory_search::distinct_values(table, column.name);
            list.add(FILE, format!("distinct {name} {}", column.name), sql);
        }
    }
    list.add(FILE, "record run", upkeep::RECORD_RUN);
    for allowed in [true, false] {
        list.add(
            FILE,
            format!("reporting, allowed {allowed}"),
            reporting::statements(allowed).join("\n"),
        );
    }
    list.add(FILE, "strangers", removal::strangers());
    list.add(FILE, "drop ours", removal::drop_ours().join("\n"));
    list.add(FILE, "lock out", removal::lock_out("[calls]"));
    list.add(FILE, "drop database", removal::drop_database("[calls]"));
}

/// Every clause alone, all together, and both kinds of cursor: a statement is a sequence of independent clauses.
fn searches(list: &mut List) {
    const FILE: &str = "search.sql";
    let time = jiff::Timestamp::UNIX_EPOCH;
    let text = || Some("x".to_owned());
    let none = CallFilter::default;
    let filters = [
        ("nothing", none()),
        (
            "from",
            CallFilter {
                from: Some(time),
                ..none()
            },
        ),
        (
            "to",
            CallFilter {
                to: Some(time),
                ..none()
            },
        ),
        (
            "direction",
            CallFilter {
                direction: text(),
                ..none()
            },
        ),
        (
            "result",
            CallFilter {
                result: text(),
                ..none()
            },
        ),
        (
            "duration",
            CallFilter {
                min_duration: Some(1),
                ..none()
            },
        ),
        (
            "everything",
            CallFilter {
                from: Some(time),
                to: Some(time),
                number: text(),
                user: text(),
                queue: text(),
                site: text(),
                direction: text(),
                result: text(),
                min_duration: Some(1),
            },
        ),
    ];
    let dated: CallCursor = (Some(time), "key".to_owned());
    let undated: CallCursor = (None, "key".to_owned());
    for (name, filter) in &filters {
        for (kind, cursor) in [("first", None), ("next", Some(&dated))] {
            let sql = Conditions::dated(filter, cursor).dated_page(100);
            list.add(FILE, format!("{kind} page by {name}"), sql);
        }
        for (kind, cursor) in [("first", None), ("next", Some(&undated))] {
            let sql = Conditions::undated(filter, cursor).undated_page(100);
            list.add(FILE, format!("{kind} page without end by {name}"), sql);
        }
    }
    list.add(FILE, "queues", call_search::QUEUES);
    list.add(FILE, "one call", call_search::one_call().expect("described"));
    list.add(FILE, "legs", call_search::legs().expect("described"));
}

/// One hold of each kind, and one of all together.
fn holds() -> Vec<Extent> {
    let person = |person| Extent {
        person: Some(person),
        ..Extent::default()
    };
    let time = jiff::Timestamp::UNIX_EPOCH;
    vec![
        Extent::default(),
        person(Person::Number("+14155550111".to_owned())),
        person(Person::Email("jane@example.com".to_owned())),
        Extent {
            from: Some(time),
            to: Some(time),
            ..person(Person::Extension("1012".to_owned()))
        },
    ]
}

fn retention(list: &mut List) {
    const FILE: &str = "retention.sql";
    let time = jiff::Timestamp::UNIX_EPOCH;
    let key = || "key".to_owned();
    let selections = [
        ("everything", Selection::default(), None),
        (
            "old and free",
            Selection {
                from: Some(time),
                before: Some(time),
                holds: holds(),
                side: Side::Free,
                settled: true,
                with_elements: true,
                ..Selection::default()
            },
            Some((Some(time), key())),
        ),
        (
            "a person, held",
            Selection {
                holds: holds(),
                side: Side::Held,
                person: Some(Person::Email("jane@example.com".to_owned())),
                ..Selection::default()
            },
            Some((None, key())),
        ),
    ];
    for (name, which, after) in &selections {
        for walk in [Walk::Dated, Walk::Undated] {
            let [calls, elements] = retention::tally_of(&mut Chosen::new(&Transact), which, walk);
            list.add(FILE, format!("count calls: {name}, {walk:?}"), calls);
            list.add(FILE, format!("count elements: {name}, {walk:?}"), elements);
            let keys = retention::keys_of(&mut Chosen::new(&Transact), which, walk, after.as_ref(), 100);
            list.add(FILE, format!("keys: {name}, {walk:?}"), keys);
        }
    }
    for pile in piles() {
        let name = match pile {
            Pile::Directory(table) => table.name.to_owned(),
            Pile::Entries(table) => format!("all of {}", table.name),
            other => format!("{other:?} ({})", pile_counter(other)),
        };
        let count = retention::pile_of(&mut Chosen::new(&Transact), pile, time, &holds());
        list.add(FILE, format!("pile {name}"), count);
        let clear = retention::clear_of(&mut Chosen::new(&Transact), pile, time, &holds(), 100);
        list.add(FILE, format!("clear pile {name}"), clear);
    }
    let jane = Person::Email("jane@example.com".to_owned());
    let aside = rejects::about_of(&mut Chosen::new(&Transact), &jane, &holds(), 0, 100);
    list.add(FILE, "kept aside, about a person", aside);
    list.add(FILE, "blank what is kept aside", rejects::BLANK);
    for placed in placements::all() {
        let entry = Replacement {
            table: placed.table,
            place: Vec::new(),
            record: Vec::new(),
        };
        let past = placement::replace(&Transact, &entry).expect("placed");
        list.add(FILE, format!("past of an entry of {}", placed.table.name), past);
    }
    for table in [&CALL_HISTORY, &CALL_ELEMENT] {
        let model = schema::model(table).expect("described");
        list.add(FILE, format!("{} by key", table.name), bundles::by_key(model));
    }
    for table in directory::TABLES.into_iter().chain([&CALL_HISTORY, &CALL_ELEMENT]) {
        let model = schema::model(table).expect("described");
        list.add(FILE, format!("whole {}", table.name), verbatim::create(model));
        list.add(FILE, format!("clear whole {}", table.name), verbatim::clear(model));
        list.add(FILE, format!("insert whole {}", table.name), verbatim::insert(model));
        list.add(
            FILE,
            format!("patch whole {}", table.name),
            verbatim::patch(model, "extra"),
        );
        list.add(
            FILE,
            format!("delete from {}", table.name),
            bundles::delete_entry(model),
        );
    }
    list.add(FILE, "take in bundles", bundles::take_in());
    list.add(FILE, "delete calls", bundles::delete_by_key(true));
    list.add(FILE, "delete elements", bundles::delete_by_key(false));
    list.add(FILE, "floor", disposal::FLOOR);
    list.add(FILE, "enter a run", disposal::ENTER);
    list.add(FILE, "end a run", disposal::END);
    list.add(FILE, "one run", disposal::one());
    list.add(FILE, "newest runs", disposal::newest_of());
    for counter in ["rejected", "directory", "history"] {
        list.add(FILE, format!("count {counter}"), disposal::count(counter));
    }
}
