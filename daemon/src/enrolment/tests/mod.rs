//! Tests of the use cases over ports that live in memory.

mod account;
mod authorize;
pub(crate) mod fakes;
mod group;
mod hand_over;
pub(crate) mod memory_audit;
mod upkeep;
