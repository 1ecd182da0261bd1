//! One running `callsyncd`.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{patience::within, programs::programs, socket};

/// Start to a socket that answers; far above the promise, because everything here runs unoptimised and at once.
const START: Duration = Duration::from_secs(60);

/// The process. Dropping it kills it.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    log: PathBuf,
}

/// How to start a daemon.
#[derive(Debug)]
pub struct Launch {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    log: PathBuf,
}

impl Launch {
    /// With the configuration file of the world in `home`.
    #[must_use]
    pub fn new(home: &Path) -> Self {
        Self::with_config(&home.join("callsyncd.yaml"), home.join("callsyncd.log"))
    }

    /// With this configuration file; what it says goes to `log`.
    #[must_use]
    pub fn with_config(file: &Path, log: PathBuf) -> Self {
        Self {
            program: programs().daemon.clone(),
            arguments: vec!["--config".into(), file.into()],
            environment: Vec::new(),
            log,
        }
    }

    /// Another program than the one under test.
    #[must_use]
    pub fn program(mut self, program: &Path) -> Self {
        self.program = program.to_owned();
        self
    }

    /// Another environment variable.
    #[must_use]
    pub fn variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Starts it without waiting for anything.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn spawn(self) -> Daemon {
        let log = append(&self.log);
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(self.environment)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle of the log"))
            .stderr(log)
            .spawn()
            .expect("callsyncd starts");
        Daemon { child, log: self.log }
    }
}

fn append(file: &Path) -> File {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .expect("a log file")
}

impl Daemon {
    /// Waits until it answers on `socket`.
    ///
    /// # Panics
    /// When it ends instead, or takes too long.
    pub fn wait_ready(&mut self, path: &Path) {
        let pid = self.pid();
        within(START, "the daemon to answer", || {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("callsyncd ended ({status}) instead of getting ready:\n{}", self.said());
            }
            // Another daemon may still answer on the same path.
            let answer = socket::get(path, "/v1/status").ok()?;
            (answer.status == 200 && answer.json()["pid"] == pid).then_some(())
        });
    }

    /// Process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything it has written so far.
    #[must_use]
    pub fn said(&self) -> String {
        fs::read(&self.log)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        // It may have ended already, which is for the test to find out.
        let _ = pid.map(|pid| kill_process(pid, signal));
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it does not end within `limit`.
    pub fn wait_end(&mut self, limit: Duration) -> ExitStatus {
        within(limit, "the end of the daemon", || self.child.try_wait().ok().flatten())
    }

    /// SIGTERM and the end it must lead to.
    ///
    /// # Panics
    /// When it does not end well.
    pub fn stop(&mut self) {
        self.signal(Signal::TERM);
        let status = self.wait_end(Duration::from_secs(30));
        assert!(status.success(), "callsyncd ended with {status}:\n{}", self.said());
    }

    /// `kill -9`, as a power cut for one process.
    pub fn kill(&mut self) {
        // Both fail only when it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// How it ended, if it has.
    ///
    /// # Panics
    /// When the kernel does not say.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the state of a child")
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let said = self.said();
            let from = said.len().saturating_sub(6_000);
            let tail = said.get(from..).unwrap_or(&said);
            eprintln!("--- callsyncd said, at the end:\n{tail}\n---");
        }
    }
}
