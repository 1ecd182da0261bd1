//! Checks of the work for an account: polls, completeness, elements, sync, purge, schedules.

use jiff::SignedDuration;

use super::{Context, HORIZON_NEAR};
use crate::{
    domain::failure::Cause,
    monitor::{
        blame::Root,
        check::{Finding, State},
        facts::open_gaps,
    },
    ports::{schedules::TurnOutcome, state::JobKind},
};

/// A due poll may start this much later: the timers look every half a minute.
const LATE: SignedDuration = SignedDuration::from_mins(3);

/// The code of a purge that took only the primary database.
const ARCHIVE_NOT_PURGED: &str = "archive_not_purged";

impl Context<'_> {
    pub(super) fn completeness(&self) -> Finding {
        let Some(summary) = &self.facts.last_summary else {
            return Finding::ok("not compared yet");
        };
        let ledger = &summary.ledger;
        let held = format!("{:.4} % of what Zoom has is held", ledger.completeness() * 100.0);
        let open = open_gaps(summary);
        if open == 0 {
            let lost = match summary.gaps {
                0 => String::new(),
                lost => format!("; {lost} older windows can no longer be filled"),
            };
            return Finding::ok(format!(
                "{} of {} windows compared, {held}{lost}",
                ledger.compared, ledger.windows
            ));
        }
        let gaps = format!("callsyncctl cdr gaps {}", self.name);
        let missing = format!("{open} windows hold fewer calls than Zoom has, {held}");
        match self.facts.first_loss {
            Some(loss) if loss.duration_since(self.daemon.now) < HORIZON_NEAR => Finding::bad(
                State::Critical,
                format!("{missing}; from {loss} on Zoom no longer has all of them"),
                gaps,
            ),
            _ => Finding::bad(
                State::Warning,
                format!("{missing}; they are read again by themselves"),
                gaps,
            ),
        }
    }

    pub(super) fn elements_backlog(&self) -> Finding {
        let pending = self
            .facts
            .last_summary
            .as_ref()
            .map_or(0, |summary| summary.elements_pending);
        if let Some(waits) = self.elsewhere() {
            return waits;
        }
        match self
            .facts
            .runs(JobKind::Elements)
            .and_then(|runs| runs.failure.as_ref())
        {
            Some(failed) if pending > 0 && !self.is_elsewhere(&failed.fault) => Finding::bad(
                State::Warning,
                format!("{pending} calls wait for their elements: {}", failed.fault.message),
                format!("{}; then: callsyncctl account test {}", failed.fault.hint, self.name),
            ),
            _ => Finding::ok(format!("{pending} calls wait for their elements")),
        }
    }

    pub(super) fn schedule(&self) -> Finding {
        if let Some(waits) = self.elsewhere() {
            return waits;
        }
        if let Some(missed) = self.missed_turn() {
            return missed;
        }
        let run = format!("callsyncctl cdr run {}", self.name);
        match self.facts.next_poll {
            _ if self.facts.polling || self.settling() => Finding::ok("a poll is at work or about to start"),
            Some(next) if self.daemon.now.duration_since(next) > LATE => Finding::bad(
                State::Critical,
                format!("the poll that was due {} has not started", self.ago(next)),
                run,
            ),
            Some(next) => Finding::ok(format!("next poll at {next}")),
            None => Finding::bad(
                State::Critical,
                "no poll is scheduled although processing is active",
                run,
            ),
        }
    }

    /// A due run that was missed, until a later one ends well. What the scheduler made up for says so.
    fn missed_turn(&self) -> Option<Finding> {
        let (kind, turn) = self.facts.turns.iter().find(|(kind, turn)| {
            let last = self.facts.runs(*kind).and_then(|runs| runs.last_success);
            turn.outcome != TurnOutcome::Started && last < Some(turn.at)
        })?;
        let why = turn
            .reason
            .as_deref()
            .map(|reason| format!(": {reason}"))
            .unwrap_or_default();
        let message = match turn.outcome {
            TurnOutcome::Skipped => format!("the {kind} due at {} was skipped{why}", turn.due),
            _ => format!(
                "the {kind} due at {} was missed and is made up for since {}",
                turn.due, turn.at
            ),
        };
        Some(Finding::bad(
            State::Warning,
            message,
            format!("callsyncctl job list {}", self.name),
        ))
    }

    /// We have just started, or collecting has.
    fn settling(&self) -> bool {
        self.facts
            .active_since
            .is_none_or(|since| self.daemon.now.duration_since(since) < LATE)
    }

    pub(super) fn cdr_lag(&self) -> Finding {
        if let Some(waits) = self.elsewhere() {
            return waits;
        }
        // Every start polls: what was not collected while we were down comes now.
        if self.facts.polling && self.settling() {
            return Finding::ok("the first poll after a start is at work");
        }
        let interval = i64::try_from(self.facts.account.cdr.settings.poll_interval_seconds).unwrap_or(86_400);
        let polls = self.facts.runs(JobKind::Cdr);
        let success = polls.and_then(|runs| runs.last_success);
        let Some(since) = success.max(self.facts.active_since.filter(|_| success.is_none())) else {
            return Finding::ok("no poll yet");
        };
        let lag = self.daemon.now.duration_since(since).as_secs();
        let state = if lag > interval.saturating_mul(12).max(3_600) {
            State::Critical
        } else if lag > interval.saturating_mul(3).saturating_add(120) {
            State::Warning
        } else {
            return Finding::ok(format!("last good poll {}", self.ago(since)));
        };
        let (why, hint) = polls.and_then(|runs| runs.failure.as_ref()).map_or_else(
            || (String::new(), format!("callsyncctl cdr run {} --wait", self.name)),
            |failed| {
                let hint = format!("{}; then: callsyncctl cdr run {} --wait", failed.fault.hint, self.name);
                (format!(": {}", failed.fault.message), hint)
            },
        );
        Finding::bad(state, format!("last good poll {}{why}", self.ago(since)), hint)
    }

    pub(super) fn sync(&self) -> Finding {
        let runs = self.facts.runs(JobKind::Sync);
        let failed = runs.and_then(|runs| runs.failure.as_ref().map(|failed| (runs.partial, &failed.fault)));
        match failed {
            None => Finding::ok(runs.and_then(|runs| runs.last_success).map_or_else(
                || "no sync yet".to_owned(),
                |last| format!("last good sync {}", self.ago(last)),
            )),
            Some((_, fault)) if self.is_elsewhere(fault) => self.tried_again("sync"),
            Some((partial, fault)) => Finding::bad(
                if partial { State::Warning } else { State::Critical },
                format!(
                    "the last sync {}: {}",
                    if partial { "brought only a part" } else { "failed" },
                    fault.message
                ),
                format!("{} Then: callsyncctl sync run {} --wait", fault.hint, self.name),
            ),
        }
    }

    /// What keeps data from going where it belongs, beside the purge: a failed archive run, erasure or removal. It is
    /// told until one ends well, whether or not the account collects.
    pub(super) fn disposal(&self) -> Option<Finding> {
        let kinds: &[_] = if self.facts.account.state.is_withdrawn() {
            &[(JobKind::Removal, "removal", "removal run", "--yes-irreversible --wait")]
        } else {
            &[
                (
                    JobKind::Erase,
                    "erasure of a person",
                    "subject erase",
                    "… --yes-irreversible --wait",
                ),
                (JobKind::Archive, "archive run", "archive run", "--wait"),
            ]
        };
        kinds.iter().find_map(|(kind, what, verb, flags)| {
            let fault = &self.facts.runs(*kind)?.failure.as_ref()?.fault;
            match self.root {
                // The database that is down now has a check of its own. That of the archive has none, and neither have
                // databases of an account that is withdrawn.
                Some(Root::Database(_) | Root::Disk(_) | Root::StateStore(_)) => return Some(self.tried_again(what)),
                _ if fault.cause == Cause::Blocked => return None,
                _ => {}
            }
            let before = if fault.hint.is_empty() {
                String::new()
            } else {
                format!("{}; then: ", fault.hint)
            };
            Some(Finding::bad(
                State::Critical,
                format!("the last {what} failed: {}", fault.message),
                format!("{before}callsyncctl {verb} {} {flags}", self.name),
            ))
        })
    }

    pub(super) fn purge(&self) -> Finding {
        if let Some(disposal) = self.disposal() {
            return disposal;
        }
        let runs = self.facts.runs(JobKind::Purge);
        match runs.and_then(|runs| runs.failure.as_ref()) {
            // No other check looks at the archive.
            Some(failed) if failed.fault.code == ARCHIVE_NOT_PURGED => {
                Finding::bad(State::Critical, failed.fault.message.clone(), failed.fault.hint.clone())
            }
            Some(failed) if self.is_elsewhere(&failed.fault) => self.tried_again("purge"),
            Some(failed) => Finding::bad(
                State::Critical,
                format!("the last purge failed: {}", failed.fault.message),
                format!(
                    "{}; then: callsyncctl purge run {} --yes --wait",
                    failed.fault.hint, self.name
                ),
            ),
            None if self.facts.account.cdr.settings.retain.is_none() => Finding::ok("nothing is ever purged"),
            None => Finding::ok(runs.and_then(|runs| runs.last_success).map_or_else(
                || "no purge yet".to_owned(),
                |last| format!("last good purge {}", self.ago(last)),
            )),
        }
    }
}
