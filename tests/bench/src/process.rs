//! Memory, processor use and writes of a process, as the kernel counts them.

use std::{
    fmt, fs,
    time::{Duration, Instant},
};

/// `VmRSS`, `VmHWM` or another size of `/proc/PID/status` in MiB.
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

/// Bytes the process has handed to its disks.
#[must_use]
pub fn written(pid: u32) -> u64 {
    let io = fs::read_to_string(format!("/proc/{pid}/io")).unwrap_or_default();
    let line = io.lines().find_map(|line| line.strip_prefix("write_bytes:"));
    line.and_then(|text| text.trim().parse().ok()).unwrap_or_default()
}

/// A process from now on.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    pid: u32,
    began: Instant,
    processor: Duration,
    written: u64,
}

/// What a process used while it was watched.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Wall time.
    pub took: Duration,
    /// Processor time of all its threads.
    pub processor: Duration,
    /// Most memory at any moment, in MiB (`VmHWM`).
    pub peak: f64,
    /// Bytes handed to its disks.
    pub written: u64,
}

impl Watch {
    /// Forgets the peak of its memory so far. The kernel allows that to root and to the owner of the process.
    #[must_use]
    pub fn start(pid: u32) -> Self {
        // Where it is refused the peak is that of the whole life, which is never less.
        let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
        Self {
            pid,
            began: Instant::now(),
            processor: processor_time(pid),
            written: written(pid),
        }
    }

    /// What was used since.
    #[must_use]
    pub fn stop(&self) -> Usage {
        Usage {
            took: self.began.elapsed(),
            processor: processor_time(self.pid).saturating_sub(self.processor),
            peak: memory(self.pid, "VmHWM"),
            written: written(self.pid).saturating_sub(self.written),
        }
    }
}

impl Usage {
    /// Share of one core.
    #[must_use]
    pub fn cores(&self) -> f64 {
        self.processor.as_secs_f64() / self.took.as_secs_f64()
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.2} s, {:.2} CPU s, {:.1} MiB at most",
            self.took.as_secs_f64(),
            self.processor.as_secs_f64(),
            self.peak
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Watch, memory};

    #[test]
    fn this_process_is_seen() {
        assert!(memory(std::process::id(), "VmRSS") > 0.5);
        let watch = Watch::start(std::process::id());
        let started = std::time::Instant::now();
        while started.elapsed().as_millis() < 60 {
            std::hint::spin_loop();
        }
        let used = watch.stop();
        assert!(!used.processor.is_zero() && used.peak > 0.5, "{used}");
    }
}
