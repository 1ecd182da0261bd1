//! The checks of one account: what is outside, and collecting. A check whose trouble comes from elsewhere stays `ok` and names the check to look at.

mod collecting;
mod outside;

use jiff::{SignedDuration, Timestamp};

use super::{
    blame::{self, Root},
    check::{CheckName, Finding},
    facts::{AccountFacts, DaemonFacts},
};
use crate::domain::{
    account::{AccountState, CdrState},
    command::{about, quoted},
    failure::Fault,
    settings::print_duration,
};

/// A gap that Zoom will not fill any more after this is urgent.
pub(super) const HORIZON_NEAR: SignedDuration = SignedDuration::from_hours(24 * 14);

/// All checks of one account.
#[must_use]
pub fn all(facts: &AccountFacts, daemon: &DaemonFacts) -> Vec<(CheckName, Finding)> {
    let root = blame::root(facts);
    let context = Context {
        facts,
        daemon,
        root: root.as_ref(),
        name: quoted(&facts.account.name),
    };
    let mut checks = vec![(CheckName::Token, context.token())];
    if facts.account.state == AccountState::PendingAuthorization || facts.account.state.is_withdrawn() {
        checks.extend(context.disposal().map(|finding| (CheckName::Purge, finding)));
        return checks;
    }
    checks.push((CheckName::ZoomApi, context.zoom_api()));
    checks.push((CheckName::Quota, context.quota()));
    if facts.summary.is_some() {
        checks.push((CheckName::Database, context.database()));
        checks.push((CheckName::Completeness, context.completeness()));
        checks.push((CheckName::ElementsBacklog, context.elements_backlog()));
    }
    if facts.account.cdr.state == CdrState::Active {
        checks.push((CheckName::Schedule, context.schedule()));
        checks.push((CheckName::CdrLag, context.cdr_lag()));
        checks.push((CheckName::Sync, context.sync()));
        checks.extend(context.webhook().map(|finding| (CheckName::Webhook, finding)));
        checks.push((CheckName::Purge, context.purge()));
    } else {
        checks.extend(context.disposal().map(|finding| (CheckName::Purge, finding)));
    }
    for (_, finding) in &mut checks {
        finding.hint = finding.hint.take().map(|hint| about(&hint, &facts.account.name));
    }
    checks
}

struct Context<'f> {
    facts: &'f AccountFacts,
    daemon: &'f DaemonFacts,
    root: Option<&'f Root>,
    name: String,
}

impl Context<'_> {
    /// The trouble is told by another check.
    fn elsewhere(&self) -> Option<Finding> {
        self.root
            .map(|root| Finding::ok(format!("waits: the check {} says why", root.check())))
    }

    /// Whether a job failed for something that another check tells of, or told of: then it is tried again by itself.
    fn is_elsewhere(&self, fault: &Fault) -> bool {
        self.root.is_some() || blame::of_fault(fault).is_some()
    }

    fn tried_again(&self, what: &str) -> Finding {
        self.elsewhere().unwrap_or_else(|| {
            Finding::ok(format!(
                "the last {what} failed for a reason that is gone; it is tried again"
            ))
        })
    }

    fn ago(&self, then: Timestamp) -> String {
        let seconds = self.daemon.now.duration_since(then).as_secs().max(0);
        let rounded = match seconds {
            0..120 => seconds,
            120..7_200 => seconds / 60 * 60,
            _ => seconds / 3_600 * 3_600,
        };
        format!("{} ago", print_duration(rounded.unsigned_abs()))
    }
}
