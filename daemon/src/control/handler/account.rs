//! Accounts: adding, authorizing, showing, testing.

use callsync_shared::api::account::{AccountTest, AddAccount, Authorize, ConfirmDeauthorization, RenameAccount};
use futures_util::future::join_all;

use crate::{
    control::{
        answer::{Answer, Answered},
        call::Call,
        problem::usage,
        view,
    },
    domain::account::AuthKind,
    enrolment::NewAccount,
};

/// All accounts that the caller may see.
pub async fn list(call: Call) -> Answered {
    let accounts = call.accounts().await?;
    Answer::list(join_all(accounts.iter().map(|account| call.view(account))).await)
}

/// One account.
pub async fn show(call: Call) -> Answered {
    let account = call.account().await?;
    Answer::document(call.view(&account).await)
}

/// Adds an account.
pub async fn add(call: Call) -> Answered {
    let request: AddAccount = call.json()?;
    call.about(&request.name);
    let auth = match request.auth.as_deref() {
        None => AuthKind::OAuth,
        Some(text) => AuthKind::parse(text).ok_or_else(|| {
            usage(
                "invalid_auth",
                format!("There is no way of authorizing called {}.", text.escape_debug()),
            )
            .hint("Use oauth or server-to-server.")
        })?,
    };
    let new = NewAccount {
        name: request.name,
        group: request.group,
        auth,
        zoom_account_id: request.zoom_account_id,
    };
    let account = call.handles.enrolment.add_account(new, call.dry_run).await?;
    call.about(&account.name);
    call.after(&view::account::audited(&account));
    Answer::changed(call.view(&account).await, call.dry_run)
}

/// Renames an account.
pub async fn rename(call: Call) -> Answered {
    let request: RenameAccount = call.json()?;
    let (before, after) = call
        .handles
        .enrolment
        .rename_account(call.path("name"), &request.name, call.dry_run)
        .await?;
    call.before(&view::account::audited(&before));
    call.after(&view::account::audited(&after));
    Answer::changed(call.view(&after).await, call.dry_run)
}

/// Removes an account that never collected anything.
pub async fn remove(call: Call) -> Answered {
    let account = call.account().await?;
    // Looked at while it is there: the answer shows it as it was.
    let view = call.view(&account).await;
    let removed = call
        .handles
        .enrolment
        .remove_account(call.path("name"), call.dry_run)
        .await?;
    call.before(&view::account::audited(&removed));
    Answer::changed(view, call.dry_run)
}

/// Authorizes with a code, or answers with the URL where a person gets one.
pub async fn authorize(call: Call) -> Answered {
    let request: Authorize = call.json_or_default()?;
    let before = call.account().await?;
    let account = call
        .handles
        .enrolment
        .authorize(call.path("name"), request.code.as_deref(), call.dry_run)
        .await?;
    let account = if before.state.is_withdrawn() && !account.state.is_withdrawn() && !call.dry_run {
        // Everything that the de-authorization took comes back, and collecting goes on.
        let restored = call.handles.removal.reauthorized(&account).await?;
        call.handles.processing.resume(&restored, &[]).await?;
        restored
    } else {
        account
    };
    call.before(&view::account::audited(&before));
    call.after(&view::account::audited(&account));
    if account == before {
        call.unchanged();
    }
    Answer::changed(call.view(&account).await, call.dry_run)
}

/// Ends the connection.
pub async fn deauthorize(call: Call) -> Answered {
    let before = call.account().await?;
    let account = call.handles.removal.deauthorize(&before.name, call.dry_run).await?;
    call.before(&view::account::audited(&before));
    call.after(&view::account::audited(&account));
    Answer::changed(call.view(&account).await, call.dry_run)
}

/// Records whether the organisation meant the de-authorization.
pub async fn confirm_deauthorization(call: Call) -> Answered {
    let ConfirmDeauthorization { intended, by, note } = call.json()?;
    let before = call.account().await?;
    let account = call
        .handles
        .removal
        .confirm(&before.name, intended, &by, note.as_deref(), call.dry_run)
        .await?;
    call.before(&view::account::audited(&before));
    call.after(&view::account::audited(&account));
    Answer::changed(call.view(&account).await, call.dry_run)
}

/// Asks Zoom who we are and whether Zoom Phone answers.
pub async fn test(call: Call) -> Answered {
    let before = call.account().await?;
    let report = call.handles.enrolment.test_account(call.path("name")).await?;
    if report.account == before {
        call.unchanged();
    }
    call.before(&view::account::audited(&before));
    call.after(&view::account::audited(&report.account));
    Answer::document(AccountTest {
        account: report.account.name,
        state: report.account.state.to_string(),
        account_number: report.account_number,
        round_trip_seconds: report.round_trip.as_secs_f64(),
        missing: view::scopes::missing(&report.missing),
    })
}
