//! What is wrong with the configuration: file, line, column, the offending line, and what to type instead.

use std::{fmt, path::PathBuf};

use callsync_shared::ExitCode;

use crate::domain::failure::{Cause, Fault};

/// Why a configuration is refused. Every variant exits with 78.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be found or read.
    #[error("{0}")]
    File(Box<Problem>),
    /// Not YAML, an unknown or repeated key, a value of the wrong type.
    #[error("{0}")]
    Text(Box<Problem>),
    /// A value that is well-formed and cannot be used.
    #[error("{0}")]
    Value(Box<Problem>),
    /// A secret that cannot be read, or that others can read too.
    #[error("{0}")]
    Secret(Box<Problem>),
    /// The master key is missing or malformed.
    #[error("{0}")]
    MasterKey(Box<Problem>),
}

/// What is wrong, where, and what to do about it. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Configuration file, when the problem is in one.
    pub file: Option<PathBuf>,
    /// Where in the file, when that is known.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What to type or check next.
    pub hint: String,
}

/// A place in the configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: u64,
    /// From 1, in characters.
    pub column: u64,
    /// The line, with anything that may be a secret hidden.
    pub text: String,
}

/// Longest part of a line that is shown, and longest message or hint, which may quote what was typed, in characters.
const LONGEST_LINE: usize = 120;
const LONGEST_MESSAGE: usize = 1_000;

impl Place {
    /// The part of the line around the column, as a terminal can show it, and how much of that is before the column.
    fn shown(&self) -> (String, usize) {
        let visible = |character: char| match character {
            '\t' => ' ',
            other if other.is_control() => char::REPLACEMENT_CHARACTER,
            other => other,
        };
        let line: Vec<char> = self.text.chars().map(visible).collect();
        // The column counts characters of the original; a line whose secret was cut off may be shorter.
        let column = usize::try_from(self.column)
            .unwrap_or(1)
            .saturating_sub(1)
            .min(line.len());
        let from = if line.len() > LONGEST_LINE {
            column.saturating_sub(LONGEST_LINE / 2)
        } else {
            0
        };
        let part = line[from..].iter().take(LONGEST_LINE).collect();
        (part, column - from)
    }
}

impl ConfigError {
    /// The problem behind it.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        match self {
            Self::File(problem)
            | Self::Text(problem)
            | Self::Value(problem)
            | Self::Secret(problem)
            | Self::MasterKey(problem) => problem,
        }
    }

    /// Stable machine name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::File(_) => "config_unreadable",
            Self::Text(_) | Self::Value(_) => "config_invalid",
            Self::Secret(_) => "secret_unusable",
            Self::MasterKey(_) => "master_key_invalid",
        }
    }

    /// How a program ends that cannot start because of it.
    #[must_use]
    pub const fn exit_code(&self) -> ExitCode {
        ExitCode::Config
    }

    pub(super) fn file(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::File(Problem::new(message, hint))
    }

    pub(super) fn secret(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Secret(Problem::new(message, hint))
    }

    pub(super) fn master_key(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::MasterKey(Problem::new(message, hint))
    }

    /// Says where in the configuration file the thing is named that cannot be used.
    pub(super) fn named_at(mut self, file: Option<PathBuf>, place: Option<Place>) -> Self {
        let problem = match &mut self {
            Self::File(problem)
            | Self::Text(problem)
            | Self::Value(problem)
            | Self::Secret(problem)
            | Self::MasterKey(problem) => problem,
        };
        problem.file = file;
        problem.place = place;
        self
    }
}

impl From<ConfigError> for Fault {
    fn from(error: ConfigError) -> Self {
        let problem = error.problem();
        Self::new(Cause::Config, error.code(), problem.without_hint()).hint(problem.hint.clone())
    }
}

impl Problem {
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            file: None,
            place: None,
            message: message.into().chars().take(LONGEST_MESSAGE).collect(),
            hint: hint.into().chars().take(LONGEST_MESSAGE).collect(),
        })
    }

    /// Where and what, with the offending line, but not the hint.
    #[must_use]
    pub fn without_hint(&self) -> String {
        let mut text = String::new();
        if let Some(file) = &self.file {
            text.push_str(&file.display().to_string());
            if let Some(place) = &self.place {
                text.push_str(&format!(":{}:{}", place.line, place.column));
            }
            text.push_str(": ");
        }
        text.push_str(&self.message);
        if let Some(place) = &self.place {
            let number = place.line.to_string();
            let margin = " ".repeat(number.len());
            let (line, before) = place.shown();
            let before = " ".repeat(before);
            text.push_str(&format!("\n {number} | {line}\n {margin} | {before}^"));
        }
        text
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.without_hint())?;
        if !self.hint.is_empty() {
            write!(f, "\nhint: {}", self.hint)?;
        }
        Ok(())
    }
}
