//! The daemon dies at every named crash point, and nothing is lost, repeated or broken.

use std::{fs, path::Path, process::Command, time::Duration};

use e2e::{
    crash_course::{Activity, Course, is_ready, was_killed},
    patience::within,
    programs::{daemon_with_crash_points, programs},
    skipping::skip,
};

/// The activity that gets to each point.
const WAYS: &[(&str, Activity)] = &[
    ("state_schema_written", Activity::StateMigration),
    ("state_schema_committed", Activity::StateMigration),
    ("record_database_written", Activity::DatabaseCreation),
    ("record_schema_written", Activity::RecordMigration),
    ("record_schema_committed", Activity::RecordMigration),
    ("job_queued", Activity::Poll),
    ("job_ending", Activity::Poll),
    ("page_received", Activity::Poll),
    ("calls_written", Activity::Poll),
    ("calls_committed", Activity::Poll),
    ("backfill_advanced", Activity::Backfill),
    ("backfill_ending", Activity::Backfill),
    ("elements_written", Activity::Elements),
    ("elements_committed", Activity::Elements),
    ("snapshot_written", Activity::Sync),
    ("snapshot_committed", Activity::Sync),
    ("rotation_begun", Activity::TokenRotation),
    ("rotation_answered", Activity::TokenRotation),
    ("rotation_stored", Activity::TokenRotation),
    ("purge_begun", Activity::Purge),
    ("purge_batch_gone", Activity::Purge),
    ("purge_ending", Activity::Purge),
    ("archive_copied", Activity::Archive),
    ("archive_compared", Activity::Archive),
    ("archive_moved", Activity::Archive),
    ("archive_ending", Activity::Archive),
];

#[test]
fn the_result_of_dying_at_every_crash_point_is_that_of_an_undisturbed_run() {
    let Some(program) = daemon_with_crash_points() else {
        skip("there is no callsyncd-with-crash-points beside the ready-made programs");
        return;
    };
    let listed = Command::new(program).arg("--crash-points").output().expect("it runs");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let mut listed: Vec<&str> = listed.lines().collect();
    let mut known: Vec<&str> = WAYS.iter().map(|(point, _)| *point).collect();
    listed.sort_unstable();
    known.sort_unstable();
    assert_eq!(known, listed, "a crash point without a way to it, or a way to nowhere");

    let mut course = Course::begin();
    let log = course.world.home().join("crash.log");
    for (point, activity) in WAYS {
        course.world.daemon().kill();
        course.prepare(*activity);
        let _ = fs::remove_file(&log);
        let socket = course.socket(*activity);
        let mut daemon = course
            .launch(*activity)
            .program(program)
            .variable("CALLSYNC_CRASH_AT", *point)
            .variable("CALLSYNC_CRASH_LOG", &log)
            .spawn();
        within(Duration::from_secs(60), "a daemon that is ready or dead", || {
            (!daemon.runs() || is_ready(&mut daemon, &socket)).then_some(())
        });
        if daemon.runs() {
            course.provoke(*activity);
        }
        let status = daemon.wait_end(Duration::from_secs(60));
        assert!(was_killed(status), "{point}: {status}");
        let died_at = fs::read_to_string(&log).unwrap_or_default();
        assert_eq!(died_at.trim(), *point);
        course.check_files();
        course.recover(*activity);
    }
    // Only the one point between Zoom's answer and the vault loses tokens for good.
    assert_eq!(course.lost_answers, 1);
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

#[test]
fn the_shipped_program_has_no_crash_points() {
    let told = |program: &Path| {
        let bytes = fs::read(program).expect("a program");
        let name = b"CALLSYNC_CRASH_AT";
        bytes.windows(name.len()).any(|window| window == name)
    };
    assert!(!told(&programs().daemon));
    match daemon_with_crash_points() {
        Some(program) => assert!(told(program), "and this test would notice"),
        None => skip("there is no callsyncd-with-crash-points beside the ready-made programs"),
    }
}
