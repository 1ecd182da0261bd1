//! End-to-end suites, one promise a test: the real daemon and control program against the simulated platform.

mod alerts;
mod authorizing;
mod backfill;
mod completeness;
mod configuration_file;
mod crash;
mod documents;
mod dry_run;
mod elements;
mod events;
mod exit_codes;
mod faithfulness;
mod health;
mod ledger;
mod lifecycle;
mod limits;
mod paging;
mod permissions;
mod schedules;
mod secrecy;
mod soak;
mod sql_server;
mod supervision;
mod tokens;
