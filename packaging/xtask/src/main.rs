//! `cargo xtask dist`: builds the packages, reproducibly, from one table of contents.

mod commit;
mod contents;
mod deb;
mod dependencies;
mod dist;
mod programs;
mod rpm;
mod run;
mod tree;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask dist [--profile release|dev] [--programs DIR] [--format deb|rpm] [--out DIR] [--version VERSION]

  --profile   how the programs are built; packages for users are release (default), tests take dev
  --programs  take these and build none
  --format    only this one; default: both
  --out       where the packages go; default: target/dist
  --version   pretend to be this version, to rehearse upgrades; default: that of Cargo.toml";

#[expect(clippy::print_stderr, reason = "a command-line tool")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.split_first() {
        Some((verb, rest)) if verb == "dist" => dist::Options::parse(rest)
            .map_err(|wrong| format!("{wrong}\n{USAGE}"))
            .and_then(|options| dist::run(&options)),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            eprintln!("xtask: {wrong}");
            ExitCode::FAILURE
        }
    }
}
