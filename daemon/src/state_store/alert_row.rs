//! Alerts, notifications and mutes as rows.

use rusqlite::{Connection, Row, params};

use super::{column, error::StateError};
use crate::domain::{
    account::AccountId,
    alert::{Alert, AlertCode, Channel, Condition, Delivery, DeliveryState, Mute, Occasion, Severity},
};

/// An alert with the name of its account, without its notifications. The columns of [`ALERT`].
pub(super) const ALERT: &str = "SELECT alert.*, account.name AS account_name
    FROM alert LEFT JOIN account ON account.id = alert.account_id";

/// The variant of a fixed name in a column.
fn variant<T>(what: &'static str, text: &str, parse: fn(&str) -> Option<T>) -> Result<T, StateError> {
    parse(text).ok_or_else(|| StateError::damaged(what, text))
}

pub(super) fn read_alert(row: &Row<'_>) -> Result<Alert, StateError> {
    let code: String = row.get("code")?;
    let severity: String = row.get("severity")?;
    let recipients: String = row.get("recipients")?;
    Ok(Alert {
        id: row.get("id")?,
        condition: Condition {
            code: variant("alert code", &code, AlertCode::parse)?,
            account: row.get::<_, Option<String>>("account_id")?.map(AccountId),
            severity: variant("severity", &severity, Severity::parse)?,
            summary: row.get("summary")?,
            cause: row.get("cause")?,
            hint: row.get("hint")?,
            stage: row.get("stage")?,
            recipients: serde_json::from_str(&recipients).map_err(|error| StateError::damaged("recipients", error))?,
        },
        account_name: row.get("account_name")?,
        since: column::read_instant(row.get("since")?)?,
        resolved_at: column::read_optional_instant(row.get("resolved_at")?)?,
        deliveries: Vec::new(),
    })
}

pub(super) fn read_delivery(row: &Row<'_>) -> Result<Delivery, StateError> {
    let (channel, occasion, state): (String, String, String) =
        (row.get("channel")?, row.get("occasion")?, row.get("state")?);
    Ok(Delivery {
        id: row.get("id")?,
        alert: row.get("alert_id")?,
        channel: variant("channel", &channel, Channel::parse)?,
        occasion: variant("occasion", &occasion, Occasion::parse)?,
        state: variant("delivery state", &state, DeliveryState::parse)?,
        attempts: row.get("attempts")?,
        queued_at: column::read_instant(row.get("queued_at")?)?,
        next_attempt_at: column::read_optional_instant(row.get("next_attempt_at")?)?,
        delivered_at: column::read_optional_instant(row.get("delivered_at")?)?,
        last_error: row.get("last_error")?,
    })
}

pub(super) fn read_mute(row: &Row<'_>) -> Result<Mute, StateError> {
    let code: String = row.get("code")?;
    Ok(Mute {
        code: variant("alert code", &code, AlertCode::parse)?,
        account: row.get::<_, Option<String>>("account_id")?.map(AccountId),
        until: column::read_instant(row.get("until")?)?,
    })
}

/// Adds a condition, or writes over the texts of the alert that it belongs to.
pub(super) fn write_alert(connection: &Connection, alert: &Alert) -> Result<(), StateError> {
    let condition = &alert.condition;
    let recipients =
        serde_json::to_string(&condition.recipients).map_err(|error| StateError::damaged("recipients", error))?;
    connection
        .prepare_cached(
            "INSERT INTO alert (id, code, account_id, severity, stage, summary, cause, hint, recipients, since,
                resolved_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            ON CONFLICT (id) DO UPDATE SET severity = ?4, stage = ?5, summary = ?6, cause = ?7, hint = ?8,
                recipients = ?9, resolved_at = ?11",
        )?
        .execute(params![
            alert.id,
            condition.code.as_str(),
            condition.account.as_ref().map(AccountId::as_str),
            condition.severity.as_str(),
            condition.stage,
            condition.summary,
            condition.cause,
            condition.hint,
            recipients,
            column::instant(alert.since)?,
            column::optional_instant(alert.resolved_at)?,
        ])?;
    Ok(())
}

/// Queues a notification; its id is set by the store.
pub(super) fn queue(connection: &Connection, delivery: &Delivery) -> Result<Delivery, StateError> {
    connection
        .prepare_cached(
            "INSERT INTO alert_delivery (alert_id, channel, occasion, state, attempts, queued_at, next_attempt_at)
            VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)",
        )?
        .execute(params![
            delivery.alert,
            delivery.channel.as_str(),
            delivery.occasion.as_str(),
            delivery.state.as_str(),
            column::instant(delivery.queued_at)?,
            column::optional_instant(delivery.next_attempt_at)?,
        ])?;
    Ok(Delivery {
        id: connection.last_insert_rowid(),
        ..delivery.clone()
    })
}

/// The notifications of an alert, oldest first.
pub(super) fn deliveries_of(connection: &Connection, alert: &str) -> Result<Vec<Delivery>, StateError> {
    let mut statement = connection.prepare_cached("SELECT * FROM alert_delivery WHERE alert_id = ?1 ORDER BY id")?;
    let mut rows = statement.query([alert])?;
    let mut deliveries = Vec::new();
    while let Some(row) = rows.next()? {
        deliveries.push(read_delivery(row)?);
    }
    Ok(deliveries)
}
