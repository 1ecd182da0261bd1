//! `account add` and `account authorize` without a terminal.

use std::fs;

use callsync_shared::ExitCode;
use serde_json::Value;

use crate::{
    documents::{AUTHORIZE_URL, account},
    fake_daemon::{FakeDaemon, Received, Reply},
};

const CONNECTED: &str = "Connected. Zoom account number 10010370036\n";

fn daemon() -> FakeDaemon {
    FakeDaemon::start(|request: &Received| {
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        match body["code"].as_str() {
            Some("good") => Reply::json(&account("authorized")),
            Some(_) => Reply::problem(ExitCode::Zoom, "wrong_code"),
            None => Reply::json(&account("pending_authorization")),
        }
    })
}

#[test]
fn without_a_terminal_the_url_is_the_result() {
    let daemon = daemon();
    let human = daemon.ctl(&["account", "add", "Sales", "--group", "EMEA"]);
    assert_eq!((human.code, human.stderr.as_str()), (0, ""));
    assert!(
        human.stdout.lines().any(|line| line == AUTHORIZE_URL),
        "{}",
        human.stdout
    );
    assert!(human.stdout.contains("2026-03-08 08:30:00 +00:00"));
    let sent: Value = serde_json::from_str(&daemon.received()[0].body).unwrap();
    assert_eq!((&sent["name"], &sent["group"]), (&"Sales".into(), &"EMEA".into()));

    let json = daemon.ctl(&["account", "authorize", "Sales", "--json"]);
    let document: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(document["authorize_url"], AUTHORIZE_URL);
    assert_eq!(document["authorize_expires_at"], "2026-03-08T08:30:00Z");
}

#[test]
fn code_from_a_file_or_standard_input_connects() {
    let daemon = daemon();
    let file = daemon.directory().join("code");
    fs::write(&file, "\n  good \n").unwrap();
    let from_file = daemon.ctl(&["account", "authorize", "Sales", "--code-file", file.to_str().unwrap()]);
    assert_eq!((from_file.code, from_file.stdout.as_str()), (0, CONNECTED));
    // The code came from the pending URL: asking for another one first would make it worthless.
    assert_eq!(daemon.lines(), ["POST /v1/accounts/Sales/authorize"]);

    let both = daemon.ctl_with_input(
        &["account", "add", "Sales", "--group", "EMEA", "--code-file", "-"],
        "good\n",
    );
    assert_eq!((both.code, both.stdout.as_str()), (0, CONNECTED));
    assert!(both.stderr.lines().any(|line| line == AUTHORIZE_URL));

    let json = daemon.ctl_with_input(
        &[
            "account",
            "add",
            "Sales",
            "--group",
            "EMEA",
            "--code-file",
            "-",
            "--json",
        ],
        "good",
    );
    assert_eq!(json.stdout, format!("{}\n", account("authorized")));
    assert!(json.stderr.contains(AUTHORIZE_URL));
}

#[test]
fn failed_authorization_after_add_says_what_is_left_and_how_to_go_on() {
    let daemon = daemon();
    for input in ["bad\n", "\n"] {
        let outcome = daemon.ctl_with_input(
            &[
                "account",
                "add",
                "Sales EMEA",
                "--group",
                "EMEA",
                "--code-file",
                "-",
                "--json",
            ],
            input,
        );
        assert_eq!(outcome.code, if input == "\n" { 2 } else { 10 });
        assert_eq!(outcome.stdout, "");
        let error = outcome.error();
        assert!(error["message"].as_str().unwrap().contains("stays pending"), "{error}");
        let hint = error["hint"].as_str().unwrap();
        assert!(hint.contains("callsyncctl account authorize 'Sales EMEA'"), "{hint}");
        assert!(hint.contains(AUTHORIZE_URL), "{hint}");
    }
}

#[test]
fn the_code_is_nowhere_but_in_the_body() {
    let daemon = daemon();
    let outcome = daemon.ctl_with_input(&["account", "authorize", "Sales", "--code-file", "-"], "s3cret");
    assert_eq!(outcome.code, 10);
    assert!(!outcome.stderr.contains("s3cret"));
    for request in daemon.received() {
        assert!(!request.target.contains("s3cret"));
    }
}

#[test]
fn server_to_server_is_connected_by_adding() {
    let daemon = FakeDaemon::always(Reply::json(&account("authorized")));
    let arguments = [
        "account",
        "add",
        "Sales",
        "--group",
        "EMEA",
        "--auth",
        "server-to-server",
        "--zoom-account-id",
        "z",
    ];
    let outcome = daemon.ctl(&arguments);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, CONNECTED));
    assert_eq!(daemon.lines().len(), 1);
}
