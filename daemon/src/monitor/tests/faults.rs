//! Each fault turns exactly its check and raises exactly its alert.

use jiff::SignedDuration;

use super::{ago, bad, checks, facts, fault, job, now};
use crate::{
    domain::{
        account::{AccountState, CdrState},
        alert::AlertCode,
        failure::Cause,
        ledger::LedgerTotals,
    },
    monitor::{
        check::{CheckName, State},
        conditions::{Verdict, verdicts},
        facts::{Facts, WebhookFacts},
    },
    ports::{
        schedules::{Turn, TurnOutcome},
        state::{JobKind, JobState},
    },
};

const ASKING: [JobKind; 3] = [JobKind::Cdr, JobKind::Elements, JobKind::Sync];

fn firing(facts: &Facts) -> Vec<AlertCode> {
    verdicts(facts, &checks(facts))
        .into_iter()
        .filter(|(.., verdict)| matches!(verdict, Verdict::Holds(_)))
        .map(|(code, ..)| code)
        .collect()
}

/// Exactly this check is bad, its hint ends in a command, and exactly this alert fires.
fn turns(facts: &Facts, name: CheckName, state: State, alert: Option<AlertCode>) {
    assert_eq!(bad(facts), [(name, state)]);
    let checks = checks(facts);
    let found = checks.iter().find(|check| check.name == name).expect("it is there");
    let hint = found.finding.hint.as_deref().unwrap_or_default();
    let has_command = ["callsyncctl ", "systemctl ", "df "]
        .iter()
        .any(|program| hint.contains(program));
    assert!(has_command, "{name}: {hint}");
    assert_eq!(firing(facts), Vec::from_iter(alert));
}

#[test]
fn nothing_is_wrong_when_all_is_well() {
    assert_eq!(bad(&facts()), []);
    assert_eq!(firing(&facts()), []);
}

#[test]
fn an_active_account_has_every_check() {
    let found: std::collections::BTreeSet<&str> = checks(&facts()).iter().map(|check| check.name.as_str()).collect();
    let all: std::collections::BTreeSet<&str> = CheckName::ALL.iter().map(|name| name.as_str()).collect();
    assert_eq!(found, all);
}

#[test]
fn zoom_down() {
    let mut facts = facts();
    facts.fail(&ASKING, &fault(Cause::Zoom, "zoom_unreachable"));
    turns(
        &facts,
        CheckName::ZoomApi,
        State::Critical,
        Some(AlertCode::ZoomUnreachable),
    );
    let mut later = job(JobKind::Cdr, 0, None);
    later.state = JobState::Succeeded;
    facts.accounts[0].runs.entry(JobKind::Cdr).or_default().note(&later);
    assert_eq!(bad(&facts), [], "one good answer proves that Zoom is back");
}

#[test]
fn token_revoked() {
    let mut facts = facts();
    facts.accounts[0].account.state = AccountState::ReauthorizationRequired;
    facts.fail(&ASKING, &fault(Cause::Reauthorization, "reauthorization_required"));
    turns(
        &facts,
        CheckName::Token,
        State::Critical,
        Some(AlertCode::ReauthorizationRequired),
    );
}

#[test]
fn database_down() {
    let mut facts = facts();
    let down = fault(Cause::Database, "database_unavailable");
    facts.fail(&[JobKind::Cdr, JobKind::Elements], &down);
    facts.accounts[0].summary = Some((now(), Err(down)));
    turns(
        &facts,
        CheckName::Database,
        State::Critical,
        Some(AlertCode::DatabaseUnavailable),
    );
}

#[test]
fn database_that_only_the_jobs_found_down_is_well_once_it_answers() {
    let mut facts = facts();
    facts.accounts[0].summary = Some((
        ago(5),
        facts.accounts[0]
            .last_summary
            .clone()
            .ok_or(fault(Cause::Database, "x")),
    ));
    facts.fail(&[JobKind::Cdr], &fault(Cause::Database, "database_unavailable"));
    turns(
        &facts,
        CheckName::Database,
        State::Critical,
        Some(AlertCode::DatabaseUnavailable),
    );
    if let Some((at, _)) = &mut facts.accounts[0].summary {
        *at = now();
    }
    assert_eq!(bad(&facts), []);
}

#[test]
fn disk_full() {
    let mut facts = facts();
    facts.fail(&ASKING, &fault(Cause::Database, "disk_full"));
    turns(&facts, CheckName::Disk, State::Critical, Some(AlertCode::DiskLow));
}

#[test]
fn disk_nearly_full() {
    let mut facts = facts();
    facts.daemon.disks[0].space = Ok((1 << 30, 100 << 30));
    turns(&facts, CheckName::Disk, State::Warning, Some(AlertCode::DiskLow));
}

#[test]
fn quota_exhausted() {
    let mut facts = facts();
    facts.accounts[0].quota[0].used_today = 15_000;
    facts.fail(&ASKING, &fault(Cause::RateLimit, "quota_exhausted"));
    turns(
        &facts,
        CheckName::Quota,
        State::Critical,
        Some(AlertCode::QuotaExhausted),
    );
}

#[test]
fn zooms_own_daily_limit_is_no_matter_of_what_we_used() {
    let mut facts = facts();
    facts.accounts[0].quota[0].blocked_until = Some(ago(-600));
    turns(
        &facts,
        CheckName::Quota,
        State::Critical,
        Some(AlertCode::QuotaExhausted),
    );
}

#[test]
fn a_backfill_that_gives_way_to_polls_is_no_fault() {
    let mut facts = facts();
    facts.fail(&[JobKind::Backfill], &fault(Cause::RateLimit, "quota_kept"));
    assert_eq!(bad(&facts), []);
    assert_eq!(firing(&facts), []);
}

#[test]
fn gaps_warn_and_alert_when_zoom_is_about_to_forget() {
    let mut facts = facts();
    let summary = facts.accounts[0].last_summary.as_mut().expect("counts");
    summary.gaps = 2;
    summary.ledger = LedgerTotals {
        windows: 10,
        compared: 10,
        complete: 8,
        unknown: 0,
        zoom: 100,
        accounted: 90,
    };
    facts.accounts[0].first_loss = Some(now() + SignedDuration::from_hours(24 * 100));
    turns(
        &facts,
        CheckName::Completeness,
        State::Warning,
        Some(AlertCode::Completeness),
    );
    facts.accounts[0].first_loss = Some(now() + SignedDuration::from_hours(24));
    assert_eq!(bad(&facts), [(CheckName::Completeness, State::Critical)]);
    assert_eq!(firing(&facts), [AlertCode::Completeness, AlertCode::GapHorizon]);
    let summary = facts.accounts[0].last_summary.as_mut().expect("counts");
    summary.ledger.complete = 10;
    facts.accounts[0].first_loss = None;
    assert_eq!(bad(&facts), [], "what can no longer be filled is told, but no fault");
}

#[test]
fn work_that_gives_way_to_fresh_calls_is_no_fault_and_a_share_that_will_not_last_warns() {
    let mut facts = facts();
    facts.fail(&[JobKind::Backfill], &fault(Cause::RateLimit, "quota_exhausted"));
    assert_eq!(bad(&facts), []);
    facts.accounts[0].quota[0].used_today = 14_900;
    facts.accounts[0].quota[0].fresh_per_day = 100.0;
    assert_eq!(bad(&facts), [], "a hundred requests last until midnight");
    facts.accounts[0].quota[0].fresh_per_day = 1_000.0;
    turns(&facts, CheckName::Quota, State::Warning, None);
}

#[test]
fn schedule_missed() {
    let mut facts = facts();
    facts.accounts[0].next_poll = Some(ago(10));
    turns(&facts, CheckName::Schedule, State::Critical, None);
    facts.accounts[0].next_poll = None;
    turns(&facts, CheckName::Schedule, State::Critical, None);
    facts.accounts[0].polling = true;
    assert_eq!(bad(&facts), []);
}

#[test]
fn a_missed_run_warns_until_one_ends_well() {
    let mut facts = facts();
    let turn = Turn {
        schedule: "s1".to_owned(),
        account: facts.accounts[0].account.id.clone(),
        due: ago(300),
        at: ago(1),
        outcome: TurnOutcome::Late,
        job: Some("j".to_owned()),
        reason: None,
    };
    facts.accounts[0].turns = vec![(JobKind::Sync, turn)];
    turns(&facts, CheckName::Schedule, State::Warning, None);
    facts.accounts[0]
        .runs
        .entry(JobKind::Sync)
        .or_default()
        .note(&job(JobKind::Sync, 0, None));
    assert_eq!(bad(&facts), []);
}

#[test]
fn webhook_silent() {
    let mut facts = facts();
    facts.daemon.webhook = Some(WebhookFacts {
        listening_since: ago(600),
    });
    turns(
        &facts,
        CheckName::Webhook,
        State::Warning,
        Some(AlertCode::WebhookSilent),
    );
    facts.accounts[0].last_webhook = Some(ago(30));
    assert_eq!(bad(&facts), []);
}

#[test]
fn polls_that_fail_for_their_own_reason_lag() {
    let mut facts = facts();
    facts.fail(&[JobKind::Cdr], &fault(Cause::Zoom, "paging_broken"));
    assert_eq!(bad(&facts), [], "one failure is no lag yet");
    if let Some(runs) = facts.accounts[0].runs.get_mut(&JobKind::Cdr) {
        runs.last_success = Some(ago(20));
    }
    turns(&facts, CheckName::CdrLag, State::Warning, None);
}

#[test]
fn polls_that_zoom_refuses_for_good_are_told_though_it_answers_everything_else() {
    for code in ["zoom_error", "missing_scope"] {
        let mut facts = facts();
        facts.fail(&[JobKind::Cdr], &fault(Cause::Zoom, code));
        for kind in [JobKind::Elements, JobKind::Sync] {
            if let Some(runs) = facts.accounts[0].runs.get_mut(&kind) {
                runs.answered = Some(facts.daemon.now);
            }
        }
        turns(
            &facts,
            CheckName::ZoomApi,
            State::Critical,
            Some(AlertCode::ZoomUnreachable),
        );
        facts.accounts[0].account.cdr.settings.enabled = false;
        assert_eq!(firing(&facts), [], "{code}: nobody polls");
        let mut facts = self::facts();
        facts.fail(&[JobKind::Sync], &fault(Cause::Zoom, code));
        assert!(
            !firing(&facts).contains(&AlertCode::ZoomUnreachable),
            "{code}: one listing only"
        );
    }
}

#[test]
fn after_a_long_stop_the_first_poll_is_given_its_time() {
    let mut facts = facts();
    if let Some(runs) = facts.accounts[0].runs.get_mut(&JobKind::Cdr) {
        runs.last_success = Some(ago(180));
    }
    facts.accounts[0].polling = true;
    facts.accounts[0].active_since = Some(ago(1));
    assert_eq!(bad(&facts), []);
    facts.accounts[0].active_since = Some(ago(10));
    turns(&facts, CheckName::CdrLag, State::Critical, None);
}

#[test]
fn sync_that_brought_a_part_warns_and_one_that_failed_alerts() {
    let mut facts = facts();
    facts.fail(&[JobKind::Sync], &fault(Cause::Zoom, "sync_failed"));
    turns(&facts, CheckName::Sync, State::Critical, Some(AlertCode::SyncFailing));
    let mut partial = job(JobKind::Sync, 0, Some(fault(Cause::Zoom, "sync_partial")));
    partial.state = JobState::Partial;
    facts.accounts[0].runs.entry(JobKind::Sync).or_default().note(&partial);
    turns(&facts, CheckName::Sync, State::Warning, None);
}

#[test]
fn purge_that_failed_alerts() {
    let mut facts = facts();
    facts.fail(&[JobKind::Purge], &fault(Cause::Conflict, "purge_failed"));
    turns(&facts, CheckName::Purge, State::Critical, Some(AlertCode::PurgeFailing));
}

#[test]
fn an_archive_run_or_an_erasure_that_failed_alerts_whether_or_not_the_account_collects() {
    for kind in [JobKind::Archive, JobKind::Erase] {
        for state in [CdrState::Active, CdrState::Paused] {
            let mut facts = facts();
            facts.accounts[0].account.cdr.state = state;
            // The archive's database has no check of its own: what it cannot do is told here.
            facts.fail(&[kind], &fault(Cause::Database, "database_unavailable"));
            turns(&facts, CheckName::Purge, State::Critical, Some(AlertCode::PurgeFailing));
            facts.accounts[0]
                .runs
                .entry(kind)
                .or_default()
                .note(&job(kind, 0, None));
            assert_eq!(bad(&facts), []);
        }
    }
}

#[test]
fn an_archive_run_that_failed_because_the_primary_database_is_down_turns_only_that() {
    let mut facts = facts();
    let down = fault(Cause::Database, "database_unavailable");
    facts.fail(&[JobKind::Archive], &down);
    facts.accounts[0].summary = Some((now(), Err(down)));
    turns(
        &facts,
        CheckName::Database,
        State::Critical,
        Some(AlertCode::DatabaseUnavailable),
    );
}

#[test]
fn a_removal_that_failed_alerts() {
    let mut facts = facts();
    facts.accounts[0].account.state = AccountState::RemovalScheduled;
    facts.accounts[0].account.cdr.state = CdrState::Blocked;
    assert_eq!(bad(&facts), []);
    facts.fail(&[JobKind::Removal], &fault(Cause::Database, "database_unavailable"));
    turns(&facts, CheckName::Purge, State::Critical, Some(AlertCode::PurgeFailing));
}

#[test]
fn stuck_core_and_refused_configuration_are_the_daemons() {
    let mut facts = facts();
    facts.daemon.config_trouble = Some("line 3: what".to_owned());
    turns(&facts, CheckName::Daemon, State::Warning, None);
    facts.daemon.timers_idle = std::time::Duration::from_secs(300);
    turns(&facts, CheckName::Daemon, State::Critical, None);
}

#[test]
fn a_pending_account_is_asked_for_nothing_but_its_authorization() {
    let mut facts = facts();
    facts.accounts[0].account.state = AccountState::PendingAuthorization;
    turns(&facts, CheckName::Token, State::Warning, None);
}

#[test]
fn a_failure_before_the_last_success_is_past() {
    let mut facts = facts();
    let early = fault(Cause::Zoom, "zoom_unreachable");
    facts.accounts[0]
        .runs
        .entry(JobKind::Backfill)
        .or_default()
        .note(&job(JobKind::Backfill, 30, Some(early)));
    assert_eq!(bad(&facts), []);
    assert!(now().duration_since(ago(30)) > SignedDuration::ZERO);
}

#[test]
fn a_run_that_had_nothing_to_ask_disproves_no_failure() {
    let mut facts = facts();
    facts.fail(&[JobKind::Cdr], &fault(Cause::Zoom, "zoom_unreachable"));
    let runs = facts.accounts[0].runs.entry(JobKind::Elements).or_default();
    let mut idle = job(JobKind::Elements, 0, None);
    runs.note(&idle);
    turns(
        &facts,
        CheckName::ZoomApi,
        State::Critical,
        Some(AlertCode::ZoomUnreachable),
    );
    idle.done = 3;
    facts.accounts[0].runs.entry(JobKind::Elements).or_default().note(&idle);
    assert_eq!(bad(&facts), []);
}
