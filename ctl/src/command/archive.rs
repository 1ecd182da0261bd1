//! `archive …`.

use std::collections::BTreeMap;

use callsync_shared::{
    ExitCode,
    api::{
        Document,
        retention::{Archive, RestoreArchive as Body},
    },
    client::{Request, routes},
};

use super::{job, wait};
use crate::{
    cli::{ArchiveCommand, RestoreArchive},
    context::Context,
    error::Failure,
    output::{
        page::{Cell, Page},
        text,
    },
};

pub async fn run(context: &Context, command: ArchiveCommand) -> Result<ExitCode, Failure> {
    match command {
        ArchiveCommand::Run { account, dry_run, .. } if dry_run.dry_run => {
            status(context, &routes::archivable(&account), true).await
        }
        ArchiveCommand::Run { account, wait, .. } => {
            let deadline = wait::Deadline::start(context.timeout);
            let answer = context.send_patiently(&routes::run_archive(&account)).await?;
            if wait.wait {
                wait::finish(context, &answer.document()?.body.id, deadline).await
            } else {
                job::show_started(context, &answer, false)
            }
        }
        ArchiveCommand::Status { account } => status(context, &routes::archive(&account), false).await,
        ArchiveCommand::Restore(RestoreArchive {
            account,
            from,
            to,
            wait,
            dry_run,
        }) => {
            let body = Body { from, to };
            if dry_run.dry_run {
                let answer = context.send_patiently(&routes::restorable(&account, &body)).await?;
                return context.show(&answer, |rows, page| {
                    page.line(&format!(
                        "{} calls and {} elements would come back.",
                        of(&rows.body.rows, "calls"),
                        of(&rows.body.rows, "elements")
                    ));
                    page.dry_run(true);
                });
            }
            let deadline = wait::Deadline::start(context.timeout);
            let answer = context
                .send_patiently(&routes::restore_archive(&account, &body))
                .await?;
            if wait.wait {
                wait::finish(context, &answer.document()?.body.id, deadline).await
            } else {
                job::show_started(context, &answer, false)
            }
        }
    }
}

async fn status(context: &Context, request: &Request<Document<Archive>>, dry_run: bool) -> Result<ExitCode, Failure> {
    let answer = context.send_patiently(request).await?;
    context.show(&answer, |archive, page| {
        show(&archive.body, page);
        page.dry_run(dry_run);
    })
}

fn of(rows: &BTreeMap<String, u64>, class: &str) -> u64 {
    rows.get(class).copied().unwrap_or(0)
}

fn show(archive: &Archive, page: &mut Page) {
    let cutoff = page.time(archive.cutoff);
    let last = match &archive.last_run {
        None => "never".into(),
        Some(run) => page.time_or(run.finished_at, "not finished"),
    };
    page.fields([
        (
            "Archive",
            Cell::from(format!("{} on {}", archive.database, archive.server)),
        ),
        ("Calls older than", cutoff.into()),
        ("Last run", last),
        ("Held", archive.held.into()),
    ]);
    page.gap();
    let row =
        |name: &str, rows: &BTreeMap<String, u64>| [name.into(), of(rows, "calls").into(), of(rows, "elements").into()];
    page.table(
        ["", "CALLS", "ELEMENTS"],
        vec![row("archived", &archive.archived), row("waiting", &archive.waiting)],
        "Nothing.",
    );
    if archive.rejected > 0 {
        page.gap();
        page.line(&format!(
            "{} without a key stay in the primary database until a purge of calls takes them.",
            text::count(archive.rejected, "record")
        ));
    }
}
