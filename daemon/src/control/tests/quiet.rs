//! A monitor that finds nothing, no channels of alerts, and a book for alerts.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::fixture::now;
use crate::{
    config::MasterKey,
    domain::alert::Channel,
    monitor::{
        Health, Metrics, Watching,
        facts::{DaemonFacts, Facts},
    },
    ports::alerts::{ChannelTrial, Channels},
    state_store::{StateDirectory, StateStore},
};

pub(super) struct NoChannels;

#[async_trait]
impl Channels for NoChannels {
    fn configured(&self) -> Vec<Channel> {
        Vec::new()
    }
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
    async fn trial(&self, _: Option<Channel>) -> Vec<ChannelTrial> {
        Vec::new()
    }
    fn look_again(&self) {}
}

pub(super) struct AllIsWell;

#[async_trait]
impl Metrics for AllIsWell {
    async fn openmetrics(&self) -> String {
        "# EOF\n".to_owned()
    }
}

#[async_trait]
impl Watching for AllIsWell {
    async fn health(&self) -> Arc<Health> {
        let daemon = DaemonFacts {
            now: now(),
            started_at: now(),
            timers_idle: Duration::ZERO,
            config_trouble: None,
            state_store: Ok(Duration::ZERO),
            disks: Vec::new(),
            webhook: None,
            channels: 0,
            undelivered: Vec::new(),
            holidays: Vec::new(),
        };
        let accounts = Vec::new();
        Arc::new(Health {
            at: now(),
            checks: Vec::new(),
            facts: Facts { daemon, accounts },
        })
    }
    fn last(&self) -> Option<Arc<Health>> {
        None
    }
    fn look_soon(&self) {}
}

pub(super) fn alert_book(path: &std::path::Path) -> StateStore {
    let directory = StateDirectory::lock(path).expect("a state directory");
    StateStore::open(directory, &MasterKey::from_bytes([7; 32])).expect("a state store")
}
