//! Which conditions a person should hear of, from what the checks found. Pure: who was told already is the notifier's.

use jiff::{SignedDuration, Timestamp};

use super::{
    account_checks::HORIZON_NEAR,
    check::{Check, CheckName, State},
    facts::{AccountFacts, Facts},
    silence::{self, Cause},
};
use crate::{
    domain::{
        account::AccountState,
        alert::{AlertCode, Condition, Severity},
        command::quoted,
        settings::print_duration,
    },
    ports::state::JobKind,
};

/// What the monitor says of a code and account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Holds(Condition),
    /// It does not.
    Over,
    /// It cannot be told now, or it may go on but not begin: leave it as it is.
    Leave,
}

/// Codes that follow a check which has been bad for a while.
const FOLLOWS: [(AlertCode, CheckName, State, SignedDuration); 7] = [
    (
        AlertCode::ZoomUnreachable,
        CheckName::ZoomApi,
        State::Critical,
        SignedDuration::ZERO,
    ),
    (
        AlertCode::DatabaseUnavailable,
        CheckName::Database,
        State::Critical,
        SignedDuration::ZERO,
    ),
    (
        AlertCode::QuotaExhausted,
        CheckName::Quota,
        State::Critical,
        SignedDuration::ZERO,
    ),
    // Comparing windows finds late records; most gaps are healed at the next look.
    (
        AlertCode::Completeness,
        CheckName::Completeness,
        State::Warning,
        SignedDuration::from_hours(1),
    ),
    (
        AlertCode::SyncFailing,
        CheckName::Sync,
        State::Critical,
        SignedDuration::ZERO,
    ),
    (
        AlertCode::WebhookSilent,
        CheckName::Webhook,
        State::Warning,
        SignedDuration::ZERO,
    ),
    (
        AlertCode::PurgeFailing,
        CheckName::Purge,
        State::Critical,
        SignedDuration::ZERO,
    ),
];

/// The verdict of every code that the monitor owns, for the daemon and each account.
#[must_use]
pub fn verdicts(facts: &Facts, checks: &[Check]) -> Vec<(AlertCode, Option<usize>, Verdict)> {
    let mut verdicts = vec![(AlertCode::DiskLow, None, disk(checks))];
    for (position, account) in facts.accounts.iter().enumerate() {
        let mut say = |code, verdict| verdicts.push((code, Some(position), verdict));
        for (code, name, worst, patience) in FOLLOWS {
            say(code, follow(facts, account, checks, (code, name, worst, patience)));
        }
        say(AlertCode::ReauthorizationRequired, reauthorization(account));
        say(AlertCode::GapHorizon, gap_horizon(facts, account));
        say(AlertCode::NoCdr, no_cdr(facts, account));
    }
    verdicts
}

fn disk(checks: &[Check]) -> Verdict {
    let found = checks
        .iter()
        .find(|check| check.name == CheckName::Disk)
        .map(|check| &check.finding);
    match found {
        Some(finding) if finding.state != State::Ok => Verdict::Holds(
            Condition::new(AlertCode::DiskLow, severity(finding.state), finding.message.clone())
                .cause("disk")
                .hint(finding.hint.clone().unwrap_or_default()),
        ),
        _ => Verdict::Over,
    }
}

const fn severity(state: State) -> Severity {
    match state {
        State::Critical => Severity::Critical,
        _ => Severity::Warning,
    }
}

fn follow(
    facts: &Facts,
    account: &AccountFacts,
    checks: &[Check],
    (code, name, worst, patience): (AlertCode, CheckName, State, SignedDuration),
) -> Verdict {
    let check = checks
        .iter()
        .find(|check| check.name == name && check.account.as_ref().is_some_and(|(id, _)| *id == account.account.id));
    let Some(check) = check else { return Verdict::Over };
    let finding = &check.finding;
    if finding.state == State::Ok || (finding.state == State::Warning && worst == State::Critical) {
        return Verdict::Over;
    }
    let condition = Condition::new(
        code,
        severity(finding.state),
        format!("{}: {}", account.account.name, finding.message),
    )
    .account(&account.account.id)
    .cause(name.as_str())
    .hint(finding.hint.clone().unwrap_or_default());
    if facts.daemon.now.duration_since(check.since) >= patience {
        Verdict::Holds(condition)
    } else {
        Verdict::Leave
    }
}

fn reauthorization(account: &AccountFacts) -> Verdict {
    let account = &account.account;
    if account.state != AccountState::ReauthorizationRequired {
        return Verdict::Over;
    }
    let reason = account
        .state_reason
        .clone()
        .unwrap_or_else(|| "Zoom no longer accepts our access".to_owned());
    Verdict::Holds(
        Condition::new(
            AlertCode::ReauthorizationRequired,
            Severity::Critical,
            format!("{} is not collected until a person authorizes it again", account.name),
        )
        .account(&account.id)
        .cause(reason)
        .hint(format!("callsyncctl account authorize {}", quoted(&account.name))),
    )
}

/// Calls that will be lost for good: Zoom keeps six months.
fn gap_horizon(facts: &Facts, account: &AccountFacts) -> Verdict {
    let near = account
        .first_loss
        .filter(|loss| loss.duration_since(facts.daemon.now) < HORIZON_NEAR);
    let Some(loss) = near else { return Verdict::Over };
    let name = &account.account.name;
    Verdict::Holds(
        Condition::new(
            AlertCode::GapHorizon,
            Severity::Critical,
            format!("{name}: calls are missing that Zoom no longer has after {loss}"),
        )
        .account(&account.account.id)
        .cause("Zoom keeps calls for six months")
        .hint(format!("callsyncctl cdr gaps {}", quoted(name))),
    )
}

/// Since when an account is quiet.
#[derive(Clone, Copy)]
enum Known {
    /// Its last call ended then; before the first call, collecting began then.
    Ended(Timestamp),
    /// Its database has not answered since we started: there may have been calls until the last good poll.
    NotBefore(Timestamp),
}

fn known_call(account: &AccountFacts) -> Option<Known> {
    match &account.last_summary {
        Some(summary) => summary
            .newest_record_end_time
            .or(account.active_since)
            .map(Known::Ended),
        // What is not even read yet is no silence.
        None => account
            .runs(JobKind::Cdr)
            .and_then(|runs| runs.last_success)
            .map(Known::NotBefore),
    }
}

/// The no-CDR rule of an account.
fn no_cdr(facts: &Facts, account: &AccountFacts) -> Verdict {
    let (account_is_gone, rule) = (
        account.account.state.is_withdrawn() || account.account.state == AccountState::PendingAuthorization,
        account.account.cdr.settings.no_cdr.as_ref(),
    );
    let Some(rule) = rule.filter(|_| !account_is_gone) else {
        return Verdict::Over;
    };
    let Some(known) = known_call(account) else {
        return Verdict::Over;
    };
    let (Known::Ended(last_call) | Known::NotBefore(last_call)) = known;
    let Some(silence) = silence::judge(rule, &facts.daemon.holidays, last_call, facts.daemon.now) else {
        return Verdict::Over;
    };
    if !silence.too_long {
        return match known {
            Known::Ended(_) => Verdict::Over,
            // Quiet for at least so long: that proves neither silence nor its end.
            Known::NotBefore(_) => Verdict::Leave,
        };
    }
    let cause = silence::cause(account);
    let name = quoted(&account.account.name);
    let hint = match cause {
        Cause::NoCallsAtZoom => {
            format!("ask whether people phone; compare with the admin portal: callsyncctl cdr show {name}")
        }
        Cause::ZoomUnreachable => format!("callsyncctl account test {name}"),
        Cause::Token => format!("callsyncctl account authorize {name}"),
        Cause::RateLimited => "callsyncctl status".to_owned(),
        Cause::Database => {
            format!(
                "callsyncctl server test {}",
                quoted(account.account.cdr.server.as_deref().unwrap_or("SERVER"))
            )
        }
        Cause::ProcessingOff => format!("callsyncctl cdr activate {name}"),
    };
    let seconds = u64::try_from(silence.quiet.as_secs()).unwrap_or(0);
    let condition = Condition::new(
        AlertCode::NoCdr,
        Severity::Critical,
        format!(
            "{}: no calls for more than {} inside its hours; {}",
            account.account.name,
            print_duration(seconds.min(rule.after_seconds)),
            match known {
                Known::Ended(at) => format!("the last one ended at {at}"),
                Known::NotBefore(at) => format!("the last look that worked was at {at}"),
            },
        ),
    )
    .account(&account.account.id)
    .cause(cause.as_str())
    .hint(hint);
    if silence.inside {
        Verdict::Holds(condition)
    } else {
        Verdict::Leave
    }
}
