//! Tests that cannot run here say so where everybody sees it, and how many they are.

use std::{
    io::Write as _,
    sync::atomic::{AtomicUsize, Ordering},
};

static SKIPPED: AtomicUsize = AtomicUsize::new(0);

/// Says that the running test is skipped and why. Written past the test harness, which hides what passing tests print.
pub fn skip(reason: &str) {
    let count = SKIPPED.fetch_add(1, Ordering::Relaxed) + 1;
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    // A closed stderr leaves nobody to tell.
    let _ = writeln!(std::io::stderr().lock(), "SKIPPED ({count} so far): {test}: {reason}");
}

/// A program that the test needs is not installed: skipped, or failed where `CALLSYNC_REQUIRE_TOOLS` says that nothing
/// may be skipped for that, as in CI.
///
/// # Panics
/// When nothing may be skipped.
pub fn without_tool(reason: &str) {
    skip_unless("CALLSYNC_REQUIRE_TOOLS", reason);
}

/// The test plays what only root can: skipped, or failed where `CALLSYNC_REQUIRE_ROOT` is set, as in CI run by root.
///
/// # Panics
/// When nothing may be skipped.
pub fn without_root(reason: &str) {
    skip_unless("CALLSYNC_REQUIRE_ROOT", reason);
}

fn skip_unless(required: &str, reason: &str) {
    assert!(
        std::env::var_os(required).is_none(),
        "{reason} ({required} is set, so nothing is skipped)"
    );
    skip(reason);
}
