//! The command line: global flags and the tree of verbs. Names and flags are part of the interface.

mod account;
mod calls;
mod cdr;
mod group;
mod removal;
mod retention;
mod schedule;
mod watch;

use std::{path::PathBuf, time::Duration};

use callsync_shared::paths;
use clap::{
    Args, CommandFactory as _, Parser, Subcommand,
    builder::{NonEmptyStringValueParser, TypedValueParser as _},
};

pub use self::{
    account::{AccountCommand, AddAccount, AuthorizeAccount, ServerCommand},
    calls::{CallFilters, CallsCommand, DirectoryCommand, ExportCalls, ExportFormat},
    cdr::{AuditCommand, Backfill, CdrCommand, ConfigCommand, Events, JobCommand, Reconcile, SetCdr, SyncCommand},
    group::{GroupCommand, SetGroup},
    removal::{ConsentArguments, RemovalCommand},
    retention::{AddHold, ArchiveCommand, HoldCommand, Person, PurgeCommand, RestoreArchive, SubjectCommand},
    schedule::{AddSchedule, ScheduleCommand},
    watch::{AlertCommand, HealthArguments, HealthFormat, MetricsArguments},
};

/// The whole command line as clap sees it, also for manual pages and completions.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

/// Controls callsyncd, which collects Zoom Phone call records and directory data into your own databases.
#[derive(Debug, Parser)]
#[command(
    name = "callsyncctl",
    version = callsync_shared::build_info::version(),
    propagate_version = false,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "Examples:
  callsyncctl status
  callsyncctl group add EMEA
  callsyncctl account add Sales --group EMEA
  callsyncctl cdr set Sales --server local --database sales --enable
  callsyncctl cdr create-database Sales && callsyncctl cdr activate Sales --wait

Exit codes: 0 ok, 1 failed, 2 usage, 3 daemon unreachable, 4 not permitted, 5 not found, 6 conflict, \
7 wrong state, 8 blocked, 9 re-authorization needed, 10 Zoom error, 11 rate limited, 12 database error, \
13 timed out waiting, 14 partial, 15 confirmation missing, 78 bad configuration."
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that may stand before or after the verb.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Control socket of the daemon
    #[arg(long, global = true, value_name = "PATH", env = paths::SOCKET_ENV, hide_env_values = true, default_value = paths::CONTROL_SOCKET)]
    pub socket: PathBuf,
    /// Print exactly one JSON document on stdout; errors as JSON on stderr
    #[arg(long, global = true)]
    pub json: bool,
    /// Give up after this many seconds [default: 30; 120 where Zoom or a database is asked; none while waiting for a job]
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<Duration>,
    /// No colours, also on a terminal (the variable NO_COLOR does the same)
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Confirm a destructive verb without being asked
    #[arg(long, global = true)]
    pub yes: bool,
}

/// `--dry-run` of every verb that changes something.
#[derive(Debug, Clone, Copy, Args)]
pub struct DryRun {
    /// Check everything and show the result, but change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `--wait` of the verbs that start a job.
#[derive(Debug, Clone, Copy, Args)]
pub struct Wait {
    /// Wait until the job is finished; the exit code is that of its outcome
    #[arg(long)]
    pub wait: bool,
}

/// The nouns.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show daemon, accounts, running jobs and what needs attention
    #[command(after_help = "Example:\n  callsyncctl status --json")]
    Status,
    /// Tell whether all is well; exit code 0 only then
    #[command(after_help = "Examples:\n  callsyncctl health\n  callsyncctl health --format nagios")]
    Health(HealthArguments),
    /// Examine everything from the socket to Zoom and the databases, with the next command for each finding
    #[command(after_help = "Example:\n  callsyncctl doctor")]
    Doctor,
    /// Manage enterprise groups
    #[command(subcommand, after_help = "Example:\n  callsyncctl group list")]
    Group(GroupCommand),
    /// Add, authorize and look at Zoom accounts
    #[command(subcommand, after_help = "Example:\n  callsyncctl account list")]
    Account(AccountCommand),
    /// Look at the database servers of the configuration
    #[command(subcommand, after_help = "Example:\n  callsyncctl server list")]
    Server(ServerCommand),
    /// Set up and run the collection of call records (CDR processing)
    #[command(subcommand, after_help = "Example:\n  callsyncctl cdr show Sales")]
    Cdr(CdrCommand),
    /// Run and look at the directory sync
    #[command(subcommand, after_help = "Example:\n  callsyncctl sync status Sales")]
    Sync(SyncCommand),
    /// Schedule syncs, purges and archive runs by local time
    #[command(
        subcommand,
        after_help = "Example:\n  callsyncctl schedule add sync Sales --days mon-fri --at 06:00 --at 17:00 --timezone America/New_York"
    )]
    Schedule(ScheduleCommand),
    /// Remove an account's data lawfully, after its consent was withdrawn
    #[command(subcommand, after_help = "Example:\n  callsyncctl removal show Sales")]
    Removal(RemovalCommand),
    /// Delete what has become too old
    #[command(subcommand, after_help = "Example:\n  callsyncctl purge preview Sales")]
    Purge(PurgeCommand),
    /// Move old calls to a second database, and back
    #[command(subcommand, after_help = "Example:\n  callsyncctl archive status Sales")]
    Archive(ArchiveCommand),
    /// Find, export and erase the records of one person
    #[command(
        subcommand,
        after_help = "Example:\n  callsyncctl subject find Sales --number +14155550111"
    )]
    Subject(SubjectCommand),
    /// Keep records for legal reasons, whatever their age
    #[command(subcommand, after_help = "Example:\n  callsyncctl hold list")]
    Hold(HoldCommand),
    /// Look at collected calls and export them
    #[command(
        subcommand,
        after_help = "Example:\n  callsyncctl calls list Sales --from 2026-03-01 --result no_answer"
    )]
    Calls(CallsCommand),
    /// Look at the synced directory
    #[command(subcommand, after_help = "Example:\n  callsyncctl directory search Sales jane")]
    Directory(DirectoryCommand),
    /// Look at jobs, wait for them, cancel them
    #[command(subcommand, after_help = "Example:\n  callsyncctl job list Sales --limit 5")]
    Job(JobCommand),
    /// Look at what happened: notable events, starts and ends of jobs
    #[command(after_help = "Examples:
  callsyncctl events --since 2026-03-01T08:00:00Z
  callsyncctl events --follow --json")]
    Events(Events),
    /// Look at alerts, try out their channels, mute them
    #[command(subcommand, after_help = "Example:\n  callsyncctl alert list")]
    Alert(AlertCommand),
    /// Look at the audit log
    #[command(subcommand, after_help = "Example:\n  callsyncctl audit list --since 2026-03-01")]
    Audit(AuditCommand),
    /// Check and show the configuration of the daemon
    #[command(subcommand, after_help = "Example:\n  callsyncctl config check")]
    Config(ConfigCommand),
    /// Print the metrics as OpenMetrics text, or write them to a file
    #[command(after_help = "Example:\n  callsyncctl metrics --write /var/lib/prometheus/node-exporter/callsync.prom")]
    Metrics(MetricsArguments),
    /// Show the versions of both programs
    #[command(after_help = "Example:\n  callsyncctl version --json")]
    Version,
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  callsyncctl completions bash > /etc/bash_completion.d/callsyncctl")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// A name is never empty: an empty path segment would be another route.
fn name() -> impl clap::builder::TypedValueParser<Value = String> {
    NonEmptyStringValueParser::new().try_map(|name| {
        // Servers and proxies resolve these two as directories.
        if matches!(name.as_str(), "." | "..") {
            Err("this is not a name")
        } else {
            Ok(name)
        }
    })
}

/// A filter is never empty: a script whose variable is unset would get everything.
fn text() -> NonEmptyStringValueParser {
    NonEmptyStringValueParser::new()
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .filter(|seconds| *seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        // Longer is as good as for ever, and stays clear of the ends of the clock.
        .map(|duration| duration.min(Duration::from_secs(10 * 365 * 86_400)))
        .ok_or_else(|| "expected a number of seconds greater than 0, for example 90".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Cli, command, seconds};
    use clap::Parser as _;

    #[test]
    fn tree_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn global_flags_stand_before_or_after_the_verb() {
        let before = Cli::try_parse_from(["callsyncctl", "--json", "--timeout", "5", "status"]).unwrap();
        let after = Cli::try_parse_from(["callsyncctl", "group", "list", "--json", "--timeout=5"]).unwrap();
        assert!(before.global.json && after.global.json);
        assert_eq!(before.global.timeout, after.global.timeout);
    }

    #[test]
    fn ids_of_zoom_may_begin_with_a_hyphen() {
        let add = [
            "callsyncctl",
            "account",
            "add",
            "A",
            "--group",
            "G",
            "--zoom-account-id",
            "-lO8h94IHgGZBIVbs2nLm9",
        ];
        assert!(Cli::try_parse_from(add).is_ok());
        let list = [
            "callsyncctl",
            "calls",
            "list",
            "A",
            "--queue",
            "-q",
            "--site",
            "-s",
            "--limit",
            "1",
        ];
        assert!(Cli::try_parse_from(list).is_ok());
    }

    #[test]
    fn timeouts_are_positive_numbers() {
        assert!(seconds("0.5").is_ok());
        for wrong in ["0", "-1", "x", "NaN", "inf", ""] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
