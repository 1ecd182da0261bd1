//! Jobs.

use callsync_shared::api::job::{Job as View, JobError, Progress};
use serde_json::{Value, json};

use crate::{control::problem::exit_code, ports::state::Job};

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
        },
        created_at: job.created_at,
        started_at: job.started_at,
        finished_at: job.finished_at,
        result: object(&job.result),
        error: job.error.as_ref().map(|fault| JobError {
            code: fault.code.to_owned(),
            message: fault.message.clone(),
            hint: fault.hint.clone(),
            retryable: job.retryable,
            exit_code: exit_code(fault.cause),
        }),
    }
}

/// The stored JSON; an empty object while there is none.
fn object(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!({}))
}
