//! Memory and processor use of a process, as the kernel counts them.

use std::{fs, time::Duration};

/// `VmRSS` or `VmHWM` in MiB.
#[must_use]
pub fn memory(pid: u32, which: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(which))
        .unwrap_or_default();
    let kib = line
        .trim_start_matches(':')
        .split_whitespace()
        .next()
        .and_then(|text| text.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}

/// Processor time used so far, in user and kernel mode, all threads.
#[must_use]
pub fn processor_time(pid: u32) -> Duration {
    let mut nanoseconds = 0;
    // Clock ticks of /proc/PID/stat are too coarse for an idle process; the scheduler counts in nanoseconds.
    for task in fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        nanoseconds += text
            .split(' ')
            .next()
            .and_then(|text| text.parse::<u64>().ok())
            .unwrap_or_default();
    }
    Duration::from_nanos(nanoseconds)
}
