//! One heap for all threads.

use std::{env, os::unix::process::CommandExt as _, process::Command};

/// How many heaps glibc may make. It reads this once, before the first line of ours.
const HEAPS: &str = "MALLOC_ARENA_MAX";

/// Sees to it that there is one heap. glibc gives threads heaps of their own, up to eight a core, and each keeps the most
/// that it ever held: with a hundred accounts 6 MiB more at rest.
///
/// The unit says so in its environment. Started by hand, the program starts once more in its own place, as the same
/// process; where that fails it goes on, with more memory.
pub(super) fn share() {
    if env::var_os(HEAPS).is_some() {
        return;
    }
    let mut arguments = env::args_os();
    if let (Ok(program), Some(name)) = (env::current_exe(), arguments.next()) {
        // Returns only when it failed.
        let _ = Command::new(program).arg0(name).args(arguments).env(HEAPS, "1").exec();
    }
}
