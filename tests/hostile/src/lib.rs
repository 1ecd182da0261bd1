//! Hostile input for whatever parses: a target's seeds, mutations of them, and what is done with an input that breaks it.
//!
//! Every test run replays the corpus and tries a few hundred mutations, always the same ones. `CALLSYNC_FUZZ_SECONDS=600`
//! makes each target go on for that long with mutations that nobody has seen before. What breaks a target is made as small
//! as can be and written into its corpus, where it stays as a seed once the defect is mended. [`model`] is for what has a
//! state: sequences of operations instead of bytes.

pub mod model;
mod mutation;
mod runner;
pub mod wild;

pub use mutation::Mutation;
pub use runner::Target;
