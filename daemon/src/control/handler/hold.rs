//! Legal holds: add, list, release.

use callsync_shared::{ExitCode, Problem, api::retention::AddHold};

use crate::{
    collect::span::parse_time,
    control::{
        answer::{Answer, Answered},
        call::Call,
        view,
    },
    ports::retention::Hold,
    retention::holds::WantedHold,
};

/// Places a hold.
pub async fn add(call: Call) -> Answered {
    let account = call.account().await?;
    let typed: AddHold = call.json()?;
    let wanted = WantedHold {
        number: typed.number,
        email: typed.email,
        extension: typed.extension,
        from: typed.from.as_deref().map(parse_time).transpose()?,
        to: typed.to.as_deref().map(parse_time).transpose()?,
        reason: typed.reason,
    };
    let by = call.user().await;
    let hold = call
        .handles
        .retention
        .place_hold(&account, wanted, &by, call.dry_run)
        .await?;
    call.after(&view::retention::audited(&hold, &account.name));
    Answer::changed(view::retention::hold(&hold, &account.name), call.dry_run)
}

/// Holds of an account.
pub async fn of_account(call: Call) -> Answered {
    let account = call.account().await?;
    let holds = call.handles.retention.holds.holds(Some(&account.id)).await?;
    Answer::list(
        holds
            .iter()
            .map(|hold| view::retention::hold(hold, &account.name))
            .collect(),
    )
}

/// All holds that the caller may see.
pub async fn list(call: Call) -> Answered {
    let accounts = call.accounts().await?;
    let holds = call.handles.retention.holds.holds(None).await?;
    let visible = holds.iter().filter_map(|hold| {
        let account = accounts.iter().find(|account| account.id == hold.account)?;
        Some(view::retention::hold(hold, &account.name))
    });
    Answer::list(visible.collect())
}

/// Ends a hold.
pub async fn release(call: Call) -> Answered {
    let id = call.path("id").to_owned();
    let (hold, name) = visible(&call, &id).await?;
    call.about(&name);
    call.before(&view::retention::audited(&hold, &name));
    let hold = call.handles.retention.release_hold(&id, call.dry_run).await?;
    Answer::changed(view::retention::hold(&hold, &name), call.dry_run)
}

/// A hold of an account that the caller may see, with the account's name.
async fn visible(call: &Call, id: &str) -> Result<(Hold, String), Problem> {
    let hold = call.handles.retention.holds.hold(id).await?;
    let accounts = call.accounts().await?;
    match accounts.into_iter().find(|account| account.id == hold.account) {
        Some(account) => Ok((hold, account.name)),
        None => Err(Problem::new(
            ExitCode::NotFound,
            "hold_not_found",
            format!("there is no hold \"{}\"", id.escape_debug()),
        )
        .hint("see which there are: callsyncctl hold list")),
    }
}
