//! (b) The same contest into SQL Server, when the environment names one: the bare program bulk loads 30,000 rows at a
//! time into a temporary table and inserts them with one statement.

use bench::{
    Outcome,
    bare::Target,
    scale::Scale,
    tds::{self, configured},
};
use e2e::{World, sql_server::SqlServer};

use crate::{
    collection::{account, backfill, order, prepare, tell},
    stage,
};

pub fn measure(scale: Scale) -> Outcome<()> {
    let (Some(server), Some(settings)) = (SqlServer::configured(), configured()) else {
        println!("  SKIPPED, {} is not set", tds::VARIABLE);
        return Ok(());
    };
    let records = scale.records(300_000, 9_000);
    println!("  {records} records");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let names = [
        format!("bench_ours_{}", std::process::id()),
        format!("bench_bare_{}", std::process::id()),
    ];
    let mut world = World::new(stage::platform(vec![account(records)]));
    stage::UNLIMITED.clone_into(&mut world.configuration.limits);
    server.put_into(&mut world);
    world.start();
    runtime.block_on(tds::make_database(settings, &names[1]))?;
    prepare(&world, &names[0])?;
    let count = || {
        let number = server.number(&names[0], "SELECT COUNT_BIG(*) FROM dbo.call_history");
        u64::try_from(number).unwrap_or_default()
    };
    let ours = backfill(&mut world, count)?;
    let theirs = order(
        &world,
        Target::SqlServer {
            database: names[1].clone(),
        },
    )
    .carry_out()?;
    tell(&ours, &theirs);
    drop(world);
    runtime.block_on(tds::drop_databases(&names))
}
