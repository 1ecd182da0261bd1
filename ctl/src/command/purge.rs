//! `purge …`.

use callsync_shared::{
    ExitCode,
    api::{Document, retention::Purge},
    client::{Request, routes},
};

use super::{job, wait};
use crate::{
    cli::PurgeCommand,
    context::Context,
    error::Failure,
    output::page::{Cell, Page},
};

pub async fn run(context: &Context, command: PurgeCommand) -> Result<ExitCode, Failure> {
    match command {
        PurgeCommand::Preview { account } => preview(context, &routes::preview_purge(&account), false).await,
        PurgeCommand::Run { account, dry_run, .. } if dry_run.dry_run => {
            preview(context, &routes::purgeable(&account), true).await
        }
        PurgeCommand::Run { account, wait, .. } => {
            context.confirm(&format!("Deleting the old records of {account}"), false)?;
            let deadline = wait::Deadline::start(context.timeout);
            let answer = context.send_patiently(&routes::run_purge(&account).confirmed()).await?;
            if wait.wait {
                wait::finish(context, &answer.document()?.body.id, deadline).await
            } else {
                job::show_started(context, &answer, false)
            }
        }
        PurgeCommand::History { account, limit } => {
            let answer = context.send_patiently(&routes::purges(&account, limit)).await?;
            context.show(&answer, |list, page| {
                let rows = list.items.iter().map(|run| row(run, page)).collect();
                page.table(
                    [
                        "STARTED",
                        "FINISHED",
                        "CALLS",
                        "ELEMENTS",
                        "REJECTED",
                        "DIRECTORY",
                        "HISTORY",
                        "HELD",
                    ],
                    rows,
                    "Nothing has been purged yet.",
                );
            })
        }
    }
}

async fn preview(context: &Context, request: &Request<Document<Purge>>, dry_run: bool) -> Result<ExitCode, Failure> {
    let answer = context.send_patiently(request).await?;
    context.show(&answer, |purge, page| {
        show(&purge.body, page);
        if dry_run {
            page.dry_run(true);
        } else {
            page.line("Nothing was deleted.");
        }
    })
}

fn count(purge: &Purge, class: &str) -> u64 {
    purge.rows.get(class).copied().unwrap_or(0)
}

fn row(run: &Purge, page: &Page) -> [Cell; 8] {
    [
        page.time_or(run.started_at, "-"),
        page.time_or(run.finished_at, "interrupted"),
        count(run, "calls").into(),
        count(run, "elements").into(),
        count(run, "rejected").into(),
        count(run, "directory").into(),
        count(run, "history").into(),
        run.held.into(),
    ]
}

fn show(purge: &Purge, page: &mut Page) {
    let rows = purge
        .rows
        .iter()
        .map(|(class, rows)| {
            // Records without a key have the age of calls.
            let cutoff = purge.cutoffs.get(class).or_else(|| purge.cutoffs.get("calls"));
            [
                class.as_str().into(),
                page.time_or(cutoff.copied().flatten(), "never"),
                (*rows).into(),
            ]
        })
        .collect();
    page.table(["CLASS", "OLDER THAN", "ROWS"], rows, "Nothing grows old.");
    page.gap();
    page.fields([("Held", Cell::from(purge.held))]);
}
