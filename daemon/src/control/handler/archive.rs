//! Archive: status, run, restore.

use callsync_shared::api::retention::RestoreArchive;

use super::job::queued;
use crate::{
    collect::span::parse_time,
    control::{
        answer::{Answer, Answered},
        call::Call,
        view,
    },
    ports::state::JobKind,
};

/// How the archive stands.
pub async fn status(call: Call) -> Answered {
    let account = call.account().await?;
    let standing = call.handles.retention.archive_standing(&account).await?;
    Answer::document(view::retention::archive(standing, &account.name))
}

/// Moves old calls now; with `dry_run` as [`status`].
pub async fn run(call: Call) -> Answered {
    let account = call.account().await?;
    if call.dry_run {
        let standing = call.handles.retention.archive_standing(&account).await?;
        return Answer::changed(view::retention::archive(standing, &account.name), true);
    }
    let running = call.handles.queue.would_be(JobKind::Archive, &account.id);
    let job = call.handles.retention.archive_now(&account).await?;
    if job.id == running.id {
        call.unchanged();
    }
    queued(&call, &job, &account, &())
}

/// Moves calls back.
pub async fn restore(call: Call) -> Answered {
    let account = call.account().await?;
    let range: RestoreArchive = call.json_or_default()?;
    let from = range.from.as_deref().map(parse_time).transpose()?;
    let to = range.to.as_deref().map(parse_time).transpose()?;
    if call.dry_run {
        let tally = call.handles.retention.restorable(&account, from, to).await?;
        return Answer::changed(view::retention::restorable(tally, &account.name), true);
    }
    let running = call.handles.queue.would_be(JobKind::Restore, &account.id);
    let job = call.handles.retention.restore(&account, from, to).await?;
    if job.id == running.id {
        call.unchanged();
    }
    queued(&call, &job, &account, &range)
}
