//! What one commit takes in: calls, what they prove of their window, and what came of it.

use jiff::Timestamp;

use crate::domain::{
    ledger::{LedgerWindow, WindowState},
    table::{Rejected, Row},
    window::Window,
};

/// A batch of calls of one window, committed in one transaction with what it proves.
#[derive(Debug, Clone, Default)]
pub struct CallBatch {
    /// Calls, as `CALL_HISTORY` rows.
    pub calls: Vec<Row>,
    /// Records without a key.
    pub rejected: Vec<Rejected>,
    /// Put new and changed calls on the element backlog.
    pub want_elements: bool,
    /// What is true once this batch is committed.
    pub proves: Vec<Proof>,
}

/// What a commit proves. It is stored in the same transaction as the rows, so a crash can neither lose nor repeat it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// Polling has seen every call that ended before this instant and was published by now. May stay unwritten for
    /// up to an hour while nothing changes: re-reading is harmless, writing on every idle poll is not.
    Watermark(Timestamp),
    /// These calls are no longer at Zoom: their rows are marked before the windows of this batch are counted.
    Deleted(Vec<String>),
    /// A window of the ledger was compared with Zoom. An expired one stays expired.
    Compared(Comparison),
    /// The backfill with this id has everything from here to its end.
    BackfilledTo {
        /// Id of the request.
        id: i64,
        /// Everything from here on is collected.
        done_until: Timestamp,
    },
}

impl Proof {
    /// The window of the ledger that it enters.
    #[must_use]
    pub const fn window(&self) -> Option<Window> {
        match self {
            Self::Compared(found) => Some(found.window),
            Self::Watermark(_) | Self::Deleted(_) | Self::BackfilledTo { .. } => None,
        }
    }
}

/// What a comparison of a window found. Whether the window is complete is decided by what is held once the batch is
/// stored: as many as Zoom's total, or as many received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The window.
    pub window: Window,
    /// What Zoom said the total is.
    pub zoom_total: ZoomTotal,
    /// Distinct records received, when the window was read as a whole.
    pub received: Option<u64>,
    /// Zoom sent less than it has, or answered for less than was asked: then the window is not complete, whatever is
    /// held.
    pub short: bool,
    /// How many of [`AGES`](crate::domain::ledger::AGES) the window has reached.
    pub stage: u8,
    /// When to compare next if it is complete.
    pub next_if_complete: Option<Timestamp>,
    /// When to compare next if it is not.
    pub next_if_incomplete: Timestamp,
    /// Comparisons in a row that left it incomplete, this one included, if it does.
    pub attempts: u32,
    /// Calls that this comparison found to be deleted at Zoom.
    pub deleted: u64,
    /// What was noteworthy; nothing keeps the last note.
    pub note: Option<String>,
}

impl Comparison {
    /// What the entry says once `held` calls are held: total, state, next comparison, attempts.
    #[must_use]
    pub fn settle(&self, held: u64) -> (Option<u64>, WindowState, Option<Timestamp>, u32) {
        let total = match self.zoom_total {
            ZoomTotal::Said(total) => Some(total),
            ZoomTotal::AsHeld => Some(held),
            ZoomTotal::Unknown => None,
        };
        let has_all = |total| held.max(self.received.unwrap_or(0)) >= total;
        let state = match total {
            _ if self.short => WindowState::Incomplete,
            None => WindowState::Unverified,
            Some(total) if has_all(total) => WindowState::Complete,
            Some(_) => WindowState::Incomplete,
        };
        if state == WindowState::Incomplete {
            (total, state, Some(self.next_if_incomplete), self.attempts)
        } else {
            (total, state, self.next_if_complete, 0)
        }
    }
}

/// A total of Zoom's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZoomTotal {
    /// As Zoom said it.
    Said(u64),
    /// What is held: Zoom's total of a larger span was received as a whole.
    AsHeld,
    /// Zoom named none.
    Unknown,
}

/// Changes of the ledger that need no request to Zoom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerChange {
    /// Entries that go; others take their place.
    pub remove: Vec<Window>,
    /// Entries as they are to be; what is held is counted when they are stored. An expired one stays expired.
    pub enter: Vec<LedgerWindow>,
}

/// What a person, or Zoom's webhook, names as deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gone {
    /// `call_history_uuid`s; their elements go with them.
    pub calls: Vec<String>,
    /// `call_element_id`s, in whichever calls.
    pub elements: Vec<String>,
}

impl Gone {
    /// Whether it names nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.elements.is_empty()
    }
}

/// What a commit did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Rows that were new.
    pub added: u64,
    /// Rows whose content differed.
    pub changed: u64,
    /// Rows that were there already; they cost no write.
    pub unchanged: u64,
    /// Records newly kept aside.
    pub rejected: u64,
}

impl std::ops::AddAssign for Receipt {
    fn add_assign(&mut self, other: Self) {
        self.added += other.added;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        self.rejected += other.rejected;
    }
}
