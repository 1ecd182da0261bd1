//! What `callsyncd` and `callsyncctl` must agree on: documents, requests, problems, exit codes, paths.
#![forbid(unsafe_code)]

pub mod api;
pub mod build_info;
#[cfg(feature = "client")]
pub mod client;
pub mod exit_code;
pub mod paths;
pub mod problem;
pub mod routes;

pub use exit_code::ExitCode;
pub use problem::Problem;

/// Version of the control protocol. Both programs compare it; a mismatch warns once and goes on.
pub const API_VERSION: u32 = 1;
/// Version of this build, the same for both programs.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
