//! `job …`, and a job as a person sees it.

use std::fmt::Write as _;

use callsync_shared::{
    ExitCode,
    api::{Document, job::Job},
    client::{Answer, routes},
};
use serde_json::Value;

use super::wait;
use crate::{
    cli::JobCommand,
    context::Context,
    error::Failure,
    output::{
        page::{Cell, Page},
        time,
    },
};

pub async fn run(context: &Context, command: JobCommand) -> Result<ExitCode, Failure> {
    match command {
        JobCommand::List { account, limit } => {
            let answer = context.send(&routes::jobs(account.as_deref(), limit)).await?;
            context.show(&answer, |list, page| table(&list.items, page, "No jobs."))
        }
        JobCommand::Show { id } => {
            let answer = context.send(&routes::job(&id)).await?;
            context.show(&answer, |job, page| fields(&job.body, page))
        }
        JobCommand::Wait { id } => wait::finish(context, &id, wait::Deadline::start(context.timeout)).await,
        JobCommand::Cancel { id, dry_run } => {
            let request = routes::cancel_job(&id).dry_run(dry_run.dry_run);
            let answer = context.send(&request).await?;
            context.show(&answer, |job, page| {
                fields(&job.body, page);
                page.dry_run(dry_run.dry_run);
            })
        }
    }
}

/// Prints a job that was just queued, or was running already.
pub fn show_started(context: &Context, answer: &Answer<Document<Job>>, dry_run: bool) -> Result<ExitCode, Failure> {
    context.show(answer, |job, page| {
        let job = job.body;
        if dry_run {
            page.line(&format!("A {} job would be started for {}.", job.kind, account(&job)));
            page.dry_run(true);
        } else {
            page.line(&format!(
                "Job {} is {} ({}, {}).",
                job.id,
                job.state,
                job.kind,
                account(&job)
            ));
            page.line(&format!("Wait for it: callsyncctl job wait {}", job.id));
        }
    })
}

/// The accounts' jobs in a table.
pub fn table(jobs: &[Job], page: &mut Page, nothing: &str) {
    let rows = jobs
        .iter()
        .map(|job| {
            [
                job.id.as_str().into(),
                job.kind.as_str().into(),
                Cell::or_dash(job.account.as_deref()),
                Cell::state(&job.state),
                progress(job).into(),
                page.time(job.created_at).into(),
                page.time_or(job.finished_at, "-"),
            ]
        })
        .collect();
    page.table(
        ["ID", "KIND", "ACCOUNT", "STATE", "PROGRESS", "CREATED", "FINISHED"],
        rows,
        nothing,
    );
}

/// One job in full.
pub fn fields(job: &Job, page: &mut Page) {
    let times = [
        page.time(job.created_at).into(),
        page.time_or(job.started_at, "-"),
        page.time_or(job.finished_at, "-"),
    ];
    let [created, started, finished] = times;
    page.fields([
        ("Job", job.id.as_str().into()),
        ("Kind", job.kind.as_str().into()),
        ("Account", Cell::or_dash(job.account.as_deref())),
        ("State", Cell::state(&job.state)),
        ("Progress", progress(job).into()),
        ("Created", created),
        ("Started", started),
        ("Finished", finished),
        ("Result", Cell::or_dash(result(&job.result))),
    ]);
    if let Some(error) = &job.error {
        page.fields([
            ("Error", Cell::bad(error.message.as_str())),
            ("Hint", error.hint.as_str().into()),
        ]);
    }
}

/// What a person who waited is told; the error goes to stderr apart from it.
pub fn summary(job: &Job, page: &mut Page) {
    page.line(&format!(
        "Job {} ({}, {}): {}.",
        job.id,
        job.kind,
        account(job),
        job.state
    ));
    if let Some(result) = result(&job.result) {
        page.line(&format!("Result: {result}"));
    }
}

fn account(job: &Job) -> String {
    job.account
        .as_deref()
        .map_or_else(|| "all accounts".to_owned(), |name| format!("account {name}"))
}

fn progress(job: &Job) -> String {
    let progress = &job.progress;
    let mut text = match progress.total {
        Some(total) => format!("{} of {total} {}", progress.done, progress.unit),
        None => format!("{} {}", progress.done, progress.unit),
    };
    if let Some(rate) = progress.rate {
        let _ = write!(text, ", {rate}/s");
    }
    if let Some(seconds) = progress.eta_seconds {
        #[expect(clippy::cast_precision_loss, reason = "seconds are far below 2^52")]
        let _ = write!(text, ", ETA {}", time::span(seconds as f64));
    }
    text
}

/// The plain fields of a result as `name value, name value`, and the rows by class; what else is nested is left to
/// `--json`.
fn result(result: &Value) -> Option<String> {
    let mut parts = Vec::new();
    for (name, value) in result.as_object()? {
        match value {
            Value::Object(rows) if name == "rows" => parts.extend(rows.iter().filter_map(plain)),
            _ => parts.extend(plain((name, value))),
        }
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn plain((name, value): (&String, &Value)) -> Option<String> {
    match value {
        Value::Number(number) => Some(format!("{name} {number}")),
        Value::String(text) => Some(format!("{name} {text}")),
        Value::Bool(flag) => Some(format!("{name} {flag}")),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
