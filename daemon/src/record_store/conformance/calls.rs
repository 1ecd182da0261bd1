//! Committing calls.

use jiff::SignedDuration;

use super::{Fixture, at, batch, call, field, rejected, text};
use crate::{
    domain::{call::CALL_HISTORY, table::Value},
    ports::records::{CallBatch, CallFilter, Receipt},
};

const END: &str = "2026-01-01T10:00:00Z";

pub(super) async fn a_batch_is_stored_as_sent(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let mut sent = call(
        "a",
        END,
        &[
            ("caller_did_number", text("+49 (30) 1234-567")),
            ("callee_did_number", text("030 1234567")),
            ("caller_name", text("")),
            ("duration", Value::Integer(i64::MAX)),
            ("international", Value::Boolean(true)),
            ("spam", Value::Null),
        ],
    );
    sent.extra = Some("{\"new_field\":[1,2]}".to_owned());
    store.commit_calls(batch(vec![sent.clone()])).await.expect("committed");
    let (record, elements) = store.call("a").await.expect("read").expect("there");
    assert!(elements.is_empty());
    for (column, value) in CALL_HISTORY.columns.iter().zip(&sent.values) {
        assert_eq!(field(&record, column.name), *value, "{}", column.name);
    }
    assert_eq!(field(&record, "caller_did_number_e164"), text("+49301234567"));
    assert_eq!(
        field(&record, "callee_did_number_e164"),
        Value::Null,
        "a national number is not guessed at"
    );
    assert_eq!(field(&record, "extra"), text("{\"new_field\":[1,2]}"));
    let names: Vec<&str> = record.iter().map(|(name, _)| *name).collect();
    let described: Vec<&str> = CALL_HISTORY.columns.iter().map(|column| column.name).collect();
    assert_eq!(
        names[..described.len()],
        described,
        "columns come in the order of the table"
    );
    assert!(names.ends_with(&["first_seen_at", "changed_at", "deleted_at", "erased_at"]));
}

pub(super) async fn the_same_batch_again_changes_nothing(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let calls = vec![call("a", END, &[]), call("b", END, &[])];
    let first = store.commit_calls(batch(calls.clone())).await.expect("committed");
    assert_eq!(
        first,
        Receipt {
            added: 2,
            ..Receipt::default()
        }
    );
    let before = store.call("a").await.expect("read");
    fixture.clock().advance(SignedDuration::from_mins(5));
    let second = store.commit_calls(batch(calls)).await.expect("committed");
    assert_eq!(
        second,
        Receipt {
            unchanged: 2,
            ..Receipt::default()
        }
    );
    assert_eq!(store.call("a").await.expect("read"), before);
}

pub(super) async fn a_changed_call_keeps_when_it_was_first_seen(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let seen = fixture.clock_text();
    store
        .commit_calls(batch(vec![call("a", END, &[("duration", Value::Integer(1))])]))
        .await
        .expect("committed");
    fixture.clock().advance(SignedDuration::from_mins(5));
    let changed = store
        .commit_calls(batch(vec![call("a", END, &[("call_result", text("answered"))])]))
        .await;
    assert_eq!(
        changed.expect("committed"),
        Receipt {
            changed: 1,
            ..Receipt::default()
        }
    );
    let (record, _) = store.call("a").await.expect("read").expect("there");
    assert_eq!(field(&record, "first_seen_at"), Value::Time(at(&seen)));
    assert_eq!(field(&record, "changed_at"), Value::Time(at(&fixture.clock_text())));
    assert_eq!(
        field(&record, "duration"),
        Value::Null,
        "what Zoom no longer sends is gone"
    );
    assert_eq!(field(&record, "call_result"), text("answered"));
}

pub(super) async fn the_last_of_duplicates_in_a_batch_counts_once(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let name = |name: &str| [("caller_name", text(name))];
    let calls = vec![
        call("a", END, &name("first")),
        call("b", END, &[]),
        call("a", END, &name("last")),
    ];
    let receipt = store.commit_calls(batch(calls)).await.expect("committed");
    assert_eq!(
        receipt,
        Receipt {
            added: 2,
            ..Receipt::default()
        }
    );
    let (record, _) = store.call("a").await.expect("read").expect("there");
    assert_eq!(field(&record, "caller_name"), text("last"));
    assert_eq!(store.summary().await.expect("a summary").records, 2);
}

pub(super) async fn a_rejected_record_is_kept_once(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let with = |records: &[&str]| CallBatch {
        rejected: records.iter().map(|json| rejected(json)).collect(),
        ..CallBatch::default()
    };
    let first = store
        .commit_calls(with(&["{\"x\":1}", "{\"x\":1}", "{\"x\":2}"]))
        .await
        .expect("committed");
    assert_eq!(first.rejected, 2);
    let second = store
        .commit_calls(with(&["{\"x\":2}", "{\"x\":3}"]))
        .await
        .expect("committed");
    assert_eq!(second.rejected, 1);
    assert_eq!(store.summary().await.expect("a summary").rejected, 3);
}

pub(super) async fn quotes_and_statements_in_values_are_only_text(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let hostile = "'; DROP TABLE call_history; --\"]\u{0}\u{1f4a9}\n%_\\";
    let calls = vec![call(hostile, END, &[("caller_name", text(hostile))])];
    store.commit_calls(batch(calls)).await.expect("committed");
    let (record, _) = store.call(hostile).await.expect("read").expect("there");
    assert_eq!(field(&record, "caller_name"), text(hostile));
    let filter = CallFilter {
        user: Some("'; DROP TABLE".to_owned()),
        ..CallFilter::default()
    };
    assert_eq!(store.calls(&filter, None, 10).await.expect("read").len(), 1);
}

pub(super) async fn a_batch_is_there_after_a_kill(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    for number in 0..20 {
        let key = format!("call-{number}");
        let one = CallBatch {
            want_elements: true,
            ..batch(vec![call(&key, END, &[])])
        };
        store.commit_calls(one).await.expect("committed");
        if number % 5 == 0 {
            let found = fixture.after_kill().await;
            let summary = found.summary().await.expect("a summary");
            assert_eq!((summary.records, summary.elements_pending), (number + 1, number + 1));
        }
    }
}

pub(super) async fn counts_stay_exact(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    for round in 0..5_i64 {
        let calls = (0..10).map(|number| {
            call(
                &format!("{}", number + round * 5),
                END,
                &[("duration", Value::Integer(round / 2))],
            )
        });
        let one = CallBatch {
            want_elements: true,
            rejected: vec![rejected("{}")],
            ..batch(calls.collect())
        };
        store.commit_calls(one).await.expect("committed");
    }
    let summary = store.summary().await.expect("a summary");
    let listed = store
        .calls(&CallFilter::default(), None, 1000)
        .await
        .expect("read")
        .len() as u64;
    let due = store.due_elements(1000).await.expect("read").len() as u64;
    assert_eq!(
        (summary.records, summary.elements_pending, summary.rejected),
        (listed, due, 1)
    );
    assert_eq!(listed, 30);
    assert_eq!(summary.newest_record_end_time, Some(at(END)));
}

pub(super) async fn a_large_batch_is_stored_in_one_go(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let rows: Vec<_> = (0..20_000)
        .map(|number: i64| {
            call(
                &format!("20260101-{number:08x}-91ce-4df5-8495-7c9e33d10869"),
                END,
                &[
                    ("call_id", text(&format!("70183170237229{number}"))),
                    ("direction", text("inbound")),
                    ("start_time", Value::Time(at("2026-01-01T09:59:00Z"))),
                    ("duration", Value::Integer(number)),
                    ("caller_did_number", text("+12059300920")),
                    ("callee_did_number", text("+12059300921")),
                    ("caller_name", text("Caller name")),
                    ("callee_email", text("callee@example.com")),
                    ("site_name", text("site name")),
                    ("call_result", text("answered")),
                ],
            )
        })
        .collect();
    for pass in ["added", "unchanged"] {
        let one = CallBatch {
            want_elements: true,
            ..batch(rows.clone())
        };
        let started = std::time::Instant::now();
        let receipt = store.commit_calls(one).await.expect("committed");
        eprintln!("20000 calls {pass}: {} ms", started.elapsed().as_millis());
        assert_eq!(receipt.added + receipt.unchanged, 20_000);
    }
    assert_eq!(store.summary().await.expect("a summary").records, 20_000);
}
