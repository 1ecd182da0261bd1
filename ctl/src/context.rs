//! What every verb works with: the client, the way to print, and the global flags.

use std::{cell::Cell, time::Duration};

use callsync_shared::{
    API_VERSION, ExitCode, Problem, VERSION,
    client::{Answer, Client, Lines, Peer, Request},
};
use serde::de::DeserializeOwned;

use crate::{
    cli::Global,
    error::Failure,
    output::{Output, page::Page},
};

/// Time an ordinary request may take; the daemon answers these from memory or its own store.
const ORDINARY: Duration = Duration::from_secs(30);
/// Time a request may take that asks Zoom or a database server before it answers.
const PATIENT: Duration = Duration::from_secs(120);

/// The surroundings of a verb.
pub struct Context {
    /// The daemon.
    pub client: Client,
    /// Where results go.
    pub output: Output,
    /// `--timeout`.
    pub timeout: Option<Duration>,
    /// `--yes`.
    pub yes: bool,
    warned: Cell<bool>,
}

impl Context {
    /// From the global flags.
    pub fn new(global: &Global, output: Output) -> Self {
        Self {
            client: Client::new(&global.socket),
            output,
            timeout: global.timeout,
            yes: global.yes,
            warned: Cell::new(false),
        }
    }

    /// Sends a request that the daemon answers by itself.
    pub async fn send<T: DeserializeOwned>(&self, request: &Request<T>) -> Result<Answer<T>, Failure> {
        self.send_within(request, self.timeout.unwrap_or(ORDINARY)).await
    }

    /// Sends a request for which the daemon asks Zoom or a database server first.
    pub async fn send_patiently<T: DeserializeOwned>(&self, request: &Request<T>) -> Result<Answer<T>, Failure> {
        self.send_within(request, self.timeout.unwrap_or(PATIENT)).await
    }

    /// Sends a request that must not take longer than `limit`, or than `--timeout` when that is shorter.
    pub async fn send_briefly<T>(&self, request: &Request<T>, limit: Duration) -> Result<Answer<T>, Failure> {
        let limit = self.timeout.map_or(limit, |timeout| timeout.min(limit));
        let answer = self.client.send(request, limit).await?;
        self.compare_versions(&answer.peer);
        Ok(answer)
    }

    /// Opens a stream.
    pub async fn stream<T>(&self, request: &Request<T>) -> Result<Lines, Failure> {
        let lines = self.client.stream(request, self.silence()).await?;
        self.compare_versions(lines.peer());
        Ok(lines)
    }

    /// How long the daemon may say nothing within an ordinary exchange.
    pub fn silence(&self) -> Duration {
        self.timeout.unwrap_or(ORDINARY)
    }

    async fn send_within<T: DeserializeOwned>(
        &self,
        request: &Request<T>,
        limit: Duration,
    ) -> Result<Answer<T>, Failure> {
        let answer = self.client.send(request, limit).await?;
        self.compare_versions(&answer.peer);
        Ok(answer)
    }

    /// Prints an answer: the body as it came with `--json`, otherwise what `human` makes of it.
    pub fn show<T: DeserializeOwned>(
        &self,
        answer: &Answer<T>,
        human: impl FnOnce(T, &mut Page),
    ) -> Result<ExitCode, Failure> {
        if self.output.json {
            self.output.document(&answer.bytes)?;
        } else {
            let mut page = self.output.page();
            human(answer.document()?, &mut page);
            self.output.print(page)?;
        }
        Ok(ExitCode::Ok)
    }

    /// Warns a person, once, that the two programs are not of the same build.
    fn compare_versions(&self, peer: &Peer) {
        if let Some(warning) = mismatch(peer)
            && !self.warned.replace(true)
        {
            self.output.tell(&warning);
        }
    }

    /// Lets a destructive verb go on only when a person, or `--yes`, confirmed it. Called before any request.
    pub fn confirm(&self, what: &str, dry_run: bool) -> Result<(), Failure> {
        match decide(self.yes, dry_run, self.output.interactive()) {
            Decision::Go => Ok(()),
            Decision::Refuse => Err(Problem::new(
                ExitCode::Refused,
                "confirmation_required",
                format!("{what} needs a confirmation. Nothing was changed."),
            )
            .hint("Repeat the command with --yes, or look first with --dry-run.")
            .into()),
            Decision::Ask => {
                let answer = self.output.ask(&format!("{what}? Type yes to go on: "))?;
                if matches!(answer.as_deref(), Some("yes" | "y" | "YES" | "Yes" | "Y")) {
                    Ok(())
                } else {
                    Err(Problem::new(
                        ExitCode::Refused,
                        "declined",
                        "It was not confirmed. Nothing was changed.",
                    )
                    .into())
                }
            }
        }
    }

    /// As [`Self::confirm`], for what nothing can undo: `--yes` is not enough, and a person types the name.
    pub fn confirm_typing(&self, what: &str, name: &str, irreversible: bool, dry_run: bool) -> Result<(), Failure> {
        let refuse = |code: &'static str, message: String| Problem::new(ExitCode::Refused, code, message);
        match decide(irreversible, dry_run, self.output.interactive()) {
            Decision::Go => Ok(()),
            Decision::Refuse => Err(refuse(
                "confirmation_required",
                format!("{what} needs the flag --yes-irreversible. Nothing was changed."),
            )
            .hint("Repeat the command with --yes-irreversible, or look first with --dry-run.")
            .into()),
            Decision::Ask => {
                let answer = self.output.ask(&format!("{what}. Type {name} to go on: "))?;
                if answer.as_deref() == Some(name) {
                    Ok(())
                } else {
                    Err(refuse("declined", "It was not confirmed. Nothing was changed.".to_owned()).into())
                }
            }
        }
    }
}

/// What a destructive verb does before its request.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Go,
    Ask,
    Refuse,
}

fn decide(yes: bool, dry_run: bool, interactive: bool) -> Decision {
    if yes || dry_run {
        Decision::Go
    } else if interactive {
        Decision::Ask
    } else {
        Decision::Refuse
    }
}

fn mismatch(peer: &Peer) -> Option<String> {
    match (peer.api_version, peer.version.as_deref()) {
        (Some(theirs), _) if theirs != API_VERSION => Some(format!(
            "warning: callsyncd speaks version {theirs} of the control protocol, this callsyncctl version {API_VERSION}; install both programs from the same package"
        )),
        (_, Some(theirs)) if theirs != VERSION => Some(format!(
            "warning: callsyncd is version {theirs}, this callsyncctl version {VERSION}; restart the daemon after an update: systemctl restart callsyncd"
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use callsync_shared::{API_VERSION, VERSION, client::Peer};

    use super::{Decision, decide, mismatch};

    #[test]
    fn only_a_terminal_is_asked() {
        assert_eq!(decide(false, false, true), Decision::Ask);
        assert_eq!(decide(false, false, false), Decision::Refuse);
        assert_eq!(decide(true, false, false), Decision::Go);
        assert_eq!(decide(false, true, false), Decision::Go);
    }

    #[test]
    fn versions_that_differ_or_are_unsaid_are_told_apart() {
        let peer = |api: Option<u32>, version: Option<&str>| Peer {
            api_version: api,
            version: version.map(str::to_owned),
        };
        assert!(mismatch(&peer(Some(API_VERSION), Some(VERSION))).is_none());
        assert!(mismatch(&peer(None, None)).is_none());
        assert!(mismatch(&peer(Some(API_VERSION + 1), Some(VERSION))).is_some());
        assert!(mismatch(&peer(Some(API_VERSION), Some("9.9.9"))).is_some());
    }
}
