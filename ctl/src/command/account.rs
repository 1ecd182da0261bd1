//! `account …`, but for the authorization itself.

use callsync_shared::{ExitCode, api::account::RenameAccount, client::routes};

use super::{account_view, authorize};
use crate::{cli::AccountCommand, context::Context, error::Failure, output::page::Cell};

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
                    ("Round trip", format!("{} ms", test.round_trip_ms).into()),
                ]);
                account_view::missing(&test.missing, page);
            })
        }
        AccountCommand::Scopes { name } => {
            let request = name.as_deref().map_or_else(routes::scopes, routes::account_scopes);
            let answer = context.send(&request).await?;
            context.show(&answer, |scopes, page| account_view::scopes(&scopes.body, page))
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
