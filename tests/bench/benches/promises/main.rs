//! `cargo bench -p bench`: prints ratios first, then numbers, then the machine. Nothing here passes or fails.
#![expect(clippy::print_stdout, reason = "the numbers are the product")]

mod collection;
mod commit;
mod presence;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo passes --bench; a name picks a part.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let runs = |part: &str| wanted.is_empty() || wanted.iter().any(|name| part.contains(name.as_str()));
    let machine = bench::machine::describe();
    if runs("collection") {
        collection::measure()?;
    }
    if runs("commit") {
        commit::measure()?;
    }
    if runs("presence") {
        presence::measure();
    }
    println!("\nmeasured on: {machine}");
    Ok(())
}
