//! The configuration file of a world, and the variations tests make.

use std::{fmt::Write as _, fs, os::unix::fs::PermissionsExt as _, path::Path};

/// What goes into `callsyncd.yaml`; a test changes what it is about.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// `zoom: api_url`; absent leaves it to the token answer.
    pub api_url: Option<String>,
    /// `zoom: oauth_url`.
    pub oauth_url: String,
    /// `zoom: client_id`.
    pub client_id: String,
    /// `zoom: plan`.
    pub plan: &'static str,
    /// `zoom: limits`, as the YAML lines below it; empty = the documented defaults.
    pub limits: String,
    /// `control: group`.
    pub group: String,
    /// `control: admin_group`.
    pub admin_group: String,
    /// `control: viewers`, as YAML in one line.
    pub viewers: Option<String>,
    /// `logging: level`.
    pub log_level: &'static str,
    /// `logging: format`.
    pub log_format: &'static str,
    /// Further entries of `servers:`.
    pub servers: String,
    /// Server that new databases go to.
    pub primary: &'static str,
    /// Lines at the end of the file.
    pub more: String,
}

/// Limits that no test reaches.
pub const GENEROUS: &str =
    "    heavy: {per_second: 500, per_day: 5000000}\n    medium: {per_second: 500}\n    light: {per_second: 2000}\n";

impl Configuration {
    /// For a simulator at this URL.
    #[must_use]
    pub fn for_zoom(base_url: &str, client_id: &str) -> Self {
        Self {
            api_url: Some(format!("{base_url}/v2")),
            oauth_url: base_url.to_owned(),
            client_id: client_id.to_owned(),
            plan: "business",
            limits: GENEROUS.to_owned(),
            // Groups that do not exist: the socket is for the daemon's own user alone.
            group: "callsync-of-a-test".to_owned(),
            admin_group: "callsync-admin-of-a-test".to_owned(),
            viewers: None,
            log_level: "info",
            log_format: "human",
            servers: String::new(),
            primary: "local",
            more: String::new(),
        }
    }

    /// The text of the file for a world in `home`.
    #[must_use]
    pub fn text(&self, home: &Path) -> String {
        let home = home.display();
        let mut text = format!("state_directory: {home}/state\ncontrol:\n  socket: {home}/run/control.sock\n");
        let mut line = |line: String| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{line}");
        };
        line(format!("  group: {}", self.group));
        line(format!("  admin_group: {}", self.admin_group));
        if let Some(viewers) = &self.viewers {
            line(format!("  viewers: {viewers}"));
        }
        line(format!("zoom:\n  client_id: \"{}\"", self.client_id));
        line(format!("  client_secret: {{file: {home}/client-secret}}"));
        line("  redirect_uri: \"http://127.0.0.1:8460/oauth/callback\"".to_owned());
        line(format!("  oauth_url: {}", self.oauth_url));
        if let Some(api_url) = &self.api_url {
            line(format!("  api_url: {api_url}"));
        }
        line(format!("  plan: {}", self.plan));
        if !self.limits.is_empty() {
            line(format!("  limits:\n{}", self.limits.trim_end()));
        }
        line(format!(
            "servers:\n  - {{name: local, kind: sqlite, directory: {home}/databases}}"
        ));
        line(format!(
            "  - {{name: second, kind: sqlite, directory: {home}/more-databases}}"
        ));
        text.push_str(&self.servers);
        let mut line = |line: String| {
            let _ = writeln!(text, "{line}");
        };
        line(format!(
            "logging: {{level: {}, format: {}}}",
            self.log_level, self.log_format
        ));
        text.push_str(&self.more);
        text
    }

    /// Writes the file.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, home: &Path) {
        fs::write(home.join("callsyncd.yaml"), self.text(home)).expect("a configuration file");
    }
}

/// Writes a file that only its owner may read.
///
/// # Panics
/// When it cannot be written.
pub fn write_secret(path: &Path, text: &str) {
    fs::write(path, text).expect("a secret file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("the mode of a secret file");
}
