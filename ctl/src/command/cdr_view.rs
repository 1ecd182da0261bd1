//! CDR processing as a person sees it.

use callsync_shared::api::cdr::{Cdr, CdrPlan, Gap, Missed, Reconciliation};
use jiff::SignedDuration;

use crate::output::{
    page::{Cell, Page},
    text, time,
};

pub fn fields(cdr: &Cdr, page: &mut Page) {
    let attempt = page.ever(cdr.last_poll_attempt);
    let success = page.ever(cdr.last_poll_success);
    let newest = page.time_or(cdr.newest_record_end_time, "-");
    let backfill = backfill(cdr, page);
    page.fields([
        ("Account", cdr.account.as_str().into()),
        ("State", Cell::state(&cdr.state)),
        ("Server", Cell::or_dash(cdr.server.as_deref())),
        ("Database", Cell::or_dash(cdr.database.as_deref())),
        ("Poll interval", interval(cdr.poll_interval_seconds)),
        ("Last poll attempt", attempt),
        ("Last poll success", success),
        ("Last error", Cell::error(cdr.last_error.as_deref())),
        ("Newest call ended", newest),
        ("Calls", count(cdr.records)),
        (
            "Elements",
            Cell::or_dash(
                cdr.elements
                    .zip(cdr.elements_pending)
                    .map(|(held, pending)| format!("{held}, {pending} still to be fetched")),
            ),
        ),
        ("Gaps", count(cdr.gaps)),
        ("Completeness", Cell::or_dash(cdr.completeness.map(ratio))),
        ("Rejected", count(cdr.rejected)),
        ("Size", Cell::or_dash(cdr.database_bytes.map(text::bytes))),
        ("Backfill", backfill),
    ]);
    if let Some(error) = &cdr.database_error {
        page.fields([("Database error", Cell::bad(error.as_str()))]);
    }
    page.gap();
    saved(cdr, page);
}

/// A count, or a dash while the database cannot be read.
fn count(of: Option<u64>) -> Cell {
    of.map_or_else(|| Cell::or_dash(None::<&str>), Cell::from)
}

/// What `cdr set` answers.
pub fn settings(cdr: &Cdr, page: &mut Page) {
    page.fields([
        ("Account", cdr.account.as_str().into()),
        ("State", Cell::state(&cdr.state)),
        ("Server", Cell::or_dash(cdr.server.as_deref())),
        ("Database", Cell::or_dash(cdr.database.as_deref())),
        ("Poll interval", interval(cdr.poll_interval_seconds)),
    ]);
    saved(cdr, page);
}

fn saved(cdr: &Cdr, page: &mut Page) {
    let settings = &cdr.settings;
    let archive = match (&settings.archive_server, &settings.archive_database) {
        (None, None) => None,
        (server, database) => Some(format!(
            "{} on {}, after {}",
            database.as_deref().unwrap_or("-"),
            server.as_deref().unwrap_or("-"),
            settings.archive_after.as_deref().unwrap_or("-")
        )),
    };
    let window: Vec<&str> = [&settings.no_cdr_days, &settings.no_cdr_hours, &settings.no_cdr_timezone]
        .into_iter()
        .filter_map(|part| part.as_deref())
        .collect();
    page.fields([
        ("Enabled", Cell::from(if settings.enabled { "yes" } else { "no" })),
        ("Backfill on activation", settings.backfill.as_str().into()),
        ("Collect elements", if settings.elements { "on" } else { "off" }.into()),
        ("Retention", Cell::or_dash(settings.retain.as_deref())),
        ("Purge at", Cell::or_dash(settings.purge_at.as_deref())),
        ("Archive", Cell::or_dash(archive)),
        ("No-CDR alert", settings.no_cdr_after.as_deref().unwrap_or("off").into()),
        ("No-CDR window", Cell::or_dash(Some(window.join(" ")))),
    ]);
}

fn backfill(cdr: &Cdr, page: &Page) -> Cell {
    let Some(backfill) = &cdr.backfill else {
        return Cell::or_dash(None::<&str>);
    };
    let (Some(from), Some(to)) = (backfill.from, backfill.to) else {
        return Cell::state(&backfill.state);
    };
    let done = backfill.done_until.map(|done| {
        let share = share(to.duration_since(done), to.duration_since(from));
        format!(", back to {} ({share} %)", page.time(done))
    });
    let left = backfill
        .requests_left
        .zip(backfill.eta_seconds)
        .map(|(requests, eta)| format!(", about {requests} requests to go, {}", spell(eta)));
    format!(
        "{}, {} to {}{}{}",
        backfill.state,
        page.time(from),
        page.time(to),
        done.unwrap_or_default(),
        left.unwrap_or_default()
    )
    .into()
}

/// Whole percent of the span that is done.
fn share(done: SignedDuration, whole: SignedDuration) -> i64 {
    let (done, whole) = (done.as_secs(), whole.as_secs());
    if whole <= 0 {
        100
    } else {
        (done.saturating_mul(100) / whole).clamp(0, 100)
    }
}

#[allow(clippy::cast_precision_loss)]
fn spell(seconds: u64) -> String {
    time::span(seconds as f64)
}

fn interval(seconds: u64) -> Cell {
    spell(seconds).into()
}

/// `cdr reconcile --wait`.
pub fn reconciliation(account: &str, found: &Reconciliation, page: &mut Page) {
    let faults: Vec<String> = found
        .faults_by_kind
        .iter()
        .map(|(kind, count)| format!("{} {count}", kind.replace('_', " ")))
        .collect();
    page.fields([
        ("Account", account.into()),
        (
            "Windows",
            format!(
                "{} compared, {} complete",
                found.windows_checked, found.windows_complete
            )
            .into(),
        ),
        (
            "Calls",
            format!("{} at Zoom, {} of them held", found.records_zoom, found.records_held).into(),
        ),
        ("Completeness", ratio(found.completeness).into()),
        ("Gaps closed", found.gaps_healed.into()),
        ("Deleted at Zoom", found.deleted_at_zoom.into()),
        (
            "Faults of Zoom's list",
            Cell::or_dash((!faults.is_empty()).then(|| faults.join(", "))),
        ),
    ]);
    if !found.gaps.is_empty() {
        page.gap();
        gaps(&found.gaps, page);
    }
}

/// `cdr gaps`.
pub fn gaps(gaps: &[Gap], page: &mut Page) {
    let rows = gaps
        .iter()
        .map(|gap| {
            let total = gap.zoom_total.map(|total| total.to_string());
            [
                page.time(gap.from).into(),
                page.time(gap.to).into(),
                Cell::or_dash(total),
                gap.held.into(),
                page.time(gap.unrecoverable_after).into(),
                left(gap.recoverable_for_seconds),
                Cell::or_dash(gap.note.as_deref()),
            ]
        })
        .collect();
    page.table(
        ["FROM", "TO", "AT ZOOM", "HELD", "ZOOM KEEPS IT UNTIL", "LEFT", "NOTE"],
        rows,
        "No call is known to be missing.",
    );
}

/// How long Zoom can still fill a gap.
fn left(seconds: Option<u64>) -> Cell {
    match seconds {
        None => Cell::or_dash(None::<String>),
        Some(0) => Cell::bad("beyond recovery"),
        Some(seconds) if seconds < 2 * 86_400 => Cell::bad(format!("{} hours", seconds / 3_600)),
        Some(seconds) => format!("{} days", seconds / 86_400).into(),
    }
}

/// A share as percent: 100 % only when nothing is missing.
fn ratio(share: f64) -> String {
    if share >= 1.0 {
        "100 %".to_owned()
    } else {
        format!("{:.4} %", (share * 1e6).floor() / 1e4)
    }
}

/// What a pause left out, and whether it is being collected.
pub fn missed(missed: &Missed, page: &mut Page) {
    let (from, to) = (page.time(missed.from), page.time(missed.to));
    if missed.collected {
        page.line(&format!(
            "The time that was missed, {from} to {to}, is collected by a backfill."
        ));
    } else {
        page.line(&format!(
            "Calls from {from} to {to} were missed. They close as gaps in time; to collect them at once:"
        ));
        page.line(&format!("  {}", missed.command));
    }
}

/// `cdr backfill --dry-run`, `cdr activate --dry-run`.
pub fn plan(plan: &CdrPlan, page: &mut Page) {
    let (from, to) = (page.time(plan.from), page.time(plan.to));
    page.fields([
        ("Account", plan.account.as_str().into()),
        ("From", from.into()),
        ("To", to.into()),
        ("Windows", plan.windows.into()),
        ("Calls", format!("about {}", plan.calls).into()),
        ("Requests", format!("about {}", plan.requests).into()),
        ("Days of quota", format!("{:.2}", plan.days_of_quota).into()),
        (
            "Available today",
            Cell::or_dash(plan.available_today.map(|available| format!("{available} requests"))),
        ),
        ("Estimated time", spell(plan.eta_seconds).into()),
        ("Elements", Cell::or_dash(plan.elements_eta_seconds.map(spell))),
    ]);
}
