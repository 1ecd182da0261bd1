//! Retention: walking, counting, copying and deleting what is old, and what holds keep.

use jiff::Timestamp;

use super::{Fixture, at, batch, call, element, field, rejected, row, text};
use crate::{
    domain::{
        directory::{PHONE_USER, ZOOM_USER},
        retention::{Cutoffs, Extent, Person},
        table::{Row, Value},
    },
    ports::{
        fingerprint,
        records::{CallBatch, CallFilter, ElementsFetched, RecordStore, Snapshot},
        retention::{Deletion, Disposal, Pile, Replacement, Selection, Side, Tally},
    },
};

const JANUARY: &str = "2026-01-10T10:00:00Z";
const FEBRUARY: &str = "2026-02-10T10:00:00Z";
const CUTOFF: &str = "2026-02-01T00:00:00Z";

/// Three old calls, one new, one without an end; the first has two elements, one of them with another person.
async fn filled(store: &dyn RecordStore) {
    let calls = vec![
        call("a", JANUARY, &[("caller_did_number", text("+1 (415) 555-0111"))]),
        call("b", JANUARY, &[("callee_email", text("Jane.Doe@Example.com"))]),
        call("c", "2026-01-11T10:00:00Z", &[("callee_ext_number", text("1012"))]),
        call("d", FEBRUARY, &[("caller_did_number", text("+14155550111"))]),
        call("e", "", &[("caller_name", text("nobody"))]),
    ];
    store.commit_calls(batch(calls)).await.expect("committed");
    let legs = |call: &str, rows: Vec<Row>| ElementsFetched::Rows {
        call_history_uuid: call.to_owned(),
        rows,
        rejected: Vec::new(),
    };
    let fetched = vec![
        legs(
            "a",
            vec![
                element("a1", &[("caller_did_number", text("+14155550111"))]),
                element("a2", &[("callee_email", text("joe@example.com"))]),
            ],
        ),
        legs("d", vec![element("d1", &[])]),
    ];
    store.commit_elements(fetched).await.expect("committed");
}

fn before(cutoff: &str) -> Selection {
    Selection {
        before: Some(at(cutoff)),
        ..Selection::default()
    }
}

fn held(side: Side, holds: Vec<Extent>) -> Selection {
    Selection {
        side,
        holds,
        ..before(CUTOFF)
    }
}

fn person(person: Person) -> Extent {
    Extent {
        person: Some(person),
        ..Extent::default()
    }
}

async fn keys(store: &dyn RecordStore, which: &Selection) -> Vec<String> {
    let found = store.keys(which, None, 100).await.expect("walked");
    found.into_iter().map(|(_, key)| key).collect()
}

async fn begun(store: &dyn RecordStore, kind: &str, calls: Option<Timestamp>) -> String {
    let cutoffs = Cutoffs {
        calls,
        ..Cutoffs::default()
    };
    let run = Disposal::new(format!("run-{kind}"), kind, at(FEBRUARY), cutoffs);
    store.begin(&run).await.expect("begun").id
}

pub(super) async fn old_calls_come_oldest_first_page_by_page(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    filled(&*store).await;
    assert_eq!(keys(&*store, &before(CUTOFF)).await, ["a", "b", "c"]);
    let mut cursor = None;
    let mut walked = Vec::new();
    // The one without an end is as old as our first sight of it, which is June.
    let all = before("2026-07-01T00:00:00Z");
    loop {
        let page = store.keys(&all, cursor.clone(), 2).await.expect("walked");
        let Some(last) = page.last() else { break };
        cursor = Some(last.clone());
        walked.extend(page.into_iter().map(|(_, key)| key));
    }
    assert_eq!(walked, ["a", "b", "c", "d", "e"]);
    let tally = store.tally(&before(CUTOFF)).await.expect("counted");
    assert_eq!(tally, Tally { calls: 3, elements: 2 });
}

pub(super) async fn holds_find_persons_however_they_are_written(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    filled(&*store).await;
    for (extent, covered) in [
        (person(Person::Number("1-415-555-0111".into())), vec!["a"]),
        (person(Person::Number("+14155550111".into())), vec!["a"]),
        (person(Person::Email("JANE.DOE@example.com".into())), vec!["b"]),
        (person(Person::Extension("1012".into())), vec!["c"]),
        (person(Person::Email("joe@example.com".into())), vec!["a"]),
        (person(Person::Email("doe@example.com".into())), vec![]),
        (Extent::default(), vec!["a", "b", "c"]),
        (
            Extent {
                from: Some(at("2026-01-11T00:00:00Z")),
                ..Extent::default()
            },
            vec!["c"],
        ),
        (
            Extent {
                to: Some(at("2026-01-11T00:00:00Z")),
                ..person(Person::Number("14155550111".into()))
            },
            vec!["a"],
        ),
    ] {
        let is_held = keys(&*store, &held(Side::Held, vec![extent.clone()])).await;
        assert_eq!(is_held, covered, "{extent:?}");
        let free = keys(&*store, &held(Side::Free, vec![extent.clone()])).await;
        let others: Vec<&str> = ["a", "b", "c"]
            .into_iter()
            .filter(|key| !covered.contains(key))
            .collect();
        assert_eq!(
            free, others,
            "{extent:?}: what is not held is free, also where a column is empty"
        );
    }
    assert_eq!(keys(&*store, &held(Side::Held, vec![])).await, Vec::<String>::new());
}

pub(super) async fn deleting_takes_everything_of_a_call_and_counts_it(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    filled(&*store).await;
    let run = begun(&*store, "purge", Some(at(CUTOFF))).await;
    let gone = store
        .delete(Deletion::Calls(vec!["a".into(), "b".into(), "x".into()]), &run)
        .await;
    assert_eq!(gone.expect("deleted"), Tally { calls: 2, elements: 2 });
    let gone = store.delete(Deletion::Elements(vec!["d".into()]), &run).await;
    assert_eq!(gone.expect("deleted"), Tally { calls: 0, elements: 1 });
    let summary = store.summary().await.expect("a summary");
    assert_eq!((summary.records, summary.disposed, summary.elements), (3, 2, 0));
    // As the next start finds it, had the daemon been killed now.
    let killed = fixture.after_kill().await;
    let runs = killed.disposals("purge", 9).await.expect("read");
    assert_eq!(runs.len(), 1);
    assert_eq!(
        (runs[0].tally, runs[0].finished_at),
        (Tally { calls: 2, elements: 3 }, None)
    );
    let ended = store.end(&run, 7).await.expect("ended").expect("known");
    assert_eq!((ended.held, ended.rows()), (7, 5));
    assert!(ended.finished_at.is_some());
    let again = store
        .begin(&Disposal::new(run, "purge", at(FEBRUARY), Cutoffs::default()))
        .await;
    assert_eq!(
        again.expect("found").tally.calls,
        2,
        "the same run goes on with its counts"
    );
}

pub(super) async fn what_was_purged_is_not_taken_in_again(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    filled(&*store).await;
    let run = begun(&*store, "purge", Some(at(CUTOFF))).await;
    store
        .delete(Deletion::Calls(vec!["a".into()]), &run)
        .await
        .expect("deleted");
    let again = vec![
        call("a", JANUARY, &[]),
        call("b", JANUARY, &[("call_result", text("answered"))]),
        call("f", FEBRUARY, &[]),
    ];
    let receipt = store.commit_calls(batch(again)).await.expect("committed");
    assert_eq!((receipt.added, receipt.changed, receipt.unchanged), (1, 1, 1));
    let there = |key: &'static str| {
        let store = &store;
        async move { store.call(key).await.expect("read").is_some() }
    };
    assert!(!there("a").await, "purged: its time is over");
    assert!(there("b").await && there("f").await);
    let killed = fixture.after_kill().await;
    killed
        .commit_calls(batch(vec![call("a", JANUARY, &[])]))
        .await
        .expect("committed");
    assert!(killed.call("a").await.expect("read").is_none(), "also after a restart");
}

pub(super) async fn a_copy_in_another_database_is_the_same_call(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let mut sent = call(
        "a",
        JANUARY,
        &[("duration", Value::Integer(7)), ("international", Value::Boolean(true))],
    );
    sent.extra = Some("{\"new_field\":[1,2.5],\"z\":null}".to_owned());
    store.commit_calls(batch(vec![sent])).await.expect("committed");
    store
        .commit_elements(vec![ElementsFetched::Rows {
            call_history_uuid: "a".into(),
            rows: vec![
                element("a1", &[("operator_name", text("J\u{f6}rg \u{1f4a9}"))]),
                element("a2", &[]),
            ],
            rejected: Vec::new(),
        }])
        .await
        .expect("committed");
    let owner = super::owner("one");
    fixture
        .servers()
        .create("test", "old", &owner, false)
        .await
        .expect("created");
    let archive = fixture
        .servers()
        .open("test", "old", &owner.account)
        .await
        .expect("opened");
    let original = store.bundles(&["a".into(), "x".into()]).await.expect("read");
    assert_eq!(original.len(), 1);
    for pass in 0..2 {
        archive.put(original.clone(), None, false).await.expect("stored");
        let copy = archive.bundles(&["a".into()]).await.expect("read");
        assert_eq!(copy.len(), 1, "pass {pass}");
        assert_eq!(copy[0].call, original[0].call);
        assert_eq!(fingerprint::of_bundle(&copy[0]), fingerprint::of_bundle(&original[0]));
        let summary = archive.summary().await.expect("a summary");
        assert_eq!((summary.records, summary.elements), (1, 2));
    }
}

pub(super) async fn only_what_is_still_as_copied_is_deleted(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    filled(&*store).await;
    let run = begun(&*store, "archive", Some(at(CUTOFF))).await;
    let copied = store.bundles(&["a".into(), "b".into()]).await.expect("read");
    let copies = copied
        .iter()
        .map(|bundle| (bundle.key().to_owned(), fingerprint::of_bundle(bundle)))
        .collect();
    // Another leg of a, after the copy was made.
    store
        .commit_elements(vec![ElementsFetched::Rows {
            call_history_uuid: "a".into(),
            rows: vec![element("a3", &[])],
            rejected: Vec::new(),
        }])
        .await
        .expect("committed");
    let gone = store.delete(Deletion::Copied(copies), &run).await.expect("deleted");
    assert_eq!(gone, Tally { calls: 1, elements: 0 });
    assert!(store.call("a").await.expect("read").is_some());
    assert!(store.call("b").await.expect("read").is_none());
}

pub(super) async fn a_rewritten_call_keeps_its_place_and_its_counts(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    filled(&*store).await;
    let run = begun(&*store, "erase", None).await;
    let mut bundles = store.bundles(&["a".into()]).await.expect("read");
    for (name, value) in &mut bundles[0].call {
        match *name {
            "caller_did_number" | "caller_did_number_e164" => *value = Value::Null,
            "erased_at" => *value = Value::Time(at(FEBRUARY)),
            _ => {}
        }
    }
    store.put(bundles, Some(&run), true).await.expect("stored");
    let (record, legs) = store.call("a").await.expect("read").expect("there");
    assert_eq!(field(&record, "caller_did_number"), Value::Null);
    assert_eq!(field(&record, "erased_at"), Value::Time(at(FEBRUARY)));
    assert_eq!(legs.len(), 2);
    let summary = store.summary().await.expect("a summary");
    assert_eq!((summary.records, summary.elements), (5, 3));
    let again = call("a", JANUARY, &[("caller_did_number", text("+14155550111"))]);
    store.commit_calls(batch(vec![again])).await.expect("committed");
    let (record, _) = store.call("a").await.expect("read").expect("there");
    assert_eq!(
        field(&record, "caller_did_number"),
        Value::Null,
        "a poll does not bring the person back"
    );
    let run = store.disposals("erase", 1).await.expect("read").remove(0);
    assert_eq!(run.tally, Tally { calls: 1, elements: 2 });
}

pub(super) async fn piles_are_cleared_in_bits_except_what_is_held(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let users = |ids: &[&str]| Snapshot {
        table: &ZOOM_USER,
        rows: ids
            .iter()
            .map(|id| {
                row(
                    &ZOOM_USER,
                    &[("id", text(id)), ("email", text(&format!("{id}@example.com")))],
                )
            })
            .collect(),
        rejected: Vec::new(),
        complete: true,
    };
    store
        .apply_snapshot(users(&["u1", "u2", "u3", "u4"]))
        .await
        .expect("applied");
    store.apply_snapshot(users(&["u4"])).await.expect("applied");
    let rejects = CallBatch {
        rejected: vec![
            rejected("{\"caller_did_number\":\"+1 415 555-0111\"}"),
            rejected("{\"x\":1}"),
        ],
        ..CallBatch::default()
    };
    store.commit_calls(rejects).await.expect("committed");
    let run = begun(&*store, "purge", None).await;
    let later = at("2026-07-01T00:00:00Z");
    let pile = Pile::Directory(&ZOOM_USER);
    let holds = [person(Person::Email("U2@example.com".into()))];
    assert_eq!(store.pile(pile, later, &holds).await, Ok((2, 1)));
    assert_eq!(store.pile(pile, later, &[Extent::default()]).await, Ok((0, 3)));
    assert_eq!(store.clear(pile, later, &holds, 1, &run).await, Ok(1));
    assert_eq!(store.clear(pile, later, &holds, 9, &run).await, Ok(1));
    assert_eq!(store.clear(pile, later, &holds, 9, &run).await, Ok(0));
    assert_eq!(
        store.directory_count(&ZOOM_USER).await,
        Ok(1),
        "who is present is never too old"
    );
    let number = [person(Person::Number("14155550111".into()))];
    assert_eq!(store.pile(Pile::Rejected, later, &number).await, Ok((1, 1)));
    assert_eq!(store.clear(Pile::Rejected, later, &number, 9, &run).await, Ok(1));
    assert_eq!(store.summary().await.expect("a summary").rejected, 1);
    assert_eq!(store.pile(Pile::SyncRuns, later, &[]).await, Ok((0, 0)));
    assert_eq!(store.pile(Pile::Backfills, later, &[]).await, Ok((0, 0)));
    store.add_history(&run, 4).await.expect("counted");
    let run = store.end(&run, 0).await.expect("ended").expect("known");
    assert_eq!((run.directory, run.rejected, run.history), (2, 1, 4));
}

pub(super) async fn all_entries_of_a_directory_go_except_what_is_held(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let users = |ids: &[&str]| Snapshot {
        table: &ZOOM_USER,
        rows: ids
            .iter()
            .map(|id| {
                let email = text(&format!("{id}@example.com"));
                row(&ZOOM_USER, &[("id", text(id)), ("email", email)])
            })
            .collect(),
        rejected: Vec::new(),
        complete: true,
    };
    store.apply_snapshot(users(&["u1", "u2", "u3"])).await.expect("applied");
    store.apply_snapshot(users(&["u1", "u2"])).await.expect("applied");
    let pile = Pile::Entries(&ZOOM_USER);
    let run = begun(&*store, "removal", None).await;
    let held = [person(Person::Email("u2@example.com".into()))];
    assert_eq!(store.pile(pile, at(CUTOFF), &held).await, Ok((2, 1)));
    // Who is present is present in every range that has begun.
    let range = [Extent {
        from: Some(at("2100-01-01T00:00:00Z")),
        ..Extent::default()
    }];
    assert_eq!(store.pile(pile, at(CUTOFF), &range).await, Ok((1, 2)));
    assert_eq!(store.clear(pile, at(CUTOFF), &held, 9, &run).await, Ok(2));
    assert_eq!(store.pile(pile, at(CUTOFF), &[]).await, Ok((1, 0)));
    store.forget_deleted().await.expect("overwritten");
    let filter = crate::ports::records::DirectoryFilter::default();
    let left = store.directory(&filter, 9).await.expect("read");
    assert_eq!(left.len(), 1);
    assert_eq!(field(&left[0].1, "id"), text("u2"));
}

pub(super) async fn what_is_kept_aside_about_a_person_is_found_and_blanked(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let theirs = "{\"caller_did_number\":\"+1 415 555-0111\",\"email\":\"Jane@Example.com\"}";
    let rejects = || CallBatch {
        rejected: vec![rejected(theirs), rejected("{\"x\":1}")],
        ..CallBatch::default()
    };
    store.commit_calls(rejects()).await.expect("committed");
    let run = begun(&*store, "erase", None).await;
    let number = Person::Number("14155550111".into());
    let email = Person::Email("jane@example.com".into());
    for person in [&number, &email] {
        let found = store.aside(person, &[], 0, 9).await.expect("found");
        assert_eq!(found.len(), 1, "{person:?}");
        assert_eq!((found[0].json.as_str(), found[0].is_held), (theirs, false));
        assert!(found[0].first_seen_at.is_some());
        assert_eq!(store.aside(person, &[], found[0].id, 9).await, Ok(Vec::new()));
    }
    let held = [person(email.clone())];
    let found = store.aside(&number, &held, 0, 9).await.expect("found");
    assert!(found[0].is_held);
    store.blank_aside(&[found[0].id], "{}", &run).await.expect("blanked");
    assert_eq!(store.aside(&number, &[], 0, 9).await, Ok(Vec::new()));
    store.commit_calls(rejects()).await.expect("committed");
    assert_eq!(
        store.aside(&number, &[], 0, 9).await,
        Ok(Vec::new()),
        "the same record does not come back"
    );
    assert_eq!(
        store.summary().await.expect("a summary").rejected,
        2,
        "counts stay true"
    );
    let run = store.end(&run, 0).await.expect("ended").expect("known");
    assert_eq!(run.rejected, 1);
}

pub(super) async fn every_pile_can_be_counted_and_cleared(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let run = begun(&*store, "purge", None).await;
    let holds = [
        person(Person::Email("a@b.c".into())),
        person(Person::Number("12345".into())),
        Extent {
            from: Some(at(JANUARY)),
            to: Some(at(FEBRUARY)),
            ..person(Person::Extension("1012".into()))
        },
    ];
    for pile in crate::record_store::selection::piles() {
        assert_eq!(store.pile(pile, at(CUTOFF), &holds).await, Ok((0, 0)), "{pile:?}");
        assert_eq!(store.clear(pile, at(CUTOFF), &holds, 9, &run).await, Ok(0), "{pile:?}");
    }
}

pub(super) async fn a_directory_entry_takes_the_place_of_another(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let user = row(&PHONE_USER, &[("id", text("email:x@y.z")), ("email", text("x@y.z"))]);
    store
        .apply_snapshot(Snapshot {
            table: &PHONE_USER,
            rows: vec![user],
            rejected: Vec::new(),
            complete: true,
        })
        .await
        .expect("applied");
    let run = begun(&*store, "erase", None).await;
    let filter = crate::ports::records::DirectoryFilter::default();
    let (_, mut record) = store.directory(&filter, 9).await.expect("read").remove(0);
    for (name, value) in &mut record {
        match *name {
            "id" => *value = text("erased:1"),
            "email" => *value = Value::Null,
            "erased_at" => *value = Value::Time(at(FEBRUARY)),
            _ => {}
        }
    }
    let replacement = Replacement {
        table: &PHONE_USER,
        place: vec![text("email:x@y.z")],
        record,
    };
    store.replace(vec![replacement], &run).await.expect("replaced");
    let entries = store.directory(&filter, 9).await.expect("read");
    assert_eq!(entries.len(), 1);
    assert_eq!(field(&entries[0].1, "id"), text("erased:1"));
    assert_eq!(field(&entries[0].1, "email"), Value::Null);
    assert_eq!(field(&entries[0].1, "erased_at"), Value::Time(at(FEBRUARY)));
    let listed = row(&PHONE_USER, &[("id", text("erased:1")), ("status", text("activate"))]);
    let again = Snapshot {
        table: &PHONE_USER,
        rows: vec![listed],
        rejected: Vec::new(),
        complete: true,
    };
    store.apply_snapshot(again).await.expect("applied");
    let entries = store.directory(&filter, 9).await.expect("read");
    assert_eq!(field(&entries[0].1, "status"), text("activate"));
    assert_eq!(
        field(&entries[0].1, "erased_at"),
        Value::Time(at(FEBRUARY)),
        "a sync leaves it"
    );
    let run = store.disposals("erase", 1).await.expect("read").remove(0);
    assert_eq!(run.directory, 1);
}

pub(super) async fn calls_that_wait_for_elements_are_not_settled(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let one = CallBatch {
        want_elements: true,
        ..batch(vec![call("a", JANUARY, &[])])
    };
    store.commit_calls(one).await.expect("committed");
    store
        .commit_calls(batch(vec![call("b", JANUARY, &[])]))
        .await
        .expect("committed");
    let settled = Selection {
        settled: true,
        ..before(CUTOFF)
    };
    assert_eq!(keys(&*store, &settled).await, ["b"]);
    let run = begun(&*store, "purge", None).await;
    store
        .delete(Deletion::Calls(vec!["a".into()]), &run)
        .await
        .expect("deleted");
    assert_eq!(store.summary().await.expect("a summary").elements_pending, 0);
    assert_eq!(
        store.calls(&CallFilter::default(), None, 9).await.expect("read").len(),
        1
    );
}
