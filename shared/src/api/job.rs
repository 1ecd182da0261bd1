//! Jobs: one run of sync, cdr, backfill, token …, with a durable history.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Noun;
use crate::ExitCode;

/// `job show`, an item of `job list`, a line of `GET /v1/jobs/{id}/events`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// Id; opaque, sortable by creation.
    pub id: String,
    /// `cdr`, `backfill`, `reconcile`, `elements`, `sync`, `token`, `purge`, `archive`, `restore`, `removal`, `erase`.
    pub kind: String,
    /// The account.
    pub account: Option<String>,
    /// `queued`, `running`, `succeeded`, `partial`, `failed`, `cancelled`, `interrupted`.
    pub state: String,
    /// How far it got.
    pub progress: Progress,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// What it did; its fields depend on the kind.
    pub result: serde_json::Value,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<JobError>,
}

impl Noun for Job {
    const NOUN: &'static str = "job";
}

impl Job {
    /// Whether it will not change any more.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        !matches!(self.state.as_str(), "queued" | "running")
    }

    /// What a program that waited for it ends with.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self.state.as_str() {
            "queued" | "running" | "succeeded" => ExitCode::Ok,
            "partial" => ExitCode::Partial,
            _ => self.error.as_ref().map_or(ExitCode::Failed, |error| error.exit_code),
        }
    }
}

/// How far a job got.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Units done.
    pub done: u64,
    /// Units in all; absent while unknown.
    pub total: Option<u64>,
    /// What is counted, for example `records`.
    pub unit: String,
    /// Units a second, while that can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// Seconds until the end, while that can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_seconds: Option<u64>,
}

/// Why a job failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobError {
    /// Stable machine name.
    pub code: String,
    /// What failed and why.
    pub message: String,
    /// What to type next.
    pub hint: String,
    /// Whether it is tried again by itself.
    pub retryable: bool,
    /// What a waiting program ends with.
    pub exit_code: ExitCode,
}
