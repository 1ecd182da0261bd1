//! Schedules with their turns, and the journal of events, across restarts.

use super::{account, id, open, time, with_group};
use crate::{
    domain::schedule::Timetable,
    ports::{
        events::{EventBook, Happening},
        schedules::{Schedule, ScheduleBook, Turn, TurnOutcome},
        state::{JobKind, Registry},
    },
};

fn schedule(name: &str, owner: &str, days: &str) -> Schedule {
    Schedule {
        id: name.to_owned(),
        account: id(owner),
        kind: JobKind::Sync,
        timetable: Timetable::parse(days, &["06:00", "17:00"], "America/New_York").expect("a timetable"),
        created_at: time("2026-03-01T00:00:00Z"),
    }
}

fn turn(name: &str, due: &str, outcome: TurnOutcome) -> Turn {
    Turn {
        schedule: name.to_owned(),
        account: id("1"),
        due: time(due),
        at: time(due),
        outcome,
        job: Some("j".to_owned()),
        reason: None,
    }
}

#[tokio::test]
async fn schedules_marks_and_turns_survive_a_restart_and_go_away_with_their_account() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = with_group(directory.path()).await;
    store.add_account(account("1", "Acme")).await.expect("added");
    store.add_schedule(schedule("a", "1", "mon-fri")).await.expect("added");
    store.add_schedule(schedule("b", "1", "daily")).await.expect("added");
    let same = store.add_schedule(schedule("c", "1", "mon,tue,wed,thu,fri")).await;
    let code = same.expect_err("the same days").fault().map(|fault| fault.code);
    assert_eq!(code, Some("schedule_exists"));
    let until = time("2026-03-02T11:00:05Z");
    let first = turn("a", "2026-03-02T11:00:00Z", TurnOutcome::Started);
    store.note_turn(first.clone(), until).await.expect("noted");
    let second = turn("a", "2026-03-02T22:00:00Z", TurnOutcome::Skipped);
    store.note_turn(second.clone(), second.at).await.expect("noted");
    store.set_mark("purge-0230-1", &id("1"), until).await.expect("marked");
    drop(store);

    let store = open(directory.path());
    assert_eq!(
        store.schedules().await.expect("read"),
        [schedule("a", "1", "mon-fri"), schedule("b", "1", "daily")]
    );
    let mut marks = store.marks().await.expect("read");
    marks.sort();
    assert_eq!(marks, [("a".to_owned(), second.at), ("purge-0230-1".to_owned(), until)]);
    assert!(store.had_turn("a", first.due).await.expect("read"));
    assert!(!store.had_turn("b", first.due).await.expect("read"));
    assert_eq!(store.last_turns().await.expect("read"), [second]);

    store.remove_schedule("a").await.expect("removed");
    let again = store.remove_schedule("a").await.expect_err("gone");
    assert_eq!(again.fault().map(|fault| fault.code), Some("schedule_not_found"));
    assert!(store.last_turns().await.expect("read").is_empty());
    store.remove_account(&id("1")).await.expect("removed");
    assert!(store.schedules().await.expect("read").is_empty());
    assert!(store.marks().await.expect("read").is_empty());
}

fn happening(number: i64, job: bool) -> Happening {
    Happening {
        at: jiff::Timestamp::from_second(1_800_000_000 + number).expect("a time"),
        level: "info",
        name: if job { "job.ended" } else { "cdr.activated" }.to_owned(),
        account: Some(id("1")),
        account_name: None,
        job: job.then(|| number.to_string()),
        job_state: job.then(|| ("cdr".to_owned(), "succeeded".to_owned())),
        message: number.to_string(),
        hint: None,
    }
}

#[tokio::test]
async fn journal_keeps_its_order_across_a_restart_and_can_be_read_from_anywhere() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = with_group(directory.path()).await;
    let first = store
        .append_events(vec![happening(1, false), happening(2, true)])
        .await
        .expect("kept");
    drop(store);
    let store = open(directory.path());
    let last = store.append_events(vec![happening(3, false)]).await.expect("kept");
    assert!(last > first);
    let messages = |kept: Vec<crate::ports::events::Kept>| -> Vec<String> {
        kept.into_iter().map(|kept| kept.happening.message).collect()
    };
    assert_eq!(messages(store.newest_events(2).await.expect("read")), ["2", "3"]);
    assert_eq!(
        messages(store.events_after(first, None, 10).await.expect("read")),
        ["3"]
    );
    let since = Some(happening(2, true).at);
    assert_eq!(
        messages(store.events_after(0, since, 10).await.expect("read")),
        ["2", "3"]
    );
    let kept = store.events_after(0, since, 1).await.expect("read").remove(0);
    assert_eq!(kept.happening, happening(2, true));
}

#[tokio::test]
async fn journal_is_bounded_and_polls_push_nothing_notable_out() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = with_group(directory.path()).await;
    store.append_events(vec![happening(0, false)]).await.expect("kept");
    for batch in 0..50 {
        let polls = (0..1_000)
            .map(|number| happening(batch * 1_000 + number, true))
            .collect();
        store.append_events(polls).await.expect("kept");
    }
    let kept = store.events_after(0, None, 100_000).await.expect("read");
    assert!((20_000..21_500).contains(&kept.len()), "{}", kept.len());
    assert_eq!(kept[0].happening.name, "cdr.activated");
}
