//! The daemon's own durable state: groups, accounts, sealed tokens, jobs, activity, quota, audit; one SQLite file.
//!
//! Everything is written through one thread that owns the writing connection, so writers never meet. Every commit is
//! on disk (WAL, `synchronous=FULL`) before the method that asked for it returns: dying at any instant loses nothing
//! that was answered.

mod account_row;
mod activity_book;
mod alert_book;
mod alert_row;
mod audit_log;
mod certificate_file;
mod column;
mod desk;
mod directory;
mod erasure_book;
mod error;
mod event_book;
mod hold_book;
mod job_book;
mod own_history;
mod quota_book;
mod registry;
mod schedule_book;
mod schema;
mod schema_lifecycle;
mod scrub;
mod seal;
mod settings_json;
mod store;
mod uniqueness;
mod vault;
mod webhook_book;
mod withdrawal_book;
mod withdrawal_row;

pub use audit_log::{GENESIS, chain_hash};
pub use directory::StateDirectory;
pub use error::StateError;
pub use store::StateStore;

#[cfg(test)]
mod tests;
