//! Waiting for jobs: streams, broken streams, deadlines, outcomes.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::{
    documents::{activated, job},
    fake_daemon::{FakeDaemon, Part, Received, Reply},
};

fn is_events(request: &Received) -> bool {
    request.target.ends_with("/events")
}

fn stream_line(value: &Value) -> Part {
    Part::Bytes(format!("{value}\n").into_bytes())
}

#[test]
fn outcome_of_the_job_is_the_exit_code() {
    for (state, code) in [
        ("succeeded", 0),
        ("partial", 14),
        ("failed", 12),
        ("cancelled", 1),
        ("interrupted", 1),
    ] {
        let daemon = FakeDaemon::start(move |request| {
            if is_events(request) {
                Reply::lines(&[
                    job("j1", "sync", "queued"),
                    job("j1", "sync", "running"),
                    job("j1", "sync", state),
                ])
            } else if request.method == "POST" {
                Reply::json(&job("j1", "sync", "queued"))
            } else {
                Reply::json(&job("j1", "sync", state))
            }
        });
        let json = daemon.ctl(&["sync", "run", "Sales", "--wait", "--json"]);
        assert_eq!((json.code, json.stderr.as_str()), (code, ""), "{state}");
        // The daemon's own words, with what this version does not know.
        assert_eq!(json.stdout, format!("{}\n", job("j1", "sync", state)));
        assert_eq!(
            daemon.lines(),
            [
                "POST /v1/accounts/Sales/sync/run",
                "GET /v1/jobs/j1/events",
                "GET /v1/jobs/j1"
            ]
        );

        let human = daemon.ctl(&["job", "wait", "j1"]);
        assert_eq!(human.code, code);
        assert!(
            human
                .stdout
                .contains(&format!("Job j1 (sync, account Sales): {state}.")),
            "{human:?}"
        );
        assert!(
            human.stderr.contains("sync Sales: queued, 3 of 10 records"),
            "{human:?}"
        );
        assert_eq!(
            human.stderr.contains("error: The database does not answer."),
            state == "failed"
        );
    }
}

#[test]
fn impatience_is_13_and_the_job_goes_on() {
    let daemon = FakeDaemon::start(|request| {
        if is_events(request) {
            Reply::stream(vec![stream_line(&job("j1", "cdr", "running")), Part::Hang])
        } else {
            Reply::json(&job("j1", "cdr", "running"))
        }
    });
    for arguments in [
        &["cdr", "run", "Sales", "--wait"][..],
        &["job", "wait", "j1"],
        &["cdr", "backfill", "Sales", "--wait"],
    ] {
        let outcome = daemon.ctl(&[arguments, &["--timeout", "0.3", "--json"]].concat());
        assert_eq!((outcome.code, outcome.stdout.as_str()), (13, ""));
        let error = outcome.error();
        assert_eq!(error["code"], "timed_out");
        assert!(error["message"].as_str().unwrap().contains("It goes on."));
        assert!(error["hint"].as_str().unwrap().contains("callsyncctl job wait j1"));
    }
    assert!(daemon.lines().iter().all(|line| !line.contains("cancel")));
}

#[test]
fn broken_stream_and_a_short_absence_are_followed_by_polling() {
    let looks = AtomicUsize::new(0);
    let daemon = FakeDaemon::start(move |request| {
        if is_events(request) {
            return Reply::stream(vec![stream_line(&job("j1", "cdr", "running")), Part::Break]);
        }
        match looks.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::stream(vec![Part::Break]),
            1 => Reply::json(&job("j1", "cdr", "running")),
            _ => Reply::json(&job("j1", "cdr", "succeeded")),
        }
    });
    let outcome = daemon.ctl(&["job", "wait", "j1", "--json"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    assert_eq!(
        daemon.lines(),
        [
            "GET /v1/jobs/j1/events",
            "GET /v1/jobs/j1",
            "GET /v1/jobs/j1",
            "GET /v1/jobs/j1"
        ]
    );
}

#[test]
fn unknown_job_ends_the_waiting() {
    let daemon = FakeDaemon::always(Reply::problem(callsync_shared::ExitCode::NotFound, "no_such_job"));
    assert_eq!(daemon.ctl(&["job", "wait", "j9"]).code, 5);
}

#[test]
fn interrupt_leaves_the_job_running_and_says_so() {
    use std::process::Stdio;

    use rustix::process::{Pid, Signal, kill_process};

    let daemon = FakeDaemon::always(Reply::stream(vec![
        stream_line(&job("j1", "cdr", "running")),
        Part::Hang,
    ]));
    let mut command = crate::fake_daemon::ctl();
    let mut child = command
        .args(["job", "wait", "j1"])
        .env("CALLSYNC_SOCKET", daemon.socket())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The first progress line proves that it waits.
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut stderr, &mut line).unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut stderr, &mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(13));
    assert!(
        rest.contains("The job goes on.") && rest.contains("callsyncctl job wait j1"),
        "{rest}"
    );
}

#[test]
fn activation_says_exactly_its_sentence() {
    let daemon = FakeDaemon::always(Reply::json(&activated()));
    let outcome = daemon.ctl(&["cdr", "activate", "Sales"]);
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (0, "Database CDR Processing was successfully activated.\n")
    );
    let json = daemon.ctl(&["cdr", "activate", "Sales", "--json"]);
    assert_eq!(
        (json.stdout, json.stderr),
        (format!("{}\n", activated()), String::new())
    );
    let dry = daemon.ctl(&["cdr", "activate", "Sales", "--wait", "--dry-run"]);
    assert!(!dry.stdout.contains("was successfully"), "{}", dry.stdout);
    assert!(dry.stdout.contains("Dry run: nothing was changed."));
}

#[test]
fn activation_waits_for_poll_and_sync_but_not_for_the_backfill() {
    let daemon = FakeDaemon::start(|request| match request.target.as_str() {
        target if target.ends_with("/activate") => Reply::json(&activated()),
        "/v1/jobs/j1/events" => Reply::lines(&[job("j1", "cdr", "succeeded")]),
        "/v1/jobs/j1" => Reply::json(&job("j1", "cdr", "succeeded")),
        "/v1/jobs/j2/events" => Reply::lines(&[job("j2", "sync", "partial")]),
        "/v1/jobs/j2" => Reply::json(&job("j2", "sync", "partial")),
        other => panic!("asked for {other}"),
    });
    let json = daemon.ctl(&["cdr", "activate", "Sales", "--wait", "--json"]);
    assert_eq!((json.code, json.stderr.as_str()), (14, ""));
    let document: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(document["schema"], "callsync/cdr/v1");
    let states: Vec<&Value> = document["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| &job["state"])
        .collect();
    assert_eq!(states, ["succeeded", "partial", "queued"]);
    assert!(document["jobs"][0].get("schema").is_none());

    let human = daemon.ctl(&["cdr", "activate", "Sales", "--wait"]);
    assert_eq!(human.code, 14);
    assert!(
        human
            .stdout
            .starts_with("Database CDR Processing was successfully activated.\n")
    );
}
