//! Counts what was sent to Zoom and how it was answered, for the metrics.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use crate::{
    ports::zoom::{RequestCount, ZoomTraffic},
    zoom::{ZoomClient, endpoint::Label, error::ZoomError, transport::Answer},
};

/// How a request ended; statuses are few, so the map stays small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Status(u16),
    Lost,
    Unreachable,
}

/// Counts since the start.
#[derive(Debug, Default)]
pub struct Traffic(Mutex<BTreeMap<(&'static str, Outcome), u64>>);

impl Traffic {
    /// Counts one request.
    pub fn count(&self, label: Label, answer: &Result<Answer, ZoomError>) {
        let outcome = match answer {
            Ok(answer) => Outcome::Status(answer.status),
            Err(ZoomError::Unreachable(_)) => Outcome::Unreachable,
            Err(_) => Outcome::Lost,
        };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((label.as_str(), outcome)).or_default() += 1;
    }
}

impl ZoomTraffic for ZoomClient {
    fn requests(&self) -> Vec<RequestCount> {
        let counts = self.traffic().0.lock().unwrap_or_else(PoisonError::into_inner);
        counts
            .iter()
            .map(|((label, outcome), requests)| RequestCount {
                label,
                code: match outcome {
                    Outcome::Status(status) => status.to_string(),
                    Outcome::Lost => "lost".to_owned(),
                    Outcome::Unreachable => "unreachable".to_owned(),
                },
                requests: *requests,
            })
            .collect()
    }
}
