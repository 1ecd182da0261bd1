//! Alerts.

use callsync_shared::api::alert::{Alert as View, Delivery as DeliveryView};
use jiff::Timestamp;

use crate::domain::alert::{Alert, Delivery, Mute, Occasion};

/// An item of `alert list`.
#[must_use]
pub fn alert(alert: Alert, mutes: &[Mute], now: Timestamp) -> View {
    let condition = alert.condition;
    let state = if alert.resolved_at.is_some() {
        Occasion::Resolved
    } else {
        Occasion::Firing
    };
    View {
        id: alert.id,
        code: condition.code.to_string(),
        severity: condition.severity.to_string(),
        state: state.to_string(),
        account: alert.account_name,
        summary: condition.summary,
        cause: condition.cause,
        hint: condition.hint,
        since: alert.since,
        resolved_at: alert.resolved_at,
        muted_until: mutes
            .iter()
            .filter(|mute| mute.covers(condition.code, condition.account.as_ref(), now))
            .map(|mute| mute.until)
            .max(),
        deliveries: alert.deliveries.into_iter().map(delivery).collect(),
    }
}

fn delivery(delivery: Delivery) -> DeliveryView {
    DeliveryView {
        channel: delivery.channel.to_string(),
        occasion: delivery.occasion.to_string(),
        state: delivery.state.to_string(),
        attempts: delivery.attempts,
        next_attempt_at: delivery.next_attempt_at,
        delivered_at: delivery.delivered_at,
        last_error: delivery.last_error,
    }
}
