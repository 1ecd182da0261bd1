//! `account …` and `server …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{DryRun, name};

/// Verbs of Zoom accounts.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Add a Zoom account and, on a terminal, authorize it
    #[command(after_help = "Examples:
  callsyncctl account add Sales --group EMEA
  callsyncctl account add Plant --group EMEA --auth server-to-server --zoom-account-id abcDEF123

Without a terminal it prints the authorize URL; then: callsyncctl account authorize Sales --code-file -")]
    Add(AddAccount),
    /// Authorize an account with the code that Zoom gave, or show where to get one
    #[command(after_help = "Examples:
  callsyncctl account authorize Sales
  callsyncctl account authorize Sales --code-file - < redirected-url.txt")]
    Authorize(AuthorizeAccount),
    /// List the accounts
    #[command(after_help = "Example:\n  callsyncctl account list")]
    List,
    /// Show an account
    #[command(after_help = "Example:\n  callsyncctl account show Sales --json")]
    Show {
        /// Name of the account
        #[arg(value_parser = name())]
        name: String,
    },
    /// Rename an account
    #[command(after_help = "Example:\n  callsyncctl account rename Sales \"Sales EMEA\"")]
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
    /// Ask Zoom whether the account's authorization works
    #[command(after_help = "Example:\n  callsyncctl account test Sales")]
    Test {
        /// Name of the account
        #[arg(value_parser = name())]
        name: String,
    },
    /// Show which scopes are granted and missing, or all that callsyncd uses
    #[command(after_help = "Examples:\n  callsyncctl account scopes\n  callsyncctl account scopes Sales")]
    Scopes {
        /// Name of the account; without it the table of required scopes
        #[arg(value_parser = name())]
        name: Option<String>,
    },
    /// End the connection: give the tokens up at Zoom, stop collecting, serve nothing
    #[command(after_help = "Example:\n  callsyncctl account deauthorize Sales --yes")]
    Deauthorize {
        /// Name of the account
        #[arg(value_parser = name())]
        name: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Record whether the organisation meant the de-authorization
    #[command(after_help = "Example:
  callsyncctl account confirm-deauthorization Sales --intended yes --by \"Jane Doe\" --note \"contract ended\"")]
    ConfirmDeauthorization(ConfirmDeauthorization),
    /// Remove an account that holds no data
    #[command(after_help = "Example:\n  callsyncctl account remove Sales --yes")]
    Remove {
        /// Name of the account
        #[arg(value_parser = name())]
        name: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
}

/// `account add`.
#[derive(Debug, Args)]
pub struct AddAccount {
    /// Unique display name
    #[arg(value_parser = name())]
    pub name: String,
    /// Enterprise group it belongs to
    #[arg(long, value_name = "GROUP", value_parser = name())]
    pub group: String,
    /// How it is authorized
    #[arg(long, value_parser = ["oauth", "server-to-server"], default_value = "oauth")]
    pub auth: String,
    /// Zoom's account id: needed for server-to-server, otherwise what the authorized account must be
    // Zoom's ids are base64url: one in 64 begins with a hyphen.
    #[arg(
        long,
        value_name = "ID",
        allow_hyphen_values = true,
        required_if_eq("auth", "server-to-server")
    )]
    pub zoom_account_id: Option<String>,
    /// File with the code or the redirected URL, read after the authorize URL was printed on stderr; - is standard input
    #[arg(long, value_name = "FILE")]
    pub code_file: Option<PathBuf>,
    #[command(flatten)]
    pub dry_run: DryRun,
}

/// `account authorize`.
#[derive(Debug, Args)]
pub struct AuthorizeAccount {
    /// Name of the account
    #[arg(value_parser = name())]
    pub name: String,
    /// File with the code or the redirected URL; - is standard input
    #[arg(long, value_name = "FILE")]
    pub code_file: Option<PathBuf>,
    #[command(flatten)]
    pub dry_run: DryRun,
}

/// `account confirm-deauthorization`.
#[derive(Debug, Args)]
pub struct ConfirmDeauthorization {
    /// Name of the account
    #[arg(value_parser = name())]
    pub name: String,
    /// Whether it was meant
    #[arg(long, value_parser = ["yes", "no"])]
    pub intended: String,
    /// Who says so
    #[arg(long, value_name = "WHO", value_parser = name())]
    pub by: String,
    /// Further words
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    #[command(flatten)]
    pub dry_run: DryRun,
}

/// Verbs of database servers.
#[derive(Debug, Subcommand)]
pub enum ServerCommand {
    /// List the database servers of the configuration
    #[command(after_help = "Example:\n  callsyncctl server list")]
    List,
    /// Connect to a database server and check permissions
    #[command(after_help = "Example:\n  callsyncctl server test sql1")]
    Test {
        /// Name of the server
        #[arg(value_parser = name())]
        name: String,
    },
}
