//! `schedule …`: what is started when, by local time.

use clap::{Args, Subcommand};

use super::{DryRun, name};

/// Verbs of schedules.
#[derive(Debug, Subcommand)]
pub enum ScheduleCommand {
    /// Start a sync, purge or archive run on these days at these local times
    #[command(after_help = "Examples:
  callsyncctl schedule add sync Sales --days mon-fri --at 06:00 --at 17:00 --timezone America/New_York
  callsyncctl schedule add purge Sales --days sun --at 03:00 --timezone Europe/Berlin --dry-run

A local time that does not exist (clocks go forward) runs at the first valid instant after it, one that
occurs twice runs once. Runs missed while the daemon was down run once on start.")]
    Add(AddSchedule),
    /// List schedules with their next and last runs
    #[command(after_help = "Example:\n  callsyncctl schedule list Sales")]
    List {
        /// Only those of this account
        #[arg(value_parser = name())]
        account: Option<String>,
    },
    /// Show when the next runs are due, in local time and UTC
    #[command(after_help = "Example:\n  callsyncctl schedule preview Sales -n 20")]
    Preview {
        /// Name of an account, or id of one schedule
        #[arg(value_parser = name(), value_name = "ACCOUNT|ID")]
        of: String,
        /// How many
        #[arg(short = 'n', long = "count", value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=5_000))]
        count: u64,
    },
    /// Remove a schedule; what it has started goes on
    #[command(after_help = "Example:\n  callsyncctl schedule remove 0f9c2d1e4b7a")]
    Remove {
        /// Id of the schedule
        #[arg(value_parser = name())]
        id: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
}

/// `schedule add`.
#[derive(Debug, Args)]
pub struct AddSchedule {
    /// What is started
    #[arg(value_parser = ["sync", "purge", "archive"])]
    pub kind: String,
    /// Name of the account
    #[arg(value_parser = name())]
    pub account: String,
    /// Days: mon-fri, mon,wed, daily
    #[arg(long, value_name = "DAYS")]
    pub days: String,
    /// Local time; may be given several times
    #[arg(long, value_name = "HH:MM", required = true)]
    pub at: Vec<String>,
    /// IANA zone of those days and times
    #[arg(long, value_name = "ZONE")]
    pub timezone: String,
    #[command(flatten)]
    pub dry_run: DryRun,
}
