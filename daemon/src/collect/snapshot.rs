//! CDR processing of one account at an instant: what `cdr show` tells.

use super::outlook::Outlook;
use crate::{
    domain::{account::Account, failure::Fault},
    ports::{records::Summary, state::Activity},
};

/// What is known of CDR processing now.
#[derive(Debug, Clone)]
pub struct CdrSnapshot {
    /// The account with its settings.
    pub account: Account,
    /// Attempts and errors of polling.
    pub polls: Activity,
    /// Counts from the database; the fault when it does not answer; nothing while there is no database.
    pub summary: Option<Result<Summary, Fault>>,
    /// What is left to do; absent where the quota was not looked at.
    pub outlook: Option<Outlook>,
}
