//! Schedules.

use callsync_shared::api::schedule::{LastRun, Preview, Schedule as View};

use crate::{
    domain::schedule::Firing,
    jobs::{schedules::Listed, slot::Slot},
};

/// `schedule add`, an item of `schedule list`; `account` is the name of the schedule's account.
#[must_use]
pub fn schedule(listed: &Listed, account: &str) -> View {
    let slot = &listed.slot;
    View {
        id: slot.id.clone(),
        account: account.to_owned(),
        kind: slot.kind.to_string(),
        days: slot.timetable.days().to_string(),
        at: slot.timetable.times(),
        timezone: slot.timetable.zone().to_string(),
        source: slot.source.to_string(),
        next_run: listed.next,
        last_run: listed.last.as_ref().map(|turn| LastRun {
            due: turn.due,
            noticed_at: turn.at,
            outcome: turn.outcome.to_string(),
            job: turn.job.clone(),
            reason: turn.reason.clone(),
        }),
        created_at: slot.created_at,
    }
}

/// An item of `schedule preview`.
#[must_use]
pub fn preview(slot: &Slot, firing: &Firing) -> Preview {
    Preview {
        schedule_id: slot.id.clone(),
        local: firing.at.display_with_offset(firing.offset).to_string(),
        utc: firing.at,
        timezone: slot.timetable.zone().to_string(),
    }
}
