//! How the program fails: the problem a person or a script is told, and the exit code.

use std::io::{self, Write};

use callsync_shared::{ExitCode, Problem, client, problem::ErrorDocument};

use crate::output::text;

/// Why a verb did not end well.
#[derive(Debug)]
pub enum Failure {
    /// Something to tell.
    Problem(Box<Problem>),
    /// Whoever read our output went away (`callsyncctl calls list … | head`): not an error.
    ReaderGone,
}

impl Failure {
    /// A failure on this side of the socket.
    pub fn local(code: &str, message: impl Into<String>) -> Self {
        Problem::new(ExitCode::Failed, code, message).into()
    }

    /// A wrong or incomplete command line.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Problem::new(ExitCode::Usage, "usage", message).hint(hint).into()
    }

    /// A failed write to standard output.
    pub fn output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::ReaderGone
        } else {
            Self::unwritten(format!("cannot write to standard output: {error}"))
        }
    }

    /// A failed write of an export, to a file or to standard output.
    pub fn written(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::ReaderGone
        } else {
            Self::unwritten(format!("cannot write the export: {error}"))
        }
    }

    /// What was to be written could not be.
    pub fn unwritten(message: String) -> Self {
        Problem::new(ExitCode::Failed, "output_failed", message)
            .hint("Check the directory, its permissions and the free space (df -h), then repeat the command.")
            .into()
    }

    /// Tells it on stderr and returns the exit code.
    pub fn report(self, json: bool) -> ExitCode {
        let problem = match self {
            Self::ReaderGone => return ExitCode::Ok,
            Self::Problem(problem) => problem,
        };
        let mut stderr = io::stderr().lock();
        // There is nowhere left to tell that stderr is closed; the exit code still says it.
        if json {
            if let Ok(document) = serde_json::to_string(&ErrorDocument::from(&*problem)) {
                let _ = writeln!(stderr, "{document}");
            }
        } else {
            let _ = writeln!(stderr, "error: {}", text::block(&problem.message));
            if !problem.hint.is_empty() {
                let _ = writeln!(stderr, "hint: {}", text::block(&problem.hint));
            }
        }
        problem.exit_code
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<client::Error> for Failure {
    fn from(error: client::Error) -> Self {
        error.problem().into()
    }
}

/// Splits what clap prints about a wrong command line into message and hint.
pub fn split_usage(text: &str) -> (String, String) {
    let text = text.trim();
    let (message, hint) = text.split_once("\n\n").unwrap_or((text, ""));
    let joined = |part: &str| {
        part.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let message = joined(message);
    (
        message.strip_prefix("error: ").unwrap_or(&message).to_owned(),
        joined(hint),
    )
}

#[cfg(test)]
mod tests {
    use super::split_usage;

    #[test]
    fn usage_text_becomes_message_and_hint() {
        let text = "error: the following required arguments were not provided:\n  --group <GROUP>\n\nUsage: callsyncctl account add --group <GROUP> <NAME>\n\nFor more information, try '--help'.\n";
        let (message, hint) = split_usage(text);
        assert_eq!(
            message,
            "the following required arguments were not provided: --group <GROUP>"
        );
        assert!(hint.starts_with("Usage: callsyncctl account add"), "{hint}");
    }
}
