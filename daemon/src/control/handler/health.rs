//! Health and metrics, from the monitor's last look: answered also while Zoom and the databases are down.

use crate::{
    control::{
        answer::{Answer, Answered},
        call::Call,
        view,
    },
    monitor::metrics::MEDIA_TYPE,
};

/// The checks that the caller may see, and the worst of them.
pub async fn show(call: Call) -> Answered {
    let health = call.handles.monitor.health().await;
    let caller = &call.caller.role;
    Answer::document(view::health::health(
        &health,
        |group| caller.sees(group),
        caller.sees_all(),
    ))
}

/// The metrics as OpenMetrics text.
pub async fn metrics(call: Call) -> Answered {
    let text = call.handles.monitor.openmetrics().await;
    Ok(Answer::text(text, MEDIA_TYPE))
}
