//! Faults of the network between the daemon and Zoom, and of those who connect to it. What is promised for each fault there
//! is, and which test sees it, is a table in `tests/README.md`.

use std::{fs, io::Write as _, os::unix::net::UnixStream, path::Path, thread, time::Duration};

use e2e::{
    World,
    daemon::Launch,
    eventually,
    faketime::MovableClock,
    network::{Network, Weather},
    world::{prompt, small},
};
use jiff::SignedDuration;
use rustix::process::Signal;
use serde_json::Value;
use zoom_sim::AccountOptions;

const SETTINGS: [&str; 4] = ["--backfill", "31d", "--poll-interval", "10s"];

/// A world whose daemon is to reach Zoom's API through a network.
fn behind(scheme_and_host: &str) -> (World, Network) {
    let mut world = World::new(prompt(vec![AccountOptions {
        calls: 200,
        ..small("acme")
    }]));
    let network = Network::to(world.zoom().address());
    world.configuration.api_url = Some(format!("{scheme_and_host}:{}/v2", network.address().port()));
    (world, network)
}

/// With a daemon and an account that is connected and not active.
fn through() -> (World, Network) {
    let (mut world, network) = behind("http://127.0.0.1");
    world.start();
    world.connect("acme");
    world.prepare("acme", "acme", &SETTINGS);
    (world, network)
}

/// How a check stands.
fn state_of(world: &World, check: &str) -> Option<String> {
    let board = world.board();
    let mut found = board.iter().filter(|((name, _), _)| name == check);
    found.next().map(|(_, standing)| standing.state.clone())
}

#[test]
fn slow_and_trickling_answers_only_take_longer() {
    let (world, network) = through();
    network.becomes(Weather::Slow(Duration::from_millis(40)));
    let _ = world.json(&["cdr", "activate", "acme", "--wait"]);
    network.becomes(Weather::Trickle);
    let _ = world.fresh_calls("acme", 30);
    world.nothing_is_lost("acme");
    assert!(network.struck() > 20, "{}", network.struck());
}

#[test]
fn connections_that_are_reset_in_mid_answer_lose_nothing_and_repeat_nothing() {
    let (world, network) = through();
    network.becomes(Weather::Resets);
    let _ = world.ctl(&["cdr", "activate", "acme"]);
    let _ = world.fresh_calls("acme", 30);
    eventually("an activation in spite of it", || {
        (world.ctl(&["cdr", "activate", "acme"]).code == 0).then_some(())
    });
    world.await_backfill("acme");
    eventually("resets", || (network.struck() > 20).then_some(()));
    network.becomes(Weather::Fair);
    world.nothing_is_lost("acme");
}

/// Played on a clock that the test moves: time-outs are half a minute long.
#[test]
fn a_network_that_goes_silent_is_a_condition_and_collection_resumes_by_itself() {
    let (mut world, network) = behind("http://127.0.0.1");
    let Some(clock) = MovableClock::new(world.home()) else {
        return;
    };
    world.configuration.write(world.home());
    let mut daemon = clock.shown_to(Launch::new(world.home()), true).spawn();
    daemon.wait_ready(&world.socket());
    world.adopt(daemon);
    world.collect("acme", &SETTINGS);
    let _ = world.well_board();
    network.becomes(Weather::Silent);
    let _ = world.fresh_calls("acme", 20);
    let later = || {
        clock.advance(SignedDuration::from_secs(10));
        world.zoom().clock().advance(Duration::from_secs(10));
    };
    let before = network.struck();
    eventually("a request that gets no answer", || {
        later();
        (network.struck() > before).then_some(())
    });
    eventually("the condition", || {
        later();
        // Whoever looks is answered at once.
        let _ = world.ctl(&["status"]).ok();
        (state_of(&world, "zoom_api").as_deref() == Some("critical")).then_some(())
    });
    network.becomes(Weather::Fair);
    eventually("its end", || {
        later();
        (state_of(&world, "zoom_api").as_deref() == Some("ok")).then_some(())
    });
    world.nothing_is_lost("acme");
}

/// Takes the configuration as it is now into force.
fn reload(world: &mut World) {
    world.configuration.write(world.home());
    world.daemon().signal(Signal::HUP);
}

#[test]
fn a_name_that_does_not_resolve_is_no_reason_to_authorize_again() {
    let (mut world, _network) = through();
    let _ = world.json(&["cdr", "activate", "acme", "--wait"]);
    world.await_backfill("acme");
    let good = world.configuration.api_url.clone();
    // RFC 6761: this one never resolves.
    world.configuration.api_url = Some("https://api.zoom.invalid/v2".to_owned());
    reload(&mut world);
    let _ = world.fresh_calls("acme", 20);
    let refused = eventually("a name that does not resolve", || {
        let outcome = world.ctl(&["account", "test", "acme", "--json"]);
        (outcome.code != 0).then(|| outcome.ended_with(10).error())
    });
    assert_eq!(refused["code"], "zoom_unreachable", "{refused}");
    eventually("the condition", || {
        (state_of(&world, "zoom_api").as_deref() == Some("critical")).then_some(())
    });
    let shown = world.json(&["account", "show", "acme"]);
    assert_eq!(shown["state"], "authorized", "{shown}");
    world.configuration.api_url = good;
    reload(&mut world);
    eventually("its end", || {
        (state_of(&world, "zoom_api").as_deref() == Some("ok")).then_some(())
    });
    world.nothing_is_lost("acme");
}

/// Requests that reached Zoom's API.
fn sent(world: &World) -> usize {
    let requests = world.zoom().requests();
    requests
        .iter()
        .filter(|request| request.path.starts_with("/v2/"))
        .count()
}

#[test]
fn an_expired_certificate_is_refused_before_anything_is_sent_and_a_renewed_one_is_taken() {
    let (mut world, network) = behind("https://localhost");
    let trusted = world.home().join("trusted.crt");
    let certificates = Path::new(env!("CARGO_MANIFEST_DIR")).join("certificates");
    let both = ["mail-server", "expired"]
        .map(|name| fs::read_to_string(certificates.join(format!("{name}.crt"))).expect("a certificate"));
    fs::write(&trusted, both.concat()).expect("the trusted certificates");
    world.configuration.write(world.home());
    let mut daemon = Launch::new(world.home()).variable("SSL_CERT_FILE", &trusted).spawn();
    daemon.wait_ready(&world.socket());
    world.adopt(daemon);
    network.shows_certificate("mail-server");
    world.collect("acme", &SETTINGS);
    network.shows_certificate("expired");
    network.ends_connections();
    let test = || world.ctl(&["account", "test", "acme", "--json"]);
    let refused = eventually("a handshake that fails", || {
        let outcome = test();
        (outcome.code == 10).then(|| outcome.error())
    });
    let message = |error: &Value| error["message"].as_str().unwrap_or_default().to_owned();
    assert!(message(&refused).contains("expired"), "{refused}");
    let before = sent(&world);
    let _ = world.fresh_calls("acme", 20);
    let _ = test().ended_with(10);
    assert_eq!(sent(&world), before, "nothing was sent");
    assert_eq!(world.json(&["account", "show", "acme"])["state"], "authorized");
    network.shows_certificate("mail-server");
    eventually("a renewed certificate", || (test().code == 0).then_some(()));
    world.nothing_is_lost("acme");
}

#[test]
fn clients_that_dribble_into_the_socket_are_dropped_and_people_are_served() {
    let world = World::small();
    let mut dribbling: Vec<UnixStream> = Vec::new();
    // More than are served at once.
    for _ in 0..90 {
        let Ok(mut stream) = UnixStream::connect(world.socket()) else {
            break;
        };
        let _ = stream.write_all(b"GET /v1/status HTTP/1.1\r\nx-");
        dribbling.push(stream);
    }
    assert!(dribbling.len() > 60, "{}", dribbling.len());
    eventually("an answer in spite of them", || {
        for stream in &mut dribbling {
            let _ = stream.write_all(b"a");
        }
        (world.ctl(&["status", "--timeout", "30"]).code == 0).then_some(())
    });
    eventually("the end of those who dribble", || {
        thread::sleep(Duration::from_millis(100));
        dribbling.retain_mut(|stream| stream.write_all(b"a").is_ok());
        dribbling.is_empty().then_some(())
    });
    let _ = world.ctl(&["status"]).ok();
}
