//! Hostile configuration files: refused with a place and a hint, or accepted; never a panic, never a secret in the message.

use std::path::Path;

use hostile::Target;

use super::{SHIPPED, parse, show};

const FULL: &str = r#"state_directory: /var/lib/callsyncd
control:
  socket: /run/callsyncd/control.sock
  group: callsync
  admin_group: callsync-admin
  viewers:
    - {group: sales-ops, enterprise_groups: ["Sales"]}
zoom:
  client_id: "abc"
  client_secret: {credential: zoom-client-secret}
  redirect_uri: "http://127.0.0.1:8460/oauth/callback"
  oauth_url: https://zoom.us
  api_url: https://api.zoom.us/v2
  plan: business
  limits:
    heavy: {per_second: 8, per_day: 15000}
    medium: {per_second: 16}
  proxy: http://proxy.example:3128
servers:
  - {name: local, kind: sqlite, directory: /var/lib/callsyncd/databases}
  - name: sql1
    kind: sqlserver
    host: sql1.example.com
    port: 1433
    user: callsync
    password: {credential: sql1-password}
    tls: verify
listen:
  address: 127.0.0.1:8460
  webhook_secret: {credential: zoom-webhook-secret}
secrets:
  master_key: {credential: callsyncd-master-key}
alerts:
  email: {smtp_url: "smtps://user@mail.example:465", password: {credential: mail}, from: a@example.com, to: [ops@example.com]}
  webhook: {url: "https://hook.example/x", secret: {credential: hook}}
logging: {level: info, format: auto}
removal: {policy: agreement}
"#;

/// Without anything that would be read from the disk.
fn without_files(text: &str) -> String {
    text.lines()
        .filter(|line| !line.contains("credential:"))
        .flat_map(|line| [line, "\n"])
        .collect()
}

#[test]
fn a_hostile_configuration_is_refused_with_a_hint_or_can_be_shown() {
    let target = Target::new("configuration")
        .seed(FULL)
        .seed(without_files(FULL))
        .seed(SHIPPED)
        .seed(without_files(SHIPPED).replace("#", ""));
    target.attack(|input| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        match parse(text) {
            Ok(config) => {
                let shown = show(&config).to_string();
                assert!(Path::new(&config.state_directory).is_absolute(), "{shown}");
            }
            Err(error) => {
                let problem = error.problem();
                assert!(!problem.message.is_empty() && !problem.hint.is_empty(), "{error}");
                assert!(error.to_string().len() < 4_096, "{error}");
            }
        }
    });
}
