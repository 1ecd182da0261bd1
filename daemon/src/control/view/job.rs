//! Jobs.

use callsync_shared::api::job::{Job as View, JobError, Progress};
use serde_json::{Value, json};

use crate::{control::problem::exit_code, domain::command::about, jobs::turns::Pace, ports::state::Job};

/// [`job`] with how fast a running one is.
#[must_use]
pub fn paced(job: &Job, account: Option<&str>, pace: Option<Pace>) -> View {
    let mut view = self::job(job, account);
    if let Some(pace) = pace {
        view.progress.rate = Some((pace.rate * 10.0).round() / 10.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
        let whole = |seconds: f64| seconds.ceil() as u64;
        view.progress.eta_seconds = pace.eta_seconds.map(whole);
    }
    view
}

/// `job show`; `account` is the name of the job's account.
#[must_use]
pub fn job(job: &Job, account: Option<&str>) -> View {
    View {
        id: job.id.clone(),
        kind: job.kind.to_string(),
        account: account.map(str::to_owned),
        state: job.state.to_string(),
        progress: Progress {
            done: job.done,
            total: job.total,
            unit: job.unit.to_owned(),
            rate: average(job),
            eta_seconds: None,
        },
        created_at: job.created_at,
        started_at: job.started_at,
        finished_at: job.finished_at,
        result: object(&job.result),
        error: job.error.as_ref().map(|fault| JobError {
            code: fault.code.to_owned(),
            message: fault.message.clone(),
            hint: account.map_or_else(|| fault.hint.clone(), |name| about(&fault.hint, name)),
            retryable: job.retryable,
            exit_code: exit_code(fault.cause),
        }),
    }
}

/// Units a second over the whole of a finished job.
fn average(job: &Job) -> Option<f64> {
    let seconds = job.finished_at?.duration_since(job.started_at?).as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "counts of a job are far below 2^52")]
    let rate = job.done as f64 / seconds;
    (job.done > 0 && seconds > 0.0).then(|| (rate * 10.0).round() / 10.0)
}

/// The stored JSON; an empty object while there is none.
fn object(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!({}))
}
