//! Every route as a function; see [`crate::routes`] for the table.

use hyper::Method;

use super::Request;
use crate::api::{
    Document, List, account, alert, audit, call, cdr, config, directory, event, group, health, job, removal, retention,
    schedule, server, status, sync,
};

/// Names an account's own routes.
fn of_account<T>(method: Method, account: &str, rest: &[&str]) -> Request<T> {
    let mut segments = vec!["accounts", account];
    segments.extend_from_slice(rest);
    Request::new(method, &segments)
}

pub fn status() -> Request<Document<status::Status>> {
    Request::new(Method::GET, &["status"])
}

pub fn version() -> Request<Document<status::Version>> {
    Request::new(Method::GET, &["version"])
}

pub fn health() -> Request<Document<health::Health>> {
    Request::new(Method::GET, &["health"])
}

/// OpenMetrics text, not JSON.
pub fn metrics() -> Request<()> {
    Request::new(Method::GET, &["metrics"])
}

pub fn alerts(all: bool) -> Request<List<alert::Alert>> {
    Request::new(Method::GET, &["alerts"]).parameter("all", all.then_some("true"))
}

pub fn test_alerts(body: &alert::TestAlerts) -> Request<Document<alert::AlertTest>> {
    Request::new(Method::POST, &["alerts", "test"]).body(body)
}

pub fn mute_alerts(body: &alert::MuteAlerts) -> Request<Document<alert::AlertMute>> {
    Request::new(Method::POST, &["alerts", "mute"]).body(body)
}

pub fn config() -> Request<Document<config::ConfigView>> {
    Request::new(Method::GET, &["config"])
}

/// Ends the connection of an account.
#[must_use]
pub fn deauthorize_account(name: &str) -> Request<Document<account::Account>> {
    Request::new(Method::POST, &["accounts", name, "deauthorize"])
}

/// Records whether the organisation meant a de-authorization.
#[must_use]
pub fn confirm_deauthorization(
    name: &str,
    body: &account::ConfirmDeauthorization,
) -> Request<Document<account::Account>> {
    Request::new(Method::POST, &["accounts", name, "confirm-deauthorization"]).body(body)
}

/// Accounts without consent.
#[must_use]
pub fn removals() -> Request<List<removal::Removal>> {
    Request::new(Method::GET, &["removals"])
}

/// Where the removal of an account's data stands.
#[must_use]
pub fn removal(account: &str) -> Request<Document<removal::Removal>> {
    Request::new(Method::GET, &["accounts", account, "removal"])
}

/// What would go, and when.
#[must_use]
pub fn plan_removal(account: &str) -> Request<Document<removal::Removal>> {
    Request::new(Method::GET, &["accounts", account, "removal", "plan"])
}

/// Records one consent.
#[must_use]
pub fn consent_to_removal(account: &str, body: &removal::GiveConsent) -> Request<Document<removal::Removal>> {
    Request::new(Method::POST, &["accounts", account, "removal", "consent"]).body(body)
}

/// Removes data, settings and access for good.
#[must_use]
pub fn run_removal(account: &str) -> Request<Document<job::Job>> {
    Request::new(Method::POST, &["accounts", account, "removal", "run"])
}

/// Cancels what is scheduled.
#[must_use]
pub fn cancel_removal(account: &str) -> Request<Document<removal::Removal>> {
    Request::new(Method::POST, &["accounts", account, "removal", "cancel"])
}

/// Recomputes the chain of the audit log.
#[must_use]
pub fn verify_audit() -> Request<Document<audit::Verification>> {
    Request::new(Method::GET, &["audit", "verify"])
}

/// Checks the file in force, or the one that `file` names by its absolute path.
pub fn config_check(file: Option<&str>) -> Request<Document<config::ConfigCheck>> {
    Request::new(Method::POST, &["config", "check"]).parameter("file", file)
}

pub fn groups() -> Request<List<group::Group>> {
    Request::new(Method::GET, &["groups"])
}

pub fn group(name: &str) -> Request<Document<group::Group>> {
    Request::new(Method::GET, &["groups", name])
}

pub fn add_group(body: &group::AddGroup) -> Request<Document<group::Group>> {
    Request::new(Method::POST, &["groups"]).body(body)
}

pub fn change_group(name: &str, body: &group::ChangeGroup) -> Request<Document<group::Group>> {
    Request::new(Method::PATCH, &["groups", name]).body(body)
}

pub fn remove_group(name: &str) -> Request<Document<group::Group>> {
    Request::new(Method::DELETE, &["groups", name])
}

pub fn accounts() -> Request<List<account::Account>> {
    Request::new(Method::GET, &["accounts"])
}

pub fn account(name: &str) -> Request<Document<account::Account>> {
    of_account(Method::GET, name, &[])
}

pub fn add_account(body: &account::AddAccount) -> Request<Document<account::Account>> {
    Request::new(Method::POST, &["accounts"]).body(body)
}

pub fn rename_account(name: &str, body: &account::RenameAccount) -> Request<Document<account::Account>> {
    of_account(Method::PATCH, name, &[]).body(body)
}

pub fn remove_account(name: &str) -> Request<Document<account::Account>> {
    of_account(Method::DELETE, name, &[])
}

pub fn authorize(name: &str, body: &account::Authorize) -> Request<Document<account::Account>> {
    of_account(Method::POST, name, &["authorize"]).body(body)
}

pub fn test_account(name: &str) -> Request<Document<account::AccountTest>> {
    of_account(Method::POST, name, &["test"])
}

pub fn account_scopes(name: &str) -> Request<Document<account::AccountScopes>> {
    of_account(Method::GET, name, &["scopes"])
}

pub fn scopes() -> Request<Document<account::AccountScopes>> {
    Request::new(Method::GET, &["scopes"])
}

pub fn servers() -> Request<List<server::Server>> {
    Request::new(Method::GET, &["servers"])
}

pub fn test_server(name: &str) -> Request<Document<server::ServerTest>> {
    Request::new(Method::POST, &["servers", name, "test"])
}

pub fn cdr(account: &str) -> Request<Document<cdr::Cdr>> {
    of_account(Method::GET, account, &["cdr"])
}

pub fn set_cdr(account: &str, body: &cdr::SetCdr) -> Request<Document<cdr::Cdr>> {
    of_account(Method::PUT, account, &["cdr"]).body(body)
}

pub fn create_database(account: &str, body: &cdr::CreateDatabase) -> Request<Document<cdr::DatabaseCreated>> {
    of_account(Method::POST, account, &["cdr", "create-database"]).body(body)
}

pub fn activate_cdr(account: &str) -> Request<Document<cdr::Activated>> {
    of_account(Method::POST, account, &["cdr", "activate"])
}

pub fn deactivate_cdr(account: &str) -> Request<Document<cdr::Cdr>> {
    of_account(Method::POST, account, &["cdr", "deactivate"])
}

pub fn run_cdr(account: &str) -> Request<Document<job::Job>> {
    of_account(Method::POST, account, &["cdr", "run"])
}

pub fn backfill(account: &str, body: &cdr::StartBackfill) -> Request<Document<job::Job>> {
    of_account(Method::POST, account, &["cdr", "backfill"]).body(body)
}

pub fn preview_purge(account: &str) -> Request<Document<retention::Purge>> {
    of_account(Method::GET, account, &["purge"])
}

/// What a purge would delete; nothing is started.
pub fn purgeable(account: &str) -> Request<Document<retention::Purge>> {
    of_account(Method::POST, account, &["purge", "run"])
        .confirmed()
        .dry_run(true)
}

pub fn run_purge(account: &str) -> Request<Document<job::Job>> {
    of_account(Method::POST, account, &["purge", "run"])
}

pub fn purges(account: &str, limit: Option<u64>) -> Request<List<retention::Purge>> {
    of_account(Method::GET, account, &["purge", "history"]).parameter("limit", limit.map(|limit| limit.to_string()))
}

pub fn archive(account: &str) -> Request<Document<retention::Archive>> {
    of_account(Method::GET, account, &["archive"])
}

/// What an archive run would move; nothing is started.
pub fn archivable(account: &str) -> Request<Document<retention::Archive>> {
    of_account(Method::POST, account, &["archive", "run"]).dry_run(true)
}

pub fn run_archive(account: &str) -> Request<Document<job::Job>> {
    of_account(Method::POST, account, &["archive", "run"])
}

pub fn restore_archive(account: &str, body: &retention::RestoreArchive) -> Request<Document<job::Job>> {
    of_account(Method::POST, account, &["archive", "restore"]).body(body)
}

/// What a restore would bring back; nothing is started.
pub fn restorable(account: &str, body: &retention::RestoreArchive) -> Request<Document<retention::Restorable>> {
    of_account(Method::POST, account, &["archive", "restore"])
        .body(body)
        .dry_run(true)
}

pub fn find_subject(account: &str, person: &retention::Person) -> Request<Document<retention::Subject>> {
    of_account(Method::GET, account, &["subject"]).parameters(person)
}

/// To be streamed: one record a line.
pub fn subject_lines(account: &str, person: &retention::Person) -> Request<()> {
    of_account(Method::GET, account, &["subject.ndjson"]).parameters(person)
}

pub fn erase_subject(account: &str, person: &retention::Person) -> Request<Document<job::Job>> {
    of_account(Method::POST, account, &["subject", "erase"]).body(person)
}

/// What an erasure would blank; nothing is started.
pub fn erasable(account: &str, person: &retention::Person) -> Request<Document<retention::Subject>> {
    of_account(Method::POST, account, &["subject", "erase"])
        .body(person)
        .confirmed()
        .dry_run(true)
}

/// Holds of an account, or all.
pub fn holds(account: Option<&str>) -> Request<List<retention::Hold>> {
    match account {
        Some(account) => of_account(Method::GET, account, &["holds"]),
        None => Request::new(Method::GET, &["holds"]),
    }
}

pub fn add_hold(account: &str, body: &retention::AddHold) -> Request<Document<retention::Hold>> {
    of_account(Method::POST, account, &["holds"]).body(body)
}

pub fn release_hold(id: &str) -> Request<Document<retention::Hold>> {
    Request::new(Method::DELETE, &["holds", id])
}

/// What a backfill would take; nothing is started.
pub fn plan_backfill(account: &str, body: &cdr::StartBackfill) -> Request<Document<cdr::CdrPlan>> {
    of_account(Method::POST, account, &["cdr", "backfill"])
        .body(body)
        .dry_run(true)
}

pub fn reconcile(account: &str, body: &cdr::StartReconcile) -> Request<Document<job::Job>> {
    of_account(Method::POST, account, &["cdr", "reconcile"]).body(body)
}

pub fn gaps(account: &str) -> Request<List<cdr::Gap>> {
    of_account(Method::GET, account, &["cdr", "gaps"])
}

pub fn sync(account: &str) -> Request<Document<sync::Sync>> {
    of_account(Method::GET, account, &["sync"])
}

pub fn run_sync(account: &str, body: &sync::StartSync) -> Request<Document<job::Job>> {
    of_account(Method::POST, account, &["sync", "run"]).body(body)
}

pub fn calls(account: &str, filter: &call::CallFilter) -> Request<List<call::Call>> {
    of_account(Method::GET, account, &["calls"]).parameters(filter)
}

pub fn call(account: &str, call_history_uuid: &str, archive: bool) -> Request<Document<call::CallDetail>> {
    of_account(Method::GET, account, &["calls", call_history_uuid]).parameter("archive", archive.then_some("true"))
}

/// To be streamed: one call object a line.
pub fn call_lines(account: &str, filter: &call::CallFilter) -> Request<call::Call> {
    of_account(Method::GET, account, &["calls.ndjson"]).parameters(filter)
}

pub fn directory(account: &str, query: &directory::DirectoryQuery) -> Request<List<directory::Entry>> {
    of_account(Method::GET, account, &["directory"]).parameters(query)
}

pub fn schedules(account: Option<&str>) -> Request<List<schedule::Schedule>> {
    Request::new(Method::GET, &["schedules"]).parameter("account", account)
}

pub fn add_schedule(account: &str, body: &schedule::AddSchedule) -> Request<Document<schedule::Schedule>> {
    of_account(Method::POST, account, &["schedules"]).body(body)
}

/// `of` is an account's name or a schedule's id.
pub fn preview_schedules(of: &str, count: u64) -> Request<List<schedule::Preview>> {
    Request::new(Method::GET, &["schedules", "preview"])
        .parameter("of", Some(of))
        .parameter("count", Some(count.to_string()))
}

pub fn remove_schedule(id: &str) -> Request<Document<schedule::Schedule>> {
    Request::new(Method::POST, &["schedules", id, "remove"])
}

pub fn jobs(account: Option<&str>, limit: Option<u64>) -> Request<List<job::Job>> {
    Request::new(Method::GET, &["jobs"])
        .parameter("account", account)
        .parameter("limit", limit.map(|limit| limit.to_string()))
}

pub fn job(id: &str) -> Request<Document<job::Job>> {
    Request::new(Method::GET, &["jobs", id])
}

/// To be streamed: the job at every change, until it is finished.
pub fn job_events(id: &str) -> Request<job::Job> {
    Request::new(Method::GET, &["jobs", id, "events"])
}

pub fn cancel_job(id: &str) -> Request<Document<job::Job>> {
    Request::new(Method::POST, &["jobs", id, "cancel"])
}

pub fn events(since: Option<&str>, limit: Option<u64>) -> Request<List<event::Event>> {
    Request::new(Method::GET, &["events"])
        .parameter("since", since)
        .parameter("limit", limit.map(|limit| limit.to_string()))
}

/// To be streamed: an event a line, until the daemon ends.
pub fn follow_events(since: Option<&str>) -> Request<event::Event> {
    Request::new(Method::GET, &["events.ndjson"]).parameter("since", since)
}

pub fn audit(since: Option<&str>) -> Request<List<audit::AuditEntry>> {
    Request::new(Method::GET, &["audit"]).parameter("since", since)
}
