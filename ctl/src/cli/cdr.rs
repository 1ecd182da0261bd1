//! `cdr …`, `sync …`, `job …`, `events`, `audit …` and `config …`: running the collection and watching it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{DryRun, Wait, name};

/// Verbs of CDR processing.
#[derive(Debug, Subcommand)]
pub enum CdrCommand {
    /// Show CDR processing of an account
    #[command(after_help = "Example:\n  callsyncctl cdr show Sales")]
    Show {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
    },
    /// Set up CDR processing; what is not given stays as it is
    #[command(
        override_usage = "callsyncctl cdr set [OPTIONS] <ACCOUNT> <SETTING>...",
        after_help = "Example:
  callsyncctl cdr set Sales --server local --database sales --enable --poll-interval 5m --backfill 6mo"
    )]
    Set(Box<SetCdr>),
    /// Create the primary database and its tables; harmless when they exist
    #[command(after_help = "Examples:
  callsyncctl cdr create-database Sales --dry-run > schema.sql
  callsyncctl cdr create-database Sales")]
    CreateDatabase {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
        /// Take over a database that holds other tables or belonged to an account that is gone
        #[arg(long)]
        adopt: bool,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Verify everything, fetch and write once, and start collecting
    #[command(after_help = "Example:\n  callsyncctl cdr activate Sales --wait")]
    Activate {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
        #[command(flatten)]
        wait: Wait,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Stop collecting; what is stored stays
    #[command(after_help = "Example:\n  callsyncctl cdr deactivate Sales --yes")]
    Deactivate {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Poll for new calls now
    #[command(after_help = "Example:\n  callsyncctl cdr run Sales --wait")]
    Run {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
        #[command(flatten)]
        wait: Wait,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Collect calls of the past, newest first
    #[command(after_help = "Examples:
  callsyncctl cdr backfill Sales --from 2026-01-01 --dry-run
  callsyncctl cdr backfill Sales --from 2026-01-01 --wait")]
    Backfill(Backfill),
    /// Compare what is held with what Zoom has, and read again what is incomplete
    #[command(after_help = "Examples:
  callsyncctl cdr reconcile Sales --wait
  callsyncctl cdr reconcile Sales --from 2026-01-01 --to 2026-02-01 --wait")]
    Reconcile(Reconcile),
    /// List the spans of which calls are missing, and until when Zoom can still fill them
    #[command(after_help = "Example:\n  callsyncctl cdr gaps Sales")]
    Gaps {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
    },
}

/// `cdr reconcile`.
#[derive(Debug, Args)]
pub struct Reconcile {
    /// Name of the account
    #[arg(value_parser = name())]
    pub account: String,
    /// Start: RFC 3339 or YYYY-MM-DD (UTC) [default: the first call that is accounted for]
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// End: RFC 3339 or YYYY-MM-DD (UTC) [default: now]
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    #[command(flatten)]
    pub wait: Wait,
    #[command(flatten)]
    pub dry_run: DryRun,
}

/// `cdr backfill`.
#[derive(Debug, Args)]
pub struct Backfill {
    /// Name of the account
    #[arg(value_parser = name())]
    pub account: String,
    /// Start: RFC 3339 or YYYY-MM-DD (UTC) [default: the span that cdr set saved]
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// End: RFC 3339 or YYYY-MM-DD (UTC) [default: now]
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    #[command(flatten)]
    pub wait: Wait,
    #[command(flatten)]
    pub dry_run: DryRun,
}

/// `cdr set`.
#[derive(Debug, Args)]
#[group(skip)]
pub struct SetCdr {
    /// Name of the account
    #[arg(value_parser = name())]
    pub account: String,
    #[command(flatten)]
    pub change: CdrChange,
    #[command(flatten)]
    pub dry_run: DryRun,
}

/// What `cdr set` changes; at least one. All of it is validated and saved as a whole.
#[derive(Debug, Args)]
#[group(id = "changes", required = true, multiple = true)]
pub struct CdrChange {
    /// Database server of the configuration
    #[arg(long, value_name = "SERVER")]
    pub server: Option<String>,
    /// Primary database, used by this account alone
    #[arg(long, value_name = "DATABASE")]
    pub database: Option<String>,
    /// Want CDR processing
    #[arg(long, conflicts_with = "disable")]
    pub enable: bool,
    /// Do not want CDR processing
    #[arg(long)]
    pub disable: bool,
    /// Time between polls, 10s to 24h
    #[arg(long, value_name = "DURATION")]
    pub poll_interval: Option<String>,
    /// How far back activation collects: 6mo, 30d, none
    #[arg(long, value_name = "SPAN")]
    pub backfill: Option<String>,
    /// Fetch the elements (legs) of calls
    #[arg(long, value_parser = ["on", "off"])]
    pub elements: Option<String>,
    /// Retention by class, for example calls=730d,elements=730d,directory=never,history=90d
    #[arg(long, value_name = "CLASSES")]
    pub retain: Option<String>,
    /// Local time of the daily purge
    #[arg(long, value_name = "HH:MM")]
    pub purge_at: Option<String>,
    /// Database server of the archive
    #[arg(long, value_name = "SERVER")]
    pub archive_server: Option<String>,
    /// Archive database
    #[arg(long, value_name = "DATABASE")]
    pub archive_database: Option<String>,
    /// Age at which calls are archived, for example 365d
    #[arg(long, value_name = "AGE")]
    pub archive_after: Option<String>,
    /// Quiet time after which the no-CDR alert fires, for example 6h, or off
    #[arg(long, value_name = "DURATION")]
    pub no_cdr_after: Option<String>,
    /// Days on which it may fire, for example mon-fri
    #[arg(long, value_name = "DAYS")]
    pub no_cdr_days: Option<String>,
    /// Hours in which it may fire, for example 08:00-18:00; a whole day is 00:00-24:00
    #[arg(long, value_name = "HOURS")]
    pub no_cdr_hours: Option<String>,
    /// IANA zone of those days and hours
    #[arg(long, value_name = "ZONE")]
    pub no_cdr_timezone: Option<String>,
}

/// Verbs of the directory sync.
#[derive(Debug, Subcommand)]
pub enum SyncCommand {
    /// Sync the directory now
    #[command(after_help = "Example:\n  callsyncctl sync run Sales --wait")]
    Run {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
        /// Believe listings that shrank by more than 30 %: what is missing in them is marked as removed
        #[arg(long)]
        accept_removals: bool,
        #[command(flatten)]
        wait: Wait,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Show the last sync and what it brought
    #[command(after_help = "Example:\n  callsyncctl sync status Sales")]
    Status {
        /// Name of the account
        #[arg(value_parser = name())]
        account: String,
    },
}

/// Verbs of jobs.
#[derive(Debug, Subcommand)]
pub enum JobCommand {
    /// List jobs, newest first
    #[command(after_help = "Example:\n  callsyncctl job list Sales --limit 5")]
    List {
        /// Only those of this account
        #[arg(value_parser = name())]
        account: Option<String>,
        /// At most this many
        #[arg(long, value_name = "N")]
        limit: Option<u64>,
    },
    /// Show a job
    #[command(after_help = "Example:\n  callsyncctl job show 0199c5a0-7d1e-7000-8000-000000000001")]
    Show {
        /// Id of the job
        #[arg(value_parser = name())]
        id: String,
    },
    /// Wait until a job is finished; the exit code is that of its outcome
    #[command(after_help = "Example:\n  callsyncctl job wait 0199c5a0-7d1e-7000-8000-000000000001 --timeout 600")]
    Wait {
        /// Id of the job
        #[arg(value_parser = name())]
        id: String,
    },
    /// Cancel a job
    #[command(after_help = "Example:\n  callsyncctl job cancel 0199c5a0-7d1e-7000-8000-000000000001")]
    Cancel {
        /// Id of the job
        #[arg(value_parser = name())]
        id: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
}

/// `events`.
#[derive(Debug, Args)]
pub struct Events {
    /// Go on as things happen, until interrupted or for --timeout seconds; with --json one document a line
    #[arg(long)]
    pub follow: bool,
    /// Only events at or after: RFC 3339 or YYYY-MM-DD (UTC)
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// At most this many [default: the newest 100; with --since 10000]
    #[arg(long, value_name = "N", conflicts_with = "follow")]
    pub limit: Option<u64>,
}

/// Verbs of the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// List who did what
    #[command(after_help = "Example:\n  callsyncctl audit list --since 2026-03-01T08:00:00Z")]
    List {
        /// Only entries at or after: RFC 3339 or YYYY-MM-DD (UTC)
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
    },
    /// Check that no entry was changed, removed or moved
    #[command(after_help = "Example:\n  callsyncctl audit verify || echo tampered")]
    Verify,
}

/// Verbs of the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Ask the daemon whether the file on disk would be accepted by a reload
    #[command(after_help = "Example:\n  callsyncctl config check && systemctl reload callsyncd")]
    Check {
        /// Another file than the one in force
        #[arg(long, value_name = "PATH")]
        config: Option<PathBuf>,
    },
    /// Show the configuration in force, without secrets
    #[command(after_help = "Example:\n  callsyncctl config show")]
    Show,
}
