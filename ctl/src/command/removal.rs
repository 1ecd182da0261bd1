//! `removal …`.

use std::{fs::File, io::Read as _, path::Path};

use callsync_shared::{
    ExitCode,
    api::removal::{GiveConsent, Removal},
    client::routes,
};
use sha2::{Digest as _, Sha256};

use super::{job, wait};
use crate::{
    cli::{ConsentArguments, RemovalCommand},
    context::Context,
    error::Failure,
    output::{
        page::{Cell, Page},
        text,
    },
};

pub async fn run(context: &Context, command: RemovalCommand) -> Result<ExitCode, Failure> {
    match command {
        RemovalCommand::Plan { account } => {
            let answer = context.send_patiently(&routes::plan_removal(&account)).await?;
            context.show(&answer, |plan, page| fields(&plan.body, page))
        }
        RemovalCommand::Show { account } => {
            let answer = context.send(&routes::removal(&account)).await?;
            context.show(&answer, |removal, page| fields(&removal.body, page))
        }
        RemovalCommand::Consent(command) => consent(context, command).await,
        RemovalCommand::Cancel { account, dry_run } => {
            let answer = context
                .send(&routes::cancel_removal(&account).dry_run(dry_run.dry_run))
                .await?;
            context.show(&answer, |removal, page| {
                let verb = if dry_run.dry_run { "would be" } else { "is" };
                page.line(&format!("The removal of {} {verb} cancelled.", removal.body.account));
                page.dry_run(dry_run.dry_run);
            })
        }
        RemovalCommand::Run {
            account,
            yes_irreversible,
            wait,
            dry_run,
        } => {
            context.confirm_typing(
                &format!("Removing all data, settings and access of {account} for good"),
                &account,
                yes_irreversible,
                dry_run.dry_run,
            )?;
            let deadline = wait::Deadline::start(context.timeout);
            let request = routes::run_removal(&account).confirmed().dry_run(dry_run.dry_run);
            let answer = context.send(&request).await?;
            if wait.wait && !dry_run.dry_run {
                wait::finish(context, &answer.document()?.body.id, deadline).await
            } else {
                job::show_started(context, &answer, dry_run.dry_run)
            }
        }
        RemovalCommand::List => {
            let answer = context.send(&routes::removals()).await?;
            context.show(&answer, |list, page| {
                let rows = list.items.iter().map(|removal| row(removal, page)).collect();
                page.table(
                    [
                        "ACCOUNT",
                        "GROUP",
                        "STATE",
                        "DEAUTHORIZED",
                        "TERM END",
                        "REMOVAL",
                        "CONSENTS",
                    ],
                    rows,
                    "No account's consent was withdrawn.",
                );
            })
        }
    }
}

async fn consent(context: &Context, command: ConsentArguments) -> Result<ExitCode, Failure> {
    let body = GiveConsent {
        role: command.role,
        from: command.from,
        letter_sha256: digest(&command.file)?,
    };
    let dry_run = command.dry_run.dry_run;
    let request = routes::consent_to_removal(&command.account, &body).dry_run(dry_run);
    let answer = context.send(&request).await?;
    context.show(&answer, |removal, page| {
        let removal = removal.body;
        let verb = if dry_run { "would be" } else { "is" };
        page.line(&format!(
            "The consent of the {} to the removal of {} {verb} recorded.",
            body.role, removal.account
        ));
        page.line(&format!("Letter: SHA-256 {}", body.letter_sha256));
        page.line(&format!("Next: {}", removal.next));
        page.dry_run(dry_run);
    })
}

/// SHA-256 of the letter; its content goes nowhere.
fn digest(file: &Path) -> Result<String, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::usage(
            format!("The letter {} cannot be read: {error}", file.display()),
            "Give the file of the letter with --file.",
        )
    };
    let mut letter = File::open(file).map_err(unreadable)?;
    let mut digest = Sha256::new();
    let mut length = 0_u64;
    let mut buffer = [0; 64 << 10];
    loop {
        let read = letter.read(&mut buffer).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        length += read as u64;
        digest.update(&buffer[..read]);
    }
    if length == 0 {
        return Err(Failure::usage(
            format!("The letter {} is empty.", file.display()),
            "Give the file of the signed letter with --file.",
        ));
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn row(removal: &Removal, page: &Page) -> [Cell; 7] {
    let roles: Vec<&str> = removal.consents.iter().map(|consent| consent.role.as_str()).collect();
    [
        removal.account.as_str().into(),
        removal.group.as_str().into(),
        Cell::state(&removal.state),
        page.ever(removal.deauthorized_at),
        Cell::or_dash(removal.term_end.clone()),
        page.ever(removal.removal_at),
        Cell::or_dash(Some(roles.join(", "))),
    ]
}

fn fields(removal: &Removal, page: &mut Page) {
    let deauthorized = page.ever(removal.deauthorized_at);
    let at = page.ever(removal.removal_at);
    let deadline = page.ever(removal.deadline_at);
    let zoom = page.ever(removal.zoom_deadline_at);
    let begun = page.ever(removal.begun_at);
    page.fields([
        ("Account", removal.account.as_str().into()),
        ("Group", removal.group.as_str().into()),
        ("State", Cell::state(&removal.state)),
        ("Deauthorized", deauthorized),
        ("Noticed by", Cell::or_dash(removal.noticed_by.clone())),
        (
            "Intended",
            Cell::or_dash(
                removal
                    .intended
                    .map(|intended| if intended { "yes" } else { "no" }.to_owned()),
            ),
        ),
        ("Policy", removal.policy.as_str().into()),
        ("Term end", Cell::or_dash(removal.term_end.clone())),
        ("Removal due", at),
        ("Ground", Cell::or_dash(removal.ground.clone())),
        ("Deadline", deadline),
        ("Zoom's ten days end", zoom),
        (
            "Zoom: may be kept",
            Cell::or_dash(
                removal
                    .zoom_may_keep
                    .map(|may| if may { "yes" } else { "no" }.to_owned()),
            ),
        ),
        ("Consents missing", text::names(&removal.consents_missing).into()),
        ("Holds", removal.holds.into()),
        ("Rows held", Cell::or_dash(removal.held.map(|rows| rows.to_string()))),
        ("May run now", if removal.can_run { "yes" } else { "no" }.into()),
        ("Begun", begun),
    ]);
    for consent in &removal.consents {
        page.line(&format!(
            "Consent of the {}: {}, recorded by {} (uid {}), letter SHA-256 {}",
            consent.role, consent.from, consent.user, consent.uid, consent.letter_sha256
        ));
    }
    if let Some(classes) = &removal.classes {
        page.gap();
        page.line("Would go:");
        page.fields([
            ("Databases", text::names(&classes.data.databases).into()),
            ("Calls", Cell::from(classes.data.calls)),
            ("Elements", classes.data.elements.into()),
            ("Records kept aside", classes.data.rejected.into()),
            ("Directory rows", classes.data.directory.into()),
            ("Settings", classes.settings.join(", ").into()),
            ("Access", classes.access.join(", ").into()),
        ]);
    }
    if let Some(certificate) = &removal.certificate {
        page.gap();
        page.line("Certificate:");
        page.block(&serde_json::to_string_pretty(certificate).unwrap_or_default());
    }
    page.gap();
    page.line(&format!("Next: {}", removal.next));
}
