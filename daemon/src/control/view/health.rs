//! Health.

use callsync_shared::api::health::{Check as CheckView, Health as View};

use crate::monitor::{
    Health,
    check::{Check, State},
};

/// `health` as somebody may see it who sees the enterprise groups for which `sees` is true. Words about the daemon as
/// a whole can name accounts, so they are only for who sees everything.
#[must_use]
pub fn health(health: &Health, sees: impl Fn(&str) -> bool, sees_all: bool) -> View {
    let visible: Vec<&Check> = health
        .checks
        .iter()
        .filter(|check| match &check.account {
            None => true,
            Some((id, _)) => health
                .facts
                .accounts
                .iter()
                .any(|facts| facts.account.id == *id && sees(&facts.account.group)),
        })
        .collect();
    View {
        state: State::worst(visible.iter().map(|check| check.finding.state)).to_string(),
        at: health.at,
        checks: visible.into_iter().map(|check| one(check, sees_all)).collect(),
    }
}

fn one(check: &Check, sees_all: bool) -> CheckView {
    let finding = &check.finding;
    let silent = check.account.is_none() && !sees_all && finding.state != State::Ok;
    CheckView {
        name: check.name.to_string(),
        account: check.account.as_ref().map(|(_, name)| name.clone()),
        state: finding.state.to_string(),
        message: if silent {
            "an administrator should look".to_owned()
        } else {
            finding.message.clone()
        },
        hint: if silent {
            Some("ask an administrator to type callsyncctl health".to_owned())
        } else {
            finding.hint.clone()
        },
        since: check.since,
    }
}
