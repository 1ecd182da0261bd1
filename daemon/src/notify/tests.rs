//! Promises of the notifier: told once, retried, in order, visible when it fails, each channel by itself.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{line::Line, message::Message, notifier::Notifier, refusal::Refusal};
use crate::{
    config::{
        MasterKey,
        model::{self, AlertEmail, AlertWebhook},
    },
    domain::{
        alert::{AlertCode, Channel, Condition, DeliveryState, Occasion, Severity},
        clock::{Clock, ManualClock},
    },
    ports::alerts::{AlertBook, Alerts, Channels},
    state_store::{StateDirectory, StateStore},
};

/// What was told, and which channels do not work.
#[derive(Default)]
struct Fake {
    told: Mutex<Vec<(Channel, Occasion, &'static str)>>,
    broken: Mutex<HashMap<Channel, Refusal>>,
}

impl Fake {
    fn told(&self) -> Vec<(Channel, Occasion, &'static str)> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn break_down(&self, channel: Channel, refusal: Option<Refusal>) {
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        broken.remove(&channel);
        broken.extend(refusal.map(|refusal| (channel, refusal)));
    }
}

#[async_trait]
impl Line for Fake {
    async fn carry(&self, _: &model::Alerts, channel: Channel, message: &Message) -> Result<Vec<String>, Refusal> {
        if let Some(refusal) = self.broken.lock().unwrap_or_else(PoisonError::into_inner).get(&channel) {
            return Err(refusal.clone());
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.push((channel, message.occasion, message.code));
        Ok(Vec::new())
    }
}

struct Stage {
    _directory: tempfile::TempDir,
    book: Arc<StateStore>,
    line: Arc<Fake>,
    clock: ManualClock,
    notifier: Notifier,
}

fn both() -> model::Alerts {
    model::Alerts {
        email: Some(AlertEmail {
            smtp_url: "smtp://127.0.0.1:25".to_owned(),
            password: None,
            from: "callsyncd@example.com".to_owned(),
            to: vec!["ops@example.com".to_owned()],
        }),
        webhook: Some(AlertWebhook {
            url: "http://127.0.0.1:1/secret-path".to_owned(),
            secret: None,
        }),
        holidays: Vec::new(),
    }
}

fn stage() -> Stage {
    let directory = tempfile::tempdir().expect("a directory");
    let locked = StateDirectory::lock(directory.path()).expect("locked");
    let book = Arc::new(StateStore::open(locked, &MasterKey::from_bytes([7; 32])).expect("opened"));
    let start: Timestamp = "2026-03-01T10:00:00Z".parse().expect("a time");
    let clock = ManualClock::new(start);
    let line = Arc::new(Fake::default());
    let notifier = Notifier::new(
        Arc::clone(&book) as _,
        Arc::clone(&line) as _,
        &both(),
        Arc::new(clock.clone()),
    );
    Stage {
        _directory: directory,
        book,
        line,
        clock,
        notifier,
    }
}

impl Stage {
    async fn round(&self) -> std::time::Duration {
        self.notifier.round(&CancellationToken::new()).await.expect("a round")
    }

    async fn raise(&self, code: AlertCode) -> bool {
        let condition = Condition::new(code, Severity::Critical, "it is down");
        self.notifier.raise(condition).await.expect("kept")
    }
}

#[tokio::test]
async fn each_channel_hears_of_a_condition_once_and_of_its_end_once() {
    let stage = stage();
    assert!(stage.raise(AlertCode::DiskLow).await);
    stage.round().await;
    assert!(!stage.raise(AlertCode::DiskLow).await);
    stage.round().await;
    assert!(stage.notifier.resolve(AlertCode::DiskLow, None).await.expect("kept"));
    stage.round().await;
    assert!(!stage.notifier.resolve(AlertCode::DiskLow, None).await.expect("kept"));
    stage.round().await;
    let expected = [
        (Channel::Email, Occasion::Firing, "disk_low"),
        (Channel::Webhook, Occasion::Firing, "disk_low"),
        (Channel::Email, Occasion::Resolved, "disk_low"),
        (Channel::Webhook, Occasion::Resolved, "disk_low"),
    ];
    assert_eq!(stage.line.told(), expected);
}

#[tokio::test]
async fn a_broken_channel_is_tried_again_later_and_does_not_hold_up_the_other() {
    let stage = stage();
    stage
        .line
        .break_down(Channel::Email, Some(Refusal::channel("connection refused")));
    stage.raise(AlertCode::DiskLow).await;
    stage.raise(AlertCode::GapHorizon).await;
    let wait = stage.round().await;
    assert_eq!(wait, std::time::Duration::from_secs(15));
    assert_eq!(stage.line.told().len(), 2, "the webhook heard of both");
    let troubled = stage.book.troubled(stage.clock.now()).await.expect("read");
    assert_eq!(troubled.len(), 2);
    assert!(
        troubled
            .iter()
            .all(|delivery| delivery.channel == Channel::Email && delivery.attempts == 1)
    );
    assert_eq!(troubled[0].last_error.as_deref(), Some("connection refused"));

    stage.line.break_down(Channel::Email, None);
    stage.round().await;
    assert_eq!(stage.line.told().len(), 2, "not before its time");
    stage.clock.advance(SignedDuration::from_secs(15));
    stage.round().await;
    assert_eq!(stage.line.told().len(), 4);
    assert_eq!(stage.book.troubled(stage.clock.now()).await.expect("read"), []);
}

#[tokio::test]
async fn tries_get_rarer_and_after_three_days_it_is_given_up_visibly() {
    let stage = stage();
    let start = stage.clock.now();
    stage
        .line
        .break_down(Channel::Email, Some(Refusal::channel("no route")));
    stage.raise(AlertCode::DiskLow).await;
    let mut tries = 0;
    while stage.book.next_due().await.expect("read").is_some() {
        stage.round().await;
        tries += 1;
        if let Some(next) = stage.book.next_due().await.expect("read") {
            stage.clock.set(next);
        }
    }
    assert!((72..90).contains(&tries), "{tries}");
    assert!(stage.clock.now().duration_since(start) >= SignedDuration::from_hours(72));
    let troubled = stage.book.troubled(start).await.expect("read");
    assert_eq!(troubled.len(), 1);
    assert_eq!(troubled[0].state, DeliveryState::Failed);
}

#[tokio::test]
async fn a_refused_message_does_not_keep_the_next_one_back() {
    let stage = stage();
    stage
        .line
        .break_down(Channel::Email, Some(Refusal::message("nobody takes it")));
    stage.raise(AlertCode::DiskLow).await;
    stage.round().await;
    stage.line.break_down(Channel::Email, None);
    stage.raise(AlertCode::GapHorizon).await;
    stage.round().await;
    let mail: Vec<_> = stage
        .line
        .told()
        .into_iter()
        .filter(|(channel, ..)| *channel == Channel::Email)
        .collect();
    assert_eq!(mail, [(Channel::Email, Occasion::Firing, "gap_horizon")]);
}

#[tokio::test]
async fn what_was_queued_for_a_channel_that_is_gone_is_given_up() {
    let stage = stage();
    stage
        .line
        .break_down(Channel::Email, Some(Refusal::channel("not configured")));
    stage.raise(AlertCode::DiskLow).await;
    let only_webhook = model::Alerts { email: None, ..both() };
    stage.notifier.reconfigure(&only_webhook);
    stage.round().await;
    assert_eq!(stage.book.next_due().await, Ok(None));
    assert_eq!(stage.notifier.configured(), [Channel::Webhook]);
}

#[tokio::test]
async fn a_trial_names_the_channel_that_fails_and_keeps_secrets() {
    let stage = stage();
    stage
        .line
        .break_down(Channel::Webhook, Some(Refusal::channel("the receiver answered 500")));
    let tried = stage.notifier.trial(None).await;
    assert_eq!(tried.len(), 2);
    assert_eq!((tried[0].channel, tried[0].error.as_deref()), (Channel::Email, None));
    assert_eq!(tried[1].error.as_deref(), Some("the receiver answered 500"));
    assert_eq!(tried[1].target, "http://127.0.0.1:1");
    assert_eq!(stage.notifier.trial(Some(Channel::Webhook)).await.len(), 1);
    assert_eq!(stage.line.told(), [(Channel::Email, Occasion::Firing, "test")]);
}
