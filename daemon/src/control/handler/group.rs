//! Enterprise groups.

use callsync_shared::api::group::{AddGroup, ChangeGroup};

use crate::{
    control::{
        answer::{Answer, Answered},
        call::Call,
        view,
    },
    enrolment::GroupChange,
};

/// All groups that the caller may see.
pub async fn list(call: Call) -> Answered {
    let accounts = call.accounts().await?;
    let groups = call.handles.enrolment.groups().await?;
    let visible = groups.iter().filter(|group| call.sees(&group.name));
    Answer::list(visible.map(|group| view::group::group(group, &accounts)).collect())
}

/// One group.
pub async fn show(call: Call) -> Answered {
    let group = call.group().await?;
    Answer::document(view::group::group(&group, &call.accounts().await?))
}

/// Adds a group.
pub async fn add(call: Call) -> Answered {
    let request: AddGroup = call.json()?;
    call.about(&request.name);
    let group = call.handles.enrolment.add_group(&request.name, call.dry_run).await?;
    let view = view::group::group(&group, &[]);
    call.about(&view.name);
    call.after(&view);
    Answer::changed(view, call.dry_run)
}

/// Changes or renames a group.
pub async fn set(call: Call) -> Answered {
    let request: ChangeGroup = call.json()?;
    let change = GroupChange {
        name: request.name,
        main_contact: request.main_contact,
        technical_contact: request.technical_contact,
        security_contact: request.security_contact,
        term_end: request.term_end,
    };
    let accounts = call.accounts().await?;
    let (before, after) = call
        .handles
        .enrolment
        .change_group(call.path("name"), change, call.dry_run)
        .await?;
    let before = view::group::group(&before, &accounts);
    // Its accounts move along with a new name.
    let after = callsync_shared::api::group::Group {
        accounts: before.accounts.clone(),
        ..view::group::group(&after, &[])
    };
    call.before(&before);
    call.after(&after);
    Answer::changed(after, call.dry_run)
}

/// Removes an empty group.
pub async fn remove(call: Call) -> Answered {
    let group = call
        .handles
        .enrolment
        .remove_group(call.path("name"), call.dry_run)
        .await?;
    let view = view::group::group(&group, &[]);
    call.before(&view);
    Answer::changed(view, call.dry_run)
}
