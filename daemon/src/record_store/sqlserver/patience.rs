//! How long each kind of statement may take before its connection is given up.

use std::{future::Future, time::Duration};

use super::failure::{Kind, SqlFailure};

/// A kind of statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// A few rows by key.
    Brief,
    /// A search or a count over a table.
    Search,
    /// A load, a merge or a commit.
    Write,
    /// Making databases, tables and indexes.
    Schema,
}

/// The longest that each kind of statement may take.
#[derive(Debug, Clone, Copy)]
pub(in crate::record_store) struct Limits {
    /// Name resolution, the browser service and TCP.
    pub reach: Duration,
    /// TLS and login.
    pub handshake: Duration,
    /// A few rows by key.
    pub brief: Duration,
    /// A search or a count over a table.
    pub search: Duration,
    /// A load, a merge or a commit.
    pub write: Duration,
    /// Making databases, tables and indexes.
    pub schema: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            reach: Duration::from_secs(10),
            handshake: Duration::from_secs(15),
            brief: Duration::from_secs(20),
            search: Duration::from_secs(120),
            write: Duration::from_secs(180),
            schema: Duration::from_secs(900),
        }
    }
}

impl Limits {
    pub(super) fn of(self, patience: Patience) -> Duration {
        match patience {
            Patience::Brief => self.brief,
            Patience::Search => self.search,
            Patience::Write => self.write,
            Patience::Schema => self.schema,
        }
    }
}

/// Waits for the server as long as `limit`. Afterwards the statement may still be running there: the connection must be
/// dropped.
pub(super) async fn patient<T>(
    server: &str,
    limit: Duration,
    committing: bool,
    work: impl Future<Output = tiberius::Result<T>>,
) -> Result<T, SqlFailure> {
    match tokio::time::timeout(limit, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(SqlFailure::statement(server, committing, &error)),
        Err(_) => {
            let kind = if committing {
                Kind::OutcomeUnknown
            } else {
                Kind::TimedOut
            };
            Err(SqlFailure::new(server, kind, no_answer(limit)))
        }
    }
}

/// What is said of a server that keeps silent.
pub(super) fn no_answer(limit: Duration) -> String {
    format!("no answer within {} s", limit.as_secs_f64())
}
