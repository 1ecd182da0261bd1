//! `events`: what happened, and what happens.

use std::{io, time::Duration};

use callsync_shared::{
    ExitCode, Problem,
    api::event::Event,
    client::{self, routes},
};

use crate::{
    cli::Events,
    context::Context,
    error::Failure,
    output::{
        page::{Cell, Page},
        text,
    },
};

pub async fn run(context: &Context, command: Events) -> Result<ExitCode, Failure> {
    let Events { follow, since, limit } = command;
    if follow {
        return stream(context, since.as_deref()).await;
    }
    let answer = context.send(&routes::events(since.as_deref(), limit)).await?;
    context.show(&answer, |list, page| table(&list.items, page))
}

fn table(events: &[Event], page: &mut Page) {
    let rows = events
        .iter()
        .map(|event| {
            [
                page.time(event.at).into(),
                Cell::state(&event.level),
                event.event.as_str().into(),
                Cell::or_dash(event.account.as_deref()),
                event.message.as_str().into(),
            ]
        })
        .collect();
    page.table(["AT", "LEVEL", "EVENT", "ACCOUNT", "MESSAGE"], rows, "No events.");
}

/// A line an event until somebody has had enough; with `--json` a document a line.
async fn stream(context: &Context, since: Option<&str>) -> Result<ExitCode, Failure> {
    let mut lines = context.stream(&routes::follow_events(since)).await?;
    let copied = async {
        // Nothing may happen for days: silence is no fault here, and a daemon that goes away closes the connection.
        while let Some(line) = lines.next().await? {
            if context.output.json {
                context.output.document(&line)?;
            } else {
                let event: Event = serde_json::from_slice(&line)
                    .map_err(|error| client::Error::Invalid(format!("an event is no event: {error}")))?;
                let mut page = context.output.page();
                let line = told(&event, &page);
                page.line(&line);
                context.output.print(page)?;
            }
        }
        Err(Problem::new(
            ExitCode::DaemonUnreachable,
            "stream_ended",
            "The daemon ended the stream: it stops.",
        )
        .hint("Follow again when it runs: callsyncctl events --follow; see systemctl status callsyncd.")
        .retryable(true)
        .into())
    };
    tokio::select! {
        ended = copied => ended,
        interrupted = tokio::signal::ctrl_c() => {
            interrupted.map_err(|error: io::Error| Failure::local("interrupted", error.to_string()))?;
            Ok(ExitCode::Ok)
        }
        () = over(context.timeout) => Err(Problem::new(
            ExitCode::TimedOut,
            "timed_out",
            "The time given with --timeout is over.",
        )
        .hint("Events that come now stay on record: callsyncctl events --since TIME.")
        .into()),
    }
}

/// Waits until the time that was given is over; for ever when none was.
async fn over(limit: Option<Duration>) {
    match limit {
        Some(limit) => tokio::time::sleep(limit).await,
        None => std::future::pending().await,
    }
}

fn told(event: &Event, page: &Page) -> String {
    let account = event.account.as_deref().map(|account| format!(" {account}:"));
    let line = format!(
        "{} {} {}{} {}",
        page.time(event.at),
        event.level,
        event.event,
        account.unwrap_or_default(),
        event.message
    );
    text::one_line(&line).into_owned()
}
