//! Promises about pace and budget.

use super::*;
use crate::{
    domain::clock::{Clock as _, ManualClock},
    zoom::test_setup::{Book, zoom},
};

const RATE: Share = Share {
    per_second: 8.0,
    per_day: None,
};

pub(super) fn limiter(book: &Arc<Book>) -> (RateLimiter, ManualClock) {
    let clock = ManualClock::new("2026-03-01T23:00:00Z".parse().expect("a time"));
    (
        RateLimiter::new(Arc::clone(book) as Arc<dyn QuotaBook>, Arc::new(clock.clone())),
        clock,
    )
}

pub(super) fn account() -> AccountId {
    AccountId("a".to_owned())
}

#[test]
fn the_default_share_is_80_and_50_percent_of_the_plan() {
    let mut config = zoom("http://127.0.0.1:1");
    config.limits = crate::config::model::Limits::default();
    let shares = |config: &Zoom| Label::ALL.map(|label| share(config, label));
    config.plan = Plan::Business;
    assert_eq!(
        shares(&config).map(|share| (share.per_second, share.per_day)),
        [(8.0, Some(15_000)), (16.0, None), (32.0, None)]
    );
    config.plan = Plan::Pro;
    assert_eq!(
        shares(&config).map(|share| (share.per_second, share.per_day)),
        [(4.0, Some(7_500)), (8.0, None), (16.0, None)]
    );
    config.limits.heavy = Limit {
        per_second: Some(1.5),
        per_day: Some(7),
    };
    assert_eq!(
        share(&config, Label::Heavy),
        Share {
            per_second: 1.5,
            per_day: Some(7)
        }
    );
}

#[tokio::test(start_paused = true)]
async fn no_second_sees_more_than_the_rate() {
    let book = Arc::new(Book::default());
    let (limiter, _) = limiter(&book);
    let mut sent = Vec::new();
    for _ in 0..40 {
        limiter
            .acquire(&account(), Label::Heavy, RATE, Purpose::Fresh)
            .await
            .expect("a turn");
        sent.push(Instant::now());
    }
    for (position, start) in sent.iter().enumerate() {
        let within = sent[position..]
            .iter()
            .take_while(|at| **at - *start < Duration::from_secs(1))
            .count();
        assert!(within <= 8, "{within} requests in a second");
    }
    assert!(
        sent[39] - sent[0] < Duration::from_millis(5_000),
        "slower than the share: {:?}",
        sent[39] - sent[0]
    );
}

#[tokio::test(start_paused = true)]
async fn labels_and_accounts_do_not_wait_for_each_other() {
    let book = Arc::new(Book::default());
    let (limiter, _) = limiter(&book);
    let start = Instant::now();
    for name in ["a", "b", "c"] {
        for label in Label::ALL {
            limiter
                .acquire(&AccountId(name.to_owned()), label, RATE, Purpose::Fresh)
                .await
                .expect("a turn");
        }
    }
    assert_eq!(Instant::now(), start);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_waiter_gives_its_turn_away() {
    let book = Arc::new(Book::default());
    let (limiter, _) = limiter(&book);
    let slow = Share {
        per_second: 0.1,
        per_day: None,
    };
    limiter
        .acquire(&account(), Label::Light, slow, Purpose::Fresh)
        .await
        .expect("a turn");
    let start = Instant::now();
    let dropped = account();
    let impatient = tokio::time::timeout(
        Duration::from_secs(1),
        limiter.acquire(&dropped, Label::Light, slow, Purpose::Fresh),
    );
    assert!(impatient.await.is_err());
    limiter
        .acquire(&account(), Label::Light, slow, Purpose::Fresh)
        .await
        .expect("a turn");
    assert!(
        Instant::now() - start <= Duration::from_millis(10_010),
        "the dropped turn was spent"
    );
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_everybody_and_a_long_one_is_told() {
    let book = Arc::new(Book::default());
    let (limiter, _) = limiter(&book);
    limiter.pause(&account(), Label::Heavy, Duration::from_secs(3), false);
    let start = Instant::now();
    limiter
        .acquire(&account(), Label::Heavy, RATE, Purpose::Fresh)
        .await
        .expect("a turn");
    assert!(Instant::now() - start >= Duration::from_secs(3));
    limiter.pause(&account(), Label::Heavy, Duration::from_secs(3_600), true);
    match limiter.acquire(&account(), Label::Heavy, RATE, Purpose::Fresh).await {
        Err(ZoomError::ZoomDailyLimit { after, .. }) => assert!(after > Duration::from_secs(3_590)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_daily_limit_of_zoom_is_over_when_either_clock_says_so() {
    let book = Arc::new(Book::default());
    let (limiter, clock) = limiter(&book);
    let hour = Duration::from_secs(3_600);
    let (begun, whose) = (clock.now(), account());
    let asked = || limiter.acquire(&whose, Label::Heavy, RATE, Purpose::Fresh);
    limiter.pause(&account(), Label::Heavy, hour, true);
    // Set ahead, but not far enough: what is told is what is left.
    clock.set(begun + SignedDuration::from_mins(40));
    match asked().await {
        Err(ZoomError::ZoomDailyLimit { after, .. }) => assert_eq!(after, Duration::from_secs(20 * 60)),
        other => panic!("{other:?}"),
    }
    let start = Instant::now();
    clock.set(begun + SignedDuration::from_mins(61));
    asked().await.expect("a turn, as the day of the wall clock is over");
    assert!(Instant::now() - start < Duration::from_secs(30));
    // A wall clock that is set back makes nobody wait longer.
    limiter.pause(&account(), Label::Heavy, hour, true);
    clock.set(begun - SignedDuration::from_hours(24 * 365));
    tokio::time::advance(hour).await;
    asked().await.expect("a turn after an hour");
    // Seconds are counted, not read from the wall: a jump does not shorten them.
    limiter.pause(&account(), Label::Heavy, hour, false);
    clock.advance(SignedDuration::from_hours(2));
    assert!(matches!(asked().await, Err(ZoomError::RateLimited { .. })));
}

#[tokio::test(start_paused = true)]
async fn the_daily_budget_ends_and_starts_anew_at_midnight_utc() {
    let book = Arc::new(Book::default());
    let (limiter, clock) = limiter(&book);
    let share = Share {
        per_second: 1000.0,
        per_day: Some(3),
    };
    for _ in 0..3 {
        limiter
            .acquire(&account(), Label::Heavy, share, Purpose::Fresh)
            .await
            .expect("a turn");
    }
    match limiter.acquire(&account(), Label::Heavy, share, Purpose::Fresh).await {
        Err(ZoomError::DailyShare { after, per_day, .. }) => {
            assert_eq!((after, per_day), (Duration::from_secs(3_600), 3));
        }
        other => panic!("{other:?}"),
    }
    clock.advance(SignedDuration::from_hours(1));
    limiter
        .acquire(&account(), Label::Heavy, share, Purpose::Fresh)
        .await
        .expect("a turn of the new day");
}

#[tokio::test(start_paused = true)]
async fn while_zooms_daily_limit_is_used_up_nothing_is_left_and_it_is_told_until_when() {
    let book = Arc::new(Book::default());
    let (limiter, clock) = limiter(&book);
    let zoom = zoom("http://127.0.0.1:9");
    let heavy = async || {
        let uses = limiter.used(&account(), &zoom).await;
        let heavy = uses.into_iter().find(|used| used.label == "heavy").expect("a label");
        (
            heavy.blocked_until,
            heavy.budget().available(Purpose::Fresh, clock.now()),
        )
    };
    let wait = Duration::from_secs(1_800);
    // A pause for the sake of the rate is no end of the day.
    limiter.pause(&account(), Label::Heavy, Duration::from_secs(40), false);
    assert_eq!(heavy().await.0, None);
    limiter.pause(&account(), Label::Heavy, wait, true);
    let until = clock.now() + SignedDuration::from_mins(30);
    assert_eq!(heavy().await, (Some(until), Some(0)));
    tokio::time::advance(wait).await;
    let (blocked, left) = heavy().await;
    assert_eq!(blocked, None);
    assert!(left > Some(0));
}

#[tokio::test(start_paused = true)]
async fn a_crash_never_counts_too_few_and_a_flush_is_exact() {
    let book = Arc::new(Book::default());
    let (limiter, _) = limiter(&book);
    let fast = Share {
        per_second: 1000.0,
        per_day: None,
    };
    for sent in 1..=70_u64 {
        limiter
            .acquire(&account(), Label::Light, fast, Purpose::Fresh)
            .await
            .expect("a turn");
        let booked = book.value("a", "light");
        assert!(
            booked >= sent && booked < sent + LONGEST_STEP,
            "{sent} sent, {booked} booked"
        );
    }
    assert_eq!(book.writes(), 3);
    limiter.flush().await;
    assert_eq!(book.value("a", "light"), 70);
    limiter
        .acquire(&account(), Label::Light, fast, Purpose::Fresh)
        .await
        .expect("a turn");
    assert!(book.value("a", "light") >= 71);
}

#[tokio::test(start_paused = true)]
async fn a_restart_remembers_what_was_used() {
    let book = Arc::new(Book::default());
    let share = Share {
        per_second: 1000.0,
        per_day: Some(40),
    };
    let (before, _) = limiter(&book);
    before
        .acquire(&account(), Label::Heavy, share, Purpose::Fresh)
        .await
        .expect("a turn");
    let (after, _) = limiter(&book);
    let mut more = 0;
    while after
        .acquire(&account(), Label::Heavy, share, Purpose::Fresh)
        .await
        .is_ok()
    {
        more += 1;
    }
    assert_eq!(more, 39, "of a small share nothing is booked ahead");
}

#[tokio::test(start_paused = true)]
async fn fresh_calls_go_before_gaps_and_gaps_before_backfill() {
    let book = Arc::new(Book::default());
    let (limiter, _) = limiter(&book);
    let limiter = Arc::new(limiter);
    limiter
        .acquire(&account(), Label::Heavy, RATE, Purpose::Fresh)
        .await
        .expect("a turn");
    let served = Arc::new(Mutex::new(Vec::new()));
    let one = async |purpose| {
        limiter
            .acquire(&account(), Label::Heavy, RATE, purpose)
            .await
            .expect("a turn");
        served.lock().expect("a lock").push(purpose);
    };
    let (gap, fresh) = (Purpose::Gap, Purpose::Fresh);
    tokio::join!(
        one(Purpose::Backfill),
        one(gap),
        one(Purpose::Backfill),
        one(fresh),
        one(gap),
        one(fresh)
    );
    let served = served.lock().expect("a lock").clone();
    // The first was already waiting for its moment when the others came.
    assert_eq!(served[1..], [fresh, fresh, gap, gap, Purpose::Backfill]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_waiter_of_higher_rank_holds_nobody_up() {
    let book = Arc::new(Book::default());
    let (limiter, _) = limiter(&book);
    let slow = Share {
        per_second: 0.1,
        per_day: None,
    };
    let (first, second) = (account(), account());
    limiter
        .acquire(&first, Label::Heavy, slow, Purpose::Backfill)
        .await
        .expect("a turn");
    let start = Instant::now();
    let impatient = async {
        let asked = limiter.acquire(&first, Label::Heavy, slow, Purpose::Fresh);
        assert!(tokio::time::timeout(Duration::from_secs(1), asked).await.is_err());
    };
    let patient = async {
        tokio::task::yield_now().await;
        limiter.acquire(&second, Label::Heavy, slow, Purpose::Backfill).await
    };
    let ((), waited) = tokio::join!(impatient, patient);
    waited.expect("a turn");
    assert!(Instant::now() - start <= Duration::from_millis(10_010));
}

#[tokio::test(start_paused = true)]
async fn a_backfill_leaves_enough_for_the_polls_of_the_day() {
    let book = Arc::new(Book::default());
    let (limiter, clock) = limiter(&book);
    clock.set("2026-03-01T06:00:00Z".parse().expect("a time"));
    let share = Share {
        per_second: 1000.0,
        per_day: Some(1_000),
    };
    let mut sent = 0;
    let after = loop {
        match limiter
            .acquire(&account(), Label::Heavy, share, Purpose::Backfill)
            .await
        {
            Ok(()) => sent += 1,
            Err(ZoomError::KeptForFresh { after, .. }) => break after,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(sent, 550, "three quarters of 60 % are kept");
    assert!(after < Duration::from_secs(6 * 3_600), "{after:?}");
    for _ in 0..450 {
        limiter
            .acquire(&account(), Label::Heavy, share, Purpose::Fresh)
            .await
            .expect("a turn");
    }
    let empty = limiter
        .acquire(&account(), Label::Heavy, share, Purpose::Backfill)
        .await;
    assert!(matches!(empty, Err(ZoomError::DailyShare { .. })), "{empty:?}");
}
