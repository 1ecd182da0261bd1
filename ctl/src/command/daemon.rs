//! Verbs about the daemon itself: `status`, `version`, `audit`, `config`, `completions`.

use std::{path::absolute, time::Duration};

use callsync_shared::{
    API_VERSION, ExitCode, VERSION,
    api::{
        schema,
        status::{AccountStatus, Quota, Status},
    },
    build_info,
    client::routes,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::job;
use crate::{
    cli::{self, AuditCommand, ConfigCommand},
    context::Context,
    error::Failure,
    output::{
        page::{Cell, Page},
        time,
    },
};

/// `version` tells our own part at any rate, so it does not wait long for the daemon's.
const IMPATIENT: Duration = Duration::from_secs(5);

pub async fn status(context: &Context) -> Result<ExitCode, Failure> {
    let answer = context.send(&routes::status()).await?;
    context.show(&answer, |status, page| overview(&status.body, page))
}

fn overview(status: &Status, page: &mut Page) {
    let up = status.now.duration_since(status.started_at).as_secs_f64();
    page.line(&format!(
        "callsyncd {}, pid {}, up {}",
        status.version,
        status.pid,
        time::span(up)
    ));
    let config = &status.config;
    let loaded = page.time(config.loaded_at);
    let file = config.file.as_deref().unwrap_or("documented defaults");
    page.line(&format!("Configuration: {file}, read {loaded}"));
    if let Some(error) = &config.last_reload_error {
        let asked = config.last_reload_at.map(|at| format!(" at {}", page.time(at)));
        page.line(&format!(
            "The reload{} was refused, that configuration stays in force:",
            asked.unwrap_or_default()
        ));
        page.block(error);
    }
    for notice in &status.notices {
        page.line(&format!("! {notice}"));
    }
    page.gap();
    let rows = status
        .accounts
        .iter()
        .map(|account| row(account, status.now, page))
        .collect();
    page.table(
        [
            "ACCOUNT",
            "GROUP",
            "STATE",
            "CDR",
            "SYNC",
            "LAST POLL",
            "LAST SYNC",
            "NEXT",
            "REQUESTS TODAY",
            "BACKLOG",
        ],
        rows,
        "No accounts.",
    );
    for account in &status.accounts {
        if let Some(error) = &account.last_error {
            page.line(&format!("! {}: {error}", account.name));
        }
    }
    if !status.running_jobs.is_empty() {
        page.gap();
        page.line("Running jobs:");
        job::table(&status.running_jobs, page, "None.");
    }
}

/// One line of an overview: times are told from now, and of what comes only the next; the whole is in --json and in the
/// verbs about one account.
fn row(account: &AccountStatus, now: Timestamp, page: &Page) -> [Cell; 10] {
    let between = |from: Timestamp, to: Timestamp| time::span(to.duration_since(from).as_secs_f64().max(0.0));
    let ago =
        |at: Option<Timestamp>| at.map_or_else(|| "never".into(), |at| Cell::from(format!("{} ago", between(at, now))));
    let next = account.next_runs.first();
    let next = next.map(|next| format!("{} in {}", next.kind, between(now, next.at)));
    // What has no daily limit cannot run out.
    let quota: Vec<String> = account
        .quota
        .iter()
        .filter_map(|quota| {
            let none_left = quota
                .blocked_until
                .map(|until| format!(", none left until {}", page.time(until)));
            Some(format!(
                "{} {}/{}{}",
                quota.label,
                quota.used_today,
                quota.per_day?,
                none_left.unwrap_or_default()
            ))
        })
        .collect();
    let backlog: Vec<String> = account.quota.iter().filter_map(backlog).collect();
    [
        account.name.as_str().into(),
        account.group.as_str().into(),
        Cell::state(&account.state),
        Cell::state(&account.cdr_state),
        Cell::state(&account.sync_status),
        ago(account.last_poll_success),
        ago(account.last_sync_success),
        Cell::or_dash(next),
        Cell::or_dash(Some(quota.join(", "))),
        Cell::or_dash(Some(backlog.join(", "))),
    ]
}

/// What waits for one label, and for how long.
#[allow(clippy::cast_precision_loss)]
fn backlog(quota: &Quota) -> Option<String> {
    (quota.backlog_requests > 0).then(|| {
        let time = time::span(quota.backlog_seconds as f64);
        format!("{} {}: {time}", quota.backlog_requests, quota.label)
    })
}

pub async fn version(context: &Context) -> Result<ExitCode, Failure> {
    let limit = context.timeout.unwrap_or(IMPATIENT);
    let daemon = context.client.send(&routes::version(), limit).await.and_then(|answer| {
        let mut fields: Value = serde_json::from_slice(&answer.bytes)
            .map_err(|error| callsync_shared::client::Error::Invalid(error.to_string()))?;
        if let Some(fields) = fields.as_object_mut() {
            fields.shift_remove("schema");
        }
        Ok((fields, answer.document()?.body))
    });
    if context.output.json {
        let mut document = json!({
            "schema": schema("version"),
            "version": VERSION,
            "api_version": API_VERSION,
            "daemon": daemon.ok().map(|(fields, _)| fields),
        });
        if let (Some(commit), Some(date)) = (build_info::COMMIT, build_info::DATE) {
            document["commit"] = json!(commit);
            document["commit_date"] = json!(date);
        }
        context.output.document(document.to_string().as_bytes())?;
        return Ok(ExitCode::Ok);
    }
    let mut page = context.output.page();
    let built = build_info::suffix(build_info::COMMIT, build_info::DATE);
    page.line(&format!(
        "callsyncctl {VERSION} (control protocol {API_VERSION}){built}"
    ));
    match daemon {
        Ok((_, daemon)) => {
            page.line(&format!(
                "callsyncd {} (control protocol {}){}",
                daemon.version,
                daemon.api_version,
                build_info::suffix(daemon.commit.as_deref(), daemon.commit_date.as_deref())
            ));
        }
        Err(error) => page.line(&format!("callsyncd unknown: {error}")),
    }
    context.output.print(page)?;
    Ok(ExitCode::Ok)
}

pub async fn audit(context: &Context, command: AuditCommand) -> Result<ExitCode, Failure> {
    match command {
        AuditCommand::List { since } => audit_list(context, since.as_deref()).await,
        AuditCommand::Verify => audit_verify(context).await,
    }
}

async fn audit_verify(context: &Context) -> Result<ExitCode, Failure> {
    let answer = context.send_patiently(&routes::verify_audit()).await?;
    let found = answer.document()?.body;
    let Some(broken) = found.broken else {
        return context.show(&answer, |_, page| {
            page.line(&format!("The audit log is whole: {} entries.", found.entries));
            page.line(&format!("Head: {}", found.head_hash.as_deref().unwrap_or("none")));
            if found.redacted > 0 {
                page.line(&format!("Redacted by lawful removal: {}", found.redacted));
            }
        });
    };
    if context.output.json {
        context.output.document(&answer.bytes)?;
    } else {
        context.output.tell(&format!(
            "error: The audit log is broken at entry {}: {}.\n{} entries before it are good. Compare with a backup of the state directory.",
            broken.seq, broken.reason, found.entries
        ));
    }
    Ok(ExitCode::Failed)
}

async fn audit_list(context: &Context, since: Option<&str>) -> Result<ExitCode, Failure> {
    let answer = context.send(&routes::audit(since)).await?;
    context.show(&answer, |list, page| {
        let rows = list
            .items
            .iter()
            .map(|entry| {
                [
                    entry.seq.into(),
                    page.time(entry.at).into(),
                    format!("{} ({})", entry.user, entry.uid).into(),
                    entry.role.as_str().into(),
                    entry.action.as_str().into(),
                    entry.object.as_str().into(),
                    Cell::state(&entry.outcome),
                ]
            })
            .collect();
        page.table(
            ["SEQ", "AT", "USER", "ROLE", "ACTION", "OBJECT", "OUTCOME"],
            rows,
            "No entries.",
        );
    })
}

pub async fn config(context: &Context, command: ConfigCommand) -> Result<ExitCode, Failure> {
    match command {
        ConfigCommand::Check { config } => {
            // The daemon has another working directory.
            let file = config
                .map(|path| absolute(&path).map(|path| path.to_string_lossy().into_owned()))
                .transpose()
                .map_err(|error| Failure::usage(format!("--config is no path: {error}"), ""))?;
            let answer = context
                .send(&routes::config_check(file.as_deref()))
                .await
                .map_err(offline)?;
            let check = answer.document()?.body;
            let name = check.file.as_deref().unwrap_or("documented defaults").to_owned();
            if check.valid {
                return context.show(&answer, |_, page| page.line(&format!("{name}: valid.")));
            }
            if context.output.json {
                context.output.document(&answer.bytes)?;
            } else {
                let reason = check.error.unwrap_or_default();
                context.output.tell(&format!("error: {name} is not valid.\n{reason}"));
            }
            Ok(ExitCode::Config)
        }
        ConfigCommand::Show => {
            let answer = context.send(&routes::config()).await?;
            context.show(&answer, |view, page| {
                let file = view.body.file.unwrap_or_else(|| "none; documented defaults".to_owned());
                page.line(&format!("# File: {file}"));
                let mut keys = Vec::new();
                flatten("", &view.body.config, &mut keys);
                page.fields(keys);
            })
        }
    }
}

/// Without the daemon its file can still be checked, by the daemon's own program.
fn offline(failure: Failure) -> Failure {
    match failure {
        Failure::Problem(mut problem) if problem.exit_code == ExitCode::DaemonUnreachable => {
            problem.hint.push_str(" Without the daemon: callsyncd --check-config.");
            Failure::Problem(problem)
        }
        other => other,
    }
}

/// Every key with its full name: `servers[0].name`.
fn flatten(prefix: &str, value: &Value, keys: &mut Vec<(String, Cell)>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                let name = if prefix.is_empty() {
                    name.clone()
                } else {
                    format!("{prefix}.{name}")
                };
                flatten(&name, value, keys);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (position, value) in items.iter().enumerate() {
                flatten(&format!("{prefix}[{position}]"), value, keys);
            }
        }
        Value::String(text) => keys.push((prefix.to_owned(), text.as_str().into())),
        other => keys.push((prefix.to_owned(), other.to_string().into())),
    }
}

pub fn completions(context: &Context, shell: clap_complete::Shell) -> Result<ExitCode, Failure> {
    if context.output.json {
        return Err(Failure::usage("A completion script is not JSON.", "Leave --json out."));
    }
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::command(), "callsyncctl", &mut script);
    context.output.raw(&script)?;
    Ok(ExitCode::Ok)
}
