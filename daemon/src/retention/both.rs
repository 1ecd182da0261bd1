//! Calls of the primary database and of the archive as one list, none twice.

use std::{cmp::Ordering, collections::HashSet, sync::Arc};

use crate::{
    domain::{failure::Outcome, table::Value},
    ports::records::{CallCursor, CallFilter, Record, RecordStore},
};

/// One or two databases that are read as one.
#[derive(Clone)]
pub struct Both {
    /// Where collected calls are. What is here is right, also when a copy is already in the archive.
    pub primary: Arc<dyn RecordStore>,
    /// Where old calls are.
    pub archive: Option<Arc<dyn RecordStore>>,
}

impl Both {
    /// Calls, newest first, those without an end last, after `cursor`; at most `limit`.
    ///
    /// # Errors
    /// A database does not answer.
    pub async fn calls(&self, filter: &CallFilter, cursor: Option<CallCursor>, limit: usize) -> Outcome<Vec<Record>> {
        let Some(archive) = &self.archive else {
            return self.primary.calls(filter, cursor, limit).await;
        };
        // The archive first: what is moved between the two reads is then seen in both, not in neither.
        let old = archive.calls(filter, cursor.clone(), limit).await?;
        let mut all = self.primary.calls(filter, cursor, limit).await?;
        let present: HashSet<String> = all.iter().map(|record| place(record).1).collect();
        all.extend(old.into_iter().filter(|record| !present.contains(&place(record).1)));
        all.sort_by(|a, b| newest_first(&place(a), &place(b)));
        all.truncate(limit);
        Ok(all)
    }

    /// One call with its elements.
    ///
    /// # Errors
    /// A database does not answer.
    pub async fn call(&self, uuid: &str) -> Outcome<Option<(Record, Vec<Record>)>> {
        if let Some(archive) = &self.archive {
            let old = archive.call(uuid).await?;
            return Ok(self.primary.call(uuid).await?.or(old));
        }
        self.primary.call(uuid).await
    }
}

/// Where a record stands in the list.
#[must_use]
pub fn place(record: &Record) -> CallCursor {
    let value = |name| {
        record
            .iter()
            .find(|(column, _)| *column == name)
            .map(|(_, value)| value)
    };
    let key = value("call_history_uuid").and_then(Value::as_text).unwrap_or_default();
    (value("end_time").and_then(Value::as_time), key.to_owned())
}

fn newest_first(a: &CallCursor, b: &CallCursor) -> Ordering {
    b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_come_first_and_those_without_an_end_last() {
        let at = |text: &str| text.parse().ok();
        let cursor = |end: &str, key: &str| (at(end), key.to_owned());
        let mut all = [
            cursor("", "a"),
            cursor("2026-01-01T00:00:00Z", "c"),
            cursor("2026-01-02T00:00:00Z", "d"),
            cursor("2026-01-01T00:00:00Z", "b"),
        ];
        all.sort_by(newest_first);
        let keys: Vec<&str> = all.iter().map(|(_, key)| key.as_str()).collect();
        assert_eq!(keys, ["d", "b", "c", "a"]);
    }
}
