//! The trail of a request in the audit log: who asked what, on what, and how it ended.

use std::sync::{Arc, Mutex, PoisonError};

use callsync_shared::{ExitCode, Problem};
use serde::Serialize;
use serde_json::Value;

use super::{
    Handles,
    access::{Credentials, Role},
    peer::UserNames,
};
use crate::{
    domain::clock::SharedClock,
    ports::state::{AuditLog, AuditRecord},
};

/// Longest object name that is kept, in characters.
const LONGEST_OBJECT: usize = 256;

/// What a handler tells about its change, for the audit log. Never holds codes or other secrets: handlers put views of
/// stored objects here, not requests.
#[derive(Debug, Default)]
pub struct Notes {
    pub(super) object: Option<String>,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
    pub(super) unchanged: bool,
}

/// Notes that a handler and its caller share.
#[derive(Debug, Clone, Default)]
pub struct SharedNotes(Arc<Mutex<Notes>>);

impl SharedNotes {
    pub(super) fn set(&self, change: impl FnOnce(&mut Notes)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn take(&self) -> Notes {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Turns an object into what the audit log keeps; an object that is no JSON is left out, which no view of ours is.
pub(super) fn as_json(object: &impl Serialize) -> Option<Value> {
    serde_json::to_value(object).ok()
}

/// Writes the audit log.
///
/// When an entry cannot be written the change has been made already, so its answer still tells the truth; the failure
/// is logged as an error and shown as a notice in `status` until an entry can be written again. Refusing the change
/// beforehand would not help: the state store that holds the log is the one the change itself needs.
pub struct Trail {
    log: Arc<dyn AuditLog>,
    clock: SharedClock,
    names: UserNames,
    trouble: Mutex<Option<String>>,
}

impl Trail {
    /// Over the audit log of the handles.
    #[must_use]
    pub fn new(handles: &Handles) -> Self {
        Self {
            log: Arc::clone(&handles.audit),
            clock: Arc::clone(&handles.clock),
            names: UserNames::default(),
            trouble: Mutex::default(),
        }
    }

    /// What is wrong with the audit log.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Name of a user, as the system knows it.
    pub(super) async fn user(&self, uid: u32) -> String {
        self.names.name(uid).await
    }

    /// Writes how a change ended. `default_object` is used when the handler named none.
    pub(super) async fn changed(
        &self,
        peer: &Credentials,
        role: &Role,
        action: &str,
        default_object: &str,
        notes: &SharedNotes,
        problem: Option<&Problem>,
    ) {
        let notes = notes.take();
        if notes.unchanged && problem.is_none() {
            return;
        }
        let outcome = match problem {
            None => "ok",
            Some(problem) if problem.exit_code == ExitCode::Refused => "refused",
            Some(_) => "failed",
        };
        let object = notes.object.as_deref().unwrap_or(default_object);
        let after = if problem.is_none() { notes.after } else { None };
        self.write(peer, role, action, object, outcome, notes.before, after)
            .await;
    }

    /// Writes that something was refused before it was tried.
    pub(super) async fn refused(&self, peer: &Credentials, role: &Role, action: &str, object: &str) {
        self.write(peer, role, action, object, "refused", None, None).await;
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the columns of one audit entry, in one private place"
    )]
    async fn write(
        &self,
        peer: &Credentials,
        role: &Role,
        action: &str,
        object: &str,
        outcome: &'static str,
        before: Option<Value>,
        after: Option<Value>,
    ) {
        let record = AuditRecord {
            at: self.clock.now(),
            uid: peer.uid,
            user: self.names.name(peer.uid).await,
            pid: peer.pid,
            role: role.as_str(),
            action: action.to_owned(),
            object: object.chars().take(LONGEST_OBJECT).collect(),
            outcome,
            before: before.map(|value| value.to_string()),
            after: after.map(|value| value.to_string()),
        };
        let written = self.log.append(record).await;
        if let Err(failure) = &written {
            tracing::error!(action, object, outcome, uid = peer.uid, pid = peer.pid, error = %failure, "an audit entry could not be written; what it describes has happened");
        }
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = written.err().map(|failure| {
            format!("The audit log cannot be written: {failure}. Check the state directory; what was done meanwhile is in the journal: journalctl -u callsyncd.")
        });
    }
}
