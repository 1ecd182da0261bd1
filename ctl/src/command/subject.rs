//! `subject …`.

use std::path::Path;

use callsync_shared::{
    ExitCode,
    api::{
        retention::{Person as Body, Subject},
        schema,
    },
    client::routes,
};
use serde_json::json;

use super::{export, job, wait};
use crate::{
    cli::{Person, SubjectCommand},
    context::Context,
    error::Failure,
    output::{
        page::{Cell, Page},
        text,
    },
};

pub async fn run(context: &Context, command: SubjectCommand) -> Result<ExitCode, Failure> {
    match command {
        SubjectCommand::Find { account, person } => {
            let answer = context
                .send_patiently(&routes::find_subject(&account, &who(person)?))
                .await?;
            context.show(&answer, |found, page| show(&found.body, page))
        }
        SubjectCommand::Export {
            account,
            person,
            output,
        } => {
            let to_stdout = output == Path::new("-");
            if to_stdout && context.output.json {
                return Err(Failure::usage(
                    "--json needs standard output for itself, and --output - wants it for the records.",
                    "Leave --json out, or export to a file.",
                ));
            }
            let request = routes::subject_lines(&account, &who(person)?);
            let rows = export::ndjson(context, &request, &output).await?;
            if context.output.json {
                let document = json!({
                    "schema": schema("subject"), "account": account, "format": "ndjson",
                    "file": output.to_string_lossy(), "rows": rows,
                });
                context.output.document(document.to_string().as_bytes())?;
            } else {
                context
                    .output
                    .tell(&format!("Exported {}.", text::count(rows, "record")));
            }
            Ok(ExitCode::Ok)
        }
        SubjectCommand::Erase {
            account,
            person,
            yes_irreversible,
            wait,
            dry_run,
        } => {
            let body = who(person)?;
            if dry_run.dry_run {
                let answer = context.send_patiently(&routes::erasable(&account, &body)).await?;
                return context.show(&answer, |found, page| {
                    show(&found.body, page);
                    page.dry_run(true);
                });
            }
            let what = format!("Erasing this person from {account} for good");
            context.confirm_typing(&what, &account, yes_irreversible, false)?;
            let deadline = wait::Deadline::start(context.timeout);
            let request = routes::erase_subject(&account, &body).confirmed();
            let answer = context.send_patiently(&request).await?;
            if wait.wait {
                wait::finish(context, &answer.document()?.body.id, deadline).await
            } else {
                job::show_started(context, &answer, false)
            }
        }
    }
}

fn who(person: Person) -> Result<Body, Failure> {
    if person.number.is_none() && person.email.is_none() && person.extension.is_none() {
        return Err(Failure::usage(
            "It is not said who is meant.",
            "Give one of --number, --email and --extension.",
        ));
    }
    Ok(Body {
        number: person.number,
        email: person.email,
        extension: person.extension,
    })
}

fn show(found: &Subject, page: &mut Page) {
    page.fields([
        ("Calls", Cell::from(found.matches.calls)),
        ("Elements", found.matches.elements.into()),
        ("Users", found.matches.users.into()),
        ("Directory entries", found.matches.directory.into()),
        ("Kept aside", found.matches.rejected.into()),
        ("In the archive", found.archived.into()),
        ("Held", found.held.into()),
    ]);
}
