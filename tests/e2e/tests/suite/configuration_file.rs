//! A configuration that cannot be used is refused with file, line, column, the line and a hint; exit 78.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
};

use e2e::{World, configuration::write_secret, daemon::Launch, programs::programs, world::prompt, world::small};

fn check(file: &Path) -> Output {
    let mut command = Command::new(&programs().daemon);
    command
        .arg("--check-config")
        .arg("--config")
        .arg(file)
        .output()
        .expect("callsyncd runs")
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn world() -> World {
    let world = World::new(prompt(vec![small("acme")]));
    world.configuration.write(world.home());
    world
}

#[test]
fn a_good_file_is_accepted_and_nothing_is_created() {
    let world = world();
    let output = check(&world.home().join("callsyncd.yaml"));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(
        !world.home().join("state").exists(),
        "checking must not create anything"
    );
}

#[test]
fn every_mistake_is_shown_with_its_place_its_line_and_a_way_out() {
    let world = world();
    let good = world.configuration.text(world.home());
    let mistakes = [
        ("redirect_uri:", "redirct_uri:", "redirect_uri"),
        ("  plan: business", "  plan: gold", "business"),
        ("logging: {level: info", "logging: {level: loud", "loud"),
        ("  client_id:", "  client_id: \"twice\"\n  client_id:", "client_id"),
        (
            "    medium: {per_second: 500}",
            "    medium: {per_second: fast}",
            "fast",
        ),
        ("kind: sqlite, directory", "kind: sqlight, directory", "sqlite"),
        ("name: second", "name: local", "local"),
        ("control:\n", "control:\n\tsocket: x\n", "tab"),
    ];
    for (right, wrong, mentioned) in mistakes {
        let text = good.replacen(right, wrong, 1);
        assert_ne!(text, good, "{right} is in the file");
        let file = world.home().join("wrong.yaml");
        fs::write(&file, &text).expect("a file");
        let output = check(&file);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(78), "{wrong}: {said}");
        assert!(said.contains("wrong.yaml"), "{wrong}: the file is named: {said}");
        assert!(
            said.to_lowercase().contains(&mentioned.to_lowercase()),
            "{wrong}: {mentioned} is mentioned: {said}"
        );
        let place = said.split("wrong.yaml").nth(1).unwrap_or_default();
        let line = text
            .lines()
            .position(|line| good.lines().all(|known| known != line))
            .map(|at| at + 1);
        let line = line.unwrap_or_default();
        let digits = place
            .split(|c: char| !c.is_ascii_digit())
            .filter(|part| !part.is_empty())
            .take(2);
        let numbers: Vec<usize> = digits.filter_map(|part| part.parse().ok()).collect();
        assert_eq!(numbers.len(), 2, "{wrong}: line and column: {said}");
        assert!(
            numbers[0].abs_diff(line) <= 1 && numbers[1] >= 1,
            "{wrong}: line {line}, said {numbers:?}: {said}"
        );
    }
}

#[test]
fn a_file_that_is_not_there_is_said_only_when_it_was_named() {
    let world = world();
    let output = check(&world.home().join("absent.yaml"));
    assert_eq!(output.status.code(), Some(78), "{}", said(&output));
    assert!(said(&output).contains("absent.yaml"));
}

#[test]
fn a_secret_that_others_may_read_is_refused_by_the_check_and_by_the_daemon() {
    let world = world();
    let secret = world.home().join("client-secret");
    for mode in [0o604, 0o640] {
        fs::set_permissions(&secret, fs::Permissions::from_mode(mode)).expect("a mode");
        let output = check(&world.home().join("callsyncd.yaml"));
        assert_eq!(output.status.code(), Some(78), "mode {mode:o}: {}", said(&output));
        assert!(
            said(&output).contains("client-secret") && said(&output).contains("chmod"),
            "{}",
            said(&output)
        );
        assert!(!said(&output).contains(&world.zoom().client_secret()));
    }
    let mut daemon = Launch::new(world.home()).spawn();
    let status = daemon.wait_end(std::time::Duration::from_secs(20));
    assert_eq!(status.code(), Some(78), "{}", daemon.said());
    fs::remove_file(&secret).expect("no secret");
    let output = check(&world.home().join("callsyncd.yaml"));
    assert_eq!(output.status.code(), Some(78), "{}", said(&output));
}

fn with_key(world: &mut World, key: &str) {
    write_secret(&world.home().join("master.key"), key);
    let home = world.home().display().to_string();
    world.configuration.more = format!("secrets:\n  master_key: {{file: {home}/master.key}}\n");
}

fn wrong_key(world: &World) -> Launch {
    Launch::with_config(&world.home().join("callsyncd.yaml"), world.home().join("wrong-key.log"))
}

#[test]
fn another_master_key_is_refused_and_the_old_one_still_works() {
    let mut world = World::new(prompt(vec![small("acme")]));
    let (right, wrong) = ("ab".repeat(32), "cd".repeat(32));
    with_key(&mut world, &right);
    world.start();
    world.connect("acme");
    world.daemon().stop();
    for key in [wrong.as_str(), "not hex", "abab"] {
        with_key(&mut world, key);
        world.configuration.write(world.home());
        let mut daemon = wrong_key(&world).spawn();
        let status = daemon.wait_end(std::time::Duration::from_secs(20));
        assert_eq!(status.code(), Some(78), "{}", daemon.said());
        assert!(!daemon.said().contains(key), "the key itself is not said");
    }
    with_key(&mut world, &right);
    world.start();
    let _ = world.ctl(&["account", "test", "acme"]).ok();
}

#[test]
fn without_a_configured_master_key_one_is_made_for_the_owner_alone() {
    let mut world = World::small();
    let file = world.home().join("state/master.key");
    let mode = fs::metadata(&file).map(|meta| meta.permissions().mode() & 0o777);
    assert_eq!(mode.ok(), Some(0o600));
    let key = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(key.trim().len(), 64);
    assert!(
        world.said().contains("master.key"),
        "a notice says so: {}",
        world.said()
    );
    world.connect("acme");
    world.daemon().stop();
    world.start();
    let _ = world.ctl(&["account", "test", "acme"]).ok();
    assert_eq!(fs::read_to_string(&file).unwrap_or_default(), key, "it is made once");
}

#[test]
fn what_the_daemon_runs_with_is_shown_without_secrets() {
    let world = World::small();
    let shown = world.json(&["config", "show"]);
    assert_eq!(shown["schema"], "callsync/config/v1");
    assert_eq!(
        shown["config"]["zoom"]["client_id"],
        world.zoom().client_id(),
        "{shown}"
    );
    assert!(shown["config"]["zoom"]["client_secret"]["file"].is_string(), "{shown}");
    let checked = world.json(&["config", "check"]);
    assert_eq!(checked["valid"], true, "{checked}");
    fs::write(world.home().join("callsyncd.yaml"), "zoom: {clientid: x}\n").expect("a file");
    let outcome = world.ctl(&["config", "check", "--json"]);
    assert_eq!(outcome.code, 78, "{outcome:?}");
}
