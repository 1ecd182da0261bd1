//! Zoom: everything between a use case's question and Zoom's JSON. No other room knows Zoom's spelling.

use std::sync::Arc;

use futures_util::future::BoxFuture;

pub mod access;
pub mod client;
pub mod convert;
pub mod data;
pub mod endpoint;
pub mod error;
pub mod identity;
pub mod oauth;
pub mod rate_limiter;
pub mod retry;
pub mod retry_after;
pub mod rotation;
pub mod standing;
pub mod token_keeper;
pub mod traffic;
pub mod transport;
pub mod wire;

#[cfg(test)]
mod client_tests;
#[cfg(test)]
mod test_server;
#[cfg(test)]
pub(crate) mod test_setup;
#[cfg(test)]
mod token_tests;

pub use client::{Ports, ZoomClient};

/// Starts a named task that runs to its end, whatever becomes of its caller; the supervisor owns it. A stop waits for
/// it: it takes at most about two token time-outs, a minute.
pub type Spawn = Arc<dyn Fn(&'static str, BoxFuture<'static, ()>) + Send + Sync>;
