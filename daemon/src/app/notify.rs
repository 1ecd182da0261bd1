//! What systemd is told: ready, reloading, stopping, one useful line, and that we are alive.

use std::time::Duration;

use sd_notify::NotifyState;
use tracing::debug;

/// Tells systemd; without systemd it does nothing. A notice that cannot be sent is not worth failing for.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        debug!(%error, "systemd could not be notified");
    }
}

/// The daemon answers on its socket.
pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The configuration is being read again. [`ready`] must follow, whatever comes of it.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => debug!(%error, "the monotonic clock could not be read"),
    }
}

/// The daemon is ending.
pub fn stopping() {
    tell(&[
        NotifyState::Stopping,
        NotifyState::Status("stopping: finishing the current commits"),
    ]);
}

/// One useful line for `systemctl status`.
pub fn status(line: &str) {
    tell(&[NotifyState::Status(line)]);
}

/// The core tasks made progress.
pub fn watchdog() {
    tell(&[NotifyState::Watchdog]);
}

/// How often systemd wants to hear that we are alive; nothing without a watchdog.
#[must_use]
pub fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}
