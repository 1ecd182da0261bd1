//! `hold …`.

use callsync_shared::{
    ExitCode,
    api::retention::{AddHold as Body, Hold},
    client::routes,
};

use crate::{
    cli::{AddHold, HoldCommand},
    context::Context,
    error::Failure,
    output::page::{Cell, Page},
};

pub async fn run(context: &Context, command: HoldCommand) -> Result<ExitCode, Failure> {
    match command {
        HoldCommand::Add(AddHold {
            account,
            person,
            from,
            to,
            reason,
            dry_run,
        }) => {
            let body = Body {
                number: person.number,
                email: person.email,
                extension: person.extension,
                from,
                to,
                reason,
            };
            let request = routes::add_hold(&account, &body).dry_run(dry_run.dry_run);
            let answer = context.send(&request).await?;
            context.show(&answer, |hold, page| {
                let verb = if dry_run.dry_run { "would be" } else { "is" };
                page.line(&format!(
                    "{} of {account} {verb} held.",
                    sentence(&covered(&hold.body, page))
                ));
                if !dry_run.dry_run {
                    page.line(&format!(
                        "Release it with: callsyncctl hold release {} --yes",
                        hold.body.id
                    ));
                }
                page.dry_run(dry_run.dry_run);
            })
        }
        HoldCommand::List { account } => {
            let answer = context.send(&routes::holds(account.as_deref())).await?;
            context.show(&answer, |list, page| {
                let rows = list.items.iter().map(|hold| row(hold, page)).collect();
                page.table(
                    ["ID", "ACCOUNT", "COVERS", "REASON", "PLACED BY", "PLACED AT"],
                    rows,
                    "Nothing is held.",
                );
            })
        }
        HoldCommand::Release { id, dry_run } => {
            context.confirm(&format!("Releasing the hold {id}"), dry_run.dry_run)?;
            let request = routes::release_hold(&id).confirmed().dry_run(dry_run.dry_run);
            let answer = context.send(&request).await?;
            context.show(&answer, |hold, page| {
                let verb = if dry_run.dry_run { "would be" } else { "was" };
                page.line(&format!("The hold on {} {verb} released.", hold.body.account));
                page.dry_run(dry_run.dry_run);
            })
        }
    }
}

fn row(hold: &Hold, page: &Page) -> [Cell; 6] {
    [
        hold.id.as_str().into(),
        hold.account.as_str().into(),
        covered(hold, page).into(),
        hold.reason.as_str().into(),
        hold.placed_by.as_str().into(),
        page.time(hold.placed_at).into(),
    ]
}

/// What a hold covers, in words.
fn covered(hold: &Hold, page: &Page) -> String {
    let mut words = Vec::new();
    for (what, who) in [
        ("number", &hold.number),
        ("e-mail", &hold.email),
        ("extension", &hold.extension),
    ] {
        if let Some(who) = who {
            words.push(format!("{what} {who}"));
        }
    }
    if let Some(from) = hold.from {
        words.push(format!("from {}", page.time(from)));
    }
    if let Some(to) = hold.to {
        words.push(format!("to {}", page.time(to)));
    }
    if words.is_empty() {
        "everything".to_owned()
    } else {
        words.join(" ")
    }
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
