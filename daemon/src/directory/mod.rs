//! Directory sync: every listing of Zoom, compared with what is held, applied as one snapshot a table.

pub mod listings;
pub mod report;
pub mod snapshot;
pub mod sync;
