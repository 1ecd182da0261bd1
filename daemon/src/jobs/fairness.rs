//! Which job may start now, which comes first, and who gives way: fresh calls always find a place, and no account
//! starves another.

use std::{collections::HashMap, time::Duration};

use crate::{
    domain::account::AccountId,
    ports::state::{Job, JobKind, JobState},
};

/// Jobs at work at once, over all accounts. Each holds at most a few pages of records.
const AT_ONCE: usize = 32;
/// Of these, places for everything but fresh calls and tokens: a flood of other work never delays a poll.
const AT_EASE: usize = 24;
/// Of those, places for either of the two classes that take long, so that neither takes all.
const OF_A_CLASS: usize = 16;

/// How work competes for places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Fresh calls, and what they need.
    Fresh,
    /// What keeps the present complete.
    Present,
    /// The past.
    Past,
}

const fn class(kind: JobKind) -> Class {
    match kind {
        JobKind::Token | JobKind::Cdr => Class::Fresh,
        JobKind::Reconcile | JobKind::Sync | JobKind::Elements => Class::Present,
        JobKind::Backfill
        | JobKind::Purge
        | JobKind::Archive
        | JobKind::Restore
        | JobKind::Removal
        | JobKind::Erase => Class::Past,
    }
}

/// Fresh calls before gaps, gaps before everything else, the past last.
const fn rank(kind: JobKind) -> u8 {
    match kind {
        JobKind::Token => 0,
        JobKind::Cdr => 1,
        JobKind::Reconcile => 2,
        JobKind::Sync | JobKind::Elements => 3,
        JobKind::Backfill => 4,
        JobKind::Purge | JobKind::Archive | JobKind::Restore | JobKind::Removal | JobKind::Erase => 5,
    }
}

/// Work that can run for hours and goes on where it was when it is run again: it gives way to others for a while.
const fn gives_way(kind: JobKind) -> bool {
    matches!(kind, JobKind::Backfill | JobKind::Elements)
}

/// One of a kind an account at a time, and a bounded number in all.
pub(super) fn may_start(job: &Job, all: &[Job]) -> bool {
    is_free(job, all) && has_place(job, all)
}

/// Whether no job of this kind runs for this account.
fn is_free(job: &Job, all: &[Job]) -> bool {
    !running(all).any(|other| other.kind == job.kind && other.account == job.account)
}

fn has_place(job: &Job, all: &[Job]) -> bool {
    let of = |wanted: Class| running(all).filter(|other| class(other.kind) == wanted).count();
    let own = class(job.kind);
    let (present, past) = (of(Class::Present), of(Class::Past));
    running(all).count() < AT_ONCE && (own == Class::Fresh || (present + past < AT_EASE && of(own) < OF_A_CLASS))
}

/// The job to start next: by rank; within a rank, of the account with the fewest jobs at work, then of the one that
/// was served longest ago, then the oldest.
pub(super) fn first<'a>(all: &'a [Job], served: &HashMap<AccountId, u64>) -> Option<&'a Job> {
    all.iter()
        .filter(|job| job.state == JobState::Queued && may_start(job, all))
        .min_by_key(|job| {
            let busy = running(all).filter(|other| other.account == job.account).count();
            let turn = job.account.as_ref().and_then(|account| served.get(account)).copied();
            (rank(job.kind), busy, turn, &job.id)
        })
}

/// The job that gives its place to one that waits for nothing but a place: of another account, of the fuller class,
/// the one with the longest turn. `turns` holds how long each running job has had one, where that is enough.
pub(super) fn who_gives_way(all: &[Job], turns: &HashMap<String, Duration>) -> Option<String> {
    let fullness = |job: &Job| {
        running(all)
            .filter(|other| class(other.kind) == class(job.kind))
            .count()
    };
    all.iter()
        .filter(|job| job.state == JobState::Queued && is_free(job, all) && !has_place(job, all))
        .filter(|waiting| class(waiting.kind) != Class::Fresh)
        .find_map(|waiting| {
            running(all)
                .filter(|job| gives_way(job.kind) && job.account != waiting.account)
                .filter_map(|job| turns.get(&job.id).map(|turn| (fullness(job), turn, &job.id)))
                .max()
                .map(|(.., id)| id.clone())
        })
}

fn running(all: &[Job]) -> impl Iterator<Item = &Job> {
    all.iter().filter(|job| job.state == JobState::Running)
}

#[cfg(test)]
mod tests;
