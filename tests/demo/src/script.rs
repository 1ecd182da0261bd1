//! The demo itself: what an administrator types on the first day, checked line by line.

use std::{fs, time::Duration};

use anyhow::{Context as _, ensure};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::{
    browser,
    screen::Screen,
    stage::{Ended, PATIENCE, Stage},
};

/// Plays every step; the first that does not do what it promises ends it.
pub async fn play(stage: &Stage, screen: &Screen) -> anyhow::Result<()> {
    let actor = Actor { stage, screen };
    actor.connect().await?;
    actor.collect().await?;
    actor.look().await
}

struct Actor<'a> {
    stage: &'a Stage,
    screen: &'a Screen,
}

impl Actor<'_> {
    async fn connect(&self) -> anyhow::Result<()> {
        self.screen.begin("add an enterprise group and an account");
        self.types(&["group", "add", "EMEA"], &["EMEA"]).await?;
        let added = self
            .types(&["account", "add", "Acme", "--group", "EMEA"], &["/oauth/authorize?"])
            .await?;
        let url = added
            .split_whitespace()
            .find(|word| word.contains("/oauth/authorize?"))
            .context("no authorize URL was printed")?;
        self.screen.begin("authorize it");
        let who = self.stage.owner();
        self.screen.say(&format!(
            "The demo plays the browser: {who} signs in at this URL and allows."
        ));
        let redirected = browser::consent(self.stage.zoom_address(), url, who).await?;
        self.screen
            .typed("callsyncctl account authorize Acme --code-file - < redirected-url.txt");
        let ended = self
            .stage
            .run(&["account", "authorize", "Acme", "--code-file", "-"], Some(&redirected))
            .await?;
        let connected = format!("Connected. Zoom account number {}", self.stage.account_number());
        self.check(&ended, &[&connected])?;
        self.screen.begin("look at the database servers");
        self.types(&["server", "list"], &["local", "sqlite"]).await?;
        Ok(())
    }

    async fn collect(&self) -> anyhow::Result<()> {
        self.screen.begin("set up CDR processing");
        let set = [
            "cdr",
            "set",
            "Acme",
            "--server",
            "local",
            "--database",
            "acme",
            "--enable",
            "--backfill",
            "30d",
        ];
        self.types(&set, &["acme"]).await?;
        self.types(&["cdr", "create-database", "Acme"], &["acme"]).await?;
        self.screen.begin("activate CDR processing");
        let sentence = "Database CDR Processing was successfully activated.";
        let printed = self.types(&["cdr", "activate", "Acme"], &[sentence]).await?;
        ensure!(
            printed.lines().any(|line| line == sentence),
            "the sentence is not a line of its own"
        );
        self.screen.begin("the first sync starts by itself; wait for it");
        let synced = |sync: &Value| sync["status"] == "Enabled" && sync["last_sync_success"].is_string();
        self.waits_for(&["sync", "status", "Acme"], synced).await?;
        let fields = [
            "Enabled",
            "Last Sync Attempt:",
            "Last Sync Success:",
            "users",
            "phone_numbers",
        ];
        self.types(&["sync", "status", "Acme"], &fields).await?;
        self.screen
            .begin("the calls of the last 30 days come in; wait for them");
        self.waits_for(&["cdr", "show", "Acme"], |cdr| cdr["backfill"]["state"] == "done")
            .await?;
        self.types(&["cdr", "show", "Acme"], &["active", "done"]).await?;
        self.types(&["status"], &["Acme", "authorized", "Enabled"]).await?;
        Ok(())
    }

    async fn look(&self) -> anyhow::Result<()> {
        self.screen.begin("the newest calls");
        let table = self
            .types(&["calls", "list", "Acme", "--limit", "8"], &["bound"])
            .await?;
        ensure!(table.lines().count() >= 9, "eight calls and a heading are expected");
        self.screen.begin("who is owner@acme.example.com?");
        self.types(
            &["directory", "search", "Acme", self.stage.owner()],
            &[self.stage.owner()],
        )
        .await?;
        self.screen.begin("export everything for a spreadsheet");
        self.types(
            &["calls", "export", "Acme", "--format", "csv", "--output", "calls.csv"],
            &[],
        )
        .await?;
        self.screen.typed("head -n 3 calls.csv");
        let csv = fs::read_to_string(self.stage.file("calls.csv")).context("there is no calls.csv")?;
        let first: Vec<&str> = csv.lines().take(3).collect();
        self.screen.printed(&first.join("\n"));
        ensure!(
            first.len() == 3 && first[0].starts_with("call_history_uuid,"),
            "the export has no heading or no calls"
        );
        let held = self.ask(&["cdr", "show", "Acme"]).await?["records"]
            .as_u64()
            .unwrap_or_default();
        ensure!(held >= 800, "only {held} calls are held");
        Ok(())
    }

    /// Types a command, shows its output, and checks that it ended well and said all of `promised`.
    async fn types(&self, arguments: &[&str], promised: &[&str]) -> anyhow::Result<String> {
        self.screen.typed(&format!("callsyncctl {}", arguments.join(" ")));
        let ended = self.stage.run(arguments, None).await?;
        self.check(&ended, promised)?;
        Ok(ended.stdout)
    }

    fn check(&self, ended: &Ended, promised: &[&str]) -> anyhow::Result<()> {
        for output in [&ended.stdout, &ended.stderr] {
            if !output.trim().is_empty() {
                self.screen.printed(output);
            }
        }
        ensure!(ended.code == Some(0), "exit code {:?}", ended.code);
        for promise in promised {
            ensure!(ended.stdout.contains(promise), "\"{promise}\" was not printed");
        }
        Ok(())
    }

    /// Asks quietly for a document.
    async fn ask(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let ended = self.stage.run(&[arguments, &["--json"]].concat(), None).await?;
        ensure!(ended.code == Some(0), "exit code {:?}: {}", ended.code, ended.stderr);
        serde_json::from_str(&ended.stdout).context("no JSON document")
    }

    async fn waits_for(&self, arguments: &[&str], there: impl Fn(&Value) -> bool) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let document = self.ask(arguments).await?;
            if there(&document) {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "it did not happen: {document:#}");
            sleep(Duration::from_millis(200)).await;
        }
    }
}
