//! How fast calls come in, beside a bare program that fetches the same pages in the same run.

use std::{error::Error, time::Instant};

use bench::{
    bare::{Run, Source},
    process::memory,
};
use e2e::{World, database::Database, world::prompt};
use zoom_sim::AccountOptions;

const ROUNDS: usize = 3;
const RECORDS: usize = 60_000;
/// Another number of records, for a machine with more patience.
const RECORDS_VARIABLE: &str = "BENCH_RECORDS";

pub fn measure() -> Result<(), Box<dyn Error>> {
    let records = std::env::var(RECORDS_VARIABLE)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(RECORDS);
    println!("\ncollecting {records} records into SQLite, promised at least 0.60 of a bare program");
    let names: Vec<String> = (0..ROUNDS).map(|round| format!("r{round}")).collect();
    let account = |name: &String| AccountOptions {
        users: 50,
        calls: records,
        ..AccountOptions::named(name)
    };
    let mut world = World::started(prompt(names.iter().map(account).collect()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut ratios = Vec::new();
    for name in &names {
        world.connect(name);
        world.prepare(name, name, &["--backfill", "none", "--elements", "off"]);
        let _ = world.json(&["cdr", "activate", name, "--wait"]);
        let (ours, theirs) = round(&world, &runtime, name)?;
        let ratio = ours.rate() / theirs.rate();
        println!(
            "  ratio {ratio:.2}: callsyncd {:.0} records/s ({} in {:.2} s), bare program {:.0} records/s ({} in {:.2} s)",
            ours.rate(),
            ours.records,
            ours.took.as_secs_f64(),
            theirs.rate(),
            theirs.records,
            theirs.took.as_secs_f64()
        );
        ratios.push(ratio);
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "  median ratio {:.2}",
        ratios.get(ratios.len() / 2).copied().unwrap_or_default()
    );
    let pid = world.daemon().pid();
    println!(
        "  memory of callsyncd: {:.1} MiB at most (VmHWM), promised < 64 MiB",
        memory(pid, "VmHWM")
    );
    Ok(())
}

fn round(world: &World, runtime: &tokio::runtime::Runtime, name: &str) -> Result<(Run, Run), Box<dyn Error>> {
    let zoom = world.zoom();
    let (id, secret) = (zoom.client_id(), zoom.client_secret());
    let account_id = world.zoom_account(name).account_id();
    let source = runtime.block_on(Source::open(&zoom.base_url(), (&id, &secret), &account_id))?;
    let now = zoom.clock().now();
    let day = |days: i64| {
        (now - jiff::SignedDuration::from_hours(24 * days))
            .strftime("%Y-%m-%d")
            .to_string()
    };
    let first = day(31);
    // The simulator writes each record when it is first asked for it; neither side shall pay for that.
    let spans: Vec<(String, String)> = (0..=31).rev().map(|days| (day(days), day(days))).collect();
    runtime.block_on(source.fetch(&spans, |_| Ok(())))?;

    let database = Database::open(&world.database_file(name));
    let before = database.count("call_history");
    let started = Instant::now();
    let job = world.json(&["cdr", "backfill", name, "--from", &first, "--wait"]);
    let took = started.elapsed();
    assert_eq!(job["state"], "succeeded", "{job}");
    let held = database.count("call_history") - before;
    let ours = Run {
        records: usize::try_from(held)?,
        took,
    };

    let bookkeeping = [
        "content_digest",
        "first_seen_at",
        "changed_at",
        "deleted_at",
        "erased_at",
    ];
    let columns: Vec<String> = database
        .columns("call_history")
        .into_iter()
        .filter(|column| !bookkeeping.contains(&column.as_str()))
        .collect();
    let file = world.home().join(format!("bare-{name}.db"));
    let theirs = runtime.block_on(source.collect(&spans, &columns, &file))?;
    Ok((ours, theirs))
}
