//! What it costs to be there: start, idle memory and processor use, the time of a `status`.

use std::{
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use bench::{
    process::{memory, processor_time},
    sample::Sample,
};
use e2e::{World, daemon::Launch, programs::programs, service_manager::ServiceManager, world::prompt, world::small};
use zoom_sim::AccountOptions;

const ACCOUNTS: usize = 100;
const SETTLED: Duration = Duration::from_secs(5);
const WATCHED: Duration = Duration::from_secs(40);

pub fn measure() {
    println!("\nstart, promised < 200 ms to READY with 100 accounts");
    println!("  to READY, no account:     {}", starts(&mut World::small()));
    let mut world = hundred();
    println!("  to READY, {ACCOUNTS} accounts:   {}", starts(&mut world));
    println!("\nidle, promised < 25 MiB resident and < 0.1 % of a core; status, promised < 30 ms");
    world.start();
    presence(&mut world, "100 active accounts");
    drop(world);
    let mut world = World::small();
    world.collect("acme", &["--backfill", "31d"]);
    world.daemon().stop();
    world.start();
    presence(&mut world, "1 active account");
}

fn hundred() -> World {
    let accounts = (0..ACCOUNTS).map(|number| AccountOptions {
        users: 3,
        calls: 5,
        ..small(&format!("a{number}"))
    });
    let world = World::started(prompt(accounts.collect()));
    world.ensure_group();
    for number in 0..ACCOUNTS {
        let name = format!("a{number}");
        let id = world.zoom_account(&name).account_id();
        let add = [
            "account",
            "add",
            &name,
            "--group",
            e2e::steps::GROUP,
            "--auth",
            "server-to-server",
        ];
        let _ = world.json(&[&add[..], &["--zoom-account-id", &id]].concat());
        world.prepare(&name, &name, &["--backfill", "none", "--elements", "off"]);
        let _ = world.json(&["cdr", "activate", &name, "--wait"]);
    }
    world
}

fn starts(world: &mut World) -> Sample {
    world.daemon().stop();
    let mut systemd = ServiceManager::listen(world.home());
    Sample::of(7, || {
        let started = Instant::now();
        let mut daemon = Launch::new(world.home())
            .variable("NOTIFY_SOCKET", systemd.path())
            .spawn();
        systemd.hear("READY=1");
        let took = started.elapsed();
        daemon.stop();
        systemd.hear("STOPPING=1");
        took
    })
}

fn presence(world: &mut World, what: &str) {
    thread::sleep(SETTLED);
    let pid = world.daemon().pid();
    let (before, began) = (processor_time(pid), Instant::now());
    thread::sleep(WATCHED);
    let used = (processor_time(pid) - before).as_secs_f64() / began.elapsed().as_secs_f64();
    println!(
        "  {what}: {:.1} MiB resident (VmRSS), {:.3} % of a core",
        memory(pid, "VmRSS"),
        used * 100.0
    );
    let status = Sample::of(100, || {
        let started = Instant::now();
        let ended = Command::new(&programs().control)
            .arg("--socket")
            .arg(world.socket())
            .arg("status")
            .stdin(Stdio::null())
            .output();
        assert!(
            ended.is_ok_and(|output| output.status.success()),
            "callsyncctl status works"
        );
        started.elapsed()
    });
    println!("  {what}: callsyncctl status, {status}");
}
