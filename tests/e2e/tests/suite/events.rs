//! Events: what happened stays on record, and can be followed as it happens.

use std::{
    io::{BufRead as _, BufReader},
    process::Child,
    time::Duration,
};

use e2e::{World, control_program::finish, patience::within};
use serde_json::Value;

/// Reads lines until one is what is looked for.
fn until(lines: &mut impl Iterator<Item = std::io::Result<String>>, what: impl Fn(&Value) -> bool) -> Vec<Value> {
    let mut seen = Vec::new();
    for line in lines {
        let event: Value = serde_json::from_str(&line.expect("a line")).expect("a document a line");
        assert_eq!(event["schema"], "callsync/event/v1", "{event}");
        seen.push(event.clone());
        if what(&event) {
            return seen;
        }
    }
    panic!("the stream ended: {seen:#?}");
}

/// Ends with its test.
struct Following(Option<Child>);

impl Drop for Following {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // It has usually ended.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn events_are_followed_as_they_happen_and_stay_on_record() {
    let mut world = World::small();
    world.connect("acme");
    world.prepare("acme", "acme", &["--backfill", "none"]);
    let mut child = world.command(&["events", "--follow", "--json"]).start();
    let stdout = child.stdout.take().expect("a pipe");
    let mut following = Following(Some(child));
    let mut lines = BufReader::new(stdout).lines();
    // The stream begins at some moment: what is asked for again and again is seen sooner or later.
    let seen = std::thread::scope(|scope| {
        let reading = scope.spawn(|| {
            until(&mut lines, |event| {
                event["event"] == "job.ended" && event["kind"] == "sync"
            })
        });
        let _ = world.json(&["cdr", "activate", "acme", "--wait"]);
        while !reading.is_finished() {
            let _ = world.sync("acme");
        }
        reading.join().expect("the stream")
    });
    let last = seen.last().expect("an event");
    assert_eq!(
        (&last["account"], &last["state"], &last["level"]),
        (&"acme".into(), &"succeeded".into(), &"info".into())
    );
    let seqs: Vec<u64> = seen.iter().filter_map(|event| event["seq"].as_u64()).collect();
    assert!(seqs.windows(2).all(|pair| pair[0] < pair[1]), "{seqs:?}");

    // Who wants to follow for a while says so.
    let while_given = world
        .ctl(&["events", "--follow", "--timeout", "1", "--json"])
        .ended_with(13);
    assert!(while_given.stderr.contains("timed_out"), "{while_given:?}");

    let listed = world.json(&["events"]);
    assert_eq!(listed["schema"], "callsync/event-list/v1");
    let names = |listed: &Value| -> Vec<String> {
        let items = listed["items"].as_array().expect("items");
        items
            .iter()
            .map(|event| event["event"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    for wanted in [
        "daemon.started",
        "account.authorized",
        "cdr.activated",
        "job.started",
        "job.ended",
        "sync.finished",
    ] {
        assert!(names(&listed).iter().any(|name| name == wanted), "{wanted}: {listed:#}");
    }
    let started = listed["items"].as_array().into_iter().flatten();
    let of_job = started.filter(|event| event["job"] == last["job"] && event["event"] != "sync.finished");
    assert_eq!(of_job.count(), 2, "a start and an end: {listed:#}");
    assert!(names(&world.json(&["events", "--since", "2100-01-01"])).is_empty());
    assert_eq!(names(&world.json(&["events", "--limit", "2"])).len(), 2);
    let _ = world.ctl(&["events", "--since", "yesterday"]).ended_with(2);

    // A follower does not hold up the end of the daemon, and learns of it.
    world.daemon().stop();
    let child = following.0.take().expect("a follower");
    let mut child = Following(Some(child));
    within(Duration::from_secs(30), "the end of the follower", || {
        child.0.as_mut().and_then(|child| child.try_wait().ok().flatten())
    });
    let outcome = finish(child.0.take().expect("a follower"), "events --follow");
    assert_eq!(outcome.code, 3, "{outcome:?}");
    world.start();
    let again = names(&world.json(&["events", "--since", "2000-01-01"]));
    assert_eq!(again.iter().filter(|name| *name == "daemon.started").count(), 2);
    assert!(again.iter().any(|name| name == "daemon.stopping") && again.iter().any(|name| name == "cdr.activated"));
}
