//! CDR processing: show, set, create-database, activate, deactivate, run, backfill, reconcile, gaps.

use callsync_shared::api::cdr::{Activated, CreateDatabase, DatabaseCreated, SetCdr, StartBackfill, StartReconcile};

use super::job::queued;
use crate::{
    collect::settings::Wanted,
    control::{
        answer::{Answer, Answered},
        call::Call,
        view,
    },
    domain::account::Account,
    ports::state::JobKind,
};

/// CDR processing of an account.
pub async fn show(call: Call) -> Answered {
    let account = call.account().await?;
    Answer::document(current(&call, &account).await?)
}

/// The fresh counts: unlike `account show`, this waits for the database.
async fn current(call: &Call, account: &Account) -> Result<callsync_shared::api::cdr::Cdr, callsync_shared::Problem> {
    let snapshot = call.handles.processing.snapshot(account).await?;
    Ok(view::cdr::cdr(account, &snapshot))
}

/// Saves the settings as a whole.
pub async fn set(call: Call) -> Answered {
    let account = call.account().await?;
    let wanted: SetCdr = call.json()?;
    call.before(&view::cdr::settings(&account.cdr.settings));
    let saved = call
        .handles
        .processing
        .set(&account.name, wanted.into(), call.dry_run)
        .await?;
    call.after(&view::cdr::settings(&saved.cdr.settings));
    Answer::changed(current(&call, &saved).await?, call.dry_run)
}

/// Creates the primary database, or finds that it is there.
pub async fn create_database(call: Call) -> Answered {
    let account = call.account().await?;
    let CreateDatabase { adopt } = call.json_or_default()?;
    let processing = &call.handles.processing;
    let name = |value: &Option<String>| value.clone().unwrap_or_default();
    if call.dry_run {
        let (account, ddl) = processing.ddl(&account.name).await?;
        let answer = DatabaseCreated {
            message: format!("These statements would create {}.", name(&account.cdr.database)),
            server: name(&account.cdr.server),
            database: name(&account.cdr.database),
            account: account.name,
            created: false,
            schema_version: crate::ports::records::SCHEMA_VERSION,
            ddl: Some(ddl),
        };
        return Answer::changed(answer, true);
    }
    let (account, created) = processing.create_database(&account.name, adopt).await?;
    if !created.created {
        call.unchanged();
    }
    let (server, database) = (name(&account.cdr.server), name(&account.cdr.database));
    let message = if created.created {
        format!(
            "Created database {database} on {server}, schema version {}.",
            created.schema_version
        )
    } else {
        format!(
            "Database {database} on {server} already exists, schema version {}.",
            created.schema_version
        )
    };
    let answer = DatabaseCreated {
        account: account.name,
        server,
        database,
        created: created.created,
        schema_version: created.schema_version,
        ddl: None,
        message,
    };
    call.after(&answer);
    Answer::changed(answer, false)
}

/// Verifies everything and starts collecting.
pub async fn activate(call: Call) -> Answered {
    let account = call.account().await?;
    call.before(&account.cdr.state.as_str());
    let activation = call.handles.processing.activate(&account.name, call.dry_run).await?;
    call.after(&activation.account.cdr.state.as_str());
    let mut jobs = Vec::with_capacity(activation.jobs.len());
    for job in &activation.jobs {
        jobs.push(view::job::job(job, Some(&activation.account.name)));
    }
    let message = if call.dry_run {
        "Everything that activation needs was verified.".to_owned()
    } else {
        "Database CDR Processing was successfully activated.".to_owned()
    };
    let account = &activation.account;
    let answer = Activated {
        message,
        jobs,
        missed: activation
            .missed
            .as_ref()
            .map(|missed| view::cdr::missed(account, missed)),
        plan: activation.plan.as_ref().map(|plan| view::cdr::plan(account, plan)),
        cdr: current(&call, account).await?,
    };
    Answer::changed(answer, call.dry_run)
}

/// Stops collecting.
pub async fn deactivate(call: Call) -> Answered {
    let account = call.account().await?;
    call.before(&account.cdr.state.as_str());
    let account = call.handles.processing.deactivate(&account.name, call.dry_run).await?;
    call.after(&account.cdr.state.as_str());
    Answer::changed(current(&call, &account).await?, call.dry_run)
}

/// Polls now.
pub async fn run(call: Call) -> Answered {
    let account = call.account().await?;
    if call.dry_run {
        let account = call.handles.processing.usable(&account.name).await?;
        let job = call.handles.queue.would_be(JobKind::Cdr, &account.id);
        return Answer::changed(view::job::job(&job, Some(&account.name)), true);
    }
    let job = call.handles.processing.run(&account.name).await?;
    queued(&call, &job, &account, &())
}

/// Collects a span of the past.
pub async fn backfill(call: Call) -> Answered {
    let account = call.account().await?;
    let asked: StartBackfill = call.json_or_default()?;
    let (from, to) = (asked.from.as_deref(), asked.to.as_deref());
    let processing = &call.handles.processing;
    if call.dry_run {
        let plan = processing.plan(&account.name, from, to).await?;
        return Answer::changed(view::cdr::plan(&account, &plan), true);
    }
    let job = processing.backfill(&account.name, from, to).await?;
    queued(&call, &job, &account, &asked)
}

/// Compares a span with Zoom.
pub async fn reconcile(call: Call) -> Answered {
    let account = call.account().await?;
    let asked: StartReconcile = call.json_or_default()?;
    let (from, to) = (asked.from.as_deref(), asked.to.as_deref());
    let processing = &call.handles.processing;
    if call.dry_run {
        processing.span_to_compare(&account.name, from, to).await?;
        let job = call.handles.queue.would_be(JobKind::Reconcile, &account.id);
        return Answer::changed(view::job::job(&job, Some(&account.name)), true);
    }
    let job = processing.reconcile(&account.name, from, to).await?;
    queued(&call, &job, &account, &asked)
}

/// What is missing, newest first.
pub async fn gaps(call: Call) -> Answered {
    let account = call.account().await?;
    let gaps = call.handles.processing.gaps(&account.name).await?;
    let now = call.handles.clock.now();
    Answer::list(gaps.iter().map(|gap| view::cdr::gap(gap, now)).collect())
}

impl From<SetCdr> for Wanted {
    fn from(typed: SetCdr) -> Self {
        Self {
            server: typed.server,
            database: typed.database,
            enable: typed.enable,
            poll_interval: typed.poll_interval,
            backfill: typed.backfill,
            elements: typed.elements,
            retain: typed.retain,
            purge_at: typed.purge_at,
            archive_server: typed.archive_server,
            archive_database: typed.archive_database,
            archive_after: typed.archive_after,
            no_cdr_after: typed.no_cdr_after,
            no_cdr_days: typed.no_cdr_days,
            no_cdr_hours: typed.no_cdr_hours,
            no_cdr_timezone: typed.no_cdr_timezone,
        }
    }
}
