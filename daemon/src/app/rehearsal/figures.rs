//! What was seen in a rehearsal, counted from the simulator's own log and from the database.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, atomic::Ordering},
};

use jiff::{SignedDuration, Timestamp};

use super::stage::{HISTORY, INTERVAL, SPAN_DAYS, Stage};
use crate::{
    domain::window::{Window, horizon},
    ports::records::RecordStore,
};

/// What was seen.
pub struct Figures {
    /// Simulated time of the whole.
    pub lasted: SignedDuration,
    /// Simulated time until the backfill was done.
    pub backfill_took: SignedDuration,
    /// Answers 429.
    pub refused: usize,
    /// Requests of the call list by day of the year.
    pub heavy_by_day: BTreeMap<String, u64>,
    /// Most requests of the call list in any second, and most of any other kind.
    pub heavy_in_a_second: usize,
    pub light_in_a_second: usize,
    /// Polls, and how late the latest of them began.
    pub polls: u64,
    pub poll_lateness: SignedDuration,
    /// Fresh calls, and how long after the due time of the poll that had to bring it the last of them was held.
    pub fresh: usize,
    pub fresh_delay: SignedDuration,
    /// Calls of the platform that are not held in the end, or held and not there.
    pub missing: usize,
    /// Runs of the backfill: it ends and comes back when its part of the share is used up.
    pub backfill_runs: u64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = |span: SignedDuration| span.as_secs_f64() / 3_600.0;
        write!(
            f,
            "{:.1} h simulated; backfill done after {:.2} h in {} runs; {} answers 429; heavy requests by day {:?}, at most {} a second, \
             light {}; {} polls, at most {} late; {} fresh calls, at most {} after the poll they were due in; {} missing",
            hours(self.lasted),
            hours(self.backfill_took),
            self.backfill_runs,
            self.refused,
            self.heavy_by_day,
            self.heavy_in_a_second,
            self.light_in_a_second,
            self.polls,
            self.poll_lateness,
            self.fresh,
            self.fresh_delay,
            self.missing
        )
    }
}

impl Stage {
    /// Reads the simulator's log and the database.
    pub(super) async fn figures(
        &self,
        start: Timestamp,
        backfill_took: SignedDuration,
        store: &Arc<dyn RecordStore>,
    ) -> Figures {
        let now = self.clock.now();
        let requests = self.simulator.requests();
        let heavy: Vec<Timestamp> = requests
            .iter()
            .filter(|request| request.path == HISTORY)
            .map(|request| request.at)
            .collect();
        let light: Vec<Timestamp> = requests
            .iter()
            .filter(|request| request.path.starts_with(&format!("{HISTORY}/")))
            .map(|request| request.at)
            .collect();
        let mut heavy_by_day = BTreeMap::new();
        for at in &heavy {
            *heavy_by_day.entry(at.strftime("%m-%d").to_string()).or_insert(0) += 1;
        }
        // What appeared within the last interval may still wait for its poll.
        let settled = now - SignedDuration::try_from(INTERVAL).expect("short");
        let fresh = self.fresh.lock().expect("a lock").clone();
        let mut fresh_delay = SignedDuration::ZERO;
        let mut seen = 0;
        for (uuid, appears) in fresh.iter().filter(|(_, appears)| **appears < settled) {
            let (record, _) = store
                .call(uuid)
                .await
                .expect("read")
                .unwrap_or_else(|| panic!("{uuid} is missing"));
            let first_seen = record
                .iter()
                .find(|(name, _)| *name == "first_seen_at")
                .and_then(|(_, at)| at.as_time());
            let held = first_seen.expect("a time").duration_since(*appears);
            // The poll that had to bring it was due up to an interval after it appeared.
            let into = appears
                .duration_since(start)
                .as_secs()
                .rem_euclid(INTERVAL.as_secs() as i64);
            let due = SignedDuration::from_secs(INTERVAL.as_secs() as i64 - into);
            fresh_delay = fresh_delay.max(held - due);
            seen += 1;
        }
        // What Zoom's horizon has passed meanwhile, nobody can ask for any more.
        let oldest = horizon(now).max(start - SignedDuration::from_hours(24 * SPAN_DAYS));
        let settled = Window::new(oldest, settled - SignedDuration::from_mins(1));
        let truth = self.simulator.account(0).truth_calls();
        let ended = truth
            .iter()
            .filter_map(|call| call["end_time"].as_str()?.parse::<Timestamp>().ok());
        let wanted = ended.filter(|end| *end >= settled.from && *end < settled.to).count();
        let held = usize::try_from(store.held(settled).await.expect("a count")).expect("few");
        Figures {
            lasted: now.duration_since(start),
            backfill_took,
            refused: requests.iter().filter(|request| request.status == 429).count(),
            heavy_by_day,
            heavy_in_a_second: busiest(&heavy),
            light_in_a_second: busiest(&light),
            polls: self.polls.load(Ordering::Relaxed),
            poll_lateness: *self.lateness.lock().expect("a lock"),
            fresh: seen,
            fresh_delay,
            missing: wanted.abs_diff(held),
            backfill_runs: self.backfill_runs.load(Ordering::Relaxed),
        }
    }
}

/// The most instants within any second.
fn busiest(instants: &[Timestamp]) -> usize {
    let mut first = 0;
    let mut most = 0;
    for (position, at) in instants.iter().enumerate() {
        while at.duration_since(instants[first]) >= SignedDuration::from_secs(1) {
            first += 1;
        }
        most = most.max(position - first + 1);
    }
    most
}
