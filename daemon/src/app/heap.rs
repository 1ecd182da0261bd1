//! One heap for all threads, and none of it set aside for each.

use std::{env, os::unix::process::CommandExt as _, process::Command};

/// What glibc is told in the environment, which it reads once, before the first line of ours. The unit says the same.
pub(super) const SETTINGS: [(&str, &str); 2] = [
    // Threads get heaps of their own, up to eight a core, and each keeps the most that it ever held: with a hundred
    // accounts 6 MiB more at rest.
    ("MALLOC_ARENA_MAX", "1"),
    // Each thread keeps freed pieces for itself, which hold apart what is free around them: 5 MiB more.
    ("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0"),
];

/// Set by us for the program that we start: where the settings do not arrive, it does not start itself for ever.
const STARTED_ANEW: &str = "CALLSYNCD_STARTED_ANEW";

/// Sees to it that the settings are in force. Started by hand, the program starts once more in its own place, as the same
/// process; where that fails it goes on, with more memory.
pub(super) fn share() {
    let missing = SETTINGS.iter().filter(|(name, _)| env::var_os(name).is_none());
    if missing.clone().next().is_none() || env::var_os(STARTED_ANEW).is_some() {
        return;
    }
    let mut arguments = env::args_os();
    if let (Ok(program), Some(name)) = (env::current_exe(), arguments.next()) {
        // Returns only when it failed.
        let _ = Command::new(program)
            .arg0(name)
            .args(arguments)
            .envs(missing.copied())
            .env(STARTED_ANEW, "1")
            .exec();
    }
}
