//! The programs of the packages: built, stripped, with the list of what they are made of.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{commit::Commit, dependencies, run};

/// The cargo that started us.
pub fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Builds them and puts them, ready to ship, into `out`, each with its `NAME.dependencies.json`.
///
/// # Errors
/// Something does not build, or a tool is missing.
pub fn prepare(root: &Path, profile: &str, ready: Option<&Path>, commit: &Commit, out: &Path) -> Result<(), String> {
    let graph = dependencies::Graph::of(root)?;
    let programs = match ready {
        Some(directory) => TOGETHER.concat().iter().map(|name| directory.join(name)).collect(),
        None => build(root, profile, commit)?,
    };
    for built in programs {
        let name = built.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let list = graph.list(&name)?;
        let readable = out.join(format!("{name}.dependencies.json"));
        let section = out.join(format!("{name}.dep-v0"));
        let text = serde_json::to_string_pretty(&list).map_err(|error| error.to_string())?;
        write(&readable, format!("{text}\n").as_bytes())?;
        write(&section, &dependencies::zlib(list.to_string().as_bytes()))?;
        run::output(
            Command::new("objcopy")
                .args(["--strip-all", "--remove-section=.comment", "--add-section"])
                .arg(format!(".dep-v0={}", section.display()))
                .arg(&built)
                .arg(out.join(&name)),
        )?;
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// The two programs together, as the end-to-end suites build them: what they have built is taken as it is.
const TOGETHER: [&[&str]; 2] = [&["callsyncd", "callsyncctl"], &["zoom-sim"]];

fn build(root: &Path, profile: &str, commit: &Commit) -> Result<Vec<PathBuf>, String> {
    let mut built = Vec::new();
    for programs in TOGETHER {
        let mut command = Command::new(cargo());
        command
            .current_dir(root)
            .args([
                "build",
                "--locked",
                "--message-format=json-render-diagnostics",
                "--profile",
                profile,
            ])
            .stderr(std::process::Stdio::inherit());
        forget_own_package(&mut command);
        for program in programs {
            command.args(["--package", program]);
        }
        if profile == "release" {
            reproducible(&mut command, root, commit);
        }
        let said = run::output(&mut command)?;
        built.extend(
            said.lines()
                .filter_map(|line| serde_json::from_str::<Value>(line).ok())
                .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
                .filter(|path| {
                    path.file_name()
                        .is_some_and(|name| programs.iter().any(|program| name == *program))
                }),
        );
    }
    if built.len() == TOGETHER.concat().len() {
        Ok(built)
    } else {
        Err(format!("cargo built {built:?}, not {TOGETHER:?}"))
    }
}

/// What `cargo run` told about our own package would look like a change to build scripts that watch these variables,
/// and half of the dependencies would be compiled anew.
fn forget_own_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if let Some(text) = name.to_str()
            && (text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") || text == "CARGO_MAKEFLAGS")
        {
            command.env_remove(text);
        }
    }
}

/// The same bytes wherever the sources lie: no path of this machine gets into the programs.
fn reproducible(command: &mut Command, root: &Path, commit: &Commit) {
    let home = std::env::var_os("CARGO_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cargo"),
        PathBuf::from,
    );
    let mut places = vec![(root, "/usr/src/callsyncd"), (home.as_path(), "/usr/src/cargo")];
    // What build scripts write lies below the root, unless somebody wants it elsewhere.
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    places.extend(target.as_deref().map(|target| (target, "/usr/src/callsyncd/target")));
    let rust: Vec<String> = places
        .iter()
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
        .collect();
    let c: Vec<String> = places
        .iter()
        .map(|(from, to)| format!("-ffile-prefix-map={}={to}", from.display()))
        .collect();
    command
        .env("CARGO_ENCODED_RUSTFLAGS", rust.join("\u{1f}"))
        .env("CFLAGS", c.join(" "))
        .env("CARGO_INCREMENTAL", "0")
        .env("CALLSYNC_BUILD_COMMIT", &commit.name)
        .env("CALLSYNC_BUILD_DATE", &commit.day)
        .env("SOURCE_DATE_EPOCH", commit.epoch.to_string());
}
