//! `group …`.

use callsync_shared::{
    ExitCode,
    api::group::{AddGroup, ChangeGroup, Group},
    client::routes,
};

use crate::{
    cli::{GroupCommand, SetGroup},
    context::Context,
    error::Failure,
    output::{
        page::{Cell, Page},
        text,
    },
};

pub async fn run(context: &Context, command: GroupCommand) -> Result<ExitCode, Failure> {
    match command {
        GroupCommand::Add { name, dry_run } => {
            let request = routes::add_group(&AddGroup { name }).dry_run(dry_run.dry_run);
            let answer = context.send(&request).await?;
            context.show(&answer, |group, page| {
                let verb = if dry_run.dry_run { "would be" } else { "was" };
                page.line(&format!("Enterprise group {} {verb} added.", group.body.name));
                page.dry_run(dry_run.dry_run);
            })
        }
        GroupCommand::List => {
            let answer = context.send(&routes::groups()).await?;
            context.show(&answer, |list, page| {
                let rows = list.items.into_iter().map(row).collect();
                page.table(
                    ["NAME", "ACCOUNTS", "MAIN CONTACT", "TERM END"],
                    rows,
                    "No enterprise groups. Add one: callsyncctl group add NAME",
                );
            })
        }
        GroupCommand::Show { name } => {
            let answer = context.send(&routes::group(&name)).await?;
            context.show(&answer, |group, page| fields(&group.body, page))
        }
        GroupCommand::Rename { old, new, dry_run } => {
            let change = ChangeGroup {
                name: Some(new),
                ..ChangeGroup::default()
            };
            let request = routes::change_group(&old, &change).dry_run(dry_run.dry_run);
            let answer = context.send(&request).await?;
            context.show(&answer, |group, page| {
                let verb = if dry_run.dry_run { "would now be" } else { "is now" };
                page.line(&format!("Enterprise group {old} {verb} named {}.", group.body.name));
                page.dry_run(dry_run.dry_run);
            })
        }
        GroupCommand::Remove { name, dry_run } => {
            context.confirm(&format!("Removing the enterprise group {name}"), dry_run.dry_run)?;
            let request = routes::remove_group(&name).confirmed().dry_run(dry_run.dry_run);
            let answer = context.send(&request).await?;
            context.show(&answer, |group, page| {
                let verb = if dry_run.dry_run { "would be" } else { "was" };
                page.line(&format!("Enterprise group {} {verb} removed.", group.body.name));
                page.dry_run(dry_run.dry_run);
            })
        }
        GroupCommand::Set(SetGroup { name, change, dry_run }) => {
            let change = ChangeGroup {
                name: None,
                main_contact: change.main_contact,
                technical_contact: change.technical_contact,
                security_contact: change.security_contact,
                term_end: change.term_end,
            };
            let request = routes::change_group(&name, &change).dry_run(dry_run.dry_run);
            let answer = context.send(&request).await?;
            context.show(&answer, |group, page| {
                fields(&group.body, page);
                page.dry_run(dry_run.dry_run);
            })
        }
    }
}

fn row(group: Group) -> [Cell; 4] {
    [
        group.name.into(),
        text::names(&group.accounts).into(),
        Cell::or_dash(group.main_contact),
        Cell::or_dash(group.term_end.map(|date| date.to_string())),
    ]
}

fn fields(group: &Group, page: &mut Page) {
    let created = page.time(group.created_at);
    page.fields([
        ("Name", group.name.as_str().into()),
        ("Accounts", text::names(&group.accounts).into()),
        ("Main contact", Cell::or_dash(group.main_contact.as_deref())),
        ("Technical contact", Cell::or_dash(group.technical_contact.as_deref())),
        ("Security contact", Cell::or_dash(group.security_contact.as_deref())),
        ("Term end", Cell::or_dash(group.term_end.map(|date| date.to_string()))),
        ("Created", created.into()),
    ]);
}
