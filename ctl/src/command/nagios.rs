//! Health as a Nagios plug-in says it: one line, performance data, exit code 0 to 3.

use callsync_shared::{
    ExitCode,
    api::health::{Check, Health},
};

use crate::error::Failure;

/// Longest line: older plug-in runners cut at a kilobyte.
const LONGEST: usize = 900;

/// The exit codes of Nagios, as the documented ones of the same number.
const OK: ExitCode = ExitCode::Ok;
const WARNING: ExitCode = ExitCode::Failed;
const CRITICAL: ExitCode = ExitCode::Usage;
const UNKNOWN: ExitCode = ExitCode::DaemonUnreachable;

/// The line and the exit code. A daemon that cannot be reached, or does not answer in time, is critical.
pub fn report(health: Result<Health, Failure>) -> (String, ExitCode) {
    let health = match health {
        Ok(health) => health,
        Err(Failure::ReaderGone) => return (String::new(), UNKNOWN),
        Err(Failure::Problem(problem)) => {
            let down = matches!(problem.exit_code, ExitCode::DaemonUnreachable | ExitCode::TimedOut);
            let (word, code) = if down {
                ("CRITICAL", CRITICAL)
            } else {
                ("UNKNOWN", UNKNOWN)
            };
            let hint = if problem.hint.is_empty() {
                String::new()
            } else {
                format!(" ({})", problem.hint)
            };
            return (line(word, &format!("{}{hint}", problem.message), ""), code);
        }
    };
    let (word, code) = match health.state.as_str() {
        "ok" => ("OK", OK),
        "warning" => ("WARNING", WARNING),
        "critical" => ("CRITICAL", CRITICAL),
        _ => ("UNKNOWN", UNKNOWN),
    };
    let count = |state: &str| health.checks.iter().filter(|check| check.state == state).count();
    let total = health.checks.len();
    let performance = format!(
        "ok={};;;0;{total} warning={};;;0;{total} critical={};;;0;{total} unknown={};;;0;{total}",
        count("ok"),
        count("warning"),
        count("critical"),
        count("unknown")
    );
    let mut bad: Vec<&Check> = health.checks.iter().filter(|check| check.state != "ok").collect();
    bad.sort_by_key(|check| check.state != "critical");
    let text = if bad.is_empty() {
        format!("all {total} checks are well")
    } else {
        bad.iter().map(|check| told(check)).collect::<Vec<_>>().join("; ")
    };
    (line(word, &text, &performance), code)
}

fn told(check: &Check) -> String {
    let account = check
        .account
        .as_deref()
        .map(|name| format!(" {name}"))
        .unwrap_or_default();
    format!("{}{account} {}: {}", check.name, check.state, check.message)
}

/// One line: whatever the texts hold, nothing but our own bar begins the performance data.
fn line(word: &str, text: &str, performance: &str) -> String {
    let mut text: String = text
        .chars()
        .map(|c| match c {
            '|' => '/',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect();
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push_str(" ...");
    }
    let bar = if performance.is_empty() { "" } else { " | " };
    format!("CALLSYNC {word} - {}{bar}{performance}\n", text.trim())
}

#[cfg(test)]
mod tests {
    use callsync_shared::Problem;

    use super::*;

    fn check(name: &str, state: &str, message: &str) -> Check {
        Check {
            name: name.to_owned(),
            account: Some("A|B\n".to_owned()),
            state: state.to_owned(),
            message: message.to_owned(),
            hint: None,
            since: "2026-03-01T10:00:00Z".parse().expect("a time"),
        }
    }

    fn health(state: &str, checks: Vec<Check>) -> Health {
        Health {
            state: state.to_owned(),
            at: "2026-03-01T10:00:00Z".parse().expect("a time"),
            checks,
        }
    }

    /// What the plug-in guidelines demand of the first line and its performance data.
    fn parse(line: &str) -> (String, Vec<(String, f64)>) {
        assert_eq!(line.matches('\n').count(), 1, "{line:?}");
        let line = line.strip_suffix('\n').expect("a line end");
        assert!(line.len() < 1_024, "{}", line.len());
        let (text, performance) = line.split_once(" | ").unwrap_or((line, ""));
        assert!(!performance.contains('|') && !text.contains('|'), "{line}");
        let values = performance
            .split_whitespace()
            .map(|item| {
                let (label, rest) = item.split_once('=').expect("label=value");
                assert!(!label.is_empty() && !label.contains('\''), "{item}");
                let fields: Vec<&str> = rest.split(';').collect();
                assert!(fields.len() <= 5, "{item}");
                for field in &fields[1..] {
                    assert!(field.is_empty() || field.parse::<f64>().is_ok(), "{item}");
                }
                (label.to_owned(), fields[0].parse().expect("a number"))
            })
            .collect();
        (text.to_owned(), values)
    }

    #[test]
    fn one_line_with_performance_data_whatever_the_texts_hold() {
        let checks = vec![
            check("disk", "warning", "low|bad=1\nsecond"),
            check("token", "critical", &"x".repeat(5_000)),
            check("sync", "ok", "fine"),
        ];
        let (line, code) = report(Ok(health("critical", checks)));
        let (text, values) = parse(&line);
        assert_eq!(code.number(), 2);
        assert!(text.starts_with("CALLSYNC CRITICAL - token A/B"), "{text}");
        let counts: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
        assert_eq!(counts, [1.0, 1.0, 1.0, 0.0]);
    }

    #[test]
    fn exit_codes_are_those_of_nagios() {
        let code = |state: &str| report(Ok(health(state, Vec::new()))).1.number();
        assert_eq!(["ok", "warning", "critical", "unknown"].map(code), [0, 1, 2, 3]);
        let failed = |code| {
            let (line, code) = report(Err(Problem::new(code, "x", "no | answer").hint("start it").into()));
            parse(&line);
            code.number()
        };
        assert_eq!(failed(ExitCode::DaemonUnreachable), 2);
        assert_eq!(failed(ExitCode::TimedOut), 2);
        assert_eq!(failed(ExitCode::NotPermitted), 3);
    }
}
