//! What is down for a whole day fills no journal: the real daemon lives through a day of five-minute polls, on a clock
//! that the test moves, and writes few lines; and when it is over it goes on by itself.

use std::fs;

use e2e::{
    World,
    daemon::Launch,
    eventually,
    faketime::MovableClock,
    socket,
    world::{prompt, small},
};
use jiff::SignedDuration;
use zoom_sim::{Effect, Fault};

/// The default poll interval: every poll of the day is due.
const STEP: SignedDuration = SignedDuration::from_mins(5);
/// While something is at work.
const MOMENT: SignedDuration = SignedDuration::from_secs(5);
/// What the monitor's own look is given time for.
const LOOKS: usize = 5;
/// Warnings and errors of a day. One kind of trouble is told five times at once and then once an hour: 29 lines; a poll
/// and a comparison fail, an alert is raised, and a step of the clock may hit something that is under way.
const MOST: usize = 90;
/// Lines of a day of whatever level: alerts of Zoom and of the database may end, and polls recover, as often as one kind of
/// line is written.
const MOST_IN_ALL: usize = MOST + 3 * 68;

struct Day {
    world: World,
    clock: MovableClock,
}

/// A collecting daemon on a clock that can be moved; absent without libfaketime.
fn dawn() -> Option<Day> {
    let mut world = World::new(prompt(vec![small("acme")]));
    let clock = MovableClock::new(world.home())?;
    world.configuration.write(world.home());
    let mut daemon = clock.shown_to(Launch::new(world.home()), true).spawn();
    daemon.wait_ready(&world.socket());
    world.adopt(daemon);
    world.collect("acme", &["--backfill", "none", "--elements", "off"]);
    let _ = world.well_board();
    Some(Day { world, clock })
}

impl Day {
    /// Lets the day pass; the answer is every line that was written meanwhile, and how many polls failed.
    fn pass(&self) -> (Vec<String>, usize) {
        let before = self.world.said().len();
        let mut left = SignedDuration::from_hours(24);
        while left > SignedDuration::ZERO {
            left -= self.step(STEP);
            // Whoever waits before trying again waits by this clock, too.
            while self.is_at_work() {
                left -= self.step(MOMENT);
            }
            // The monitor looks after each step, too. A step that hits its look makes it believe, for one look, that the
            // database is slow; asking for the same as it does lets it end first.
            for _ in 0..LOOKS {
                let _ = socket::get(&self.world.socket(), "/v1/health");
            }
        }
        let said = self.world.said();
        let lines = said[before..].lines().map(str::to_owned).collect();
        let jobs = self.world.json(&["job", "list", "acme", "--limit", "1000"]);
        let failed = |job: &&serde_json::Value| job["kind"] == "cdr" && job["state"] == "failed";
        let polls = jobs["items"]
            .as_array()
            .map_or(0, |jobs| jobs.iter().filter(failed).count());
        (lines, polls)
    }

    /// What was down is back: every check is well again after a while, and no alert fires.
    fn ends_well(&self) {
        eventually("every check to be well again", || {
            self.step(MOMENT);
            let well = self.world.board().values().all(|found| found.state == "ok");
            (well && self.world.firing().is_empty()).then_some(())
        });
    }

    fn step(&self, by: SignedDuration) -> SignedDuration {
        self.world.zoom().clock().advance(by.unsigned_abs());
        self.clock.advance(by);
        by
    }

    /// Whether a job waits or runs. The question wakes the daemon, which then sees what has become due.
    fn is_at_work(&self) -> bool {
        let asked = || {
            let answer = socket::get(&self.world.socket(), "/v1/jobs?account=acme&limit=20").ok()?;
            (answer.status == 200).then(|| answer.json())
        };
        let jobs = eventually("the jobs", asked);
        jobs["items"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|job| job["state"] == "running" || job["state"] == "queued")
    }
}

fn loud(lines: &[String]) -> Vec<&String> {
    lines
        .iter()
        .filter(|line| line.contains(" WARN ") || line.contains("ERROR "))
        .collect()
}

fn assert_bounded(lines: &[String]) {
    let loud = loud(lines);
    assert!(loud.len() <= MOST, "{} lines: {loud:#?}", loud.len());
    assert!(lines.len() <= MOST_IN_ALL, "{} lines: {lines:#?}", lines.len());
}

#[test]
fn zoom_down_for_a_day_fills_no_journal() {
    let Some(day) = dawn() else { return };
    day.world.zoom().fault(Fault::new("/", 4_000_000, Effect::Reset));
    let (lines, polls) = day.pass();
    assert!(polls > 50, "the polls of the day failed: {polls}");
    assert_bounded(&lines);
    day.world.zoom().clear_faults();
    day.ends_well();
}

#[test]
fn a_database_down_for_a_day_fills_no_journal() {
    let Some(mut day) = dawn() else { return };
    // Moved away while nothing is open.
    day.world.daemon().stop();
    let (file, aside) = (day.world.database_file("acme"), day.world.home().join("aside.db"));
    fs::rename(&file, &aside).expect("moved");
    let mut daemon = day.clock.shown_to(Launch::new(day.world.home()), true).spawn();
    daemon.wait_ready(&day.world.socket());
    day.world.adopt(daemon);
    let (lines, polls) = day.pass();
    assert!(polls > 50, "the polls of the day failed: {polls}");
    assert_bounded(&lines);
    fs::rename(&aside, &file).expect("moved back");
    day.ends_well();
}

#[test]
fn dead_tokens_for_a_day_fill_no_journal_and_ask_nothing_of_zoom() {
    let Some(day) = dawn() else { return };
    day.world.zoom_account("acme").revoke_app();
    let _ = day.world.ctl(&["cdr", "run", "acme", "--wait"]).ended_with(9);
    let asked = day.world.zoom().requests().len();
    let (lines, _) = day.pass();
    assert_bounded(&lines);
    assert_eq!(day.world.zoom().requests().len(), asked, "nothing is sent to Zoom");
}
