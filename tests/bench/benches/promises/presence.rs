//! (g) What it costs to be there: start, idle memory and processor use, the time of a `status`.

use std::{
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use bench::{
    Outcome,
    process::{memory, processor_time},
    sample::Sample,
    scale::Scale,
};
use e2e::{World, daemon::Launch, programs::programs, service_manager::ServiceManager, world::prompt, world::small};
use zoom_sim::AccountOptions;

use crate::stage;

/// Databases rest after fifteen seconds without work.
const SETTLED: Duration = Duration::from_secs(40);

pub fn measure(scale: Scale) -> Outcome<()> {
    let accounts = scale.pick(100, 10);
    let watched = Duration::from_secs(if scale.quick { 20 } else { 90 });
    println!("  start, promised < 200 ms to READY with 100 accounts");
    println!("    no account:     {}", starts(&mut World::small()));
    let mut world = many(accounts);
    println!("    {accounts} accounts:   {}", starts(&mut world));
    println!("  idle, promised < 25 MiB resident and < 0.1 % of a core; status, promised < 30 ms");
    world.start();
    presence(&mut world, &format!("{accounts} active accounts"), watched);
    drop(world);
    let mut world = many(1);
    presence(&mut world, "1 active account", watched);
    Ok(())
}

/// Active accounts, polled every five minutes.
fn many(count: usize) -> World {
    let accounts = (0..count).map(|number| AccountOptions {
        users: 3,
        calls: 5,
        ..small(&format!("a{number}"))
    });
    let world = World::started(prompt(accounts.collect()));
    for number in 0..count {
        let name = format!("a{number}");
        stage::activate(&world, &name, &name, &["--backfill", "none", "--elements", "off"]);
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

fn presence(world: &mut World, what: &str, watched: Duration) {
    thread::sleep(SETTLED);
    let pid = world.daemon().pid();
    let (before, began) = (processor_time(pid), Instant::now());
    let mut highest: f64 = 0.0;
    while began.elapsed() < watched {
        thread::sleep(Duration::from_secs(1));
        highest = highest.max(memory(pid, "VmRSS"));
    }
    let used = (processor_time(pid) - before).as_secs_f64() / began.elapsed().as_secs_f64();
    println!(
        "    {what}: {:.1} MiB resident (VmRSS; {:.1} of it its own, the rest the program's file), {highest:.1} at most, \
         {:.3} % of a core, over {:.0} s with its polls",
        memory(pid, "VmRSS"),
        memory(pid, "RssAnon"),
        used * 100.0,
        began.elapsed().as_secs_f64()
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
    println!("    {what}: callsyncctl status, {status}");
}
