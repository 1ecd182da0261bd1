//! The table of routes: every route of the socket, the role it needs and what it does. There is no route outside it.

use super::{
    handler::{
        account, alert, archive, audit, calls, cdr, config, directory, event, group, health, hold, job, openapi, purge,
        removal, schedule, scopes, server, status, subject, sync, version,
    },
    route::{Route, route},
};

/// Every route.
pub static TABLE: &[Route] = &[
    route!(GET "/v1/status", View, Reads, "status.show", "What runs, and what needs attention.",
        answers "status", status::show),
    route!(GET "/v1/health", View, Reads, "health.show", "Whether all is well, check by check.",
        answers "health", health::show),
    route!(GET "/v1/metrics", ViewAll, Reads, "metrics.show", "The metrics as OpenMetrics text.",
        answers "openmetrics", health::metrics),
    route!(GET "/v1/version", View, Reads, "version.show", "Versions of the daemon and of this protocol.",
        answers "version", version::show),
    route!(GET "/v1/openapi.json", View, Reads, "openapi.show", "This description.",
        answers "json", openapi::show),
    route!(GET "/v1/config", ViewAll, Reads, "config.show", "The configuration in force; secrets as where they come from.",
        answers "config", config::show),
    route!(POST "/v1/config/check", Admin, Reads, "config.check", "Whether a reload would accept the configuration file, or another one on the daemon's machine.",
        query ["file"], answers "config", config::check),
    route!(GET "/v1/groups", View, Reads, "group.list", "All enterprise groups, by name.",
        answers "group-list", group::list),
    route!(POST "/v1/groups", Admin, Changes, "group.add", "Adds an enterprise group.",
        body r#"{"name":"Sales"}"#, answers "group", group::add),
    route!(GET "/v1/groups/{name}", View, Reads, "group.show", "One enterprise group.",
        answers "group", group::show),
    route!(PATCH "/v1/groups/{name}", Admin, Changes, "group.set", "Renames a group, sets contacts and term end; an empty text clears.",
        body r#"{"main_contact":"ops@example.com","term_end":"2027-12-31"}"#, answers "group", group::set),
    route!(DELETE "/v1/groups/{name}", Admin, Destroys, "group.remove", "Removes an empty group; answers with the group as it was.",
        answers "group", group::remove),
    route!(GET "/v1/accounts", View, Reads, "account.list", "All accounts, by name.",
        answers "account-list", account::list),
    route!(POST "/v1/accounts", Admin, Changes, "account.add", "Adds an account: with an authorize URL, or connected at once (server-to-server).",
        body r#"{"name":"ACME","group":"Sales","auth":"oauth","zoom_account_id":null}"#, answers "account", account::add),
    route!(GET "/v1/accounts/{name}", View, Reads, "account.show", "One account.",
        also withdrawn, answers "account", account::show),
    route!(PATCH "/v1/accounts/{name}", Admin, Changes, "account.rename", "Gives an account another name.",
        body r#"{"name":"ACME Ltd"}"#, answers "account", account::rename),
    route!(DELETE "/v1/accounts/{name}", Admin, Destroys, "account.remove", "Removes an account that never collected; answers with the account as it was.",
        also withdrawn, answers "account", account::remove),
    route!(POST "/v1/accounts/{name}/authorize", Admin, Changes, "account.authorize", "Authorizes with a code or the redirected URL; without one answers with the authorize URL.",
        body r#"{"code":null}"#, also withdrawn, answers "account", account::authorize),
    route!(POST "/v1/accounts/{name}/test", Admin, Acts, "account.test", "Asks Zoom who we are and whether Zoom Phone answers.",
        answers "account", account::test),
    route!(POST "/v1/accounts/{name}/deauthorize", Admin, Destroys, "account.deauthorize",
        "Ends the connection: gives the tokens up at Zoom, stops everything, serves nothing.",
        answers "account", account::deauthorize),
    route!(POST "/v1/accounts/{name}/confirm-deauthorization", Admin, Changes, "account.confirm-deauthorization",
        "Records whether the organisation meant the de-authorization.",
        body r#"{"intended":true,"by":"Jane Doe","note":null}"#, also withdrawn, answers "account", account::confirm_deauthorization),
    route!(GET "/v1/accounts/{name}/scopes", View, Reads, "account.scopes", "Scopes granted, missing and required.",
        answers "scopes", scopes::account),
    route!(GET "/v1/scopes", View, Reads, "scopes.list", "All scopes that callsyncd uses.",
        answers "scopes", scopes::required),
    route!(GET "/v1/servers", View, Reads, "server.list", "Database servers of the configuration.",
        answers "server-list", server::list),
    route!(POST "/v1/servers/{name}/test", Admin, Reads, "server.test", "Whether a database server can be used.",
        answers "server-test", server::test),
    route!(GET "/v1/accounts/{name}/cdr", View, Reads, "cdr.show", "CDR processing of an account.",
        also withdrawn, answers "cdr", cdr::show),
    route!(PUT "/v1/accounts/{name}/cdr", Admin, Changes, "cdr.set", "Saves the settings as a whole.",
        body r#"{"server":"local","database":"acme","enable":true}"#, answers "cdr", cdr::set),
    route!(POST "/v1/accounts/{name}/cdr/create-database", Admin, Changes, "cdr.create-database",
        "Creates the primary database, or finds that it is there.", body r#"{"adopt":false}"#, answers "cdr", cdr::create_database),
    route!(POST "/v1/accounts/{name}/cdr/activate", Admin, Changes, "cdr.activate",
        "Verifies everything, fetches and writes once, and starts collecting.", answers "cdr", cdr::activate),
    route!(POST "/v1/accounts/{name}/cdr/deactivate", Admin, Destroys, "cdr.deactivate",
        "Stops collecting; what is stored stays.", answers "cdr", cdr::deactivate),
    route!(POST "/v1/accounts/{name}/cdr/run", Admin, Changes, "cdr.run", "Polls now.", answers "job", cdr::run),
    route!(POST "/v1/accounts/{name}/cdr/backfill", Admin, Changes, "cdr.backfill",
        "Collects a span of the past; with dry_run: what it would take.",
        body r#"{"from":"2026-01-01","to":"2026-02-01"}"#, answers "job", cdr::backfill),
    route!(POST "/v1/accounts/{name}/cdr/reconcile", Admin, Changes, "cdr.reconcile",
        "Compares a span with Zoom, window by window, and reads again what is incomplete.",
        body r#"{"from":"2026-01-01","to":"2026-02-01"}"#, answers "job", cdr::reconcile),
    route!(GET "/v1/accounts/{name}/cdr/gaps", View, Reads, "cdr.gaps", "Spans of which calls are missing, newest first.",
        answers "gap-list", cdr::gaps),
    route!(GET "/v1/accounts/{name}/sync", View, Reads, "sync.status", "Directory sync of an account.",
        also withdrawn, answers "sync", sync::status),
    route!(POST "/v1/accounts/{name}/sync/run", Admin, Changes, "sync.run", "Syncs the directory now.",
        body r#"{"accept_removals":false}"#, answers "job", sync::run),
    route!(GET "/v1/schedules", View, Reads, "schedule.list", "Schedules in force, with their next and last runs.",
        query ["account"], answers "schedule-list", schedule::list),
    route!(POST "/v1/accounts/{name}/schedules", Admin, Changes, "schedule.add", "Adds a schedule by days, local times and zone.",
        body r#"{"kind":"sync","days":"mon-fri","at":["06:00","17:00"],"timezone":"America/New_York"}"#, answers "schedule", schedule::add),
    route!(GET "/v1/schedules/preview", View, Reads, "schedule.preview", "The next due instants of an account's schedules, of one schedule, or of all.",
        query ["of", "count"], answers "schedule-preview-list", schedule::preview),
    route!(POST "/v1/schedules/{id}/remove", Admin, Changes, "schedule.remove", "Removes a schedule; answers with it as it was.",
        answers "schedule", schedule::remove),
    route!(GET "/v1/jobs", View, Reads, "job.list", "Jobs, newest first.", query ["account", "limit"],
        answers "job-list", job::list),
    route!(GET "/v1/jobs/{id}", View, Reads, "job.show", "One job.", answers "job", job::show),
    route!(GET "/v1/jobs/{id}/events", View, Reads, "job.events", "The job at every change until it is finished.",
        answers "ndjson", job::events),
    route!(POST "/v1/jobs/{id}/cancel", Admin, Changes, "job.cancel", "Ends a job at its next commit.",
        answers "job", job::cancel),
    route!(GET "/v1/accounts/{name}/calls", View, Reads, "calls.list", "Calls, newest first.", query ["from", "to", "number", "user", "queue", "site", "direction", "result", "min_duration", "limit", "archive"],
        answers "call-list", calls::list),
    route!(GET "/v1/accounts/{name}/calls/{call_history_uuid}", View, Reads, "calls.show",
        "One call with its elements.", query ["archive"], answers "call", calls::show),
    route!(GET "/v1/accounts/{name}/calls.ndjson", View, Reads, "calls.export", "Calls, newest first, one a line.",
        query ["from", "to", "number", "user", "queue", "site", "direction", "result", "min_duration", "limit", "archive"], answers "ndjson", calls::export),
    route!(GET "/v1/accounts/{name}/directory", View, Reads, "directory.list", "Directory entries.",
        query ["entity", "text", "removed", "limit"], answers "directory-list", directory::list),
    route!(GET "/v1/events", View, Reads, "event.list", "The newest events, or all since a time; oldest first.",
        query ["since", "limit"], answers "event-list", event::list),
    route!(GET "/v1/events.ndjson", View, Reads, "event.follow", "Every event from now on, or since a time, as it happens.",
        query ["since"], answers "ndjson", event::follow),
    route!(GET "/v1/alerts", View, Reads, "alert.list", "Conditions that hold, newest first; with all=true also those that ended.",
        query ["all"], answers "alert-list", alert::list),
    route!(POST "/v1/alerts/test", Admin, Acts, "alert.test", "Sends a test message over every channel, or over one.",
        body r#"{"channel":"email"}"#, answers "alert", alert::test),
    route!(POST "/v1/alerts/mute", Admin, Changes, "alert.mute", "Tells nobody of new alerts of a code for a while; 0s ends it.",
        body r#"{"code":"no_cdr","for":"8h","account":null}"#, answers "alert", alert::mute),
    route!(GET "/v1/removals", View, Reads, "removal.list", "Accounts without consent, and where their removal stands.",
        answers "removal-list", removal::list),
    route!(GET "/v1/accounts/{name}/removal", View, Reads, "removal.show", "Where the removal of an account's data stands.",
        also withdrawn, answers "removal", removal::show),
    route!(GET "/v1/accounts/{name}/removal/plan", View, Reads, "removal.plan", "What would go, and when.",
        also withdrawn, answers "removal", removal::plan),
    route!(POST "/v1/accounts/{name}/removal/consent", Admin, Changes, "removal.consent",
        "Records one of two consents.", body r#"{"role":"manager","from":"Jane Doe","letter_sha256":"…"}"#,
        also withdrawn, answers "removal", removal::consent),
    route!(POST "/v1/accounts/{name}/removal/run", Admin, Destroys, "removal.run",
        "Removes data, settings and access for good.", also withdrawn, answers "job", removal::run),
    route!(POST "/v1/accounts/{name}/removal/cancel", Admin, Changes, "removal.cancel",
        "Cancels what is scheduled and withdraws the consents.", also withdrawn, answers "removal", removal::cancel),
    route!(GET "/v1/accounts/{name}/purge", View, Reads, "purge.preview", "What a purge would delete now.",
        answers "purge", purge::preview),
    route!(POST "/v1/accounts/{name}/purge/run", Admin, Destroys, "purge.run",
        "Deletes what is too old; with dry_run: what it would delete.", answers "job", purge::run),
    route!(GET "/v1/accounts/{name}/purge/history", View, Reads, "purge.history", "Past purges, newest first.",
        query ["limit"], answers "purge-list", purge::history),
    route!(GET "/v1/accounts/{name}/archive", View, Reads, "archive.status", "How the archive stands.",
        answers "archive", archive::status),
    route!(POST "/v1/accounts/{name}/archive/run", Admin, Changes, "archive.run",
        "Moves old calls to the archive; with dry_run: how it stands.", answers "job", archive::run),
    route!(POST "/v1/accounts/{name}/archive/restore", Admin, Changes, "archive.restore",
        "Moves calls back from the archive.", body r#"{"from":"2026-01-01","to":"2026-02-01"}"#,
        answers "job", archive::restore),
    route!(GET "/v1/accounts/{name}/subject", View, Reads, "subject.find", "What is held about one person.",
        query ["number", "email", "extension"], answers "subject", subject::find),
    route!(GET "/v1/accounts/{name}/subject.ndjson", View, Reads, "subject.export",
        "Everything that is held about one person, one record a line.",
        query ["number", "email", "extension"], answers "ndjson", subject::export),
    route!(POST "/v1/accounts/{name}/subject/erase", Admin, Destroys, "subject.erase",
        "Blanks one person's fields for good; with dry_run: what is held.",
        body r#"{"email":"jane@example.com"}"#, answers "job", subject::erase),
    route!(GET "/v1/holds", View, Reads, "hold.list", "Legal holds in force.", answers "hold-list", hold::list),
    route!(GET "/v1/accounts/{name}/holds", View, Reads, "hold.of-account", "Legal holds of an account.",
        answers "hold-list", hold::of_account),
    route!(POST "/v1/accounts/{name}/holds", Admin, Changes, "hold.add",
        "Places a legal hold; without a criterion on the whole account.",
        body r#"{"number":"+14155550111","reason":"case 4711"}"#, answers "hold", hold::add),
    route!(DELETE "/v1/holds/{id}", Admin, Destroys, "hold.release", "Releases a legal hold; answers with the hold as it was.",
        answers "hold", hold::release),
    route!(GET "/v1/audit", ViewAll, Reads, "audit.list", "The audit log, oldest first.",
        query ["since"], answers "audit-list", audit::list),
    route!(GET "/v1/audit/verify", ViewAll, Reads, "audit.verify", "Whether the audit log is as it was written.",
        answers "audit", audit::verify),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::http::Method;

    use super::*;
    use crate::control::route::{Effect, Needs, Withdrawn};

    #[test]
    fn every_row_is_one_route_with_one_action() {
        let routes: BTreeSet<String> = TABLE
            .iter()
            .map(|route| format!("{} {}", route.method, route.path))
            .collect();
        let actions: BTreeSet<&str> = TABLE.iter().map(|route| route.action).collect();
        assert_eq!((routes.len(), actions.len()), (TABLE.len(), TABLE.len()));
    }

    #[test]
    fn whatever_may_change_something_needs_an_administrator() {
        for route in TABLE {
            assert_eq!(route.effect.is_audited(), route.effect != Effect::Reads);
            if route.effect != Effect::Reads {
                assert_eq!(route.needs, Needs::Admin, "{}", route.action);
                assert_ne!(route.method, Method::GET, "{}", route.action);
            }
        }
    }

    #[test]
    fn only_showing_authorizing_and_removing_answer_for_withdrawn_accounts() {
        let answered: Vec<&str> = TABLE
            .iter()
            .filter(|route| route.withdrawn == Withdrawn::Answered)
            .map(|route| route.action)
            .collect();
        for action in &answered {
            let (noun, verb) = action.split_once('.').expect("noun.verb");
            let fine = noun == "removal"
                || matches!(verb, "show" | "status" | "authorize" | "confirm-deauthorization")
                || *action == "account.remove";
            assert!(fine, "{action}");
        }
        assert!(answered.contains(&"account.authorize"));
    }

    #[test]
    fn whatever_deletes_needs_a_confirmation() {
        for route in TABLE.iter().filter(|route| route.method == Method::DELETE) {
            assert_eq!(route.effect, Effect::Destroys, "{}", route.action);
        }
    }

    #[test]
    fn example_bodies_are_json() {
        for route in TABLE.iter().filter(|route| !route.body.is_empty()) {
            assert!(
                serde_json::from_str::<serde_json::Value>(route.body).is_ok(),
                "{}",
                route.action
            );
        }
    }
}
