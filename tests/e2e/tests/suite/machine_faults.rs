//! Faults of the machine: a disk that fills up, a clock that jumps, no file descriptors left. What is promised for each
//! fault there is, and which test sees it, is a table in `tests/README.md`.

use std::fs;

use e2e::{
    World,
    daemon::Launch,
    eventually,
    faketime::MovableClock,
    small_disk::SmallDisk,
    world::{prompt, small},
};
use jiff::SignedDuration;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use zoom_sim::AccountOptions;

const SETTINGS: [&str; 4] = ["--backfill", "31d", "--poll-interval", "10s"];

fn disk_is(world: &World, wanted: &str) -> Option<()> {
    let board = world.board();
    let standing = board.get(&("disk".to_owned(), String::new()))?;
    (standing.state == wanted).then_some(())
}

#[test]
fn a_disk_that_fills_up_in_the_middle_of_a_backfill_costs_time_and_no_call() {
    let mut world = World::new(prompt(vec![AccountOptions {
        calls: 1_500,
        ..small("acme")
    }]));
    let Some(disk) = SmallDisk::mount(world.home().join("databases")) else {
        return;
    };
    // Slow enough that the disk is full before the backfill is over.
    world.configuration.limits =
        "    heavy: {per_second: 5, per_day: 5000000}\n    medium: {per_second: 100}\n    light: {per_second: 400}\n"
            .to_owned();
    world.start();
    world.connect("acme");
    world.prepare("acme", "acme", &SETTINGS);
    let _ = world.json(&["cdr", "activate", "acme"]);
    disk.fill();
    let shown = world.json(&["cdr", "show", "acme"]);
    assert_ne!(
        shown["backfill"]["state"], "done",
        "the disk filled up too late: {shown}"
    );
    let _ = world.fresh_calls("acme", 40);
    eventually("the condition", || disk_is(&world, "critical"));
    // A person who looks is answered.
    let _ = world.ctl(&["cdr", "show", "acme"]).ok();
    disk.make_room();
    eventually("its end", || disk_is(&world, "ok"));
    world.nothing_is_lost("acme");
    drop(world);
    drop(disk);
}

fn rotations(world: &World) -> usize {
    let requests = world.zoom().requests();
    requests.iter().filter(|request| request.path == "/oauth/token").count()
}

#[test]
fn tokens_that_rotate_while_the_disk_is_full_are_kept_and_nobody_authorizes_again() {
    let mut world = World::new(prompt(vec![small("acme")]));
    let Some(disk) = SmallDisk::mount(world.home().join("state")) else {
        return;
    };
    world.start();
    world.collect("acme", &SETTINGS);
    disk.fill();
    let before = rotations(&world);
    world.zoom_account("acme").expire_access_tokens();
    let _ = world.fresh_calls("acme", 20);
    for _ in 0..5 {
        let _ = world.ctl(&["account", "test", "acme"]);
        let _ = world.ctl(&["cdr", "run", "acme"]);
    }
    assert!(world.daemon().runs(), "it goes on");
    let while_full = rotations(&world) - before;
    assert!(while_full <= 2, "{while_full} rotations that nobody could write down");
    disk.make_room();
    eventually("tokens that work", || {
        (world.ctl(&["account", "test", "acme"]).code == 0).then_some(())
    });
    assert_eq!(world.json(&["account", "show", "acme"])["state"], "authorized");
    world.nothing_is_lost("acme");
    // What is on the disk works, too.
    world.daemon().kill();
    world.start();
    let _ = world.ctl(&["account", "test", "acme"]).ok();
    drop(world);
    drop(disk);
}

#[test]
fn a_clock_that_jumps_loses_no_call_and_invents_no_gap() {
    let mut world = World::new(prompt(vec![AccountOptions {
        calls: 200,
        ..small("acme")
    }]));
    let Some(clock) = MovableClock::new(world.home()) else {
        return;
    };
    world.configuration.write(world.home());
    let mut daemon = clock.shown_to(Launch::new(world.home()), false).spawn();
    daemon.wait_ready(&world.socket());
    world.adopt(daemon);
    world.collect("acme", &SETTINGS);
    // A day ahead, further back than it came from, a little ahead, right again, and at last past everything that was
    // put off until a time that only a wrong clock knew.
    for hours in [26, -29, 4, -1, 27] {
        clock.advance(SignedDuration::from_hours(hours));
        let _ = world.fresh_calls("acme", 10);
        // What may go wrong meanwhile is made good below.
        let _ = world.ctl(&["cdr", "run", "acme", "--wait", "--timeout", "60"]);
        assert!(world.daemon().runs(), "after {hours} hours");
    }
    world.nothing_is_lost("acme");
    let job = world.json(&["cdr", "reconcile", "acme", "--wait"]);
    assert_eq!(job["completeness"], 1.0, "{job}");
}

#[test]
fn without_file_descriptors_it_refuses_and_does_not_end_and_recovers_by_itself() {
    let mut world = World::small();
    world.collect("acme", &SETTINGS);
    let number = world.daemon().pid();
    let pid = i32::try_from(number).ok().and_then(Pid::from_raw);
    let before = prlimit(
        pid,
        Resource::Nofile,
        Rlimit {
            // It has more than these open already: not one more can be had.
            current: Some(3),
            maximum: Some(4_096),
        },
    )
    .expect("its limit");
    assert!(open_files(number) > 3);
    let _ = world.fresh_calls("acme", 20);
    // Whoever comes now may not be served, and a poll cannot connect; neither ends the daemon.
    for _ in 0..5 {
        let _ = world.ctl(&["cdr", "run", "acme", "--timeout", "2"]);
    }
    assert!(world.daemon().runs(), "it goes on");
    let again = Rlimit {
        current: before.current.map(|limit| limit.min(4_096)).or(Some(4_096)),
        maximum: Some(4_096),
    };
    let _ = prlimit(pid, Resource::Nofile, again).expect("a new limit");
    eventually("an answer", || (world.ctl(&["status"]).code == 0).then_some(()));
    world.nothing_is_lost("acme");
    assert_eq!(world.daemon().pid(), number, "the same process");
}

fn open_files(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd"))
        .expect("the open files of a process")
        .count()
}
