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
