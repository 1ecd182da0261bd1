//! The verbs, one file a noun.

mod account;
mod account_view;
mod alert;
mod archive;
mod authorize;
mod calls;
mod cdr;
mod cdr_view;
mod daemon;
mod directory;
mod doctor;
mod events;
mod export;
mod group;
mod health;
mod hold;
mod job;
mod metrics;
mod nagios;
mod purge;
mod removal;
mod schedule;
mod server;
mod subject;
mod sync;
mod wait;

use callsync_shared::ExitCode;

use crate::{cli::Command, context::Context, error::Failure};

/// Carries out one verb.
pub async fn run(context: &Context, command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Status => daemon::status(context).await,
        Command::Health(arguments) => health::run(context, arguments).await,
        Command::Doctor => doctor::run(context).await,
        Command::Group(command) => group::run(context, command).await,
        Command::Account(command) => account::run(context, command).await,
        Command::Server(command) => server::run(context, command).await,
        Command::Cdr(command) => cdr::run(context, command).await,
        Command::Sync(command) => sync::run(context, command).await,
        Command::Schedule(command) => schedule::run(context, command).await,
        Command::Removal(command) => removal::run(context, command).await,
        Command::Purge(command) => purge::run(context, command).await,
        Command::Archive(command) => archive::run(context, command).await,
        Command::Subject(command) => subject::run(context, command).await,
        Command::Hold(command) => hold::run(context, command).await,
        Command::Calls(command) => calls::run(context, command).await,
        Command::Directory(command) => directory::run(context, command).await,
        Command::Job(command) => job::run(context, command).await,
        Command::Events(command) => events::run(context, command).await,
        Command::Alert(command) => alert::run(context, command).await,
        Command::Audit(command) => daemon::audit(context, command).await,
        Command::Config(command) => daemon::config(context, command).await,
        Command::Metrics(arguments) => metrics::run(context, arguments).await,
        Command::Version => daemon::version(context).await,
        Command::Completions { shell } => daemon::completions(context, shell),
    }
}
