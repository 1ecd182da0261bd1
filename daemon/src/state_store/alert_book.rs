//! Conditions that hold or held, their notifications, and mutes.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::{
    alert_row::{ALERT, deliveries_of, queue, read_alert, read_delivery, read_mute, write_alert},
    column,
    error::StateError,
    store::StateStore,
    uniqueness::require_account,
};
use crate::{
    domain::{
        account::AccountId,
        alert::{Alert, AlertCode, Channel, Condition, Delivery, DeliveryState, Mute, Occasion},
        failure::Outcome,
    },
    ports::alerts::AlertBook,
};

#[async_trait]
impl AlertBook for StateStore {
    async fn raise(&self, condition: Condition, channels: Vec<Channel>, now: Timestamp) -> Outcome<Option<Alert>> {
        self.desk
            .change(move |transaction| {
                if let Some(account) = &condition.account {
                    require_account(transaction, account.as_str())?;
                }
                let known = firing(transaction, condition.code, condition.account.as_ref())?;
                if known.as_ref().is_some_and(|alert| alert.condition == condition) {
                    return Ok(None);
                }
                let announced = known
                    .as_ref()
                    .is_none_or(|alert| alert.condition.stage != condition.stage);
                let mut alert = known.unwrap_or_else(|| Alert {
                    id: Uuid::now_v7().simple().to_string(),
                    condition: condition.clone(),
                    account_name: None,
                    since: now,
                    resolved_at: None,
                    deliveries: Vec::new(),
                });
                alert.condition = condition;
                write_alert(transaction, &alert)?;
                if !announced {
                    return Ok(None);
                }
                let first_try = silence(transaction, &alert.condition, now)?.unwrap_or(now);
                for channel in channels {
                    queue(transaction, &pending(&alert, channel, Occasion::Firing, now, first_try))?;
                }
                one(transaction, &alert.id)
            })
            .await
    }

    async fn resolve(&self, code: AlertCode, account: Option<&AccountId>, now: Timestamp) -> Outcome<Option<Alert>> {
        let account = account.cloned();
        self.desk
            .change(move |transaction| {
                let Some(mut alert) = firing(transaction, code, account.as_ref())? else {
                    return Ok(None);
                };
                alert.resolved_at = Some(now);
                write_alert(transaction, &alert)?;
                let mut told = Vec::new();
                for delivery in deliveries_of(transaction, &alert.id)? {
                    let held = delivery.state == DeliveryState::Pending
                        && delivery.attempts == 0
                        && delivery.next_attempt_at.is_some_and(|at| at > now);
                    if held {
                        transaction.execute("DELETE FROM alert_delivery WHERE id = ?1", [delivery.id])?;
                    } else if delivery.state != DeliveryState::Failed && !told.contains(&delivery.channel) {
                        told.push(delivery.channel);
                    }
                }
                for channel in told {
                    queue(transaction, &pending(&alert, channel, Occasion::Resolved, now, now))?;
                }
                one(transaction, &alert.id)
            })
            .await
    }

    async fn alerts(&self, ended_too: bool, limit: usize) -> Outcome<Vec<Alert>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.desk
            .read(move |connection| {
                let mut statement = connection.prepare_cached(&format!(
                    "{ALERT} WHERE ?1 OR alert.resolved_at IS NULL ORDER BY alert.since DESC, alert.id DESC LIMIT ?2"
                ))?;
                let mut rows = statement.query(params![ended_too, limit])?;
                let mut alerts = Vec::new();
                while let Some(row) = rows.next()? {
                    let mut alert = read_alert(row)?;
                    alert.deliveries = deliveries_of(connection, &alert.id)?;
                    alerts.push(alert);
                }
                Ok(alerts)
            })
            .await
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Outcome<Vec<(Delivery, Alert)>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.desk
            .read(move |connection| {
                // What ended is told after what began, also when the first try of that failed.
                let mut statement = connection.prepare_cached(
                    "SELECT * FROM alert_delivery AS this
                    WHERE state = 'pending' AND next_attempt_at <= ?1 AND NOT EXISTS (
                        SELECT 1 FROM alert_delivery AS earlier
                        WHERE earlier.alert_id = this.alert_id AND earlier.channel = this.channel
                            AND earlier.id < this.id AND earlier.state = 'pending')
                    ORDER BY id LIMIT ?2",
                )?;
                let mut rows = statement.query(params![column::instant(now)?, limit])?;
                let mut due = Vec::new();
                while let Some(row) = rows.next()? {
                    let delivery = read_delivery(row)?;
                    if let Some(alert) = one(connection, &delivery.alert)? {
                        due.push((delivery, alert));
                    }
                }
                Ok(due)
            })
            .await
    }

    async fn next_due(&self) -> Outcome<Option<Timestamp>> {
        self.desk
            .read(|connection| {
                let next = connection
                    .prepare_cached("SELECT min(next_attempt_at) FROM alert_delivery WHERE state = 'pending'")?
                    .query_row([], |row| row.get(0))?;
                column::read_optional_instant(next)
            })
            .await
    }

    async fn troubled(&self, given_up_since: Timestamp) -> Outcome<Vec<Delivery>> {
        self.desk
            .read(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT * FROM alert_delivery WHERE last_error IS NOT NULL AND state <> 'delivered'
                        AND (state = 'pending' OR queued_at >= ?1) ORDER BY id",
                )?;
                let mut rows = statement.query([column::instant(given_up_since)?])?;
                let mut troubled = Vec::new();
                while let Some(row) = rows.next()? {
                    troubled.push(read_delivery(row)?);
                }
                Ok(troubled)
            })
            .await
    }

    async fn save_delivery(&self, delivery: &Delivery) -> Outcome<()> {
        let delivery = delivery.clone();
        self.desk
            .change(move |transaction| {
                // Nothing is changed when the account was removed meanwhile, with its alerts.
                transaction
                    .prepare_cached(
                        "UPDATE alert_delivery SET state = ?2, attempts = ?3, next_attempt_at = ?4, delivered_at = ?5,
                            last_error = ?6 WHERE id = ?1",
                    )?
                    .execute(params![
                        delivery.id,
                        delivery.state.as_str(),
                        delivery.attempts,
                        column::optional_instant(delivery.next_attempt_at)?,
                        column::optional_instant(delivery.delivered_at)?,
                        delivery.last_error,
                    ])?;
                Ok(())
            })
            .await
    }

    async fn mute(&self, mute: Mute, now: Timestamp) -> Outcome<()> {
        self.desk
            .change(move |transaction| {
                let account = mute.account.as_ref().map(AccountId::as_str);
                if let Some(account) = account {
                    require_account(transaction, account)?;
                }
                let (until, now) = (column::instant(mute.until)?, column::instant(now)?);
                transaction.execute("DELETE FROM alert_mute WHERE until <= ?1", [now])?;
                transaction.execute(
                    "DELETE FROM alert_mute WHERE code = ?1 AND account_id IS ?2",
                    params![mute.code.as_str(), account],
                )?;
                transaction.execute(
                    "INSERT INTO alert_mute (code, account_id, until) VALUES (?1, ?2, ?3)",
                    params![mute.code.as_str(), account, until],
                )?;
                // What nobody was told of yet waits for the end of the mute; a shorter mute ends an earlier wait.
                transaction.execute(
                    "UPDATE alert_delivery SET next_attempt_at = ?3
                    WHERE state = 'pending' AND occasion = 'firing' AND attempts = 0 AND alert_id IN (
                        SELECT id FROM alert WHERE code = ?1 AND (?2 IS NULL OR account_id = ?2))",
                    params![mute.code.as_str(), account, until],
                )?;
                Ok(())
            })
            .await
    }

    async fn mutes(&self, now: Timestamp) -> Outcome<Vec<Mute>> {
        self.desk.read(move |connection| mutes(connection, now)).await
    }

    async fn prune_alerts(&self, before: Timestamp) -> Outcome<u64> {
        self.desk
            .change(move |transaction| {
                let gone = transaction
                    .prepare_cached("DELETE FROM alert WHERE resolved_at < ?1")?
                    .execute([column::instant(before)?])?;
                Ok(u64::try_from(gone).unwrap_or(u64::MAX))
            })
            .await
    }
}

/// The alert of a condition that holds.
fn firing(connection: &Connection, code: AlertCode, account: Option<&AccountId>) -> Result<Option<Alert>, StateError> {
    connection
        .prepare_cached(&format!(
            "{ALERT} WHERE alert.resolved_at IS NULL AND alert.code = ?1 AND alert.account_id IS ?2"
        ))?
        .query_row(params![code.as_str(), account.map(AccountId::as_str)], |row| {
            Ok(read_alert(row))
        })
        .optional()?
        .transpose()
}

/// One alert with its notifications.
fn one(connection: &Connection, id: &str) -> Result<Option<Alert>, StateError> {
    let found = connection
        .prepare_cached(&format!("{ALERT} WHERE alert.id = ?1"))?
        .query_row([id], |row| Ok(read_alert(row)))
        .optional()?
        .transpose()?;
    found
        .map(|mut alert| {
            alert.deliveries = deliveries_of(connection, id)?;
            Ok(alert)
        })
        .transpose()
}

fn mutes(connection: &Connection, now: Timestamp) -> Result<Vec<Mute>, StateError> {
    let mut statement = connection.prepare_cached("SELECT * FROM alert_mute WHERE until > ?1 ORDER BY until")?;
    let mut rows = statement.query([column::instant(now)?])?;
    let mut mutes = Vec::new();
    while let Some(row) = rows.next()? {
        mutes.push(read_mute(row)?);
    }
    Ok(mutes)
}

/// Until when a condition is muted.
fn silence(connection: &Connection, condition: &Condition, now: Timestamp) -> Result<Option<Timestamp>, StateError> {
    Ok(mutes(connection, now)?
        .into_iter()
        .filter(|mute| mute.covers(condition.code, condition.account.as_ref(), now))
        .map(|mute| mute.until)
        .max())
}

fn pending(
    alert: &Alert,
    channel: Channel,
    occasion: Occasion,
    queued_at: Timestamp,
    first_try: Timestamp,
) -> Delivery {
    Delivery {
        id: 0,
        alert: alert.id.clone(),
        channel,
        occasion,
        state: DeliveryState::Pending,
        attempts: 0,
        queued_at,
        next_attempt_at: Some(first_try),
        delivered_at: None,
        last_error: None,
    }
}
