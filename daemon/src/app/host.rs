//! What the machine tells the monitor: disks, progress of the timers, the configuration.

use std::{path::Path, sync::Arc, time::Duration};

use jiff::{Timestamp, civil::Date};

use super::reload::InForce;
use crate::{
    control::ConfigView as _,
    domain::account::Account,
    jobs::Timers,
    listener::counters::Counters,
    monitor::{
        facts::{Disk, WebhookFacts},
        host::Host,
    },
    ports::records::RecordServers,
};

/// Implements [`Host`].
pub struct Machine {
    config: Arc<InForce>,
    timers: Timers,
    servers: Arc<dyn RecordServers>,
    heard: Arc<Counters>,
    started_at: Timestamp,
}

impl Machine {
    /// Over what the daemon is built of.
    #[must_use]
    pub fn new(
        config: Arc<InForce>,
        timers: Timers,
        servers: Arc<dyn RecordServers>,
        heard: Arc<Counters>,
        started_at: Timestamp,
    ) -> Self {
        Self {
            config,
            timers,
            servers,
            heard,
            started_at,
        }
    }
}

impl Host for Machine {
    fn disks(&self) -> Vec<Disk> {
        let state = self.config.config().state_directory.clone();
        let mut disks = vec![disk(&state, "the daemon's own state".to_owned())];
        for server in self.servers.list() {
            // A directory that does not exist yet is made with the first database.
            let path = Path::new(&server.location);
            if server.kind == "sqlite" && path.is_dir() {
                disks.push(disk(path, format!("databases of {}", server.name)));
            }
        }
        disks
    }

    fn timers_idle(&self) -> Duration {
        self.timers.idle_for()
    }

    fn config_trouble(&self) -> Option<String> {
        self.config.status().last_reload_error
    }

    fn webhook(&self) -> Option<WebhookFacts> {
        // Without a secret every post is refused: nobody counts on it then.
        let config = self.config.config();
        let listen = config.listen.as_ref()?;
        listen.webhook_secret.as_ref()?;
        Some(WebhookFacts {
            listening_since: self.started_at,
        })
    }

    fn last_webhook(&self, account: &Account) -> Option<Timestamp> {
        self.heard.last_heard(&account.id)
    }

    fn holidays(&self) -> Vec<Date> {
        self.config.config().alerts.holidays.clone()
    }
}

fn disk(path: &Path, holds: String) -> Disk {
    let space = rustix::fs::statvfs(path)
        .map(|found| {
            (
                found.f_bavail.saturating_mul(found.f_frsize),
                found.f_blocks.saturating_mul(found.f_frsize),
            )
        })
        .map_err(|error| error.to_string());
    Disk {
        holds,
        path: path.to_owned(),
        space,
    }
}
