//! What only the machine and the one who wires the daemon know.

use std::time::Duration;

use jiff::{Timestamp, civil::Date};

use super::facts::{Disk, WebhookFacts};
use crate::domain::account::Account;

/// Answers at once, without waiting for anything.
pub trait Host: Send + Sync {
    /// Where data is written, and the space there.
    fn disks(&self) -> Vec<Disk>;

    /// How long ago the timers did their round.
    fn timers_idle(&self) -> Duration;

    /// Why the last reload of the configuration was refused.
    fn config_trouble(&self) -> Option<String>;

    /// Zoom's webhook, when one is configured.
    fn webhook(&self) -> Option<WebhookFacts>;

    /// When Zoom's webhook last told something of an account.
    fn last_webhook(&self, account: &Account) -> Option<Timestamp>;

    /// Days on which silence is no alert.
    fn holidays(&self) -> Vec<Date>;
}
