//! (e) A sync of 50,000 users; the second one finds nothing new and writes nothing but the note that it ran.

use bench::{Outcome, process::Watch, scale::Scale};
use e2e::{World, database::Database};
use serde_json::Value;
use zoom_sim::AccountOptions;

use crate::stage;

const NAME: &str = "acme";

pub fn measure(scale: Scale) -> Outcome<()> {
    let users = scale.pick(50_000, 3_000);
    let options = AccountOptions {
        users,
        calls: 10,
        queues: 20,
        ..AccountOptions::named(NAME)
    };
    let mut world = stage::world(stage::platform(vec![options]), |_| {});
    world.ensure_group();
    let id = world.zoom_account(NAME).account_id();
    let server_to_server = ["--group", e2e::steps::GROUP, "--auth", "server-to-server"];
    let add = [
        &["account", "add", NAME][..],
        &server_to_server,
        &["--zoom-account-id", &id],
    ]
    .concat();
    let _ = world.json(&add);
    world.prepare(NAME, NAME, &["--backfill", "none", "--elements", "off"]);
    // Without --wait: its first sync is what is measured.
    let watch = Watch::start(world.daemon().pid());
    let own = Watch::start(std::process::id());
    let _ = world.json(&["cdr", "activate", NAME]);
    let job = sync(&world)?;
    let (first, simulator) = (watch.stop(), own.stop());
    println!(
        "  first sync of {users} users: {first}; {:.1} CPU s of the simulator; {}",
        simulator.processor.as_secs_f64(),
        changes(&job)
    );
    let database = Database::open(&world.database_file(NAME));
    let (content, runs) = (content(&database), database.count("sync_run"));
    let watch = Watch::start(world.daemon().pid());
    let job = sync(&world)?;
    let second = watch.stop();
    println!("  second sync: {second}; {}", changes(&job));
    let same = content == self::content(&database);
    println!(
        "  rows of every directory table are {}; sync_run has {} row more; {} KiB went to the disk",
        if same { "the same, to the byte" } else { "DIFFERENT" },
        database.count("sync_run") - runs,
        second.written / 1024
    );
    Ok(())
}

fn sync(world: &World) -> Outcome<Value> {
    let (_, job) = stage::timed(world, &["--timeout", "900", "sync", "run", NAME, "--wait"])?;
    if job["state"] != "succeeded" {
        return Err(format!("the sync did not succeed: {job}").into());
    }
    Ok(job)
}

/// Everything that a sync may touch but its own log, with the times of the last change.
fn content(database: &Database) -> String {
    let mut tables = database.tables();
    tables.retain(|table| !matches!(table.as_str(), "sync_run" | "collection_watermark" | "call_history"));
    database.digest(&tables)
}

fn changes(job: &Value) -> String {
    let entities = job["result"]["entities"].as_object().cloned().unwrap_or_default();
    let sum = |what: &str| -> u64 { entities.values().filter_map(|counts| counts[what].as_u64()).sum() };
    format!(
        "{} entries, {} added, {} changed, {} removed",
        sum("total"),
        sum("added"),
        sum("changed"),
        sum("removed")
    )
}
