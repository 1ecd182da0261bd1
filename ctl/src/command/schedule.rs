//! `schedule …`.

use callsync_shared::{
    ExitCode,
    api::schedule::{AddSchedule, LastRun, Preview, Schedule},
    client::routes,
};

use crate::{
    cli::ScheduleCommand,
    context::Context,
    error::Failure,
    output::page::{Cell, Page},
};

pub async fn run(context: &Context, command: ScheduleCommand) -> Result<ExitCode, Failure> {
    match command {
        ScheduleCommand::Add(add) => {
            let body = AddSchedule {
                kind: add.kind,
                days: add.days,
                at: add.at,
                timezone: add.timezone,
            };
            let dry_run = add.dry_run.dry_run;
            let request = routes::add_schedule(&add.account, &body).dry_run(dry_run);
            let answer = context.send(&request).await?;
            context.show(&answer, |schedule, page| {
                fields(&schedule.body, page);
                page.dry_run(dry_run);
            })
        }
        ScheduleCommand::List { account } => {
            let answer = context.send(&routes::schedules(account.as_deref())).await?;
            context.show(&answer, |list, page| table(&list.items, page))
        }
        ScheduleCommand::Preview { of, count } => {
            let answer = context.send(&routes::preview_schedules(&of, count)).await?;
            context.show(&answer, |list, page| preview(&list.items, page))
        }
        ScheduleCommand::Remove { id, dry_run } => {
            let request = routes::remove_schedule(&id).dry_run(dry_run.dry_run);
            let answer = context.send(&request).await?;
            context.show(&answer, |schedule, page| {
                let schedule = schedule.body;
                page.line(&format!(
                    "The {} schedule {} of {} is removed.",
                    schedule.kind, schedule.id, schedule.account
                ));
                page.dry_run(dry_run.dry_run);
            })
        }
    }
}

fn fields(schedule: &Schedule, page: &mut Page) {
    let next = page.time_or(schedule.next_run, "never");
    page.fields([
        ("Schedule", schedule.id.as_str().into()),
        ("Account", schedule.account.as_str().into()),
        ("Kind", schedule.kind.as_str().into()),
        ("Days", schedule.days.as_str().into()),
        ("At", schedule.at.join(", ").into()),
        ("Timezone", schedule.timezone.as_str().into()),
        ("Next Run", next),
    ]);
}

fn table(schedules: &[Schedule], page: &mut Page) {
    let rows = schedules
        .iter()
        .map(|schedule| {
            [
                schedule.id.as_str().into(),
                schedule.kind.as_str().into(),
                schedule.account.as_str().into(),
                schedule.days.as_str().into(),
                schedule.at.join(", ").into(),
                schedule.timezone.as_str().into(),
                schedule.source.as_str().into(),
                page.time_or(schedule.next_run, "never"),
                Cell::or_dash(schedule.last_run.as_ref().map(|last| told(last, page))),
            ]
        })
        .collect();
    page.table(
        [
            "ID", "KIND", "ACCOUNT", "DAYS", "AT", "TIMEZONE", "FROM", "NEXT RUN", "LAST RUN",
        ],
        rows,
        "No schedules.",
    );
}

/// `skipped 2026-03-08 07:00:00 +00:00 (already running)`.
fn told(last: &LastRun, page: &Page) -> String {
    let reason = last
        .reason
        .as_ref()
        .map(|reason| format!(" ({})", reason.replace('_', " ")));
    format!("{} {}{}", last.outcome, page.time(last.due), reason.unwrap_or_default())
}

fn preview(items: &[Preview], page: &mut Page) {
    let rows = items
        .iter()
        .map(|item| {
            [
                item.local.as_str().into(),
                item.utc.to_string().into(),
                item.timezone.as_str().into(),
                item.schedule_id.as_str().into(),
            ]
        })
        .collect();
    page.table(["LOCAL", "UTC", "TIMEZONE", "SCHEDULE"], rows, "Nothing is scheduled.");
}
