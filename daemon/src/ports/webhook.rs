//! What the webhook needs to remember: what it has seen, and what is still to be applied.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::{account::AccountId, failure::Outcome};

/// A signed post as it is to be remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Digest of signature and timestamp: the very same post.
    pub post: [u8; 32],
    /// Digest of what happened: the same event, perhaps posted again.
    pub event: [u8; 32],
    /// When.
    pub at: Timestamp,
    /// What it asks us to do, when anything.
    pub entry: Option<NewEntry>,
}

/// What an event asks us to do, kept until it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// For which account.
    pub account: AccountId,
    /// What to do.
    pub errand: Errand,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// Calls with these keys were deleted at Zoom.
    CallsDeleted(Vec<String>),
    /// Elements with these keys were deleted at Zoom.
    ElementsDeleted(Vec<String>),
    /// The organisation withdrew its consent.
    Deauthorized {
        /// The Zoom user who did it.
        user: Option<String>,
        /// Whether user data may be kept, when the event says so.
        may_keep: Option<bool>,
    },
}

/// What is known of a signed post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reception {
    /// Nothing: it is new and now remembered, with the number of its entry.
    New(Option<i64>),
    /// The same event came before in another post: Zoom repeats what it thinks was lost.
    Repeated,
    /// The very same post came before.
    Replayed,
}

/// An entry that waits to be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub id: i64,
    /// When it came.
    pub received_at: Timestamp,
    /// What it is.
    pub entry: NewEntry,
}

/// The memory of the webhook. Bounded: what is too old to be accepted again is forgotten.
#[async_trait]
pub trait WebhookBook: Send + Sync {
    /// Judges and remembers posts, all of them in one transaction; durable before it returns.
    /// `Cause::Internal`, code `inbox_full` when too much waits to be applied.
    async fn receive(&self, posts: Vec<Received>) -> Outcome<Vec<Reception>>;

    /// What waits, oldest first.
    async fn waiting(&self, limit: usize) -> Outcome<Vec<Entry>>;

    /// An entry was applied, or never can be.
    async fn applied(&self, id: i64) -> Outcome<()>;

    /// When a valid post last came.
    async fn last_received(&self) -> Outcome<Option<Timestamp>>;
}
