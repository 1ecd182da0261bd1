//! What the journal says of jobs that ended: every event once, not once a poll.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tracing::{debug, info, warn};

use crate::{
    domain::{account::AccountId, event::Event},
    ports::state::{Job, JobKind, JobState, Registry},
};

/// Consecutive failures by account and kind, with the code of the last.
type Failing = HashMap<(AccountId, JobKind), (&'static str, u64)>;

/// Logs the ends of jobs.
pub struct JobLog {
    registry: Arc<dyn Registry>,
    failing: Mutex<Failing>,
}

impl JobLog {
    /// Takes names from the registry.
    #[must_use]
    pub fn new(registry: Arc<dyn Registry>) -> Self {
        Self {
            registry,
            failing: Mutex::default(),
        }
    }

    /// Logs one end.
    pub async fn ended(&self, job: &Job) {
        let Some(id) = &job.account else { return };
        let name = match self.registry.account_by_id(id).await {
            Ok(account) => account.name,
            // Removed meanwhile: its id is all there is.
            Err(_) => id.to_string(),
        };
        let (repeated, failures) = self.count(id, job);
        let line = |event: Event| event.log(Some(&name), Some(&job.id));
        if repeated {
            debug!(account = %name, job = %job.id, "{} job {} again", job.kind, job.state);
            return;
        }
        match (&job.error, job.kind) {
            (Some(fault), JobKind::Cdr) => line(Event::PollFailed {
                error: fault.message.clone(),
                hint: fault.hint.clone(),
            }),
            (Some(fault), JobKind::Sync) => line(Event::SyncFailed {
                error: fault.message.clone(),
                hint: fault.hint.clone(),
            }),
            (Some(fault), JobKind::Archive | JobKind::Restore) if fault.code == "copy_differs" => {
                line(Event::CopyDiffers {
                    error: fault.message.clone(),
                    hint: fault.hint.clone(),
                });
            }
            (Some(fault), _) => {
                warn!(account = %name, job = %job.id, "{} job {}: {} {}", job.kind, job.state, fault.message, fault.hint);
            }
            (None, JobKind::Cdr) => {
                if failures > 0 {
                    line(Event::PollRecovered { failures });
                }
                let rejected = count_of(job, "rejected");
                if rejected > 0 {
                    line(Event::RecordsRejected { records: rejected });
                }
            }
            (None, JobKind::Sync) => line(Event::SyncFinished {
                outcome: job.state.as_str(),
                seconds: seconds(job),
            }),
            (None, JobKind::Backfill) if job.state == JobState::Succeeded => {
                line(Event::BackfillFinished {
                    records: count_of(job, "records_received"),
                });
            }
            (None, JobKind::Reconcile) => debug!(account = %name, job = %job.id, "reconcile: {}", job.result),
            (None, kind @ (JobKind::Purge | JobKind::Archive | JobKind::Restore | JobKind::Erase))
                if job.state == JobState::Succeeded =>
            {
                let (rows, held) = (rows_of(job), count_of(job, "held"));
                line(match kind {
                    JobKind::Purge => Event::RecordsPurged { rows, held },
                    JobKind::Archive => Event::CallsArchived { rows, held },
                    JobKind::Restore => Event::CallsRestored { rows },
                    _ => Event::PersonErased { rows, held },
                });
            }
            (None, JobKind::Elements) => debug!(account = %name, job = %job.id, "elements: {}", job.result),
            (None, _) => info!(account = %name, job = %job.id, "{} job {}", job.kind, job.state),
        }
    }

    /// Whether this failure repeats the last one, and how many failures a success ends.
    fn count(&self, id: &AccountId, job: &Job) -> (bool, u64) {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (id.clone(), job.kind);
        match &job.error {
            Some(fault) => {
                let (code, failures) = failing.get(&key).copied().unwrap_or((fault.code, 0));
                failing.insert(key, (fault.code, failures + 1));
                (failures > 0 && code == fault.code, 0)
            }
            None if job.state == JobState::Succeeded => {
                (false, failing.remove(&key).map_or(0, |(_, failures)| failures))
            }
            None => (false, 0),
        }
    }
}

fn seconds(job: &Job) -> u64 {
    job.started_at
        .zip(job.finished_at)
        .and_then(|(start, end)| u64::try_from(end.duration_since(start).as_secs()).ok())
        .unwrap_or(0)
}

/// All rows of a result that counts them by class.
fn rows_of(job: &Job) -> u64 {
    let result: serde_json::Value = serde_json::from_str(&job.result).unwrap_or_default();
    let rows = result["rows"].as_object();
    rows.map_or(0, |rows| rows.values().filter_map(serde_json::Value::as_u64).sum())
}

fn count_of(job: &Job, field: &str) -> u64 {
    serde_json::from_str::<serde_json::Value>(&job.result)
        .ok()
        .and_then(|result| result.get(field).and_then(serde_json::Value::as_u64))
        .unwrap_or(0)
}
