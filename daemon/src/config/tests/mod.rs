//! Promises of the configuration: what is accepted, and how each mistake is reported.

mod hostile;
mod mistakes;
mod secrets;

use std::path::Path;

use super::{
    defaults,
    error::ConfigError,
    load,
    model::{Config, LogFormat, Plan, RemovalPolicy, SecretSource, ServerKind, SqlServerEndpoint, Tls},
    secret::Credentials,
    show,
};

const SHIPPED: &str = include_str!("../../../../etc/callsyncd.yaml");

fn none() -> Credentials {
    Credentials::in_directory(None)
}

fn parse(text: &str) -> Result<Config, ConfigError> {
    load::parse(text, Some(Path::new("/etc/callsyncd/callsyncd.yaml")), &none())
}

#[test]
fn an_empty_file_means_the_defaults() {
    for text in ["", "\n", "# nothing\n", "---\n", "zoom:\ncontrol:\nservers:\n"] {
        let config = parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(show(&config), show(&defaults::config()), "{text:?}");
    }
}

#[test]
fn the_shipped_file_says_the_defaults() {
    let config = parse(SHIPPED).expect("the shipped file is good");
    assert_eq!(show(&config), show(&defaults::config()));
}

/// `callsyncd.yaml(5)`.
const PAGE: &str = include_str!("../../../../packaging/man/callsyncd.yaml.5");

/// The keys that the program accepts below a place, asked of itself: it lists them when it meets one that it does not
/// know. Nothing when that place is no section.
fn accepted(place: &[(String, bool)]) -> Vec<String> {
    let mut text = String::new();
    let mut blanks = String::new();
    for (key, list) in place {
        text.push_str(&format!("{key}:\n{blanks}  "));
        blanks.push_str("  ");
        if *list {
            text.push_str("- ");
            blanks.push_str("  ");
        }
    }
    text.push_str("no_such_key: 0\n");
    let Err(error) = parse(&text) else { return Vec::new() };
    let problem = error.problem();
    let listed = problem.hint.split_once("keys allowed here: ");
    match listed.filter(|_| problem.message.contains("unknown key `no_such_key`")) {
        Some((_, keys)) => keys.split(", ").map(str::to_owned).collect(),
        None => Vec::new(),
    }
}

fn every_key(place: &[(String, bool)], found: &mut Vec<String>) {
    for list in [false, true] {
        let mut place = place.to_vec();
        if let Some(last) = place.last_mut() {
            last.1 = list;
        } else if list {
            continue;
        }
        for key in accepted(&place) {
            let mut deeper = place.clone();
            deeper.push((key.clone(), false));
            found.push(key);
            every_key(&deeper, found);
        }
    }
}

#[test]
fn every_key_that_the_program_accepts_is_in_the_shipped_file_and_in_the_manual_page() {
    let mut keys = Vec::new();
    every_key(&[], &mut keys);
    keys.sort();
    keys.dedup();
    for known in [
        "state_directory",
        "per_second",
        "enterprise_groups",
        "ca_file",
        "smtp_url",
        "credential",
        "policy",
    ] {
        assert!(keys.iter().any(|key| key == known), "{known} was not found: {keys:?}");
    }
    let absent = |text: &str| -> Vec<&String> { keys.iter().filter(|key| !text.contains(key.as_str())).collect() };
    let named: Vec<&String> = keys
        .iter()
        .filter(|key| !SHIPPED.contains(&format!("{key}:")))
        .collect();
    assert!(named.is_empty(), "not in etc/callsyncd.yaml: {named:?}");
    assert!(
        absent(PAGE).is_empty(),
        "not in packaging/man/callsyncd.yaml.5: {:?}",
        absent(PAGE)
    );
}

#[test]
fn the_shipped_examples_are_good_when_their_comment_signs_are_removed() {
    let directory = tempfile::tempdir().expect("a directory");
    for name in ["sql1-password", "zoom-webhook-secret", "callsyncd-master-key", "a-file"] {
        secrets::write(&directory.path().join(name), &format!("{}\n", "ab".repeat(32)), 0o600);
    }
    let file = directory.path().join("a-file");
    let text: String = SHIPPED
        .lines()
        .filter(|line| !line.contains("#instance"))
        .map(|line| {
            let blanks = line.len() - line.trim_start().len();
            let rest = &line[blanks..];
            // `#key` is an example, `# Text` is prose.
            let rest = rest
                .strip_prefix('#')
                .filter(|rest| !rest.starts_with(' ') || rest.starts_with("  "))
                .unwrap_or(rest);
            format!("{}{rest}\n", &line[..blanks])
        })
        .collect::<String>()
        .split_inclusive('\n')
        .skip_while(|line| !line.starts_with("state_directory"))
        .collect();
    let mut files = String::new();
    for line in text.lines() {
        match line.find("{file: ") {
            Some(at) => files.push_str(&format!("{}{{file: {}}}\n", &line[..at], file.display())),
            None => files.push_str(&format!("{line}\n")),
        }
    }
    let credentials = Credentials::in_directory(Some(directory.path()));
    let config = load::parse(&files, None, &credentials).unwrap_or_else(|error| panic!("{error}\n{files}"));
    assert_eq!(config.servers.len(), 2);
    assert!(config.listen.is_some() && config.master_key.is_some());
    assert!(config.alerts.email.is_some() && config.alerts.webhook.is_some());
    assert_eq!(
        config.zoom.limits,
        defaults::limits_in_force(Plan::Business, &config.zoom.limits)
    );
}

#[test]
fn every_key_reaches_the_configuration() {
    let directory = tempfile::tempdir().expect("a directory");
    let secret = directory.path().join("secret");
    secrets::write(&secret, &format!("{}\n", "0f".repeat(32)), 0o600);
    let secret = secret.display();
    let authority = directory.path().join("ca.pem");
    std::fs::write(&authority, include_str!("authority.pem")).expect("written");
    let authority = authority.display();
    let text = format!(
        r#"
state_directory: /srv/callsync
control:
  socket: /run/x.sock
  group: readers
  admin_group: admins
  viewers:
    - {{group: sales-ops, enterprise_groups: ["Sales", "Ops"]}}
zoom:
  client_id: "abc"
  client_secret: {{file: {secret}}}
  redirect_uri: "https://calls.example.com/cb"
  oauth_url: https://zoom.example
  api_url: http://127.0.0.1:9/v2
  plan: pro
  limits:
    heavy: {{per_second: 2.5, per_day: 100}}
    light: {{per_second: 1}}
  proxy: http://me:hunter2@proxy.example:3128
servers:
  - {{name: a, kind: sqlite, directory: /srv/a}}
  - name: b
    kind: sqlserver
    host: sql1
    instance: PROD
    user: u
    password: {{file: {secret}}}
    tls: trust_server_certificate
  - name: c
    kind: sqlserver
    host: sql2
    user: u
    password: {{file: {secret}}}
    ca_file: {authority}
listen:
  address: "[::1]:8460"
  webhook_secret: {{file: {secret}}}
secrets:
  master_key: {{file: {secret}}}
alerts:
  email: {{smtp_url: "smtp://mail.example:587?tls=required", from: a@example.com, to: [b@example.com]}}
  webhook: {{url: "https://alerts.example", secret: {{file: {secret}}}}}
logging: {{level: debug, format: json}}
removal: {{policy: zoom_ten_days}}
"#
    );
    let config = parse(&text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(config.state_directory, Path::new("/srv/callsync"));
    assert_eq!(config.control.socket, Path::new("/run/x.sock"));
    let viewers = config.control.viewers.as_ref().expect("viewers");
    assert_eq!(viewers[0].enterprise_groups, ["Sales", "Ops"]);
    assert_eq!(config.zoom.plan, Plan::Pro);
    assert_eq!(config.zoom.limits.heavy.per_second, Some(2.5));
    assert_eq!(config.zoom.limits.heavy.per_day, Some(100));
    assert_eq!(config.zoom.limits.medium.per_second, None);
    let ServerKind::SqlServer(b) = &config.servers[1].kind else {
        panic!("b is an SQL Server")
    };
    assert_eq!(b.endpoint, SqlServerEndpoint::Instance("PROD".to_owned()));
    assert_eq!(b.tls, Tls::TrustServerCertificate);
    let ServerKind::SqlServer(c) = &config.servers[2].kind else {
        panic!("c is an SQL Server")
    };
    assert_eq!(
        (c.endpoint.clone(), c.tls),
        (SqlServerEndpoint::Port(1433), Tls::Verify)
    );
    assert_eq!(config.listen.as_ref().map(|listen| listen.address.port()), Some(8460));
    assert_eq!(config.logging.level, tracing::Level::DEBUG);
    assert_eq!(config.logging.format, LogFormat::Json);
    assert_eq!(config.removal_policy, RemovalPolicy::ZoomTenDays);
    assert!(matches!(config.master_key, Some(SecretSource::File(_))));

    let shown = show(&config);
    assert_eq!(shown["zoom"]["client_secret"]["file"], secret.to_string());
    assert_eq!(shown["servers"][1]["instance"], "PROD");
    assert_eq!(shown["zoom"]["limits"]["medium"]["per_second"], 8.0);
    let text = shown.to_string();
    assert!(!text.contains("hunter2") && !text.contains("0f0f"), "{text}");
    let debug = format!("{config:?}");
    assert!(!debug.contains("0f0f"), "{debug}");
}

#[test]
fn databases_follow_the_state_directory_when_no_server_is_named() {
    let config = parse("state_directory: /srv/callsync\n").expect("good");
    let ServerKind::Sqlite { directory } = &config.servers[0].kind else {
        panic!("embedded")
    };
    assert_eq!(directory, Path::new("/srv/callsync/databases"));
}

#[test]
fn only_the_usual_file_may_be_absent() {
    let directory = tempfile::tempdir().expect("a directory");
    let absent = directory.path().join("callsyncd.yaml");
    let config = load::load_from(None, &absent, &none()).expect("defaults");
    assert_eq!(config.file, None);
    let error = load::load_from(Some(&absent), &absent, &none()).expect_err("an explicit path must exist");
    assert_eq!(error.code(), "config_unreadable");
    assert_eq!(error.exit_code().number(), 78);
    assert!(error.to_string().contains(&absent.display().to_string()), "{error}");

    std::fs::write(&absent, "logging: {level: warn}\n").expect("written");
    let config = load::load_from(None, &absent, &none()).expect("read");
    assert_eq!(config.file.as_deref(), Some(absent.as_path()));
    assert_eq!(config.logging.level, tracing::Level::WARN);

    std::fs::write(&absent, b"state_directory: /x\nzoom: \xff\n").expect("written");
    let error = load::load_from(None, &absent, &none()).expect_err("not UTF-8");
    assert!(error.to_string().contains(":2:"), "{error}");
}
