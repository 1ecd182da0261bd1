//! `cargo bench -p bench [-- [--quick] PART…]`: prints ratios first, then numbers, then the machine. Nothing here passes
//! or fails.
#![expect(clippy::print_stdout, reason = "the numbers are the product")]

mod collection;
mod commit;
mod directory;
mod growth;
mod limits;
mod presence;
mod sql_server;
mod stage;

use bench::{Outcome, bare, scale::Scale};

/// A part, and what it shows.
type Part = (&'static str, &'static str, fn(Scale) -> Outcome<()>);

const PARTS: [Part; 8] = [
    (
        "collection",
        "collecting into SQLite, beside a bare program",
        collection::measure,
    ),
    (
        "sql_server",
        "collecting into SQL Server, beside a bare program",
        sql_server::measure,
    ),
    (
        "growth",
        "polls at ten thousand, a million and ten million stored calls; then a purge while collecting",
        growth::measure,
    ),
    (
        "limits",
        "ten accounts at Zoom's limit, and slow answers",
        limits::measure,
    ),
    ("directory", "sync of 50,000 users, twice", directory::measure),
    (
        "presence",
        "start, idle memory and processor use, status",
        presence::measure,
    ),
    ("commit", "the record store alone, on each engine", commit::measure),
    ("purge", "only the purge of growth", growth::purge_only),
];

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == bare::ARGUMENT) {
        return bare::program();
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    // Cargo passes --bench; a name picks a part.
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let machine = bench::machine::describe();
    if let Some(unknown) = wanted.iter().find(|name| PARTS.iter().all(|(part, ..)| part != *name)) {
        let parts: Vec<&str> = PARTS.iter().map(|(part, ..)| *part).collect();
        return Err(format!("no part is called {unknown}; there are {}", parts.join(", ")).into());
    }
    for (part, what, measure) in PARTS {
        let chosen = wanted.iter().any(|name| *name == part);
        if chosen || (wanted.is_empty() && part != "purge") {
            println!("\n{part}: {what}");
            measure(Scale { quick })?;
        }
    }
    let scale = if quick {
        " (--quick: small numbers, no proof)"
    } else {
        ""
    };
    println!("\nmeasured on: {machine}{scale}");
    Ok(())
}
