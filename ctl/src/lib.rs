//! `callsyncctl`, the control program of `callsyncd`: from the command line to the exit code.

pub mod cli;
mod command;
mod context;
mod error;
mod output;

use std::{ffi::OsString, io::Write, process};

use callsync_shared::{ExitCode, Problem};
use clap::{CommandFactory as _, FromArgMatches as _, error::ErrorKind};

use crate::{cli::Cli, context::Context, error::Failure, output::Output};

/// Runs one command line and says how the program ends.
#[must_use]
pub fn main(arguments: Vec<OsString>) -> process::ExitCode {
    // What clap itself says about a wrong command line must already follow these two.
    let json = flag_given(&arguments, "--json");
    let no_color = flag_given(&arguments, "--no-color");
    let mut command = cli::command();
    if no_color || json {
        command = command.color(clap::ColorChoice::Never);
    }
    let parsed = command
        .try_get_matches_from_mut(arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut Cli::command())));
    let code = match parsed {
        Ok(cli) => run(cli),
        Err(error) => refuse(&error, json),
    };
    code.into()
}

fn run(cli: Cli) -> ExitCode {
    let output = Output::detect(cli.global.json, cli.global.no_color);
    let json = cli.global.json;
    let outcome = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::local("no_runtime", format!("cannot start: {error}")))
        .and_then(|runtime| {
            let context = Context::new(&cli.global, output);
            runtime.block_on(command::run(&context, cli.command))
        });
    match outcome {
        Ok(code) => code,
        Err(failure) => failure.report(json),
    }
}

/// Answers a command line that clap did not accept, or that asked for help.
fn refuse(error: &clap::Error, json: bool) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A reader that went away has seen enough help.
        let _ = error.print();
        return ExitCode::Ok;
    }
    if json {
        let text = error.render().to_string();
        let (message, hint) = error::split_usage(&text);
        let problem = Problem::new(ExitCode::Usage, "usage", message).hint(hint);
        return Failure::from(problem).report(true);
    }
    let _ = error.print();
    let _ = std::io::stderr().flush();
    ExitCode::Usage
}

/// Whether a flag stands among the arguments, before any `--`.
fn flag_given(arguments: &[OsString], flag: &str) -> bool {
    arguments
        .iter()
        .skip(1)
        .take_while(|argument| *argument != "--")
        .any(|argument| argument == flag)
}
