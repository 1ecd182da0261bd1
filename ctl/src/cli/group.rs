//! `group …`.

use clap::{Args, Subcommand};

use super::{DryRun, name};

/// Verbs of enterprise groups.
#[derive(Debug, Subcommand)]
pub enum GroupCommand {
    /// Add an enterprise group
    #[command(after_help = "Example:\n  callsyncctl group add EMEA")]
    Add {
        /// Unique name
        #[arg(value_parser = name())]
        name: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// List the enterprise groups
    #[command(after_help = "Example:\n  callsyncctl group list")]
    List,
    /// Show an enterprise group
    #[command(after_help = "Example:\n  callsyncctl group show EMEA")]
    Show {
        /// Name of the group
        #[arg(value_parser = name())]
        name: String,
    },
    /// Rename an enterprise group
    #[command(after_help = "Example:\n  callsyncctl group rename EMEA Europe")]
    Rename {
        /// Present name
        #[arg(value_parser = name())]
        old: String,
        /// New name
        #[arg(value_parser = name())]
        new: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Remove an enterprise group without accounts
    #[command(after_help = "Example:\n  callsyncctl group remove EMEA --yes")]
    Remove {
        /// Name of the group
        #[arg(value_parser = name())]
        name: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Set contacts and the end of the agreement; an empty value clears
    #[command(
        override_usage = "callsyncctl group set [OPTIONS] <NAME> <SETTING>...",
        after_help = "Example:\n  callsyncctl group set EMEA --main-contact boss@example.com --term-end 2027-12-31"
    )]
    Set(SetGroup),
}

/// `group set`.
#[derive(Debug, Args)]
#[group(skip)]
pub struct SetGroup {
    /// Name of the group
    #[arg(value_parser = name())]
    pub name: String,
    #[command(flatten)]
    pub change: GroupChange,
    #[command(flatten)]
    pub dry_run: DryRun,
}

/// What `group set` changes; at least one.
#[derive(Debug, Args)]
#[group(id = "changes", required = true, multiple = true)]
pub struct GroupChange {
    /// E-mail of the main contact
    #[arg(long, value_name = "EMAIL")]
    pub main_contact: Option<String>,
    /// E-mail of the technical contact
    #[arg(long, value_name = "EMAIL")]
    pub technical_contact: Option<String>,
    /// E-mail of the security contact
    #[arg(long, value_name = "EMAIL")]
    pub security_contact: Option<String>,
    /// End of the agreement, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub term_end: Option<String>,
}
