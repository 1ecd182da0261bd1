//! Giving way, and how fast a job is.

use std::{sync::Arc, time::Duration};

use crate::{
    domain::{account::AccountId, clock::ManualClock},
    jobs::{Jobs, tests::MemoryBook},
    ports::{
        jobs::{JobQueue as _, Progress as _},
        state::{JobKind, JobState},
    },
};

fn jobs() -> Jobs {
    let clock = ManualClock::new("2026-01-01T00:00:00Z".parse().expect("a time"));
    Jobs::new(Arc::new(MemoryBook::default()), Arc::new(clock))
}

fn account(number: usize) -> AccountId {
    AccountId(number.to_string())
}

#[tokio::test(start_paused = true)]
async fn job_that_gives_way_waits_again_under_its_id_and_the_waiting_account_is_served() {
    let jobs = jobs();
    let mut stops = Vec::new();
    for number in 0..17 {
        jobs.enqueue(JobKind::Backfill, &account(number), "{}".to_owned())
            .await
            .expect("queued");
        tokio::time::advance(Duration::from_secs(1)).await;
        stops.extend(jobs.take().await.expect("taken"));
    }
    assert_eq!(stops.len(), 16, "one waits");
    jobs.make_room();
    assert!(
        stops.iter().all(|(_, stop)| !stop.is_cancelled()),
        "nobody has had a whole turn"
    );
    tokio::time::advance(Duration::from_secs(50)).await;
    jobs.make_room();
    jobs.make_room();
    let told: Vec<_> = stops.iter().filter(|(_, stop)| stop.is_cancelled()).collect();
    assert_eq!(told.len(), 1, "one at a time");
    let id = told[0].0.id.clone();
    assert_eq!(id, stops[0].0.id, "the longest turn");
    assert!(jobs.wait_again(&id).await.expect("written"));
    assert_eq!(jobs.get(&id).await.expect("known").state, JobState::Queued);
    let (next, _) = jobs.take().await.expect("taken").expect("a place");
    assert_eq!(next.account, Some(account(16)));
    // Its own turn comes again, and it is not told twice.
    jobs.finish(&next.id, |job| job.state = JobState::Succeeded)
        .await
        .expect("ended");
    let (again, stop) = jobs.take().await.expect("taken").expect("a place");
    assert_eq!((again.id, stop.is_cancelled()), (id, false));
}

#[tokio::test(start_paused = true)]
async fn job_that_a_person_cancelled_does_not_wait_again() {
    let jobs = jobs();
    for number in 0..17 {
        jobs.enqueue(JobKind::Elements, &account(number), "{}".to_owned())
            .await
            .expect("queued");
    }
    let mut running = Vec::new();
    while let Some((job, _)) = jobs.take().await.expect("taken") {
        running.push(job.id);
    }
    tokio::time::advance(Duration::from_secs(61)).await;
    jobs.make_room();
    for id in &running {
        jobs.cancel(id).await.expect("cancelled");
        assert!(!jobs.wait_again(id).await.expect("asked"));
    }
}

#[tokio::test(start_paused = true)]
async fn pace_tells_rate_and_time_left() {
    let jobs = jobs();
    jobs.enqueue(JobKind::Backfill, &account(1), "{}".to_owned())
        .await
        .expect("queued");
    let (job, _) = jobs.take().await.expect("taken").expect("a job");
    jobs.progress(&job.id).finish(300, Some(1_200));
    let now = jobs.get(&job.id).await.expect("known");
    assert_eq!(jobs.pace(&now), None, "the first moments say nothing");
    tokio::time::advance(Duration::from_secs(10)).await;
    let pace = jobs.pace(&now).expect("a pace");
    assert!((pace.rate - 30.0).abs() < 0.1, "{pace:?}");
    assert!(
        pace.eta_seconds.is_some_and(|left| (left - 30.0).abs() < 0.1),
        "{pace:?}"
    );
    let ended = jobs
        .finish(&job.id, |job| job.state = JobState::Succeeded)
        .await
        .expect("ended");
    assert_eq!(jobs.pace(&ended.expect("live")), None);
}
