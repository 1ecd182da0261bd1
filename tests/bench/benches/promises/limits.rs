//! (d) Ten accounts at Zoom's limit at once, the simulator refusing what Zoom would refuse; and one account whose
//! answers take as long as Zoom's do.

use std::time::Duration;

use bench::{Outcome, process::Watch, scale::Scale};
use e2e::World;
use jiff::SignedDuration;
use zoom_sim::{AccountOptions, Effect, Fault, Options, RateLimits};

use crate::stage::{self, days_ago, figure};

const ACCOUNTS: usize = 10;
/// Zoom's own for Heavy requests of a Business account.
const ZOOM: &str =
    "    heavy: {per_second: 10, per_day: 30000}\n    medium: {per_second: 20}\n    light: {per_second: 40}\n";
const A_SECOND: f64 = 10.0;
/// Of one answer of Zoom's with 300 records.
const SLOW: u64 = 400;

pub fn measure(scale: Scale) -> Outcome<()> {
    let calls = scale.records(60_000, 9_000);
    println!("  promised: at least ten accounts at 10 requests/s (3,000 records/s) each, one daemon on two cores");
    ten(calls)?;
    slow(scale.pick(30_000, 6_000))
}

/// Accounts whose calls ended in three days of last week, so that windows are as dense as those of a large account.
fn busy(accounts: usize, calls: usize) -> (World, Vec<String>) {
    let names: Vec<String> = (0..accounts).map(|number| format!("a{number}")).collect();
    let account = |name: &String| AccountOptions {
        users: 50,
        calls,
        ..AccountOptions::named(name)
    };
    let platform = stage::platform(names.iter().map(account).collect());
    let now = platform.clock.now();
    let options = Options {
        start: Some(now - SignedDuration::from_hours(24 * 7)),
        end: Some(now - SignedDuration::from_hours(24 * 4)),
        rate_limits: RateLimits::Documented,
        ..platform
    };
    let world = stage::world(options, |configuration| ZOOM.clone_into(&mut configuration.limits));
    for name in &names {
        stage::activate(
            &world,
            name,
            name,
            &["--backfill", "none", "--elements", "off", "--poll-interval", "24h"],
        );
    }
    (world, names)
}

/// What backfills of all accounts at once did: requests, records, and how often Zoom refused.
fn collect(world: &mut World, names: &[String]) -> Outcome<(u64, u64)> {
    let from = days_ago(world.zoom().clock().now(), 8);
    let mut jobs = Vec::new();
    for name in names {
        let (_, job) = stage::timed(world, &["cdr", "backfill", name, "--from", &from])?;
        jobs.push(job["id"].as_str().ok_or("a backfill has no id")?.to_owned());
    }
    let (mut requests, mut records) = (0, 0);
    for id in jobs {
        let (_, job) = stage::timed(world, &["--timeout", "600", "job", "wait", &id])?;
        let number = |name: &str| job["result"][name].as_u64().unwrap_or_default();
        if job["state"] != "succeeded" {
            return Err(format!("a backfill did not succeed: {job}").into());
        }
        requests += number("requests");
        records += number("records_received");
    }
    Ok((requests, records))
}

fn ten(calls: usize) -> Outcome<()> {
    let (mut world, names) = busy(ACCOUNTS, calls);
    world.zoom().clear_requests();
    let own = Watch::start(std::process::id());
    let watch = Watch::start(world.daemon().pid());
    let (requests, records) = collect(&mut world, &names)?;
    let (usage, own) = (watch.stop(), own.stop());
    let refused = refusals(&world);
    let seconds = usage.took.as_secs_f64();
    println!(
        "  {ACCOUNTS} accounts: {:.2} of Zoom's limit: {:.1} requests/s of {:.0}, {:.0} records/s ({records} in {seconds:.1} s), \
         {refused} refused",
        figure(requests) / seconds / A_SECOND / figure(ACCOUNTS as u64),
        figure(requests) / seconds,
        A_SECOND * figure(ACCOUNTS as u64),
        figure(records) / seconds,
    );
    println!(
        "    callsyncd used {:.2} of a core ({usage}), the simulator {:.2}: {:.0} records for a CPU second of callsyncd",
        usage.cores(),
        own.cores(),
        figure(records) / usage.processor.as_secs_f64()
    );
    Ok(())
}

fn refusals(world: &World) -> usize {
    let requests = world.zoom().requests();
    requests.iter().filter(|request| request.status == 429).count()
}

fn slow(calls: usize) -> Outcome<()> {
    let (mut world, names) = busy(1, calls);
    let latency = Effect::Latency { millis: SLOW };
    world
        .zoom()
        .fault(Fault::standing("/v2/phone/call_history", 1, latency));
    let watch = Watch::start(world.daemon().pid());
    let (requests, records) = collect(&mut world, &names)?;
    let usage = watch.stop();
    let seconds = usage.took.as_secs_f64();
    println!(
        "  one account, each answer {SLOW} ms late: {:.2} of Zoom's limit: {:.1} requests/s, {:.0} records/s; one request \
         after the other could not exceed {:.1} requests/s",
        figure(requests) / seconds / A_SECOND,
        figure(requests) / seconds,
        figure(records) / seconds,
        1.0 / Duration::from_millis(SLOW).as_secs_f64()
    );
    Ok(())
}
