//! A budget of refusals: whoever sends garbage soon gets no more than a word.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Refusals explained at once.
const MOST: f64 = 100.0;
/// And again each second.
const PER_SECOND: f64 = 10.0;

/// Counts refusals. Signed posts never touch it, so garbage cannot crowd them out.
pub struct Budget(Mutex<(f64, Instant)>);

impl Default for Budget {
    fn default() -> Self {
        Self(Mutex::new((MOST, Instant::now())))
    }
}

impl Budget {
    /// Takes one; false when there is none.
    pub fn take(&self) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let (left, since) = *state;
        let left = (left + now.saturating_duration_since(since).as_secs_f64() * PER_SECOND).min(MOST);
        let enough = left >= 1.0;
        *state = (if enough { left - 1.0 } else { left }, now);
        enough
    }

    /// Whether one could be taken.
    pub fn is_empty(&self) -> bool {
        let (left, since) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        left + since.elapsed().as_secs_f64() * PER_SECOND < 1.0
    }
}

/// How often the journal is told of refusals, at most.
pub const TOLD_EVERY: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_cut_short_and_forgiven_later() {
        let budget = Budget::default();
        assert_eq!((0..10_000).filter(|_| budget.take()).count(), 100);
        assert!(budget.is_empty());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!budget.is_empty());
        assert_eq!((0..10_000).filter(|_| budget.take()).count(), 10);
    }
}
