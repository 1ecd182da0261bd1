//! Documents as the daemon sends them.

use serde_json::{Value, json};

pub fn job(id: &str, kind: &str, state: &str) -> Value {
    let finished = !matches!(state, "queued" | "running");
    let mut job = json!({
        "schema": "callsync/job/v1",
        "id": id,
        "kind": kind,
        "account": "Sales",
        "state": state,
        "progress": {"done": if finished { 10 } else { 3 }, "total": 10, "unit": "records"},
        "created_at": "2026-03-08T07:30:00Z",
        "started_at": "2026-03-08T07:30:01Z",
        "finished_at": finished.then_some("2026-03-08T07:30:09Z"),
        "result": {"records": 10},
        "field_of_the_future": [1, 2.50],
    });
    if state == "failed" {
        job["error"] = json!({
            "code": "database_unavailable",
            "message": "The database does not answer.",
            "hint": "callsyncctl server test sql1",
            "retryable": true,
            "exit_code": 12,
        });
    }
    job
}

pub fn cdr(state: &str) -> Value {
    json!({
        "schema": "callsync/cdr/v1",
        "account": "Sales",
        "state": state,
        "server": "local",
        "database": "sales",
        "poll_interval_seconds": 300,
        "last_poll_attempt": null,
        "last_poll_success": "2026-03-08T07:30:00Z",
        "newest_record_end_time": null,
        "records": 12, "elements": 30, "elements_pending": 1, "gaps": 0, "rejected": 0,
        "backfill": {"from": null, "to": null, "done_until": null, "state": "none"},
        "settings": {"enabled": true, "backfill": "6mo", "elements": true, "retain": null, "purge_at": null,
            "archive_server": null, "archive_database": null, "archive_after": null, "no_cdr_after": null,
            "no_cdr_days": null, "no_cdr_hours": null, "no_cdr_timezone": null},
    })
}

pub fn activated() -> Value {
    let mut document = cdr("active");
    document["message"] = "Database CDR Processing was successfully activated.".into();
    let jobs = [("j1", "cdr"), ("j2", "sync"), ("j3", "backfill")].map(|(id, kind)| {
        let mut job = job(id, kind, "queued");
        job.as_object_mut().unwrap().remove("schema");
        job
    });
    document["jobs"] = jobs.to_vec().into();
    document
}

pub fn sync() -> Value {
    json!({
        "schema": "callsync/sync/v1",
        "account": "Sales",
        "status": "Enabled",
        "last_sync_attempt": "2026-03-08T07:30:00Z",
        "last_sync_success": null,
        "last_error": null,
        "duration": 3.2,
        "next_run": null,
        "entities": {"users": {"total": 7, "added": 1, "changed": 0, "removed": 0}},
    })
}

pub const AUTHORIZE_URL: &str = "https://zoom.example/oauth/authorize?state=abc";

pub fn account(state: &str) -> Value {
    let mut account = json!({
        "schema": "callsync/account/v1",
        "id": "a1", "name": "Sales", "group": "EMEA", "auth": "oauth", "state": state,
        "zoom_account_id": null, "account_number": null, "authorized_by": null,
        "scopes": {"granted": [], "missing": []}, "token": null,
        "cdr": cdr("unconfigured"), "sync": sync(),
    });
    if state == "authorized" {
        account["account_number"] = 10_010_370_036_i64.into();
    } else {
        account["authorize_url"] = AUTHORIZE_URL.into();
        account["authorize_expires_at"] = "2026-03-08T08:30:00Z".into();
    }
    account
}

pub fn group() -> Value {
    json!({
        "schema": "callsync/group/v1",
        "name": "EMEA", "accounts": ["Sales"], "main_contact": null, "technical_contact": null,
        "security_contact": null, "term_end": "2027-12-31", "created_at": "2026-03-08T07:30:00Z",
    })
}

pub fn status() -> Value {
    json!({
        "schema": "callsync/status/v1",
        "version": "0.1.0", "api_version": 1, "pid": 42,
        "started_at": "2026-03-08T07:30:00Z", "now": "2026-03-08T08:30:00Z",
        "config": {"file": null, "loaded_at": "2026-03-08T07:30:00Z", "last_reload_at": "2026-03-08T08:00:00Z",
            "last_reload_error": "line 3: unknown key"},
        "notices": ["The group callsync does not exist."],
        "accounts": [{"name": "Sales", "group": "EMEA", "state": "authorized", "cdr_state": "active",
            "sync_status": "Enabled", "last_poll_success": null, "last_sync_success": null, "last_error": null,
            "quota": [{"label": "heavy", "used_today": 5, "per_day": 15000, "per_second": 8.0}]}],
        "running_jobs": [],
    })
}
