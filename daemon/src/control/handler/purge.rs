//! Purge: preview, run, history.

use super::job::queued;
use crate::{
    control::{
        answer::{Answer, Answered},
        call::Call,
        view,
    },
    ports::state::JobKind,
};

/// Runs listed unless asked otherwise.
const USUAL: usize = 50;

/// What a purge would delete now.
pub async fn preview(call: Call) -> Answered {
    let account = call.account().await?;
    let purged = call.handles.retention.preview(&account).await?;
    Answer::document(view::retention::purged(&purged, &account.name))
}

/// Purges now; with `dry_run` as [`preview`].
pub async fn run(call: Call) -> Answered {
    let account = call.account().await?;
    if call.dry_run {
        let purged = call.handles.retention.preview(&account).await?;
        return Answer::changed(view::retention::purged(&purged, &account.name), true);
    }
    let running = call.handles.queue.would_be(JobKind::Purge, &account.id);
    let job = call.handles.retention.purge(&account).await?;
    if job.id == running.id {
        call.unchanged();
    }
    queued(&call, &job, &account, &())
}

/// Past purges, newest first.
pub async fn history(call: Call) -> Answered {
    let account = call.account().await?;
    crate::retention::refuse_withdrawn(&account)?;
    let limit = call.parsed("limit", "50")?.unwrap_or(USUAL);
    let runs = call.handles.retention.purges(&account, limit).await?;
    Answer::list(
        runs.iter()
            .map(|run| view::retention::run(run, &account.name))
            .collect(),
    )
}
