//! Puts the daemon together and keeps it running: the only room that names every adapter.

pub mod arguments;
pub mod build;
pub mod heap;
mod host;
pub mod job_log;
pub mod journal;
pub mod lifecycle;
mod listening;
pub mod notify;
pub mod reload;
pub mod signals;
pub mod snapshots;
pub mod supervisor;

#[cfg(test)]
mod rehearsal;

use callsync_shared::ExitCode;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

use self::{arguments::Arguments, build::StartError};
use crate::{
    config::{self, Config, ConfigError},
    control::problem,
    notify::channel_warnings,
    telemetry,
};

/// Reads of embedded databases and other work that waits for a disk, at a time. Without it the monitor's look at a
/// hundred accounts would start a hundred threads, whose stacks and heaps stay.
const BLOCKING: usize = 16;

/// Runs `callsyncd` and tells how it ended.
#[must_use]
pub fn main(arguments: Arguments) -> ExitCode {
    // Before the first secret is read: neither a core file nor a debugger of the same user gets at keys and tokens.
    let hidden = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let config = match config::load(arguments.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return refuse(&error),
    };
    if arguments.check_config {
        return check(&config);
    }
    heap::share();
    let logging = telemetry::init(&config.logging);
    if let Err(error) = hidden {
        tracing::warn!(%error, "the system keeps core files possible: one would hold keys and tokens");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(BLOCKING)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "the system gives no threads; nothing was started");
            return ExitCode::Failed;
        }
    };
    match runtime.block_on(lifecycle::run(arguments.config, config, logging)) {
        Ok(code) => code,
        Err(StartError::Config(error)) => refuse(&error),
        Err(error) => {
            let (code, hint) = diagnose(&error);
            tracing::error!("callsyncd did not start: {error}. {hint}");
            code
        }
    }
}

/// Exit code and next step of a failed start.
fn diagnose(error: &StartError) -> (ExitCode, String) {
    match error {
        StartError::Fault(fault) => (problem::exit_code(fault.cause), fault.hint.clone()),
        StartError::Config(_) => (ExitCode::Config, String::new()),
        StartError::Signals(_) => (ExitCode::Failed, String::new()),
    }
}

/// A configuration error goes to stderr as it is: with file, line, column and the offending line.
#[expect(clippy::print_stderr, reason = "there is no logging before there is a configuration")]
fn refuse(error: &ConfigError) -> ExitCode {
    eprintln!("callsyncd: {error}");
    ExitCode::Config
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the answer of --check-config")]
fn check(config: &Config) -> ExitCode {
    let alerts = &config.alerts;
    let secrets = [
        config.master_key.as_ref(),
        config.listen.as_ref().and_then(|listen| listen.webhook_secret.as_ref()),
        alerts.email.as_ref().and_then(|email| email.password.as_ref()),
        alerts.webhook.as_ref().and_then(|webhook| webhook.secret.as_ref()),
    ];
    // Those of Zoom and of the database servers were read with the configuration.
    for secret in secrets.into_iter().flatten() {
        if let Err(error) = config::read(secret) {
            return refuse(&error);
        }
    }
    let mut warnings = config::warnings(config);
    warnings.extend(channel_warnings(alerts));
    for warning in warnings {
        eprintln!("callsyncd: warning: {warning}");
    }
    match &config.file {
        Some(file) => println!("{}: the configuration is good", file.display()),
        None => println!("no configuration file; the documented defaults are good"),
    }
    ExitCode::Ok
}
