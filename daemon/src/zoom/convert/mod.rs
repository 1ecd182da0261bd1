//! Zoom's records become rows of our tables. Nothing is dropped: what has no column goes to `extra`, what has no key
//! is set aside.

pub mod calls;
pub mod digest;
pub mod row;
pub mod spelling;
pub mod value;

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod sample_tests;
