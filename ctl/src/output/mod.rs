//! Where results go: one JSON document, or text for a person that fits the terminal.

pub mod csv;
pub mod page;
pub mod progress;
pub mod text;
pub mod time;

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use callsync_shared::client;
use jiff::tz::TimeZone;
use serde::de::IgnoredAny;

use self::page::{Page, Style};
use crate::error::Failure;

/// The two outputs of the program and what is known of them.
pub struct Output {
    /// `--json`: stdout holds exactly one document, stderr nothing but an error document.
    pub json: bool,
    style: Style,
    stdin_is_terminal: bool,
    stdout_is_terminal: bool,
    stderr_is_terminal: bool,
}

impl Output {
    /// Looks at the standard streams and the environment.
    pub fn detect(json: bool, no_color: bool) -> Self {
        let stdout_is_terminal = io::stdout().is_terminal();
        let environment_allows_color = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self {
            json,
            style: Style {
                width: stdout_is_terminal.then(terminal_width).flatten(),
                color: stdout_is_terminal && !no_color && environment_allows_color,
                zone: TimeZone::system(),
            },
            stdin_is_terminal: io::stdin().is_terminal(),
            stdout_is_terminal,
            stderr_is_terminal: io::stderr().is_terminal(),
        }
    }

    /// Whether a person can be asked. A script that wants JSON never is.
    pub fn interactive(&self) -> bool {
        self.stdin_is_terminal && self.stdout_is_terminal && !self.json
    }

    /// Whether a moving progress bar makes sense.
    pub fn moving_progress(&self) -> bool {
        self.stderr_is_terminal
    }

    /// An empty page in the style of stdout.
    pub fn page(&self) -> Page {
        Page::new(self.style.clone())
    }

    /// Prints text for a person.
    pub fn print(&self, page: Page) -> Result<(), Failure> {
        write_all(page.text().as_bytes())
    }

    /// Prints the daemon's document byte for byte, with one line end.
    pub fn document(&self, bytes: &[u8]) -> Result<(), Failure> {
        serde_json::from_slice::<IgnoredAny>(bytes)
            .map_err(|error| client::Error::Invalid(format!("it is not JSON: {error}")))?;
        let mut text = bytes.trim_ascii_end().to_vec();
        text.push(b'\n');
        write_all(&text)
    }

    /// Prints bytes as they are.
    pub fn raw(&self, bytes: &[u8]) -> Result<(), Failure> {
        write_all(bytes)
    }

    /// Tells a person something beside the result; silent with `--json`.
    pub fn tell(&self, text: &str) {
        if !self.json {
            // A closed stderr must not stop the work.
            let _ = writeln!(io::stderr(), "{}", text::block(text));
        }
    }

    /// Tells a person more than a line beside the result; silent with `--json`.
    pub fn tell_page(&self, fill: impl FnOnce(&mut Page)) {
        if self.json {
            return;
        }
        let mut page = Page::new(Style {
            color: false,
            ..self.style.clone()
        });
        fill(&mut page);
        // A closed stderr must not stop the work.
        let _ = write!(io::stderr(), "{}", page.text());
    }

    /// Asks on stderr, so that stdout stays clean, unless only stdout is a terminal; `None` when the input ended.
    pub fn ask(&self, question: &str) -> Result<Option<String>, Failure> {
        if self.stderr_is_terminal {
            // A question that cannot be shown is still answered, or not, by the line that is read.
            let _ = write!(io::stderr(), "{}", text::block(question));
        } else {
            write_all(text::block(question).as_bytes())?;
        }
        let mut line = String::new();
        let read = io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(|error| Failure::local("input_failed", format!("cannot read the terminal: {error}")))?;
        Ok((read > 0).then(|| line.trim().to_owned()))
    }
}

fn write_all(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(bytes)
        .and_then(|()| stdout.flush())
        .map_err(|error| Failure::output(&error))
}

/// Nothing for a terminal that does not tell its size (a serial console, `script`, `docker -t`): lines are then as long
/// as they are, as in a pipe.
fn terminal_width() -> Option<usize> {
    let width = comfy_table::Table::new().width().map(usize::from)?;
    (width > 0).then(|| width.max(20))
}
