//! From what this program was built: known to programs of packages, absent in builds of a work tree.

use std::sync::LazyLock;

/// Abbreviated name of the commit, with `+` when the tree differed from it.
pub const COMMIT: Option<&str> = option_env!("CALLSYNC_BUILD_COMMIT");
/// Day of the commit, `2026-01-31`.
pub const DATE: Option<&str> = option_env!("CALLSYNC_BUILD_DATE");

/// What `--version` of both programs says: `0.1.0 (commit 0123456789ab, 2026-01-31)`.
#[must_use]
pub fn version() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| format!("{}{}", crate::VERSION, suffix(COMMIT, DATE)));
    &TEXT
}

/// ` (commit 0123456789ab, 2026-01-31)`, or nothing.
#[must_use]
pub fn suffix(commit: Option<&str>, date: Option<&str>) -> String {
    match (commit, date) {
        (Some(commit), Some(date)) => format!(" (commit {commit}, {date})"),
        (Some(commit), None) => format!(" (commit {commit})"),
        (None, _) => String::new(),
    }
}
