//! Alerts: raised once, ended once, told in order, silent under a mute; all of it durable.

use jiff::{SignedDuration, Timestamp};

use super::{account, id, open, time, with_group};
use crate::{
    domain::alert::{AlertCode, Channel, Condition, Delivery, DeliveryState, Mute, Occasion, Severity},
    ports::{alerts::AlertBook, state::Registry},
    state_store::StateStore,
};

const BOTH: [Channel; 2] = [Channel::Email, Channel::Webhook];

fn start() -> Timestamp {
    time("2026-03-01T10:00:00Z")
}

fn later(minutes: i64) -> Timestamp {
    start() + SignedDuration::from_mins(minutes)
}

async fn store(path: &std::path::Path) -> StateStore {
    let store = with_group(path).await;
    store.add_account(account("a1", "ACME")).await.expect("added");
    store
}

fn down() -> Condition {
    Condition::new(AlertCode::ZoomUnreachable, Severity::Critical, "Zoom does not answer")
        .account(&id("a1"))
        .cause("connection refused")
        .hint("callsyncctl account test ACME")
        .recipients(["sec@example.com".to_owned()])
}

async fn accept(store: &StateStore, mut delivery: Delivery, at: Timestamp) {
    delivery.state = DeliveryState::Delivered;
    delivery.attempts += 1;
    delivery.next_attempt_at = None;
    delivery.delivered_at = Some(at);
    store.save_delivery(&delivery).await.expect("saved");
}

async fn due(store: &StateStore, now: Timestamp) -> Vec<(Channel, Occasion)> {
    let due = store.due(now, 100).await.expect("read");
    due.iter()
        .map(|(delivery, _)| (delivery.channel, delivery.occasion))
        .collect()
}

#[tokio::test]
async fn a_condition_is_announced_once_and_ended_once_over_each_channel_also_across_a_restart() {
    let outer = tempfile::tempdir().expect("a directory");
    let first = store(outer.path()).await;
    let alert = first
        .raise(down(), BOTH.to_vec(), start())
        .await
        .expect("kept")
        .expect("announced");
    assert_eq!(alert.account_name.as_deref(), Some("ACME"));
    assert_eq!(first.raise(down(), BOTH.to_vec(), later(1)).await, Ok(None));
    drop(first);

    let store = open(outer.path());
    assert_eq!(store.raise(down(), BOTH.to_vec(), later(2)).await, Ok(None));
    let queue = store.due(later(2), 100).await.expect("read");
    assert_eq!(queue.len(), 2);
    assert_eq!(queue[0].1.condition, down());
    for (delivery, _) in queue {
        accept(&store, delivery, later(3)).await;
    }
    let ended = store
        .resolve(AlertCode::ZoomUnreachable, Some(&id("a1")), later(4))
        .await;
    assert_eq!(ended.expect("kept").map(|ended| ended.id), Some(alert.id));
    assert_eq!(
        store
            .resolve(AlertCode::ZoomUnreachable, Some(&id("a1")), later(5))
            .await,
        Ok(None)
    );
    let resolved = [
        (Channel::Email, Occasion::Resolved),
        (Channel::Webhook, Occasion::Resolved),
    ];
    assert_eq!(due(&store, later(5)).await, resolved);
    assert_eq!(store.alerts(false, 10).await.expect("read"), []);
    let kept = store.alerts(true, 10).await.expect("read");
    assert_eq!((kept.len(), kept[0].deliveries.len()), (1, 4));
    assert_eq!((kept[0].since, kept[0].resolved_at), (start(), Some(later(4))));
}

#[tokio::test]
async fn other_texts_renew_an_alert_silently_and_another_stage_is_announced() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = store(outer.path()).await;
    let due_in = |stage: &str| {
        Condition::new(AlertCode::RemovalDue, Severity::Warning, format!("removal at {stage}"))
            .account(&id("a1"))
            .stage(stage)
    };
    let first = store
        .raise(due_in("T-30"), vec![Channel::Email], start())
        .await
        .expect("kept");
    let second = store
        .raise(due_in("T-14"), vec![Channel::Email], later(1))
        .await
        .expect("kept");
    assert_eq!(
        first.expect("announced").id,
        second.expect("announced").id,
        "it is the same alert"
    );
    let other = due_in("T-14").hint("look");
    assert_eq!(store.raise(other, vec![Channel::Email], later(2)).await, Ok(None));
    let alerts = store.alerts(false, 10).await.expect("read");
    assert_eq!(alerts.len(), 1);
    assert_eq!((alerts[0].condition.hint.as_str(), alerts[0].since), ("look", start()));
    assert_eq!(alerts[0].deliveries.len(), 2);
}

#[tokio::test]
async fn an_end_is_not_told_before_its_beginning() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = store(outer.path()).await;
    store
        .raise(down(), vec![Channel::Webhook], start())
        .await
        .expect("kept");
    let (mut failing, _) = store.due(start(), 1).await.expect("read").remove(0);
    failing.attempts = 1;
    failing.next_attempt_at = Some(later(10));
    failing.last_error = Some("refused".to_owned());
    store.save_delivery(&failing).await.expect("saved");
    store
        .resolve(AlertCode::ZoomUnreachable, Some(&id("a1")), later(1))
        .await
        .expect("kept")
        .expect("it held");
    assert_eq!(due(&store, later(5)).await, []);
    assert_eq!(due(&store, later(10)).await, [(Channel::Webhook, Occasion::Firing)]);
    assert_eq!(store.troubled(start()).await.expect("read"), [failing.clone()]);
    accept(&store, failing, later(10)).await;
    assert_eq!(due(&store, later(10)).await, [(Channel::Webhook, Occasion::Resolved)]);
    assert_eq!(store.troubled(start()).await.expect("read"), []);
}

#[tokio::test]
async fn a_muted_condition_is_told_when_the_mute_ends_and_never_when_it_ended_before() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = store(outer.path()).await;
    let mute = |minutes| Mute {
        code: AlertCode::ZoomUnreachable,
        account: None,
        until: later(minutes),
    };
    store.mute(mute(60), start()).await.expect("muted");
    assert_eq!(store.mutes(start()).await.expect("read"), [mute(60)]);
    store
        .raise(down(), vec![Channel::Email], later(1))
        .await
        .expect("kept")
        .expect("announced");
    assert_eq!(due(&store, later(59)).await, []);
    assert_eq!(store.next_due().await, Ok(Some(later(60))));
    store
        .resolve(AlertCode::ZoomUnreachable, Some(&id("a1")), later(30))
        .await
        .expect("kept")
        .expect("it held");
    assert_eq!(due(&store, later(120)).await, [], "nobody was told of its beginning");

    store
        .raise(down(), vec![Channel::Email], later(31))
        .await
        .expect("kept");
    store.mute(mute(40), later(32)).await.expect("a shorter mute");
    assert_eq!(due(&store, later(40)).await, [(Channel::Email, Occasion::Firing)]);
    assert_eq!(store.mutes(later(40)).await.expect("read"), []);
}

#[tokio::test]
async fn alerts_go_with_their_account_and_old_ones_with_time() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = store(outer.path()).await;
    let disk = Condition::new(AlertCode::DiskLow, Severity::Warning, "the disk is nearly full");
    store.raise(disk, BOTH.to_vec(), start()).await.expect("kept");
    store.raise(down(), BOTH.to_vec(), start()).await.expect("kept");
    store.remove_account(&id("a1")).await.expect("removed");
    let left = store.alerts(true, 10).await.expect("read");
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].condition.code, AlertCode::DiskLow);
    store.resolve(AlertCode::DiskLow, None, later(1)).await.expect("kept");
    assert_eq!(store.prune_alerts(later(1)).await, Ok(0));
    assert_eq!(store.prune_alerts(later(2)).await, Ok(1));
    assert_eq!(store.next_due().await, Ok(None));
}

#[tokio::test]
async fn an_account_that_is_gone_raises_nothing() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = store(outer.path()).await;
    store.remove_account(&id("a1")).await.expect("removed");
    assert_eq!(
        super::code(store.raise(down(), BOTH.to_vec(), start()).await),
        "account_not_found"
    );
}
