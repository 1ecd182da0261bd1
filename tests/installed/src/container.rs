//! A Debian 12 that is booted by systemd-nspawn, runs a script as a unit and powers off.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// Where the base system is kept between runs; outside the tree, because it is as large as the target directory.
const CACHE: &str = "/var/cache/callsync-rootfs";
/// How often the script may reboot.
const BOOTS: usize = 5;
/// Longest life of one boot in seconds.
const PATIENCE: &str = "420";

/// Scripts that others source.
const SHARED: [&str; 2] = ["steps.bash", "people.bash"];

/// What starts the script inside.
const UNIT: &str = "[Unit]
Description=Checks an installed callsyncd
[Service]
Type=idle
ExecStart=/check/run
StandardOutput=append:/check/output
StandardError=append:/check/output
[Install]
WantedBy=multi-user.target
";

/// What a run has found out.
#[derive(Debug)]
pub struct Findings {
    /// Lines `ok NAME`, `FAILED NAME: WHY`, and at the end `done`.
    pub lines: Vec<String>,
    /// Everything else that was printed, for whoever mends it.
    pub output: String,
}

/// The base system, made by debootstrap when it is not there yet.
fn base() -> PathBuf {
    let cache = std::env::var_os("CALLSYNC_ROOTFS_CACHE").map_or_else(|| PathBuf::from(CACHE), PathBuf::from);
    let ready = cache.join("bookworm");
    if ready.is_dir() {
        return ready;
    }
    fs::create_dir_all(&cache).expect("the cache");
    let partial = tempfile::tempdir_in(&cache).expect("a directory in the cache");
    let root = partial.path().join("root");
    let made = Command::new("debootstrap")
        .args(["--variant=minbase", "--include=systemd,systemd-sysv,dbus", "bookworm"])
        .arg(&root)
        .stdin(Stdio::null())
        .output()
        .expect("debootstrap runs");
    assert!(
        made.status.success(),
        "debootstrap: {}",
        String::from_utf8_lossy(&made.stdout)
    );
    // Another run may have been first.
    if fs::rename(&root, &ready).is_err() {
        assert!(ready.is_dir(), "the base system could not be moved into place");
    }
    ready
}

/// A copy of the base system, on disk; it goes away with this.
#[derive(Debug)]
pub struct Machine {
    home: TempDir,
}

impl Machine {
    /// With `files` and the scripts of `inside` in `/check`; `script` of them runs at every boot.
    ///
    /// # Panics
    /// When the copy cannot be made.
    #[must_use]
    pub fn new(script: &str, files: &[(PathBuf, &str)]) -> Self {
        let machine = Self {
            home: tempfile::tempdir().expect("a directory"),
        };
        let (root, check) = (machine.root(), machine.check());
        let copied = Command::new("cp")
            .arg("-a")
            .arg(base())
            .arg(&root)
            .status()
            .expect("cp runs");
        assert!(copied.success(), "the base system could not be copied");
        fs::create_dir(&check).expect("a directory");
        for (from, name) in files {
            fs::copy(from, check.join(name)).expect("copied");
        }
        let inside = Path::new(env!("CARGO_MANIFEST_DIR")).join("inside");
        for name in SHARED.into_iter().chain([script]) {
            let name_there = if name == script { "run" } else { name };
            fs::copy(inside.join(name), check.join(name_there)).expect("copied");
            fs::set_permissions(check.join(name_there), fs::Permissions::from_mode(0o755)).expect("a mode");
        }
        fs::set_permissions(&check, fs::Permissions::from_mode(0o755)).expect("a mode");
        let units = root.join("etc/systemd/system");
        fs::write(units.join("callsync-check.service"), UNIT).expect("a unit");
        let wanted = units.join("multi-user.target.wants");
        fs::create_dir_all(&wanted).expect("a directory");
        std::os::unix::fs::symlink("../callsync-check.service", wanted.join("callsync-check.service")).expect("a link");
        machine
    }

    /// Its file system.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.home.path().join("root")
    }

    /// What is `/check` inside.
    #[must_use]
    pub fn check(&self) -> PathBuf {
        self.home.path().join("check")
    }

    /// Boots it until the script says `done`.
    #[must_use]
    pub fn run(&self) -> Findings {
        let read = |name: &str| fs::read_to_string(self.check().join(name)).unwrap_or_default();
        let mut console = String::new();
        for _ in 0..BOOTS {
            let booted = boot(&self.root(), &self.check());
            console.push_str(&booted);
            if read("findings").lines().any(|line| line == "done") {
                break;
            }
        }
        Findings {
            lines: read("findings").lines().map(str::to_owned).collect(),
            output: format!("{}\n--- console ---\n{console}", read("output")),
        }
    }
}

impl Findings {
    /// Fails unless every check was good, the script reached its end, and so many checks were made.
    ///
    /// # Panics
    /// When not.
    pub fn assert_good(&self, checks: usize) {
        let good = |line: &&String| line.starts_with("ok ") || *line == "done";
        let bad: Vec<_> = self.lines.iter().filter(|line| !good(line)).collect();
        let whole = self.lines.last().is_some_and(|line| line == "done");
        if !bad.is_empty() || !whole {
            let _ = writeln!(std::io::stderr(), "{}", self.output);
        }
        assert!(bad.is_empty(), "{bad:#?}");
        assert!(
            whole,
            "the script did not reach its end; its last line: {:?}",
            self.lines.last()
        );
        assert!(self.lines.len() > checks, "only {} checks were made", self.lines.len());
    }
}

/// One life of the system, from power on to power off or reboot. It has a network of its own, with nothing but loopback.
fn boot(root: &Path, check: &Path) -> String {
    let out = Command::new("timeout")
        .args(["--kill-after=20", PATIENCE, "systemd-nspawn", "--quiet", "-D"])
        .arg(root)
        .args([
            "--boot",
            "--register=no",
            "--keep-unit",
            "--private-users=no",
            "--link-journal=no",
        ])
        .args(["--private-network", "--console=read-only"])
        .arg(format!("--bind={}:/check", check.display()))
        .env("SYSTEMD_NSPAWN_UNIFIED_HIERARCHY", "1")
        .stdin(Stdio::null())
        .output()
        .expect("systemd-nspawn runs");
    format!(
        "{}\n{}\n({})\n",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr),
        out.status
    )
}
