//! The one place that conditions are reported to: durable first, then told over every channel until it is accepted.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};
use uuid::Uuid;

use super::{
    line::{self, Line},
    message::Message,
    refusal::Refusal,
};
use crate::{
    config::model,
    domain::{
        account::AccountId,
        alert::{Alert, AlertCode, Channel, Condition, Delivery, DeliveryState},
        clock::SharedClock,
        event::Event,
        failure::Outcome,
    },
    ports::alerts::{AlertBook, Alerts, ChannelTrial, Channels},
};

/// The wall clock is read at least this often, so that a jump or a suspend takes effect.
const LOOK: Duration = Duration::from_secs(30);
/// First wait after a failed try; doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(15);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);
/// A notification that no try could deliver for so long is given up, which is visible.
const GIVE_UP: SignedDuration = SignedDuration::from_hours(72);
/// Notifications taken from the queue at once.
const AT_ONCE: usize = 50;
/// Conditions that ended are kept this long for `alert list --all`.
const KEEP: SignedDuration = SignedDuration::from_hours(24 * 90);
/// How often they are pruned.
const PRUNE_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// Implements [`Alerts`] over the durable book and the configured channels.
pub struct Notifier {
    book: Arc<dyn AlertBook>,
    line: Arc<dyn Line>,
    channels: RwLock<Arc<model::Alerts>>,
    clock: SharedClock,
    changed: Notify,
}

impl Notifier {
    /// With the channels of the configuration.
    #[must_use]
    pub fn new(book: Arc<dyn AlertBook>, line: Arc<dyn Line>, channels: &model::Alerts, clock: SharedClock) -> Self {
        Self {
            book,
            line,
            channels: RwLock::new(Arc::new(channels.clone())),
            clock,
            changed: Notify::new(),
        }
    }

    /// Tells over other channels from now on.
    pub fn reconfigure(&self, channels: &model::Alerts) {
        *self.channels.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(channels.clone());
        self.changed.notify_one();
    }

    fn now_configured(&self) -> Arc<model::Alerts> {
        Arc::clone(&self.channels.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Delivers what is queued until told to stop. What is under way then is finished: a channel's patience is shorter
    /// than that of a stopping daemon.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut pruned = Timestamp::MIN;
        while !stop.is_cancelled() {
            let now = self.clock.now();
            if now.duration_since(pruned) >= PRUNE_EVERY {
                pruned = now;
                let before = now.saturating_sub(KEEP).unwrap_or(now);
                if let Err(failure) = self.book.prune_alerts(before).await {
                    debug!(error = %failure, "old alerts could not be deleted; tried again tomorrow");
                }
            }
            let wait = match self.round(&stop).await {
                Ok(wait) => wait,
                Err(failure) => {
                    error!(error = %failure, "the queue of alerts cannot be read; nobody is told until it can");
                    LOOK
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.changed.notified() => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Tries everything that is due once; how long to rest.
    pub(super) async fn round(&self, stop: &CancellationToken) -> Outcome<Duration> {
        let due = self.book.due(self.clock.now(), AT_ONCE).await?;
        let more = due.len() == AT_ONCE;
        // A channel that hangs must not keep the other one waiting.
        let by_channel = Channel::ALL.iter().map(|channel| {
            let queue: Vec<_> = due
                .iter()
                .filter(|(delivery, _)| delivery.channel == *channel)
                .collect();
            self.drain(queue, stop)
        });
        for drained in join_all(by_channel).await {
            drained?;
        }
        if more {
            return Ok(Duration::ZERO);
        }
        let now = self.clock.now();
        let next = self.book.next_due().await?;
        Ok(next.map_or(LOOK, |next| {
            Duration::try_from(next.duration_since(now))
                .unwrap_or(Duration::ZERO)
                .min(LOOK)
        }))
    }

    async fn drain(&self, queue: Vec<&(Delivery, Alert)>, stop: &CancellationToken) -> Outcome<()> {
        let mut broken: Option<Refusal> = None;
        for (delivery, alert) in queue {
            if stop.is_cancelled() {
                return Ok(());
            }
            let channels = self.now_configured();
            let result = match &broken {
                Some(refusal) => Err(refusal.clone()),
                None => {
                    let message = Message::of(alert, delivery.occasion, delivery.id);
                    self.line.carry(&channels, delivery.channel, &message).await
                }
            };
            if let Err(refusal) = &result
                && refusal.of_channel
            {
                broken = Some(refusal.clone());
            }
            let gone = !line::configured(&channels).contains(&delivery.channel);
            let after = self.judge(delivery, alert, result, gone);
            // Dying before this is written tells it once more at the next start; its id says that it is the same.
            self.book.save_delivery(&after).await?;
        }
        Ok(())
    }

    /// What becomes of a notification after a try.
    fn judge(
        &self,
        delivery: &Delivery,
        alert: &Alert,
        result: Result<Vec<String>, Refusal>,
        channel_is_gone: bool,
    ) -> Delivery {
        let now = self.clock.now();
        let mut after = delivery.clone();
        after.attempts = after.attempts.saturating_add(1);
        let (code, channel, account) = (alert.condition.code, delivery.channel, alert.account_name.as_deref());
        match result {
            Ok(refused) => {
                after.state = DeliveryState::Delivered;
                after.delivered_at = Some(now);
                after.next_attempt_at = None;
                after.last_error = (!refused.is_empty()).then(|| format!("refused: {}", refused.join("; ")));
                if !refused.is_empty() {
                    warn!(
                        account,
                        "alert {code}: {channel} took it, but not for everybody: {}",
                        refused.join("; ")
                    );
                }
            }
            Err(refusal) => {
                let waited = now.duration_since(delivery.queued_at);
                after.last_error = Some(refusal.reason.clone());
                if channel_is_gone || waited >= GIVE_UP {
                    after.state = DeliveryState::Failed;
                    after.next_attempt_at = None;
                    error!(
                        account,
                        "alert {code} could not be told over {channel}, given up: {refusal}"
                    );
                } else {
                    let doubled = FIRST_WAIT.saturating_mul(1 << delivery.attempts.min(10));
                    after.next_attempt_at = now.saturating_add(doubled.min(LONGEST_WAIT)).ok();
                    if delivery.attempts == 0 {
                        warn!(
                            account,
                            "alert {code} could not be told over {channel}, tried again: {refusal}"
                        );
                    }
                }
            }
        }
        after
    }
}

#[async_trait]
impl Alerts for Notifier {
    async fn raise(&self, condition: Condition) -> Outcome<bool> {
        let channels = line::configured(&self.now_configured());
        let announced = self.book.raise(condition, channels, self.clock.now()).await?;
        if let Some(alert) = &announced {
            let condition = &alert.condition;
            let event = Event::AlertRaised {
                code: condition.code.as_str(),
                severity: condition.severity.as_str(),
                summary: condition.summary.clone(),
                hint: condition.hint.clone(),
            };
            event.log(alert.account_name.as_deref(), None);
            self.changed.notify_one();
        }
        Ok(announced.is_some())
    }

    async fn resolve(&self, code: AlertCode, account: Option<&AccountId>) -> Outcome<bool> {
        let ended = self.book.resolve(code, account, self.clock.now()).await?;
        if let Some(alert) = &ended {
            let event = Event::AlertResolved {
                code: code.as_str(),
                summary: alert.condition.summary.clone(),
            };
            event.log(alert.account_name.as_deref(), None);
            self.changed.notify_one();
        }
        Ok(ended.is_some())
    }
}

#[async_trait]
impl Channels for Notifier {
    fn configured(&self) -> Vec<Channel> {
        line::configured(&self.now_configured())
    }

    fn warnings(&self) -> Vec<String> {
        line::warnings(&self.now_configured())
    }

    async fn trial(&self, only: Option<Channel>) -> Vec<ChannelTrial> {
        let channels = self.now_configured();
        let message = Message::trial(Uuid::now_v7().simple().to_string(), self.clock.now());
        let chosen = line::configured(&channels)
            .into_iter()
            .filter(|channel| only.is_none_or(|only| only == *channel));
        join_all(chosen.map(async |channel| {
            let result = self.line.carry(&channels, channel, &message).await;
            ChannelTrial {
                channel,
                target: line::target(&channels, channel),
                error: match result {
                    Ok(refused) if refused.is_empty() => None,
                    Ok(refused) => Some(format!("refused: {}", refused.join("; "))),
                    Err(refusal) => Some(refusal.reason),
                },
            }
        }))
        .await
    }

    fn look_again(&self) {
        self.changed.notify_one();
    }
}
