//! Collecting calls: set-up, polls, backfill, elements. Works over ports; knows neither HTTP nor SQL.

pub mod backfill;
mod descent;
pub mod elements;
pub mod ledger;
pub mod outlook;
pub mod poll;
pub mod probe;
pub mod processing;
pub mod report;
pub mod settings;
pub mod snapshot;
pub mod span;
pub mod sweep;
mod walk;
pub mod window;

#[cfg(test)]
mod tests;
