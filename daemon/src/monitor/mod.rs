//! Watches the daemon and its accounts: health checks, the no-CDR rule, conditions that people hear of, metrics.

pub mod account_checks;
pub mod blame;
pub mod check;
pub mod conditions;
pub mod daemon_checks;
pub mod facts;
mod gather;
pub mod host;
pub mod metrics;
pub mod silence;
pub mod watch;

pub use metrics::Metrics;
pub use watch::{Health, Monitor, Sources, Watching};

#[cfg(test)]
mod tests;
