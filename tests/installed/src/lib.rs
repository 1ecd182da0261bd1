//! A booted Debian in a container, and the packages to put on it.
#![forbid(unsafe_code)]

pub mod container;
pub mod packages;
pub mod skipping;
