//! `sync …`.

use callsync_shared::{
    ExitCode,
    api::sync::{StartSync, Sync},
    client::routes,
};

use super::{job, wait};
use crate::{
    cli::SyncCommand,
    context::Context,
    error::Failure,
    output::{
        page::{Cell, Page},
        time,
    },
};

pub async fn run(context: &Context, command: SyncCommand) -> Result<ExitCode, Failure> {
    match command {
        SyncCommand::Run {
            account,
            accept_removals,
            wait,
            dry_run,
        } => {
            let deadline = wait::Deadline::start(context.timeout);
            let request = routes::run_sync(&account, &StartSync { accept_removals }).dry_run(dry_run.dry_run);
            let answer = context.send(&request).await?;
            if wait.wait && !dry_run.dry_run {
                wait::finish(context, &answer.document()?.body.id, deadline).await
            } else {
                job::show_started(context, &answer, dry_run.dry_run)
            }
        }
        SyncCommand::Status { account } => {
            let answer = context.send(&routes::sync(&account)).await?;
            context.show(&answer, |sync, page| show(&sync.body, page))
        }
    }
}

fn show(sync: &Sync, page: &mut Page) {
    let attempt = page.ever(sync.last_sync_attempt);
    let success = page.ever(sync.last_sync_success);
    let next = page.time_or(sync.next_run, "not scheduled");
    page.fields([
        ("Account", sync.account.as_str().into()),
        ("Status", Cell::state(&sync.status)),
        ("Last Sync Attempt", attempt),
        ("Last Sync Success", success),
        ("Last Error", Cell::error(sync.last_error.as_deref())),
        ("Duration", Cell::or_dash(sync.duration.map(time::span))),
        ("Next Run", next),
    ]);
    page.gap();
    let rows = sync
        .entities
        .iter()
        .map(|(entity, counts)| {
            [
                entity.as_str().into(),
                counts.total.into(),
                counts.added.into(),
                counts.changed.into(),
                counts.removed.into(),
                Cell::error(counts.error.as_deref()),
            ]
        })
        .collect();
    page.table(
        ["ENTITY", "TOTAL", "ADDED", "CHANGED", "REMOVED", "ERROR"],
        rows,
        "Nothing has been synced yet.",
    );
}

#[cfg(test)]
mod tests {
    use callsync_shared::api::sync::{EntityCounts, Sync};
    use jiff::tz::TimeZone;

    use super::show;
    use crate::output::page::{Page, Style};

    #[test]
    fn status_shows_the_three_fields_by_their_names() {
        let mut page = Page::new(Style {
            width: None,
            color: false,
            zone: TimeZone::UTC,
        });
        let sync = Sync {
            account: "Sales".to_owned(),
            status: "Enabled".to_owned(),
            last_sync_attempt: Some("2026-03-08T07:30:00Z".parse().unwrap()),
            last_sync_success: None,
            last_error: None,
            duration: Some(65.0),
            next_run: None,
            entities: [(
                "users".to_owned(),
                EntityCounts {
                    total: 7,
                    ..EntityCounts::default()
                },
            )]
            .into(),
        };
        show(&sync, &mut page);
        let text = page.text();
        assert!(text.contains("Status:             Enabled\n"), "{text}");
        assert!(
            text.contains("Last Sync Attempt:  2026-03-08 07:30:00 +00:00\n"),
            "{text}"
        );
        assert!(text.contains("Last Sync Success:  never\n"), "{text}");
        assert!(text.contains("Duration:           1 min 5 s\n"), "{text}");
        assert!(text.contains("users   7"), "{text}");
    }
}
