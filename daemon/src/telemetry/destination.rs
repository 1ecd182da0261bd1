//! Where log lines go: decided from the configuration and from how we were started.

use std::{io::IsTerminal, path::Path};

use super::journal;
use crate::config::model::LogFormat;

/// Where log lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Destination {
    /// The journal's own protocol.
    Journal,
    /// Text on stderr.
    Human,
    /// One JSON object a line on stderr.
    Json,
}

/// What is known about how we were started.
#[derive(Debug, Clone, Default)]
pub(super) struct Surroundings {
    /// `$JOURNAL_STREAM`: device and inode of what systemd connected to the journal.
    pub(super) journal_stream: Option<String>,
    /// Device and inode of stderr.
    pub(super) stderr: Option<(u64, u64)>,
    /// `$INVOCATION_ID` is set, and `$SYSTEMD_EXEC_PID` names this process: systemd itself started it. Both are
    /// inherited by children, so the first alone would send what a person starts in a desktop terminal to the journal.
    pub(super) started_by_systemd: bool,
    /// The journal's socket exists.
    pub(super) journal_socket: bool,
    /// stderr is a terminal.
    pub(super) terminal: bool,
    /// `$NO_COLOR` is set and not empty.
    pub(super) no_colour: bool,
}

impl Surroundings {
    pub(super) fn of_this_process() -> Self {
        let text = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        Self {
            journal_stream: text("JOURNAL_STREAM"),
            stderr: rustix::fs::fstat(std::io::stderr())
                .ok()
                .map(|stat| (stat.st_dev, stat.st_ino)),
            started_by_systemd: text("INVOCATION_ID").is_some()
                && text("SYSTEMD_EXEC_PID").is_some_and(|pid| pid == std::process::id().to_string()),
            journal_socket: Path::new(journal::SOCKET).exists(),
            terminal: std::io::stderr().is_terminal(),
            no_colour: text("NO_COLOR").is_some(),
        }
    }

    /// Colour is for people: on a terminal, unless they do not want it (no-color.org).
    pub(super) fn colour(&self) -> bool {
        self.terminal && !self.no_colour
    }

    fn stderr_is_journal(&self) -> bool {
        let stream = self.journal_stream.as_deref().and_then(|text| text.split_once(':'));
        let stream = stream.and_then(|(device, inode)| Some((device.parse().ok()?, inode.parse().ok()?)));
        stream.is_some() && stream == self.stderr
    }
}

pub(super) fn choose(format: LogFormat, surroundings: &Surroundings) -> Destination {
    match format {
        LogFormat::Journald => Destination::Journal,
        LogFormat::Human => Destination::Human,
        LogFormat::Json => Destination::Json,
        LogFormat::Auto => {
            let systemd = surroundings.stderr_is_journal() || surroundings.started_by_systemd;
            if systemd && surroundings.journal_socket {
                Destination::Journal
            } else {
                Destination::Human
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn under_systemd() -> Surroundings {
        Surroundings {
            journal_stream: Some("8:4711".to_owned()),
            stderr: Some((8, 4711)),
            journal_socket: true,
            ..Surroundings::default()
        }
    }

    #[test]
    fn auto_is_the_journal_only_when_systemd_started_us() {
        let auto = |surroundings: &Surroundings| choose(LogFormat::Auto, surroundings);
        assert_eq!(auto(&under_systemd()), Destination::Journal);
        assert_eq!(auto(&Surroundings::default()), Destination::Human);
        let redirected = Surroundings {
            stderr: Some((8, 4712)),
            ..under_systemd()
        };
        assert_eq!(
            auto(&redirected),
            Destination::Human,
            "a child whose stderr goes elsewhere"
        );
        let own = Surroundings {
            started_by_systemd: true,
            ..redirected
        };
        assert_eq!(auto(&own), Destination::Journal, "a unit with StandardError=file:");
        let without = Surroundings {
            journal_socket: false,
            ..under_systemd()
        };
        assert_eq!(auto(&without), Destination::Human, "a container without journal");
        for stream in ["", "8", "8:x", ":"] {
            let odd = Surroundings {
                journal_stream: Some(stream.to_owned()),
                stderr: None,
                ..under_systemd()
            };
            assert_eq!(auto(&odd), Destination::Human, "{stream:?}");
        }
    }

    #[test]
    fn an_explicit_format_wins() {
        assert_eq!(choose(LogFormat::Json, &under_systemd()), Destination::Json);
        assert_eq!(choose(LogFormat::Human, &under_systemd()), Destination::Human);
        assert_eq!(
            choose(LogFormat::Journald, &Surroundings::default()),
            Destination::Journal
        );
    }

    #[test]
    fn colour_is_only_for_a_terminal_whose_owner_wants_it() {
        let terminal = Surroundings {
            terminal: true,
            ..Surroundings::default()
        };
        assert!(terminal.colour());
        assert!(
            !Surroundings {
                no_colour: true,
                ..terminal
            }
            .colour()
        );
        assert!(!under_systemd().colour());
    }
}
