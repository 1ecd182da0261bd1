//! Tests that cannot run here say so where everybody sees it, and count as skipped.

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

/// Whether all these programs are here; otherwise the test is skipped, or fails where `CALLSYNC_REQUIRE_INSTALLED` says
/// that nothing may be skipped, as in CI.
///
/// # Panics
/// When one is missing and nothing may be skipped.
#[must_use]
pub fn have(programs: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories: Vec<_> = std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .collect();
    let missing: Vec<&str> = programs
        .iter()
        .copied()
        .filter(|program| !directories.iter().any(|directory| directory.join(program).is_file()))
        .collect();
    if missing.is_empty() {
        return true;
    }
    let reason = format!(
        "{} not installed; CONTRIBUTING.md names the packages",
        missing.join(", ")
    );
    assert!(!required(), "{reason}");
    skip(&reason);
    false
}

/// Whether we are root and can boot a container; otherwise as with [`have`].
///
/// # Panics
/// When not, and nothing may be skipped.
#[must_use]
pub fn can_boot() -> bool {
    if !have(&["debootstrap", "systemd-nspawn"]) {
        return false;
    }
    // Namespaces are what a container is made of: a process that may not make them is no root that counts.
    let may = std::process::Command::new("unshare")
        .args(["--mount", "--pid", "--net", "--fork", "true"])
        .output()
        .is_ok_and(|out| out.status.success());
    if may {
        return true;
    }
    let reason = "only root, with the right to make namespaces, can boot a container";
    assert!(!required(), "{reason}");
    skip(reason);
    false
}

fn required() -> bool {
    std::env::var_os("CALLSYNC_REQUIRE_INSTALLED").is_some()
}
