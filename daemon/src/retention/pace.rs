//! How much is written at once: collection waits for one write at most, so each has to be short.

use std::time::Duration;

use tokio::time::Instant;

/// What one write should take. The next poll or the next page waits that long in the worst case.
const AIM: Duration = Duration::from_millis(100);
const FEWEST: usize = 20;
const MOST: usize = 2_000;

/// Adapts the size of batches to what the database can do, and rests between them.
#[derive(Debug)]
pub struct Pace {
    size: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { size: 200 }
    }
}

impl Pace {
    /// How many calls the next batch should have.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Learns from a batch that began then, and rests half as long as it took.
    pub async fn rest(&mut self, began: Instant) {
        let took = began.elapsed();
        self.learn(took);
        tokio::time::sleep((took / 2).min(AIM)).await;
    }

    fn learn(&mut self, took: Duration) {
        if took > AIM * 2 {
            self.size = (self.size / 2).max(FEWEST);
        } else if took < AIM / 2 {
            self.size = (self.size * 2).min(MOST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_databases_get_small_batches_and_fast_ones_large() {
        let mut pace = Pace::default();
        for _ in 0..10 {
            pace.learn(Duration::from_secs(2));
        }
        assert_eq!(pace.size(), FEWEST);
        for _ in 0..10 {
            pace.learn(Duration::from_millis(1));
        }
        assert_eq!(pace.size(), MOST);
        pace.learn(AIM);
        assert_eq!(pace.size(), MOST, "as it should be: nothing changes");
    }
}
