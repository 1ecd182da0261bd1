//! Promises of the monitor: one fault turns one check, with a command in its hint; conditions begin and end once.

mod faults;
mod no_cdr;
mod openmetrics;

use std::{collections::HashMap, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{
    account_checks,
    check::{Check, CheckName, State},
    daemon_checks,
    facts::{AccountFacts, DaemonFacts, Disk, Facts, Runs},
};
use crate::{
    domain::{
        account::{Account, AccountId, AccountState, AuthKind, Cdr, CdrState},
        failure::{Cause, Fault},
        scope,
        settings::CdrSettings,
    },
    ports::{
        records::Summary,
        state::{Job, JobKind, JobState},
        zoom::QuotaUse,
    },
};

pub(super) fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// A Friday.
pub(super) fn now() -> Timestamp {
    time("2026-03-06T12:00:00Z")
}

pub(super) fn ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

pub(super) fn account() -> Account {
    let settings = CdrSettings {
        enabled: true,
        ..CdrSettings::default()
    };
    Account {
        id: AccountId("a1".to_owned()),
        name: "ACME Ltd".to_owned(),
        group: "Sales".to_owned(),
        auth: AuthKind::OAuth,
        state: AccountState::Authorized,
        state_reason: None,
        zoom_account_id: None,
        account_number: None,
        authorized_by: None,
        granted_scopes: scope::REQUIRED
            .iter()
            .map(|required| required.scope.to_owned())
            .collect(),
        pending: None,
        cdr: Cdr {
            state: CdrState::Active,
            server: Some("local".to_owned()),
            database: Some("acme".to_owned()),
            settings,
            lists_all: Some(true),
        },
        created_at: ago(100_000),
    }
}

/// Everything is well.
pub(super) fn facts() -> Facts {
    let summary = Summary {
        newest_record_end_time: Some(ago(3)),
        records: 900,
        disposed: 100,
        ..Summary::default()
    };
    let quota = QuotaUse {
        label: "heavy",
        used_today: 10,
        per_day: Some(15_000),
        per_second: 8.0,
        fresh_per_day: 0.0,
        blocked_until: None,
    };
    let mut facts = AccountFacts {
        account: account(),
        runs: HashMap::new(),
        summary: Some((now(), Ok(summary.clone()))),
        last_summary: Some(summary),
        first_loss: None,
        quota: vec![quota],
        next_poll: Some(now() + SignedDuration::from_mins(4)),
        turns: Vec::new(),
        polling: false,
        active_since: Some(ago(10_000)),
        last_webhook: None,
    };
    for kind in [JobKind::Cdr, JobKind::Sync, JobKind::Elements, JobKind::Purge] {
        facts.runs.entry(kind).or_default().note(&job(kind, 2, None));
    }
    Facts {
        daemon: DaemonFacts {
            now: now(),
            started_at: ago(10_000),
            timers_idle: Duration::from_secs(5),
            config_trouble: None,
            state_store: Ok(Duration::from_millis(1)),
            disks: vec![Disk {
                holds: "databases of local".to_owned(),
                path: "/var/lib/callsyncd".into(),
                space: Ok((500 << 30, 1_000 << 30)),
            }],
            webhook: None,
            channels: 2,
            undelivered: Vec::new(),
            holidays: Vec::new(),
        },
        accounts: vec![facts],
    }
}

pub(super) fn job(kind: JobKind, minutes_ago: i64, error: Option<Fault>) -> Job {
    Job {
        id: "j".to_owned(),
        kind,
        account: Some(AccountId("a1".to_owned())),
        state: if error.is_some() {
            JobState::Failed
        } else {
            JobState::Succeeded
        },
        parameters: "{}".to_owned(),
        done: 0,
        total: None,
        unit: "records",
        created_at: ago(minutes_ago + 1),
        started_at: Some(ago(minutes_ago + 1)),
        finished_at: Some(ago(minutes_ago)),
        result: "{}".to_owned(),
        error,
        retryable: true,
    }
}

pub(super) fn fault(cause: Cause, code: &'static str) -> Fault {
    Fault::new(cause, code, format!("it failed with {code}")).hint("look at it")
}

impl Facts {
    fn one(&mut self) -> &mut AccountFacts {
        &mut self.accounts[0]
    }

    /// Jobs of these kinds fail one after the other, newest last.
    pub(super) fn fail(&mut self, kinds: &[JobKind], fault: &Fault) {
        for kind in kinds {
            let runs: &mut Runs = self.one().runs.entry(*kind).or_default();
            runs.note(&job(*kind, 1, Some(fault.clone())));
        }
    }
}

/// The checks, all of them since an hour.
pub(super) fn checks(facts: &Facts) -> Vec<Check> {
    let of_daemon = daemon_checks::all(facts)
        .into_iter()
        .map(|(name, finding)| (name, None, finding));
    let of_accounts = facts.accounts.iter().flat_map(|account| {
        let who = (account.account.id.clone(), account.account.name.clone());
        account_checks::all(account, &facts.daemon)
            .into_iter()
            .map(move |(name, finding)| (name, Some(who.clone()), finding))
    });
    of_daemon
        .chain(of_accounts)
        .map(|(name, account, finding)| Check {
            name,
            account,
            finding,
            since: ago(60),
        })
        .collect()
}

/// The checks that are not well, with their states.
pub(super) fn bad(facts: &Facts) -> Vec<(CheckName, State)> {
    checks(facts)
        .into_iter()
        .filter(|check| check.finding.state != State::Ok)
        .map(|check| (check.name, check.finding.state))
        .collect()
}
