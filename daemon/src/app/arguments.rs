//! The command line of `callsyncd`.

use std::path::PathBuf;

use clap::Parser;

/// Collects Zoom Phone call records and directory metadata into databases you own.
#[derive(Debug, Parser)]
#[command(
    name = "callsyncd",
    version = callsync_shared::build_info::version(),
    after_help = "Examples:\n  callsyncd --check-config\n  callsyncd --config /etc/callsyncd/callsyncd.yaml\n\n\
                  Administration goes through callsyncctl(1). Exit codes are in callsyncd(8)."
)]
pub struct Arguments {
    /// Configuration file; it must exist. Default: /etc/callsyncd/callsyncd.yaml if that exists, else built-in defaults
    #[arg(long, value_name = "PATH")]
    pub config: Option<PathBuf>,

    /// Only check the configuration and the secrets it names
    #[arg(long)]
    pub check_config: bool,
}
