//! `calls …` and `directory …`: looking at what was collected.

use std::path::PathBuf;

use callsync_shared::api::call::CallFilter;
use clap::{Args, Subcommand, ValueEnum};

use super::{name, text};

/// Verbs of collected calls.
#[derive(Debug, Subcommand)]
pub enum CallsCommand {
    /// List calls, newest first
    #[command(after_help = "Examples:
  callsyncctl calls list Sales --from 2026-03-01 --to 2026-03-02 --direction inbound
  callsyncctl calls list Sales --number +14155550111 --min-duration 60 --limit 20")]
    List {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
        #[command(flatten)]
        filters: CallFilters,
    },
    /// Show a call with its elements
    #[command(after_help = "Example:\n  callsyncctl calls show Sales 20260308-48c1dfd4-91ce-4df5-8495-7c9e33d10869")]
    Show {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
        /// Key of the call (call_history_uuid)
        #[arg(value_name = "CALL", value_parser = name())]
        call: String,
        /// Also look in the archive
        #[arg(long)]
        archive: bool,
    },
    /// Export calls to a file; nothing is left behind when it fails
    #[command(after_help = "Examples:
  callsyncctl calls export Sales --format csv --output march.csv --from 2026-03-01 --to 2026-04-01
  callsyncctl calls export Sales --format ndjson --output - | gzip > calls.ndjson.gz")]
    Export(ExportCalls),
}

/// `calls export`.
#[derive(Debug, Args)]
pub struct ExportCalls {
    /// Name of the account
    #[arg(value_parser = name())]
    pub account: String,
    /// What a line of the file is
    #[arg(long, value_enum)]
    pub format: ExportFormat,
    /// The file, replaced as a whole when the export is complete; - is standard output
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
    #[command(flatten)]
    pub filters: CallFilters,
}

/// Format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// Comma-separated values with a header
    Csv,
    /// One JSON object a line
    Ndjson,
}

/// Which calls.
#[derive(Debug, Args)]
pub struct CallFilters {
    /// Calls that ended at or after: RFC 3339 or YYYY-MM-DD (UTC)
    #[arg(long, value_name = "TIME", value_parser = text())]
    pub from: Option<String>,
    /// Calls that ended before: RFC 3339 or YYYY-MM-DD (UTC)
    #[arg(long, value_name = "TIME", value_parser = text())]
    pub to: Option<String>,
    /// Number or extension of either party
    #[arg(long, value_parser = text())]
    pub number: Option<String>,
    /// E-mail or part of the name of either party
    #[arg(long, value_parser = text())]
    pub user: Option<String>,
    /// Name or id of a call queue
    #[arg(long, allow_hyphen_values = true, value_parser = text())]
    pub queue: Option<String>,
    /// Name or id of a site
    #[arg(long, allow_hyphen_values = true, value_parser = text())]
    pub site: Option<String>,
    /// Direction of the call
    #[arg(long, value_parser = ["inbound", "outbound"])]
    pub direction: Option<String>,
    /// Zoom's result of the call, for example answered
    #[arg(long, value_parser = text())]
    pub result: Option<String>,
    /// At least this many seconds
    #[arg(long, value_name = "SECONDS")]
    pub min_duration: Option<u64>,
    /// At most this many calls
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Also calls in the archive
    #[arg(long)]
    pub archive: bool,
}

impl From<CallFilters> for CallFilter {
    fn from(filters: CallFilters) -> Self {
        Self {
            from: filters.from,
            to: filters.to,
            number: filters.number,
            user: filters.user,
            queue: filters.queue,
            site: filters.site,
            direction: filters.direction,
            result: filters.result,
            min_duration: filters.min_duration,
            limit: filters.limit,
            archive: filters.archive,
        }
    }
}

/// Verbs of the synced directory.
#[derive(Debug, Subcommand)]
pub enum DirectoryCommand {
    /// Find entries by name, e-mail, number or extension
    #[command(after_help = "Example:\n  callsyncctl directory search Sales jane --entity phone_user")]
    Search {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
        /// Text that a name, e-mail, number or extension contains
        #[arg(value_parser = name())]
        text: String,
        #[command(flatten)]
        listing: Listing,
    },
    /// List entries
    #[command(after_help = "Example:\n  callsyncctl directory list Sales --entity call_queue")]
    List {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
        #[command(flatten)]
        listing: Listing,
    },
}

/// Which entries.
#[derive(Debug, Args)]
pub struct Listing {
    /// Only this table, for example phone_user
    #[arg(long, value_name = "TABLE")]
    pub entity: Option<String>,
    /// Also entries that vanished at Zoom
    #[arg(long)]
    pub removed: bool,
    /// At most this many
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
}
