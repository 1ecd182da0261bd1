//! `removal …`: lawful removal of an account's data.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{DryRun, Wait, name};

/// Verbs of lawful removal.
#[derive(Debug, Subcommand)]
pub enum RemovalCommand {
    /// Show what would go, and when
    #[command(after_help = "Example:\n  callsyncctl removal plan Sales")]
    Plan {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
    },
    /// Record one of the two consents that allow removal before the term ends
    #[command(after_help = "Example:
  callsyncctl removal consent Sales --role manager --file letter.pdf --from \"Jane Doe\"

The letter stays where it is; its SHA-256 is kept. The second consent must come from another person and be recorded by
another user.")]
    Consent(ConsentArguments),
    /// Remove data, settings and access for good
    #[command(after_help = "Example:\n  callsyncctl removal run Sales --yes-irreversible --wait")]
    Run {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
        /// Confirm that nothing can bring the data back
        #[arg(long)]
        yes_irreversible: bool,
        #[command(flatten)]
        wait: Wait,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Cancel a scheduled removal and withdraw the consents
    #[command(after_help = "Example:\n  callsyncctl removal cancel Sales")]
    Cancel {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Show where the removal of an account stands; afterwards, its certificate
    #[command(after_help = "Example:\n  callsyncctl removal show Sales")]
    Show {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
    },
    /// List the accounts whose consent was withdrawn
    #[command(after_help = "Example:\n  callsyncctl removal list")]
    List,
}

/// `removal consent`.
#[derive(Debug, Args)]
pub struct ConsentArguments {
    /// Name of the account
    #[arg(value_parser = name())]
    pub account: String,
    /// In which role the consent is given
    #[arg(long, value_parser = ["manager", "security"])]
    pub role: String,
    /// The letter
    #[arg(long, value_name = "LETTER")]
    pub file: PathBuf,
    /// Whose letter it is
    #[arg(long, value_name = "WHO", value_parser = name())]
    pub from: String,
    #[command(flatten)]
    pub dry_run: DryRun,
}
