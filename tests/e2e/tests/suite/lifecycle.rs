//! Starting, reloading, stopping: one daemon a state directory, no work lost, no socket stolen.

use std::{
    fs,
    net::TcpListener,
    os::unix::net::UnixListener,
    time::{Duration, Instant},
};

use e2e::{
    World,
    daemon::Launch,
    database::Database,
    directory_truth::assert_calls_equal,
    eventually, socket,
    world::{prompt, small},
};
use rusqlite::Connection;
use rustix::process::Signal;
use zoom_sim::AccountOptions;

#[test]
fn a_bad_file_on_reload_keeps_the_old_configuration_and_says_so() {
    let mut world = World::small();
    let file = world.home().join("callsyncd.yaml");
    let loaded = world.json(&["status"])["config"]["loaded_at"].clone();
    fs::write(&file, "zoom: {plan: gold}\n").expect("a file");
    world.daemon().signal(Signal::HUP);
    let status = eventually("the refused reload", || {
        let status = world.json(&["status"]);
        status["config"]["last_reload_error"].is_string().then_some(status)
    });
    assert_eq!(status["config"]["loaded_at"], loaded, "{status}");
    assert!(status["config"]["last_reload_at"].is_string());
    let error = status["config"]["last_reload_error"].as_str().unwrap_or_default();
    assert!(error.contains("plan") || error.contains("gold"), "{error}");
    let human = world.ctl(&["status"]).ok();
    assert!(
        human.stdout.contains("gold") || human.stdout.contains("reload"),
        "{human:?}"
    );
    world.connect("acme");
    world.configuration.plan = "pro";
    world.configuration.write(world.home());
    world.daemon().signal(Signal::HUP);
    // Not told by `loaded_at`: it has whole seconds, and all of this may happen in one.
    let status = eventually("the accepted reload", || {
        let status = world.json(&["status"]);
        let is_shown = world.json(&["config", "show"])["config"]["zoom"]["plan"] == "pro";
        (is_shown && status["config"]["last_reload_error"].is_null()).then_some(status)
    });
    assert!(!status["notices"].to_string().contains("refused"), "{status}");
}

#[test]
fn the_check_of_the_configuration_says_what_a_reload_would_say() {
    let mut world = World::small();
    world.configuration.more = "listen: {address: \"127.0.0.1:1\"}\n".to_owned();
    world.configuration.write(world.home());
    let outcome = world.ctl(&["config", "check", "--json"]).ended_with(78);
    let checked = outcome.json();
    assert_eq!(checked["valid"], false, "{checked}");
    let said = checked["error"].as_str().unwrap_or_default();
    assert!(
        said.contains("listen cannot change") && said.contains("systemctl restart callsyncd"),
        "{said}"
    );
    world.daemon().signal(Signal::HUP);
    let error = eventually("the refused reload", || {
        let error = world.json(&["status"])["config"]["last_reload_error"].clone();
        error.is_string().then_some(error)
    });
    assert_eq!(error, checked["error"]);
}

#[test]
fn a_port_that_another_program_has_is_tried_again() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut world = World::new(prompt(vec![small("acme")]));
    let address = port.local_addr().expect("its address");
    world.configuration.more = format!("listen: {{address: \"{address}\"}}\n");
    world.configuration.write(world.home());
    let mut daemon = Launch::new(world.home()).spawn();
    let status = daemon.wait_end(Duration::from_secs(20));
    // 78 would keep systemd from starting it again.
    assert_eq!(status.code(), Some(1), "{}", daemon.said());
    assert!(daemon.said().contains("ss -ltnp"), "{}", daemon.said());
}

#[test]
fn sigterm_in_the_middle_of_a_backfill_ends_within_seconds_and_the_work_goes_on_later() {
    let mut world = World::new(prompt(vec![AccountOptions {
        calls: 3_000,
        ..small("acme")
    }]));
    let fast = std::mem::replace(
        &mut world.configuration.limits,
        "    heavy: {per_second: 4, per_day: 5000000}\n    light: {per_second: 20}\n".to_owned(),
    );
    world.start();
    world.connect("acme");
    let _ = world.activate("acme", "acme", &["--backfill", "31d"]);
    eventually("some of the backfill", || {
        let shown = world.json(&["cdr", "show", "acme"]);
        (shown["backfill"]["state"] == "running" && shown["records"].as_u64() > Some(100)).then_some(())
    });
    let asked = Instant::now();
    world.daemon().stop();
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert!(!world.socket().exists(), "the socket goes with the daemon");
    let database = Database::open(&world.database_file("acme"));
    assert_eq!(database.integrity(), "ok");
    world.configuration.limits = fast;
    world.start();
    world.await_backfill("acme");
    let _ = world.poll("acme");
    assert_calls_equal(&world.zoom_account("acme"), &database);
}

#[test]
fn a_second_daemon_on_the_same_state_directory_is_refused_with_the_reason() {
    let mut world = World::small();
    let text = fs::read_to_string(world.home().join("callsyncd.yaml")).expect("the configuration");
    let other = world.home().join("other.yaml");
    fs::write(&other, text.replace("control.sock", "other.sock")).expect("a file");
    let mut second = Launch::with_config(&other, world.home().join("second.log")).spawn();
    let status = second.wait_end(Duration::from_secs(20));
    assert!(!status.success(), "{}", second.said());
    let said = second.said();
    assert!(
        said.contains("state") && said.contains(&world.daemon().pid().to_string()),
        "who holds it is said: {said}"
    );
    assert!(world.daemon().runs());
    let _ = world.ctl(&["status"]).ok();
}

#[test]
fn a_live_socket_is_never_taken_over_and_a_dead_one_always() {
    let mut world = World::small();
    let text = fs::read_to_string(world.home().join("callsyncd.yaml")).expect("the configuration");
    let other = world.home().join("other.yaml");
    fs::write(&other, text.replace("/state\n", "/other-state\n")).expect("a file");
    let mut second = Launch::with_config(&other, world.home().join("second.log")).spawn();
    let status = second.wait_end(Duration::from_secs(20));
    assert!(!status.success(), "{}", second.said());
    assert!(second.said().contains("control.sock"), "{}", second.said());
    let _ = world.ctl(&["status"]).ok();
    world.daemon().kill();
    assert!(world.socket().exists(), "a killed daemon leaves its socket");
    world.start();
    let _ = world.ctl(&["status"]).ok();
}

#[test]
fn the_socket_of_another_program_is_left_alone() {
    let mut world = World::new(prompt(vec![small("acme")]));
    let listener = UnixListener::bind(world.socket()).expect("a socket");
    world.configuration.write(world.home());
    let mut daemon = Launch::new(world.home()).spawn();
    let status = daemon.wait_end(Duration::from_secs(20));
    assert!(!status.success(), "{}", daemon.said());
    drop(listener);
    fs::remove_file(world.socket()).expect("the socket is still there");
    fs::write(world.socket(), "a file that is no socket").expect("a file");
    let mut daemon = Launch::new(world.home()).spawn();
    let status = daemon.wait_end(Duration::from_secs(20));
    assert!(!status.success(), "{}", daemon.said());
    assert_eq!(
        fs::read_to_string(world.socket()).ok().as_deref(),
        Some("a file that is no socket")
    );
    world.adopt(daemon);
}

#[test]
fn the_socket_answers_at_once_while_zoom_is_down() {
    let mut world = World::small();
    world.collect("acme", &["--backfill", "7d"]);
    world.cut_zoom();
    let _ = world.ctl(&["cdr", "run", "acme"]).ok();
    let mut times: Vec<Duration> = (0..20)
        .map(|_| {
            let asked = Instant::now();
            let answer = socket::get(&world.socket(), "/v1/status").expect("an answer");
            assert_eq!(answer.status, 200);
            asked.elapsed()
        })
        .collect();
    times.sort_unstable();
    // The promise is 100 ms; unoptimised and beside other tests the median of many is what can be held to it.
    assert!(times[10] < Duration::from_millis(100), "{times:?}");
    let description = socket::get(&world.socket(), "/v1/openapi.json")
        .expect("an answer")
        .json();
    assert!(
        description["paths"]["/v1/status"].is_object(),
        "the routes describe themselves"
    );
}

#[test]
fn a_state_of_a_newer_version_is_refused_and_left_as_it_is() {
    let mut world = World::small();
    world.connect("acme");
    world.daemon().stop();
    let state = fs::read_dir(world.home().join("state"))
        .expect("the state directory")
        .flatten()
        .map(|entry| entry.path())
        .find(|path| {
            path.extension()
                .is_some_and(|ending| ending == "db" || ending == "sqlite")
        })
        .expect("the state database");
    let version: i64 = {
        let connection = Connection::open(&state).expect("the state database");
        let version = connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .expect("a version");
        connection
            .execute_batch("PRAGMA user_version = 999")
            .expect("a newer version");
        version
    };
    let mut daemon = Launch::new(world.home()).spawn();
    let status = daemon.wait_end(Duration::from_secs(20));
    assert!(!status.success(), "{}", daemon.said());
    assert!(
        daemon.said().contains("999") || daemon.said().contains("newer"),
        "{}",
        daemon.said()
    );
    drop(daemon);
    let connection = Connection::open(&state).expect("the state database");
    let unchanged: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .expect("a version");
    assert_eq!(unchanged, 999);
    connection
        .execute_batch(&format!("PRAGMA user_version = {version}"))
        .expect("the old version");
    drop(connection);
    world.start();
    assert_eq!(world.json(&["account", "show", "acme"])["state"], "authorized");
}

#[test]
fn a_record_database_of_a_newer_version_stops_collection_and_not_the_daemon() {
    let mut world = World::small();
    world.collect("acme", &["--backfill", "7d"]);
    world.daemon().stop();
    let connection = Connection::open(world.database_file("acme")).expect("the record database");
    let row =
        "INSERT INTO schema_migration (version, applied_at, description) VALUES (999, '2030-01-01T00:00:00Z', 'x')";
    connection.execute_batch(row).expect("a newer version");
    drop(connection);
    world.start();
    let error = world.refused(12, &["cdr", "run", "acme", "--wait"]);
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|text| text.contains("999") || text.contains("newer")),
        "{error}"
    );
    assert_eq!(world.json(&["account", "show", "acme"])["state"], "authorized");
}
