//! `cdr …`.

use callsync_shared::{
    ExitCode,
    api::{
        cdr::{Activated, CreateDatabase, SetCdr as SetBody, StartBackfill, StartReconcile},
        job::Job,
    },
    client::{self, routes},
};
use serde_json::Value;

use super::{cdr_view, job, wait};
use crate::{
    cli::{Backfill, CdrCommand, Reconcile, SetCdr},
    context::Context,
    error::Failure,
    output::page::Page,
};

/// The jobs of an activation that `--wait` waits for; the backfill may take days.
const AWAITED: [&str; 2] = ["cdr", "sync"];

pub async fn run(context: &Context, command: CdrCommand) -> Result<ExitCode, Failure> {
    match command {
        CdrCommand::Show { account } => {
            let answer = context.send(&routes::cdr(&account)).await?;
            context.show(&answer, |cdr, page| cdr_view::fields(&cdr.body, page))
        }
        CdrCommand::Set(command) => set(context, *command).await,
        CdrCommand::CreateDatabase {
            account,
            adopt,
            dry_run,
        } => {
            let dry_run = dry_run.dry_run;
            let body = CreateDatabase { adopt };
            let request = routes::create_database(&account, &body).dry_run(dry_run);
            let answer = context.send_patiently(&request).await?;
            context.show(&answer, |created, page| {
                let created = created.body;
                match created.ddl {
                    Some(ddl) if dry_run => page.block(&ddl),
                    _ => page.line(&created.message),
                }
                if dry_run {
                    // As a comment, so that the output is a script.
                    page.line("-- Dry run: nothing was changed.");
                }
            })
        }
        CdrCommand::Activate { account, wait, dry_run } => {
            activate(context, &account, wait.wait, dry_run.dry_run).await
        }
        CdrCommand::Deactivate { account, dry_run } => {
            let dry_run = dry_run.dry_run;
            context.confirm(&format!("Stopping CDR processing of {account}"), dry_run)?;
            let request = routes::deactivate_cdr(&account).confirmed().dry_run(dry_run);
            let answer = context.send(&request).await?;
            context.show(&answer, |cdr, page| {
                let verb = if dry_run { "would be" } else { "is" };
                page.line(&format!(
                    "CDR processing of {} {verb} {}.",
                    cdr.body.account, cdr.body.state
                ));
                page.dry_run(dry_run);
            })
        }
        CdrCommand::Run { account, wait, dry_run } => {
            let deadline = wait::Deadline::start(context.timeout);
            let answer = context
                .send(&routes::run_cdr(&account).dry_run(dry_run.dry_run))
                .await?;
            if wait.wait && !dry_run.dry_run {
                wait::finish(context, &answer.document()?.body.id, deadline).await
            } else {
                job::show_started(context, &answer, dry_run.dry_run)
            }
        }
        CdrCommand::Backfill(command) => backfill(context, command).await,
        CdrCommand::Reconcile(command) => reconcile(context, command).await,
        CdrCommand::Gaps { account } => {
            let answer = context.send(&routes::gaps(&account)).await?;
            context.show(&answer, |gaps, page| cdr_view::gaps(&gaps.items, page))
        }
    }
}

async fn set(context: &Context, command: SetCdr) -> Result<ExitCode, Failure> {
    let SetCdr {
        account,
        change,
        dry_run,
    } = command;
    let body = SetBody {
        server: change.server,
        database: change.database,
        enable: match (change.enable, change.disable) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        },
        poll_interval: change.poll_interval,
        backfill: change.backfill,
        elements: change.elements,
        retain: change.retain,
        purge_at: change.purge_at,
        archive_server: change.archive_server,
        archive_database: change.archive_database,
        archive_after: change.archive_after,
        no_cdr_after: change.no_cdr_after,
        no_cdr_days: change.no_cdr_days,
        no_cdr_hours: change.no_cdr_hours,
        no_cdr_timezone: change.no_cdr_timezone,
    };
    let answer = context
        .send(&routes::set_cdr(&account, &body).dry_run(dry_run.dry_run))
        .await?;
    context.show(&answer, |cdr, page| {
        cdr_view::settings(&cdr.body, page);
        page.dry_run(dry_run.dry_run);
    })
}

async fn backfill(context: &Context, command: Backfill) -> Result<ExitCode, Failure> {
    let Backfill {
        account,
        from,
        to,
        wait,
        dry_run,
    } = command;
    let body = StartBackfill { from, to };
    if dry_run.dry_run {
        let answer = context.send(&routes::plan_backfill(&account, &body)).await?;
        return context.show(&answer, |plan, page| {
            cdr_view::plan(&plan.body, page);
            page.dry_run(true);
        });
    }
    let deadline = wait::Deadline::start(context.timeout);
    let answer = context.send(&routes::backfill(&account, &body)).await?;
    if wait.wait {
        wait::finish(context, &answer.document()?.body.id, deadline).await
    } else {
        job::show_started(context, &answer, false)
    }
}

async fn reconcile(context: &Context, command: Reconcile) -> Result<ExitCode, Failure> {
    let Reconcile {
        account,
        from,
        to,
        wait,
        dry_run,
    } = command;
    let body = StartReconcile { from, to };
    let deadline = wait::Deadline::start(context.timeout);
    let request = routes::reconcile(&account, &body).dry_run(dry_run.dry_run);
    let answer = context.send(&request).await?;
    if !wait.wait || dry_run.dry_run {
        return job::show_started(context, &answer, dry_run.dry_run);
    }
    let (answer, job) = wait::until_finished(context, &answer.document()?.body.id, deadline).await?;
    if context.output.json {
        let document = with_result(value(&answer.bytes)?);
        context.output.document(document.to_string().as_bytes())?;
        return Ok(job.exit_code());
    }
    context.show(&answer, |job, page| {
        match serde_json::from_value(job.body.result.clone()) {
            Ok(found) => cdr_view::reconciliation(&account, &found, page),
            Err(_) => job::summary(&job.body, page),
        }
    })?;
    Ok(wait::tell_error(context, &job))
}

async fn activate(context: &Context, account: &str, wait: bool, dry_run: bool) -> Result<ExitCode, Failure> {
    let deadline = wait::Deadline::start(context.timeout);
    let answer = context
        .send_patiently(&routes::activate_cdr(account).dry_run(dry_run))
        .await?;
    if dry_run {
        return context.show(&answer, |activated, page| {
            page.line(&format!(
                "CDR processing of {} would be activated.",
                activated.body.cdr.account
            ));
            past(&activated.body, page);
            page.dry_run(true);
        });
    }
    if !wait {
        context.show(&answer, |activated, page| page.line(&activated.body.message))?;
        if !context.output.json {
            let activated = answer.document()?.body;
            context.output.tell_page(|page| past(&activated, page));
            tell_started(context, &activated);
        }
        return Ok(ExitCode::Ok);
    }
    let activated = answer.document()?.body;
    if !context.output.json {
        // Said at once: it is true already, whatever becomes of the jobs.
        let mut page = context.output.page();
        // Nothing else: scripts compare it.
        page.line(&activated.message);
        context.output.print(page)?;
        context.output.tell_page(|page| past(&activated, page));
    }
    let mut finished: Vec<(Job, Value)> = Vec::new();
    for job in activated.jobs.iter().filter(|job| AWAITED.contains(&job.kind.as_str())) {
        let (answer, job) = wait::until_finished(context, &job.id, deadline).await?;
        finished.push((job, value(&answer.bytes)?));
    }
    let code = worst(finished.iter().map(|(job, _)| job.exit_code()));
    if context.output.json {
        let mut document = value(&answer.bytes)?;
        replace_jobs(&mut document, &finished);
        context.output.document(document.to_string().as_bytes())?;
    } else {
        for (job, _) in &finished {
            context.output.tell_page(|page| job::summary(job, page));
            wait::tell_error(context, job);
        }
    }
    Ok(code)
}

/// The document of a finished job, with what it found at the top too, where scripts look for it.
fn with_result(mut document: Value) -> Value {
    let result = document.get("result").and_then(Value::as_object).cloned();
    if let (Some(fields), Some(result)) = (document.as_object_mut(), result) {
        for (name, found) in result {
            fields.entry(name).or_insert(found);
        }
    }
    document
}

/// What of the past is collected, and what it takes.
fn past(activated: &Activated, page: &mut Page) {
    if let Some(missed) = &activated.missed {
        cdr_view::missed(missed, page);
    }
    if let Some(plan) = &activated.plan {
        page.gap();
        page.line("Backfill:");
        cdr_view::plan(plan, page);
    }
}

fn tell_started(context: &Context, activated: &Activated) {
    for job in &activated.jobs {
        context.output.tell(&format!("Started: {} job {}", job.kind, job.id));
    }
}

fn value(bytes: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(bytes).map_err(|error| client::Error::Invalid(error.to_string()).into())
}

/// Puts the finished jobs where the activation listed them as queued.
fn replace_jobs(document: &mut Value, finished: &[(Job, Value)]) {
    let Some(jobs) = document.get_mut("jobs").and_then(Value::as_array_mut) else {
        return;
    };
    for entry in jobs {
        let id = entry.get("id").and_then(Value::as_str).unwrap_or_default();
        if let Some((_, document)) = finished.iter().find(|(job, _)| job.id == id) {
            *entry = document.clone();
            if let Some(fields) = entry.as_object_mut() {
                // Within another document a job has no schema of its own.
                fields.shift_remove("schema");
            }
        }
    }
}

/// A failure outweighs a partial success, which outweighs a success.
fn worst(codes: impl Iterator<Item = ExitCode>) -> ExitCode {
    codes.fold(ExitCode::Ok, |worst, code| match (worst, code) {
        (ExitCode::Ok, code) => code,
        (ExitCode::Partial, code) if code != ExitCode::Ok => code,
        (worst, _) => worst,
    })
}

#[cfg(test)]
mod tests {
    use callsync_shared::ExitCode::{Failed, Ok, Partial, Zoom};

    use super::{with_result, worst};

    #[test]
    fn what_a_job_found_is_at_the_top_and_hides_nothing() {
        let job =
            serde_json::json!({"schema": "job", "id": "j", "result": {"schema": "reconcile", "completeness": 1.0}});
        let shown = with_result(job.clone());
        assert_eq!(
            (&shown["schema"], &shown["completeness"]),
            (&job["schema"], &1.0.into())
        );
        assert_eq!(shown["result"], job["result"]);
        let running = serde_json::json!({"id": "j", "result": {}});
        assert_eq!(with_result(running.clone()), running);
    }

    #[test]
    fn worst_outcome_decides() {
        assert_eq!(worst([].into_iter()), Ok);
        assert_eq!(worst([Ok, Partial].into_iter()), Partial);
        assert_eq!(worst([Partial, Zoom].into_iter()), Zoom);
        assert_eq!(worst([Failed, Partial].into_iter()), Failed);
        assert_eq!(worst([Partial, Ok].into_iter()), Partial);
    }
}
