//! Killed at random instants during everything that it does, the daemon ends with what an undisturbed one has.

use std::{collections::BTreeMap, io::Write as _, thread, time::Duration};

use e2e::{
    crash_course::{Activity, Course},
    patience::within,
};

/// How many kills; `200` is the promise.
const KILLS: &str = "CALLSYNC_E2E_KILLS";
const FEW: u32 = 36;

/// The instants of the kills; the same in every run.
struct Instants(u64);

impl Instants {
    fn within(&mut self, span: Duration) -> Duration {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let parts = u32::try_from(self.0 >> 40).unwrap_or_default() % 1_000;
        span * parts / 1_000
    }
}

/// Waits for a random instant: of the time since the activity was asked for, or, each second time, of the time since it
/// began.
fn wait(course: &Course, activity: Activity, turn: usize, instants: &mut Instants) {
    if activity.job().is_some() && turn.is_multiple_of(2) {
        // It may be over before we look.
        let mut looks = 0;
        within(Duration::from_secs(60), "an activity", || {
            looks += 1;
            (course.is_running(activity) || looks > 40).then_some(())
        });
    }
    thread::sleep(instants.within(activity.span()));
}

#[test]
fn killed_during_everything_it_does_it_ends_with_what_an_undisturbed_one_has() {
    let asked = std::env::var(KILLS).ok().and_then(|text| text.parse().ok());
    let kills = asked.unwrap_or(FEW);
    let mut course = Course::begin();
    let mut instants = Instants(200);
    let mut tally: BTreeMap<Activity, (u32, u32)> = BTreeMap::new();
    for number in 0..kills as usize {
        let activity = Activity::REPEATABLE[number % Activity::REPEATABLE.len()];
        let turn = number / Activity::REPEATABLE.len();
        let at_start = matches!(activity, Activity::StateMigration | Activity::RecordMigration);
        if at_start || activity.needs_rows() {
            course.world.daemon().kill();
        }
        course.prepare(activity);
        if activity == Activity::StateMigration {
            let mut daemon = course.launch(activity).spawn();
            thread::sleep(instants.within(activity.span()));
            daemon.kill();
        } else {
            if at_start {
                course.world.adopt(course.launch(activity).spawn());
            } else {
                if activity.needs_rows() {
                    course.world.start();
                }
                course.provoke(activity);
            }
            wait(&course, activity, turn, &mut instants);
            course.world.daemon().kill();
        }
        course.check_files();
        let (killed, hit) = tally.entry(activity).or_default();
        *killed += 1;
        *hit += u32::from(course.was_hit(activity));
        course.recover(activity);
        if activity == Activity::StateMigration {
            course.world.start();
        }
    }
    let hits: u32 = tally.values().map(|(_, hit)| hit).sum();
    // Past the test harness, which hides what passing tests print.
    let _ = writeln!(
        std::io::stderr().lock(),
        "{hits} of {kills} kills hit the work (activity: kills, hits): {tally:?}; {} lost token answers; {KILLS} scales it",
        course.lost_answers
    );
    assert!(hits >= kills / 4, "too few kills hit anything: {tally:?}");
    let disturbed = course.finish();
    assert_eq!(disturbed.iter().find(|facts| facts.rows.is_empty()), None);
    for (disturbed, calm) in disturbed.iter().zip(course.undisturbed()) {
        assert!(
            *disturbed == calm,
            "{} differs from an undisturbed run",
            disturbed.table
        );
    }
}
