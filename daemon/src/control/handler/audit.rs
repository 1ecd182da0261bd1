//! The audit log.

use callsync_shared::Problem;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::control::{
    answer::{Answer, Answered},
    call::Call,
    problem::usage,
    view,
};

/// Most entries of one answer; `since` carries on from there.
const MOST_ENTRIES: usize = 100_000;

/// Entries at or after `since`, oldest first.
pub async fn list(call: Call) -> Answered {
    let since = since(&call)?;
    let entries = call.handles.audit.entries(since, MOST_ENTRIES).await?;
    Answer::list(entries.into_iter().map(view::audit::entry).collect())
}

/// The parameter `since`.
pub(super) fn since(call: &Call) -> Result<Option<Timestamp>, Problem> {
    call.parameter("since")
        .map(|text| {
            // Nothing of ours is older than that.
            let time = instant(text).map(|time| time.max(Timestamp::UNIX_EPOCH));
            time.ok_or_else(|| {
                usage(
                    "invalid_parameter",
                    format!("The parameter since is not a time: {}", text.escape_debug()),
                )
                .hint("Use an RFC 3339 time such as 2026-01-31T12:00:00Z, or a UTC date such as 2026-01-31.")
            })
        })
        .transpose()
}

/// Recomputes the chain of the whole log.
pub async fn verify(call: Call) -> Answered {
    Answer::document(view::audit::verification(call.handles.audit.verify().await?))
}

fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let date: Date = text.parse().ok()?;
    date.to_zoned_datetime(TimeZone::UTC)
        .ok()
        .map(|midnight| midnight.timestamp())
}
