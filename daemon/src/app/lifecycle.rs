//! From start to end: ready, reload, the two stages of stopping.

use std::{sync::Arc, time::Duration};

use callsync_shared::ExitCode;
use tracing::{error, info, warn};

use super::{
    build::{self, Daemon, StartError},
    notify, reload,
    signals::{Asked, Signals},
};
use crate::{
    config::Config,
    control::access::AccessRules,
    domain::{account::CdrState, event::Event},
    monitor::Watching as _,
    telemetry,
};

/// Tasks have this long to finish their commits; systemd kills a little later (`TimeoutStopSec`).
const DRAIN: Duration = Duration::from_secs(25);
/// How often the line in `systemctl status` is renewed.
const STATUS_EVERY: Duration = Duration::from_secs(30);
/// How often tokens of idle accounts are looked at.
const TOKENS_EVERY: Duration = Duration::from_secs(3_600);
/// A core task that did not show up for this long is stuck; systemd is then no longer told that we are alive.
pub(super) const STUCK: Duration = Duration::from_secs(90);

/// Runs the daemon until it is told to stop.
///
/// # Errors
/// It could not start.
pub async fn run(
    asked: Option<std::path::PathBuf>,
    config: Config,
    logging: telemetry::Handle,
) -> Result<ExitCode, StartError> {
    let mut signals = Signals::listen().map_err(StartError::Signals)?;
    let daemon = Arc::new(Daemon::start(asked, config).await?);
    let journal = Arc::clone(&daemon.journal);
    daemon.supervisor.spawn_core(
        "event journal",
        journal.run(logging.caught(), daemon.supervisor.stop_token().clone()),
    );
    notify::ready(&daemon.status_line().await);
    let accounts = daemon.accounts().await.len();
    Event::DaemonStarted {
        version: callsync_shared::VERSION,
        accounts,
    }
    .log(None, None);
    start_upkeep(&daemon);

    let stop = daemon.supervisor.stop_token().clone();
    loop {
        tokio::select! {
            asked = signals.next() => match asked {
                Asked::Stop => break,
                Asked::Reload => reload(&daemon, &logging).await,
            },
            () = stop.cancelled() => break,
        }
    }
    notify::stopping();
    Event::DaemonStopping {
        reason: "finishing the current commits".to_owned(),
    }
    .log(None, None);
    stop.cancel();
    tokio::select! {
        drained = daemon.supervisor.drain(DRAIN) => if !drained {
            warn!("some tasks did not finish in time; what they had not committed is read again at the next start");
        },
        () = second_stop(&mut signals) => warn!("told twice to stop: ending at once; uncommitted work is done again at the next start"),
    }
    daemon.close().await;
    match daemon.supervisor.failed() {
        None => {
            info!("callsyncd has ended");
            Ok(ExitCode::Ok)
        }
        Some(task) => {
            error!(task, "callsyncd has ended because a part it needs failed");
            Ok(ExitCode::Failed)
        }
    }
}

async fn second_stop(signals: &mut Signals) {
    loop {
        if signals.next().await == Asked::Stop {
            return;
        }
    }
}

async fn reload(daemon: &Arc<Daemon>, logging: &telemetry::Handle) {
    notify::reloading();
    match daemon.in_force.reload(reload::refuse_fixed) {
        Ok((old, new)) => {
            if let Err(failure) = daemon.zoom.reconfigure(&new.zoom) {
                error!(error = %failure, "the section zoom: could not be put in force");
            }
            if (&old.zoom.limits, old.zoom.plan) != (&new.zoom.limits, new.zoom.plan) {
                daemon.pace().await;
            }
            daemon.servers.reconfigure(new.servers.clone());
            daemon.notifier.reconfigure(&new.alerts);
            daemon.warn_of_configuration();
            daemon.handles.access.replace(AccessRules::of_system(&new.control));
            daemon.reload_listener(&new);
            daemon.handles.removal.set_policy(build::policy(new.removal_policy));
            if logging.apply(&new.logging) {
                warn!("logging.format changes at the next start");
            }
            daemon.notices.clear("config");
            let file = new
                .file
                .as_ref()
                .map_or_else(|| "(defaults)".to_owned(), |file| file.display().to_string());
            Event::ConfigReloaded { file }.log(None, None);
        }
        Err(error) => {
            let hint =
                "callsyncd --check-config shows the same; systemctl reload callsyncd reads the file again".to_owned();
            let first = error.lines().next().unwrap_or_default().to_owned();
            Event::ConfigRefused { error, hint }.log(None, None);
            daemon.notices.raise(
                "config",
                format!(
                    "the changed configuration is refused, the old one is in force: {first}: callsyncctl config check"
                ),
            );
        }
    }
    daemon.monitor.look_soon();
    notify::ready(&daemon.status_line().await);
}

/// Starts what keeps the daemon healthy: the status line, the watchdog, tokens of idle accounts.
fn start_upkeep(daemon: &Arc<Daemon>) {
    let stop = daemon.supervisor.stop_token().clone();
    let this = Arc::clone(daemon);
    let ended = stop.clone();
    daemon.supervisor.spawn_core("status line", async move {
        while pause(STATUS_EVERY, &ended).await {
            notify::status(&this.status_line().await);
        }
    });
    let this = Arc::clone(daemon);
    let ended = stop.clone();
    daemon.supervisor.spawn_core("token upkeep", async move {
        loop {
            if let Err(failure) = this.tokens.ask().await {
                warn!(error = %failure, "tokens of idle accounts could not be looked at; tried again in an hour");
            }
            if !pause(TOKENS_EVERY, &ended).await {
                return;
            }
        }
    });
    if let Some(interval) = notify::watchdog_interval() {
        let this = Arc::clone(daemon);
        daemon.supervisor.spawn_core("watchdog", async move {
            loop {
                if this.makes_progress(STUCK).await {
                    notify::watchdog();
                } else {
                    error!("a core task is stuck; systemd is not told that we are alive");
                }
                if !pause(interval / 3, &stop).await {
                    return;
                }
            }
        });
    }
    let this = Arc::clone(daemon);
    daemon.supervisor.spawn("resume", async move { this.resume().await });
}

/// Waits; false when told to stop.
async fn pause(wait: Duration, stop: &tokio_util::sync::CancellationToken) -> bool {
    tokio::select! {
        () = tokio::time::sleep(wait) => true,
        () = stop.cancelled() => false,
    }
}

impl Daemon {
    /// One useful line for `systemctl status`.
    pub async fn status_line(&self) -> String {
        let accounts = self.accounts().await;
        let active = accounts
            .iter()
            .filter(|account| account.cdr.state == CdrState::Active)
            .count();
        let running = self.jobs.running().len();
        let attention = self.notices.all().len();
        let notices = if attention == 0 {
            String::new()
        } else {
            format!(", {attention} notices (callsyncctl status)")
        };
        format!(
            "{} accounts, {active} collecting, {running} jobs running{notices}",
            accounts.len()
        )
    }
}
