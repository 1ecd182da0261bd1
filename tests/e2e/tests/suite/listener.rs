//! The TCP port: of everything that strangers send, only what Zoom signed acts.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    thread,
    time::{Duration, Instant},
};

use e2e::{
    World, eventually,
    flood::offer,
    patience::within,
    webhook::{Port, SECRET, hmac, now, signed},
    world::{prompt, small},
};
use jiff::Timestamp;
use serde_json::json;

/// A collecting daemon with a port; it polls by itself only once a day.
fn listening() -> (World, Port) {
    let mut world = World::new(prompt(vec![small("acme")]));
    let port = world.listen("");
    world.start();
    world.connect("acme");
    world.prepare(
        "acme",
        "acme",
        &["--backfill", "none", "--poll-interval", "24h", "--elements", "off"],
    );
    let _ = world.json(&["cdr", "activate", "acme", "--wait"]);
    (world, port)
}

fn completed(world: &World, call: &str) -> String {
    json!({
        "event": "phone.callee_call_history_completed",
        "event_ts": now() * 1_000,
        "payload": {"account_id": world.zoom_account("acme").account_id(), "object": {"call_logs": [{"call_id": call}]}},
    })
    .to_string()
}

fn polls(world: &World) -> usize {
    let jobs = world.json(&["job", "list", "acme", "--limit", "100"]);
    let items = jobs["items"].as_array().expect("a list");
    items.iter().filter(|job| job["kind"] == "cdr").count()
}

#[test]
fn only_the_valid_post_acts_and_many_of_them_make_one_poll() {
    let (world, port) = listening();
    let before = polls(&world);
    let body = completed(&world, "1");
    let wrong = port.post_with(&signed("another secret", now(), &body), &body);
    assert_eq!(wrong.status, 401);
    assert_eq!(port.post_with("", &body).status, 401, "unsigned");
    for age in [-400, 400] {
        assert_eq!(
            port.post_with(&signed(SECRET, now() + age, &body), &body).status,
            401,
            "{age}"
        );
    }
    let altered = format!("{body} ");
    assert_eq!(
        port.post_with(&signed(SECRET, now(), &body), &altered).status,
        401,
        "altered"
    );
    for malformed in ["", "[]", "{\"event\":1}", "not json"] {
        assert_eq!(port.post(malformed), 400, "{malformed}");
    }
    let long = format!("{{\"event\":\"{}\"}}", "x".repeat(200_000));
    assert_eq!(port.post(&long), 413);
    assert_eq!(port.get("/webhook").status, 405);
    let unknown =
        json!({"event": "phone.callee_call_history_completed", "event_ts": 1, "payload": {"account_id": "nobody"}});
    assert_eq!(port.post(&unknown.to_string()), 200, "an unknown account");
    let other = json!({"event": "user.created", "event_ts": 1, "payload": {"account_id": world.zoom_account("acme").account_id()}});
    assert_eq!(port.post(&other.to_string()), 200, "an unknown event");
    assert_eq!(polls(&world), before, "nothing of all this asked for a poll");

    let keys = world.fresh_calls("acme", 3);
    for number in 0..20 {
        assert_eq!(port.post(&completed(&world, &format!("n{number}"))), 200);
    }
    eventually("the poll that the events asked for", || {
        let held = world.json(&["cdr", "show", "acme"])["records"].as_u64().unwrap_or(0);
        (held >= keys.len() as u64).then_some(())
    });
    assert!(polls(&world) <= before + 2, "twenty events are not twenty polls");
}

#[test]
fn a_replayed_post_is_refused_also_after_a_restart() {
    let (mut world, port) = listening();
    let body = completed(&world, "1");
    let headers = signed(SECRET, now(), &body);
    assert_eq!(port.post_with(&headers, &body).status, 200);
    assert_eq!(port.post_with(&headers, &body).status, 409);
    // Zoom repeats an event that it thinks was lost, with a fresh signature: known, and fine.
    assert_eq!(port.post_with(&signed(SECRET, now() + 1, &body), &body).status, 200);
    world.daemon().kill();
    world.start();
    assert_eq!(port.post_with(&headers, &body).status, 409);
}

#[test]
fn the_url_is_validated_and_the_answer_cannot_be_made_to_sign_an_event() {
    let (_world, port) = listening();
    let body =
        json!({"event": "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}}).to_string();
    for headers in [String::new(), signed(SECRET, now(), &body)] {
        let answer = port.post_with(&headers, &body);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["plainToken"], "qgg8vlvZRS6UYooatFL8Aw");
        assert_eq!(
            answer.json()["encryptedToken"],
            hmac(SECRET, b"qgg8vlvZRS6UYooatFL8Aw").as_str()
        );
    }
    assert_eq!(port.post_with(&signed("wrong", now(), &body), &body).status, 401);
    let evil = json!({"event": "endpoint.url_validation", "payload": {"plainToken": "v0:1:{}"}}).to_string();
    assert_ne!(port.post_with("", &evil).status, 200);
}

#[test]
fn a_dribbling_client_is_dropped_and_keeps_nobody_else_waiting() {
    let (world, port) = listening();
    let mut slow = port.connect().expect("a connection");
    slow.write_all(b"POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\nx-zm-signature: v0=00\r\nx-zm-request-timestamp: 1\r\n\r\n{")
        .expect("sent");
    let mut idle = port.connect().expect("a connection");
    idle.write_all(b"POST /webhook HT").expect("sent");
    assert_eq!(port.post(&completed(&world, "1")), 200);
    let mut answer = Vec::new();
    slow.read_to_end(&mut answer).expect("it is ended");
    assert!(
        answer.starts_with(b"HTTP/1.1 408"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    let mut rest = Vec::new();
    // Either a word of farewell or none.
    let _ = idle.read_to_end(&mut rest);
}

/// A figure of the daemon's process, in KiB.
fn memory(pid: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the status of the daemon");
    let line = status.lines().find(|line| line.starts_with(name)).expect("the figure");
    line.split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse().ok())
        .expect("a number")
}

/// Seconds between the polls that began since then, longest first.
fn between_polls(world: &World, since: Timestamp) -> Vec<f64> {
    let jobs = world.json(&["job", "list", "acme", "--limit", "200"]);
    let mut began: Vec<Timestamp> = jobs["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|job| job["kind"] == "cdr")
        .inspect(|job| assert_ne!(job["state"], "failed", "{job}"))
        .filter_map(|job| job["started_at"].as_str()?.parse().ok())
        .filter(|at| *at >= since)
        .collect();
    began.sort_unstable();
    let mut gaps: Vec<f64> = began
        .windows(2)
        .map(|pair| pair[1].duration_since(pair[0]).as_secs_f64())
        .collect();
    gaps.sort_by(|a, b| b.total_cmp(a));
    gaps
}

#[test]
fn ten_thousand_garbage_posts_a_second_neither_grow_memory_nor_delay_a_poll() {
    const RATE: u32 = 10_000;
    const SECONDS: u32 = 25;
    let mut world = World::new(prompt(vec![small("acme")]));
    let port = world.listen("");
    world.start();
    let settings = ["--backfill", "none", "--poll-interval", "10s", "--elements", "off"];
    world.collect("acme", &settings);
    let pid = world.daemon().pid();
    let asked = Instant::now();
    assert_eq!(world.poll("acme")["state"], "succeeded");
    let quiet = asked.elapsed();
    // What is allocated once and kept is no growth.
    let _ = offer(port, RATE, 2);
    let before = memory(pid, "VmRSS:");
    let since = world.zoom().clock().now();
    let world = &world;
    let (flood, slowest) = thread::scope(|scope| {
        let flood = scope.spawn(|| offer(port, RATE, SECONDS));
        let mut slowest = Duration::ZERO;
        for call in 0..5 {
            assert_eq!(
                port.post(&completed(world, &call.to_string())),
                200,
                "what Zoom signed is heard in the noise"
            );
            let asked = Instant::now();
            assert_eq!(world.poll("acme")["state"], "succeeded");
            slowest = slowest.max(asked.elapsed());
        }
        (flood.join().expect("the flood"), slowest)
    });
    let after = memory(pid, "VmRSS:");
    let longest = between_polls(world, since).first().copied().unwrap_or_default();
    let answered: u64 = flood.answers.values().sum();
    let _ = writeln!(
        io::stderr(),
        "RAN {} posts in {:.1} s over {} connections ({} refused), {answered} answered {:?}; resident {before} -> {after} KiB, peak {} KiB; \
         a poll took {quiet:.2?} in quiet, {slowest:.2?} at most in the noise; polls every 10 s were {longest:.1} s apart at most",
        flood.posts,
        flood.took.as_secs_f64(),
        flood.connections,
        flood.unreachable,
        flood.answers,
        memory(pid, "VmHWM:")
    );
    assert_eq!(flood.posts, u64::from(RATE * SECONDS));
    assert!(!flood.answers.contains_key(&200), "{flood:?}");
    let grown = after.saturating_sub(before);
    assert!(grown < 8 << 10, "resident memory grew by {grown} KiB");
    // Generous: everything here runs unoptimised beside other tests.
    assert!(slowest < Duration::from_secs(20), "{slowest:?}");
    assert!((0.1..40.0).contains(&longest), "the timer went on: {longest}");
    assert!(world.said().matches("posts to the webhook were refused").count() < 10);
}

#[test]
fn what_zoom_deleted_is_marked_or_deleted_as_the_configuration_says() {
    for (further, expected) in [("", "marked"), ("  deletions: delete\n", "gone")] {
        let mut world = World::new(prompt(vec![small("acme")]));
        let port = world.listen(further);
        world.start();
        world.collect("acme", &["--backfill", "31d", "--elements", "off"]);
        let calls = world.json(&["calls", "list", "acme", "--limit", "2"]);
        let key = |number: usize| {
            calls["items"][number]["call_history_uuid"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let event = json!({
            "event": "phone.call_history_deleted",
            "event_ts": now() * 1_000,
            "payload": {"account_id": world.zoom_account("acme").account_id(), "object": {"call_log_ids": [key(0)]}},
        });
        assert_eq!(port.post(&event.to_string()), 200);
        eventually("the deletion", || {
            let shown = world.ctl(&["calls", "show", "acme", &key(0), "--json"]);
            let found = match shown.code {
                0 if shown.json()["deleted_at"].is_string() => "marked",
                5 => "gone",
                _ => "there",
            };
            (found == expected).then_some(())
        });
        let other = world.json(&["calls", "show", "acme", &key(1)]);
        assert!(other["deleted_at"].is_null(), "{other}");
    }
}

#[test]
fn what_a_hold_covers_is_only_marked_when_zoom_deletes_it() {
    let mut world = World::new(prompt(vec![small("acme")]));
    let port = world.listen("  deletions: delete\n");
    world.start();
    world.collect("acme", &["--backfill", "31d", "--elements", "off"]);
    let calls = world.json(&["calls", "list", "acme", "--limit", "2"]);
    let [held, free] = [0, 1].map(|number| calls["items"][number].clone());
    let text = |call: &serde_json::Value, name: &str| call[name].as_str().unwrap_or_default().to_owned();
    // The newest call and what comes after it.
    let from = text(&held, "end_time");
    assert!(text(&free, "end_time") < from, "{calls}");
    let _ = world.json(&["hold", "add", "acme", "--from", &from, "--reason", "case 4711"]);
    let keys = [&held, &free].map(|call| text(call, "call_history_uuid"));
    let event = json!({
        "event": "phone.call_history_deleted",
        "event_ts": now() * 1_000,
        "payload": {"account_id": world.zoom_account("acme").account_id(), "object": {"call_log_ids": keys.clone()}},
    });
    assert_eq!(port.post(&event.to_string()), 200);
    eventually("the deletion of what is not held", || {
        (world.ctl(&["calls", "show", "acme", &keys[1]]).code == 5).then_some(())
    });
    let kept = world.json(&["calls", "show", "acme", &keys[0]]);
    assert!(kept["deleted_at"].is_string(), "{kept}");
}

#[test]
fn health_and_the_callback_are_served_and_nothing_else() {
    let (world, port) = listening();
    let health = port.get("/healthz");
    assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
    let metrics = port.get("/metrics");
    assert!(
        metrics.status == 200 && metrics.body.ends_with("# EOF\n"),
        "{metrics:?}"
    );
    for path in ["/", "/v1/status", "/webhook/", "/oauth/callback/x"] {
        assert_eq!(port.get(path).status, 404, "{path}");
    }
    let state = world.authorize_url_of_a_new_account("other");
    let page = port.get(&format!("/oauth/callback?code=the-code&state={state}"));
    assert_eq!(page.status, 200);
    assert!(page.body.contains("the-code"), "{page:?}");
    assert!(
        page.body.contains("callsyncctl account authorize other --code-file -"),
        "{page:?}"
    );
    assert!(
        page.head.contains("content-security-policy: default-src 'none'"),
        "{page:?}"
    );
    assert!(page.head.contains("cache-control: no-store"), "{page:?}");
    let denied = port.get("/oauth/callback?error=access_denied&error_description=%3Cb%3Eno%3C/b%3E");
    assert!(
        denied.body.contains("denied") && !denied.body.contains("<b>"),
        "{denied:?}"
    );
}

#[test]
fn without_the_section_no_port_is_opened() {
    let mut world = World::small();
    let pid = world.daemon().pid();
    let ours = fs::read_dir(format!("/proc/{pid}/fd"))
        .expect("descriptors")
        .flatten()
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .filter_map(|link| {
            link.to_string_lossy()
                .strip_prefix("socket:[")
                .map(|rest| rest.trim_end_matches(']').to_owned())
        })
        .collect::<Vec<_>>();
    let table = fs::read_to_string(format!("/proc/{pid}/net/tcp")).expect("the table of sockets");
    // 0A is LISTEN.
    let listening = table
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| {
            fields.get(3) == Some(&"0A") && fields.get(9).is_some_and(|inode| ours.iter().any(|own| own == inode))
        })
        .count();
    assert_eq!(listening, 0);
    within(Duration::from_secs(5), "an answer", || {
        (world.ctl(&["status"]).code == 0).then_some(())
    });
}

trait Waiting {
    fn authorize_url_of_a_new_account(&self, name: &str) -> String;
}

impl Waiting for World {
    /// The `state` that waits for the redirect.
    fn authorize_url_of_a_new_account(&self, name: &str) -> String {
        let _ = self.add_account(name);
        let url = self.authorize_url(name);
        let state = url.split(['?', '&']).find_map(|part| part.strip_prefix("state="));
        state.expect("a state").to_owned()
    }
}
