//! What use cases need to report conditions to people, and what the notifier needs to keep them.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::{
    account::AccountId,
    alert::{Alert, AlertCode, Channel, Condition, Delivery, Mute},
    failure::Outcome,
};

/// Reports conditions. They are told by code and account: raising one that holds already only renews its texts, so
/// callers may raise at every look and after every restart. Each code has one owner that raises and resolves it:
/// `deauthorized` and `removal_due` belong to de-authorization and removal, all others to the monitor.
#[async_trait]
pub trait Alerts: Send + Sync {
    /// The condition holds. True when it is announced: it did not hold before, or is at another stage. Durable before
    /// it returns; telling people happens afterwards, and again until a channel accepts it.
    ///
    /// # Errors
    /// The state store does not answer.
    async fn raise(&self, condition: Condition) -> Outcome<bool>;

    /// The condition holds no longer. True when it did.
    ///
    /// # Errors
    /// The state store does not answer.
    async fn resolve(&self, code: AlertCode, account: Option<&AccountId>) -> Outcome<bool>;
}

/// Conditions and their notifications, durable. A condition and its notifications are written in one transaction: a
/// crash neither loses nor doubles one.
#[async_trait]
pub trait AlertBook: Send + Sync {
    /// Keeps a condition, with a notification for each channel when it is new or at another stage; under a mute they
    /// wait for its end. The alert when it is announced.
    async fn raise(&self, condition: Condition, channels: Vec<Channel>, now: Timestamp) -> Outcome<Option<Alert>>;

    /// Ends a condition, with a notification for each channel that was told of it; one that nobody was told of yet
    /// ends silently. The alert when it held.
    async fn resolve(&self, code: AlertCode, account: Option<&AccountId>, now: Timestamp) -> Outcome<Option<Alert>>;

    /// Conditions that hold, or also those that ended, newest first.
    async fn alerts(&self, ended_too: bool, limit: usize) -> Outcome<Vec<Alert>>;

    /// The notifications that are due, oldest first, with their alerts.
    async fn due(&self, now: Timestamp, limit: usize) -> Outcome<Vec<(Delivery, Alert)>>;

    /// When the next notification is due.
    async fn next_due(&self) -> Outcome<Option<Timestamp>>;

    /// Notifications that failed at least once and were not accepted since, given up ones of this long ago included.
    async fn troubled(&self, given_up_since: Timestamp) -> Outcome<Vec<Delivery>>;

    /// Keeps what became of a notification.
    async fn save_delivery(&self, delivery: &Delivery) -> Outcome<()>;

    /// Silences a code until an instant; an earlier mute of the same code and account is replaced.
    async fn mute(&self, mute: Mute, now: Timestamp) -> Outcome<()>;

    /// Mutes in force.
    async fn mutes(&self, now: Timestamp) -> Outcome<Vec<Mute>>;

    /// Deletes conditions that ended before an instant, with their notifications; how many.
    async fn prune_alerts(&self, before: Timestamp) -> Outcome<u64>;
}

/// What became of a try of one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelTrial {
    /// Which one.
    pub channel: Channel,
    /// Where it leads, without secrets.
    pub target: String,
    /// Why it did not take the message, or not for everybody.
    pub error: Option<String>,
}

/// The configured channels.
#[async_trait]
pub trait Channels: Send + Sync {
    /// Which there are.
    fn configured(&self) -> Vec<Channel>;

    /// What a person should know of them although they work.
    fn warnings(&self) -> Vec<String>;

    /// Sends a message to try them out: over all, or over one.
    async fn trial(&self, only: Option<Channel>) -> Vec<ChannelTrial>;

    /// Something became due earlier: a mute was shortened.
    fn look_again(&self);
}
