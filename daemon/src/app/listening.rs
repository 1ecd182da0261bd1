//! Puts the listener together and starts its tasks.

use std::sync::{Arc, Mutex, RwLock};

use async_trait::async_trait;
use secrecy::SecretString;
use tokio::{net::TcpListener, sync::Notify};
use tracing::{error, warn};

use super::{build::Daemon, lifecycle::STUCK};
use crate::{
    config::{self, Config, model},
    domain::clock::SharedClock,
    jobs::Timers,
    listener::{
        Budget, Listener, Vitals,
        errands::{Deletions, Errands},
        intake::intake,
        serve::{Spawn, serve},
        signature::Secret,
        wake::Wakes,
        webhook::Webhook,
    },
    monitor::Metrics,
    ports::{state::Registry, webhook::WebhookBook},
    state_store::StateStore,
};

impl Daemon {
    /// Starts everything behind an open port.
    pub(super) fn start_listener(
        &self,
        port: TcpListener,
        deletions: model::Deletions,
        secret: Option<&SecretString>,
        clock: &SharedClock,
        spawn: Spawn,
    ) -> Arc<Listener> {
        let stop = self.supervisor.stop_token();
        let registry = || Arc::clone(&self.state) as Arc<dyn Registry>;
        let book = || Arc::clone(&self.state) as Arc<dyn WebhookBook>;
        let (intake, clerk) = intake(book());
        let wakes = Wakes::new(registry(), Arc::new(self.jobs.clone()));
        let wake = Arc::new(Notify::new());
        let errands = Errands {
            book: book(),
            registry: registry(),
            primary: self.handles.primary.clone(),
            removal: self.handles.removal.clone(),
            deletions: match deletions {
                model::Deletions::Keep => Deletions::Keep,
                model::Deletions::Delete => Deletions::Delete,
            },
            wake: Arc::clone(&wake),
        };
        let webhook = Webhook {
            secret: RwLock::new(secret.map(Secret::new)),
            registry: registry(),
            removal: self.handles.removal.clone(),
            book: book(),
            intake,
            wakes: wakes.clone(),
            errands: wake,
            clock: Arc::clone(clock),
            counters: Arc::clone(&self.heard),
            budget: Budget::default(),
            told: Mutex::new((None, 0)),
        };
        let vitals = Arc::new(Core {
            state: Arc::clone(&self.state),
            timers: self.timers.clone(),
        });
        let figures = Arc::clone(&self.monitor) as Arc<dyn Metrics>;
        let listener = Arc::new(Listener::new(webhook, registry(), vitals, figures));
        self.supervisor.spawn_core("webhook intake", clerk.run(stop.clone()));
        self.supervisor.spawn_core("webhook polls", wakes.run(stop.clone()));
        self.supervisor.spawn_core("webhook errands", errands.run(stop.clone()));
        self.supervisor
            .spawn_core("listener", serve(port, Arc::clone(&listener), spawn, stop.clone()));
        listener
    }

    /// Reads the webhook secret of a reloaded configuration.
    pub(super) fn reload_listener(&self, config: &Config) {
        let Some((listener, listen)) = self.listener.as_ref().zip(config.listen.as_ref()) else {
            return;
        };
        match listen.webhook_secret.as_ref().map(config::read).transpose() {
            Ok(secret) => listener.set_secret(secret.as_ref()),
            Err(failure) => {
                error!(error = %failure, "the webhook secret could not be read; the old one stays in force")
            }
        }
        if listen.webhook_secret.is_none() {
            warn!("no webhook secret is configured: every webhook post is refused");
        }
    }
}

/// Whether the core tasks did their rounds.
struct Core {
    state: Arc<StateStore>,
    timers: Timers,
}

#[async_trait]
impl Vitals for Core {
    async fn is_well(&self) -> bool {
        let store = tokio::time::timeout(std::time::Duration::from_secs(2), Registry::groups(self.state.as_ref()));
        matches!(store.await, Ok(Ok(_))) && self.timers.idle_for() < STUCK
    }
}
