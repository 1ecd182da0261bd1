//! `doctor`: everything from the socket to Zoom and the databases, each finding with the command to type next.

use std::{path::Path, time::Duration};

use callsync_shared::{
    ExitCode, Problem,
    api::{
        Document,
        account::Account,
        health::{Check, Doctor, Finding},
    },
    client::routes,
    paths,
};

use super::health;
use crate::{
    context::Context,
    error::Failure,
    output::page::{Cell, Page},
};

/// Time for one question that the daemon passes on to Zoom or to a database.
const LIMIT: Duration = Duration::from_secs(30);

pub async fn run(context: &Context) -> Result<ExitCode, Failure> {
    let mut report = Report(Vec::new());
    let unreachable = examine(context, &mut report).await?;
    let doctor = Doctor {
        state: worst(&report.0).to_owned(),
        findings: report.0,
    };
    if context.output.json {
        let document = serde_json::to_vec(&Document::new(doctor.clone()))
            .map_err(|error| Failure::local("internal", format!("the report is no JSON: {error}")))?;
        context.output.document(&document)?;
    } else {
        let mut page = context.output.page();
        show(&doctor, &mut page);
        context.output.print(page)?;
    }
    Ok(match (unreachable, doctor.state.as_str()) {
        (Some(code), _) => code,
        (None, "ok") => ExitCode::Ok,
        (None, _) => ExitCode::Failed,
    })
}

/// The findings so far.
struct Report(Vec<Finding>);

impl Report {
    fn add(&mut self, name: &str, object: Option<&str>, state: &str, message: String, command: String) {
        self.0.push(Finding {
            name: name.to_owned(),
            object: object.map(str::to_owned),
            state: state.to_owned(),
            message,
            command,
            hint: None,
        });
    }

    fn hint(&mut self, hint: String) {
        if let Some(last) = self.0.last_mut().filter(|_| !hint.is_empty()) {
            last.hint = Some(hint);
        }
    }

    /// A question that was answered with a problem.
    fn problem(&mut self, name: &str, object: Option<&str>, problem: &Problem, command: String) {
        // Only administrators may ask Zoom and the databases; for others that is no fault of the system.
        let state = if problem.exit_code == ExitCode::NotPermitted {
            "unknown"
        } else {
            "critical"
        };
        self.add(name, object, state, problem.message.clone(), command);
        self.hint(problem.hint.clone());
    }
}

/// Goes the whole way. The exit code when it already ends at the socket.
async fn examine(context: &Context, report: &mut Report) -> Result<Option<ExitCode>, Failure> {
    let socket = context.client.socket().to_owned();
    let answered = context.send_briefly(&routes::health(), health::LIMIT).await;
    let health = match answered {
        Ok(answer) => answer.document()?.body,
        Err(Failure::Problem(problem)) => {
            return Ok(Some(no_daemon(report, &socket, &problem)));
        }
        Err(gone) => return Err(gone),
    };
    report.add(
        "socket",
        None,
        "ok",
        format!("the daemon answers on {}", socket.display()),
        "callsyncctl status".to_owned(),
    );
    configuration(context, report).await?;
    servers(context, report).await?;
    accounts(context, report).await?;
    for check in &health.checks {
        from_check(report, check);
    }
    Ok(None)
}

/// Why the daemon does not answer, as far as it can be seen from outside.
fn no_daemon(report: &mut Report, socket: &Path, problem: &Problem) -> ExitCode {
    let command = match problem.exit_code {
        ExitCode::NotPermitted => format!("sudo usermod --append --groups callsync {}", user()),
        ExitCode::TimedOut => "systemctl restart callsyncd".to_owned(),
        _ if systemd_runs() => "systemctl start callsyncd".to_owned(),
        // Without a file it starts on its defaults.
        _ if Path::new(paths::CONFIG_FILE).exists() => format!("callsyncd --config {}", paths::CONFIG_FILE),
        _ => "callsyncd".to_owned(),
    };
    report.add("socket", None, "critical", problem.message.clone(), command);
    report.hint(problem.hint.clone());
    if problem.exit_code == ExitCode::NotPermitted {
        return problem.exit_code;
    }
    let present = socket.exists();
    report.add(
        "daemon",
        None,
        "critical",
        if present {
            "the socket is there but nobody listens: the daemon ended without taking it away".to_owned()
        } else {
            format!("there is no socket at {}", socket.display())
        },
        "journalctl --unit callsyncd --lines 50".to_owned(),
    );
    report.add(
        "configuration",
        None,
        "unknown",
        "the daemon's own program checks its configuration without it running".to_owned(),
        "callsyncd --check-config".to_owned(),
    );
    problem.exit_code
}

fn systemd_runs() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

fn user() -> String {
    std::env::var("USER").unwrap_or_else(|_| "USER".to_owned())
}

async fn configuration(context: &Context, report: &mut Report) -> Result<(), Failure> {
    let command = || "callsyncctl config check".to_owned();
    match context.send_briefly(&routes::config_check(None), LIMIT).await {
        Ok(answer) => {
            let check = answer.document()?.body;
            let file = check.file.unwrap_or_else(|| "the documented defaults".to_owned());
            match check.error.filter(|_| !check.valid) {
                None => report.add("configuration", None, "ok", format!("{file}: valid"), command()),
                Some(error) => report.add(
                    "configuration",
                    None,
                    "critical",
                    format!("{file} would be refused: {}", error.lines().next().unwrap_or_default()),
                    command(),
                ),
            }
        }
        Err(Failure::Problem(problem)) => report.problem("configuration", None, &problem, command()),
        Err(gone) => return Err(gone),
    }
    Ok(())
}

async fn servers(context: &Context, report: &mut Report) -> Result<(), Failure> {
    let listed = match context.send_briefly(&routes::servers(), LIMIT).await {
        Ok(answer) => answer.document()?.items,
        Err(Failure::Problem(problem)) => {
            report.problem("servers", None, &problem, "callsyncctl server list".to_owned());
            return Ok(());
        }
        Err(gone) => return Err(gone),
    };
    for server in listed {
        let name = server.name.as_str();
        let command = format!("callsyncctl server test {}", quoted(name));
        match context.send_briefly(&routes::test_server(name), LIMIT).await {
            Ok(answer) => {
                let test = answer.document()?.body;
                if test.missing_permissions.is_empty() {
                    report.add("server", Some(name), "ok", format!("{} answers", test.version), command);
                } else {
                    let missing = test.missing_permissions.join(", ");
                    report.add(
                        "server",
                        Some(name),
                        "warning",
                        format!("permissions are missing: {missing}"),
                        command,
                    );
                }
            }
            Err(Failure::Problem(problem)) => report.problem("server", Some(name), &problem, command),
            Err(gone) => return Err(gone),
        }
    }
    Ok(())
}

async fn accounts(context: &Context, report: &mut Report) -> Result<(), Failure> {
    let listed: Vec<Account> = match context.send_briefly(&routes::accounts(), LIMIT).await {
        Ok(answer) => answer.document()?.items,
        Err(Failure::Problem(problem)) => {
            report.problem("accounts", None, &problem, "callsyncctl account list".to_owned());
            return Ok(());
        }
        Err(gone) => return Err(gone),
    };
    if listed.is_empty() {
        report.add(
            "accounts",
            None,
            "ok",
            "there is no account yet".to_owned(),
            "callsyncctl account add NAME --group GROUP".to_owned(),
        );
    }
    // What the state forbids to ask is told by the check `token`.
    for account in listed.iter().filter(|account| account.state == "authorized") {
        let name = account.name.as_str();
        let command = format!("callsyncctl account test {}", quoted(name));
        match context.send_briefly(&routes::test_account(name), LIMIT).await {
            Ok(_) => report.add(
                "zoom",
                Some(name),
                "ok",
                "Zoom answers and accepts us".to_owned(),
                command,
            ),
            Err(Failure::Problem(problem)) => report.problem("zoom", Some(name), &problem, command),
            Err(gone) => return Err(gone),
        }
    }
    Ok(())
}

/// A health check as a finding: its hint may hold the command, else there is one for each check.
fn from_check(report: &mut Report, check: &Check) {
    let account = check.account.as_deref();
    let name = account.map_or_else(|| "ACCOUNT".to_owned(), quoted);
    let hinted = check.hint.as_deref().and_then(command_in);
    let command = hinted.unwrap_or_else(|| match check.name.as_str() {
        "schedule" | "cdr_lag" | "elements_backlog" => format!("callsyncctl cdr show {name}"),
        "zoom_api" | "token" => format!("callsyncctl account show {name}"),
        "database" => format!("callsyncctl cdr show {name}"),
        "completeness" => format!("callsyncctl cdr gaps {name}"),
        "sync" => format!("callsyncctl sync status {name}"),
        "quota" | "daemon" | "control" => "callsyncctl status".to_owned(),
        "purge" => format!("callsyncctl purge history {name}"),
        "alerts" => "callsyncctl alert list".to_owned(),
        "disk" => "df -h".to_owned(),
        _ => "journalctl --unit callsyncd --lines 50".to_owned(),
    });
    report.add(&check.name, account, &check.state, check.message.clone(), command);
    report.hint(check.hint.clone().unwrap_or_default());
}

/// The command at the end of a hint.
fn command_in(hint: &str) -> Option<String> {
    const PROGRAMS: [&str; 4] = ["callsyncctl ", "systemctl ", "journalctl ", "df "];
    let start = PROGRAMS.iter().filter_map(|program| hint.rfind(program)).max()?;
    let command = hint[start..].split("; ").next().unwrap_or_default();
    let command = command.split(" says ").next().unwrap_or_default();
    Some(command.trim_end_matches('.').to_owned())
}

/// A name as it is typed in a shell.
fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '/' | ':');
    if !name.is_empty() && name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
}

fn worst(findings: &[Finding]) -> &'static str {
    ["critical", "warning", "unknown"]
        .into_iter()
        .find(|state| findings.iter().any(|finding| finding.state == *state))
        .unwrap_or("ok")
}

fn show(doctor: &Doctor, page: &mut Page) {
    let rows = doctor
        .findings
        .iter()
        .map(|finding| {
            [
                finding.name.as_str().into(),
                Cell::or_dash(finding.object.as_deref()),
                Cell::state(&finding.state),
                finding.message.as_str().into(),
                finding.command.as_str().into(),
            ]
        })
        .collect();
    page.table(
        ["FINDING", "OF", "STATE", "MESSAGE", "NEXT"],
        rows,
        "Nothing was examined.",
    );
    for finding in doctor.findings.iter().filter(|finding| finding.state != "ok") {
        if let Some(hint) = &finding.hint {
            let object = finding
                .object
                .as_deref()
                .map(|name| format!(" {name}"))
                .unwrap_or_default();
            page.line(&format!("{}{object}: {hint}", finding.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::command_in;

    #[test]
    fn the_command_is_found_at_the_end_of_a_hint() {
        let found = |hint| command_in(hint).unwrap_or_default();
        assert_eq!(
            found("callsyncctl account authorize Sales"),
            "callsyncctl account authorize Sales"
        );
        assert_eq!(
            found("see https://status.zoom.us; it is tried again by itself; then: callsyncctl account test 'A B'"),
            "callsyncctl account test 'A B'"
        );
        assert_eq!(
            found("callsyncctl config check; correct the file; then: systemctl reload callsyncd"),
            "systemctl reload callsyncd"
        );
        assert_eq!(command_in("ask somebody"), None);
    }
}
