//! Which one thing is to blame when jobs of an account fail, so that one fault turns one check and not six.

use jiff::Timestamp;

use super::facts::{AccountFacts, Failed};
use crate::{
    domain::{
        account::{AccountState, CdrState},
        failure::{Cause, Fault},
    },
    ports::state::JobKind,
};

/// Kinds of jobs that talk to Zoom.
const ASKING: [JobKind; 6] = [
    JobKind::Cdr,
    JobKind::Backfill,
    JobKind::Reconcile,
    JobKind::Elements,
    JobKind::Sync,
    JobKind::Token,
];

/// What keeps an account from being collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// Zoom does not accept us; a person is needed.
    Token,
    /// A disk is full.
    Disk(Fault),
    /// The database.
    Database(Fault),
    /// Zoom does not answer.
    Zoom(Fault),
    /// A rate limit or our share.
    Quota(Fault),
    /// Our own state store.
    StateStore(Fault),
}

impl Root {
    /// The check that tells of it.
    #[must_use]
    pub const fn check(&self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Disk(_) => "disk",
            Self::Database(_) => "database",
            Self::Zoom(_) => "zoom_api",
            Self::Quota(_) => "quota",
            Self::StateStore(_) => "state_store",
        }
    }
}

/// Whether a fault says that a disk is full.
#[must_use]
pub fn is_disk_full(fault: &Fault) -> bool {
    fault.code.contains("full")
}

/// The other thing that a failed job shows to be at fault.
#[must_use]
pub fn of_fault(fault: &Fault) -> Option<Root> {
    if is_disk_full(fault) {
        return Some(Root::Disk(fault.clone()));
    }
    match fault.cause {
        Cause::Database => Some(Root::Database(fault.clone())),
        // The past gives way to fresh calls: that is how it is meant to be, and nothing anybody has to see to.
        Cause::RateLimit if fault.code == "quota_kept" => None,
        Cause::RateLimit => Some(Root::Quota(fault.clone())),
        Cause::Reauthorization | Cause::Blocked => Some(Root::Token),
        Cause::Internal if fault.code.starts_with("state_") => Some(Root::StateStore(fault.clone())),
        Cause::Zoom if is_reach(fault) => Some(Root::Zoom(fault.clone())),
        _ => None,
    }
}

/// Whether a fault of Zoom's side concerns everything of the account, and not one listing.
fn is_reach(fault: &Fault) -> bool {
    matches!(
        fault.code,
        "zoom_unreachable"
            | "phone_not_enabled"
            | "endpoint_gone"
            // No token can be had for the app: nothing of it can be asked.
            | "client_credentials_invalid"
            | "app_disabled"
            | "grant_not_supported"
            | "scope_mismatch"
    )
}

/// Whether a failure of this kind of job proves that something of the account is down. Backfill and comparisons give
/// way to fresh calls long before the day's share is used up: that they wait is no fault.
fn proves(kind: JobKind, fault: &Fault) -> bool {
    let gives_way = matches!(kind, JobKind::Backfill | JobKind::Reconcile);
    !(gives_way && fault.cause == Cause::RateLimit) && of_fault(fault).is_some()
}

/// The newest failure of a job that no answer to another one disproves.
fn standing_failure(facts: &AccountFacts) -> Option<Failed> {
    let runs = || ASKING.iter().filter_map(|kind| Some((*kind, facts.runs(*kind)?)));
    let failed = runs()
        .filter_map(|(kind, runs)| Some((kind, runs.failure.as_ref()?)))
        .filter(|(kind, failed)| proves(*kind, &failed.fault))
        .map(|(_, failed)| failed)
        .max_by_key(|failed| failed.at)?;
    let later_answer: Option<Timestamp> = runs().filter_map(|(_, runs)| runs.answered).max();
    (later_answer < Some(failed.at)).then(|| failed.clone())
}

/// Zoom answers, but refuses for good to list calls: a scope was taken from the app, or an error of its own. What it
/// answers to other jobs does not disprove that.
fn refused_polls(facts: &AccountFacts) -> Option<Root> {
    let cdr = &facts.account.cdr;
    let fault = &facts.runs(JobKind::Cdr)?.failure.as_ref()?.fault;
    let is_refused = matches!(fault.code, "zoom_error" | "missing_scope");
    let collects = cdr.state == CdrState::Active && cdr.settings.enabled;
    (is_refused && collects).then(|| Root::Zoom(fault.clone()))
}

/// What keeps the account from being collected, if anything does. The first that explains the others.
#[must_use]
pub fn root(facts: &AccountFacts) -> Option<Root> {
    if facts.account.state != AccountState::Authorized {
        return Some(Root::Token);
    }
    if let Some((_, Err(fault))) = &facts.summary {
        return of_fault(fault).or_else(|| Some(Root::Database(fault.clone())));
    }
    let Some(failed) = standing_failure(facts) else {
        return refused_polls(facts);
    };
    match of_fault(&failed.fault) {
        // The database has answered since: the next poll will find that out.
        Some(Root::Database(_)) if matches!(&facts.summary, Some((at, Ok(_))) if *at > failed.at) => None,
        found => found,
    }
}
