//! Zoom's JSON as it comes over the wire: tolerant of everything but broken JSON; field values stay borrowed text.

pub mod page;
pub mod record;
pub mod scalar;

/// The body is not the JSON we can work with. Says where, never what: bodies hold personal data and tokens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

impl From<serde_json::Error> for Malformed {
    fn from(error: serde_json::Error) -> Self {
        let what = match error.classify() {
            serde_json::error::Category::Eof => "the JSON ends too early",
            serde_json::error::Category::Syntax => "not valid JSON",
            serde_json::error::Category::Data => "JSON of an unexpected shape",
            serde_json::error::Category::Io => "unreadable",
        };
        Self(format!("{what} (line {}, column {})", error.line(), error.column()))
    }
}
