//! Directory sync: status, run.

use callsync_shared::api::sync::StartSync;

use super::job::queued;
use crate::control::{
    answer::{Answer, Answered},
    call::Call,
    view,
};
use crate::ports::state::JobKind;

/// How the directory sync is doing.
pub async fn status(call: Call) -> Answered {
    let account = call.account().await?;
    let snapshot = call.handles.snapshots.sync(&account).await;
    Answer::document(view::sync::sync(&account, &snapshot))
}

/// Syncs now.
pub async fn run(call: Call) -> Answered {
    let account = call.account().await?;
    let asked: StartSync = call.json_or_default()?;
    if call.dry_run {
        let account = call.handles.processing.usable(&account.name).await?;
        let job = call.handles.queue.would_be(JobKind::Sync, &account.id);
        return Answer::changed(view::job::job(&job, Some(&account.name)), true);
    }
    let job = call
        .handles
        .processing
        .sync(&account.name, asked.accept_removals)
        .await?;
    queued(&call, &job, &account, &asked)
}
