//! Every way to fail has its exit code, and says so on stderr alone.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use callsync_shared::ExitCode;

use crate::{
    documents,
    fake_daemon::{FakeDaemon, Part, Reply, ctl, run},
};

#[test]
fn problem_of_the_daemon_becomes_its_exit_code() {
    for exit_code in ExitCode::ALL.into_iter().filter(|code| *code != ExitCode::Ok) {
        let daemon = FakeDaemon::always(Reply::problem(exit_code, "trouble"));
        let human = daemon.ctl(&["status"]);
        assert_eq!(human.code, i32::from(exit_code.number()));
        assert_eq!(human.stdout, "");
        assert_eq!(human.stderr, "error: trouble happened.\nhint: Do this next.\n");

        let json = daemon.ctl(&["--json", "account", "show", "Sales"]);
        assert_eq!(json.code, i32::from(exit_code.number()));
        assert_eq!(json.stdout, "");
        let error = json.error();
        assert_eq!(error["schema"], "callsync/error/v1");
        assert_eq!(error["code"], "trouble");
        assert_eq!(error["message"], "trouble happened.");
        assert_eq!(error["hint"], "Do this next.");
        assert!(error["retryable"].is_boolean());
    }
}

#[test]
fn no_socket_is_3_and_names_the_next_command() {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("none.sock");
    let mut command = ctl();
    command.arg("--socket").arg(&socket).arg("status");
    let outcome = run(command, "");
    assert_eq!(outcome.code, 3);
    assert!(
        outcome.stderr.contains("systemctl status callsyncd"),
        "{}",
        outcome.stderr
    );

    // A socket that nobody listens on any more.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let mut command = ctl();
    command.args(["status", "--json", "--socket"]).arg(&socket);
    let outcome = run(command, "");
    assert_eq!(outcome.code, 3);
    assert_eq!(outcome.error()["code"], "daemon_unreachable");
    assert_eq!(outcome.error()["retryable"], true);
}

#[test]
fn socket_that_the_kernel_refuses_is_4() {
    use std::os::unix::process::CommandExt as _;

    let daemon = FakeDaemon::always(Reply::json(&documents::status()));
    fs::set_permissions(daemon.directory(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(daemon.socket(), fs::Permissions::from_mode(0o000)).unwrap();
    let copy = daemon.directory().join("callsyncctl");
    fs::copy(env!("CARGO_BIN_EXE_callsyncctl"), &copy).unwrap();
    let mut command = Command::new(copy);
    command.args(["--json", "status", "--socket"]).arg(daemon.socket());
    if rustix::process::geteuid().is_root() {
        // Permissions do not bind root: ask as nobody.
        command.uid(65534).gid(65534);
    }
    let outcome = run(command, "");
    assert_eq!(outcome.code, 4, "{outcome:?}");
    assert_eq!(outcome.error()["code"], "socket_denied");
    assert!(outcome.error()["hint"].as_str().unwrap().contains("callsync"));
}

#[test]
fn answers_that_make_no_sense_are_1() {
    let daemon = FakeDaemon::always(Reply::text("<html>"));
    for arguments in [&["status"][..], &["--json", "status"]] {
        let outcome = daemon.ctl(arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""), "{outcome:?}");
    }
}

#[test]
fn late_answer_is_13_and_lost_connection_is_3() {
    let daemon = FakeDaemon::always(Reply::stream(vec![Part::Bytes(b"{".to_vec()), Part::Hang]));
    let outcome = daemon.ctl(&["--json", "--timeout", "0.2", "status"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (13, ""));
    assert_eq!(outcome.error()["code"], "timed_out");

    let daemon = FakeDaemon::always(Reply::stream(vec![Part::Bytes(b"{".to_vec()), Part::Break]));
    let outcome = daemon.ctl(&["--json", "status"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (3, ""));
    assert_eq!(outcome.error()["code"], "connection_lost");
}

#[test]
fn wrong_command_lines_are_2() {
    let daemon = FakeDaemon::always(Reply::json(&documents::status()));
    for arguments in [
        &["nonsense"][..],
        &["group", "add"],
        &["account", "add", "Sales"],
        &["account", "add", "P", "--group", "G", "--auth", "server-to-server"],
        &[
            "account",
            "add",
            "P",
            "--group",
            "G",
            "--code-file",
            "/nonexistent/code",
        ],
        &["account", "show", ""],
        &["account", "show", ".."],
        &["cdr", "set", "Sales"],
        &["cdr", "set", "Sales", "--enable", "--disable"],
        &["group", "set", "EMEA"],
        &["calls", "export", "Sales", "--format", "csv"],
        &["calls", "export", "Sales", "--format", "xml", "--output", "x"],
        &["status", "--timeout", "0"],
        &["completions", "tcsh-ish"],
        &[],
    ] {
        let human = daemon.ctl(arguments);
        assert_eq!((human.code, human.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(!human.stderr.is_empty());

        let mut with_json = arguments.to_vec();
        with_json.push("--json");
        let json = daemon.ctl(&with_json);
        assert_eq!((json.code, json.stdout.as_str()), (2, ""), "{arguments:?}");
        let error = json.error();
        assert_eq!(error["code"], "usage", "{arguments:?}");
        assert_eq!(json.stderr.lines().count(), 1);
    }
    let missing = daemon.ctl(&["account", "add", "Sales", "--json"]);
    assert!(missing.error()["message"].as_str().unwrap().contains("--group"));
    assert!(daemon.lines().is_empty());
}

#[test]
fn destructive_verbs_need_a_confirmation_before_any_request() {
    let daemon = FakeDaemon::start(|request| {
        Reply::json(&match request.target.split('/').nth(2).unwrap() {
            "groups" => documents::group(),
            _ if request.target.contains("deactivate") => documents::cdr("database_ready"),
            _ => documents::account("authorized"),
        })
    });
    for arguments in [
        ["group", "remove", "EMEA"],
        ["account", "remove", "Sales"],
        ["cdr", "deactivate", "Sales"],
    ] {
        let refused = daemon.ctl(&[&arguments[..], &["--json"]].concat());
        assert_eq!((refused.code, refused.stdout.as_str()), (15, ""));
        assert_eq!(refused.error()["code"], "confirmation_required");
        assert!(daemon.lines().is_empty());
    }
    for arguments in [
        ["group", "remove", "EMEA"],
        ["account", "remove", "Sales"],
        ["cdr", "deactivate", "Sales"],
    ] {
        assert_eq!(daemon.ctl(&[&arguments[..], &["--yes"]].concat()).code, 0);
        let last = daemon.received().pop().unwrap();
        assert_eq!(last.headers["x-callsync-confirm"], "yes");
        assert!(!last.target.contains("dry_run"));

        let dry = daemon.ctl(&[&arguments[..], &["--dry-run"]].concat());
        assert_eq!(dry.code, 0);
        assert!(dry.stdout.contains("Dry run: nothing was changed."));
        assert!(daemon.received().pop().unwrap().target.ends_with("?dry_run=true"));
    }
}

#[test]
fn invalid_configuration_is_78() {
    let daemon = FakeDaemon::always(Reply::text(
        r#"{"schema":"callsync/config/v1","file":"/etc/x.yaml","valid":false,"error":"line 3: unknown key\n  | foo"}"#,
    ));
    let human = daemon.ctl(&["config", "check", "--config", "/etc/x.yaml"]);
    assert_eq!((human.code, human.stdout.as_str()), (78, ""));
    assert!(human.stderr.contains("line 3: unknown key\n  | foo"));
    assert_eq!(daemon.lines(), ["POST /v1/config/check?file=%2Fetc%2Fx.yaml"]);
    let json = daemon.ctl(&["config", "check", "--json"]);
    assert_eq!((json.code, json.stderr.as_str()), (78, ""));
    assert!(json.stdout.contains(r#""valid":false"#));
}
