//! Purges and holds.

use std::collections::BTreeMap;

use callsync_shared::api::retention::{
    Archive, ArchiveRun, Hold as HoldView, Purge, Restorable, Subject, SubjectMatches,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    domain::retention::{Class, Cutoffs, Person},
    ports::retention::{Disposal, Hold, Tally},
    retention::{archive::Standing, purge::Purged, subject::Matches},
};

/// `hold add`, an item of `hold list`.
#[must_use]
pub fn hold(hold: &Hold, account: &str) -> HoldView {
    let person = |kind: &str| {
        let person = hold.extent.person.as_ref().filter(|person| person.kind() == kind);
        person.map(|person| person.text().to_owned())
    };
    HoldView {
        id: hold.id.clone(),
        account: account.to_owned(),
        number: person("number"),
        email: person("email"),
        extension: person("extension"),
        from: hold.extent.from,
        to: hold.extent.to,
        reason: hold.reason.clone(),
        placed_by: hold.placed_by.clone(),
        placed_at: hold.placed_at,
    }
}

/// A hold in the audit log, which is never erased: what kind of person it is about, not who.
#[must_use]
pub fn audited(hold: &Hold, account: &str) -> Value {
    json!({
        "id": hold.id, "account": account, "person": hold.extent.person.as_ref().map(Person::kind),
        "from": hold.extent.from, "to": hold.extent.to, "reason": hold.reason,
    })
}

/// `purge preview`.
#[must_use]
pub fn purged(purged: &Purged, account: &str) -> Purge {
    let rows = [
        ("calls", purged.tally.calls),
        ("elements", purged.tally.elements),
        ("rejected", purged.rejected),
        ("directory", purged.directory),
        ("history", purged.history),
    ];
    Purge {
        account: account.to_owned(),
        id: None,
        started_at: None,
        finished_at: None,
        cutoff: cutoff(&purged.cutoffs),
        cutoffs: cutoffs(&purged.cutoffs),
        rows: rows.map(|(class, rows)| (class.to_owned(), rows)).into(),
        held: purged.held,
    }
}

/// An item of `purge history`.
#[must_use]
pub fn run(run: &Disposal, account: &str) -> Purge {
    let of_run = Purged {
        cutoffs: run.cutoffs,
        tally: run.tally,
        rejected: run.rejected,
        directory: run.directory,
        history: run.history,
        held: run.held,
    };
    Purge {
        id: Some(run.id.clone()),
        started_at: Some(run.started_at),
        finished_at: run.finished_at,
        ..purged(&of_run, account)
    }
}

fn cutoff(cutoffs: &Cutoffs) -> Option<Timestamp> {
    cutoffs
        .calls
        .or(cutoffs.elements)
        .or(cutoffs.directory)
        .or(cutoffs.history)
}

fn cutoffs(cutoffs: &Cutoffs) -> BTreeMap<String, Option<Timestamp>> {
    let of = |class: Class, cutoff| (class.as_str().to_owned(), cutoff);
    BTreeMap::from([
        of(Class::Calls, cutoffs.calls),
        of(Class::Elements, cutoffs.elements),
        of(Class::Directory, cutoffs.directory),
        of(Class::History, cutoffs.history),
    ])
}

fn tally(tally: Tally) -> BTreeMap<String, u64> {
    [("calls", tally.calls), ("elements", tally.elements)]
        .map(|(class, rows)| (class.to_owned(), rows))
        .into()
}

/// `archive status`.
#[must_use]
pub fn archive(standing: Standing, account: &str) -> Archive {
    Archive {
        account: account.to_owned(),
        server: standing.server,
        database: standing.database,
        after_days: standing.after_days,
        cutoff: standing.cutoff,
        archived: tally(standing.archived),
        waiting: tally(standing.waiting),
        held: standing.held,
        rejected: standing.rejected,
        last_run: standing.last_run.map(|run| ArchiveRun {
            rows: tally(run.tally),
            cutoff: run.cutoffs.calls,
            id: run.id,
            started_at: run.started_at,
            finished_at: run.finished_at,
            held: run.held,
        }),
    }
}

/// `archive restore --dry-run`.
#[must_use]
pub fn restorable(rows: Tally, account: &str) -> Restorable {
    Restorable {
        account: account.to_owned(),
        rows: tally(rows),
    }
}

/// `subject find`.
#[must_use]
pub fn subject(matches: &Matches, account: &str) -> Subject {
    Subject {
        account: account.to_owned(),
        matches: SubjectMatches {
            calls: matches.calls,
            elements: matches.elements,
            users: matches.users,
            directory: matches.entries,
            rejected: matches.rejected,
        },
        archived: matches.archived,
        held: matches.held,
    }
}
