//! The audit log.

use callsync_shared::api::audit::{AuditEntry as View, BrokenEntry, Verification as VerificationView};
use serde_json::Value;

use crate::ports::state::{AuditEntry, Verification};

/// An item of `audit list`.
#[must_use]
pub fn entry(entry: AuditEntry) -> View {
    let record = entry.record;
    View {
        seq: entry.seq,
        at: record.at,
        uid: record.uid,
        user: record.user,
        pid: record.pid,
        role: record.role.to_owned(),
        action: record.action,
        object: record.object,
        outcome: record.outcome.to_owned(),
        before: record.before.map(value),
        after: record.after.map(value),
        hash: entry.hash,
    }
}

/// `audit verify`.
#[must_use]
pub fn verification(found: Verification) -> VerificationView {
    VerificationView {
        valid: found.broken.is_none(),
        entries: found.good,
        head_hash: found.head,
        redacted: found.redacted,
        broken: found.broken.map(|broken| BrokenEntry {
            seq: broken.seq,
            reason: broken.what.to_owned(),
        }),
    }
}

/// What is stored is shown, even if it were not the JSON it should be.
fn value(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}
