//! The audit log: whole, or broken at a place that is named.

use e2e::World;
use rusqlite::Connection;

/// Stops the daemon, changes its state as a forger would, and starts it again.
fn forge(world: &mut World, text: &str) {
    world.daemon().stop();
    let connection = Connection::open(world.home().join("state/state.db")).expect("the state database");
    let _ = connection.execute_batch("DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_deleted");
    connection.execute_batch(text).expect("forged");
    drop(connection);
    world.start();
}

#[test]
fn a_changed_a_moved_and_a_removed_entry_are_found_and_named() {
    let mut world = World::small();
    for number in 0..6 {
        let _ = world.json(&["group", "add", &format!("G{number}")]);
    }
    let whole = world.json(&["audit", "verify"]);
    assert_eq!(
        (&whole["valid"], &whole["entries"]),
        (&true.into(), &6.into()),
        "{whole}"
    );
    let head = whole["head_hash"].as_str().expect("a hash").to_owned();
    let human = world.ctl(&["audit", "verify"]).ok();
    assert!(
        human.stdout.contains("6 entries") && human.stdout.contains(&head),
        "{human:?}"
    );
    for (forgery, repair, seq) in [
        (
            "UPDATE audit SET user = user || 'x' WHERE seq = 3",
            "UPDATE audit SET user = substr(user, 1, length(user) - 1) WHERE seq = 3",
            3,
        ),
        ("UPDATE audit SET after = '{}' WHERE seq = 2", "", 2),
    ] {
        forge(&mut world, forgery);
        let outcome = world.ctl(&["audit", "verify"]).ended_with(1);
        assert!(outcome.stderr.contains(&format!("entry {seq}")), "{outcome:?}");
        let document = world.ctl(&["audit", "verify", "--json"]).ended_with(1).json();
        assert_eq!(
            (&document["valid"], &document["broken"]["seq"]),
            (&false.into(), &seq.into()),
            "{document}"
        );
        if !repair.is_empty() {
            forge(&mut world, repair);
            let _ = world.ctl(&["audit", "verify"]).ok();
        }
    }
    let mut world = World::small();
    for number in 0..4 {
        let _ = world.json(&["group", "add", &format!("G{number}")]);
    }
    forge(
        &mut world,
        "UPDATE audit SET seq = -2 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = -2",
    );
    assert!(world.ctl(&["audit", "verify"]).ended_with(1).stderr.contains("entry 2"));
    let mut world = World::small();
    for number in 0..4 {
        let _ = world.json(&["group", "add", &format!("G{number}")]);
    }
    forge(&mut world, "DELETE FROM audit WHERE seq = 4");
    assert!(world.ctl(&["audit", "verify"]).ended_with(1).stderr.contains("entry 4"));
}
