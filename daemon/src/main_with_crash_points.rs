//! `callsyncd` for the crash suite: the same program, which dies at the point that its environment names.

use std::process::ExitCode;

use callsyncd::{
    app::{self, arguments::Arguments},
    crash_points::CrashPoint,
};
use clap::Parser as _;

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|word| word == "--crash-points") {
        for point in CrashPoint::ALL {
            println!("{}", point.name());
        }
        return ExitCode::SUCCESS;
    }
    app::main(Arguments::parse()).into()
}
