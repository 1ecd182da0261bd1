//! `logging:`: how much is said, and in which form.

use serde::Deserialize;
use tracing::Level;

use super::{
    address, defaults,
    error::ConfigError,
    load::{Placed, Source},
    model::{LogFormat, Logging},
};

/// `logging:` as typed.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLogging {
    level: Option<Placed<String>>,
    format: Option<Placed<String>>,
}

/// Names of `level`.
pub(super) const LEVELS: [(&str, Level); 5] = [
    ("error", Level::ERROR),
    ("warn", Level::WARN),
    ("info", Level::INFO),
    ("debug", Level::DEBUG),
    ("trace", Level::TRACE),
];

/// Names of `format`.
pub(super) const FORMATS: [(&str, LogFormat); 4] = [
    ("auto", LogFormat::Auto),
    ("journald", LogFormat::Journald),
    ("human", LogFormat::Human),
    ("json", LogFormat::Json),
];

pub(super) fn check(source: &Source<'_>, raw: RawLogging) -> Result<Logging, ConfigError> {
    let mut logging = defaults::logging();
    if let Some(typed) = &raw.level {
        logging.level = address::choice(source, "level", typed, &LEVELS)?;
    }
    if let Some(typed) = &raw.format {
        logging.format = address::choice(source, "format", typed, &FORMATS)?;
    }
    Ok(logging)
}
