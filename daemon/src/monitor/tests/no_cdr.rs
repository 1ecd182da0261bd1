//! The no-CDR rule: six causes, none outside the hours, one beginning and one end.

use jiff::{SignedDuration, Timestamp};

use super::{checks, facts, fault, time};
use crate::{
    domain::{
        account::{AccountState, CdrState},
        alert::{AlertCode, Condition},
        failure::Cause,
        settings::{Days, NoCdr, parse_hours},
    },
    monitor::{
        conditions::{Verdict, verdicts},
        facts::Facts,
    },
    ports::state::JobKind,
};

/// Six hours of silence on working days from 8 to 18 o'clock; the last call ended on a Thursday at 17:00.
fn quiet(now: &str) -> Facts {
    let mut facts = facts();
    facts.daemon.now = time(now);
    let account = &mut facts.accounts[0];
    account.account.cdr.settings.no_cdr = Some(NoCdr {
        after_seconds: 6 * 3_600,
        days: Days::parse("mon-fri").expect("days"),
        hours: parse_hours("08:00-18:00").expect("hours"),
        timezone: "UTC".to_owned(),
    });
    let mut summary = account.last_summary.clone().expect("counts");
    summary.newest_record_end_time = Some(time("2026-03-05T17:00:00Z"));
    account.last_summary = Some(summary.clone());
    account.summary = Some((time(now), Ok(summary)));
    facts
}

fn verdict(facts: &Facts) -> Verdict {
    verdicts(facts, &checks(facts))
        .into_iter()
        .find(|(code, ..)| *code == AlertCode::NoCdr)
        .map(|(.., verdict)| verdict)
        .expect("it is judged")
}

fn held(facts: &Facts) -> Condition {
    match verdict(facts) {
        Verdict::Holds(condition) => condition,
        other => panic!("it holds, not {other:?}"),
    }
}

/// Five hours of Friday morning and one of Thursday evening are six.
const TOO_LONG: &str = "2026-03-06T13:00:01Z";

#[test]
fn six_causes_have_six_names() {
    assert_eq!(held(&quiet(TOO_LONG)).cause, "no_calls_at_zoom");

    let mut zoom = quiet(TOO_LONG);
    zoom.fail(&[JobKind::Cdr], &fault(Cause::Zoom, "zoom_unreachable"));
    assert_eq!(held(&zoom).cause, "zoom_unreachable");

    let mut token = quiet(TOO_LONG);
    token.accounts[0].account.state = AccountState::ReauthorizationRequired;
    assert_eq!(held(&token).cause, "token");

    let mut limited = quiet(TOO_LONG);
    limited.fail(&[JobKind::Cdr], &fault(Cause::RateLimit, "rate_limited"));
    assert_eq!(held(&limited).cause, "rate_limited");

    let mut database = quiet(TOO_LONG);
    database.accounts[0].summary = Some((time(TOO_LONG), Err(fault(Cause::Database, "database_unavailable"))));
    assert_eq!(held(&database).cause, "database");

    let mut off = quiet(TOO_LONG);
    off.accounts[0].account.cdr.state = CdrState::Paused;
    let off = held(&off);
    assert_eq!(off.cause, "processing_off");
    assert_eq!(off.hint, "callsyncctl cdr activate 'ACME Ltd'");
}

#[test]
fn it_begins_inside_its_hours_only_and_ends_with_a_call() {
    let mut begun = 0;
    let mut holding = false;
    let mut now: Timestamp = time("2026-03-05T17:00:00Z");
    // Every ten minutes of a week; the next call comes on Tuesday at noon.
    let call = time("2026-03-10T12:00:00Z");
    let mut ended = 0;
    while now < time("2026-03-12T17:00:00Z") {
        let mut facts = quiet(&now.to_string());
        if now >= call {
            let summary = facts.accounts[0].last_summary.as_mut().expect("counts");
            summary.newest_record_end_time = Some(now.min(time("2026-03-11T00:00:00Z")));
        }
        match verdict(&facts) {
            Verdict::Holds(_) if !holding => {
                let local = now.to_zoned_datetime(jiff::tz::TimeZone::UTC);
                assert!((8..=18).contains(&local.hour()), "{local}");
                holding = true;
                begun += 1;
            }
            Verdict::Over if holding => {
                holding = false;
                ended += 1;
            }
            _ => {}
        }
        now += SignedDuration::from_mins(10);
    }
    assert_eq!((begun, ended), (2, 1), "once until Tuesday, once more on Wednesday");
}

#[test]
fn switched_off_or_withdrawn_it_says_nothing() {
    let mut off = quiet(TOO_LONG);
    off.accounts[0].account.cdr.settings.no_cdr = None;
    assert_eq!(verdict(&off), Verdict::Over);
    let mut gone = quiet(TOO_LONG);
    gone.accounts[0].account.state = AccountState::Retained;
    assert_eq!(verdict(&gone), Verdict::Over);
}

#[test]
fn a_holiday_is_no_silence() {
    let mut facts = quiet(TOO_LONG);
    facts.daemon.holidays = vec!["2026-03-06".parse().expect("a day")];
    assert_eq!(verdict(&facts), Verdict::Over);
}

#[test]
fn without_any_call_silence_begins_when_collecting_did() {
    let mut facts = quiet(TOO_LONG);
    let account = &mut facts.accounts[0];
    account.last_summary.as_mut().expect("counts").newest_record_end_time = None;
    account.active_since = Some(time("2026-03-06T12:00:00Z"));
    assert_eq!(verdict(&facts), Verdict::Over);
    facts.accounts[0].active_since = Some(time("2026-03-05T16:00:00Z"));
    assert!(matches!(verdict(&facts), Verdict::Holds(_)));
}

#[test]
fn a_database_that_never_answered_since_the_start_neither_hides_silence_nor_ends_it() {
    let mut facts = quiet(TOO_LONG);
    let account = &mut facts.accounts[0];
    account.last_summary = None;
    account.summary = Some((time(TOO_LONG), Err(fault(Cause::Database, "database_unavailable"))));
    let mut polled = |at: &str| {
        let runs = facts.accounts[0].runs.entry(JobKind::Cdr).or_default();
        runs.last_success = Some(time(at));
        verdict(&facts)
    };
    let Verdict::Holds(condition) = polled("2026-03-05T17:00:00Z") else {
        panic!("six hours without a look that worked are silence");
    };
    assert_eq!(condition.cause, "database");
    assert_eq!(polled("2026-03-06T12:00:00Z"), Verdict::Leave, "nobody knows");
    facts.accounts[0].runs.clear();
    assert_eq!(verdict(&facts), Verdict::Over, "nothing was ever collected");
}

#[test]
fn what_polls_fail_for_is_the_cause_whatever_else_works() {
    let mut limited = quiet(TOO_LONG);
    limited.fail(&[JobKind::Cdr], &fault(Cause::RateLimit, "rate_limited"));
    let runs = limited.accounts[0].runs.entry(JobKind::Sync).or_default();
    runs.failure = None;
    runs.last_success = Some(time(TOO_LONG));
    assert_eq!(held(&limited).cause, "rate_limited", "a sync asks for other things");
}
