//! Jobs: list, show, cancel, events.

use std::{convert::Infallible, time::Duration};

use axum::body::Bytes;
use callsync_shared::{ExitCode, Problem, api};
use futures_util::stream;
use serde::Serialize;
use serde_json::json;
use tokio::sync::watch;

use crate::{
    control::{
        answer::{Answer, Answered},
        call::Call,
        view,
    },
    domain::account::Account,
    ports::state::Job,
};

/// Jobs listed unless asked otherwise, and at most.
const USUAL: usize = 50;
const MOST: usize = 10_000;
/// An empty line is sent after this much silence, so that neither side takes the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The answer to whoever asked for a job, and its entry in the audit log: the job with what was asked of it.
pub(super) fn queued(call: &Call, job: &Job, account: &Account, asked: &impl Serialize) -> Answered {
    call.after(&json!({"job": job.id, "kind": job.kind.as_str(), "asked": asked}));
    Answer::changed(view::job::job(job, Some(&account.name)), false)
}

/// Jobs, newest first.
pub async fn list(call: Call) -> Answered {
    let limit = call.parsed::<usize>("limit", "50")?.unwrap_or(USUAL).min(MOST);
    let accounts = call.accounts().await?;
    let only = match call.parameter("account") {
        None => None,
        Some(name) => Some(
            accounts
                .iter()
                .find(|account| account.name.eq_ignore_ascii_case(name) || account.id.as_str() == name)
                .ok_or_else(|| {
                    Problem::new(
                        ExitCode::NotFound,
                        "account_not_found",
                        format!("There is no account \"{name}\"."),
                    )
                    .hint("See callsyncctl account list.")
                })?,
        ),
    };
    if let Some(account) = only {
        call.refuse_withdrawn(account, "job.list").await?;
    }
    let jobs = call.handles.queue.list(only.map(|account| &account.id), limit).await?;
    let items = jobs
        .iter()
        .filter_map(|job| {
            let owner = accounts
                .iter()
                .find(|account| job.account.as_ref() == Some(&account.id));
            // A job of an account that the caller may not see is not there.
            (job.account.is_none() || owner.is_some()).then(|| {
                let pace = call.handles.queue.pace(job);
                view::job::paced(job, owner.map(|owner| owner.name.as_str()), pace)
            })
        })
        .collect();
    Answer::list(items)
}

/// The job that the path names, with its account's name. One that the caller may not see is not found.
async fn visible(call: &Call) -> Result<(Job, Option<String>), Problem> {
    let id = call.path("id");
    let missing = || {
        Problem::new(
            ExitCode::NotFound,
            "job_not_found",
            format!("There is no job \"{id}\"."),
        )
        .hint("See callsyncctl job list.")
    };
    let job = call.handles.queue.get(id).await.map_err(|failure| {
        let problem = Problem::from(failure);
        if problem.exit_code == ExitCode::NotFound {
            missing()
        } else {
            problem
        }
    })?;
    let Some(owner) = &job.account else {
        return Ok((job, None));
    };
    let accounts = call.accounts().await?;
    let name = accounts
        .into_iter()
        .find(|account| account.id == *owner)
        .map(|account| account.name);
    match name {
        Some(name) => Ok((job, Some(name))),
        None => Err(missing()),
    }
}

/// One job.
pub async fn show(call: Call) -> Answered {
    let (job, account) = visible(&call).await?;
    let pace = call.handles.queue.pace(&job);
    Answer::document(view::job::paced(&job, account.as_deref(), pace))
}

/// Ends a job at its next commit.
pub async fn cancel(call: Call) -> Answered {
    let (job, account) = visible(&call).await?;
    if call.dry_run {
        return Answer::changed(view::job::job(&job, account.as_deref()), true);
    }
    call.before(&job.state.as_str());
    let job = call.handles.queue.cancel(&job.id).await?;
    call.after(&job.state.as_str());
    Answer::changed(view::job::job(&job, account.as_deref()), false)
}

enum Following {
    First(Box<Job>, Option<watch::Receiver<Job>>),
    Next(watch::Receiver<Job>),
    Ended,
}

/// The job at every change.
pub async fn events(call: Call) -> Answered {
    let (job, account) = visible(&call).await?;
    let follower = call.handles.queue.follow(&job.id);
    // Followed first, read after: no change in between is missed.
    let job = call.handles.queue.get(&job.id).await?;
    let queue = call.handles.queue.clone();
    let lines = stream::unfold(Following::First(Box::new(job), follower), move |following| {
        let (account, queue) = (account.clone(), queue.clone());
        async move {
            let (job, follower) = match following {
                Following::Ended => return None,
                Following::First(job, follower) => (*job, follower),
                Following::Next(mut follower) => match tokio::time::timeout(KEEP_ALIVE, follower.changed()).await {
                    Err(_) => {
                        return Some((
                            Ok::<_, Infallible>(Bytes::from_static(b"\n")),
                            Following::Next(follower),
                        ));
                    }
                    Ok(Err(_)) => return None,
                    Ok(Ok(())) => {
                        let job = follower.borrow_and_update().clone();
                        (job, Some(follower))
                    }
                },
            };
            let line = line(&view::job::paced(&job, account.as_deref(), queue.pace(&job)));
            let next = match follower {
                Some(follower) if !job.state.is_finished() => Following::Next(follower),
                _ => Following::Ended,
            };
            Some((Ok(line), next))
        }
    });
    Ok(Answer::lines(lines))
}

fn line(job: &api::job::Job) -> Bytes {
    // A job is texts and numbers; it always is JSON.
    let mut line = serde_json::to_vec(&api::Document::new(job.clone())).unwrap_or_default();
    line.push(b'\n');
    Bytes::from(line)
}
