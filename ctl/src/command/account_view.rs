//! An account and its scopes as a person sees them.

use callsync_shared::api::account::{Account, AccountScopes, MissingScope};

use crate::output::page::{Cell, Page};

pub fn row(account: Account) -> [Cell; 7] {
    [
        account.name.into(),
        account.group.into(),
        Cell::state(&account.state),
        number(account.account_number),
        account.auth.into(),
        Cell::state(&account.cdr.state),
        Cell::state(&account.sync.status),
    ]
}

pub fn number(number: Option<i64>) -> Cell {
    Cell::or_dash(number.map(|number| number.to_string()))
}

pub fn fields(account: &Account, page: &mut Page) {
    let authorized_by = account
        .authorized_by
        .as_ref()
        .map(|person| format!("{} ({}, user id {})", person.email, person.role, person.user_id));
    let token = account.token.as_ref().map(|token| {
        format!(
            "refreshed {}, access until {}",
            page.time(token.refreshed_at),
            page.time(token.access_expires_at)
        )
    });
    let database = match (&account.cdr.server, &account.cdr.database) {
        (Some(server), Some(database)) => Some(format!("{database} on {server}")),
        _ => None,
    };
    let last_poll = page.ever(account.cdr.last_poll_success);
    let last_sync = page.ever(account.sync.last_sync_success);
    page.fields([
        ("Name", account.name.as_str().into()),
        ("Id", account.id.as_str().into()),
        ("Group", account.group.as_str().into()),
        ("State", Cell::state(&account.state)),
        ("Reason", Cell::or_dash(account.state_reason.as_deref())),
        ("Authorization", account.auth.as_str().into()),
        ("Zoom account number", number(account.account_number)),
        ("Zoom account id", Cell::or_dash(account.zoom_account_id.as_deref())),
        ("Authorized by", Cell::or_dash(authorized_by)),
        ("Token", Cell::or_dash(token)),
        (
            "Scopes",
            format!(
                "{} granted, {} missing",
                account.scopes.granted.len(),
                account.scopes.missing.len()
            )
            .into(),
        ),
        ("CDR processing", Cell::state(&account.cdr.state)),
        ("Primary database", Cell::or_dash(database)),
        ("Last poll success", last_poll),
        ("Sync", Cell::state(&account.sync.status)),
        ("Last sync success", last_sync),
    ]);
    missing(&account.scopes.missing, page);
    if account.authorize_url.is_some() {
        page.gap();
        invitation(account, page);
    }
}

/// Where a person authorizes, and how long that works. The URL stands alone on its line.
pub fn invitation(account: &Account, page: &mut Page) {
    let Some(url) = &account.authorize_url else {
        return;
    };
    page.line("Open this URL in a browser and sign in as the owner or an admin of the Zoom account:");
    page.line(url);
    if let Some(expiry) = account.authorize_expires_at {
        let until = page.time(expiry);
        page.line(&format!("It works until {until}."));
    }
}

pub fn missing(missing: &[MissingScope], page: &mut Page) {
    if missing.is_empty() {
        return;
    }
    page.gap();
    page.line("Missing scopes:");
    let rows = missing
        .iter()
        .map(|scope| {
            [
                scope.scope.as_str().into(),
                Cell::or_dash(Some(scope.alternatives.join(", "))),
                scope.needed_for.as_str().into(),
            ]
        })
        .collect();
    page.table(["SCOPE", "OR", "NEEDED FOR"], rows, "None.");
}

pub fn scopes(scopes: &AccountScopes, page: &mut Page) {
    let missing = |name: &str| scopes.missing.iter().any(|missing| missing.scope == name);
    let of_account = scopes.account.is_some();
    let rows = scopes
        .required
        .iter()
        .map(|required| {
            let granted = match (of_account, missing(&required.scope)) {
                (false, _) => "-".into(),
                (true, false) => Cell::state("yes"),
                (true, true) => Cell::state("no"),
            };
            [
                required.scope.as_str().into(),
                Cell::or_dash(Some(required.alternatives.join(", "))),
                if required.essential { "yes" } else { "no" }.into(),
                granted,
                required.needed_for.as_str().into(),
            ]
        })
        .collect();
    page.table(
        ["SCOPE", "OR", "ESSENTIAL", "GRANTED", "NEEDED FOR"],
        rows,
        "No scopes.",
    );
    if of_account {
        page.line(&format!(
            "{} granted, {} missing.",
            scopes.granted.len(),
            scopes.missing.len()
        ));
    }
}
