//! The board of health checks as a whole: taken before, during and after a fault, so that what turned is seen to be alone.

use std::collections::BTreeMap;

use crate::{patience::eventually, world::World};

/// A check and, where it is about one, an account.
pub type Key = (String, String);

/// How a check stands, and what it says to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// `ok`, `warning`, `critical`, `unknown`.
    pub state: String,
    /// The next command.
    pub hint: Option<String>,
}

/// Every check.
pub type Board = BTreeMap<Key, Standing>;

/// What a fault is to do to the board.
#[derive(Clone, Copy, Debug)]
pub struct Turn<'t> {
    /// The one check.
    pub check: &'t str,
    /// Of this account; empty: of the daemon.
    pub account: &'t str,
    /// How it stands then.
    pub state: &'t str,
    /// What its hint names.
    pub hint: &'t str,
    /// Alerts that fire then.
    pub alerts: &'t [&'t str],
}

impl World {
    /// The board now, as `callsyncctl health --json` shows it.
    ///
    /// # Panics
    /// When the document, its worst state and the exit code do not fit together.
    #[must_use]
    pub fn board(&self) -> Board {
        let outcome = self.ctl(&["health", "--json"]);
        let health = outcome.json();
        assert_eq!(health["schema"], "callsync/health/v1");
        assert_eq!(outcome.code, i32::from(health["state"] != "ok"), "{outcome:?}");
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        let checks = health["checks"].as_array().cloned().unwrap_or_default();
        checks
            .iter()
            .map(|check| {
                let key = (
                    text(&check["name"]).unwrap_or_default(),
                    text(&check["account"]).unwrap_or_default(),
                );
                let standing = Standing {
                    state: text(&check["state"]).unwrap_or_default(),
                    hint: text(&check["hint"]),
                };
                (key, standing)
            })
            .collect()
    }

    /// The board once all is well.
    #[must_use]
    pub fn well_board(&self) -> Board {
        eventually("all checks to be well", || {
            let board = self.board();
            board.values().all(|found| found.state == "ok").then_some(board)
        })
    }

    /// Codes of the alerts that fire.
    #[must_use]
    pub fn firing(&self) -> Vec<String> {
        let listed = self.json(&["alert", "list"]);
        let items = listed["items"].as_array().cloned().unwrap_or_default();
        items
            .iter()
            .map(|alert| alert["code"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Waits until the fault has turned its check, and sees that it turned nothing else: on the board, in the line for
    /// Nagios, in the metrics and among the alerts.
    ///
    /// # Panics
    /// When another check turns, or this one never does.
    pub fn await_turn(&self, before: &Board, turn: Turn<'_>) {
        let turned = (turn.check.to_owned(), turn.account.to_owned());
        let look = || {
            let now = self.board();
            assert!(
                now.keys().eq(before.keys()),
                "other checks than before: {now:?}\n{before:?}"
            );
            for (key, found) in &now {
                assert!(
                    *key == turned || before[key] == *found,
                    "only {turned:?} may turn, and {key:?} is {found:?}"
                );
            }
            now[&turned].clone()
        };
        let found = eventually(&format!("{turned:?} to turn"), || {
            let found = look();
            (found.state == turn.state).then_some(found)
        });
        let hint = found.hint.unwrap_or_default();
        assert!(hint.contains(turn.hint), "the hint names {:?}: {hint:?}", turn.hint);
        eventually(&format!("the alerts {:?}", turn.alerts), || {
            let _ = look();
            (self.firing() == turn.alerts).then_some(())
        });
        self.agrees(before, Some((&turned, turn.state)));
        let _ = look();
    }

    /// Waits until every check is as it was before the fault, and no alert fires.
    ///
    /// # Panics
    /// When that does not come.
    pub fn await_cleared(&self, before: &Board) {
        eventually("every check to be as before", || {
            (self.board() == *before).then_some(())
        });
        eventually("the end of the alert", || self.firing().is_empty().then_some(()));
        self.agrees(before, None);
    }

    /// Nagios and the metrics say the same as the board: this check alone is bad, or none is.
    fn agrees(&self, board: &Board, bad: Option<(&Key, &str)>) {
        let number = |state: &str| match state {
            "ok" => 0,
            "warning" => 1,
            "critical" => 2,
            _ => 3,
        };
        let code = bad.map_or(0, |(_, state)| number(state));
        let nagios = self.ctl(&["health", "--format", "nagios"]).ended_with(code).stdout;
        assert_eq!(nagios.lines().count(), 1, "{nagios}");
        let start = match bad {
            None => format!("CALLSYNC OK - all {} checks are well | ", board.len()),
            Some(((check, account), state)) => {
                let of = if account.is_empty() {
                    String::new()
                } else {
                    format!(" {account}")
                };
                format!("CALLSYNC {} - {check}{of} {state}: ", state.to_uppercase())
            }
        };
        assert!(nagios.starts_with(&start), "{nagios}");
        let total = board.len();
        let count = |state: &str| usize::from(bad.is_some_and(|(_, found)| found == state));
        let performance = format!(
            "ok={};;;0;{total} warning={};;;0;{total} critical={};;;0;{total} unknown=0;;;0;{total}",
            total - usize::from(bad.is_some()),
            count("warning"),
            count("critical")
        );
        assert_eq!(
            nagios.trim_end().rsplit(" | ").next(),
            Some(performance.as_str()),
            "{nagios}"
        );

        let metrics = self.ctl(&["health", "--format", "openmetrics"]);
        assert_eq!(
            metrics.code, 0,
            "whoever asks for metrics reads the numbers: {metrics:?}"
        );
        let told: Vec<&str> = metrics
            .stdout
            .lines()
            .filter(|line| line.starts_with("callsync_health{"))
            .collect();
        assert_eq!(told.len(), total, "{told:?}");
        for key in board.keys() {
            let (check, account) = key;
            let value = bad
                .filter(|(found, _)| *found == key)
                .map_or(0, |(_, state)| number(state));
            let sample = format!("callsync_health{{check=\"{check}\",account=\"{account}\"}} {value}");
            assert!(told.contains(&sample.as_str()), "{sample} in {told:#?}");
        }
    }
}
