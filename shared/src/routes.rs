//! The routes of the control socket. Names in paths are percent-encoded.
//!
//! | method and path | answer |
//! |---|---|
//! | `GET /v1/status` | `Status` |
//! | `GET /v1/health` | `Health` |
//! | `GET /v1/metrics` | OpenMetrics text |
//! | `GET /v1/version` | `Version` |
//! | `GET /v1/openapi.json` | OpenAPI description of these routes |
//! | `GET /v1/config` | `ConfigView` |
//! | `POST /v1/config/check?file=` | `ConfigCheck`, of the file in force or of another one |
//! | `GET /v1/groups` | list of `Group` |
//! | `POST /v1/groups` `AddGroup` | `Group` |
//! | `GET /v1/groups/{name}` | `Group` |
//! | `PATCH /v1/groups/{name}` `ChangeGroup` | `Group` |
//! | `DELETE /v1/groups/{name}` | `Group` as it was |
//! | `GET /v1/accounts` | list of `Account` |
//! | `POST /v1/accounts` `AddAccount` | `Account` with `authorize_url` (oauth) or connected (server-to-server) |
//! | `GET /v1/accounts/{name}` | `Account` |
//! | `PATCH /v1/accounts/{name}` `RenameAccount` | `Account` |
//! | `DELETE /v1/accounts/{name}` | `Account` as it was |
//! | `POST /v1/accounts/{name}/authorize` `Authorize` | `Account`; without a code: with `authorize_url` |
//! | `POST /v1/accounts/{name}/test` | `AccountTest` |
//! | `POST /v1/accounts/{name}/deauthorize` | `Account` |
//! | `POST /v1/accounts/{name}/confirm-deauthorization` `ConfirmDeauthorization` | `Account` |
//! | `GET /v1/accounts/{name}/scopes` | `AccountScopes` |
//! | `GET /v1/scopes` | `AccountScopes` without an account |
//! | `GET /v1/servers` | list of `Server` |
//! | `POST /v1/servers/{name}/test` | `ServerTest` |
//! | `GET /v1/accounts/{name}/cdr` | `Cdr` |
//! | `PUT /v1/accounts/{name}/cdr` `SetCdr` | `Cdr` |
//! | `POST /v1/accounts/{name}/cdr/create-database` `CreateDatabase` | `DatabaseCreated` |
//! | `POST /v1/accounts/{name}/cdr/activate` | `Activated` |
//! | `POST /v1/accounts/{name}/cdr/deactivate` | `Cdr` |
//! | `POST /v1/accounts/{name}/cdr/run` | `Job` |
//! | `POST /v1/accounts/{name}/cdr/backfill` `StartBackfill` | `Job`, with `dry_run` `CdrPlan` |
//! | `POST /v1/accounts/{name}/cdr/reconcile` `StartReconcile` | `Job`, whose result is a `Reconciliation` |
//! | `GET /v1/accounts/{name}/cdr/gaps` | list of `Gap`, newest first |
//! | `GET /v1/accounts/{name}/sync` | `Sync` |
//! | `POST /v1/accounts/{name}/sync/run` | `Job` |
//! | `GET /v1/accounts/{name}/calls?<CallFilter>` | list of `Call`, newest first |
//! | `GET /v1/accounts/{name}/calls/{call_history_uuid}?archive=` | `CallDetail` |
//! | `GET /v1/accounts/{name}/calls.ndjson?<CallFilter>` | stream: one call object a line, no limit unless asked |
//! | `GET /v1/accounts/{name}/directory?<DirectoryQuery>` | list of `Entry` |
//! | `GET /v1/schedules?account=` | list of `Schedule` |
//! | `POST /v1/accounts/{name}/schedules` `AddSchedule` | `Schedule` |
//! | `GET /v1/schedules/preview?of=&count=` | list of `Preview`, of an account's name, a schedule's id, or all; soonest first |
//! | `POST /v1/schedules/{id}/remove` | `Schedule` as it was |
//! | `GET /v1/jobs?account=&limit=` | list of `Job`, newest first |
//! | `GET /v1/jobs/{id}` | `Job` |
//! | `GET /v1/jobs/{id}/events` | stream: a `Job` a line at every change until it is finished |
//! | `POST /v1/jobs/{id}/cancel` | `Job` |
//! | `GET /v1/events?since=&limit=` | list of `Event`, oldest first: the newest, or all since a time |
//! | `GET /v1/events.ndjson?since=` | stream: an `Event` a line as it happens |
//! | `GET /v1/alerts?all=` | list of `Alert`, newest first |
//! | `POST /v1/alerts/test` `TestAlerts` | `AlertTest` |
//! | `POST /v1/alerts/mute` `MuteAlerts` | `AlertMute` |
//! | `GET /v1/removals` | list of `Removal` |
//! | `GET /v1/accounts/{name}/removal` | `Removal` |
//! | `GET /v1/accounts/{name}/removal/plan` | `Removal` with `classes` |
//! | `POST /v1/accounts/{name}/removal/consent` `GiveConsent` | `Removal` |
//! | `POST /v1/accounts/{name}/removal/run` | `Job` |
//! | `POST /v1/accounts/{name}/removal/cancel` | `Removal` |
//! | `GET /v1/accounts/{name}/purge` | `Purge`, what a run would delete |
//! | `POST /v1/accounts/{name}/purge/run` | `Job`, with `dry_run` `Purge` |
//! | `GET /v1/accounts/{name}/purge/history?limit=` | list of `Purge`, newest first |
//! | `GET /v1/accounts/{name}/archive` | `Archive` |
//! | `POST /v1/accounts/{name}/archive/run` | `Job`, with `dry_run` `Archive` |
//! | `POST /v1/accounts/{name}/archive/restore` `RestoreArchive` | `Job`, with `dry_run` `Restorable` |
//! | `GET /v1/accounts/{name}/subject?<Person>` | `Subject` |
//! | `GET /v1/accounts/{name}/subject.ndjson?<Person>` | stream: one record a line, `{database, table, record}` |
//! | `POST /v1/accounts/{name}/subject/erase` `Person` | `Job`, with `dry_run` `Subject` |
//! | `GET /v1/holds`, `GET /v1/accounts/{name}/holds` | list of `Hold` |
//! | `POST /v1/accounts/{name}/holds` `AddHold` | `Hold` |
//! | `DELETE /v1/holds/{id}` | `Hold` as it was |
//! | `GET /v1/audit?since=` | list of `AuditEntry` |
//! | `GET /v1/audit/verify` | `Verification` |
//!
//! Every mutating route takes `?dry_run=true`: everything is checked, nothing is changed, the answer shows what it would be.
//! Destructive routes (`DELETE`, `deactivate`) need the header `X-Callsync-Confirm: yes`, which the control program sends after asking.

use std::fmt::Write as _;

/// Header by which a client says that a person confirmed a destructive request.
pub const CONFIRM_HEADER: &str = "x-callsync-confirm";
/// Header in which either side names its control protocol version.
pub const API_VERSION_HEADER: &str = "x-callsync-api-version";
/// Header in which either side names its program version.
pub const VERSION_HEADER: &str = "x-callsync-version";

/// A path from segments; each is percent-encoded, so any account name is safe in it.
#[must_use]
pub fn path(segments: &[&str]) -> String {
    let mut path = String::from("/v1");
    for segment in segments {
        path.push('/');
        for byte in segment.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
                path.push(char::from(byte));
            } else {
                // Writing to a String cannot fail.
                let _ = write!(path, "%{byte:02X}");
            }
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn names_with_slashes_and_umlauts_stay_one_segment() {
        assert_eq!(path(&["accounts", "A/B ü"]), "/v1/accounts/A%2FB%20%C3%BC");
    }
}
