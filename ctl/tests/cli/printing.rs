//! What stdout and stderr hold when all goes well.

use crate::{
    documents,
    fake_daemon::{FakeDaemon, Reply, ctl, run},
};

#[test]
fn json_is_the_daemons_body_byte_for_byte() {
    let body = "{ \"schema\":\"callsync/group-list/v1\",\n  \"items\":[], \"future\":1.10, \"ü\":\"\\u00fc\" }";
    let daemon = FakeDaemon::always(Reply::text(format!("{body}\n\n")));
    let outcome = daemon.ctl(&["group", "list", "--json"]);
    assert_eq!(
        (outcome.code, outcome.stdout, outcome.stderr),
        (0, format!("{body}\n"), String::new())
    );
}

#[test]
fn dry_run_is_sent_and_said() {
    let daemon = FakeDaemon::start(|request| {
        let target = request.target.as_str();
        assert!(target.ends_with("?dry_run=true"), "{target}");
        Reply::json(&match target.split('?').next().unwrap() {
            path if path.contains("/groups") => documents::group(),
            path if path.ends_with("/run") || path.ends_with("/reconcile") || path.contains("/jobs/") => {
                documents::job("j1", "cdr", "queued")
            }
            path if path.ends_with("/activate") => documents::activated(),
            path if path.contains("/create-database") => serde_json::json!({
                "schema": "callsync/cdr/v1", "dry_run": true, "account": "Sales", "server": "local", "database": "d",
                "created": true, "schema_version": 1, "ddl": "CREATE TABLE x (\n  a TEXT\n);\n", "message": "m"}),
            path if path.ends_with("/backfill") => serde_json::json!({
                "schema": "callsync/cdr-plan/v1", "account": "Sales", "from": "2026-01-01T00:00:00Z",
                "to": "2026-03-01T00:00:00Z", "windows": 59, "requests": 100, "calls": 9000, "days_of_quota": 0.1, "eta_seconds": 60}),
            path if path.contains("/cdr") => documents::cdr("configured"),
            _ => documents::account("pending_authorization"),
        })
    });
    for arguments in [
        &["group", "add", "EMEA"][..],
        &["group", "rename", "EMEA", "E"],
        &["group", "set", "EMEA", "--term-end", "2027-12-31"],
        &["group", "remove", "EMEA"],
        &["account", "add", "Sales", "--group", "EMEA"],
        &["account", "authorize", "Sales"],
        &["account", "rename", "Sales", "S"],
        &["account", "remove", "Sales"],
        &["cdr", "set", "Sales", "--enable"],
        &["cdr", "create-database", "Sales"],
        &["cdr", "activate", "Sales", "--wait"],
        &["cdr", "deactivate", "Sales"],
        &["cdr", "run", "Sales", "--wait"],
        &["cdr", "backfill", "Sales", "--wait"],
        &["cdr", "reconcile", "Sales", "--wait"],
        &["sync", "run", "Sales"],
        &["job", "cancel", "j1"],
    ] {
        let outcome = daemon.ctl(&[arguments, &["--dry-run"]].concat());
        assert_eq!(outcome.code, 0, "{arguments:?} {outcome:?}");
        assert!(
            outcome.stdout.contains("Dry run: nothing was changed."),
            "{arguments:?} {outcome:?}"
        );
    }
    let ddl = daemon.ctl(&["cdr", "create-database", "Sales", "--dry-run"]).stdout;
    assert_eq!(
        ddl,
        "CREATE TABLE x (\n  a TEXT\n);\n-- Dry run: nothing was changed.\n"
    );
}

#[test]
fn cdr_set_sends_what_was_given_and_nothing_else() {
    let daemon = FakeDaemon::always(Reply::json(&documents::cdr("configured")));
    let outcome = daemon.ctl(&[
        "cdr",
        "set",
        "Sales",
        "--server",
        "sql1",
        "--database",
        "d",
        "--disable",
        "--poll-interval",
        "5m",
        "--backfill",
        "30d",
        "--elements",
        "off",
        "--retain",
        "calls=730d",
        "--purge-at",
        "02:30",
        "--archive-server",
        "s",
        "--archive-database",
        "a",
        "--archive-after",
        "365d",
        "--no-cdr-after",
        "6h",
        "--no-cdr-days",
        "mon-fri",
        "--no-cdr-hours",
        "08:00-18:00",
        "--no-cdr-timezone",
        "Europe/Vienna",
    ]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let request = daemon.received().remove(0);
    assert_eq!(request.line(), "PUT /v1/accounts/Sales/cdr");
    let sent: callsync_shared::api::cdr::SetCdr = serde_json::from_str(&request.body).unwrap();
    assert_eq!(sent.enable, Some(false));
    assert_eq!(sent.no_cdr_timezone.as_deref(), Some("Europe/Vienna"));

    daemon.ctl(&["cdr", "set", "Sales", "--elements", "on"]);
    let sent: callsync_shared::api::cdr::SetCdr = serde_json::from_str(&daemon.received()[1].body).unwrap();
    assert_eq!(
        (sent.enable, sent.server, sent.elements.as_deref()),
        (None, None, Some("on"))
    );
}

#[test]
fn tables_in_a_pipe_are_plain() {
    let daemon = FakeDaemon::start(|request| match request.target.as_str() {
        "/v1/status" => Reply::json(&documents::status()),
        _ => Reply::text(
            r#"{"schema":"callsync/call-list/v1","items":[{"call_history_uuid":"u","direction":"inbound","caller_name":"\u001b[31mEve","caller_did_number":"+14155550111","callee_name":"Bob","end_time":"2026-03-08T07:30:00Z","duration":75,"call_result":"answered","site_name":null}]}"#,
        ),
    });
    let calls = daemon.ctl(&["calls", "list", "Sales"]);
    assert_eq!(calls.code, 0, "{calls:?}");
    let lines: Vec<&str> = calls.stdout.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("ENDED") && lines[0].ends_with("SITE"), "{calls:?}");
    assert_eq!(
        lines[1],
        r"2026-03-08 07:30:00 +00:00  inbound    \u{1b}[31mEve (+14155550111)  Bob  answered  1:15      -"
    );

    let status = daemon.ctl(&["status"]);
    assert!(
        status.stdout.contains("callsyncd 0.1.0, pid 42, up 1 h\n"),
        "{}",
        status.stdout
    );
    for part in [
        "line 3: unknown key",
        "! The group callsync does not exist.",
        "heavy 5/15000",
        "never",
    ] {
        assert!(status.stdout.contains(part), "{}", status.stdout);
    }
    assert!(!status.stdout.contains(['\u{1b}', '│', '─']));
}

#[test]
fn every_read_verb_prints_for_people() {
    let daemon = FakeDaemon::start(|request| match request.target.split('?').next().unwrap() {
        "/v1/groups/EMEA" => Reply::json(&documents::group()),
        "/v1/groups" => list("group", &documents::group()),
        "/v1/accounts" => list("account", &documents::account("authorized")),
        "/v1/accounts/Sales" => Reply::json(&documents::account("pending_authorization")),
        "/v1/accounts/Sales/cdr" => Reply::json(&documents::cdr("active")),
        "/v1/accounts/Sales/sync" => Reply::json(&documents::sync()),
        "/v1/jobs" => list("job", &documents::job("j1", "sync", "failed")),
        "/v1/jobs/j1" => Reply::json(&documents::job("j1", "sync", "failed")),
        "/v1/servers" => Reply::text(
            r#"{"schema":"callsync/server-list/v1","items":[{"name":"local","kind":"sqlite","location":"/var","accounts":[]}]}"#,
        ),
        "/v1/servers/local/test" => Reply::text(
            r#"{"schema":"callsync/server-test/v1","name":"local","kind":"sqlite","ok":true,"version":"3.50","permissions":["write"],"missing_permissions":[],"free_bytes":1073741824,"round_trip_seconds":0.0003}"#,
        ),
        "/v1/accounts/Sales/test" => Reply::text(
            r#"{"schema":"callsync/account/v1","account":"Sales","state":"authorized","account_number":1,"round_trip_seconds":0.003,"missing":[{"scope":"phone:read:list_sites:admin","alternatives":["phone:read:admin"],"needed_for":"sites"}]}"#,
        ),
        "/v1/scopes" | "/v1/accounts/Sales/scopes" => Reply::text(
            r#"{"schema":"callsync/scopes/v1","granted":[],"missing":[],"required":[{"scope":"s","alternatives":["t"],"needed_for":"calls","essential":true}]}"#,
        ),
        "/v1/accounts/Sales/calls/u" => Reply::text(
            r#"{"schema":"callsync/call/v1","call_history_uuid":"u","end_time":"2026-03-08T07:30:00Z","extra":{"x":1},"site_name":null,"elements":[{"call_element_id":"e","event":"ring","caller_name":"A"}]}"#,
        ),
        "/v1/accounts/Sales/directory" => Reply::text(
            r#"{"schema":"callsync/directory-list/v1","items":[{"entity":"phone_user","id":"x","name":"Jane","extension_number":7,"phone_numbers":[{"number":"+1"}],"site_name":"HQ","department":"R&D"}]}"#,
        ),
        "/v1/audit" => Reply::text(
            r#"{"schema":"callsync/audit-list/v1","items":[{"seq":1,"at":"2026-03-08T07:30:00Z","uid":0,"user":"root","pid":1,"role":"admin","action":"group.add","object":"EMEA","outcome":"ok","hash":"00"}]}"#,
        ),
        "/v1/config" => Reply::text(
            r#"{"schema":"callsync/config/v1","file":"/etc/x","config":{"zoom":{"plan":"business"},"servers":[{"name":"local"}]}}"#,
        ),
        other => panic!("asked for {other}"),
    });
    for (arguments, expected) in [
        (&["group", "list"][..], "2027-12-31"),
        (&["group", "show", "EMEA"], "Term end:           2027-12-31"),
        (&["account", "list"], "10010370036"),
        (&["account", "show", "Sales"], documents::AUTHORIZE_URL),
        (&["account", "test", "Sales"], "phone:read:list_sites:admin"),
        (&["account", "scopes"], "calls"),
        (&["account", "scopes", "Sales"], "calls"),
        (&["server", "list"], "sqlite"),
        (&["server", "test", "local"], "1.0 GiB"),
        (&["cdr", "show", "Sales"], "Last poll attempt:  never"),
        (&["sync", "status", "Sales"], "Last Sync Success:  never"),
        (&["job", "list", "Sales", "--limit", "3"], "10 of 10 records"),
        (&["job", "show", "j1"], "The database does not answer."),
        (&["calls", "show", "Sales", "u"], "1 element:"),
        (&["directory", "list", "Sales"], "HQ / R&D"),
        (&["directory", "search", "Sales", "jane"], "Jane"),
        (&["audit", "list", "--since", "2026-03-01"], "group.add"),
        (&["config", "show"], "servers[0].name:  local"),
    ] {
        let outcome = daemon.ctl(arguments);
        assert_eq!(
            (outcome.code, outcome.stderr.as_str()),
            (0, ""),
            "{arguments:?} {}",
            outcome.stdout
        );
        assert!(outcome.stdout.contains(expected), "{arguments:?}\n{}", outcome.stdout);
    }
    let asked = daemon.lines();
    assert!(asked.contains(&"GET /v1/jobs?account=Sales&limit=3".to_owned()));
    assert!(asked.contains(&"GET /v1/accounts/Sales/directory?text=jane".to_owned()));
    assert!(asked.contains(&"GET /v1/audit?since=2026-03-01".to_owned()));
}

fn list(noun: &str, item: &serde_json::Value) -> Reply {
    let mut item = item.clone();
    item.as_object_mut().unwrap().remove("schema");
    Reply::json(&serde_json::json!({"schema": format!("callsync/{noun}-list/v1"), "items": [item]}))
}

#[test]
fn versions_that_differ_warn_people_once_and_scripts_never() {
    let daemon = FakeDaemon::always(Reply::json(&documents::status()).header("x-callsync-api-version", "2"));
    let human = daemon.ctl(&["status"]);
    assert_eq!(human.code, 0);
    assert_eq!(human.stderr.matches("warning:").count(), 1);
    assert_eq!(daemon.ctl(&["status", "--json"]).stderr, "");
    let sent = daemon.received().remove(0);
    assert_eq!(sent.headers["x-callsync-api-version"], "1");
    assert_eq!(sent.headers["x-callsync-version"], callsync_shared::VERSION);
}

#[test]
fn version_works_with_and_without_a_daemon() {
    let daemon = FakeDaemon::always(Reply::text(
        r#"{"schema":"callsync/version/v1","version":"0.1.0","api_version":1}"#,
    ));
    let with: serde_json::Value = serde_json::from_str(&daemon.ctl(&["version", "--json"]).stdout).unwrap();
    assert_eq!(with["schema"], "callsync/version/v1");
    assert_eq!(
        with["daemon"],
        serde_json::json!({"version": "0.1.0", "api_version": 1})
    );

    let mut command = ctl();
    command.args(["version", "--json", "--socket", "/nonexistent/sock"]);
    let without = run(command, "");
    assert_eq!((without.code, without.stderr.as_str()), (0, ""));
    let without: serde_json::Value = serde_json::from_str(&without.stdout).unwrap();
    assert_eq!(
        (&without["daemon"], &without["api_version"]),
        (&serde_json::Value::Null, &1.into())
    );
}
