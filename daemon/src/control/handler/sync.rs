//! Directory sync: status, run.

use crate::control::{
    answer::{Answer, Answered},
    call::Call,
    view,
};

/// How the directory sync is doing.
pub async fn status(call: Call) -> Answered {
    let account = call.account().await?;
    let snapshot = call.handles.snapshots.sync(&account).await;
    Answer::document(view::sync::sync(&account, &snapshot))
}

/// Syncs now.
pub async fn run(call: Call) -> Answered {
    let account = call.account().await?;
    if call.dry_run {
        let account = call.handles.processing.usable(&account.name).await?;
        let snapshot = call.handles.snapshots.sync(&account).await;
        return Answer::changed(view::sync::sync(&account, &snapshot), true);
    }
    let job = call.handles.processing.sync(&account.name).await?;
    Answer::changed(view::job::job(&job, Some(&account.name)), false)
}
