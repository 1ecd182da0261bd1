//! `purge …` and `hold …`: what grows old, and what must stay.

use clap::{Args, Subcommand};

use super::{DryRun, Wait, name};

/// Verbs of the purge.
#[derive(Debug, Subcommand)]
pub enum PurgeCommand {
    /// Show what a purge would delete now
    #[command(after_help = "Example:\n  callsyncctl purge preview Sales")]
    Preview {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
    },
    /// Delete what is older than cdr set --retain allows, except what is held
    #[command(after_help = "Examples:
  callsyncctl purge run Sales --dry-run
  callsyncctl purge run Sales --yes --wait")]
    Run {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
        #[command(flatten)]
        wait: Wait,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// List past purges, newest first
    #[command(after_help = "Example:\n  callsyncctl purge history Sales --limit 5")]
    History {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
        /// At most this many
        #[arg(long, value_name = "N")]
        limit: Option<u64>,
    },
}

/// Verbs of legal holds.
#[derive(Debug, Subcommand)]
pub enum HoldCommand {
    /// Keep calls from being purged, archived, erased or removed; without a criterion the whole account
    #[command(after_help = "Examples:
  callsyncctl hold add Sales --number +14155550111 --reason case-4711
  callsyncctl hold add Sales --from 2026-01-01 --to 2026-04-01 --reason audit")]
    Add(AddHold),
    /// List the holds in force
    #[command(after_help = "Example:\n  callsyncctl hold list Sales")]
    List {
        /// Only those of this account
        #[arg(value_parser = name())]
        account: Option<String>,
    },
    /// Release a hold
    #[command(after_help = "Example:\n  callsyncctl hold release 0199c5a07d1e70008000000000000001 --yes")]
    Release {
        /// Id of the hold
        #[arg(value_parser = name())]
        id: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
}

/// One person.
#[derive(Debug, Clone, Args)]
#[group(id = "person", multiple = false)]
pub struct Person {
    /// Phone number of the person; digits are compared
    #[arg(long, value_name = "NUMBER")]
    pub number: Option<String>,
    /// E-mail of the person
    #[arg(long, value_name = "EMAIL")]
    pub email: Option<String>,
    /// Extension number of the person
    #[arg(long, value_name = "EXTENSION")]
    pub extension: Option<String>,
}

/// `hold add`.
#[derive(Debug, Args)]
pub struct AddHold {
    /// Name of the account
    #[arg(value_parser = name())]
    pub account: String,
    #[command(flatten)]
    pub person: Person,
    /// Calls that ended at or after: RFC 3339 or YYYY-MM-DD (UTC)
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Calls that ended before: RFC 3339 or YYYY-MM-DD (UTC)
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Why; kept with the hold and in the audit log
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    #[command(flatten)]
    pub dry_run: DryRun,
}

/// Verbs of the archive.
#[derive(Debug, Subcommand)]
pub enum ArchiveCommand {
    /// Move calls that are old enough to the archive: copied, verified, then deleted here
    #[command(after_help = "Examples:
  callsyncctl archive run Sales --dry-run
  callsyncctl archive run Sales --wait")]
    Run {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
        #[command(flatten)]
        wait: Wait,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Show how the archive stands
    #[command(after_help = "Example:\n  callsyncctl archive status Sales")]
    Status {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
    },
    /// Move calls back from the archive; without a range all of them
    #[command(after_help = "Example:\n  callsyncctl archive restore Sales --from 2026-01-01 --to 2026-02-01 --wait")]
    Restore(RestoreArchive),
}

/// `archive restore`.
#[derive(Debug, Args)]
pub struct RestoreArchive {
    /// Name of the account
    #[arg(value_parser = name())]
    pub account: String,
    /// Calls that ended at or after: RFC 3339 or YYYY-MM-DD (UTC)
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Calls that ended before: RFC 3339 or YYYY-MM-DD (UTC)
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    #[command(flatten)]
    pub wait: Wait,
    #[command(flatten)]
    pub dry_run: DryRun,
}

/// Verbs of one person's records.
#[derive(Debug, Subcommand)]
pub enum SubjectCommand {
    /// Count what is held about a person, in the database and in the archive
    #[command(after_help = "Example:\n  callsyncctl subject find Sales --email jane@example.com")]
    Find {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
        #[command(flatten)]
        person: Person,
    },
    /// Write everything that is held about a person to a file, one JSON object a line
    #[command(after_help = "Example:\n  callsyncctl subject export Sales --number +14155550111 --output jane.ndjson")]
    Export {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
        #[command(flatten)]
        person: Person,
        /// The file, replaced as a whole when the export is complete; - is standard output
        #[arg(long, value_name = "FILE")]
        output: std::path::PathBuf,
    },
    /// Blank a person's fields for good; nothing is deleted, and nothing fills them again
    #[command(after_help = "Examples:
  callsyncctl subject erase Sales --email jane@example.com --dry-run
  callsyncctl subject erase Sales --email jane@example.com --yes-irreversible --wait")]
    Erase {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
        #[command(flatten)]
        person: Person,
        /// Confirm that this cannot be undone
        #[arg(long)]
        yes_irreversible: bool,
        #[command(flatten)]
        wait: Wait,
        #[command(flatten)]
        dry_run: DryRun,
    },
}
