//! Each mistake is reported with line, column, the offending line and a hint.

use super::{
    super::{error::ConfigError, warnings::warnings},
    parse,
};
use crate::domain::failure::{Cause, Fault};

/// Text, line, column, and words of message and hint.
type Case = (&'static str, u64, u64, &'static str, &'static str);

const CASES: &[Case] = &[
    // Keys.
    (
        "stat_directory: /x\n",
        1,
        1,
        "unknown key `stat_directory`",
        "did you mean `state_directory`?",
    ),
    (
        "zoom:\n  cleint_id: \"x\"\n",
        2,
        3,
        "unknown key `cleint_id`",
        "did you mean `client_id`?",
    ),
    (
        "\n\nfrobnicate: 1\n",
        3,
        1,
        "unknown key `frobnicate`",
        "keys allowed here: state_directory, control",
    ),
    (
        "zoom:\n  limits:\n    heavy: {per_minute: 1}\n",
        3,
        13,
        "unknown key `per_minute`",
        "per_second, per_day",
    ),
    (
        "logging: {level: info}\nlogging: {level: warn}\n",
        2,
        1,
        "`logging` is given twice",
        "remove one",
    ),
    (
        "control:\n  group: a\n  group: b\n",
        3,
        3,
        "`group` is given twice",
        "remove one",
    ),
    // Form.
    ("control: [a]\n", 1, 10, "a section", "indentation"),
    ("control: 5\n", 1, 10, "a section", "indentation"),
    ("servers: local\n", 1, 10, "a list", "kind of value"),
    ("state_directory: [/x]\n", 1, 18, "a single value", "kind of value"),
    ("zoom:\n  client_id: 12345\n", 2, 14, "a text is expected", "in quotes"),
    (
        "zoom: {limits: {heavy: {per_second: \"8\"}}}\n",
        1,
        37,
        "a number is expected",
        "remove the quotes",
    ),
    (
        "zoom:\n  limits:\n    heavy:\n      per_day: '100'\n",
        4,
        16,
        "a whole number is expected",
        "remove the quotes",
    ),
    (
        "zoom: {limits: {heavy: {per_second: fast}}}\n",
        1,
        37,
        "a number is expected",
        "compare",
    ),
    (
        "zoom: {limits: {heavy: {per_day: 1.5}}}\n",
        1,
        34,
        "a whole number is expected",
        "compare",
    ),
    ("logging: {level: info\n", 1, 10, "unclosed bracket", "brackets"),
    ("zoom:\n  plan: b: c\n", 2, 10, "", "colons"),
    ("zoom:\n  plan: pro\n    proxy: x\n", 3, 10, "", "indentation"),
    (
        "logging: {level: info}\n---\nlogging: {level: info}\n",
        3,
        1,
        "second document",
        "---",
    ),
    // Values.
    (
        "state_directory: var/lib\n",
        1,
        18,
        "\"var/lib\" is relative",
        "from / on",
    ),
    (
        "control: {socket: run/x}\n",
        1,
        19,
        "`socket` must be an absolute path",
        "from / on",
    ),
    (
        "control: {group: \"\"}\n",
        1,
        18,
        "`group` must not be empty",
        "give `group` a value",
    ),
    (
        "control:\n  viewers:\n    - {group: g}\n",
        3,
        7,
        "needs `enterprise_groups`",
        "UNIX-GROUP",
    ),
    (
        "zoom: {plan: enterprise}\n",
        1,
        14,
        "\"enterprise\" is not a value of `plan`",
        "allowed: business, pro",
    ),
    ("zoom: {plan: buisness}\n", 1, 14, "`plan`", "did you mean `business`?"),
    (
        "zoom: {oauth_url: zoom.us}\n",
        1,
        19,
        "`oauth_url` is not a URL",
        "https://host",
    ),
    (
        "zoom: {oauth_url: ftp://zoom.us}\n",
        1,
        19,
        "must be http or https, not ftp",
        "https://host",
    ),
    (
        "zoom: {api_url: \"https://a/v2?x=1\"}\n",
        1,
        17,
        "neither ?query nor #fragment",
        "remove",
    ),
    (
        "zoom: {redirect_uri: \"/oauth/callback\"}\n",
        1,
        22,
        "`redirect_uri` is not a URL",
        "https://host",
    ),
    (
        "zoom: {proxy: \"proxy:3128\"}\n",
        1,
        15,
        "must be http or https",
        "http://host:port",
    ),
    (
        "zoom: {limits: {heavy: {per_second: 0}}}\n",
        1,
        37,
        "`per_second` must be above 0",
        "above 0",
    ),
    (
        "zoom: {limits: {heavy: {per_second: -1}}}\n",
        1,
        37,
        "`per_second` must be above 0",
        "above 0",
    ),
    ("zoom: {limits: {heavy: {per_second: .inf}}}\n", 1, 37, "", ""),
    (
        "zoom: {limits: {heavy: {per_day: 0}}}\n",
        1,
        34,
        "`per_day` must be above 0",
        "above 0",
    ),
    (
        "servers:\n  - {kind: sqlite, directory: /x}\n",
        2,
        5,
        "needs `name`",
        "add name",
    ),
    ("servers:\n  - {name: a}\n", 2, 5, "needs `kind`", "kind: sqlite or"),
    (
        "servers:\n  - {name: a, kind: sqllite}\n",
        2,
        21,
        "not a value of `kind`",
        "did you mean `sqlite`?",
    ),
    (
        "servers:\n  - {name: a, kind: sqlite}\n",
        2,
        5,
        "needs `directory`",
        "add directory",
    ),
    (
        "servers:\n  - {name: a, kind: sqlite, directory: d}\n",
        2,
        40,
        "is relative",
        "from / on",
    ),
    (
        "servers:\n  - {name: a, kind: sqlite, directory: /d, host: h}\n",
        2,
        50,
        "kind: sqlserver only",
        "remove `host`",
    ),
    (
        "servers:\n  - {name: a, kind: sqlserver, directory: /d}\n",
        2,
        43,
        "kind: sqlite only",
        "remove `directory`",
    ),
    (
        "servers:\n  - {name: a, kind: sqlserver, host: h}\n",
        2,
        5,
        "needs `user`",
        "add user",
    ),
    (
        "servers:\n  - {name: a, kind: sqlserver, host: h, user: u}\n",
        2,
        5,
        "needs `password`",
        "add password",
    ),
    (
        "servers:\n  - {name: a, kind: sqlite, directory: /a}\n  - {name: A, kind: sqlite, directory: /b}\n",
        3,
        12,
        "two servers named \"a\"",
        "rename one",
    ),
    (
        "servers:\n  - {name: a, kind: sqlite, directory: /a}\n  - {name: b, kind: sqlite, directory: /a}\n",
        3,
        5,
        "the same directory",
        "a directory of its own",
    ),
    (
        "listen: {address: localhost}\n",
        1,
        19,
        "not a socket address",
        "127.0.0.1:8460",
    ),
    (
        "listen: {address: 127.0.0.1}\n",
        1,
        19,
        "not a socket address",
        "ADDRESS:PORT",
    ),
    ("listen: {}\n", 1, 9, "needs `address`", "127.0.0.1:8460"),
    (
        "logging: {level: loud}\n",
        1,
        18,
        "\"loud\" is not a value of `level`",
        "error, warn, info, debug, trace",
    ),
    ("logging: {format: jsn}\n", 1, 19, "`format`", "did you mean `json`?"),
    (
        "removal: {policy: never}\n",
        1,
        19,
        "`policy`",
        "agreement, zoom_ten_days",
    ),
    (
        "alerts: {email: {from: a@b, to: [c@d]}}\n",
        1,
        17,
        "lacks smtp_url",
        "`email` needs",
    ),
    (
        "alerts: {email: {smtp_url: \"http://x\", from: a@b, to: [c@d]}}\n",
        1,
        28,
        "smtp or smtps",
        "smtps://user@host",
    ),
    (
        "alerts: {email: {smtp_url: \"smtp://x?tls=no\", from: a@b, to: [c@d]}}\n",
        1,
        28,
        "?tls=required",
        "smtps",
    ),
    (
        "alerts: {email: {smtp_url: \"smtp://x\", from: a@b, to: []}}\n",
        1,
        55,
        "names nobody",
        "ops@example.com",
    ),
    (
        "alerts: {email: {smtp_url: \"smtp://x\", from: ab, to: [c@d]}}\n",
        1,
        46,
        "not a mail address",
        "ops@example.com",
    ),
    (
        "alerts: {webhook: {url: \"x\"}}\n",
        1,
        25,
        "`url` is not a URL",
        "https://host",
    ),
    // Secrets.
    ("zoom: {client_secret: {}}\n", 1, 23, "exactly one of", "{file: PATH}"),
    (
        "zoom: {client_secret: {file: /a, credential: b}}\n",
        1,
        23,
        "exactly one of",
        "{file: PATH}",
    ),
    ("zoom: {client_secret: {file: a}}\n", 1, 30, "is relative", "from / on"),
    (
        "zoom: {client_secret: {file: /nonexistent/a}}\n",
        1,
        23,
        "cannot read the secret /nonexistent/a",
        "mode 0600",
    ),
    (
        "zoom: {client_secret: {credential: a/b}}\n",
        1,
        36,
        "a plain name",
        "LoadCredential",
    ),
    (
        "secrets: {master_key: {credential: k}}\n",
        1,
        23,
        "CREDENTIALS_DIRECTORY is not set",
        "LoadCredential",
    ),
];

#[test]
fn each_mistake_names_its_line_column_and_remedy() {
    let mut failures = String::new();
    for (text, line, column, message, hint) in CASES {
        let Err(error) = parse(text) else {
            failures.push_str(&format!("accepted: {text}\n"));
            continue;
        };
        let problem = error.problem();
        let place = problem.place.as_ref().map(|place| (place.line, place.column));
        if place != Some((*line, *column))
            || !problem.message.contains(message)
            || !problem.hint.contains(hint)
            || problem.hint.is_empty()
        {
            failures.push_str(&format!(
                "{text}wanted {line}:{column} {message} | {hint}\ngot {error}\n\n"
            ));
        }
        assert_eq!(error.exit_code().number(), 78);
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn both_port_and_instance_and_a_useless_ca_file_are_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let secret = directory.path().join("password");
    super::secrets::write(&secret, "x\n", 0o600);
    let server = |rest: &str| {
        parse(&format!(
            "servers:\n  - name: s\n    kind: sqlserver\n    host: h\n    user: u\n    password: {{file: {}}}\n{rest}",
            secret.display()
        ))
    };
    let both = server("    port: 1\n    instance: I\n").expect_err("both");
    assert!(both.to_string().contains("both `port` and `instance`"), "{both}");
    assert_eq!(both.problem().place.as_ref().map(|place| place.line), Some(7));
    let useless = server("    tls: off\n    ca_file: /ca\n").expect_err("ca_file without verify");
    assert!(useless.to_string().contains("tls: verify"), "{useless}");
    let range = server("    port: 70000\n").expect_err("port");
    assert!(range.to_string().contains("1 to 65535"), "{range}");
    assert!(server("    port: 1444\n    auth: sql\n").is_ok());
    let kerberos = server("    auth: kerberos\n").expect_err("user and password, or no such build");
    let expected = if cfg!(feature = "kerberos") {
        "`user` belongs to auth: sql only"
    } else {
        "built without Kerberos"
    };
    assert!(kerberos.to_string().contains(expected), "{kerberos}");
}

#[test]
fn a_ca_file_without_a_certificate_is_warned_of_and_stops_nobody_else() {
    let directory = tempfile::tempdir().expect("a directory");
    let secret = directory.path().join("password");
    super::secrets::write(&secret, "x\n", 0o600);
    let authority = directory.path().join("ca.pem");
    let warned = || {
        let config = parse(&format!(
            "servers:\n  - {{name: s, kind: sqlserver, host: h, user: u, password: {{file: {}}}, ca_file: {}}}\n",
            secret.display(),
            authority.display()
        ));
        warnings(&config.unwrap_or_else(|error| panic!("{error}")))
    };
    let refused = |what: &str| match &warned()[..] {
        [warning] => warning.clone(),
        other => panic!("{what}: {other:?}"),
    };
    assert!(refused("absent").contains("No such file"));
    std::fs::write(&authority, "").expect("written");
    assert!(refused("empty").contains("holds no certificate"));
    std::fs::write(
        &authority,
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    )
    .expect("written");
    assert!(refused("a key").contains("holds no certificate"));
    std::fs::write(
        &authority,
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    )
    .expect("written");
    assert!(refused("rubbish").contains("cannot be read"));
    std::fs::write(&authority, include_str!("authority.pem")).expect("written");
    assert_eq!(warned(), Vec::<String>::new());
}

#[test]
fn secrets_that_leave_the_host_unencrypted_are_warned_of() {
    let warned = |text: &str| warnings(&parse(text).expect("good")).len();
    for quiet in [
        "",
        "zoom: {oauth_url: \"http://127.0.0.1:1\", api_url: \"http://[::1]:1/v2\"}",
        "zoom: {oauth_url: \"http://localhost:1\"}",
        "zoom: {oauth_url: \"https://zoom.example\"}",
    ] {
        assert_eq!(warned(quiet), 0, "{quiet}");
    }
    assert_eq!(warned("zoom: {oauth_url: \"http://zoom.us\"}"), 1);
    assert_eq!(
        warned("zoom: {oauth_url: \"http://zoom.us\", api_url: \"http://192.0.2.1/v2\"}"),
        2
    );
}

#[test]
fn a_secret_typed_into_the_file_is_refused_and_never_repeated() {
    for text in [
        "zoom:\n  client_secret: hunter2\n",
        "zoom:\n  client_secert: hunter2\n",
        "zoom:\n  client_secret:\n    hunter2\n",
        "zoom:\n  client_secret: {value: hunter2}\n",
        "zoom:\n  client_secret:\n    value: hunter2\n",
        "zoom:\n  client_secret: [hunter2]\n",
        "servers:\n  - {name: a, kind: sqlserver, host: h, user: u, password: hunter2}\n",
        "secrets: {master_key: hunter2}\n",
        "zoom: {proxy: \"ftp://me:hunter2@proxy\"}\n",
        "alerts: {email: {smtp_url: \"smtps://me:hunter2@mail\", from: a@b, to: [c@d]}}\n",
    ] {
        let error = parse(text).expect_err(text);
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn the_report_shows_the_line_and_a_mark_below_its_column() {
    let error = parse("control:\n  gruop: x\n").expect_err("unknown key");
    assert_eq!(
        error.to_string(),
        "/etc/callsyncd/callsyncd.yaml:2:3: unknown key `gruop`\n 2 |   gruop: x\n   |   ^\nhint: did you mean `group`? keys \
         allowed here: socket, group, admin_group, viewers"
    );
    assert!(matches!(error, ConfigError::Text(_)));
    let fault = Fault::from(error);
    assert_eq!((fault.cause, fault.code), (Cause::Config, "config_invalid"));
    assert!(fault.hint.starts_with("did you mean") && !fault.message.contains("hint:"));
}
