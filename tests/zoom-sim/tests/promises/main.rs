//! The promises of the simulator, checked over HTTP as a client sees them.

mod calls;
mod control;
mod directory;
mod faults;
mod keeping;
mod limits;
mod oauth;
mod paging;
mod platform;
mod samples;
mod schema;
