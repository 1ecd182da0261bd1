//! (c) What a poll costs when ten thousand, a million and ten million calls are stored; (f) a purge of a tenth of them
//! while calls are collected.
//!
//! The calls are put straight into the file while the daemon is stopped, without elements: those would double the file.

use std::{
    fs,
    time::{Duration, Instant},
};

use bench::{Outcome, process::Watch, scale::Scale, seed};
use e2e::World;
use zoom_sim::AccountOptions;

use crate::stage::{self, median};

const NAME: &str = "acme";
/// Years of calls, ended before the week that a poll by hand reads again.
const DAYS: u32 = 1_000;
const YOUNGEST: i64 = 40;
/// New calls of a poll: a page.
const FRESH: i64 = 300;
const QUIET_POLLS: usize = 30;
const FRESH_POLLS: usize = 15;

pub fn measure(scale: Scale) -> Outcome<()> {
    let sizes = [
        scale.pick(10_000, 10_000),
        scale.pick(1_000_000, 100_000),
        scale.pick(10_000_000, 1_000_000),
    ];
    println!("  promised: a poll costs the same at every size, and memory stays below 64 MiB");
    let [few, many, most] = sizes;
    for size in [few, many] {
        polls(&mut holding(size)?, size)?;
    }
    let mut world = holding(most)?;
    polls(&mut world, most)?;
    purge(&mut world, most)
}

pub fn purge_only(scale: Scale) -> Outcome<()> {
    let size = scale.pick(10_000_000, 1_000_000);
    purge(&mut holding(size)?, size)
}

/// A world of its own for each size: what Zoom has to tell is the same for all.
fn holding(size: usize) -> Outcome<World> {
    let options = AccountOptions {
        users: 20,
        calls: 3_000,
        ..AccountOptions::named(NAME)
    };
    let mut world = stage::world(stage::platform(vec![options]), |_| {});
    let settings = ["--backfill", "none", "--elements", "off", "--poll-interval", "24h"];
    stage::activate(&world, NAME, NAME, &settings);
    world.daemon().stop();
    let until = world.zoom().clock().now().as_second() - YOUNGEST * 86_400;
    let started = Instant::now();
    seed::grow(&world.database_file(NAME), size, DAYS, until, seed::Keys::Dated)?;
    println!("  ({size} calls seeded in {:.0} s)", started.elapsed().as_secs_f64());
    world.start();
    Ok(world)
}

/// One poll with this many new calls; the answer is its time in milliseconds, that of starting `callsyncctl` included.
/// Calls that ended within the second of a poll are the next one's, which is then asked for too: the longest counts.
fn poll(world: &World, fresh: i64) -> Outcome<f64> {
    if fresh > 0 {
        let _ = world.fresh_calls(NAME, fresh);
    }
    let mut longest: f64 = 0.0;
    let mut added = 0;
    for _ in 0..3 {
        let (took, job) = stage::timed(world, &["cdr", "run", NAME, "--wait"])?;
        if job["state"] != "succeeded" {
            return Err(format!("a poll did not succeed: {job}").into());
        }
        longest = longest.max(took.as_secs_f64() * 1_000.0);
        added += job["result"]["added"].as_i64().unwrap_or_default();
        if added >= fresh {
            return Ok(longest);
        }
    }
    Err(format!("polls found {added} of {fresh} new calls").into())
}

fn polls(world: &mut World, size: usize) -> Outcome<()> {
    // The first one opens the database and reads its schema.
    poll(world, 0)?;
    let pid = world.daemon().pid();
    let watch = Watch::start(pid);
    let quiet = (0..QUIET_POLLS)
        .map(|_| poll(world, 0))
        .collect::<Outcome<Vec<f64>>>()?;
    let of_quiet = watch.stop();
    let watch = Watch::start(pid);
    let fresh = (0..FRESH_POLLS)
        .map(|_| poll(world, FRESH))
        .collect::<Outcome<Vec<f64>>>()?;
    let of_fresh = watch.stop();
    let each =
        |time: Duration, polls: usize| time.as_secs_f64() * 1_000.0 / f64::from(u32::try_from(polls).unwrap_or(1));
    let file = fs::metadata(world.database_file(NAME))?.len() / (1 << 20);
    println!(
        "  {size:>8} calls ({file} MiB): quiet poll {:.1} ms, {:.1} CPU ms; poll of {FRESH} new calls {:.1} ms, {:.1} CPU ms; \
         {:.1} MiB at most",
        median(quiet),
        each(of_quiet.processor, QUIET_POLLS),
        median(fresh),
        each(of_fresh.processor, FRESH_POLLS),
        of_quiet.peak.max(of_fresh.peak)
    );
    Ok(())
}

/// Purges the oldest tenth and polls for new calls all the time: a poll takes at least as long as its commit waited.
fn purge(world: &mut World, size: usize) -> Outcome<()> {
    println!("  purge of the oldest tenth while collecting; promised: no commit waits longer than a second");
    let before = (0..FRESH_POLLS)
        .map(|_| poll(world, FRESH))
        .collect::<Outcome<Vec<f64>>>()?;
    let keep = i64::from(DAYS) * 9 / 10 + YOUNGEST;
    let _ = world.json(&["cdr", "set", NAME, "--retain", &format!("calls={keep}d")]);
    let watch = Watch::start(world.daemon().pid());
    let job = world.json(&["purge", "run", NAME, "--yes"]);
    let id = job["id"].as_str().ok_or("the purge has no id")?.to_owned();
    let mut during = Vec::new();
    let purged = loop {
        during.push(poll(world, FRESH)?);
        let shown = world.json(&["job", "show", &id]);
        if let Some("succeeded") = shown["state"].as_str() {
            break shown["result"]["rows"]["calls"].as_u64().unwrap_or_default();
        }
        if !matches!(shown["state"].as_str(), Some("queued" | "running")) {
            return Err(format!("the purge did not succeed: {shown}").into());
        }
    };
    let usage = watch.stop();
    let longest = during.iter().copied().fold(0.0, f64::max);
    println!(
        "  {purged} of {size} calls purged at {:.0} rows/s beside {} polls of {FRESH} new calls each ({usage})",
        stage::figure(purged) / usage.took.as_secs_f64(),
        during.len()
    );
    println!(
        "  the longest poll took {longest:.0} ms, so no commit waited longer; median {:.1} ms, without a purge {:.1} ms",
        median(during),
        median(before)
    );
    Ok(())
}
