//! Random demand: no second sees more than the rate, no day more than its share, everybody is served or told.

use ::hostile::model;
use jiff::SignedDuration;
use proptest::collection::vec;

use super::{
    tests::{account, limiter},
    *,
};
use crate::{domain::clock::Clock as _, zoom::test_setup::Book};

const PURPOSES: [Purpose; 3] = [Purpose::Fresh, Purpose::Gap, Purpose::Backfill];

#[test]
fn whatever_is_asked_no_second_sees_more_than_the_rate_and_no_day_more_than_its_share() {
    // Each request: whose rank, and how long after the one before it is asked for, in milliseconds.
    let demand = (1..20_u32, 5..60_u64, vec((0..3_usize, 0..400_u64), 1..60));
    model::hold(40, demand, |(rate, per_day, demand)| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let (limiter, clock) = limiter(&Arc::new(Book::default()));
            let share = Share {
                per_second: f64::from(rate),
                per_day: Some(per_day),
            };
            let (began, morning) = (Instant::now(), clock.now());
            let mut sent: Vec<Instant> = Vec::new();
            for (rank, pause) in demand {
                tokio::time::advance(Duration::from_millis(pause)).await;
                let gone = SignedDuration::try_from(Instant::now() - began).expect("a short time");
                clock.set(morning + gone);
                match limiter.acquire(&account(), Label::Heavy, share, PURPOSES[rank]).await {
                    Ok(_) => sent.push(Instant::now()),
                    Err(ZoomError::DailyShare { .. }) => assert_eq!(sent.len() as u64, per_day, "refused too early"),
                    Err(ZoomError::KeptForFresh { .. }) => {
                        assert_ne!(PURPOSES[rank], Purpose::Fresh, "kept from whom it is kept for");
                    }
                    Err(error) => panic!("{error}"),
                }
            }
            for (place, start) in sent.iter().enumerate() {
                let second = sent[place..]
                    .iter()
                    .take_while(|at| **at - *start < Duration::from_secs(1));
                let within = second.count();
                assert!(within <= rate as usize, "{within} requests in a second, {rate} allowed");
            }
            assert!(
                sent.len() as u64 <= per_day,
                "{} requests a day, {per_day} allowed",
                sent.len()
            );
        });
    });
}
