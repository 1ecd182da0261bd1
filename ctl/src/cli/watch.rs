//! Verbs that watch: `health`, `metrics`, `alert`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{DryRun, name};

/// How `health` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HealthFormat {
    /// For a person
    Text,
    /// One JSON document, as with --json
    Json,
    /// One line and exit code 0-3, for Nagios and its kin
    Nagios,
    /// All metrics, for Prometheus
    Openmetrics,
}

/// `health`.
#[derive(Debug, Args)]
pub struct HealthArguments {
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: HealthFormat,
}

/// `metrics`.
#[derive(Debug, Args)]
pub struct MetricsArguments {
    /// Write them to a file, whole or not at all (for the textfile collector of node_exporter)
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
}

/// Verbs of alerts.
#[derive(Debug, Subcommand)]
pub enum AlertCommand {
    /// List conditions that hold, newest first
    #[command(after_help = "Example:\n  callsyncctl alert list --all")]
    List {
        /// Also those that ended in the last 90 days
        #[arg(long)]
        all: bool,
    },
    /// Send a test message over every channel, or over one
    #[command(after_help = "Example:\n  callsyncctl alert test email")]
    Test {
        /// email or webhook
        #[arg(value_parser = name())]
        channel: Option<String>,
    },
    /// Tell nobody of new alerts of a code for a while
    #[command(after_help = "Example:\n  callsyncctl alert mute no_cdr --for 8h --account Sales")]
    Mute {
        /// Code of the alert, for example no_cdr
        #[arg(value_parser = name())]
        code: String,
        /// How long: 30m, 8h, 2d; 0s ends a mute
        #[arg(long = "for", value_name = "DURATION")]
        duration: String,
        /// Only of this account
        #[arg(long, value_name = "ACCOUNT", value_parser = name())]
        account: Option<String>,
        #[command(flatten)]
        dry_run: DryRun,
    },
}
