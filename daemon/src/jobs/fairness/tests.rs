//! Places among a hundred accounts.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;

use super::{AT_EASE, AT_ONCE, first, may_start, who_gives_way};
use crate::{
    domain::account::AccountId,
    ports::state::{Job, JobKind, JobState},
};

fn job(number: usize, kind: JobKind, account: usize, state: JobState) -> Job {
    Job {
        id: format!("{number:04}"),
        kind,
        account: Some(AccountId(account.to_string())),
        state,
        parameters: "{}".to_owned(),
        done: 0,
        total: None,
        unit: "records",
        created_at: Timestamp::UNIX_EPOCH,
        started_at: None,
        finished_at: None,
        result: "{}".to_owned(),
        error: None,
        retryable: false,
    }
}

/// Starts everything that may start, in order, and returns all.
fn fill(mut all: Vec<Job>) -> Vec<Job> {
    while let Some(id) = first(&all, &HashMap::new()).map(|job| job.id.clone()) {
        for job in all.iter_mut().filter(|job| job.id == id) {
            job.state = JobState::Running;
        }
    }
    all
}

#[test]
fn flood_of_other_work_never_takes_the_places_of_fresh_calls() {
    let mut flood: Vec<Job> = Vec::new();
    for account in 0..100 {
        for kind in [JobKind::Sync, JobKind::Elements, JobKind::Backfill, JobKind::Purge] {
            flood.push(job(flood.len(), kind, account, JobState::Queued));
        }
    }
    let mut all = fill(flood);
    let busy = all.iter().filter(|job| job.state == JobState::Running).count();
    assert_eq!(busy, AT_EASE);
    for account in 0..AT_ONCE - AT_EASE {
        let poll = job(9_000 + account, JobKind::Cdr, account, JobState::Queued);
        assert!(may_start(&poll, &all));
        all.push(Job {
            state: JobState::Running,
            ..poll
        });
    }
}

#[test]
fn neither_the_past_nor_the_present_takes_all_places() {
    let past: Vec<Job> = (0..100)
        .map(|n| job(n, JobKind::Backfill, n, JobState::Queued))
        .collect();
    let mut all = fill(past);
    all.push(job(500, JobKind::Sync, 99, JobState::Queued));
    assert!(may_start(&all[100], &all));
    let present: Vec<Job> = (0..100)
        .map(|n| job(n, JobKind::Elements, n, JobState::Queued))
        .collect();
    let mut all = fill(present);
    all.push(job(500, JobKind::Backfill, 99, JobState::Queued));
    assert!(may_start(&all[100], &all));
}

#[test]
fn fresh_calls_come_before_gaps_and_gaps_before_the_past() {
    let all = [
        job(1, JobKind::Backfill, 1, JobState::Queued),
        job(2, JobKind::Reconcile, 2, JobState::Queued),
        job(3, JobKind::Cdr, 3, JobState::Queued),
    ];
    assert_eq!(first(&all, &HashMap::new()).map(|job| job.kind), Some(JobKind::Cdr));
    assert_eq!(
        first(&all[..2], &HashMap::new()).map(|job| job.kind),
        Some(JobKind::Reconcile)
    );
}

#[test]
fn account_with_much_work_waits_behind_one_with_none_at_work() {
    let all = [
        job(1, JobKind::Sync, 1, JobState::Running),
        job(2, JobKind::Elements, 1, JobState::Queued),
        job(3, JobKind::Elements, 2, JobState::Queued),
    ];
    assert_eq!(first(&all, &HashMap::new()).map(|job| job.id.as_str()), Some("0003"));
    // Both idle: the one that was served longer ago, though it asked later.
    let served = HashMap::from([(AccountId("1".to_owned()), 7), (AccountId("2".to_owned()), 3)]);
    assert_eq!(first(&all[1..], &served).map(|job| job.id.as_str()), Some("0003"));
}

#[test]
fn one_of_a_kind_an_account_runs_at_a_time() {
    let all = [
        job(1, JobKind::Cdr, 1, JobState::Running),
        job(2, JobKind::Cdr, 1, JobState::Queued),
    ];
    assert!(!may_start(&all[1], &all));
}

#[test]
fn longest_turn_gives_way_to_an_account_that_waits_and_to_nobody_else() {
    let backfills: Vec<Job> = (0..20)
        .map(|n| job(n, JobKind::Backfill, n, JobState::Queued))
        .collect();
    let all = fill(backfills);
    let turns = HashMap::from([
        ("0003".to_owned(), Duration::from_secs(70)),
        ("0005".to_owned(), Duration::from_secs(90)),
    ]);
    assert_eq!(who_gives_way(&all, &turns).as_deref(), Some("0005"));
    assert_eq!(
        who_gives_way(&all, &HashMap::new()),
        None,
        "nobody has had a whole turn"
    );
    let nobody_waits: Vec<Job> = all.into_iter().filter(|job| job.state == JobState::Running).collect();
    assert_eq!(who_gives_way(&nobody_waits, &turns), None);
}
