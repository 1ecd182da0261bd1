//! The whole of one test: simulator, directory, configuration, daemon.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use zoom_sim::{AccountOptions, Options, RateLimits, Simulator};

use crate::{
    configuration::{Configuration, write_secret},
    control_program::{CommandLine, Outcome},
    daemon::{Daemon, Launch},
    programs::programs,
};

/// A simulated Zoom, a directory, and perhaps a daemon. Everything ends with it.
#[derive(Debug)]
pub struct World {
    // Fields are dropped in this order: the daemon first, the directory last.
    daemon: Option<Daemon>,
    simulator: Option<Simulator>,
    runtime: Runtime,
    /// What the next daemon is configured with.
    pub configuration: Configuration,
    directory: TempDir,
}

/// A small platform that answers at once: no rate limits, nothing published late.
#[must_use]
pub fn prompt(accounts: Vec<AccountOptions>) -> Options {
    Options {
        accounts,
        rate_limits: RateLimits::Off,
        publish_lag: Duration::ZERO,
        detail_lag: Duration::ZERO,
        ..Options::default()
    }
}

/// One account of a few people and calls.
#[must_use]
pub fn small(name: &str) -> AccountOptions {
    AccountOptions {
        users: 12,
        calls: 60,
        queues: 2,
        ..AccountOptions::named(name)
    }
}

impl World {
    /// A platform without a daemon.
    ///
    /// # Panics
    /// When a port, a directory or a thread cannot be had.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime for the simulator");
        let simulator = runtime.block_on(Simulator::start(options)).expect("a simulator");
        let directory = tempfile::Builder::new()
            .prefix("callsync-e2e-")
            .tempdir()
            .expect("a temporary directory");
        // Other users of a test walk through it to the socket.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o711)).expect("the mode of the directory");
        for name in ["run", "databases", "more-databases"] {
            fs::create_dir(directory.path().join(name)).expect("a directory");
        }
        write_secret(&directory.path().join("client-secret"), &simulator.client_secret());
        let configuration = Configuration::for_zoom(&simulator.base_url(), &simulator.client_id());
        Self {
            daemon: None,
            simulator: Some(simulator),
            runtime,
            configuration,
            directory,
        }
    }

    /// A prompt platform with one small account, and a daemon.
    #[must_use]
    pub fn small() -> Self {
        Self::started(prompt(vec![small("acme")]))
    }

    /// A platform and a daemon with the default configuration.
    #[must_use]
    pub fn started(options: Options) -> Self {
        let mut world = Self::new(options);
        world.start();
        world
    }

    /// Writes the configuration, starts the daemon and waits until it answers.
    pub fn start(&mut self) {
        self.configuration.write(self.home());
        let mut daemon = Launch::new(self.home()).spawn();
        daemon.wait_ready(&self.socket());
        self.daemon = Some(daemon);
    }

    /// Puts state and databases aside and starts with nothing; the answer is where they are now.
    ///
    /// # Panics
    /// When they cannot be moved.
    pub fn start_afresh(&mut self) -> PathBuf {
        self.daemon = None;
        let aside = self.home().join("before");
        fs::create_dir(&aside).expect("a directory");
        for name in ["state", "databases"] {
            fs::rename(self.home().join(name), aside.join(name)).expect("a move within the directory");
        }
        fs::create_dir(self.home().join("databases")).expect("a directory");
        self.start();
        aside
    }

    /// Takes over a daemon that a test started in its own way.
    pub fn adopt(&mut self, daemon: Daemon) {
        self.daemon = Some(daemon);
    }

    /// The daemon.
    ///
    /// # Panics
    /// When none was started.
    pub fn daemon(&mut self) -> &mut Daemon {
        self.daemon.as_mut().expect("a started daemon")
    }

    /// Everything the daemons of this world have said.
    #[must_use]
    pub fn said(&self) -> String {
        fs::read_to_string(self.home().join("callsyncd.log")).unwrap_or_default()
    }

    /// The simulated platform.
    ///
    /// # Panics
    /// After [`World::cut_zoom`].
    #[must_use]
    pub fn zoom(&self) -> &Simulator {
        self.simulator.as_ref().expect("a running simulator")
    }

    /// Zoom goes away: connections end and the port is closed.
    pub fn cut_zoom(&mut self) {
        if let Some(simulator) = self.simulator.take() {
            self.runtime.block_on(simulator.stop());
        }
    }

    /// The temporary directory.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.directory.path()
    }

    /// The control socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.home().join("run/control.sock")
    }

    /// The SQLite file of a database on the server `local`.
    #[must_use]
    pub fn database_file(&self, database: &str) -> PathBuf {
        self.home().join("databases").join(format!("{database}.db"))
    }

    /// A command line of the control program.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> CommandLine {
        CommandLine::new(&programs().control, &self.socket(), arguments)
    }

    /// Runs `callsyncctl`.
    #[must_use]
    pub fn ctl(&self, arguments: &[&str]) -> Outcome {
        self.command(arguments).run()
    }

    /// Runs `callsyncctl --json`, which must succeed; the answer is its document.
    #[must_use]
    pub fn json(&self, arguments: &[&str]) -> Value {
        self.ctl(&[arguments, &["--json"]].concat()).ok().json()
    }

    /// Runs `callsyncctl --json`, which must end with `code`; the answer is its error document.
    #[must_use]
    pub fn refused(&self, code: i32, arguments: &[&str]) -> Value {
        self.ctl(&[arguments, &["--json"]].concat()).ended_with(code).error()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // Before the simulator, so that the daemon's last words are not about a Zoom that went away.
        self.daemon = None;
        self.cut_zoom();
    }
}
