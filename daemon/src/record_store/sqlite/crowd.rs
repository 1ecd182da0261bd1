//! How many databases are open for work at a time in this process.
//!
//! An open connection holds its parsed schema and a cache, a few hundred KiB. After a start a hundred accounts want to
//! work in the same moment; what the heap grows to then it mostly keeps, so they take turns.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Databases that are open without anybody having to wait. In tests time is short and several play at once: waiting for
/// turns would be most of what they do.
const MANY: usize = if cfg!(test) { 8 } else { 4 };
/// Longest wait for a turn. Then it goes on all the same: others may be at work for hours.
const LONGEST_WAIT: Duration = Duration::from_millis(200);

static CROWD: Crowd = Crowd {
    count: Mutex::new(Count { inside: 0, waiting: 0 }),
    left: Condvar::new(),
};

struct Crowd {
    count: Mutex<Count>,
    left: Condvar,
}

struct Count {
    inside: usize,
    waiting: usize,
}

impl Crowd {
    fn count(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A database that is open for work, for as long as this lives.
pub(super) struct Turn(());

impl Turn {
    /// Waits for a turn. Blocks, not for long.
    pub fn take() -> Self {
        let mut count = CROWD.count();
        if count.inside >= MANY {
            count.waiting += 1;
            let (after, _) = CROWD
                .left
                .wait_timeout_while(count, LONGEST_WAIT, |count| count.inside >= MANY)
                .unwrap_or_else(PoisonError::into_inner);
            count = after;
            count.waiting -= 1;
        }
        count.inside += 1;
        Self(())
    }

    /// Whether somebody waits for this one to end.
    pub fn is_wanted(&self) -> bool {
        CROWD.count().waiting > 0
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        CROWD.count().inside -= 1;
        CROWD.left.notify_one();
    }
}
