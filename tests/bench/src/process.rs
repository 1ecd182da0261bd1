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

/// The unit of `/proc/PID/stat` on Linux, as every program sees it.
const TICK: Duration = Duration::from_millis(10);

/// Processor time used so far, in user and kernel mode, by all threads, also those that have ended. Ten milliseconds
/// are its grain: watch for long.
#[must_use]
pub fn processor_time(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in brackets may hold anything; what follows it are numbers, utime and stime the 12th and 13th.
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|text| text.parse::<u32>().ok());
    TICK * ticks.sum::<u32>()
}

#[cfg(test)]
mod tests {
    use super::{memory, processor_time};

    #[test]
    fn this_process_is_seen() {
        assert!(memory(std::process::id(), "VmRSS") > 0.5);
        let started = std::time::Instant::now();
        while started.elapsed().as_millis() < 60 {
            std::hint::spin_loop();
        }
        assert!(!processor_time(std::process::id()).is_zero());
    }
}
