//! The checks of the daemon as a whole.

use std::time::Duration;

use super::{
    blame::{Root, root},
    check::{CheckName, Finding, State},
    facts::{DaemonFacts, Disk, Facts},
};
use crate::domain::alert::DeliveryState;

/// The timers look every half a minute; longer silence means that they are stuck.
const STUCK: Duration = Duration::from_secs(90);
/// A state store that takes longer makes every answer late.
const SLOW: Duration = Duration::from_secs(1);
const GIB: u64 = 1 << 30;
const MIB: u64 = 1 << 20;

/// All checks of the daemon.
#[must_use]
pub fn all(facts: &Facts) -> Vec<(CheckName, Finding)> {
    let daemon = &facts.daemon;
    let mut checks = vec![
        (CheckName::Daemon, running(daemon)),
        (CheckName::StateStore, state_store(facts)),
        // Whoever reads this was answered.
        (CheckName::Control, Finding::ok("the control socket answers")),
        (CheckName::Disk, disk(facts)),
        (CheckName::Alerts, alerts(daemon)),
    ];
    if daemon.webhook.is_none() {
        checks.push((
            CheckName::Webhook,
            Finding::ok("not configured: calls are found by polling"),
        ));
    }
    checks
}

fn running(daemon: &DaemonFacts) -> Finding {
    if daemon.timers_idle > STUCK {
        return Finding::bad(
            State::Critical,
            format!(
                "a core task has not made progress for {} s",
                daemon.timers_idle.as_secs()
            ),
            "systemctl restart callsyncd; and report it with: journalctl -u callsyncd",
        );
    }
    if let Some(error) = &daemon.config_trouble {
        return Finding::bad(
            State::Warning,
            format!(
                "the changed configuration is refused, the old one is in force: {}",
                first_line(error)
            ),
            "callsyncctl config check; correct the file; then: systemctl reload callsyncd",
        );
    }
    Finding::ok(format!("runs since {}", daemon.started_at))
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn state_store(facts: &Facts) -> Finding {
    const HINT: &str = "journalctl -u callsyncd says more; check the disk of state_directory: df -h /var/lib/callsyncd";
    let failed = facts.accounts.iter().find_map(|account| match root(account) {
        Some(Root::StateStore(fault)) => Some(fault),
        _ => None,
    });
    match (&facts.daemon.state_store, failed) {
        (Err(error), _) => Finding::bad(
            State::Critical,
            format!("the state store does not answer: {error}"),
            HINT,
        ),
        (_, Some(fault)) => Finding::bad(State::Critical, fault.message, HINT),
        (Ok(took), None) if *took > SLOW => Finding::bad(
            State::Warning,
            format!("the state store took {} ms to answer", took.as_millis()),
            HINT,
        ),
        (Ok(_), None) => Finding::ok("answers"),
    }
}

/// How a file system stands: little left of it both in parts and in bytes.
#[must_use]
pub fn space(free: u64, total: u64) -> State {
    let part = |percent: u64| u128::from(free) * 100 < u128::from(total) * u128::from(percent);
    if free < MIB || (part(3) && free < GIB) {
        State::Critical
    } else if part(10) && free < 5 * GIB {
        State::Warning
    } else {
        State::Ok
    }
}

fn disk(facts: &Facts) -> Finding {
    let full = facts.accounts.iter().find_map(|account| match root(account) {
        Some(Root::Disk(fault)) => Some(fault),
        _ => None,
    });
    if let Some(fault) = full {
        return Finding::bad(
            State::Critical,
            fault.message,
            "free space there; collecting goes on by itself. Look with: df -h",
        );
    }
    let mut worst = Finding::ok("no directory of ours");
    for disk in &facts.daemon.disks {
        let found = one_disk(disk);
        if State::worst([found.state, worst.state]) != worst.state || worst.message.starts_with("no directory") {
            worst = found;
        }
    }
    worst
}

fn one_disk(disk: &Disk) -> Finding {
    let path = disk.path.display();
    let look = format!("free space there, or move it: df -h {path}");
    match &disk.space {
        Err(error) => Finding::bad(State::Warning, format!("{path} cannot be examined: {error}"), look),
        Ok((free, total)) => {
            let message = format!(
                "{path} ({}) has {} MiB free of {} MiB",
                disk.holds,
                free / MIB,
                total / MIB
            );
            match space(*free, *total) {
                State::Ok => Finding::ok(message),
                state => Finding::bad(state, message, look),
            }
        }
    }
}

fn alerts(daemon: &DaemonFacts) -> Finding {
    let given_up = daemon
        .undelivered
        .iter()
        .filter(|delivery| delivery.state == DeliveryState::Failed)
        .count();
    match daemon.undelivered.last() {
        None if daemon.channels == 0 => {
            Finding::ok("no channel is configured; add alerts: email or webhook to the configuration")
        }
        None => Finding::ok(format!("{} channels, nothing undelivered", daemon.channels)),
        Some(last) => Finding::bad(
            if given_up > 0 { State::Critical } else { State::Warning },
            format!(
                "{} notifications could not be delivered, {given_up} of them are given up; {}: {}",
                daemon.undelivered.len(),
                last.channel,
                last.last_error.as_deref().unwrap_or("no reason was kept")
            ),
            format!("callsyncctl alert test {}; then: callsyncctl alert list", last.channel),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_low_when_little_is_left_in_parts_and_in_bytes() {
        assert_eq!(space(50 * GIB, 1_000 * GIB), State::Ok, "5 % of a large disk is a lot");
        assert_eq!(space(4 * GIB, 100 * GIB), State::Warning);
        assert_eq!(space(GIB / 2, 100 * GIB), State::Critical);
        assert_eq!(
            space(15 * MIB, 16 * MIB),
            State::Ok,
            "a small file system that is empty"
        );
        assert_eq!(space(MIB / 2, 16 * MIB), State::Critical);
        assert_eq!(space(0, 0), State::Critical);
    }
}
