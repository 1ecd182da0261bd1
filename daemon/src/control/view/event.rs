//! What happened.

use callsync_shared::api::event::Event as View;

use crate::ports::events::Kept;

/// An item of `events`; `account` is the present name of its account.
#[must_use]
pub fn event(kept: Kept, account: Option<String>) -> View {
    let happening = kept.happening;
    let (kind, state) = happening.job_state.unzip();
    View {
        seq: kept.seq,
        at: happening.at,
        level: happening.level.to_owned(),
        event: happening.name,
        account: account.or(happening.account_name),
        job: happening.job,
        kind,
        state,
        message: happening.message,
        hint: happening.hint,
    }
}
