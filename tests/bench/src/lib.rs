//! What is measured, and how: times, memory and processor use of processes, and a bare program to compare with.

pub mod bare;
pub mod machine;
pub mod process;
pub mod sample;
