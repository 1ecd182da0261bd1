//! Checks of what an account depends on: Zoom, its access, its share of requests, its database, its webhook.

use jiff::SignedDuration;

use super::Context;
use crate::{
    domain::{account::AccountState, command::quoted, scope},
    monitor::{
        blame::Root,
        check::{Finding, State},
    },
    ports::zoom::QuotaUse,
};

/// Part of the daily share at which it is nearly used up.
const QUOTA_NEARLY: f64 = 0.9;
/// Zoom's webhook may say nothing of calls for so long.
const WEBHOOK_PATIENCE: SignedDuration = SignedDuration::from_hours(1);

impl Context<'_> {
    pub(super) fn token(&self) -> Finding {
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
                format!("callsyncctl account confirm-deauthorization {name} --intended yes --by WHO"),
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

    pub(super) fn zoom_api(&self) -> Finding {
        match self.root {
            Some(Root::Zoom(fault)) => Finding::bad(
                State::Critical,
                fault.message.clone(),
                format!("{}; then: callsyncctl account test {}", fault.hint, self.name),
            ),
            Some(Root::Token) => Finding::ok("not asked: the check token says why"),
            _ => {
                let last = self.facts.runs.values().filter_map(|runs| runs.answered).max();
                Finding::ok(last.map_or_else(
                    || "not asked yet".to_owned(),
                    |last| format!("answered {}", self.ago(last)),
                ))
            }
        }
    }

    pub(super) fn quota(&self) -> Finding {
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
        let hint =
            "it goes on after 00:00 UTC; raise zoom: limits, then: systemctl reload callsyncd; see: callsyncctl status";
        let blocked = self
            .facts
            .quota
            .iter()
            .find_map(|used| Some((used.label, used.blocked_until?)));
        if let Some((label, until)) = blocked {
            return Finding::bad(
                State::Critical,
                format!("Zoom's daily limit for {label} requests is used up until {until} ({uses})"),
                "other apps of this Zoom account use the same limit; it goes on by itself when Zoom allows it; see: callsyncctl status",
            );
        }
        let limited = || self.facts.quota.iter().filter_map(|used| Some((used, used.per_day?)));
        if limited().any(|(used, per_day)| used.used_today >= per_day) {
            return Finding::bad(State::Critical, format!("our daily share is used up: {uses}"), hint);
        }
        // Backfill uses what fresh calls leave, so a share that is nearly used up is no fault by itself.
        if limited().any(|(used, per_day)| self.runs_short(used, per_day)) {
            return Finding::bad(
                State::Warning,
                format!("our daily share may not last for fresh calls until 00:00 UTC: {uses}"),
                hint,
            );
        }
        Finding::ok(uses)
    }

    /// Whether less is left of the day's share than fresh calls take until its end.
    fn runs_short(&self, used: &QuotaUse, per_day: u64) -> bool {
        let second_of_day = self.daemon.now.as_second().rem_euclid(86_400);
        let part_left = (86_400 - second_of_day) as f64 / 86_400.0;
        let left = per_day.saturating_sub(used.used_today) as f64;
        used.used_today as f64 >= QUOTA_NEARLY * per_day as f64 && left < used.fresh_per_day * part_left
    }

    pub(super) fn database(&self) -> Finding {
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

    /// Calls ended long after Zoom last told us of one: its webhook does not get here.
    pub(super) fn webhook(&self) -> Option<Finding> {
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
}
