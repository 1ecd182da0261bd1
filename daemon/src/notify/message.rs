//! What a channel tells: one alert, at its beginning or its end.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::domain::alert::{Alert, Occasion};

/// Everything a person or a program is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Id of the alert: the same at its beginning and its end.
    pub id: String,
    /// Position in the queue; tells the notifications of one alert apart.
    pub number: i64,
    /// Code of the alert.
    pub code: &'static str,
    /// `warning`, `critical`.
    pub severity: &'static str,
    /// Beginning or end.
    pub occasion: Occasion,
    /// Name of the account.
    pub account: Option<String>,
    /// One sentence.
    pub summary: String,
    /// Why.
    pub cause: String,
    /// What to type or check next.
    pub hint: String,
    /// When it was first seen.
    pub since: Timestamp,
    /// When it ended; present at its end.
    pub resolved_at: Option<Timestamp>,
    /// Mail addresses beside the configured ones.
    pub recipients: Vec<String>,
}

impl Message {
    /// What is told of an alert.
    #[must_use]
    pub fn of(alert: &Alert, occasion: Occasion, number: i64) -> Self {
        let condition = &alert.condition;
        Self {
            id: alert.id.clone(),
            number,
            code: condition.code.as_str(),
            severity: condition.severity.as_str(),
            occasion,
            account: alert.account_name.clone(),
            summary: condition.summary.clone(),
            cause: condition.cause.clone(),
            hint: condition.hint.clone(),
            since: alert.since,
            // The beginning is told as it was, also when it could be told only after the end.
            resolved_at: alert.resolved_at.filter(|_| occasion == Occasion::Resolved),
            recipients: condition.recipients.clone(),
        }
    }

    /// What a person who tries out the channels is told.
    #[must_use]
    pub fn trial(id: String, now: Timestamp) -> Self {
        Self {
            id,
            number: 0,
            code: "test",
            severity: "warning",
            occasion: Occasion::Firing,
            account: None,
            summary: "This is a test: alerts of callsyncd arrive here".to_owned(),
            cause: "an administrator typed callsyncctl alert test".to_owned(),
            hint: "nothing is to be done".to_owned(),
            since: now,
            resolved_at: None,
            recipients: Vec::new(),
        }
    }

    /// The document `callsync/alert/v1`.
    #[must_use]
    pub fn document(&self) -> Value {
        let mut fields = Map::new();
        let mut put = |name: &str, value: &str| fields.insert(name.to_owned(), Value::from(value));
        put("schema", "callsync/alert/v1");
        put("id", &self.id);
        put("code", self.code);
        put("severity", self.severity);
        put("state", self.occasion.as_str());
        if let Some(account) = &self.account {
            put("account", account);
        }
        put("summary", &self.summary);
        put("cause", &self.cause);
        put("hint", &self.hint);
        put("since", &self.since.to_string());
        if let Some(at) = self.resolved_at {
            put("resolved_at", &at.to_string());
        }
        Value::Object(fields)
    }

    /// Subject of a mail. One line, whatever the texts hold.
    #[must_use]
    pub fn subject(&self) -> String {
        let word = match self.occasion {
            Occasion::Firing => self.severity.to_uppercase(),
            Occasion::Resolved => "RESOLVED".to_owned(),
        };
        let account = self
            .account
            .as_deref()
            .map(|name| format!(" {name}"))
            .unwrap_or_default();
        let line = format!("[callsync] {word} {}{account}: {}", self.code, self.summary);
        line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
    }

    /// Body of a mail.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines = vec![self.summary.clone(), String::new()];
        let mut put = |name: &str, value: &str| {
            if !value.is_empty() {
                lines.push(format!("{name:<10}{value}"));
            }
        };
        put("Alert", self.code);
        put("State", self.occasion.as_str());
        put("Severity", self.severity);
        put("Account", self.account.as_deref().unwrap_or_default());
        put("Cause", &self.cause);
        put("Since", &self.since.to_string());
        put(
            "Resolved",
            &self.resolved_at.map(|at| at.to_string()).unwrap_or_default(),
        );
        if self.occasion == Occasion::Firing {
            put("Next", &self.hint);
        }
        put("Id", &self.id);
        lines.push(String::new());
        lines.push("Sent by callsyncd. All alerts: callsyncctl alert list".to_owned());
        lines.join("\r\n") + "\r\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::alert::{AlertCode, Condition, Severity};

    fn alert() -> Alert {
        Alert {
            id: "0199".to_owned(),
            condition: Condition::new(AlertCode::NoCdr, Severity::Warning, "no calls for 6h").cause("no_calls_at_zoom"),
            account_name: Some("ACME\r\nBcc: x@example.com".to_owned()),
            since: "2026-03-01T10:00:00Z".parse().expect("a time"),
            resolved_at: Some("2026-03-01T12:00:00Z".parse().expect("a time")),
            deliveries: Vec::new(),
        }
    }

    #[test]
    fn the_beginning_does_not_know_its_end() {
        let beginning = Message::of(&alert(), Occasion::Firing, 1).document();
        assert_eq!(
            (beginning["state"].as_str(), beginning.get("resolved_at")),
            (Some("firing"), None)
        );
        let end = Message::of(&alert(), Occasion::Resolved, 2).document();
        assert_eq!(end["resolved_at"], "2026-03-01T12:00:00Z");
        assert_eq!(end["id"], beginning["id"]);
    }

    #[test]
    fn a_subject_is_one_line() {
        let subject = Message::of(&alert(), Occasion::Firing, 1).subject();
        assert!(subject.starts_with("[callsync] WARNING no_cdr ACME"), "{subject}");
        assert!(!subject.contains(['\r', '\n']), "{subject}");
    }
}
