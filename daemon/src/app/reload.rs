//! The configuration in force, and reading it again without losing the old one.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use callsync_shared::api::status::ConfigStatus;
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    config::{self, Config},
    control::ConfigView,
    domain::clock::SharedClock,
};

/// Holds the configuration in force.
pub struct InForce {
    /// `--config` as given.
    asked: Option<PathBuf>,
    clock: SharedClock,
    now: RwLock<State>,
}

struct State {
    config: Arc<Config>,
    loaded_at: Timestamp,
    last_reload_at: Option<Timestamp>,
    last_reload_error: Option<String>,
}

impl InForce {
    /// Starts with the configuration that was read at start.
    #[must_use]
    pub fn new(asked: Option<PathBuf>, config: Config, clock: SharedClock) -> Self {
        let loaded_at = clock.now();
        let state = State {
            config: Arc::new(config),
            loaded_at,
            last_reload_at: None,
            last_reload_error: None,
        };
        Self {
            asked,
            clock,
            now: RwLock::new(state),
        }
    }

    /// The configuration in force.
    #[must_use]
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner).config)
    }

    /// Reads the file again. A good one is in force afterwards and returned with its predecessor.
    ///
    /// # Errors
    /// Why the file was refused; the old configuration stays in force.
    pub fn reload(
        &self,
        acceptable: impl FnOnce(&Config, &Config) -> Result<(), String>,
    ) -> Result<(Arc<Config>, Arc<Config>), String> {
        let now = self.clock.now();
        let old = self.config();
        let read = config::load(self.asked.as_deref())
            .map_err(|error| error.to_string())
            .and_then(|new| acceptable(&old, &new).map(|()| Arc::new(new)));
        let mut state = self.now.write().unwrap_or_else(PoisonError::into_inner);
        state.last_reload_at = Some(now);
        match read {
            Ok(new) => {
                state.config = Arc::clone(&new);
                state.loaded_at = now;
                state.last_reload_error = None;
                Ok((old, new))
            }
            Err(error) => {
                state.last_reload_error = Some(error.clone());
                Err(error)
            }
        }
    }
}

impl ConfigView for InForce {
    fn show(&self) -> Value {
        config::show(&self.config())
    }

    fn file(&self) -> Option<String> {
        self.config().file.as_ref().map(|file| file.display().to_string())
    }

    fn check(&self, file: Option<&Path>) -> Result<(), String> {
        let new = config::load(file.or(self.asked.as_deref())).map_err(|error| error.to_string())?;
        refuse_fixed(&self.config(), &new)
    }

    fn status(&self) -> ConfigStatus {
        let state = self.now.read().unwrap_or_else(PoisonError::into_inner);
        ConfigStatus {
            file: state.config.file.as_ref().map(|file| file.display().to_string()),
            loaded_at: state.loaded_at,
            last_reload_at: state.last_reload_at,
            last_reload_error: state.last_reload_error.clone(),
        }
    }
}

/// What cannot change while the daemon runs: these need a restart, and a file that changes them is refused as a whole.
///
/// # Errors
/// Names the key and what to type.
pub fn refuse_fixed(old: &Config, new: &Config) -> Result<(), String> {
    let fixed = [
        ("state_directory", old.state_directory != new.state_directory),
        ("control.socket", old.control.socket != new.control.socket),
        // The socket was given to it when it was made.
        ("control.group", old.control.group != new.control.group),
        ("secrets.master_key", old.master_key != new.master_key),
        ("listen", old.listen != new.listen),
    ];
    match fixed.iter().find(|(_, changed)| *changed) {
        None => Ok(()),
        Some((key, _)) => Err(format!(
            "{key} cannot change while the daemon runs; the old configuration stays in force. Next: systemctl restart callsyncd"
        )),
    }
}
