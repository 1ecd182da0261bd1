//! `callsyncd`: command line, configuration, runtime, exit code.

use std::process::ExitCode;

use callsyncd::app::{self, arguments::Arguments};
use clap::Parser as _;

fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(arguments) => app::main(arguments).into(),
        Err(error) => {
            // Help and version go to stdout and are no error; clap knows. Nothing can be done if the terminal is gone.
            let _ = error.print();
            let code = if error.use_stderr() {
                callsync_shared::ExitCode::Usage
            } else {
                callsync_shared::ExitCode::Ok
            };
            code.into()
        }
    }
}
