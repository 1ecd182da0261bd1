//! Proving completeness: which windows there have to be, comparing each with Zoom, and doing so by itself.

pub mod compare;
pub mod plan;
pub mod reconcile;
pub mod report;
