//! Why a channel did not take an alert.

/// Why a channel did not take an alert. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// In words.
    pub reason: String,
    /// Whether the next alert over the same channel would fare the same now.
    pub of_channel: bool,
}

impl Refusal {
    /// The channel as a whole does not work.
    pub fn channel(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            of_channel: true,
        }
    }

    /// This one alert was refused.
    pub fn message(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            of_channel: false,
        }
    }
}

/// An error with all its causes, in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        source = cause.source();
    }
    text
}
