//! Waiting for a job: its event stream while that lasts, polling after it broke, and what to say when patience ends.

use std::time::Duration;

use callsync_shared::{
    ExitCode, Problem,
    api::{Document, job::Job},
    client::{Answer, routes},
};
use tokio::time::{Instant, sleep, timeout_at};

use super::job;
use crate::{context::Context, error::Failure, output::progress::Progress};

/// Time between two looks at a job once its stream broke.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// How long a daemon may be away while we wait; a restart takes less, and its jobs are durable.
const ABSENCE: Duration = Duration::from_secs(30);

/// When patience ends; never without `--timeout`.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Option<(Instant, Duration)>);

impl Deadline {
    /// Begins to count now.
    pub fn start(limit: Option<Duration>) -> Self {
        Self(limit.map(|limit| (Instant::now() + limit, limit)))
    }
}

/// Waits for a job and prints its finished document or a summary; the exit code is that of its outcome.
pub async fn finish(context: &Context, id: &str, deadline: Deadline) -> Result<ExitCode, Failure> {
    let (answer, job) = until_finished(context, id, deadline).await?;
    context.show(&answer, |job, page| job::summary(&job.body, page))?;
    Ok(tell_error(context, &job))
}

/// Tells a person why a job failed, and returns the exit code of its outcome.
pub fn tell_error(context: &Context, job: &Job) -> ExitCode {
    if let Some(error) = &job.error {
        context.output.tell(&format!("error: {}", error.message));
        if !error.hint.is_empty() {
            context.output.tell(&format!("hint: {}", error.hint));
        }
    }
    job.exit_code()
}

/// Waits for a job; the answer is the daemon's own document of the finished job.
pub async fn until_finished(
    context: &Context,
    id: &str,
    deadline: Deadline,
) -> Result<(Answer<Document<Job>>, Job), Failure> {
    let mut progress = Progress::new(&context.output);
    let outcome = tokio::select! {
        outcome = patiently(context, id, deadline, &mut progress) => outcome,
        _ = tokio::signal::ctrl_c() => Err(goes_on(
            id,
            "interrupted",
            "Stopped waiting. The job goes on.".to_owned(),
        )),
    };
    progress.clear();
    outcome
}

async fn patiently(
    context: &Context,
    id: &str,
    deadline: Deadline,
    progress: &mut Progress,
) -> Result<(Answer<Document<Job>>, Job), Failure> {
    let work = async {
        follow(context, id, progress).await;
        poll(context, id, progress).await
    };
    match deadline.0 {
        None => work.await,
        Some((at, limit)) => timeout_at(at, work).await.unwrap_or_else(|_| {
            Err(goes_on(
                id,
                "timed_out",
                format!("The job is not finished after {} s. It goes on.", limit.as_secs_f64()),
            ))
        }),
    }
}

/// Shows the stream of a job until it finished or the stream broke. Which of the two is for [`poll`] to find out:
/// it asks for the document of the job anyway.
async fn follow(context: &Context, id: &str, progress: &mut Progress) {
    let Ok(mut lines) = context.stream(&routes::job_events(id)).await else {
        return;
    };
    while let Ok(Some(line)) = lines.next().await {
        if let Ok(job) = serde_json::from_slice::<Job>(&line) {
            progress.show(&job);
            if job.is_finished() {
                return;
            }
        }
    }
}

async fn poll(context: &Context, id: &str, progress: &mut Progress) -> Result<(Answer<Document<Job>>, Job), Failure> {
    let mut absent_since = None;
    loop {
        match context.client.send(&routes::job(id), context.silence()).await {
            Ok(answer) => {
                absent_since = None;
                let job = answer.document()?.body;
                progress.show(&job);
                if job.is_finished() {
                    return Ok((answer, job));
                }
            }
            Err(error) if error.is_verdict() => return Err(error.into()),
            Err(error) => {
                let since = *absent_since.get_or_insert_with(Instant::now);
                // A daemon that never answered is told at once; one that went away gets the time of a restart.
                if !progress.has_shown() || since.elapsed() >= ABSENCE {
                    let mut problem = error.problem();
                    if progress.has_shown() {
                        problem.hint = format!(
                            "The work is durable: it goes on, as a job of its own if need be, when the daemon runs again; \
                             see callsyncctl job list. {}",
                            problem.hint
                        );
                    }
                    return Err(problem.into());
                }
            }
        }
        sleep(POLL_EVERY).await;
    }
}

fn goes_on(id: &str, code: &str, message: String) -> Failure {
    Problem::new(ExitCode::TimedOut, code, message)
        .hint(format!("Look again with: callsyncctl job wait {id}"))
        .retryable(true)
        .into()
}
