//! The checks of one account. A check whose trouble comes from elsewhere stays `ok` and names the check to look at.

use jiff::{SignedDuration, Timestamp};

use super::{
    blame::{self, Root},
    check::{CheckName, Finding, State},
    facts::{AccountFacts, DaemonFacts, open_gaps},
};
use crate::{
    domain::{
        account::{AccountState, CdrState},
        command::quoted,
        failure::Fault,
        scope,
        settings::print_duration,
    },
    ports::{schedules::TurnOutcome, state::JobKind},
};

/// A due poll may start this much later: the timers look every half a minute.
const LATE: SignedDuration = SignedDuration::from_mins(3);
/// Part of the daily share at which it is nearly used up.
const QUOTA_NEARLY: f64 = 0.9;
/// A gap that Zoom will not fill any more after this is urgent.
pub(super) const HORIZON_NEAR: SignedDuration = SignedDuration::from_hours(24 * 14);
/// Zoom's webhook may say nothing of calls for so long.
const WEBHOOK_PATIENCE: SignedDuration = SignedDuration::from_hours(1);

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

    fn token(&self) -> Finding {
        let account = &self.facts.account;
        let name = &self.name;
        let reason = || {
            account
                .state_reason
                .clone()
                .unwrap_or_else(|| "no reason was kept".to_owned())
        };
        match account.state {
            AccountState::PendingAuthorization => Finding::bad(
                State::Warning,
                "nobody has authorized it yet",
                format!("callsyncctl account authorize {name}"),
            ),
            AccountState::ReauthorizationRequired => Finding::bad(
                State::Critical,
                format!("Zoom no longer accepts our access: {}", reason()),
                format!("callsyncctl account authorize {name}"),
            ),
            AccountState::Deauthorized => Finding::bad(
                State::Critical,
                format!("the organisation withdrew its consent: {}", reason()),
                format!("callsyncctl account confirm-deauthorization {name} --intended yes|no --by WHO"),
            ),
            AccountState::Retained | AccountState::RemovalScheduled | AccountState::Removed => {
                Finding::ok(format!("{}: nothing is collected", account.state))
            }
            AccountState::Authorized => {
                let missing = scope::missing(&account.granted_scopes);
                if missing.is_empty() {
                    return Finding::ok("Zoom accepts our access");
                }
                let names: Vec<&str> = missing.iter().map(|need| need.scope).collect();
                Finding::bad(
                    State::Warning,
                    format!(
                        "scopes are missing, so not everything is collected: {}",
                        names.join(", ")
                    ),
                    format!("callsyncctl account scopes {name}"),
                )
            }
        }
    }

    fn zoom_api(&self) -> Finding {
        match self.root {
            Some(Root::Zoom(fault)) => Finding::bad(
                State::Critical,
                fault.message.clone(),
                format!("{}; then: callsyncctl account test {}", fault.hint, self.name),
            ),
            Some(Root::Token) => Finding::ok("not asked: the check token says why"),
            _ => {
                let last = self.facts.runs.values().filter_map(|runs| runs.last_success).max();
                Finding::ok(last.map_or_else(
                    || "not asked yet".to_owned(),
                    |last| format!("answered {}", self.ago(last)),
                ))
            }
        }
    }

    fn quota(&self) -> Finding {
        let labels: Vec<String> = self
            .facts
            .quota
            .iter()
            .filter_map(|used| {
                used.per_day
                    .map(|per_day| format!("{} {}/{per_day}", used.label, used.used_today))
            })
            .collect();
        let uses = if labels.is_empty() {
            "no daily limit".to_owned()
        } else {
            labels.join(", ")
        };
        if let Some(Root::Quota(fault)) = self.root {
            return Finding::bad(
                State::Critical,
                format!("{} ({uses})", fault.message),
                format!("{}; see: callsyncctl status", fault.hint),
            );
        }
        let fullest = self
            .facts
            .quota
            .iter()
            .filter_map(|used| {
                used.per_day
                    .map(|per_day| used.used_today as f64 / per_day.max(1) as f64)
            })
            .fold(0.0, f64::max);
        let hint = "it goes on after 00:00 UTC; raise zoom: limits, then: systemctl reload callsyncd";
        if fullest >= 1.0 {
            Finding::bad(State::Critical, format!("our daily share is used up: {uses}"), hint)
        } else if fullest >= QUOTA_NEARLY {
            Finding::bad(
                State::Warning,
                format!("our daily share is nearly used up: {uses}"),
                hint,
            )
        } else {
            Finding::ok(uses)
        }
    }

    fn database(&self) -> Finding {
        let place = || {
            let cdr = &self.facts.account.cdr;
            format!(
                "{} on {}",
                cdr.database.as_deref().unwrap_or("-"),
                cdr.server.as_deref().unwrap_or("-")
            )
        };
        let server = quoted(self.facts.account.cdr.server.as_deref().unwrap_or("SERVER"));
        match self.root {
            Some(Root::Database(fault)) => Finding::bad(
                State::Critical,
                format!("{}: {}", place(), fault.message),
                if fault.hint.is_empty() {
                    format!("callsyncctl server test {server}")
                } else {
                    format!("{}; then: callsyncctl server test {server}", fault.hint)
                },
            ),
            Some(Root::Disk(_)) => Finding::ok("waits: the check disk says why"),
            _ => match &self.facts.summary {
                Some((_, Ok(summary))) => Finding::ok(format!("{} holds {} calls", place(), summary.records)),
                _ => Finding::ok(place()),
            },
        }
    }

    fn completeness(&self) -> Finding {
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

    fn elements_backlog(&self) -> Finding {
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

    fn schedule(&self) -> Finding {
        if let Some(waits) = self.elsewhere() {
            return waits;
        }
        if let Some(missed) = self.missed_turn() {
            return missed;
        }
        let run = format!("callsyncctl cdr run {}", self.name);
        let settling = self
            .facts
            .active_since
            .is_none_or(|since| self.daemon.now.duration_since(since) < LATE);
        match self.facts.next_poll {
            _ if self.facts.polling || settling => Finding::ok("a poll is at work or about to start"),
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

    fn cdr_lag(&self) -> Finding {
        if let Some(waits) = self.elsewhere() {
            return waits;
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

    fn sync(&self) -> Finding {
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

    /// Calls ended long after Zoom last told us of one: its webhook does not get here.
    fn webhook(&self) -> Option<Finding> {
        let webhook = self.daemon.webhook.as_ref()?;
        let heard = self
            .facts
            .last_webhook
            .unwrap_or(webhook.listening_since)
            .max(webhook.listening_since);
        let newest = self
            .facts
            .last_summary
            .as_ref()
            .and_then(|summary| summary.newest_record_end_time);
        let last = self.facts.last_webhook.map_or_else(
            || "nothing yet".to_owned(),
            |last| format!("last event {}", self.ago(last)),
        );
        Some(match newest {
            Some(newest) if newest.duration_since(heard) > WEBHOOK_PATIENCE => Finding::bad(
                State::Warning,
                format!(
                    "there are calls, but Zoom's webhook told nothing of them ({last}); polling still collects them"
                ),
                "check Event Subscriptions of the app at marketplace.zoom.us, the proxy before listen: address, and the secret; then: callsyncctl doctor",
            ),
            _ => Finding::ok(last),
        })
    }

    fn purge(&self) -> Finding {
        let runs = self.facts.runs(JobKind::Purge);
        match runs.and_then(|runs| runs.failure.as_ref()) {
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
