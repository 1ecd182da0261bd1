//! (a) How fast calls come in, beside a bare program that fetches the same pages in the same run.
//!
//! The simulator serves both from memory and costs both the same; its processor time is told, and is in neither of
//! the others'. It runs on one thread: on two cores a collector can do its own work beside it, or after it.

use bench::{
    Outcome,
    bare::{Order, Run, Target},
    process::{Usage, Watch},
    scale::Scale,
};
use e2e::{World, database::Database};
use zoom_sim::AccountOptions;

use crate::stage::{self, days_ago, figure, median};

const ROUNDS: usize = 3;
pub const DAYS: i64 = 30;
const NAME: &str = "acme";

/// Our side of a contest.
pub struct Ours {
    pub records: u64,
    pub usage: Usage,
}

pub fn measure(scale: Scale) -> Outcome<()> {
    let records = scale.records(300_000, 30_000);
    println!(
        "  {records} records in about {} pages; promised: at least 0.60 of the bare rate",
        records / 295
    );
    let mut world = stage::world(stage::platform(vec![account(records)]), |_| {});
    let mut ratios = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        if round > 0 {
            let aside = world.start_afresh();
            std::fs::remove_dir_all(aside)?;
        }
        prepare(&world, NAME)?;
        let database = Database::open(&world.database_file(NAME));
        let columns = columns(&database);
        let file = world.home().join("bare.db");
        let order = stage::order(
            &world,
            NAME,
            DAYS + 1,
            Target::Sqlite {
                file: file.clone(),
                columns,
            },
        );
        // Whoever comes second finds warmer caches: they take turns.
        let (ours, theirs) = if round % 2 == 0 {
            let ours = backfill(&mut world, || database.count("call_history"))?;
            (ours, order.carry_out()?)
        } else {
            let theirs = order.carry_out()?;
            (backfill(&mut world, || database.count("call_history"))?, theirs)
        };
        let (rate, cost) = tell(&ours, &theirs);
        ratios.0.push(rate);
        ratios.1.push(cost);
        std::fs::remove_file(file)?;
    }
    println!(
        "  median: {:.2} of the bare rate, {:.2} of the bare program's records for a CPU second",
        median(ratios.0),
        median(ratios.1)
    );
    Ok(())
}

/// An account of so many calls in the last thirty days.
pub fn account(records: usize) -> AccountOptions {
    AccountOptions {
        users: 50,
        calls: records,
        ..AccountOptions::named(NAME)
    }
}

/// Connects the account, and lets the simulator write each record once: it does so when it is first asked for one, and
/// neither side shall pay for that.
pub fn prepare(world: &World, database: &str) -> Outcome<()> {
    stage::order(world, NAME, DAYS + 1, Target::Nowhere).carry_out()?;
    stage::activate(world, NAME, database, &["--backfill", "none", "--elements", "off"]);
    Ok(())
}

/// Has us collect everything, by a backfill.
pub fn backfill(world: &mut World, count: impl Fn() -> u64) -> Outcome<Ours> {
    let from = days_ago(world.zoom().clock().now(), DAYS + 1);
    let before = count();
    let watch = Watch::start(world.daemon().pid());
    let (_, job) = stage::timed(world, &["cdr", "backfill", NAME, "--from", &from, "--wait"])?;
    let usage = watch.stop();
    if job["state"] != "succeeded" {
        return Err(format!("the backfill did not succeed: {job}").into());
    }
    Ok(Ours {
        records: count() - before,
        usage,
    })
}

/// Says how both did; the answers are the ratios of the rates and of the records for a CPU second.
pub fn tell(ours: &Ours, theirs: &Run) -> (f64, f64) {
    let records = figure(ours.records);
    let rate = records / ours.usage.took.as_secs_f64();
    let for_a_second = |records: f64, seconds: std::time::Duration| records / seconds.as_secs_f64();
    let cost =
        for_a_second(records, ours.usage.processor) / for_a_second(figure(theirs.records as u64), theirs.processor);
    println!(
        "  ratio {:.2} of the rate, {cost:.2} for a CPU second",
        rate / theirs.rate()
    );
    println!(
        "    callsyncd:    {rate:.0} records/s, {} records, {}",
        ours.records, ours.usage
    );
    println!(
        "    bare program: {:.0} records/s, {} records, {:.2} s, {:.2} CPU s, {:.1} MiB at most",
        theirs.rate(),
        theirs.records,
        theirs.took.as_secs_f64(),
        theirs.processor.as_secs_f64(),
        theirs.peak
    );
    (rate / theirs.rate(), cost)
}

/// The columns that are Zoom's.
fn columns(database: &Database) -> Vec<String> {
    let bookkeeping = [
        "content_digest",
        "first_seen_at",
        "changed_at",
        "deleted_at",
        "erased_at",
    ];
    database
        .columns("call_history")
        .into_iter()
        .filter(|column| !bookkeeping.contains(&column.as_str()))
        .collect()
}

/// The same order with another target, for another engine.
pub fn order(world: &World, target: Target) -> Order {
    stage::order(world, NAME, DAYS + 1, target)
}
