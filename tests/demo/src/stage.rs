//! The surroundings of the demo: a directory, the simulator, the daemon, and how a command is run among them.

use std::{
    ffi::OsStr,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use e2e::{Configuration, configuration::write_secret, programs, socket};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, Command},
    time::{sleep, timeout},
};

use crate::screen::Screen;

/// No step of the demo takes longer.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// A path of a Unix socket has room for about a hundred bytes.
const LONGEST_DIRECTORY: usize = 70;

/// The three programs.
#[derive(Debug)]
pub struct Built {
    daemon: PathBuf,
    control: PathBuf,
    simulator: PathBuf,
}

/// Builds the three programs as this one was built.
pub fn build() -> Built {
    let built = programs::build(&["callsyncd", "callsyncctl", "zoom-sim"]);
    let find = |name: &str| {
        let found = built.iter().find(|path| path.file_name() == Some(OsStr::new(name)));
        found.cloned().unwrap_or_else(|| PathBuf::from(name))
    };
    Built {
        daemon: find("callsyncd"),
        control: find("callsyncctl"),
        simulator: find("zoom-sim"),
    }
}

/// Everything that runs. Dropping it kills the processes and removes the directory.
#[derive(Debug)]
pub struct Stage {
    simulator: Child,
    daemon: Child,
    control: PathBuf,
    /// The simulator's ready line.
    zoom: Value,
    directory: TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Stage {
    /// Starts simulator and daemon.
    pub async fn set(programs: Built, screen: &Screen) -> anyhow::Result<Self> {
        let directory = directory()?;
        let home = directory.path();
        screen.begin("starting a simulated Zoom account with 60 users and 900 calls of the last 30 days");
        write_secret(&home.join("client-secret"), "a-client-secret-of-the-demo");
        let sizes = [
            "--users", "60", "--calls", "900", "--days", "30", "--live", "60", "--lag", "5",
        ];
        let mut simulator = background(&programs.simulator, home, "zoom-sim.log")?
            .args(sizes)
            .arg("--client-secret-file")
            .arg(home.join("client-secret"))
            .stdout(Stdio::piped())
            .spawn()
            .context("zoom-sim does not start")?;
        let zoom = ready_line(&mut simulator).await?;
        screen.begin("starting callsyncd");
        configure(home, &zoom)?;
        screen.typed(&format!("callsyncd --config {}/callsyncd.yaml &", home.display()));
        let daemon = background(&programs.daemon, home, "callsyncd.log")?
            .arg("--config")
            .arg(home.join("callsyncd.yaml"))
            .spawn()
            .context("callsyncd does not start")?;
        let mut stage = Self {
            simulator,
            daemon,
            control: programs.control,
            zoom,
            directory,
        };
        stage.await_daemon().await?;
        Ok(stage)
    }

    async fn await_daemon(&mut self) -> anyhow::Result<()> {
        let answers = async {
            loop {
                if let Some(status) = self.daemon.try_wait()? {
                    bail!("callsyncd ended with {status}:\n{}", self.last_words());
                }
                if socket::get(&self.socket(), "/v1/status").is_ok_and(|answer| answer.status == 200) {
                    return Ok(());
                }
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(PATIENCE, answers).await.context("callsyncd does not answer")?
    }

    fn home(&self) -> &Path {
        self.directory.path()
    }

    fn socket(&self) -> PathBuf {
        self.home().join("run/control.sock")
    }

    /// A file in the directory in which the commands are typed.
    pub fn file(&self, name: &str) -> PathBuf {
        self.home().join(name)
    }

    /// Host and port of the simulator.
    pub fn zoom_address(&self) -> &str {
        self.zoom["base_url"]
            .as_str()
            .unwrap_or_default()
            .trim_start_matches("http://")
    }

    /// E-mail address of the owner of the simulated account.
    pub fn owner(&self) -> &str {
        self.zoom["accounts"][0]["owner"].as_str().unwrap_or_default()
    }

    /// The number of the simulated account.
    pub fn account_number(&self) -> String {
        self.zoom["accounts"][0]["account_number"].to_string()
    }

    /// Runs `callsyncctl` with these arguments; `input` is typed into it.
    pub async fn run(&self, arguments: &[&str], input: Option<&str>) -> anyhow::Result<Ended> {
        let mut child = Command::new(&self.control)
            .args(arguments)
            .current_dir(self.home())
            .env("CALLSYNC_SOCKET", self.socket())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("callsyncctl does not start")?;
        if let (Some(mut stdin), Some(text)) = (child.stdin.take(), input) {
            stdin.write_all(text.as_bytes()).await?;
        }
        let output = timeout(PATIENCE, child.wait_with_output())
            .await
            .context("callsyncctl does not end")??;
        Ok(Ended {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// The last lines of the daemon's log.
    pub fn last_words(&self) -> String {
        let log = fs::read_to_string(self.file("callsyncd.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Ends both processes in order and removes the directory.
    pub async fn strike(mut self) {
        for child in [&mut self.daemon, &mut self.simulator] {
            terminate(child);
            // What does not end by itself is killed when it is dropped.
            let _ = timeout(Duration::from_secs(10), child.wait()).await;
        }
    }

    /// Leaves everything running and says how to go on.
    pub fn keep(mut self, screen: &Screen) {
        screen.begin("both keep running; try next");
        let home = self.home().display().to_string();
        screen.printed(&format!("export CALLSYNC_SOCKET={}", self.socket().display()));
        let control = self.control.display();
        for verb in [
            "status",
            "calls list Acme --limit 20",
            "sync run Acme --wait",
            "account show Acme --json",
            "audit list",
            "--help",
        ] {
            screen.printed(&format!("{control} {verb}"));
        }
        screen.printed(&format!(
            "curl --unix-socket {} http://localhost/v1/status",
            self.socket().display()
        ));
        screen.printed(&format!(
            "sqlite3 -readonly {home}/databases/acme.db 'SELECT count(*) FROM call_history'"
        ));
        screen.say("To end it:");
        let pids = [&self.daemon, &self.simulator].map(|child| child.id().unwrap_or_default().to_string());
        screen.printed(&format!("kill {} && sleep 1 && rm -r {home}", pids.join(" ")));
        self.directory.disable_cleanup(true);
        for child in [self.daemon, self.simulator] {
            // Neither is a child that anybody waits for any more.
            std::mem::forget(child);
        }
    }
}

fn directory() -> anyhow::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix("callsync-demo-");
    let directory = builder.tempdir().context("no temporary directory")?;
    if directory.path().as_os_str().len() <= LONGEST_DIRECTORY {
        return Ok(directory);
    }
    builder
        .tempdir_in("/tmp")
        .context("no directory in /tmp, and TMPDIR is too long for a socket")
}

fn configure(home: &Path, zoom: &Value) -> anyhow::Result<()> {
    let text = |name: &str| zoom[name].as_str().unwrap_or_default().to_owned();
    let mut configuration = Configuration::for_zoom(&text("oauth_url"), &text("client_id"));
    // The documented share of Zoom's documented limits, as in an installation.
    configuration.limits.clear();
    // Groups that do not exist: the socket is for whoever runs the demo, and nobody has to be root.
    "callsync-demo".clone_into(&mut configuration.group);
    "callsync-demo-admin".clone_into(&mut configuration.admin_group);
    for name in ["run", "databases", "more-databases"] {
        fs::create_dir(home.join(name))?;
    }
    configuration.write(home);
    Ok(())
}

/// A process of its own group, so that an interruption of the demo does not reach it before the demo does.
fn background(program: &Path, home: &Path, log: &str) -> anyhow::Result<Command> {
    let log = File::create(home.join(log))?;
    let mut command = Command::new(program);
    command
        .current_dir(home)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0)
        .kill_on_drop(true);
    Ok(command)
}

async fn ready_line(simulator: &mut Child) -> anyhow::Result<Value> {
    let stdout = simulator.stdout.take().context("zoom-sim has no output")?;
    let mut line = String::new();
    timeout(PATIENCE, BufReader::new(stdout).read_line(&mut line))
        .await
        .context("zoom-sim is not ready")??;
    ensure!(!line.is_empty(), "zoom-sim ended at once");
    serde_json::from_str(&line).with_context(|| format!("zoom-sim said {line}"))
}

fn terminate(child: &Child) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    // It may have ended by itself.
    let _ = pid.map(|pid| kill_process(pid, Signal::TERM));
}
