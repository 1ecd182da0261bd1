//! An audit log in memory.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    domain::failure::{Cause, Fault, Outcome},
    ports::state::{AuditEntry, AuditLog, AuditRecord, Verification},
};

#[derive(Default)]
pub(crate) struct MemoryAudit {
    pub(crate) entries: Mutex<Vec<AuditRecord>>,
    pub(crate) broken: AtomicBool,
}

#[async_trait]
impl AuditLog for MemoryAudit {
    async fn append(&self, record: AuditRecord) -> Outcome<AuditEntry> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(Fault::new(Cause::Internal, "state_store_failed", "disk full")
                .hint("df")
                .into());
        }
        let mut entries = self.entries.lock().unwrap();
        entries.push(record.clone());
        Ok(AuditEntry {
            seq: entries.len() as u64,
            record,
            hash: "00".into(),
        })
    }
    async fn verify(&self) -> Outcome<Verification> {
        let good = self.entries.lock().unwrap().len() as u64;
        Ok(Verification {
            good,
            head: (good > 0).then(|| "00".into()),
            redacted: 0,
            broken: None,
        })
    }
    async fn entries(&self, since: Option<Timestamp>, limit: usize) -> Outcome<Vec<AuditEntry>> {
        let entries = self.entries.lock().unwrap().clone();
        Ok(entries
            .into_iter()
            .enumerate()
            .filter(|(_, record)| since.is_none_or(|since| record.at >= since))
            .take(limit)
            .map(|(position, record)| AuditEntry {
                seq: position as u64 + 1,
                record,
                hash: "00".into(),
            })
            .collect())
    }
}
