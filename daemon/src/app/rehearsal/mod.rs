//! Six months of calls collected in simulated time under Zoom's real limits: the real client, limiter, collectors and
//! database, the simulator's own answers, and a clock that jumps from one event to the next.
//!
//! A scale model: pages hold 3 records instead of 300, so that 5,000 calls cost the call list as many requests as
//! 500,000. Elements are one request a call at any scale; theirs are 5,000.

mod figures;
mod month;
mod patient;
mod props;
mod stage;
mod truth;

use std::time::Duration;

use jiff::SignedDuration;
use zoom_sim::{CustomLimits, RateLimits};

use self::{
    figures::Figures,
    stage::{INTERVAL, Script, Stage},
};
use crate::config::model::{Limit, Limits};

const CALLS: usize = 5_000;
const PAGE: Option<usize> = Some(3);
/// Time between live calls: three times as many as 500,000 in 180 days would be, to scale.
const LIVE: Duration = Duration::from_secs(17 * 60);

fn assert_polite(figures: &Figures, share: u64, most_a_second: usize) {
    assert_eq!(figures.refused, 0, "a 429 caused by us: {figures}");
    assert!(figures.heavy_by_day.values().all(|used| *used <= share), "{figures}");
    assert!(figures.heavy_in_a_second <= most_a_second, "{figures}");
    assert_eq!(figures.missing, 0, "{figures}");
    assert!(
        figures.poll_lateness < SignedDuration::try_from(INTERVAL).expect("short"),
        "a poll came a whole interval late: {figures}"
    );
    assert!(
        figures.fresh_delay < SignedDuration::try_from(INTERVAL).expect("short"),
        "a fresh call waited an interval longer than for the poll it was due in: {figures}"
    );
    assert!(figures.fresh > 60, "{figures}");
}

#[test]
fn half_a_year_of_half_a_million_calls_never_disturbs_zoom_or_the_polls() {
    let figures = Stage::play(Script {
        calls: CALLS,
        live: LIVE,
        limits: Limits::default(),
        zoom: RateLimits::Documented,
        page_cap: PAGE,
        keep_written: Duration::MAX,
        at_least: Duration::from_secs(26 * 3_600),
        at_most: Duration::from_secs(4 * 86_400),
        troubled: false,
    });
    println!("Business limits, default share: {figures}");
    assert_polite(&figures, 15_000, 10);
    assert!(figures.backfill_took < SignedDuration::from_hours(2), "{figures}");
}

#[test]
fn a_share_too_small_for_one_day_is_kept_to_and_polls_go_on() {
    let heavy = Limit {
        per_second: None,
        per_day: Some(1_500),
    };
    let zoom = CustomLimits {
        light: 40,
        medium: 20,
        heavy: 10,
        heavy_daily: 3_000,
    };
    let figures = Stage::play(Script {
        calls: CALLS,
        live: LIVE,
        limits: Limits {
            heavy,
            ..Limits::default()
        },
        zoom: RateLimits::Custom(zoom),
        page_cap: PAGE,
        keep_written: Duration::MAX,
        at_least: Duration::from_secs(86_400),
        at_most: Duration::from_secs(14 * 86_400),
        troubled: false,
    });
    println!("A share of 1,500 a day: {figures}");
    assert_polite(&figures, 1_500, 10);
    assert!(
        figures.backfill_took > SignedDuration::from_hours(12),
        "it did not fit a day: {figures}"
    );
}
