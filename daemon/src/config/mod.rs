//! The configuration file: text to a checked configuration, one file a section.

mod address;
mod alerts;
mod ca_file;
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
mod warnings;
mod zoom;

pub use ca_file::check_ca_file;
pub use error::{ConfigError, Place, Problem};
pub use load::load;
pub use master_key::{KeyOrigin, MasterKey, SealedState, master_key};
pub use model::Config;
pub use secret::{read, source_as_json};
pub use show::show;
pub use warnings::warnings;

#[cfg(test)]
mod tests;
