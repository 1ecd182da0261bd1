//! Jobs, activity and quota.

use jiff::civil::date;

use super::{account, code, id, open, time, with_group};
use crate::{
    domain::failure::{Cause, Fault},
    ports::state::{Activity, ActivityBook, Job, JobBook, JobKind, JobState, QuotaBook, Registry},
};

fn job(id_text: &str, account: Option<&str>, kind: JobKind, state: JobState, second: i64) -> Job {
    Job {
        id: id_text.to_owned(),
        kind,
        account: account.map(id),
        state,
        parameters: "{}".to_owned(),
        done: 0,
        total: None,
        unit: "records",
        created_at: jiff::Timestamp::from_second(1_800_000_000 + second).expect("a time"),
        started_at: None,
        finished_at: None,
        result: "{}".to_owned(),
        error: None,
        retryable: false,
    }
}

fn ids(jobs: &[Job]) -> Vec<&str> {
    jobs.iter().map(|job| job.id.as_str()).collect()
}

#[tokio::test]
async fn every_field_of_a_job_survives_a_restart() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_group(outer.path()).await;
    store.add_account(account("a", "A")).await.expect("added");
    let mut full = job("1", Some("a"), JobKind::Backfill, JobState::Queued, 0);
    store.add_job(full.clone()).await.expect("added");
    full.state = JobState::Failed;
    full.parameters = r#"{"from":"x"}"#.to_owned();
    (full.done, full.total, full.unit) = (3, Some(9), "windows");
    full.started_at = Some(time("2027-01-15T08:00:00.123456789Z"));
    full.finished_at = Some(time("2027-01-15T08:00:01Z"));
    full.result = r#"{"records":3}"#.to_owned();
    full.error = Some(Fault::new(Cause::RateLimit, "quota_exhausted", "used up").hint("wait"));
    full.retryable = true;
    store.save_job(&full).await.expect("saved");
    let plain = job("2", None, JobKind::Token, JobState::Succeeded, 1);
    store.add_job(plain.clone()).await.expect("added");
    drop(store);
    let store = open(outer.path());
    assert_eq!(store.job("1").await.expect("read"), full);
    assert_eq!(store.job("2").await.expect("read"), plain);
    assert_eq!(code(store.job("3").await), "job_not_found");
    assert_eq!(
        code(
            store
                .save_job(&job("3", None, JobKind::Cdr, JobState::Running, 0))
                .await
        ),
        "job_not_found"
    );
    assert_eq!(
        code(
            store
                .add_job(job("4", Some("nobody"), JobKind::Cdr, JobState::Queued, 0))
                .await
        ),
        "account_not_found"
    );
}

#[tokio::test]
async fn jobs_are_listed_newest_first_and_unfinished_ones_oldest_first() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_group(outer.path()).await;
    store.add_account(account("a", "A")).await.expect("added");
    for (name, account, state, second) in [
        ("2", Some("a"), JobState::Running, 2),
        ("1", Some("a"), JobState::Succeeded, 1),
        ("4", None, JobState::Queued, 3),
        ("3", Some("a"), JobState::Queued, 3),
    ] {
        store
            .add_job(job(name, account, JobKind::Cdr, state, second))
            .await
            .expect("added");
    }
    assert_eq!(ids(&store.jobs(None, 10).await.expect("read")), ["4", "3", "2", "1"]);
    assert_eq!(ids(&store.jobs(None, 2).await.expect("read")), ["4", "3"]);
    assert_eq!(ids(&store.jobs(Some(&id("a")), 2).await.expect("read")), ["3", "2"]);
    assert_eq!(ids(&store.unfinished_jobs().await.expect("read")), ["2", "3", "4"]);
}

#[tokio::test]
async fn pruning_keeps_the_newest_of_each_account_and_kind_and_all_unfinished() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_group(outer.path()).await;
    for (name, text) in [("a", "A"), ("b", "B")] {
        store.add_account(account(name, text)).await.expect("added");
    }
    let mut second = 0;
    for account in [Some("a"), Some("b"), None] {
        for kind in [JobKind::Cdr, JobKind::Sync] {
            for number in 0..4 {
                second += 1;
                let state = if number == 0 {
                    JobState::Running
                } else {
                    JobState::Succeeded
                };
                let name = format!("{}-{kind}-{number}", account.unwrap_or("none"));
                store
                    .add_job(job(&name, account, kind, state, second))
                    .await
                    .expect("added");
            }
        }
    }
    assert_eq!(store.prune_jobs(2).await.expect("pruned"), 6);
    assert_eq!(store.prune_jobs(2).await.expect("pruned"), 0);
    let left = store.jobs(Some(&id("a")), 100).await.expect("read");
    assert_eq!(
        ids(&left),
        ["a-sync-3", "a-sync-2", "a-sync-0", "a-cdr-3", "a-cdr-2", "a-cdr-0"]
    );
    assert_eq!(store.jobs(None, 100).await.expect("read").len(), 18);
}

#[tokio::test]
async fn activity_is_kept_by_account_and_kind() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_group(outer.path()).await;
    store.add_account(account("a", "A")).await.expect("added");
    let full = Activity {
        last_attempt: Some(time("2026-01-01T00:00:00.5Z")),
        last_success: Some(time("2025-01-01T00:00:00Z")),
        last_error: Some("no".to_owned()),
        last_outcome: Some("failed".to_owned()),
        last_duration_ms: Some(12),
        detail: Some("{}".to_owned()),
    };
    store
        .save_activity(&id("a"), JobKind::Sync, &full)
        .await
        .expect("saved");
    assert_eq!(store.activity(&id("a"), JobKind::Sync).await.expect("read"), full);
    assert_eq!(
        store.activity(&id("a"), JobKind::Cdr).await.expect("read"),
        Activity::default()
    );
    let cleared = Activity {
        last_error: None,
        ..full
    };
    store
        .save_activity(&id("a"), JobKind::Sync, &cleared)
        .await
        .expect("saved");
    assert_eq!(store.activity(&id("a"), JobKind::Sync).await.expect("read"), cleared);
    assert_eq!(
        code(store.save_activity(&id("z"), JobKind::Sync, &cleared).await),
        "account_not_found"
    );
}

#[tokio::test]
async fn quota_is_remembered_across_restarts_and_older_days_are_dropped() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_group(outer.path()).await;
    store.add_account(account("a", "A")).await.expect("added");
    let (first, second) = (date(2026, 1, 31), date(2026, 2, 1));
    store.set_used(&id("a"), "heavy", first, 10).await.expect("set");
    store.set_used(&id("a"), "light", first, 5).await.expect("set");
    drop(store);
    let store = open(outer.path());
    assert_eq!(store.used(&id("a"), "heavy", first).await.expect("read"), 10);
    assert_eq!(store.used(&id("a"), "heavy", second).await.expect("read"), 0);
    store.set_used(&id("a"), "heavy", second, 1).await.expect("set");
    store.set_used(&id("a"), "heavy", second, 2).await.expect("set");
    assert_eq!(store.used(&id("a"), "heavy", second).await.expect("read"), 2);
    assert_eq!(store.used(&id("a"), "heavy", first).await.expect("read"), 0, "dropped");
    assert_eq!(
        store.used(&id("a"), "light", first).await.expect("read"),
        5,
        "another label"
    );
}

#[tokio::test]
async fn what_hangs_on_an_account_goes_with_it() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_group(outer.path()).await;
    store.add_account(account("a", "A")).await.expect("added");
    store
        .add_job(job("1", Some("a"), JobKind::Cdr, JobState::Running, 0))
        .await
        .expect("added");
    store
        .add_job(job("2", None, JobKind::Cdr, JobState::Running, 0))
        .await
        .expect("added");
    store
        .set_used(&id("a"), "heavy", date(2026, 1, 1), 1)
        .await
        .expect("set");
    let activity = Activity {
        last_error: Some("x".to_owned()),
        ..Activity::default()
    };
    store
        .save_activity(&id("a"), JobKind::Cdr, &activity)
        .await
        .expect("saved");
    store.remove_account(&id("a")).await.expect("removed");
    assert_eq!(ids(&store.jobs(None, 10).await.expect("read")), ["2"]);
    assert_eq!(store.used(&id("a"), "heavy", date(2026, 1, 1)).await.expect("read"), 0);
    assert_eq!(
        store.activity(&id("a"), JobKind::Cdr).await.expect("read"),
        Activity::default()
    );
}
