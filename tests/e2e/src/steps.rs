//! What an administrator does, in the order of the manual.

use std::fs;

use jiff::SignedDuration;
use serde_json::Value;
use zoom_sim::{AccountHandle, CallSpec};

use crate::{configuration::write_secret, control_program::Outcome, patience::eventually, world::World};

/// The enterprise group of every account that a test connects without further thought.
pub const GROUP: &str = "Everybody";

impl World {
    /// An account of the simulator.
    #[must_use]
    pub fn zoom_account(&self, name: &str) -> AccountHandle {
        self.zoom().account(name)
    }

    /// Makes sure that [`GROUP`] exists.
    pub fn ensure_group(&self) {
        let outcome = self.ctl(&["group", "add", GROUP]);
        assert!(matches!(outcome.code, 0 | 6), "{outcome:?}");
    }

    /// `account add`; the answer is its document with the authorize URL.
    #[must_use]
    pub fn add_account(&self, name: &str) -> Value {
        self.ensure_group();
        self.json(&["account", "add", name, "--group", GROUP])
    }

    /// `account authorize --code-file` with what was pasted.
    #[must_use]
    pub fn paste(&self, name: &str, pasted: &str) -> Outcome {
        let file = self.home().join(format!("pasted-{}", pasted.len()));
        write_secret(&file, pasted);
        let path = file.to_string_lossy().into_owned();
        let outcome = self.ctl(&["account", "authorize", name, "--code-file", &path, "--json"]);
        // A code lying about would be found by those who look for leaked secrets.
        let _ = fs::remove_file(file);
        outcome
    }

    /// The URL that waits for a person.
    ///
    /// # Panics
    /// When none does.
    #[must_use]
    pub fn authorize_url(&self, name: &str) -> String {
        let shown = self.json(&["account", "show", name]);
        shown["authorize_url"]
            .as_str()
            .unwrap_or_else(|| panic!("no authorize_url: {shown}"))
            .to_owned()
    }

    /// Signs in at the waiting URL as `who`, allows, and pastes the redirected URL.
    #[must_use]
    pub fn authorize_as(&self, name: &str, who: &str) -> Outcome {
        let grant = self
            .zoom()
            .authorize(&self.authorize_url(name), who)
            .expect("the consent page");
        self.paste(name, &grant.redirect_url)
    }

    /// Adds and authorizes an account under the name it has in the simulator.
    pub fn connect(&self, name: &str) {
        let _ = self.add_account(name);
        let outcome = self.authorize_as(name, &self.zoom_account(name).owner_email()).ok();
        assert_eq!(outcome.json()["state"], "authorized", "{outcome:?}");
    }

    /// `cdr set`, `cdr create-database`, `cdr activate`, without waiting for what the activation starts.
    #[must_use]
    pub fn activate(&self, name: &str, database: &str, settings: &[&str]) -> Value {
        self.prepare(name, database, settings);
        self.json(&["cdr", "activate", name])
    }

    /// `cdr set` and `cdr create-database`.
    pub fn prepare(&self, name: &str, database: &str, settings: &[&str]) {
        let set = [
            "cdr",
            "set",
            name,
            "--server",
            self.configuration.primary,
            "--database",
            database,
            "--enable",
        ];
        let _ = self.json(&[&set[..], settings].concat());
        let _ = self.json(&["cdr", "create-database", name]);
    }

    /// Connects, activates, and waits until everything there was is collected.
    pub fn collect(&self, name: &str, settings: &[&str]) {
        self.connect(name);
        self.prepare(name, name, settings);
        let _ = self.json(&["cdr", "activate", name, "--wait"]);
        self.await_backfill(name);
        self.await_elements(name);
    }

    /// Waits until the backfill is over.
    ///
    /// # Panics
    /// When it was cancelled or does not end.
    pub fn await_backfill(&self, name: &str) {
        eventually("the end of the backfill", || {
            let shown = self.json(&["cdr", "show", name]);
            let state = shown["backfill"]["state"].as_str().unwrap_or_default().to_owned();
            assert_ne!(state, "cancelled", "{shown}");
            (state == "done" || state == "none").then_some(())
        });
    }

    /// Waits until no call waits for its elements.
    pub fn await_elements(&self, name: &str) {
        eventually("all elements", || {
            let shown = self.json(&["cdr", "show", name]);
            (shown["elements_pending"] == 0).then_some(())
        });
    }

    /// Calls that ended some minutes ago and are published now; the answers are their keys.
    #[must_use]
    pub fn fresh_calls(&self, name: &str, count: i64) -> Vec<String> {
        // Not at this very second, which the next poll rightly leaves for the one after.
        let now = self.zoom().clock().now();
        let spec = |number| CallSpec {
            start: Some(now - SignedDuration::from_secs(180 + number)),
            duration_seconds: Some(60),
            publish_at: Some(now),
            ..CallSpec::default()
        };
        (0..count)
            .map(|number| self.zoom_account(name).add_call(spec(number)))
            .collect()
    }

    /// `cdr run --wait`; the answer is the finished job.
    #[must_use]
    pub fn poll(&self, name: &str) -> Value {
        self.json(&["cdr", "run", name, "--wait"])
    }

    /// `sync run --wait`; the answer is the finished job.
    #[must_use]
    pub fn sync(&self, name: &str) -> Value {
        self.json(&["sync", "run", name, "--wait"])
    }
}
