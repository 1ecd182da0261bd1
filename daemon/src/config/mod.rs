//! The configuration file: text to a checked configuration, one file a section.

mod address;
mod alerts;
mod control;
pub mod defaults;
mod error;
mod listen;
mod load;
mod logging;
mod master_key;
pub mod model;
mod secret;
mod servers;
mod show;
mod spelling;
mod zoom;

pub use error::{ConfigError, Place, Problem};
pub use load::load;
pub use master_key::{KeyOrigin, MasterKey, SealedState, master_key};
pub use model::Config;
pub use secret::{read, source_as_json};
pub use show::show;

#[cfg(test)]
mod tests;
