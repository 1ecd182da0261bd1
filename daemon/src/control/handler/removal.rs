//! Lawful removal: plan, consent, run, cancel, show, list.

use callsync_shared::api::removal::GiveConsent;

use crate::{
    control::{
        answer::{Answer, Answered},
        call::Call,
        view,
    },
    ports::state::JobKind,
    removal::consent::GivenConsent,
};

/// Accounts without consent that the caller may see.
pub async fn list(call: Call) -> Answered {
    let all = call.handles.removal.all().await?;
    let visible = all.iter().filter(|standing| call.sees(&standing.group.name));
    Answer::list(visible.map(|standing| view::removal::removal(standing, None)).collect())
}

/// Where the removal of an account's data stands.
pub async fn show(call: Call) -> Answered {
    let account = call.account().await?;
    let standing = call.handles.removal.standing(&account.name).await?;
    Answer::document(view::removal::removal(&standing, None))
}

/// What would go, and when. Waits for the database.
pub async fn plan(call: Call) -> Answered {
    let account = call.account().await?;
    let standing = call.handles.removal.standing(&account.name).await?;
    let found = call.handles.removal.found(&account).await?;
    let kept = call.handles.removal.kept(&account).await?;
    Answer::document(view::removal::removal(&standing, Some((&found, &kept))))
}

/// Records one consent.
pub async fn consent(call: Call) -> Answered {
    let given: GiveConsent = call.json()?;
    let account = call.account().await?;
    let uid = call.caller.peer.uid;
    let given = GivenConsent {
        role: given.role,
        from: given.from,
        letter_sha256: given.letter_sha256,
        uid,
        user: call.user().await,
    };
    call.handles.removal.consent(&account.name, given, call.dry_run).await?;
    let standing = call.handles.removal.standing(&account.name).await?;
    let view = view::removal::removal(&standing, None);
    call.after(&view.consents);
    Answer::changed(view, call.dry_run)
}

/// Removes data, settings and access for good.
pub async fn run(call: Call) -> Answered {
    let account = call.account().await?;
    let (account, job) = call
        .handles
        .removal
        .begin(&account.name, call.caller.peer.uid, call.dry_run)
        .await?;
    let job = job.unwrap_or_else(|| call.handles.queue.would_be(JobKind::Removal, &account.id));
    Answer::changed(view::job::job(&job, Some(&account.name)), call.dry_run)
}

/// Cancels what is scheduled.
pub async fn cancel(call: Call) -> Answered {
    let account = call.account().await?;
    let before = call.handles.removal.standing(&account.name).await?;
    call.before(&view::removal::removal(&before, None));
    call.handles.removal.cancel(&account.name, call.dry_run).await?;
    let standing = call.handles.removal.standing(&account.name).await?;
    let view = view::removal::removal(&standing, None);
    call.after(&view);
    Answer::changed(view, call.dry_run)
}
