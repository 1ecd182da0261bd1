//! Whether Zoom's unfiltered call list also holds non-recorded calls. Zoom's documents leave it open, so we look.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{account::AccountId, call::CALL_HISTORY, failure::Outcome, quota::Purpose, window::Window},
    ports::zoom::{CallQuery, ZoomData},
};

/// Looks for one non-recorded call of the last thirty days and then for the same call without the filter.
/// Nothing when there is no such call yet: then nobody can tell, and nothing is missed either.
///
/// # Errors
/// Zoom did not answer.
pub async fn lists_all(zoom: &Arc<dyn ZoomData>, account: &AccountId, now: Timestamp) -> Outcome<Option<bool>> {
    let month = SignedDuration::from_hours(24 * 30);
    let window = Window::new(now.saturating_sub(month).unwrap_or(now), now);
    let filtered = CallQuery {
        window,
        recording_status: Some("non_recorded"),
        purpose: Purpose::Fresh,
    };
    let page = zoom.call_page(account, &filtered, None).await?;
    let Some((key, end)) = page.parsed.rows.iter().find_map(|row| {
        let end = row.get(&CALL_HISTORY, "end_time").as_time()?;
        Some((row.key().to_owned(), end))
    }) else {
        return Ok(None);
    };
    let second = SignedDuration::from_secs(1);
    let around = Window::new(
        end.saturating_sub(second).unwrap_or(end),
        end.saturating_add(second).unwrap_or(end),
    );
    let mut token: Option<String> = None;
    // More than a few pages of calls that ended within the same two seconds do not occur.
    for _ in 0..20 {
        let unfiltered = CallQuery {
            window: around,
            recording_status: None,
            purpose: Purpose::Fresh,
        };
        let page = zoom.call_page(account, &unfiltered, token.as_deref()).await?;
        if page.parsed.rows.iter().any(|row| row.key() == key) {
            return Ok(Some(true));
        }
        token = page.next;
        if token.is_none() {
            break;
        }
    }
    Ok(Some(false))
}
