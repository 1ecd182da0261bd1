//! Durable jobs: one queue, one history, progress, cancellation, timers. Knows no collector.

pub mod queue;
pub mod runner;
pub mod timer;

pub use queue::Jobs;
pub use runner::Runner;
pub use timer::Timers;

#[cfg(test)]
mod tests;
