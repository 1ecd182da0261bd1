//! What was known of people and places when a call ended, however the directory has changed since.

use jiff::{SignedDuration, Timestamp};

use super::{Fixture, at, batch, call, row, text};
use crate::{
    domain::{
        clock::Clock as _,
        directory::{CALL_QUEUE, PHONE_SITE, PHONE_USER, ZOOM_GROUP, ZOOM_GROUP_MEMBER, ZOOM_ROLE_MEMBER, ZOOM_USER},
        retention::{Cutoffs, Extent, Person},
        table::{Row, Table, Value},
    },
    ports::{
        records::{DirectoryFilter, RecordStore, Snapshot, SnapshotReceipt},
        retention::{Disposal, Pile, Replacement},
    },
};

async fn apply(store: &dyn RecordStore, table: &'static Table, rows: Vec<Row>) -> SnapshotReceipt {
    store
        .apply_snapshot(Snapshot {
            table,
            rows,
            rejected: Vec::new(),
            complete: true,
        })
        .await
        .expect("applied")
}

/// A row of texts.
fn entry(table: &Table, values: &[(&str, &str)]) -> Row {
    let values: Vec<(&str, Value)> = values.iter().map(|(name, value)| (*name, text(value))).collect();
    row(table, &values)
}

fn person(id: &str, name: &str, department: &str) -> Row {
    let extension = format!("x-{id}");
    entry(
        &PHONE_USER,
        &[
            ("id", id),
            ("extension_id", &extension),
            ("email", &format!("{id}@example.com")),
            ("name", name),
            ("department", department),
        ],
    )
}

/// A call that an extension received.
fn received(key: &str, end: &str, extension: &str) -> Row {
    call(
        key,
        end,
        &[("direction", text("inbound")), ("callee_ext_id", text(extension))],
    )
}

/// A column of `v_call` in the order of the calls.
async fn column(fixture: &dyn Fixture, name: &str) -> Vec<String> {
    let sql = format!("SELECT COALESCE({name}, '-') FROM v_call ORDER BY call_history_uuid");
    fixture.look(&sql).await
}

/// How many placements there are with a value in a column.
async fn count(fixture: &dyn Fixture, column: &str) -> Vec<String> {
    let sql = format!("SELECT COUNT(*) FROM directory_placement WHERE {column} IS NOT NULL");
    fixture.look(&sql).await
}

fn day(fixture: &dyn Fixture) -> Timestamp {
    fixture.clock().advance(SignedDuration::from_hours(24));
    fixture.clock().now()
}

/// The directory of the first day, or of the second on which everything is different.
async fn directory(store: &dyn RecordStore, is_new: bool) {
    let of = |old: &'static str, new: &'static str| if is_new { new } else { old };
    let people = vec![
        entry(
            &PHONE_USER,
            &[
                ("id", "u"),
                ("extension_id", "x"),
                ("name", of("Ann Old", "Ann New")),
                ("site_id", of("s1", "s2")),
                ("department", of("Sales", "Support")),
                ("cost_center", of("C1", "C2")),
            ],
        ),
        entry(&PHONE_USER, &[("id", "v"), ("extension_id", "y"), ("name", "Bob")]),
    ];
    apply(store, &PHONE_USER, people).await;
    let bob = entry(&ZOOM_USER, &[("id", "v"), ("dept", of("Lab", "Plant"))]);
    apply(store, &ZOOM_USER, vec![bob]).await;
    let sites = vec![
        entry(&PHONE_SITE, &[("id", "s1"), ("name", of("Bonn", "Cologne"))]),
        entry(&PHONE_SITE, &[("id", "s2"), ("name", "Trier")]),
    ];
    apply(store, &PHONE_SITE, sites).await;
    let group = entry(&ZOOM_GROUP, &[("id", "g"), ("name", of("Team", "Crew"))]);
    apply(store, &ZOOM_GROUP, vec![group]).await;
    apply(
        store,
        &ZOOM_GROUP_MEMBER,
        vec![entry(&ZOOM_GROUP_MEMBER, &[("group_id", "g"), ("id", "u")])],
    )
    .await;
    let queue = entry(
        &CALL_QUEUE,
        &[("id", "q"), ("extension_id", "z"), ("name", of("Hotline", "Helpdesk"))],
    );
    apply(store, &CALL_QUEUE, vec![queue]).await;
}

pub(super) async fn calls_of_the_past_keep_the_names_and_places_of_then(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let to_queue = |key: &str, end: &str| {
        let values = [("callee_ext_id", text("z")), ("callee_ext_type", text("call_queue"))];
        call(key, end, &values)
    };
    let own = [
        ("callee_ext_id", text("x")),
        ("callee_name", text("Said")),
        ("department", text("By")),
        ("site_name", text("Zoom")),
    ];
    directory(&*store, false).await;
    day(fixture);
    directory(&*store, true).await;
    let calls = vec![
        // Older than all that is known, before the change, at its instant, after it, and one without an end.
        received("1", "2026-05-01T00:00:00Z", "x"),
        received("2", "2026-06-01T13:00:00Z", "x"),
        received("3", "2026-06-02T12:00:00Z", "x"),
        received("4", "2026-06-03T00:00:00Z", "x"),
        received("5", "", "x"),
        received("6", "2026-06-01T13:00:00Z", "y"),
        received("7", "2026-06-03T00:00:00Z", "y"),
        to_queue("8", "2026-06-01T13:00:00Z"),
        to_queue("9", "2026-06-03T00:00:00Z"),
        call("own", "2026-06-01T13:00:00Z", &own),
        received("stranger", "2026-06-01T13:00:00Z", "nobody's"),
    ];
    store.commit_calls(batch(calls)).await.expect("committed");
    let rows = |of_ann: [&str; 2], bob: [&str; 2], said: &str| {
        let [old, new] = of_ann;
        [old, old, new, new, new, bob[0], bob[1], "-", "-", said, "-"]
            .map(str::to_owned)
            .to_vec()
    };
    for (name, expected) in [
        ("department", rows(["Sales", "Support"], ["Lab", "Plant"], "By")),
        ("user_name", rows(["Ann Old", "Ann New"], ["Bob", "Bob"], "Said")),
        ("callee_name", rows(["Ann Old", "Ann New"], ["Bob", "Bob"], "Said")),
        ("site_id", rows(["s1", "s2"], ["-", "-"], "s1")),
        ("site_name", rows(["Bonn", "Trier"], ["-", "-"], "Zoom")),
        ("cost_center", rows(["C1", "C2"], ["-", "-"], "C1")),
        ("user_id", rows(["u", "u"], ["v", "v"], "u")),
    ] {
        assert_eq!(column(fixture, name).await, expected, "{name}");
    }
    assert_eq!(
        column(fixture, "user_groups").await,
        ["-", "Team", "Crew", "Crew", "Crew", "-", "-", "-", "-", "Team", "-"],
    );
    let queues = fixture.look("SELECT queue_name FROM v_queue_daily ORDER BY day").await;
    assert_eq!(queues, ["Hotline", "Helpdesk"]);
    let days = fixture
        .look("SELECT department FROM v_call_daily WHERE department IN ('Sales', 'Support') ORDER BY day, department")
        .await;
    assert_eq!(days, ["Sales", "Sales", "Support", "Support"]);
}

pub(super) async fn a_role_member_who_moves_goes_on_in_a_new_row(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let member = |first_name: &str, department: &str| {
        let values = [
            ("role_id", "r"),
            ("id", "u"),
            ("first_name", first_name),
            ("department", department),
        ];
        vec![entry(&ZOOM_ROLE_MEMBER, &values)]
    };
    apply(&*store, &PHONE_USER, vec![person("u", "Ann", "")]).await;
    apply(&*store, &ZOOM_ROLE_MEMBER, member("Ann", "Saels")).await;
    apply(&*store, &ZOOM_ROLE_MEMBER, member("Ann", "Sales")).await;
    day(fixture);
    apply(&*store, &ZOOM_ROLE_MEMBER, member("Anna", "Sales")).await;
    let one = fixture.look("SELECT department FROM zoom_role_member").await;
    assert_eq!(one, ["Sales"], "corrected within the second; another name is no move");
    let moved = apply(&*store, &ZOOM_ROLE_MEMBER, member("Anna", "Support")).await;
    assert_eq!(
        moved,
        SnapshotReceipt {
            total: 1,
            changed: 1,
            ..SnapshotReceipt::default()
        }
    );
    let all = fixture
        .look("SELECT department FROM zoom_role_member ORDER BY valid_from")
        .await;
    assert_eq!(all, ["Sales", "Support"]);
    let current = fixture
        .look("SELECT department FROM zoom_role_member WHERE valid_to IS NULL")
        .await;
    assert_eq!(current, ["Support"]);
    assert_eq!(store.directory_count(&ZOOM_ROLE_MEMBER).await, Ok(1));
    let calls = vec![
        received("1", "2026-05-01T00:00:00Z", "x-u"),
        received("2", "2026-06-01T13:00:00Z", "x-u"),
        received("3", "2026-06-02T13:00:00Z", "x-u"),
    ];
    store.commit_calls(batch(calls)).await.expect("committed");
    assert_eq!(column(fixture, "department").await, ["Sales", "Sales", "Support"]);
}

pub(super) async fn who_left_and_came_back_has_two_placements(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let stays = || person("v", "Bob", "Lab");
    apply(&*store, &PHONE_USER, vec![person("u", "Ann", "Sales"), stays()]).await;
    day(fixture);
    apply(&*store, &PHONE_USER, vec![stays()]).await;
    day(fixture);
    apply(&*store, &PHONE_USER, vec![person("u", "Ann", "Support"), stays()]).await;
    assert_eq!(count(fixture, "valid_from").await, ["3"]);
    assert_eq!(count(fixture, "valid_to").await, ["1"]);
    let calls = vec![
        received("1", "2026-06-01T13:00:00Z", "x-u"),
        received("2", "2026-06-02T13:00:00Z", "x-u"),
        received("3", "2026-06-03T13:00:00Z", "x-u"),
    ];
    store.commit_calls(batch(calls)).await.expect("committed");
    assert_eq!(
        column(fixture, "department").await,
        ["Sales", "Sales", "Support"],
        "what was known last holds while somebody is away"
    );
}

pub(super) async fn an_unchanged_directory_writes_no_placement(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let rows = || vec![person("u", "Ann", "Sales"), person("v", "Bob", "")];
    apply(&*store, &PHONE_USER, rows()).await;
    let placements = "SELECT placement FROM directory_placement WHERE valid_to IS NULL ORDER BY placement";
    let before = fixture.look(placements).await;
    assert_eq!(before.len(), 2);
    day(fixture);
    apply(&*store, &PHONE_USER, rows()).await;
    let mut other = rows();
    other[0] = entry(
        &PHONE_USER,
        &[
            ("id", "u"),
            ("extension_id", "x-u"),
            ("name", "Ann"),
            ("department", "Sales"),
            ("status", "activate"),
        ],
    );
    assert_eq!(apply(&*store, &PHONE_USER, other).await.changed, 1);
    assert_eq!(fixture.look(placements).await, before, "another column is no move");
    assert_eq!(count(fixture, "valid_to").await, ["0"]);
    apply(
        &*store,
        &PHONE_USER,
        vec![person("u", "ANN", "Sales"), person("v", "Bob", "")],
    )
    .await;
    assert_eq!(count(fixture, "valid_to").await, ["1"], "every character counts");
}

pub(super) async fn two_changes_within_a_second_are_one(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    apply(&*store, &PHONE_USER, vec![person("u", "Ann", "Sales")]).await;
    day(fixture);
    for department in ["Typo", "Support"] {
        apply(&*store, &PHONE_USER, vec![person("u", "Ann", department)]).await;
    }
    let all = fixture
        .look("SELECT department FROM directory_placement ORDER BY valid_from")
        .await;
    assert_eq!(all, ["Sales", "Support"]);
}

pub(super) async fn a_purge_takes_what_is_over_except_of_those_who_are_held(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let people = |ids: &[&str], department: &str| ids.iter().map(|id| person(id, id, department)).collect();
    apply(&*store, &PHONE_USER, people(&["gone", "held", "u"], "Old")).await;
    day(fixture);
    let moved_at = fixture.clock().now();
    apply(&*store, &PHONE_USER, people(&["held", "u"], "New")).await;
    let left = "SELECT id FROM directory_placement ORDER BY id, valid_from";
    assert_eq!(fixture.look(left).await, ["gone", "held", "held", "u", "u"]);
    let run = Disposal::new("run".to_owned(), "purge", moved_at, Cutoffs::default());
    let run = store.begin(&run).await.expect("begun").id;
    let holds = [Extent {
        person: Some(Person::Email("held@example.com".to_owned())),
        ..Extent::default()
    }];
    let pile = Pile::Directory(&PHONE_USER);
    assert_eq!(store.clear(pile, moved_at, &holds, 9, &run).await, Ok(0));
    assert_eq!(
        fixture.look(left).await,
        ["gone", "held", "held", "u", "u"],
        "the cutoff itself is not before it"
    );
    let later = at("2026-07-01T00:00:00Z");
    assert_eq!(store.clear(pile, later, &holds, 9, &run).await, Ok(1));
    assert_eq!(fixture.look(left).await, ["held", "held", "u"]);
    let all = Pile::Entries(&PHONE_USER);
    assert_eq!(store.clear(all, later, &holds, 9, &run).await, Ok(1));
    assert_eq!(fixture.look(left).await, ["held", "held"]);
    assert_eq!(store.clear(all, later, &[], 9, &run).await, Ok(1));
    assert!(fixture.look(left).await.is_empty());
}

pub(super) async fn an_erased_person_has_no_name_in_the_past_either(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    apply(
        &*store,
        &PHONE_USER,
        vec![person("email:ann@x.y", "Ann Maiden", "Sales")],
    )
    .await;
    day(fixture);
    apply(
        &*store,
        &PHONE_USER,
        vec![person("email:ann@x.y", "Ann Married", "Support")],
    )
    .await;
    let run = Disposal::new("run".to_owned(), "erase", fixture.clock().now(), Cutoffs::default());
    let run = store.begin(&run).await.expect("begun").id;
    let (_, mut record) = store
        .directory(&DirectoryFilter::default(), 9)
        .await
        .expect("read")
        .remove(0);
    for (name, value) in &mut record {
        match *name {
            "id" => *value = text("erased:1"),
            "name" | "email" => *value = Value::Null,
            _ => {}
        }
    }
    let replacement = Replacement {
        table: &PHONE_USER,
        place: vec![text("email:ann@x.y")],
        record,
    };
    store.replace(vec![replacement], &run).await.expect("replaced");
    let erased = entry(
        &PHONE_USER,
        &[
            ("id", "erased:1"),
            ("extension_id", "x-email:ann@x.y"),
            ("department", "Support"),
        ],
    );
    day(fixture);
    apply(&*store, &PHONE_USER, vec![erased]).await;
    assert!(fixture.look("SELECT name FROM directory_placement").await.is_empty());
    assert_eq!(
        fixture.look("SELECT id FROM directory_placement").await,
        ["erased:1", "erased:1"],
        "the next sync finds nothing new"
    );
    let calls = vec![received("1", "2026-06-01T13:00:00Z", "x-email:ann@x.y")];
    store.commit_calls(batch(calls)).await.expect("committed");
    assert_eq!(column(fixture, "department").await, ["Sales"], "counts stay true");
    assert_eq!(column(fixture, "user_name").await, ["-"]);
}

pub(super) async fn an_older_database_begins_with_what_it_knows(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    apply(
        &*store,
        &PHONE_USER,
        vec![person("u", "Ann", "Sales"), person("v", "Bob", "Lab")],
    )
    .await;
    day(fixture);
    apply(&*store, &PHONE_USER, vec![person("u", "Ann", "Support")]).await;
    let calls = vec![
        received("1", "2026-06-01T13:00:00Z", "x-u"),
        received("2", "2026-06-01T13:00:00Z", "x-v"),
    ];
    store.commit_calls(batch(calls)).await.expect("committed");
    drop(store);
    fixture.servers().close("test", "calls").await;
    // As the version before left it.
    fixture
        .alter(&[
            "DROP VIEW v_queue_daily",
            "DROP VIEW v_call_daily",
            "DROP VIEW v_call",
            "DROP TABLE directory_placement",
            "DELETE FROM schema_migration WHERE version >= 5",
        ])
        .await;
    let store = fixture.store().await;
    assert_eq!(column(fixture, "department").await, ["Support", "Lab"]);
    assert_eq!(count(fixture, "valid_from").await, ["2"]);
    assert_eq!(count(fixture, "valid_to").await, ["1"]);
    day(fixture);
    apply(&*store, &PHONE_USER, vec![person("u", "Ann", "Stock")]).await;
    assert_eq!(column(fixture, "department").await, ["Support", "Lab"]);
    assert_eq!(count(fixture, "valid_to").await, ["2"]);
}
