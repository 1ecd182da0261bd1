//! Durable jobs: one queue, one history, progress, cancellation, timers, schedules. Knows no collector.

mod fairness;
mod progress;
pub mod queue;
pub mod runner;
pub mod scheduler;
pub mod schedules;
pub mod slot;
pub mod timer;
pub mod turns;

pub use queue::Jobs;
pub use runner::Runner;
pub use scheduler::Scheduler;
pub use timer::Timers;

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;
