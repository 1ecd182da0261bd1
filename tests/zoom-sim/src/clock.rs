//! What the simulator takes for "now": the system's clock, possibly shifted, or one that a test moves by hand.

use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Shared by the simulator and the test: clones show the same time.
#[derive(Clone, Debug)]
pub enum Clock {
    System(SystemClock),
    Manual(ManualClock),
}

/// The system's clock plus an offset that `advance` and `set` change; it keeps running.
#[derive(Clone, Debug, Default)]
pub struct SystemClock(Arc<Mutex<SignedDuration>>);

/// Stands still until it is moved.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    pub fn new(at: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(at)))
    }

    pub fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn advance(&self, by: Duration) {
        let mut at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *at = shift(*at, by);
    }

    pub fn set(&self, to: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::System(SystemClock::default())
    }
}

impl From<ManualClock> for Clock {
    fn from(clock: ManualClock) -> Self {
        Self::Manual(clock)
    }
}

impl Clock {
    pub fn manual(at: Timestamp) -> Self {
        Self::Manual(ManualClock::new(at))
    }

    pub fn is_manual(&self) -> bool {
        matches!(self, Self::Manual(_))
    }

    pub fn now(&self) -> Timestamp {
        match self {
            Self::System(clock) => {
                let offset = *clock.0.lock().unwrap_or_else(PoisonError::into_inner);
                wall_clock().checked_add(offset).unwrap_or(Timestamp::MAX)
            }
            Self::Manual(clock) => clock.now(),
        }
    }

    pub fn advance(&self, by: Duration) {
        match self {
            Self::System(clock) => {
                let mut offset = clock.0.lock().unwrap_or_else(PoisonError::into_inner);
                *offset += SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
            }
            Self::Manual(clock) => clock.advance(by),
        }
    }

    /// A system clock runs on from `to`; a manual one stands there.
    pub fn set(&self, to: Timestamp) {
        match self {
            Self::System(clock) => {
                let offset = wall_clock().duration_until(to);
                *clock.0.lock().unwrap_or_else(PoisonError::into_inner) = offset;
            }
            Self::Manual(clock) => clock.set(to),
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "this file is the clock everybody else asks")]
fn wall_clock() -> Timestamp {
    Timestamp::now()
}

/// `at + by`, held at the end of time instead of failing.
pub(crate) fn shift(at: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by)
        .ok()
        .and_then(|by| at.checked_add(by).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Clock, ManualClock};
    use jiff::Timestamp;
    use std::time::Duration;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let hand = ManualClock::new(Timestamp::UNIX_EPOCH);
        let clock = Clock::from(hand.clone());
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH);
        hand.advance(Duration::from_secs(90));
        assert_eq!(clock.now().as_second(), 90);
    }

    #[test]
    fn a_system_clock_can_be_shifted() {
        let clock = Clock::default();
        let before = clock.now();
        clock.advance(Duration::from_secs(3600));
        assert!(clock.now().duration_since(before).as_secs() >= 3600);
    }
}
