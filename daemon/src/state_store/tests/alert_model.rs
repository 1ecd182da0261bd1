//! Random lives of a condition: what each channel is told is a beginning, then its end, each once; nothing of what a mute
//! outlasted.

use std::collections::{BTreeMap, BTreeSet};

use ::hostile::model;
use jiff::{SignedDuration, Timestamp};
use proptest::{collection::vec, prelude::*};

use super::{account, id, open, time, with_group};
use crate::{
    domain::alert::{AlertCode, Channel, Condition, Delivery, DeliveryState, Mute, Occasion, Severity},
    ports::{alerts::AlertBook as _, state::Registry as _},
    state_store::StateStore,
};

#[derive(Debug, Clone)]
enum Happening {
    Raised,
    Resolved,
    /// Until so many minutes from now.
    Muted(i64),
    /// Every due notification is accepted, or fails and is tried again in five minutes.
    Tried(bool),
    Restarted,
    Passed(i64),
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let one = prop_oneof![
        3 => Just(Happening::Raised),
        3 => Just(Happening::Resolved),
        2 => (1..60_i64).prop_map(Happening::Muted),
        4 => prop::bool::weighted(0.7).prop_map(Happening::Tried),
        1 => Just(Happening::Restarted),
        3 => (1..20_i64).prop_map(Happening::Passed),
    ];
    vec(one, 1..40)
}

/// The condition as it holds, and what nobody may be told of.
struct Holding {
    id: String,
    /// Nobody is told before.
    waits_until: Option<Timestamp>,
    /// Somebody was told, or it was tried.
    tried: bool,
}

/// What there has to be.
#[derive(Default)]
struct Model {
    holds: Option<Holding>,
    muted_until: Option<Timestamp>,
    /// What each channel heard of each alert.
    heard: BTreeMap<(String, String), Vec<Occasion>>,
    /// Alerts that were over before their mute was.
    silent: BTreeSet<String>,
}

impl Model {
    async fn accept(&mut self, store: &StateStore, mut delivery: Delivery, now: Timestamp) {
        delivery.state = DeliveryState::Delivered;
        delivery.attempts += 1;
        delivery.next_attempt_at = None;
        delivery.delivered_at = Some(now);
        let whose = (delivery.channel.as_str().to_owned(), delivery.alert.clone());
        self.heard.entry(whose).or_default().push(delivery.occasion);
        store.save_delivery(&delivery).await.expect("kept");
    }

    async fn happen(&mut self, happening: Happening, store: &StateStore, now: Timestamp) {
        match happening {
            Happening::Raised => {
                let condition = Condition::new(AlertCode::ZoomUnreachable, Severity::Critical, "Zoom does not answer");
                let both = vec![Channel::Email, Channel::Webhook];
                let announced = store
                    .raise(condition.account(&id("a1")), both, now)
                    .await
                    .expect("kept");
                assert_eq!(announced.is_some(), self.holds.is_none());
                if let Some(alert) = announced {
                    self.holds = Some(Holding {
                        id: alert.id,
                        waits_until: self.muted_until.filter(|until| *until > now),
                        tried: false,
                    });
                }
            }
            Happening::Resolved => {
                let ended = store.resolve(AlertCode::ZoomUnreachable, Some(&id("a1")), now).await;
                let held = self.holds.take();
                assert_eq!(ended.expect("kept").is_some(), held.is_some());
                let untold = held.filter(|held| !held.tried && held.waits_until.is_some_and(|until| until > now));
                self.silent.extend(untold.map(|held| held.id));
            }
            Happening::Muted(minutes) => {
                let until = now + SignedDuration::from_mins(minutes);
                let mute = Mute {
                    code: AlertCode::ZoomUnreachable,
                    account: Some(id("a1")),
                    until,
                };
                store.mute(mute, now).await.expect("kept");
                self.muted_until = Some(until);
                if let Some(held) = self.holds.as_mut().filter(|held| !held.tried) {
                    held.waits_until = Some(until);
                }
            }
            Happening::Tried(accepted) => {
                if let Some(held) = &mut self.holds {
                    held.tried |= held.waits_until.is_none_or(|until| until <= now);
                }
                for (mut delivery, _) in store.due(now, 100).await.expect("read") {
                    if accepted {
                        self.accept(store, delivery, now).await;
                    } else {
                        delivery.attempts += 1;
                        delivery.next_attempt_at = Some(now + SignedDuration::from_mins(5));
                        delivery.last_error = Some("refused".to_owned());
                        store.save_delivery(&delivery).await.expect("kept");
                    }
                }
            }
            Happening::Restarted | Happening::Passed(_) => {}
        }
    }

    fn assert_fine(&self, ended: bool) {
        let whole = [Occasion::Firing, Occasion::Resolved];
        for (of, occasions) in &self.heard {
            assert!(!self.silent.contains(&of.1), "{of:?} heard of what was over in silence");
            let fine = *occasions == whole || (!ended && *occasions == whole[..1]);
            assert!(fine, "{of:?} heard {occasions:?}");
        }
    }
}

#[test]
fn each_channel_hears_of_a_beginning_before_its_end_and_of_each_once() {
    model::hold(32, happenings(), |happenings| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let outer = tempfile::tempdir().expect("a directory");
            let mut store = with_group(outer.path()).await;
            store.add_account(account("a1", "ACME")).await.expect("added");
            let mut now: Timestamp = time("2026-03-01T10:00:00Z");
            let mut model = Model::default();
            for happening in happenings {
                match happening {
                    Happening::Restarted => {
                        store.close().await.expect("closed");
                        drop(store);
                        store = open(outer.path());
                    }
                    Happening::Passed(minutes) => now += SignedDuration::from_mins(minutes),
                    other => model.happen(other, &store, now).await,
                }
                let firing = store.alerts(false, 10).await.expect("read");
                assert_eq!(firing.len(), usize::from(model.holds.is_some()));
                model.assert_fine(false);
            }
            // In the end whoever heard of a beginning has heard of its end.
            model.happen(Happening::Resolved, &store, now).await;
            let long_after = now + SignedDuration::from_hours(24);
            while let Some((delivery, _)) = store.due(long_after, 1).await.expect("read").pop() {
                model.accept(&store, delivery, long_after).await;
            }
            model.assert_fine(true);
        });
    });
}
