//! `account …`, but for the authorization itself.

use callsync_shared::{
    ExitCode,
    api::account::{ConfirmDeauthorization, RenameAccount},
    client::routes,
};

use super::{account_view, authorize};
use crate::{
    cli::AccountCommand,
    context::Context,
    error::Failure,
    output::{page::Cell, text},
};

pub async fn run(context: &Context, command: AccountCommand) -> Result<ExitCode, Failure> {
    match command {
        AccountCommand::Add(command) => authorize::add(context, command).await,
        AccountCommand::Authorize(command) => authorize::authorize(context, command).await,
        AccountCommand::List => {
            let answer = context.send(&routes::accounts()).await?;
            context.show(&answer, |list, page| {
                let rows = list.items.into_iter().map(account_view::row).collect();
                page.table(
                    ["NAME", "GROUP", "STATE", "NUMBER", "AUTH", "CDR", "SYNC"],
                    rows,
                    "No accounts. Add one: callsyncctl account add NAME --group GROUP",
                );
            })
        }
        AccountCommand::Show { name } => {
            let answer = context.send(&routes::account(&name)).await?;
            context.show(&answer, |account, page| account_view::fields(&account.body, page))
        }
        AccountCommand::Rename { old, new, dry_run } => {
            let body = RenameAccount { name: new };
            let request = routes::rename_account(&old, &body).dry_run(dry_run.dry_run);
            let answer = context.send(&request).await?;
            context.show(&answer, |account, page| {
                let verb = if dry_run.dry_run { "would now be" } else { "is now" };
                page.line(&format!("Account {old} {verb} named {}.", account.body.name));
                page.dry_run(dry_run.dry_run);
            })
        }
        AccountCommand::Test { name } => {
            let answer = context.send_patiently(&routes::test_account(&name)).await?;
            context.show(&answer, |test, page| {
                let test = test.body;
                page.fields([
                    ("Account", test.account.into()),
                    ("State", Cell::state(&test.state)),
                    ("Zoom account number", account_view::number(test.account_number)),
                    ("Round trip", text::milliseconds(test.round_trip_seconds).into()),
                ]);
                account_view::missing(&test.missing, page);
            })
        }
        AccountCommand::Scopes { name } => {
            let request = name.as_deref().map_or_else(routes::scopes, routes::account_scopes);
            let answer = context.send(&request).await?;
            context.show(&answer, |scopes, page| account_view::scopes(&scopes.body, page))
        }
        AccountCommand::Deauthorize { name, dry_run } => {
            context.confirm(&format!("Ending the connection of {name}"), dry_run.dry_run)?;
            let request = routes::deauthorize_account(&name).confirmed().dry_run(dry_run.dry_run);
            let answer = context.send_patiently(&request).await?;
            context.show(&answer, |account, page| {
                let verb = if dry_run.dry_run { "would be" } else { "is" };
                page.line(&format!(
                    "Account {} {verb} deauthorized. Its data stays until removed: callsyncctl removal show {}",
                    account.body.name,
                    text::shell_word(&account.body.name)
                ));
                page.dry_run(dry_run.dry_run);
            })
        }
        AccountCommand::ConfirmDeauthorization(command) => {
            let dry_run = command.dry_run.dry_run;
            let body = ConfirmDeauthorization {
                intended: command.intended == "yes",
                by: command.by,
                note: command.note,
            };
            let request = routes::confirm_deauthorization(&command.name, &body).dry_run(dry_run);
            let answer = context.send_patiently(&request).await?;
            context.show(&answer, |account, page| {
                let account = account.body;
                let verb = if dry_run { "would be" } else { "is" };
                page.line(&format!("Recorded: account {} {verb} {}.", account.name, account.state));
                if !body.intended {
                    page.line(&format!(
                        "To connect it again: callsyncctl account authorize {}",
                        text::shell_word(&account.name)
                    ));
                }
                page.dry_run(dry_run);
            })
        }
        AccountCommand::Remove { name, dry_run } => {
            context.confirm(&format!("Removing the account {name}"), dry_run.dry_run)?;
            let request = routes::remove_account(&name).confirmed().dry_run(dry_run.dry_run);
            let answer = context.send(&request).await?;
            context.show(&answer, |account, page| {
                let verb = if dry_run.dry_run { "would be" } else { "was" };
                page.line(&format!("Account {} {verb} removed.", account.body.name));
                page.dry_run(dry_run.dry_run);
            })
        }
    }
}
