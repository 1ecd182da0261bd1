//! `calls export`: complete files or none, safe cells, streams.

use std::fs;

use callsync_shared::ExitCode;
use serde_json::{Value, json};

use crate::fake_daemon::{FakeDaemon, Part, Reply};

fn calls() -> Vec<Value> {
    vec![
        json!({"call_history_uuid": "u1", "caller_did_number": "+14155550111", "caller_name": "=HYPERLINK(\"x\")", "duration": 20, "extra": null}),
        json!({"call_history_uuid": "u2", "caller_did_number": "-12", "caller_name": "Jürgen, 李\n2", "duration": -5, "extra": {"a": 1}}),
    ]
}

#[test]
fn csv_disarms_formulas_and_keeps_numbers_and_scripts() {
    let daemon = FakeDaemon::always(Reply::lines(&calls()));
    let file = daemon.directory().join("calls.csv");
    let path = file.to_str().unwrap();
    let outcome = daemon.ctl(&[
        "calls",
        "export",
        "Sales",
        "--format",
        "csv",
        "--output",
        path,
        "--from",
        "2026-03-01",
        "--number",
        "+1 415",
    ]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, ""));
    assert_eq!(outcome.stderr, "Exported 2 calls.\n");
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        "call_history_uuid,caller_did_number,caller_name,duration,extra\n\
         u1,+14155550111,\"'=HYPERLINK(\"\"x\"\")\",20,\n\
         u2,-12,\"Jürgen, 李\n2\",-5,\"{\"\"a\"\":1}\"\n"
    );
    assert_eq!(
        daemon.lines(),
        ["GET /v1/accounts/Sales/calls.ndjson?from=2026-03-01&number=%2B1%20415"]
    );
    assert_eq!(mode(&file), 0o600);
}

fn mode(file: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

#[test]
fn ndjson_is_passed_on_byte_for_byte() {
    // Lines cut anywhere, one without an end, and an empty one that keeps the connection alive.
    let daemon = FakeDaemon::always(Reply::stream(vec![
        Part::Bytes(b"{\"call_history_uuid\":\"u1\",  \"x\":1.0".to_vec()),
        Part::Bytes(b"0}\n\n{\"call_history_uuid\":\"\xc3".to_vec()),
        Part::Bytes(b"\xa4\"}".to_vec()),
    ]));
    let outcome = daemon.ctl(&["calls", "export", "Sales", "--format", "ndjson", "--output", "-"]);
    assert_eq!(outcome.code, 0);
    assert_eq!(
        outcome.stdout,
        "{\"call_history_uuid\":\"u1\",  \"x\":1.00}\n{\"call_history_uuid\":\"ä\"}\n"
    );
    assert_eq!(outcome.stderr, "Exported 2 calls.\n");
}

#[test]
fn broken_export_leaves_the_old_file_and_nothing_else() {
    let broken = |ending: Part| {
        let mut parts: Vec<Part> = calls()
            .iter()
            .map(|call| Part::Bytes(format!("{call}\n").into_bytes()))
            .collect();
        parts.push(ending);
        Reply::stream(parts)
    };
    let problem = serde_json::to_string(&callsync_shared::Problem::new(ExitCode::Database, "gone", "Gone.")).unwrap();
    for (ending, code) in [
        (Part::Break, 3),
        (Part::Hang, 13),
        (Part::Bytes(format!("{problem}\n").into_bytes()), 12),
        (
            Part::Bytes(b"{\"call_history_uuid\":\"u3\",\"surprise\":1}\n".to_vec()),
            1,
        ),
        (Part::Bytes(b"[\"call_history_uuid\"]\n".to_vec()), 1),
    ] {
        let daemon = FakeDaemon::always(broken(ending));
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("calls.csv");
        fs::write(&file, "old").unwrap();
        let outcome = daemon.ctl(&[
            "calls",
            "export",
            "Sales",
            "--format",
            "csv",
            "--output",
            file.to_str().unwrap(),
            "--timeout",
            "0.5",
        ]);
        assert_eq!(outcome.code, code, "{outcome:?}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }
}

#[test]
fn export_replaces_the_file_behind_a_link_and_keeps_its_mode() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let daemon = FakeDaemon::always(Reply::lines(&calls()));
    let file = daemon.directory().join("real.ndjson");
    let link = daemon.directory().join("link.ndjson");
    fs::write(&file, "old").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&file, &link).unwrap();
    let arguments = [
        "calls",
        "export",
        "Sales",
        "--format",
        "ndjson",
        "--json",
        "--output",
        link.to_str().unwrap(),
    ];
    let outcome = daemon.ctl(&arguments);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    let document: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(document["rows"], 2);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 2);
    assert_eq!(mode(&file), 0o640);
}

#[test]
fn device_and_bad_places_are_handled() {
    let daemon = FakeDaemon::always(Reply::lines(&calls()));
    let export = |output: &str| daemon.ctl(&["calls", "export", "Sales", "--format", "csv", "--output", output]);
    assert_eq!(export("/dev/null").code, 0);
    assert_eq!(export("/dev/full").code, 1);
    assert_eq!(export("/nonexistent/x.csv").code, 1);
    assert_eq!(export(daemon.directory().to_str().unwrap()).code, 1);
    let both = daemon.ctl(&["calls", "export", "Sales", "--format", "csv", "--output", "-", "--json"]);
    assert_eq!((both.code, both.stdout.as_str()), (2, ""));
}

#[test]
fn reader_that_goes_away_is_no_error() {
    use std::process::Stdio;

    let many: Vec<Value> = (0..20_000)
        .map(|n| json!({"call_history_uuid": n.to_string(), "pad": "x".repeat(100)}))
        .collect();
    let daemon = FakeDaemon::always(Reply::lines(&many));
    let mut child = crate::fake_daemon::ctl()
        .args(["calls", "export", "Sales", "--format", "ndjson", "--output", "-"])
        .env("CALLSYNC_SOCKET", daemon.socket())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}
