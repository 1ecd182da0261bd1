//! Thin start of `callsyncctl`: a runtime on this thread, and the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    callsyncctl::main(std::env::args_os().collect())
}
