//! What is measured, and how: times, memory and processor use of processes, and a bare program to compare with.

pub mod bare;
pub mod machine;
pub mod process;
pub mod sample;
pub mod scale;
pub mod seed;
pub mod tds;

/// Anything that can go wrong while measuring ends the run.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;
