//! The programs under test, built once per test process with the profile and target directory of the test itself.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use serde_json::Value;

/// A directory with the two programs, to test an installed package instead of a fresh build.
pub const READY_MADE: &str = "CALLSYNC_BIN_DIR";

/// Where the programs are.
#[derive(Debug)]
pub struct Programs {
    /// `callsyncd`.
    pub daemon: PathBuf,
    /// `callsyncctl`.
    pub control: PathBuf,
}

/// The programs; the first caller builds them.
pub fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        if let Some(directory) = env::var_os(READY_MADE).map(PathBuf::from) {
            return Programs {
                daemon: directory.join("callsyncd"),
                control: directory.join("callsyncctl"),
            };
        }
        let built = build(&["callsyncd", "callsyncctl"]);
        let find = |name: &str| {
            let found = built
                .iter()
                .find(|path| path.file_name().is_some_and(|file| file == name));
            found.unwrap_or_else(|| panic!("cargo built no {name}")).clone()
        };
        Programs {
            daemon: find("callsyncd"),
            control: find("callsyncctl"),
        }
    })
}

/// The daemon that dies at named points when it is told to; nothing when the programs are ready-made and it is not among
/// them.
///
/// # Panics
/// When the build fails.
pub fn daemon_with_crash_points() -> Option<&'static Path> {
    const NAME: &str = "callsyncd-with-crash-points";
    static DAEMON: OnceLock<Option<PathBuf>> = OnceLock::new();
    let daemon = DAEMON.get_or_init(|| match env::var_os(READY_MADE).map(PathBuf::from) {
        Some(directory) => Some(directory.join(NAME)).filter(|path| path.is_file()),
        None => {
            // The same packages as the programs themselves, so that nothing but the daemon is compiled once more.
            let _ = programs();
            let feature = ["--features", "callsyncd/crash-points", "--bin", NAME];
            build_with(&["callsyncd", "callsyncctl"], &feature).pop()
        }
    });
    daemon.as_deref()
}

/// Builds packages as this process was built; the answer is the paths of the programs.
///
/// # Panics
/// When the build fails.
#[must_use]
pub fn build(packages: &[&str]) -> Vec<PathBuf> {
    build_with(packages, &[])
}

fn build_with(packages: &[&str], more: &[&str]) -> Vec<PathBuf> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--message-format=json-render-diagnostics"]);
    for package in packages {
        cargo.args(["--package", package]);
    }
    cargo.args(more);
    forget_own_package(&mut cargo);
    let own = env::current_exe().expect("the path of this program");
    // <target>[/<triple>]/<profile>/deps/<test>, or without deps for a plain program.
    let profile = own.ancestors().skip(1).find(|directory| !directory.ends_with("deps"));
    if let Some(profile) = profile {
        let name = profile
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        cargo.args(["--profile", if name == "debug" { "dev" } else { &name }]);
        target_of(profile, &mut cargo);
    }
    let output = cargo
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{packages:?} do not build");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .collect()
}

/// What `cargo test` told about our own package would look like a change to build scripts that watch these variables,
/// and half of the dependencies would be compiled anew.
fn forget_own_package(cargo: &mut Command) {
    for (name, _) in env::vars_os() {
        if let Some(text) = name.to_str()
            && (text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_"))
        {
            cargo.env_remove(text);
        }
    }
}

/// The target directory is the one that cargo marked; a directory between it and the profile is a target triple.
fn target_of(profile: &Path, cargo: &mut Command) {
    let marked = |directory: &&Path| directory.join("CACHEDIR.TAG").is_file();
    let Some(target) = profile.ancestors().skip(1).take(2).find(marked) else {
        return;
    };
    cargo.arg("--target-dir").arg(target);
    if let Some(triple) = profile
        .parent()
        .filter(|parent| *parent != target)
        .and_then(Path::file_name)
    {
        cargo.arg("--target").arg(triple);
    }
}
