//! Another time for a daemon: libfaketime, which the dynamically linked binary takes as the system's clock.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicI64, Ordering},
};

use jiff::{SignedDuration, Timestamp};

use crate::{daemon::Launch, skipping};

/// Where Debian and Fedora put it.
const LIBRARIES: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib64/faketime/libfaketimeMT.so.1",
];

/// The library, or the test is skipped.
#[must_use]
pub fn library() -> Option<&'static str> {
    let found = LIBRARIES.into_iter().find(|path| Path::new(path).exists());
    if found.is_none() {
        skipping::without_tool("needs libfaketime: apt-get install faketime");
    }
    found
}

/// A clock that a test moves while the daemon runs.
#[derive(Debug)]
pub struct MovableClock {
    library: &'static str,
    file: PathBuf,
    ahead: AtomicI64,
}

impl MovableClock {
    /// One that shows the system's time until it is moved; absent without the library.
    #[must_use]
    pub fn new(home: &Path) -> Option<Self> {
        let clock = Self {
            library: library()?,
            file: home.join("clock"),
            ahead: AtomicI64::new(0),
        };
        clock.advance(SignedDuration::ZERO);
        Some(clock)
    }

    /// Moves it by so much; it runs on from there.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn advance(&self, by: SignedDuration) {
        self.show(self.ahead.load(Ordering::Relaxed) + by.as_secs());
    }

    /// Sets it to an instant, ahead or back; it runs on from there.
    ///
    /// # Panics
    /// When the file cannot be written.
    #[expect(
        clippy::disallowed_methods,
        reason = "the distance from real time is what the library is told"
    )]
    pub fn set(&self, to: Timestamp) {
        self.show(Timestamp::now().duration_until(to).as_secs());
    }

    fn show(&self, ahead: i64) {
        self.ahead.store(ahead, Ordering::Relaxed);
        // As a whole: the daemon reads it whenever it asks for the time.
        let partial = self.file.with_extension("partial");
        fs::write(&partial, format!("{ahead:+}\n")).expect("the file of the clock");
        fs::rename(&partial, &self.file).expect("the file of the clock in place");
    }

    /// Lets a daemon see it, and the machine's own count of time move with it when `monotonic`.
    #[must_use]
    pub fn shown_to(&self, launch: Launch, monotonic: bool) -> Launch {
        let launch = launch
            .variable("LD_PRELOAD", self.library)
            .variable("FAKETIME_TIMESTAMP_FILE", &self.file)
            .variable("FAKETIME_NO_CACHE", "1");
        if monotonic {
            launch
        } else {
            launch.variable("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        }
    }
}
