//! The metrics as OpenMetrics text.
//!
//! Names and labels are an interface: dashboards and alert rules are made of them.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::{
    check::State,
    facts::AccountFacts,
    watch::{Health, Monitor, Watching as _},
};
use crate::{
    domain::{
        account::{AccountState, CdrState},
        alert::AlertCode,
    },
    ports::{records::Summary, state::JobKind, zoom::RequestCount},
};

/// Media type of the text.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Whoever serves the metrics.
#[async_trait::async_trait]
pub trait Metrics: Send + Sync {
    /// The metrics now, as OpenMetrics text.
    async fn openmetrics(&self) -> String;
}

#[async_trait::async_trait]
impl Metrics for Monitor {
    async fn openmetrics(&self) -> String {
        let health = self.health().await;
        let firing = self.sources.book.alerts(false, usize::MAX).await.unwrap_or_default();
        let mut counted: Vec<(AlertCode, Option<String>, &'static str)> = firing
            .into_iter()
            .map(|alert| {
                (
                    alert.condition.code,
                    alert.account_name,
                    alert.condition.severity.as_str(),
                )
            })
            .collect();
        counted.sort_by_key(|(code, account, _)| (code.as_str(), account.clone()));
        render(
            &health,
            &self.sources.traffic.requests(),
            &counted,
            self.sources.version,
        )
    }
}

/// A family under construction.
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, unit: Option<&str>, help: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "# TYPE {name} {kind}");
        if let Some(unit) = unit {
            let _ = writeln!(self.0, "# UNIT {name} {unit}");
        }
        let _ = writeln!(self.0, "# HELP {name} {}", escaped(help));
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        self.0.push_str(name);
        for (position, (label, text)) in labels.iter().enumerate() {
            let opening = if position == 0 { '{' } else { ',' };
            let _ = write!(self.0, "{opening}{label}=\"{}\"", escaped(text));
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
        let _ = writeln!(self.0, " {value}");
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn seconds(time: Timestamp) -> String {
    let nanoseconds = time.as_nanosecond();
    format!(
        "{}.{:03}",
        nanoseconds.div_euclid(1_000_000_000),
        nanoseconds.rem_euclid(1_000_000_000) / 1_000_000
    )
}

/// A gauge of each account that has it.
type Gauge = (&'static str, &'static str, fn(&Summary) -> u64);

const COUNTS: [Gauge; 4] = [
    (
        "callsync_elements_pending",
        "Calls whose elements are still to be fetched.",
        |summary| summary.elements_pending,
    ),
    (
        "callsync_gaps",
        "Windows that hold fewer calls than Zoom has.",
        |summary| summary.gaps,
    ),
    (
        "callsync_cdr_rejected",
        "Records that cannot be stored as calls, kept aside.",
        |summary| summary.rejected,
    ),
    ("callsync_elements_stored", "Call elements stored.", |summary| {
        summary.elements
    }),
];

/// The whole page.
#[must_use]
pub fn render(
    health: &Health,
    requests: &[RequestCount],
    firing: &[(AlertCode, Option<String>, &'static str)],
    version: &str,
) -> String {
    let mut page = Page(String::with_capacity(4_096));
    let facts = &health.facts;
    // Not of the type info, which the textfile collector of the node exporter does not know.
    page.family("callsync_build_info", "gauge", None, "The program; always 1.");
    page.sample("callsync_build_info", &[("version", version)], 1);
    page.family(
        "callsync_start_timestamp_seconds",
        "gauge",
        Some("seconds"),
        "When the daemon was ready.",
    );
    page.sample(
        "callsync_start_timestamp_seconds",
        &[],
        seconds(facts.daemon.started_at),
    );
    checks(&mut page, health);
    accounts(&mut page, &facts.accounts);
    jobs(&mut page, &facts.accounts);
    quota(&mut page, &facts.accounts);

    page.family(
        "callsync_api_requests",
        "counter",
        None,
        "Requests sent to Zoom since the daemon started, by rate-limit label and HTTP status, or unreachable and lost.",
    );
    for count in requests {
        page.sample(
            "callsync_api_requests_total",
            &[("label", count.label), ("code", &count.code)],
            count.requests,
        );
    }
    page.family("callsync_alert_firing", "gauge", None, "Conditions that hold.");
    for (code, account, severity) in firing {
        let account = account.as_deref().unwrap_or_default();
        page.sample(
            "callsync_alert_firing",
            &[("code", code.as_str()), ("account", account), ("severity", severity)],
            1,
        );
    }
    page.family(
        "callsync_alert_undelivered",
        "gauge",
        None,
        "Notifications that no channel has accepted.",
    );
    page.sample("callsync_alert_undelivered", &[], facts.daemon.undelivered.len());
    disks(&mut page, health);
    page.0.push_str("# EOF\n");
    page.0
}

fn checks(page: &mut Page, health: &Health) {
    page.family(
        "callsync_health",
        "gauge",
        None,
        "A health check: 0 ok, 1 warning, 2 critical, 3 unknown.",
    );
    for check in &health.checks {
        let account = check.account.as_ref().map_or("", |(_, name)| name.as_str());
        page.sample(
            "callsync_health",
            &[("check", check.name.as_str()), ("account", account)],
            number(check.finding.state),
        );
    }
}

/// The numbers of Nagios.
#[must_use]
pub const fn number(state: State) -> u8 {
    match state {
        State::Ok => 0,
        State::Warning => 1,
        State::Critical => 2,
        State::Unknown => 3,
    }
}

fn accounts(page: &mut Page, accounts: &[AccountFacts]) {
    page.family(
        "callsync_account_authorized",
        "gauge",
        None,
        "Whether Zoom accepts us for the account.",
    );
    for facts in accounts {
        let value = u8::from(facts.account.state == AccountState::Authorized);
        page.sample(
            "callsync_account_authorized",
            &[("account", &facts.account.name)],
            value,
        );
    }
    page.family(
        "callsync_cdr_active",
        "gauge",
        None,
        "Whether calls are collected for the account.",
    );
    for facts in accounts {
        let value = u8::from(facts.account.cdr.state == CdrState::Active);
        page.sample("callsync_cdr_active", &[("account", &facts.account.name)], value);
    }
    page.family(
        "callsync_poll_interval_seconds",
        "gauge",
        Some("seconds"),
        "How often the account is polled.",
    );
    for facts in accounts {
        let seconds = facts.account.cdr.settings.poll_interval_seconds;
        page.sample(
            "callsync_poll_interval_seconds",
            &[("account", &facts.account.name)],
            seconds,
        );
    }
    let counted = || {
        accounts
            .iter()
            .filter_map(|facts| Some((&facts.account.name, facts.last_summary.as_ref()?)))
    };
    page.family(
        "callsync_cdr_records",
        "counter",
        None,
        "Calls stored, those that were purged or archived since among them.",
    );
    for (name, summary) in counted() {
        let stored = summary.records.saturating_add(summary.disposed);
        page.sample("callsync_cdr_records_total", &[("account", name)], stored);
    }
    for (family, help, value) in COUNTS {
        page.family(family, "gauge", None, help);
        for (name, summary) in counted() {
            page.sample(family, &[("account", name)], value(summary));
        }
    }
    page.family(
        "callsync_completeness_ratio",
        "gauge",
        None,
        "How much of what Zoom has is held, of the closed windows compared; 1 = all.",
    );
    for (name, summary) in counted() {
        page.sample(
            "callsync_completeness_ratio",
            &[("account", name)],
            summary.ledger.completeness(),
        );
    }
    page.family(
        "callsync_cdr_newest_record_timestamp_seconds",
        "gauge",
        Some("seconds"),
        "End time of the newest call.",
    );
    for (name, summary) in counted() {
        if let Some(newest) = summary.newest_record_end_time {
            page.sample(
                "callsync_cdr_newest_record_timestamp_seconds",
                &[("account", name)],
                seconds(newest),
            );
        }
    }
}

fn jobs(page: &mut Page, accounts: &[AccountFacts]) {
    page.family(
        "callsync_last_success_timestamp_seconds",
        "gauge",
        Some("seconds"),
        "When a job of a kind last ended well.",
    );
    each_run(accounts, |name, kind, runs| {
        if let Some(last) = runs.last_success {
            page.sample(
                "callsync_last_success_timestamp_seconds",
                &[("account", name), ("job", kind)],
                seconds(last),
            );
        }
    });
    page.family(
        "callsync_job_failures_in_a_row",
        "gauge",
        None,
        "Failures of a kind of job since it last ended well.",
    );
    each_run(accounts, |name, kind, runs| {
        page.sample(
            "callsync_job_failures_in_a_row",
            &[("account", name), ("job", kind)],
            runs.failures,
        );
    });
}

fn each_run(accounts: &[AccountFacts], mut with: impl FnMut(&str, &str, &super::facts::Runs)) {
    for facts in accounts {
        for kind in JobKind::ALL {
            if let Some(runs) = facts.runs(*kind) {
                with(&facts.account.name, kind.as_str(), runs);
            }
        }
    }
}

fn quota(page: &mut Page, accounts: &[AccountFacts]) {
    page.family(
        "callsync_quota_used",
        "gauge",
        None,
        "Requests sent since 00:00 UTC, by rate-limit label.",
    );
    for facts in accounts {
        for used in &facts.quota {
            let labels = [("account", facts.account.name.as_str()), ("label", used.label)];
            page.sample("callsync_quota_used", &labels, used.used_today);
        }
    }
    page.family(
        "callsync_quota_limit",
        "gauge",
        None,
        "Requests that we allow ourselves a UTC day, where there is a limit.",
    );
    for facts in accounts {
        for used in &facts.quota {
            if let Some(per_day) = used.per_day {
                let labels = [("account", facts.account.name.as_str()), ("label", used.label)];
                page.sample("callsync_quota_limit", &labels, per_day);
            }
        }
    }
}

fn disks(page: &mut Page, health: &Health) {
    let spaces = || {
        health.facts.daemon.disks.iter().filter_map(|disk| {
            let (free, total) = disk.space.as_ref().ok()?;
            Some((disk.path.display().to_string(), *free, *total))
        })
    };
    page.family(
        "callsync_disk_free_bytes",
        "gauge",
        Some("bytes"),
        "Bytes free where data is kept.",
    );
    for (path, free, _) in spaces() {
        page.sample("callsync_disk_free_bytes", &[("path", &path)], free);
    }
    page.family(
        "callsync_disk_size_bytes",
        "gauge",
        Some("bytes"),
        "Bytes in all where data is kept.",
    );
    for (path, _, total) in spaces() {
        page.sample("callsync_disk_size_bytes", &[("path", &path)], total);
    }
}
