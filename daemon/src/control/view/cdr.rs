//! CDR processing.

use callsync_shared::api::cdr::{
    Backfill, Cdr as View, CdrPlan, CdrSettings as SettingsView, Gap as GapView, Missed as MissedView,
};
use jiff::{Timestamp, civil::Time};

use crate::{
    collect::{
        ledger::report::Gap,
        outlook::Outlook,
        processing::{Missed, Plan},
        snapshot::CdrSnapshot,
    },
    domain::{
        account::Account,
        command::quoted,
        settings::{CdrSettings, print_duration},
    },
    ports::records::{BackfillRequest, Summary},
};

/// `cdr show`. The account's name and settings are those of `account`, the counts those of the snapshot.
#[must_use]
pub fn cdr(account: &Account, snapshot: &CdrSnapshot) -> View {
    let nothing = Summary::default();
    let (summary, database_error) = match &snapshot.summary {
        None => (Some(&nothing), None),
        Some(Ok(summary)) => (Some(summary), None),
        Some(Err(fault)) => (None, Some(fault.message.clone())),
    };
    let count = |of: fn(&Summary) -> u64| summary.map(of);
    View {
        account: account.name.clone(),
        state: account.cdr.state.to_string(),
        server: account.cdr.server.clone(),
        database: account.cdr.database.clone(),
        poll_interval_seconds: account.cdr.settings.poll_interval_seconds,
        last_poll_attempt: snapshot.polls.last_attempt,
        last_poll_success: snapshot.polls.last_success,
        last_error: snapshot.polls.last_error.clone(),
        newest_record_end_time: summary.and_then(|summary| summary.newest_record_end_time),
        records: count(|summary| summary.records),
        elements: count(|summary| summary.elements),
        elements_pending: count(|summary| summary.elements_pending),
        gaps: count(|summary| summary.gaps),
        completeness: summary
            .filter(|summary| summary.ledger.compared > 0)
            .map(|summary| summary.ledger.completeness()),
        rejected: count(|summary| summary.rejected),
        database_bytes: summary.and_then(|summary| summary.bytes),
        backfill: summary.map(|summary| backfill(summary.backfill.as_ref(), snapshot.outlook.as_ref())),
        settings: settings(&account.cdr.settings),
        database_error,
    }
}

/// A span of which calls are missing.
#[must_use]
pub fn gap(gap: &Gap, now: Timestamp) -> GapView {
    let left = gap.unrecoverable_after.duration_since(now).as_secs();
    GapView {
        from: gap.window.from,
        to: gap.window.to,
        zoom_total: gap.zoom_total,
        held: gap.held,
        unrecoverable_after: gap.unrecoverable_after,
        recoverable_for_seconds: Some(u64::try_from(left).unwrap_or(0)),
        note: gap.note.clone(),
    }
}

/// The newest backfill request.
#[must_use]
pub fn backfill(request: Option<&BackfillRequest>, outlook: Option<&Outlook>) -> Backfill {
    let Some(request) = request else {
        return Backfill {
            from: None,
            to: None,
            done_until: None,
            state: "none".to_owned(),
            requests_left: None,
            eta_seconds: None,
        };
    };
    let left = outlook
        .filter(|_| request.is_unfinished())
        .map(|outlook| outlook.backfill);
    Backfill {
        from: Some(request.span.from),
        to: Some(request.span.to),
        done_until: Some(request.done_until),
        state: request.state.clone(),
        requests_left: left.map(|left| left.requests),
        eta_seconds: left.map(|left| left.seconds),
    }
}

/// What a backfill takes.
#[must_use]
pub fn plan(account: &Account, plan: &Plan) -> CdrPlan {
    CdrPlan {
        account: account.name.clone(),
        from: plan.span.from,
        to: plan.span.to,
        windows: plan.effort.windows,
        requests: plan.effort.requests,
        calls: plan.effort.calls,
        days_of_quota: plan.days_of_quota,
        available_today: plan.available_today,
        eta_seconds: plan.eta_seconds,
        elements_eta_seconds: plan.elements_eta_seconds,
    }
}

/// What was not collected while processing was off, and what collects it.
#[must_use]
pub fn missed(account: &Account, missed: &Missed) -> MissedView {
    let Missed { span, collected } = *missed;
    MissedView {
        from: span.from,
        to: span.to,
        collected,
        command: format!(
            "callsyncctl cdr backfill {} --from {} --to {}",
            quoted(&account.name),
            span.from,
            span.to
        ),
    }
}

/// What `cdr set` saved, printed as it is typed.
#[must_use]
pub fn settings(settings: &CdrSettings) -> SettingsView {
    let archive = settings.archive.as_ref();
    let no_cdr = settings.no_cdr.as_ref();
    SettingsView {
        enabled: settings.enabled,
        backfill: settings.backfill.to_string(),
        elements: settings.elements,
        retain: settings.retain.as_ref().map(ToString::to_string),
        purge_at: settings.purge_at.map(clock_time),
        archive_server: archive.map(|archive| archive.server.clone()),
        archive_database: archive.map(|archive| archive.database.clone()),
        archive_after: archive.map(|archive| format!("{}d", archive.after_days)),
        no_cdr_after: no_cdr.map(|no_cdr| print_duration(no_cdr.after_seconds)),
        no_cdr_days: no_cdr.map(|no_cdr| no_cdr.days.to_string()),
        no_cdr_hours: no_cdr.map(|no_cdr| hours(no_cdr.hours)),
        no_cdr_timezone: no_cdr.map(|no_cdr| no_cdr.timezone.clone()),
    }
}

/// As they are typed: midnight ends a day rather than beginning it.
fn hours((from, to): (Time, Time)) -> String {
    let to = if to == Time::midnight() {
        "24:00".to_owned()
    } else {
        clock_time(to)
    };
    format!("{}-{to}", clock_time(from))
}

fn clock_time(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::settings::{Archive, Days, NoCdr, Retain, parse_hours, parse_time_of_day};

    #[test]
    fn settings_are_shown_as_they_are_typed() {
        let shown = settings(&CdrSettings {
            retain: Some(Retain::parse("calls=730d,directory=never").expect("classes")),
            purge_at: Some(parse_time_of_day("02:30").expect("a time")),
            archive: Some(Archive {
                server: "s".into(),
                database: "d".into(),
                after_days: 365,
            }),
            no_cdr: Some(NoCdr {
                after_seconds: 21_600,
                days: Days::parse("mon-fri").expect("days"),
                hours: parse_hours("08:00-18:05").expect("hours"),
                timezone: "Europe/Berlin".into(),
            }),
            ..CdrSettings::default()
        });
        assert_eq!(shown.retain.as_deref(), Some("calls=730d,directory=never"));
        assert_eq!(shown.purge_at.as_deref(), Some("02:30"));
        assert_eq!(shown.archive_after.as_deref(), Some("365d"));
        assert_eq!(shown.no_cdr_after.as_deref(), Some("6h"));
        assert_eq!(shown.no_cdr_days.as_deref(), Some("mon-fri"));
        assert_eq!(shown.no_cdr_hours.as_deref(), Some("08:00-18:05"));
        assert_eq!(shown.backfill, "6mo");
        assert_eq!(hours(parse_hours("18:00-24:00").expect("hours")), "18:00-24:00");
    }
}
