//! Reads the sources of the workspace and says who knows whom; the rules themselves are in `rooms`.

pub mod crate_files;
pub mod imports;
pub mod rooms;

use std::path::PathBuf;

/// The root of the workspace whose sources are checked.
#[must_use]
pub fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
