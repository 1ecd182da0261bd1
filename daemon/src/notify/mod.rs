//! Tells people of conditions: keeps each until it is over, and tells each channel of its beginning and its end.

mod line;
mod mail;
mod message;
mod notifier;
mod refusal;
mod server;
mod signature;
#[cfg(test)]
mod tests;
mod webhook;

pub use line::{Network, warnings as channel_warnings};
pub use notifier::Notifier;
