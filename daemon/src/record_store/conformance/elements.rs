//! Elements and their backlog.

use jiff::SignedDuration;

use super::{Fixture, at, batch, call, element, field, rejected, text};
use crate::{
    domain::{
        clock::Clock as _,
        table::{Row, Value},
    },
    ports::records::{CallBatch, ElementsFetched, Receipt, RecordStore},
};

async fn queue(store: &dyn RecordStore, calls: Vec<Row>) {
    store
        .commit_calls(CallBatch {
            want_elements: true,
            ..batch(calls)
        })
        .await
        .expect("committed");
}

async fn due(store: &dyn RecordStore) -> Vec<String> {
    let due = store.due_elements(100).await.expect("read");
    due.into_iter().map(|pending| pending.call_history_uuid).collect()
}

async fn pending(store: &dyn RecordStore) -> u64 {
    store.summary().await.expect("a summary").elements_pending
}

fn rows(call: &str, rows: Vec<Row>) -> ElementsFetched {
    ElementsFetched::Rows {
        call_history_uuid: call.to_owned(),
        rows,
        rejected: Vec::new(),
    }
}

fn three() -> Vec<Row> {
    vec![
        call("old", "2026-01-01T10:00:00Z", &[]),
        call("new", "2026-01-03T10:00:00Z", &[]),
        call("undated", "", &[]),
    ]
}

pub(super) async fn new_and_changed_calls_are_queued_newest_first(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    queue(&*store, three()).await;
    assert_eq!(due(&*store).await, ["new", "old", "undated"]);
    assert_eq!(store.due_elements(1).await.expect("read").len(), 1);
    store
        .commit_elements(vec![rows("new", vec![]), rows("old", vec![])])
        .await
        .expect("committed");
    queue(&*store, three()).await;
    assert_eq!(due(&*store).await, ["undated"], "unchanged calls are not fetched again");
    queue(
        &*store,
        vec![call("old", "2026-01-01T10:00:00Z", &[("spam", text("x"))])],
    )
    .await;
    assert_eq!(due(&*store).await, ["old", "undated"]);
    assert_eq!(pending(&*store).await, 2);
}

pub(super) async fn fetched_elements_leave_the_backlog(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    queue(&*store, three()).await;
    let fetched = ElementsFetched::Rows {
        call_history_uuid: "new".to_owned(),
        rows: vec![
            element("e1", &[("caller_did_number", text("+12059300920"))]),
            element("e2", &[]),
        ],
        rejected: vec![rejected("{\"no\":\"key\"}")],
    };
    let receipt = store.commit_elements(vec![fetched]).await.expect("committed");
    assert_eq!(
        receipt,
        Receipt {
            added: 2,
            rejected: 1,
            ..Receipt::default()
        }
    );
    let killed = fixture.after_kill().await;
    let summary = killed.summary().await.expect("a summary");
    assert_eq!(
        (summary.elements, summary.elements_pending, summary.rejected),
        (2, 2, 1)
    );
    let (_, elements) = killed.call("new").await.expect("read").expect("there");
    assert_eq!(elements.len(), 2);
    assert_eq!(
        field(&elements[0], "call_history_uuid"),
        text("new"),
        "filled in where the leg does not repeat it"
    );
    assert_eq!(field(&elements[0], "caller_did_number_e164"), text("+12059300920"));
}

pub(super) async fn vanished_elements_are_kept_and_marked(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    queue(&*store, three()).await;
    let both = vec![element("e1", &[]), element("e2", &[])];
    store
        .commit_elements(vec![rows("new", both.clone())])
        .await
        .expect("committed");
    let receipt = store
        .commit_elements(vec![rows("new", vec![element("e2", &[])])])
        .await
        .expect("committed");
    assert_eq!(
        receipt,
        Receipt {
            changed: 1,
            unchanged: 1,
            ..Receipt::default()
        }
    );
    let (_, elements) = store.call("new").await.expect("read").expect("there");
    let now = Value::Time(fixture.clock().now());
    assert_eq!(
        elements.iter().map(|leg| field(leg, "deleted_at")).collect::<Vec<_>>(),
        [now, Value::Null]
    );
    let back = store.commit_elements(vec![rows("new", both)]).await.expect("committed");
    assert_eq!(
        back,
        Receipt {
            changed: 1,
            unchanged: 1,
            ..Receipt::default()
        }
    );
    let (_, elements) = store.call("new").await.expect("read").expect("there");
    assert!(elements.iter().all(|leg| field(leg, "deleted_at") == Value::Null));
    assert_eq!(store.summary().await.expect("a summary").elements, 2);
}

pub(super) async fn what_is_postponed_comes_due_later(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    assert_eq!(store.next_elements_due().await, Ok(None));
    queue(&*store, vec![call("a", "2026-01-01T10:00:00Z", &[])]).await;
    let at = fixture.clock().now() + SignedDuration::from_mins(10);
    let later = || {
        vec![ElementsFetched::Later {
            call_history_uuid: "a".to_owned(),
            at,
        }]
    };
    store.commit_elements(later()).await.expect("committed");
    assert!(due(&*store).await.is_empty());
    assert_eq!(store.next_elements_due().await, Ok(Some(at)));
    assert_eq!(pending(&*store).await, 1);
    fixture.clock().advance(SignedDuration::from_mins(10));
    let again = store.due_elements(10).await.expect("read");
    assert_eq!(again.iter().map(|pending| pending.attempts).collect::<Vec<_>>(), [1]);
}

pub(super) async fn what_a_wrong_clock_put_off_is_due(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    queue(&*store, vec![call("a", "2026-01-01T10:00:00Z", &[])]).await;
    let wrong = fixture.clock().now() + SignedDuration::from_hours(24 * 365);
    let later = ElementsFetched::Later {
        call_history_uuid: "a".to_owned(),
        at: wrong,
    };
    store.commit_elements(vec![later]).await.expect("committed");
    assert_eq!(due(&*store).await, ["a"]);
}

pub(super) async fn what_is_given_up_is_not_pending_until_the_call_changes(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    queue(&*store, vec![call("a", "2026-01-01T10:00:00Z", &[])]).await;
    let never = || ElementsFetched::Never {
        call_history_uuid: "a".to_owned(),
        reason: "aged out".to_owned(),
    };
    store.commit_elements(vec![never(), never()]).await.expect("committed");
    assert!(due(&*store).await.is_empty());
    assert_eq!((pending(&*store).await, store.next_elements_due().await), (0, Ok(None)));
    assert_eq!(store.queue_missing_elements().await, Ok(0), "given up stays given up");
    queue(&*store, vec![call("a", "2026-01-01T10:00:00Z", &[("spam", text("x"))])]).await;
    assert_eq!((due(&*store).await.len(), pending(&*store).await), (1, 1));
}

pub(super) async fn switching_elements_on_queues_what_lacks_them(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    store.commit_calls(batch(three())).await.expect("committed");
    store
        .commit_elements(vec![rows("old", vec![element("e1", &[])])])
        .await
        .expect("committed");
    assert_eq!(store.queue_missing_elements().await, Ok(2));
    assert_eq!(due(&*store).await, ["new", "undated"]);
    assert_eq!(store.queue_missing_elements().await, Ok(0));
    assert_eq!(pending(&*store).await, 2);
}

pub(super) async fn an_unwanted_backlog_stays_empty(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    store.commit_calls(batch(three())).await.expect("committed");
    assert_eq!(pending(&*store).await, 0);
    let later = ElementsFetched::Later {
        call_history_uuid: "old".to_owned(),
        at: at("2026-01-01T10:00:00Z"),
    };
    store.commit_elements(vec![later]).await.expect("committed");
    assert!(due(&*store).await.is_empty());
}
