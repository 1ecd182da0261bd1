//! Waiting for a condition, with an end.

use std::{
    thread,
    time::{Duration, Instant},
};

/// How long anything may take on a slow, busy machine before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(90);
const BETWEEN: Duration = Duration::from_millis(20);

/// Looks until there is something to see.
///
/// # Panics
/// After [`PATIENCE`].
pub fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, what, look)
}

/// Looks until there is something to see, at most for `limit`.
///
/// # Panics
/// After `limit`.
pub fn within<T>(limit: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "waited {limit:?} in vain for: {what}");
        thread::sleep(BETWEEN);
    }
}
